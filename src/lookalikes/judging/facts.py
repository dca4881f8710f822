"""Facts about a result, as plain dicts and tables: computed here, laid out elsewhere."""

import hashlib
import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lookalikes.clustering.packing import count_bits
from lookalikes.clustering.sequential import find_cluster_of
from lookalikes.hashing.phash import FLAT_BELOW
from lookalikes.judging.chains import describe_chains
from lookalikes.judging.groups import count_joined
from lookalikes.judging.hidden import count_hidden
from lookalikes.judging.kinds import CONFIRMED, count_doubts, find_missed, find_weakest_links
from lookalikes.judging.leaks import find_conflicts, find_leaks, list_conflicts, measure_conflicts, measure_leaks
from lookalikes.judging.second_look import KINDS
from lookalikes.judging.thresholds import expect_chance_pairs
from lookalikes.saving import save_whole

DIGEST = "Digest of names and hashes"
_OPTIONAL = pd.Index(["quality", "kind", "score"])


def summarise(hashed: pd.DataFrame, clusters: pd.DataFrame) -> dict[str, int]:
    """The counts a report opens with.

    `images` (all rows), `readable`, `problems`, `clusters`, `singletons`, `multiple` (clusters of two or more),
    `in_multiple` (images in those), `largest` (images in the largest cluster), `identical` (multi-image clusters whose
    hashes are all the same), `leaks` (clusters that span folds), `folds`, `conflicts` (clusters whose labels differ),
    `flat` (images), `deep` (images of more than 8 bits a pixel, which were clipped to be hashed).
    """
    groups = clusters.groupby("cluster_id")
    sizes = groups.size()
    multiple = sizes > 1
    labels = groups["label"].nunique() if "label" in clusters else sizes * 0
    return {
        "images": len(hashed),
        "readable": len(clusters),
        "problems": len(hashed) - len(clusters),
        "clusters": len(sizes),
        "singletons": int((~multiple).sum()),
        "multiple": int(multiple.sum()),
        "in_multiple": int(sizes[multiple].sum()),
        "largest": int(sizes.max()) if len(sizes) else 0,
        "identical": int((multiple & (groups["hash"].nunique() == 1)).sum()),
        "leaks": int((groups["fold"].nunique() > 1).sum()),
        "folds": int(hashed["fold"].nunique()),
        "conflicts": int((labels > 1).sum()),
        "flat": int((clusters["quality"] < FLAT_BELOW).sum()) if "quality" in clusters else 0,
        "deep": int(hashed["deep"].sum()) if "deep" in hashed else 0,
    }


