"""What leaks from fold to fold, and where labels contradict."""

import numpy as np
import pandas as pd

from lookalikes.judging.across import find_across_folds, find_across_labels, turn_round
from lookalikes.judging.decisions import cut_pairs, drop_pairs, find_verdicts
from lookalikes.judging.kinds import CONFIRMED

_TOLD = ("earlier", "later", "kind", "score", "view")


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


def find_leaks(
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    looked: pd.DataFrame | None = None,
    *,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each image with a look-alike in an earlier fold, once for each such fold: a pair of `pairs`, those below the
    threshold, or one beyond it that `look_again` confirmed.

    `later` (of the later fold), `earlier`, `distance` as in `find_pairs`, `kind` and `score`: a confirmed pair where
    there is one, of the whole pictures first, else the nearest. Two images that `decisions` call different are no pair.
    """
    folds, _ = pd.factorize(hashed["fold"])
    found = _weigh(hashed, pairs, find_across_folds(hashed, pairs), looked, decisions)
    found = turn_round(found, folds[found["earlier"]] > folds[found["later"]])
    found["fold"] = folds[found["earlier"]]
    found = found[found["fold"] < folds[found["later"]]].drop_duplicates(["later", "fold"])
    return found.drop(columns="fold").sort_values(["later", "earlier"], ignore_index=True)


def measure_leaks(hashed: pd.DataFrame, groups: pd.DataFrame, leaks: pd.DataFrame) -> pd.DataFrame:
    """For each two folds, the later one's share: `fold`, `other_fold` (an earlier one), `images` (readable ones of
    `fold`), `leaks` (of those, with a look-alike in `other_fold`), `share` (leaks / images, to 3 decimals),
    `confirmed` (of the leaks, copies) and `connected` (no leaks, but in a group with an image of `other_fold`); where
    other views confirmed any pair, `hidden` (of the confirmed, by another view alone).

    `leaks` are those of `find_leaks`, `groups` those of `group_images`.
    """
    folds = hashed["fold"].unique()
    keys = ["fold", "other_fold"]
    every = pd.DataFrame([(late, early) for n, late in enumerate(folds) for early in folds[:n]], columns=keys)
    fold_of = hashed["fold"].to_numpy()
    named = pd.DataFrame(
        {"row": leaks["later"], "fold": fold_of[leaks["later"]], "other_fold": fold_of[leaks["earlier"]]}
    )
    rows = groups[["fold", "group_id"]].assign(row=np.flatnonzero(hashed["hash"].notna()))
    others = rows[["fold", "group_id"]].drop_duplicates().rename(columns={"fold": "other_fold"})
    shared = rows.merge(others[others["group_id"].duplicated(keep=False)], on="group_id")[[*keys, "row"]]
    direct = pd.MultiIndex.from_frame(shared[["row", "other_fold"]]).isin(
        pd.MultiIndex.from_frame(named[["row", "other_fold"]])
    )
    counts = {
        "leaks": named.groupby(keys).size(),
        "confirmed": named[leaks["kind"].isin(CONFIRMED)].groupby(keys).size(),
        "connected": shared[~direct].groupby(keys).size(),
    }
    counts |= {"hidden": named[leaks["hidden"]].groupby(keys).size()} if "hidden" in leaks else {}
    index = pd.MultiIndex.from_frame(every)
    table = every.assign(images=every["fold"].map(groups["fold"].value_counts()).fillna(0).astype("int64"))
    for name, count in counts.items():
        table[name] = count.reindex(index, fill_value=0).to_numpy("int64")
    table.insert(4, "share", _share(table["leaks"], table["images"]))
    return table


def find_conflicts(
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    looked: pd.DataFrame | None = None,
    *,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Of each image with a look-alike of another label the pair with one, chosen and described as in `find_leaks`."""
    labels = pd.factorize(hashed["label"])[0] if "label" in hashed else np.full(len(hashed), -1)
    found = _weigh(hashed, pairs, find_across_labels(hashed, pairs), looked, decisions)
    one, other = labels[found["earlier"]], labels[found["later"]]
    found = found[(one != other) & (one >= 0) & (other >= 0)].reset_index(drop=True)
    ends = pd.concat([found["earlier"], found["later"]]).sort_index(kind="stable")
    best = ~ends.duplicated()
    return found[best.groupby(level=0).any()].sort_values(["later", "earlier"], ignore_index=True)


