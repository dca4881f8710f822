"""Where the sequential rule reaches too far, in chains, or not far enough, in bridges.

Pairs of images travel as in `find_pairs`, by row positions in `hashed`; `list_pairs` names their images.
"""

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import distance_between
from lookalikes.clustering.packing import find_starts, pack_hashes, to_words
from lookalikes.clustering.sequential import find_cluster_of
from lookalikes.compiling import compiled

MOST_COMPARED = 5_000
"""Distinct hashes of a cluster, up to which all are compared with all: the work grows with n and not with n²."""


def describe_chains(clusters: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """How wide each multi-image cluster is: `cluster_id`, `size`, `widest`, `beyond_founder`, `chained`.

    `widest` (bits) is the largest distance of any two members; `beyond_founder` counts the members that are at `below`
    or more from the founder. Every member is within the threshold of some other; `chained` says that one is not of all.
    More than 5,000 different hashes in a cluster are compared with the founder's only: then `widest` is missing, and
    `chained` true or missing.
    """
    multiple = clusters[clusters["cluster_id"].duplicated(keep=False)]
    keys = ["cluster_id", "hash"]
    hashes = multiple.groupby(keys, sort=False).size().reset_index(name="size")
    words, starts = to_words(pack_hashes(hashes["hash"])), find_starts(hashes["cluster_id"])
    widest, from_founder = _find_widest(words, starts)
    hashes["beyond_founder"] = hashes["size"] * (from_founder >= below)
    table = hashes.groupby("cluster_id")[["size", "beyond_founder"]].sum().astype("int64").reset_index()
    widest = pd.Series(widest, dtype="Int64")
    table.insert(2, "widest", widest.mask(widest < 0))
    return table.assign(chained=(table["widest"] >= below).mask(table["beyond_founder"] > 0, True))


def find_bridges(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of the `pairs` below the threshold whose two images the sequential rule left in different clusters."""
    cluster_of = find_cluster_of(hashed, clusters)
    return pairs[cluster_of[pairs["earlier"]] != cluster_of[pairs["later"]]].reset_index(drop=True)


def list_pairs(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Name the images of pairs: `fold`, `filename`, `cluster_id` of the later one, `other_fold`, `other_filename`,
    `other_cluster_id` of the earlier one, and the columns that `pairs` has more, `distance` first."""
    named = hashed[["fold", "filename"]].assign(cluster_id=find_cluster_of(hashed, clusters))
    later, earlier = (named.iloc[pairs[side]].reset_index(drop=True) for side in ("later", "earlier"))
    rest = pairs.drop(columns=["earlier", "later"]).reset_index(drop=True)
    return pd.concat([later, earlier.add_prefix("other_"), rest], axis=1)


@compiled
def _find_widest(words: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each cluster's largest distance, -1 where its rows are too many; and each row's distance to its founder."""
    widest, from_founder = np.zeros(len(starts) - 1, np.int64), np.zeros(len(words), np.int64)
    mask = np.full(words.shape[1], ~np.uint64(0))
    for cluster in range(len(widest)):
        start, end = starts[cluster], starts[cluster + 1]
        for later in range(start, end):
            from_founder[later] = distance_between(words, start, later, mask)
            for earlier in range(start, later if end - start <= MOST_COMPARED else start):
                widest[cluster] = max(widest[cluster], distance_between(words, earlier, later, mask))
        if end - start > MOST_COMPARED:
            widest[cluster] = -1
    return widest, from_founder
