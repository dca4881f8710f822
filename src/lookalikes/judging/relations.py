"""How clusters relate to folds, labels and each other: leaks, label conflicts, chains, bridges, and copies left apart.

Pairs of images travel as in `find_pairs`, by row positions in `hashed`, so that `look_again` takes them; `list_pairs`
names their images.
"""

import numpy as np
import pandas as pd
from numba import njit

from lookalikes.clustering.join import count_ones
from lookalikes.clustering.pairs import pack_hashes
from lookalikes.compiling import compiled
from lookalikes.hashing.phash import FLAT_BELOW
from lookalikes.judging.second_look import KINDS
from lookalikes.words import say

CONFIRMED = KINDS[:3]
"""The kinds of a match that the second look confirms."""
MOST_COMPARED = 5_000
"""Distinct hashes of a cluster, up to which all are compared with all: the work grows with n and not with n²."""
_DOUBT = {kind: rank for rank, kind in enumerate((*CONFIRMED, None, *KINDS[3:]))}


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
    keys = ["cluster_id", "fold", _find_hash_column(clusters)]
    rows = clusters.assign(position=_locate(hashed, clusters))[[*keys, "position"]]
    first = rows.drop_duplicates(keys, ignore_index=True)
    words = _pack(first)
    folds, _ = pd.factorize(first["fold"])
    nearest, distance = _find_nearest_of_other_fold(words, _find_starts(first["cluster_id"]), folds)
    later = np.flatnonzero(nearest >= 0)
    found = first.iloc[later].drop(columns="position")
    found["earlier"] = first["position"].to_numpy()[nearest[later]]
    found["distance"] = distance[later]
    leaks = rows.rename(columns={"position": "later"}).merge(found, on=keys)
    return leaks.sort_values("later", ignore_index=True)[["earlier", "later", "distance"]]


