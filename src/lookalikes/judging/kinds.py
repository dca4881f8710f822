"""Of which kind the matches are, and which pairs to look at for that."""

import numpy as np
import pandas as pd

from lookalikes.clustering.sequential import find_cluster_of, locate
from lookalikes.judging.across import find_across_folds, find_across_labels, merge_pairs
from lookalikes.judging.chains import find_bridges
from lookalikes.judging.second_look import KINDS

CONFIRMED = KINDS[:3]
"""The kinds of a match that the second look confirms."""
DOUBTED = KINDS[-1]
"""The kind of a match that the second look takes for two pictures."""
UNREAD = "can't be read any more"
_SIDES = ["below the threshold", "beyond it"]
_TOLD = ("kind", "score", "part", "reframed")
_DOUBT = {kind: rank for rank, kind in enumerate((*CONFIRMED, None, *KINDS[3:]))}


def choose_pairs(
    hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame, *, below: int = 10, most: int = 1_000
) -> pd.DataFrame:
    """The pairs worth a second look, sorted: of each image one by which it joined and, below the threshold, those with
    its nearest in every other fold and of another label; and up to `most` of each distance.

    The last are drawn at random, always the same ones, where there are more.
    """
    links = np.flatnonzero(_are_links(hashed, clusters, pairs))
    links = links[~pairs["later"].iloc[links].duplicated().to_numpy()]
    random, distance = np.random.default_rng(0), pairs["distance"].to_numpy()
    by_distance = (np.flatnonzero(distance == each) for each in np.unique(distance))
    some = [rows if len(rows) <= most else random.choice(rows, most, replace=False) for rows in by_distance]
    drawn = pairs.iloc[np.unique(np.concatenate([links, *some]))]
    near = pairs[pairs["distance"] < below]  # beyond it, chance alone makes thousands in a large collection
    return merge_pairs(drawn, find_across_folds(hashed, near), find_across_labels(hashed, near))


def count_kinds(looked: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """How many of the pairs that `look_again` judged are of each `Kind`, `below the threshold` and `beyond it`."""
    kinds = looked["kind"].astype(object).where(looked["kind"].notna(), UNREAD)
    sides = np.where(looked["distance"] < below, *_SIDES)
    table = pd.crosstab(kinds.to_numpy(), sides).reindex(index=[*KINDS, UNREAD], columns=_SIDES, fill_value=0)
    table = table[table.any(axis=1) | table.index.isin(KINDS)]
    return table.rename_axis(index="Kind", columns=None).reset_index()


def add_kinds(hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame) -> pd.DataFrame:
    """`clusters` with what `look_again` said of the link by which each image joined: `kind`, `score`, `part`,
    `reframed`, and `partner` and `partner_fold`, the other image's name and fold.

    That is its pair with the nearest earlier member, the best one where several are equally near. Founders have none,
    nor have images whose link was not looked at.
    """
    links = looked[_are_links(hashed, clusters, looked)]
    ranked = links.assign(doubt=_rank(links["kind"])).sort_values(["doubt", "score"], ascending=[True, False])
    best = ranked.drop_duplicates("later").set_index("later").reindex(locate(hashed, clusters))
    told = {name: best[name].to_numpy() for name in _TOLD if name in best}
    known = best["earlier"].notna().to_numpy()
    names = hashed[["filename", "fold"]].iloc[best["earlier"][known].astype(int)]
    for name, column in (("partner", "filename"), ("partner_fold", "fold")):
        told[name] = np.full(len(best), None, object)
        told[name][known] = names[column]
    return clusters.assign(**told)


def find_weakest_links(clusters: pd.DataFrame) -> pd.DataFrame:
    """The weakest `kind` and the lowest `score` of the links in each multi-image cluster (the index); see `add_kinds`.

    `kind` is missing where a link was not looked at, unless another one is a look-alike.
    """
    joined = clusters[clusters["distance"].notna()]
    joined = joined.assign(doubt=_rank(joined["kind"]), score=joined["score"].astype(float))
    weakest = joined.groupby("cluster_id").agg({"doubt": "max", "score": "min"})
    kinds = np.array(list(_DOUBT), object)[weakest["doubt"].to_numpy(int)]
    return pd.DataFrame({"kind": kinds, "score": weakest["score"]}, index=weakest.index)


def count_doubts(clusters: pd.DataFrame) -> dict[str, int]:
    """How many clusters have a look-alike for their weakest link, `doubtful`, or a part that differs, `parts`."""
    weakest = find_weakest_links(clusters)["kind"]
    return {"doubtful": int((weakest == DOUBTED).sum()), "parts": int((weakest == KINDS[-2]).sum())}


def find_missed(hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame, *, below: int) -> pd.DataFrame:
    """Probably copies that the threshold misses: confirmed pairs in different clusters, whose distance isn't below it
    or which another view alone confirmed, see `add_hidden`.
    """
    seen = (looked["distance"] < below) & (~looked["hidden"] if "hidden" in looked else True)
    return find_bridges(hashed, clusters, looked[~seen & looked["kind"].isin(CONFIRMED)])


def _rank(kinds: pd.Series) -> pd.Series:
    return kinds.astype(object).where(kinds.notna(), None).map(_DOUBT.get)


def _are_links(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Which pairs are those of an image with its nearest earlier members, at the distance at which it joined."""
    cluster_of, joined_at = find_cluster_of(hashed, clusters), np.full(len(hashed), -1)
    joined_at[locate(hashed, clusters)] = clusters["distance"].fillna(-1)
    earlier, later = pairs["earlier"].to_numpy(), pairs["later"].to_numpy()
    joined = pairs["distance"].to_numpy() == joined_at[later]
    links: np.ndarray = joined & (cluster_of[earlier] == cluster_of[later])
    return links
