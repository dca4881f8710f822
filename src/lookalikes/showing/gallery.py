"""Step 5: every multi-image cluster side by side, as a page a person can look through."""

import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd

from lookalikes.judging.facts import summarise_clusters
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.second_look import KINDS
from lookalikes.reading.parallel import work_through
from lookalikes.showing.outlines import outline, tell_match, tell_view
from lookalikes.showing.rendering import render
from lookalikes.showing.thumbnails import draw, make_thumbnails
from lookalikes.words import make_visible, say, translate

Facts = dict[str, Any]
_FILTERS = ("doubt", "part", "leak", "conflict", "chain", "flat")
_TOLD = ("kind", "score", "part", "reframed")
_PARTNER = {"partner": "filename", "partner_fold": "fold"}
_SIDE = 240
PAIRS_SHARE = 1 / 8
MEMBERS_SHOWN = 48
_PICTURES_SHOWN = 4_000


class Gallery:
    """Clusters or pairs laid out by `show_clusters` or `show_pairs`: Jupyter shows it, `clusters` holds its facts."""

    def __init__(self, clusters: list[Facts], title: str) -> None:
        self.clusters, self.title = clusters, title

    def lay_out(self) -> Facts:
        """What the template `gallery.html.j2` fills in."""
        kinds = Counter(badge["kind"] for cluster in self.clusters for badge in cluster["badges"])
        filters = [(kind, kinds[kind]) for kind in _FILTERS if kinds[kind]]
        digest = zlib.crc32(repr([cluster["title"] for cluster in self.clusters]).encode("utf-8", "replace"))
        return {"clusters": self.clusters, "title": self.title, "filters": filters, "name": f"lk-{digest}"}

    def _repr_html_(self) -> str:
        return render("gallery.html.j2", **self.lay_out())

    def __repr__(self) -> str:
        return f"Gallery({self.title})"


def show_clusters(clusters: pd.DataFrame, *, below: int = 10, executor: Executor | None = None) -> Gallery:
    """Every cluster of two or more images side by side, each image captioned with what tells it from the others.

    Where `add_kinds` has added a `kind` and a `score`, each image says how it joined and each cluster how sure it is.
    A part that differs is outlined, in the image and in its partner. `below` is the threshold, by which a chain is
    known. A thumbnail per image, upright and without metadata: up to 48 in a cluster and 4,000 in all, those first that
    are most worth looking at (`rank` of `summarise_clusters`); the rest are named or counted.
    """
    groups, shown, group_of = choose_clusters(clusters, below)
    thumbnails = _draw_alike(shown["path"].head(_PICTURES_SHOWN).tolist(), executor)
    return Gallery(fill(groups, shown, thumbnails, group_of), tell_count(groups))


def choose_clusters(clusters: pd.DataFrame, below: int) -> tuple[list[Facts], pd.DataFrame, np.ndarray]:
    """Every cluster of two or more by rank, with its `title` and `badges`; the images of it that are shown, in this
    order; and of each image the place of its cluster.
    """
    multiple = clusters[clusters["cluster_id"].duplicated(keep=False)]
    facts = summarise_clusters(clusters, below=below).sort_values("rank")
    shown = multiple[multiple.groupby("cluster_id").cumcount() < MEMBERS_SHOWN]
    rank = shown["cluster_id"].map(facts.set_index("cluster_id")["rank"])
    shown, rank = shown.iloc[rank.argsort(kind="stable")], rank.sort_values(kind="stable")
    groups: list[Facts] = facts.to_dict("records")
    for group in groups:
        group |= {"title": say("cluster.title", id=group["cluster_id"]), "badges": _choose_badges(group)}
    return groups, shown, rank.to_numpy(int)


def tell_count(groups: list[Facts]) -> str:
    return say("gallery.count", count=len(groups)) if groups else say("gallery.none")


