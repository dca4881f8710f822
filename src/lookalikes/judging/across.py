"""The nearest image that differs in fold, or in label: what leaks and contradictions are counted by."""

import numpy as np
import pandas as pd

from lookalikes.clustering.packing import find_hash_column
from lookalikes.compiling import compiled

_TURNED_BACK = {6: 8, 8: 6}


def find_across_folds(hashed: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pair of each image with its nearest in every other fold, of the `pairs` of `find_pairs` and the repeats.

    A repeated hash stands in `pairs` but once, with its first occurrence; here each image is paired itself. Columns as
    in `find_pairs`: the first to arrive among the equally near.
    """
    folds, names = pd.factorize(hashed["fold"])
    marks = [folds == number for number in range(len(names) if len(names) > 2 else len(names) - 1)]
    return merge_pairs(pairs.iloc[:0], *(_find_nearest_other(hashed, pairs, mark.astype(np.int64)) for mark in marks))


def find_across_labels(hashed: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pair of each labelled image with its nearest that has another label; see `find_across_folds`."""
    labels = pd.factorize(hashed["label"])[0] if "label" in hashed else np.full(len(hashed), -1)
    return merge_pairs(_find_nearest_other(hashed, pairs, labels))


def turn_round(pairs: pd.DataFrame, where: np.ndarray) -> pd.DataFrame:
    """`pairs` with `earlier` and `later` swapped `where` so, and the turn between them turned back."""
    turned = pairs.copy()
    for side, other in (("earlier", "later"), ("later", "earlier")):
        turned[side] = pairs[side].where(~where, pairs[other])
    if "orientation" in pairs:
        turned["orientation"] = pairs["orientation"].where(~where, pairs["orientation"].replace(_TURNED_BACK))
    return turned


def merge_pairs(*tables: pd.DataFrame) -> pd.DataFrame:
    """The pairs of all tables, each once, sorted by later, then earlier."""
    merged = pd.concat(tables, ignore_index=True).drop_duplicates(["later", "earlier"])
    return merged.sort_values(["later", "earlier"], ignore_index=True)


def _find_nearest_other(hashed: pd.DataFrame, pairs: pd.DataFrame, marks: np.ndarray) -> pd.DataFrame:
    """The pair of each marked image (mark 0 or more) with its nearest of another mark."""
    alike, _ = pd.factorize(hashed[find_hash_column(hashed)])
    rows = np.flatnonzero((alike >= 0) & (marks >= 0))
    # Of equal images with equal marks, the first stands for all.
    key = pd.Series(alike[rows] * (marks.max(initial=-1) + 1) + marks[rows])
    stands_for, _ = pd.factorize(key)
    first = rows[~key.duplicated().to_numpy()]
    order = np.argsort(alike[first], kind="stable")
    starts = np.searchsorted(alike[first][order], np.arange(alike.max(initial=-1) + 2))
    columns = [pairs[name].to_numpy(np.int64) for name in ("earlier", "later", "distance")]
    nearest, distance, via = _search(starts, first[order], marks[first[order]], alike, *columns)
    place = np.argsort(order)[stands_for]
    one, other = rows[nearest[place] >= 0], nearest[place][nearest[place] >= 0]
    via, distance = (values[place][nearest[place] >= 0] for values in (via, distance))
    found = pd.DataFrame({"earlier": np.minimum(one, other), "later": np.maximum(one, other), "distance": distance})
    found["distance"] = found["distance"].astype(np.int16)
    if "orientation" in pairs:
        told = pairs.iloc[np.maximum(via, 0)].reset_index(drop=True) if len(pairs) else found.assign(orientation=1)
        back = alike[told["later"]] != alike[found["later"]]
        turns = told["orientation"].where(~back, told["orientation"].replace(_TURNED_BACK))
        found["orientation"] = turns.where(via >= 0, 1)
    return found


@compiled
def _search(
    starts: np.ndarray, row: np.ndarray, mark: np.ndarray, alike: np.ndarray,
    earlier: np.ndarray, later: np.ndarray, distance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """For each place the nearest row of another mark, -1 where there is none, its distance, and by which pair.

    The places of hash h are starts[h] to starts[h + 1], of different marks: so the first or the second of them has
    another mark than any given one.
    """
    nearest, least = np.full(len(row), -1, np.int64), np.full(len(row), 1 << 30, np.int64)
    via = np.full(len(row), -1, np.int64)
    for hash_ in range(len(starts) - 1):
        for place in range(starts[hash_], starts[hash_ + 1]):
            other = starts[hash_] + (place == starts[hash_])
            if other < starts[hash_ + 1]:
                nearest[place], least[place] = row[other], 0
    for pair in range(len(earlier)):
        one, two = alike[earlier[pair]], alike[later[pair]]
        for _ in range(2):
            for place in range(starts[one], starts[one + 1]):
                other = starts[two]
                if other < starts[two + 1] and mark[other] == mark[place]:
                    other += 1
                nearer = other < starts[two + 1] and distance[pair] <= least[place]
                if nearer and (distance[pair] < least[place] or row[other] < nearest[place]):
                    nearest[place], least[place], via[place] = row[other], distance[pair], pair
            one, two = two, one
    return nearest, least, via