def find_bridges(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of the `pairs` below the threshold whose two images the sequential rule left in different clusters."""
    cluster_of = _find_cluster_of(hashed, clusters)
    return pairs[cluster_of[pairs["earlier"]] != cluster_of[pairs["later"]]].reset_index(drop=True)


def find_missed(hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame, *, below: int) -> pd.DataFrame:
    """Probably copies that the threshold misses: confirmed pairs that are not below it, in different clusters."""
    return find_bridges(hashed, clusters, looked[(looked["distance"] >= below) & looked["kind"].isin(CONFIRMED)])


def list_pairs(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Name the images of pairs: `fold`, `filename`, `cluster_id` of the later one, `other_fold`, `other_filename`,
    `other_cluster_id` of the earlier one, and the columns that `pairs` has more, `distance` first."""
    named = hashed[["fold", "filename"]].assign(cluster_id=_find_cluster_of(hashed, clusters))
    later, earlier = (named.iloc[pairs[side]].reset_index(drop=True) for side in ("later", "earlier"))
    rest = pairs.drop(columns=["earlier", "later"]).reset_index(drop=True)
    return pd.concat([later, earlier.add_prefix("other_"), rest], axis=1)


def list_flat_images(clusters: pd.DataFrame) -> pd.DataFrame:
    """The blank or nearly blank images, as `fold`, `filename`, `cluster_id`, `quality` (0 to 100)."""
    flat = clusters[clusters["quality"] < FLAT_BELOW]
    return flat[["fold", "filename", "cluster_id", "quality"]].reset_index(drop=True)


def list_conflicts(clusters: pd.DataFrame) -> pd.DataFrame:
    """The clusters whose labels differ: `cluster_id`, `size` (all their images), `labels` such as `0 (×2), 1`."""
    labelled = clusters.reindex(columns=["cluster_id", "label"]).dropna(subset="label").astype({"label": object})
    counts = labelled.groupby(["cluster_id", "label"], sort=False).size().reset_index(name="count")
    counts = counts[counts.duplicated("cluster_id", keep=False)].sort_values("count", ascending=False, kind="stable")
    counts["text"] = [say("relations.label", **row) for row in counts[["label", "count"]].to_dict("records")]
    labels = counts.astype({"text": object}).groupby("cluster_id")["text"].agg(", ".join)
    sizes = clusters["cluster_id"].value_counts().reindex(labels.index)
    return pd.DataFrame({"cluster_id": labels.index, "size": sizes.to_numpy(), "labels": labels.to_numpy()})


def describe_chains(clusters: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """How wide each multi-image cluster is: `cluster_id`, `size`, `widest`, `beyond_founder`, `chained`.

    `widest` (bits) is the largest distance of any two members; `beyond_founder` counts the members that are at `below`
    or more from the founder. Every member is within the threshold of some other; `chained` says that one is not of all.
    More than 5,000 different hashes in a cluster are compared with the founder's only: then `widest` is missing, and
    `chained` true or missing.
    """
    multiple = clusters[clusters["cluster_id"].duplicated(keep=False)]
    keys = ["cluster_id", _find_hash_column(clusters)]
    hashes = multiple.groupby(keys, sort=False).size().reset_index(name="size")
    words, starts = _pack(hashes), _find_starts(hashes["cluster_id"])
    widest, from_founder = _find_widest(words, starts)
    hashes["beyond_founder"] = hashes["size"] * (from_founder >= below)
    table = hashes.groupby("cluster_id")[["size", "beyond_founder"]].sum().astype("int64").reset_index()
    widest = pd.Series(widest, dtype="Int64")
    table.insert(2, "widest", widest.mask(widest < 0))
    return table.assign(chained=(table["widest"] >= below).mask(table["beyond_founder"] > 0, True))


def count_kinds(looked: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """How many of the pairs that `look_again` judged are of each kind, `below` the threshold and `beyond` it."""
    kinds = looked["kind"].astype(object).where(looked["kind"].notna(), say("kinds.unread"))
    sides = np.where(looked["distance"] < below, say("kinds.within"), say("kinds.beyond"))
    table = pd.crosstab(kinds.to_numpy(), sides)
    rows, columns = [*KINDS, say("kinds.unread")], [say("kinds.within"), say("kinds.beyond")]
    table = table.reindex(index=rows, columns=columns, fill_value=0)
    return table[table.any(axis=1) | table.index.isin(KINDS)].rename_axis(say("kinds.kind")).reset_index()


def choose_pairs(
    hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame, *, most: int = 1_000
) -> pd.DataFrame:
    """The pairs worth a second look: of each image one by which it joined, and up to `most` of each distance.

    The latter are drawn at random, always the same ones, where there are more.
    """
    links = np.flatnonzero(_are_links(hashed, clusters, pairs))
    links = links[~pairs["later"].iloc[links].duplicated().to_numpy()]
    random, distance = np.random.default_rng(0), pairs["distance"].to_numpy()
    some = (np.flatnonzero(distance == each) for each in np.unique(distance))
    some = [rows if len(rows) <= most else random.choice(rows, most, replace=False) for rows in some]
    return pairs.iloc[np.unique(np.concatenate([links, *some]))].reset_index(drop=True)


def add_kinds(hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame) -> pd.DataFrame:
    """`clusters` with the `kind` and `score` of the link by which each image joined, and its `orientation` where known.

    That is its pair with the nearest earlier member, the best one where several are equally near. Founders have none,
    nor have images whose link was not looked at.
    """
    links = looked[_are_links(hashed, clusters, looked)]
    ranked = links.assign(doubt=_rank(links["kind"])).sort_values(["doubt", "score"], ascending=[True, False])
    best = ranked.drop_duplicates("later").set_index("later").reindex(_locate(hashed, clusters))
    return clusters.assign(**{name: best[name].to_numpy() for name in ("kind", "score", "orientation") if name in best})


def find_weakest_links(clusters: pd.DataFrame) -> pd.DataFrame:
    """The weakest `kind` and the lowest `score` of the links in each multi-image cluster (the index); see `add_kinds`.

    `kind` is missing where a link was not looked at, unless another one is a look-alike.
    """
    joined = clusters[clusters["distance"].notna()]
    joined = joined.assign(doubt=_rank(joined["kind"]), score=joined["score"].astype(float))
    weakest = joined.groupby("cluster_id").agg({"doubt": "max", "score": "min"})
    kinds = np.array(list(_DOUBT), object)[weakest["doubt"].to_numpy(int)]
    return pd.DataFrame({"kind": kinds, "score": weakest["score"]}, index=weakest.index)


def _rank(kinds: pd.Series) -> pd.Series:
    return kinds.astype(object).where(kinds.notna(), None).map(_DOUBT.get)


def _are_links(hashed: pd.DataFrame, clusters: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Which pairs are those of an image with its nearest earlier members, at the distance at which it joined."""
    cluster_of, joined_at = _find_cluster_of(hashed, clusters), np.full(len(hashed), -1)
    joined_at[_locate(hashed, clusters)] = clusters["distance"].fillna(-1)
    earlier, later = pairs["earlier"].to_numpy(), pairs["later"].to_numpy()
    return (pairs["distance"].to_numpy() == joined_at[later]) & (cluster_of[earlier] == cluster_of[later])


def _locate(hashed: pd.DataFrame, clusters: pd.DataFrame) -> np.ndarray:
    """The row position in `hashed` of each row of `clusters`: an image is known by its fold and file name."""
    readable = np.flatnonzero(hashed["hash"].notna())
    names = pd.MultiIndex.from_frame(hashed[["fold", "filename"]].iloc[readable])
    return readable[names.get_indexer(pd.MultiIndex.from_frame(clusters[["fold", "filename"]]))]


def _find_cluster_of(hashed: pd.DataFrame, clusters: pd.DataFrame) -> np.ndarray:
    """The cluster of each row of `hashed`, -1 where it can't be read."""
    cluster_of = np.full(len(hashed), -1, np.int64)
    cluster_of[_locate(hashed, clusters)] = clusters["cluster_id"]
    return cluster_of


def _find_hash_column(table: pd.DataFrame) -> str:
    return "oriented" if "oriented" in table else "hash"


def _pack(table: pd.DataFrame) -> np.ndarray:
    """The hashes as 64-bit words: rows × turns × words, of one turn or, hashed with orientations, of eight."""
    packed = pack_hashes(table[_find_hash_column(table)])
    turns = 8 if "oriented" in table else 1
    by_turn = packed.reshape(len(packed), turns, packed.shape[1] // turns)
    return np.pad(by_turn, ((0, 0), (0, 0), (0, -by_turn.shape[2] % 8))).view(np.uint64)


def _find_starts(cluster_ids: pd.Series) -> np.ndarray:
    """Where each cluster starts in rows sorted by cluster, and where the last one ends."""
    return np.append(np.flatnonzero(np.diff(cluster_ids, prepend=-1)), len(cluster_ids))


@njit(nogil=True)
def _distance(words: np.ndarray, earlier: int, later: int) -> int:
    """The bits in which two rows differ, the least over the turns of the later one."""
    least = 64 * words.shape[2]
    for turn in range(words.shape[1]):
        differ = 0
        for word in range(words.shape[2]):
            differ += count_ones(words[earlier, 0, word] ^ words[later, turn, word])
        least = min(least, differ)
    return least


@compiled
def _find_widest(words: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each cluster's largest distance, -1 where its rows are too many; and each row's distance to its founder."""
    widest, from_founder = np.zeros(len(starts) - 1, np.int64), np.zeros(len(words), np.int64)
    for cluster in range(len(widest)):
        start, end = starts[cluster], starts[cluster + 1]
        for later in range(start, end):
            from_founder[later] = _distance(words, start, later)
            for earlier in range(start, later if end - start <= MOST_COMPARED else start):
                widest[cluster] = max(widest[cluster], _distance(words, earlier, later))
        if end - start > MOST_COMPARED:
            widest[cluster] = -1
    return widest, from_founder


@compiled
def _find_nearest_of_other_fold(words: np.ndarray, starts: np.ndarray, folds: np.ndarray) -> tuple:
    """For each row, the nearest before it in its cluster that is of another fold, or -1; and its distance."""
    nearest = np.full(len(words), -1, np.int64)
    least = np.full(len(words), 64 * words.shape[2] + 1, np.int64)
    for cluster in range(len(starts) - 1):
        start = starts[cluster]
        for later in range(start, starts[cluster + 1]):
            for earlier in range(start, min(later, start + MOST_COMPARED)):
                if folds[earlier] != folds[later] and _distance(words, earlier, later) < least[later]:
                    nearest[later], least[later] = earlier, _distance(words, earlier, later)
    return nearest, least
