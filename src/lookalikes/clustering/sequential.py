"""Step 4: the sequential rule, replayed on the near pairs alone, and what is counted and saved of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from lookalikes.compiling import compiled
from lookalikes.saving import save_table


def cluster_sequentially(hashed: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The readable rows of `hashed`, by cluster and then arrival, with two more columns: `cluster_id` and `distance`.

    Each image in turn joins the cluster of its nearest earlier image, the lowest-numbered among the equally near, or
    founds the next cluster when no earlier image is near. `distance` (bits) is to that nearest earlier image; founders
    have none. `pairs` are those of `find_pairs(hashed, below=...)`: an image that is in no pair as `later` is near to
    none before it.
    """
    readable = hashed["hash"].notna().to_numpy()
    # Pairs name only the first of equal images, so the lowest cluster of any of them counts as its own.
    alike, _ = pd.factorize(hashed["hash"])
    nearest = keep_nearest(pairs)
    cluster_of = _replay(alike, nearest["earlier"].to_numpy(), nearest["later"].to_numpy())
    distance = pd.Series(pd.NA, index=range(len(hashed)), dtype="Int64")
    distance.iloc[nearest["later"].to_numpy()] = nearest["distance"].to_numpy()
    clustered = hashed.reset_index(drop=True).assign(cluster_id=cluster_of, distance=distance)[readable]
    return clustered.sort_values("cluster_id", kind="stable", ignore_index=True)


def keep_nearest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Of each later image's pairs, those at its least distance: all that the rule looks at."""
    if pairs.empty:
        return pairs
    later, distance = pairs["later"].to_numpy(), pairs["distance"].to_numpy()
    starts = np.flatnonzero(np.diff(later, prepend=-1))
    least = np.minimum.reduceat(distance, starts)
    return pairs[distance == np.repeat(least, np.diff(starts, append=len(later)))]


@compiled
def _replay(alike: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """The cluster of each row, from the pairs at least distance, sorted by `later`; `alike` numbers equal images,
    -1 (no cluster) where unreadable.
    """
    cluster_of = np.full(len(alike), -1, np.int64)
    lowest = np.full(len(alike), len(alike), np.int64)
    founded = pair = 0
    for row in range(len(alike)):
        if alike[row] < 0:
            continue
        joined = founded
        while pair < len(later) and later[pair] == row:
            joined = min(joined, lowest[alike[earlier[pair]]])
            pair += 1
        founded += joined == founded
        cluster_of[row] = joined
        lowest[alike[row]] = min(lowest[alike[row]], joined)
    return cluster_of


def locate(hashed: pd.DataFrame, clusters: pd.DataFrame) -> np.ndarray:
    """The row position in `hashed` of each row of `clusters`: an image is known by its fold and file name."""
    readable = np.flatnonzero(hashed["hash"].notna())
    # By a dict, since pandas before 3 takes two names that aren't valid Unicode for equal.
    place = {name: row for row, name in zip(readable.tolist(), _list_names(hashed.iloc[readable]), strict=True)}
    return np.array([place[name] for name in _list_names(clusters)], np.int64)


def _list_names(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(table["fold"].tolist(), table["filename"].tolist(), strict=True)


def find_cluster_of(hashed: pd.DataFrame, clusters: pd.DataFrame) -> np.ndarray:
    """The cluster of each row of `hashed`, -1 where it can't be read."""
    cluster_of = np.full(len(hashed), -1, np.int64)
    cluster_of[locate(hashed, clusters)] = clusters["cluster_id"]
    return cluster_of


def count_cluster_sizes(clusters: pd.DataFrame) -> pd.DataFrame:
    """How many clusters there are of each size: columns `Cluster size` (images) and `Number of clusters`, by size."""
    sizes = clusters["cluster_id"].value_counts()
    counts = sizes.value_counts().sort_index()
    return pd.DataFrame({"Cluster size": counts.index.astype("int64"), "Number of clusters": counts.to_numpy("int64")})


def list_problems(hashed: pd.DataFrame) -> pd.DataFrame:
    """The images that could not be read: `fold`, `filename`, `problem`, in arrival order."""
    return hashed.loc[hashed["problem"].notna(), ["fold", "filename", "problem"]].reset_index(drop=True)


def save_clusters(clusters: pd.DataFrame, path: str | Path) -> Path:
    """Write `cluster_id,filename,fold`, one row per readable image, by cluster and then arrival. Returns the path."""
    return save_table(clusters[["cluster_id", "filename", "fold"]], path)