def measure_conflicts(hashed: pd.DataFrame, conflicts: pd.DataFrame) -> dict[str, int | float]:
    """`labelled` (readable images with a label), `conflicts` (of those, in a pair of `find_conflicts`), `share`
    (conflicts / labelled, to 3 decimals; 0 where there is no label), `confirmed` (of the conflicts, copies) and, where
    other views confirmed any pair, `hidden` (of the confirmed, by another view alone).
    """
    known = hashed["hash"].notna() & hashed["label"].notna() if "label" in hashed else np.zeros(len(hashed), bool)
    labelled = int(known.sum())
    sure = conflicts[conflicts["kind"].isin(CONFIRMED)]
    tables = {"conflicts": conflicts, "confirmed": sure} | (
        {"hidden": sure[sure["hidden"]]} if "hidden" in sure else {}
    )
    counts = {name: int(pd.concat([some["earlier"], some["later"]]).nunique()) for name, some in tables.items()}
    return {"labelled": labelled, "share": round(counts["conflicts"] / max(labelled, 1), 3), **counts}


def _weigh(
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    near: pd.DataFrame,
    looked: pd.DataFrame | None,
    decisions: pd.DataFrame | None,
) -> pd.DataFrame:
    """The `near` pairs with `kind` and `score` where `looked` knows them, and with all that it confirms, the best
    first; without those that were called different, but with all others of these images.
    """
    _, apart = find_verdicts(hashed, decisions)
    near = cut_pairs(hashed, pairs, apart, of=near)
    looked = looked if looked is None else drop_pairs(looked, apart)
    if looked is None:
        looked = near.iloc[:0].assign(kind=None, score=None)
    known = near.merge(looked[[name for name in _TOLD if name in looked]], on=["earlier", "later"], how="left")
    sure = looked.loc[looked["kind"].isin(CONFIRMED), [name for name in [*known, "hidden"] if name in looked]]
    both = pd.concat([known, sure], ignore_index=True) if len(sure) else known
    both["doubt"] = ~both["kind"].isin(CONFIRMED)
    order = ["doubt", "distance", "earlier"]
    if "hidden" in both:
        both["hidden"] = both["hidden"].eq(True)
        order.insert(1, "hidden")
    return both.sort_values(order, kind="stable", ignore_index=True).drop(columns="doubt")


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole.where(whole > 0)).round(3).astype("Float64")


def list_conflicts(clusters: pd.DataFrame) -> pd.DataFrame:
    """The clusters whose labels differ: `cluster_id`, `size` (all their images), `labels` such as `0 (×2), 1`."""
    labelled = clusters.reindex(columns=["cluster_id", "label"]).dropna(subset="label").astype({"label": object})
    counts = labelled.groupby(["cluster_id", "label"], sort=False).size().reset_index(name="count")
    counts = counts[counts.duplicated("cluster_id", keep=False)].sort_values("count", ascending=False, kind="stable")
    counts["text"] = [
        f"{label} (×{count:,})" if count > 1 else f"{label}" for label, count in counts[["label", "count"]].to_numpy()
    ]
    labels = counts.astype({"text": object}).groupby("cluster_id")["text"].agg(", ".join)
    sizes = clusters["cluster_id"].value_counts().reindex(labels.index)
    return pd.DataFrame({"cluster_id": labels.index, "size": sizes.to_numpy(), "labels": labels.to_numpy()})
