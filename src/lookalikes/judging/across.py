"""The nearest image that differs in fold, or in label: what leaks and contradictions are counted by."""

import numpy as np
import pandas as pd

from lookalikes.compiling import compiled
from lookalikes.judging.viewing import turn_view_round


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
    """`pairs` with `earlier` and `later` swapped `where` so, and the view told of the other."""
    turned = pairs.copy()
    for side, other in (("earlier", "later"), ("later", "earlier")):
        turned[side] = pairs[side].where(~where, pairs[other])
    if "view" in pairs:
        turned["view"] = pairs["view"].where(~where, pairs["view"].map(turn_view_round, na_action="ignore"))
    return turned


def merge_pairs(*tables: pd.DataFrame) -> pd.DataFrame:
    """The pairs of all tables, each once, sorted by later, then earlier."""
    merged = pd.concat(tables, ignore_index=True).drop_duplicates(["later", "earlier"])
    return merged.sort_values(["later", "earlier"], ignore_index=True)


def _find_nearest_other(hashed: pd.DataFrame, pairs: pd.DataFrame, marks: np.ndarray) -> pd.DataFrame:
    """The pair of each marked image (mark 0 or more) with its nearest of another mark."""
    alike, _ = pd.factorize(hashed["hash"])
    rows = np.flatnonzero((alike >= 0) & (marks >= 0))
    # Of equal images with equal marks, the first stands for all.
    key = pd.Series(alike[rows] * (marks.max(initial=-1) + 1) + marks[rows])
    stands_for, _ = pd.factorize(key)
    first = rows[~key.duplicated().to_numpy()]
    order = np.argsort(alike[first], kind="stable")
    starts = np.searchsorted(alike[first][order], np.arange(alike.max(initial=-1) + 2))
    columns = [pairs[name].to_numpy(np.int64) for name in ("earlier", "later", "distance")]
    nearest, distance = _search(starts, first[order], marks[first[order]], alike, *columns)
    place = np.argsort(order)[stands_for]
    one, other = rows[nearest[place] >= 0], nearest[place][nearest[place] >= 0]
    distance = distance[place][nearest[place] >= 0]
    found = pd.DataFrame({"earlier": np.minimum(one, other), "later": np.maximum(one, other), "distance": distance})
    found["distance"] = found["distance"].astype(np.int16)
    return found


@compiled
def _search(
    starts: np.ndarray, row: np.ndarray, mark: np.ndarray, alike: np.ndarray,
    earlier: np.ndarray, later: np.ndarray, distance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """For each place the nearest row of another mark, -1 where there is none, and its distance.

    The places of hash h are starts[h] to starts[h + 1], of different marks: so the first or the second of them has
    another mark than any given one.
    """
    nearest, least = np.full(len(row), -1, np.int64), np.full(len(row), 1 << 30, np.int64)
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
                    nearest[place], least[place] = row[other], distance[pair]
            one, two = two, one
    return nearest, least
