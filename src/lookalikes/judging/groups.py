"""Groups: what no split may cut. The sequential rule leaves near pairs apart in two clusters; a group never does."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lookalikes.clustering.sequential import locate
from lookalikes.judging.decisions import cut_pairs, drop_pairs, find_verdicts
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.saving import save_table

LARGE = 0.05
"""The share of the images from which a group is large: then often blanks, or pictures of one kind, hold it together."""


def group_images(
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    looked: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The readable rows of `hashed`, in order of arrival, with one more column: `group_id`, numbered by first arrival.

    Two images have the same group where pairs connect them: all `pairs` of `find_pairs`, and, with `looked`, those that
    `look_again` confirmed at any distance. Hence no two images of a pair are in two groups, in whatever order they
    arrive, and another pair never splits one. `looked[looked["kind"].isin(CONFIRMED)]` as `pairs` makes groups of
    confirmed copies alone. Of `decisions`, as `read_decisions` gives them, two images called different are no pair;
    they still share a group where others connect them.
    """
    _, apart = find_verdicts(hashed, decisions)
    links = [cut_pairs(hashed, pairs, apart)[["earlier", "later"]].to_numpy()]
    if looked is not None:
        copies = looked.loc[looked["kind"].isin(CONFIRMED), ["earlier", "later"]]
        links.append(drop_pairs(copies, apart).to_numpy())
    earlier, later = np.concatenate(links).T
    graph = coo_array((np.ones(len(earlier), bool), (earlier, later)), shape=(len(hashed), len(hashed)))
    _, connected = connected_components(graph, directed=False)
    readable = hashed["hash"].notna().to_numpy()
    group_of, _ = pd.factorize(connected[readable])
    return hashed[readable].assign(group_id=group_of.astype(np.int64)).reset_index(drop=True)


def count_joined(clusters: pd.DataFrame, groups: pd.DataFrame) -> int:
    """How many groups hold images of more than one cluster: near pairs that the sequential rule left apart."""
    cluster_of = np.empty(len(groups), np.int64)
    cluster_of[locate(groups, clusters)] = clusters["cluster_id"]
    return int((pd.Series(cluster_of).groupby(groups["group_id"].to_numpy()).nunique() > 1).sum())


def count_still_together(groups: pd.DataFrame, decisions: pd.DataFrame) -> int:
    """How many pairs that were called different share a group all the same, for others connect them."""
    apart = groups["group_id"].to_numpy()[find_verdicts(groups, decisions)[1]]
    return int((apart[:, 0] == apart[:, 1]).sum())


def save_groups(groups: pd.DataFrame, path: str | Path) -> Path:
    """Write `filename,fold,group_id`, one row per readable image, in order of arrival. Returns the path."""
    return save_table(groups[["filename", "fold", "group_id"]], path)
