"""Copies behind a hash twin: where different pictures have one hash, a copy is sought among all that have it."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import closing

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lookalikes.judging.across import merge_pairs
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.second_look import look_again
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, load_upright
from lookalikes.words import say

_FEW = 12
"""Images of a hash, up to which all are compared with all."""
_SMALL = 8


def look_behind_twins(hashed: pd.DataFrame, looked: pd.DataFrame, *, executor: Executor | None = None) -> pd.DataFrame:
    """The pairs of `look_again`, and more of them, sorted: `find_pairs` names only the first image of each hash, and
    where that one turned out not to be a copy, another one of the hash may be.

    So around each pair that isn't confirmed, all images of the two hashes are compared; where they are more than 12,
    each with the one whose thumbnail is nearest.
    """
    alike, _ = pd.factorize(hashed["hash"])
    open_pairs = looked[looked["kind"].notna() & ~looked["kind"].isin(CONFIRMED)]
    members = pd.Series(np.arange(len(alike))).groupby(alike).agg(list)
    hashes = [
        tuple(sorted(pair)) for pair in zip(alike[open_pairs["earlier"]], alike[open_pairs["later"]], strict=True)
    ]
    columns = ["distance"]
    told = open_pairs[columns].assign(hashes=hashes).drop_duplicates("hashes").to_dict("records")
    found = []
    for pair in told:
        one, other = (members[each] for each in pair["hashes"])
        if pair["hashes"][0] == pair["hashes"][1]:
            pairs = _pair_up(one, hashed, executor)
        elif len(one) + len(other) <= _FEW:
            pairs = itertools.product(one, other)
        else:
            pairs = (each for each in _pair_up([*one, *other], hashed, executor) if alike[each[0]] != alike[each[1]])
        found += [(min(each), max(each), *(pair[name] for name in columns)) for each in pairs]
    more = pd.DataFrame(found, columns=["earlier", "later", *columns]).astype(
        looked[["earlier", "later", *columns]].dtypes
    )
    known = pd.MultiIndex.from_frame(looked[["earlier", "later"]])
    more = merge_pairs(more[~pd.MultiIndex.from_frame(more[["earlier", "later"]]).isin(known)])
    return merge_pairs(looked, look_again(hashed, more, executor=executor)) if len(more) else looked


def _pair_up(rows: list[int], hashed: pd.DataFrame, executor: Executor | None) -> Iterator[tuple[int, int]]:
    """All with all where they are few; else each with its nearest by thumbnail."""
    if len(rows) <= _FEW:
        return itertools.combinations(rows, 2)
    paths = hashed["path"].iloc[rows].tolist()
    small = np.zeros((len(rows), _SMALL * _SMALL), np.float32)
    label = say("progress.second_look")
    with closing(work_through(see_in_small, paths, executor=executor, label=label)) as batches:
        for part, found in batches:
            small[part] = found
    _, nearest = cKDTree(small).query(small, k=2)
    own = np.arange(len(rows))
    other = np.where(nearest[:, 0] == own, nearest[:, 1], nearest[:, 0])
    return ((rows[place], rows[near]) for place, near in zip(own.tolist(), other.tolist(), strict=True))


def see_in_small(paths: Iterable[str]) -> list[np.ndarray]:
    """Of each image its 8×8 grey in a row; zeros where it can't be read any more."""
    return [_see_in_small(path) for path in paths]


def _see_in_small(path: str) -> np.ndarray:
    try:
        grey = load_upright(path, 4 * _SMALL).picture.convert("L")
    except Unreadable:
        return np.zeros(_SMALL * _SMALL, np.uint8)
    return np.asarray(grey.resize((_SMALL, _SMALL))).ravel()
