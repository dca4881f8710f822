"""What leaks from fold to fold, and where labels contradict."""

import numpy as np
import pandas as pd

from lookalikes.clustering.packing import find_hash_column, find_starts, measure_turns, pack_turns
from lookalikes.clustering.sequential import locate
from lookalikes.compiling import compiled
from lookalikes.judging.chains import MOST_COMPARED
from lookalikes.words import say


def count_leaks(hashed: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """What each two folds share: `fold`, `other_fold`, `clusters`, `images`, folds in arrival order.

    `clusters` counts those in which an image of `fold` is together with one of `other_fold` (another one, if that is
    the same fold), `images` the images of `fold` in those.
    """
    counts = clusters.groupby(["cluster_id", "fold"], as_index=False).size()
    shared = counts.merge(counts[["cluster_id", "fold"]].rename(columns={"fold": "other_fold"}), on="cluster_id")
    shared = shared[(shared["fold"] != shared["other_fold"]) | (shared["size"] > 1)]
    table = shared.groupby(["fold", "other_fold"])["size"].agg(clusters="size", images="sum")
    every = pd.MultiIndex.from_product([hashed["fold"].unique()] * 2, names=["fold", "other_fold"])
    return table.reindex(every, fill_value=0).astype("int64").reset_index()


def spread_leaks(leaks: pd.DataFrame, count: str) -> pd.DataFrame:
    """The column `count` of the table of `count_leaks` as a matrix: a row for each `fold`, a column for each other."""
    folds = leaks["fold"].unique()
    spread = pd.DataFrame(leaks[count].to_numpy().reshape(len(folds), len(folds)), columns=folds)
    spread.insert(0, "fold", folds, allow_duplicates=True)
    return spread


def find_leaks(hashed: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Each image of a later fold that is in a cluster with one of an earlier fold, paired with the nearest of those.

    `earlier`, `later`, `distance` as in `find_pairs`; where a chain links the two, the distance may be the threshold or
    more. In a cluster of more than 5,000 different hashes, it is the nearest among the first 5,000.
    """
    keys = ["cluster_id", "fold", find_hash_column(clusters)]
    rows = clusters.assign(position=locate(hashed, clusters))[[*keys, "position"]]
    first = rows.drop_duplicates(keys, ignore_index=True)
    words = pack_turns(first)
    folds, _ = pd.factorize(first["fold"])
    nearest, distance = _find_nearest_of_other_fold(words, find_starts(first["cluster_id"]), folds)
    later = np.flatnonzero(nearest >= 0)
    found = first.iloc[later].drop(columns="position")
    found["earlier"] = first["position"].to_numpy()[nearest[later]]
    found["distance"] = distance[later]
    leaks = rows.rename(columns={"position": "later"}).merge(found, on=keys)
    return leaks.sort_values("later", ignore_index=True)[["earlier", "later", "distance"]]


def list_conflicts(clusters: pd.DataFrame) -> pd.DataFrame:
    """The clusters whose labels differ: `cluster_id`, `size` (all their images), `labels` such as `0 (×2), 1`."""
    labelled = clusters.reindex(columns=["cluster_id", "label"]).dropna(subset="label").astype({"label": object})
    counts = labelled.groupby(["cluster_id", "label"], sort=False).size().reset_index(name="count")
    counts = counts[counts.duplicated("cluster_id", keep=False)].sort_values("count", ascending=False, kind="stable")
    counts["text"] = [say("relations.label", **row) for row in counts[["label", "count"]].to_dict("records")]
    labels = counts.astype({"text": object}).groupby("cluster_id")["text"].agg(", ".join)
    sizes = clusters["cluster_id"].value_counts().reindex(labels.index)
    return pd.DataFrame({"cluster_id": labels.index, "size": sizes.to_numpy(), "labels": labels.to_numpy()})


@compiled
def _find_nearest_of_other_fold(
    words: np.ndarray, starts: np.ndarray, folds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each row, the nearest before it in its cluster that is of another fold, or -1; and its distance."""
    nearest = np.full(len(words), -1, np.int64)
    least = np.full(len(words), 64 * words.shape[2] + 1, np.int64)
    for cluster in range(len(starts) - 1):
        start = starts[cluster]
        for later in range(start, starts[cluster + 1]):
            for earlier in range(start, min(later, start + MOST_COMPARED)):
                if folds[earlier] != folds[later] and measure_turns(words, earlier, later) < least[later]:
                    nearest[later], least[later] = earlier, measure_turns(words, earlier, later)
    return nearest, least