def summarise_clusters(clusters: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """A row for each cluster of two or more images, in order.

    `cluster_id`, `size`, `widest`, `beyond_founder`, `chained` (see `describe_chains`), `folds` (such as `train +
    test`), `leak` (it spans folds), `conflict` and `labels` (they differ; such as `0 (×2), 1`), `flat` (all its
    pictures are nearly blank), and, where `add_kinds` was used, `kind` and `score` of the weakest link by which its
    images joined. `rank` numbers them in the order in which they are worth looking at: leaks, label conflicts, those
    with a look-alike, those of which a part differs, then the rest.
    """
    table = describe_chains(clusters, below=below).set_index("cluster_id")
    multiple = clusters[clusters["cluster_id"].isin(table.index)].reindex(
        columns=[*clusters, *_OPTIONAL.difference(clusters.columns)]
    )
    groups = multiple.groupby("cluster_id")
    table["folds"] = groups["fold"].agg(lambda folds: " + ".join(folds.unique()))
    table["leak"] = groups["fold"].nunique() > 1
    table["labels"] = list_conflicts(clusters).set_index("cluster_id")["labels"]
    table["conflict"] = table["labels"].notna()
    table["flat"] = (groups["quality"].max() < FLAT_BELOW).fillna(False).astype(bool)
    table = table.join(find_weakest_links(multiple)).reset_index()
    first = [~table["leak"], ~table["conflict"], *(table["kind"] != kind for kind in reversed(KINDS[-2:]))]
    order = np.lexsort([place.to_numpy(bool) for place in reversed(first)])
    return table.assign(rank=np.argsort(order))


def find_safe(
    hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame, facts: list[dict[str, Any]], *, below: int
) -> set[int]:
    """The clusters, of the `facts` that are rows of `summarise_clusters`, of which a rule may drop copies: confirmed
    throughout, without another label, a chain, flat pictures, or a pair that leads to another cluster.
    """
    cluster_of = find_cluster_of(hashed, clusters)
    one, other = (cluster_of[looked[side]] for side in ("earlier", "later"))
    sure = looked["kind"].isin(CONFIRMED).to_numpy()
    leads_out = (one != other) & (sure | (looked["distance"] < below).to_numpy())
    doubtful = leads_out | ((one == other) & ~sure)
    refused = {*one[doubtful].tolist(), *other[doubtful].tolist()}
    return {
        row["cluster_id"]
        for row in facts
        if row["kind"] in CONFIRMED and row["cluster_id"] not in refused and not (row["conflict"] or row["flat"])
        if row["chained"] is not pd.NA and not row["chained"]
    }


def list_flat_images(clusters: pd.DataFrame) -> pd.DataFrame:
    """The blank or nearly blank images, as `fold`, `filename`, `cluster_id`, `quality` (0 to 100)."""
    flat = clusters[clusters["quality"] < FLAT_BELOW]
    return flat[["fold", "filename", "cluster_id", "quality"]].reset_index(drop=True)


def describe_run(hashed: pd.DataFrame, *, below: int) -> pd.DataFrame:
    """What the result depends on, as `Item` and `Value`: the threshold, the versions, and a digest of names and
    hashes.
    """
    rows = [("Threshold (below)", f"{below}"), ("Images", f"{len(hashed):,}"), (DIGEST, digest_images(hashed))]
    return pd.DataFrame([*rows, *read_versions().items()], columns=["Item", "Value"])


def digest_images(hashed: pd.DataFrame) -> str:
    """16 hexadecimal digits that change with any fold, name or hash, and with their order."""
    columns = (hashed[name].fillna("") for name in ("fold", "filename", "hash"))
    lines = "\n".join(map("\0".join, zip(*columns, strict=True)))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_versions() -> dict[str, str]:
    return {name: version(name) for name in ("lookalikes", "imagehash", "pillow", "numpy", "scipy", "pandas")}


def collect_facts(
    hashed: pd.DataFrame,
    clusters: pd.DataFrame,
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    looked: pd.DataFrame,
    *,
    below: int = 10,
    parameters: dict[str, Any] | None = None,
    unread: Sequence[str] = (),
    decisions: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """All that a result says in numbers, in plain values as JSON has them; the cards, the findings and the command's
    last lines say no others.

    `clusters` as `add_kinds` returns them, `pairs` below the threshold, `looked` with those beyond it, `unread`: what
    holds images but was not read, a line each; `decisions`, of `read_decisions`, are obeyed. Keys: `counts` (those of
    `summarise`; `doubtful` and `parts`, see `count_doubts`; `missed`, see `find_missed`; `hidden`, see `count_hidden`;
    `groups` of two or more, `joined`, see `count_joined`, `largest_group`), `folds` (the readable images of each),
    `leaks` (the rows of `measure_leaks`), `conflicts` (see `measure_conflicts`), `unseen` (leaks and conflicts that the
    second look could not judge), `pairs` (`below` the threshold, `by_chance`, `looked_at`), `problems` (images by
    reason), `parameters`, `versions`, `digest`, `unread`.
    """
    leaks, conflicts = (find(hashed, pairs, looked, decisions=decisions) for find in (find_leaks, find_conflicts))
    shares = measure_leaks(hashed, groups, leaks).astype(object)
    sizes = groups["group_id"].value_counts()
    counts = summarise(hashed, clusters) | {
        **count_doubts(clusters),
        "missed": len(find_missed(hashed, clusters, looked, below=below)),
        "hidden": count_hidden(looked),
        "groups": int((sizes > 1).sum()),
        "joined": count_joined(clusters, groups),
        "largest_group": int(sizes.max()) if len(sizes) else 0,
    }
    n_bits = count_bits(hashed) or 64
    chance = expect_chance_pairs(counts["readable"], below - 1, n_bits)
    return {
        "counts": counts,
        "folds": {fold: int((groups["fold"] == fold).sum()) for fold in hashed["fold"].unique()},
        "leaks": shares.where(shares.notna(), None).to_dict("records"),
        "conflicts": measure_conflicts(hashed, conflicts),
        "unseen": {"leaks": int(leaks["kind"].isna().sum()), "conflicts": int(conflicts["kind"].isna().sum())},
        "pairs": {"below": len(pairs), "by_chance": float(f"{chance:.2g}"), "looked_at": len(looked)},
        "problems": {reason: int(count) for reason, count in hashed["problem"].value_counts().items()},
        "parameters": {"below": below} | {name: _hide_place(value) for name, value in (parameters or {}).items()},
        "versions": read_versions(),
        "digest": digest_images(hashed),
        "unread": list(unread),
    }


def _hide_place(value: Any) -> Any:
    """A parameter without the place of its file on this machine: of a full path, only the last part."""
    if isinstance(value, list | tuple):
        return [_hide_place(each) for each in value]
    return os.path.basename(value) if isinstance(value, str) and os.path.isabs(value) else value


def save_facts(facts: dict[str, Any], path: str | Path) -> Path:
    """Write the facts of `collect_facts` as JSON. Returns the path."""
    return save_whole((json.dumps(facts, indent=2) + "\n").encode(), path)
