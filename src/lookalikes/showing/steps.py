"""What the page carries to regroup the images at other thresholds: of each image its nearest earlier ones."""

import base64

import numpy as np
import pandas as pd

from lookalikes.clustering.pairs import find_pairs
from lookalikes.clustering.sequential import keep_nearest, locate
from lookalikes.judging.thresholds import widen
from lookalikes.showing.gallery import Facts
from lookalikes.words import make_visible

MOST_PAIRS = 200_000
MOST_BYTES = 2_000_000
_STEP = 2
"""Bits: nearly all distances of phash are even."""


def collect_steps(
    hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame, *, below: int, room: float
) -> Facts:
    """What it takes to replay the sequential rule with any threshold up to that of `pairs`, `widen(hashed, below=...)`;
    pairs that end at `below` are found again.

    `least`, `most` and `step` (thresholds); `images` (readable ones); and of those that are in a pair, in their order
    of arrival, `count`, `near` (see `pack_pairs`) and, by place, the names of those that are `alone` in the run.
    Whatever the threshold, an image can join only where its nearest are: of its pairs, those at its least distance are
    enough. Where they are more than 200,000, or take over `room` bytes or 2 MB, only `many`, their count, is given.
    """
    reach = widen(hashed, below=below)
    if (pairs["distance"] < below).all():  # they may end at the threshold, as if nothing joined beyond it
        pairs = find_pairs(hashed, below=reach)
    thresholds = range((below - 1) % _STEP + 1, reach + 1, _STEP)
    near = keep_nearest(pairs[pairs["distance"] < thresholds[-1]])
    rows = np.unique(near[["earlier", "later"]].to_numpy())
    grouped = locate(hashed, clusters[clusters["cluster_id"].duplicated(keep=False)])
    alone = np.flatnonzero(~np.isin(rows, grouped))
    names = hashed[["fold", "filename"]].iloc[rows[alone]].itertuples(index=False, name=None)
    facts: Facts = {
        "least": thresholds[0],
        "most": thresholds[-1],
        "step": _STEP,
        "images": int(hashed["hash"].notna().sum()),
        "count": len(rows),
        "near": pack_pairs(
            np.searchsorted(rows, near["earlier"]), np.searchsorted(rows, near["later"]), near["distance"]
        ),
        "alone": {str(place): make_visible("/".join(name)) for place, name in zip(alone, names, strict=True)},
    }
    size = len(facts["near"]) + sum(len(name) + 12 for name in facts["alone"].values())
    return {"many": len(near)} if len(near) > MOST_PAIRS or size > min(room, MOST_BYTES) else facts


def pack_pairs(earlier: np.ndarray, later: np.ndarray, distance: np.ndarray) -> str:
    """Pairs, sorted by `later`, as base64 of three numbers each: how far `later` is from that of the pair before,
    how far `earlier` is from `later`, and the distance; 7 bits of a number a byte, the lowest first, the high bit where
    more follow.
    """
    numbers = np.column_stack([np.diff(later, prepend=0), later - earlier, distance]).ravel().astype(np.uint64)
    shifts = np.arange(0, 35, 7, dtype=np.uint64)
    digits = (numbers[:, None] >> shifts) & np.uint64(127)
    taken = (numbers[:, None] >> shifts > 0) | (shifts == 0)
    follows = np.pad(taken[:, 1:], ((0, 0), (0, 1)))
    return base64.b64encode((digits | follows * np.uint64(128))[taken].astype(np.uint8).tobytes()).decode()