def show_pairs(
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    most: int = 100,
    budget: float | None = None,
    executor: Executor | None = None,
) -> Gallery:
    """The first `most` pairs, such as those of `find_missed`, each side by side as `show_clusters` shows clusters.

    Of a page of `budget` MB, that of `show_review`, their pictures take an eighth at most.
    """
    shown = pairs.head(most)
    images = hashed.iloc[shown[["earlier", "later"]].to_numpy().ravel()].reset_index(drop=True)
    shown = shown.assign(**{name: hashed[column].to_numpy()[shown["earlier"]] for name, column in _PARTNER.items()})
    for column in shown.columns.intersection(["distance", *_TOLD, "view", "shared", *_PARTNER]):
        images[column] = pd.Series(shown[column].to_numpy(object), index=range(1, len(images), 2), dtype=object)
    titles = [say("pair.title", number=number) for number in range(1, len(shown) + 1)]
    groups: list[Facts] = [{"cluster_id": None, "size": 2, "title": title, "badges": []} for title in titles]
    key = "gallery.pairs.some" if len(shown) < len(pairs) else "gallery.pairs"
    title = say(key, count=len(pairs), shown=len(shown))
    paths = images["path"].tolist()
    if budget is None:
        thumbnails = _draw_alike(paths, executor)
    else:
        thumbnails = draw(paths, np.full(len(paths), _SIDE), budget * 1e6 * PAIRS_SHARE, executor=executor)
    return Gallery(fill(groups, images, thumbnails, images.index // 2), title)


def _draw_alike(paths: list[str], executor: Executor | None) -> list[Facts]:
    """Their pictures at one size."""
    drawn: list[Facts] = [{}] * len(paths)
    items = [(path, _SIDE) for path in paths]
    with closing(work_through(make_thumbnails, items, executor=executor, label=say("progress.thumbnails"))) as batches:
        for part, thumbnails in batches:
            drawn[part] = thumbnails
    return drawn


def fill(
    groups: list[Facts], images: pd.DataFrame, thumbnails: Sequence[Facts], group_of: Sequence[int] | np.ndarray
) -> list[Facts]:
    """The groups with their `members`, a dict an image with its thumbnail, as far as there is one, and how many `more`
    they have.
    """
    members = _describe_members(images)
    for member, thumbnail in zip(members, thumbnails, strict=False):
        member |= thumbnail
    for member in members:
        member["problem"] = member["problem"] and make_visible(translate(member["problem"], "problem."))
        member["told"], member["done"] = tell_match(member), tell_view(member)
        member["partner_shown"] = member["partner"] if member["told"] else None
    in_group = pd.Series(members, dtype=object).groupby(np.asarray(group_of, int)).agg(list)
    for some in in_group:
        outline(some)
        for member in some if len(some) == 2 else []:  # who else
            member["partner_shown"] = None
    filled = zip(groups, in_group, strict=True)
    return [group | {"members": some, "more": group["size"] - len(some)} for group, some in filled]


def _describe_members(shown: pd.DataFrame) -> list[Facts]:
    columns = ["filename", "fold", "distance", *_TOLD, "view", "shared", *_PARTNER, "truncated", "label", "text"]
    rows = shown.reindex(columns=columns).astype(object)
    nothing = {"src": None, "problem": None, "stored": None, "twin": None, "apart": ()}
    return [nothing | row for row in rows.where(rows.notna(), None).to_dict("records")]


def _choose_badges(cluster: Facts) -> list[Facts]:
    """What to say of a cluster of `summarise_clusters`, the most useful first: `kind` (its colour), `text`, `why`."""
    kind, widest = (None if pd.isna(cluster[name]) else cluster[name] for name in ("kind", "widest"))
    chain = "badge.chain" if widest is not None else "badge.chain.unmeasured"
    badges = [
        ("doubt", kind == KINDS[-1], "badge.doubt", {"score": cluster["score"]}),
        ("part", kind == KINDS[-2], "badge.part", {}),
        ("sure", kind in CONFIRMED, f"kind.{kind}", {}),
        ("identical", kind is None and widest == 0, "badge.identical", {}),
        ("leak", cluster["leak"], "badge.leak", {"folds": cluster["folds"]}),
        ("conflict", cluster["conflict"], "badge.conflict", {"labels": cluster["labels"]}),
        ("chain", cluster["chained"] is not pd.NA and cluster["chained"], chain, {"count": widest}),
        ("flat", cluster["flat"], "badge.flat", {}),
    ]
    told = [(name, key, values) for name, holds, key, values in badges if holds]
    return [{"kind": name, "text": say(key, **values), "why": say(f"badge.{name}.why")} for name, key, values in told]
