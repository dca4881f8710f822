"""Facts about a result, as plain dicts and tables: computed here, laid out elsewhere."""

import hashlib
from importlib.metadata import version

import pandas as pd

from lookalikes.words import say


def summarise(hashed: pd.DataFrame, clusters: pd.DataFrame) -> dict[str, int]:
    """The counts a report opens with.

    `images` (all rows), `readable`, `problems`, `clusters`, `singletons`, `multiple` (clusters of two or more), `in_multiple` (images in
    those), `largest` (images in the largest cluster), `identical` (multi-image clusters whose hashes are all the same), `leaks`
    (clusters that span folds), `folds`, `conflicts` (clusters whose labels differ).
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
    }


def describe_run(hashed: pd.DataFrame, *, below: int) -> pd.DataFrame:
    """What the result depends on, as `Item` and `Value`: the threshold, the versions, and a digest of names and hashes."""
    lines = hashed[["fold", "filename", "hash"]].fillna("").agg("\0".join, axis=1)
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    packages = ("lookalikes", "imagehash", "pillow", "numpy", "scipy", "pandas")
    rows = [("run.below", below), ("run.images", len(hashed)), ("run.digest", digest[:16])]
    table = [(say(key), str(value)) for key, value in rows] + [(name, version(name)) for name in packages]
    return pd.DataFrame(table, columns=[say("run.item"), say("run.value")])
