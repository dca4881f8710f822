"""Step 5: every multi-image cluster side by side, as a page a person can look through."""

import base64
import io
from collections.abc import Iterable
from concurrent.futures import Executor

import pandas as pd

from lookalikes.parallel import work_through
from lookalikes.reading import Unreadable, load_upright
from lookalikes.rendering import render
from lookalikes.words import make_visible, say

_SIDE = 240
_MEMBERS_SHOWN = 48
_PICTURES_SHOWN = 4_000


class Gallery:
    """The clusters as `show_clusters` laid them out: Jupyter shows it, `clusters` holds its facts, `str()` gives its HTML."""

    def __init__(self, clusters: list[dict]) -> None:
        self.clusters = clusters

    def _repr_html_(self) -> str:
        return render("gallery.html.j2", clusters=self.clusters)

    __str__ = _repr_html_

    def __repr__(self) -> str:
        return f"Gallery({say('gallery.count', count=len(self.clusters))})"


def show_clusters(clusters: pd.DataFrame, *, executor: Executor | None = None) -> Gallery:
    """Every cluster of two or more images side by side, each image captioned with what tells it from the others.

    A thumbnail per image, upright and without metadata: up to 48 in a cluster and 4,000 in all; the rest are named or counted.
    """
    multiple = clusters[clusters.groupby("cluster_id")["cluster_id"].transform("size") > 1]
    shown = multiple[multiple.groupby("cluster_id").cumcount() < _MEMBERS_SHOWN]
    members = _describe_members(shown)
    for start, thumbnails in _make_thumbnails(shown["path"].head(_PICTURES_SHOWN).tolist(), executor):
        for member, thumbnail in zip(members[start], thumbnails, strict=True):
            member |= thumbnail
    return Gallery(_describe_clusters(multiple, shown["cluster_id"].tolist(), members))


def _describe_members(shown: pd.DataFrame) -> list[dict]:
    columns = [name for name in ("filename", "fold", "distance", "label", "text") if name in shown]
    rows = shown[columns].astype(object).where(shown[columns].notna(), None).to_dict("records")
    return [{"label": None, "text": None, "src": None, "problem": None} | row for row in rows]


def _describe_clusters(multiple: pd.DataFrame, ids: list[int], members: list[dict]) -> list[dict]:
    """One dict a cluster: `id`, `size`, `identical`, `folds`, `labels`, `members` (those shown), `more` (how many are not)."""
    described = {}
    for cluster_id, rows in multiple.groupby("cluster_id"):
        described[cluster_id] = {
            "id": cluster_id,
            "size": len(rows),
            "identical": not rows["distance"].sum(),
            "folds": list(rows["fold"].unique()),
            "labels": list(rows["label"].dropna().unique()) if "label" in rows else [],
            "members": [],
        }
    for cluster_id, member in zip(ids, members, strict=True):
        described[cluster_id]["members"].append(member)
    return [cluster | {"more": cluster["size"] - len(cluster["members"])} for cluster in described.values()]


def _make_thumbnails(paths: list[str], executor: Executor | None) -> Iterable[tuple[slice, list[dict]]]:
    return work_through(make_thumbnails, paths, executor=executor, label=say("progress.thumbnails"))


def make_thumbnails(paths: Iterable[str]) -> list[dict]:
    """Of each image `src` (a `data:` address), the size shown and stored; a `problem` where it can no longer be read."""
    return [_make_thumbnail(path) for path in paths]


def _make_thumbnail(path: str) -> dict:
    try:
        upright = load_upright(path, _SIDE)
    except Unreadable as reason:
        return {"problem": make_visible(reason)}
    data = io.BytesIO()
    upright.picture.save(data, "WEBP", quality=72)
    width, height = upright.stored_size
    return {
        "src": "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode(),
        "width": upright.picture.width,
        "height": upright.picture.height,
        "stored": (width, height),
        "upright": (height, width) if upright.turned else None,
        "bytes": upright.bytes,
    }
