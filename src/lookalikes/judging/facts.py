"""Facts about a result, as plain dicts and tables: computed here, laid out elsewhere."""

import hashlib
from importlib.metadata import version

import pandas as pd

from lookalikes.hashing.phash import FLAT_BELOW
from lookalikes.judging.chains import describe_chains
from lookalikes.judging.kinds import find_weakest_links
from lookalikes.judging.leaks import list_conflicts
from lookalikes.words import say

_OPTIONAL = pd.Index(["quality", "kind", "score"])


def summarise(hashed: pd.DataFrame, clusters: pd.DataFrame) -> dict[str, int]:
    """The counts a report opens with.

    `images` (all rows), `readable`, `problems`, `clusters`, `singletons`, `multiple` (clusters of two or more),
    `in_multiple` (images in those), `largest` (images in the largest cluster), `identical` (multi-image clusters whose
    hashes are all the same), `leaks` (clusters that span folds), `folds`, `conflicts` (clusters whose labels differ),
    `flat` (images).
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
    }


def summarise_clusters(clusters: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """A row for each cluster of two or more images, in order.

    `cluster_id`, `size`, `widest`, `beyond_founder`, `chained` (see `describe_chains`), `folds` (such as `train +
    test`), `leak` (it spans folds), `conflict` and `labels` (they differ; such as `0 (×2), 1`), `flat` (all its
    pictures are nearly blank), and, where `add_kinds` was used, `kind` and `score` of the weakest link by which its
    images joined.
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
    return table.join(find_weakest_links(multiple)).reset_index()


def list_flat_images(clusters: pd.DataFrame) -> pd.DataFrame:
    """The blank or nearly blank images, as `fold`, `filename`, `cluster_id`, `quality` (0 to 100)."""
    flat = clusters[clusters["quality"] < FLAT_BELOW]
    return flat[["fold", "filename", "cluster_id", "quality"]].reset_index(drop=True)


def describe_run(hashed: pd.DataFrame, *, below: int) -> pd.DataFrame:
    """What the result depends on, as `Item` and `Value`: the threshold, the versions, and a digest of names and
    hashes.
    """
    columns = (hashed[name].fillna("") for name in ("fold", "filename", "hash"))
    lines = "\n".join(map("\0".join, zip(*columns, strict=True)))
    digest = hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
    packages = ("lookalikes", "imagehash", "pillow", "numpy", "scipy", "pandas")
    rows = [("run.below", below), ("run.images", len(hashed)), ("run.digest", digest[:16])]
    table = [(say(key), str(value)) for key, value in rows] + [(name, version(name)) for name in packages]
    return pd.DataFrame(table, columns=[say("run.item"), say("run.value")])
