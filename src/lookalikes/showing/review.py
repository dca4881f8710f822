"""The review: every cluster of two or more, laid out to be read and, where its script runs, to be decided."""

import json
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lookalikes.clustering.packing import count_bits
from lookalikes.clustering.sequential import locate
from lookalikes.judging.decisions import COLUMNS, match_decisions
from lookalikes.judging.facts import digest_images, find_safe
from lookalikes.judging.kinds import CONFIRMED, find_missed
from lookalikes.judging.orienting import find_turn
from lookalikes.judging.second_look import KINDS
from lookalikes.showing.gallery import MEMBERS_SHOWN, PAIRS_SHARE, Facts, Gallery, choose_clusters, fill, tell_count
from lookalikes.showing.rendering import render
from lookalikes.showing.source import pack
from lookalikes.showing.steps import collect_steps
from lookalikes.showing.thumbnails import SIDES, draw
from lookalikes.words import find_texts, make_visible, say, translate

_REST = 300_000
"""Bytes of a page for all beside the review and the pairs: charts, tables, styles, prose."""
_STEPS_SHARE = 1 / 6
"""The share of a page that may go to other thresholds."""
_FIGURE = 120
"""Bytes of an image's markup that come with its picture."""


class Review(Gallery):
    """What `show_review` made: Jupyter shows it, `clusters` is what is laid out and `facts` what its script knows."""

    def __init__(self, clusters: list[Facts], title: str, facts: Facts, left_out: Facts) -> None:
        super().__init__(clusters, title)
        self.facts, self.left_out = facts, left_out

    def _repr_html_(self) -> str:
        return render("review.html.j2", **self.lay_out(), left_out=self.left_out, facts=write_json(self.facts))


def show_review(
    hashed: pd.DataFrame,
    clusters: pd.DataFrame,
    looked: pd.DataFrame,
    *,
    below: int = 10,
    name: str = "",
    budget: float = 12,
    decisions: pd.DataFrame | None = None,
    wide: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> Review:
    """Every cluster of two or more side by side, as `show_clusters` does, the best `rank` first: in the report, the
    place to review.

    `clusters` as `choose_keepers` returns them, `looked` as `look_again` does; `name` is that of the data folder, by
    which a browser keeps verdicts. `budget` is that of the whole page, in MB: pictures are as large as it allows, those
    of the best rank the largest, and images that are the same file or pixels share one; captions stand in any case.
    What `decisions`, of `read_decisions`, say is shown as decided, and the review opens on the rest. With `wide`, the
    pairs as `compare_thresholds` takes them, other thresholds can be looked at. Raises ValueError for a budget below
    0.5.
    """
    if budget < 0.5:
        raise ValueError(say("review.error.budget", given=budget))
    groups, shown, group_of = choose_clusters(clusters, below)
    row = pd.Series(locate(hashed, clusters), index=clusters.index)[shown.index].to_numpy(int)
    picture = _find_twins(shown, row, looked)
    order = np.lexsort([picture, group_of])  # twins side by side
    shown, group_of, row = shown.iloc[order], group_of[order], row[order]
    picture = pd.factorize(picture[order])[0]
    facts = collect_review(
        hashed, clusters, looked, groups, shown, group_of, row, below=below, name=name, decisions=decisions
    )
    room = budget * _STEPS_SHARE * 1e6
    facts["steps"] = None if wide is None else collect_steps(hashed, clusters, wide, below=below, room=room)
    first = ~pd.Series(picture).duplicated().to_numpy()
    blank = Gallery(fill(groups, shown, _describe_stored(shown), group_of), "")._repr_html_()
    taken = len(blank.encode("utf-8", "replace")) + len(pack(blank)) + len(write_json(facts)) + _REST
    taken += _FIGURE * int(first.sum()) + round(PAIRS_SHARE * budget * 1e6)
    sizes = shown.reindex(columns=["width", "height"]).max(axis=1).fillna(SIDES[-1]).to_numpy(float)
    room = max(budget * 1e6 - taken, 0)
    drawn = draw(shown["path"][first].tolist(), sizes[first], room, taken=taken, executor=executor)
    thumbnails = [drawn[place] if own else {} for place, own in zip(picture, first, strict=True)]
    members = fill(groups, shown, [a | b for a, b in zip(_describe_stored(shown), thumbnails, strict=True)], group_of)
    _mark(members, shown, picture)
    left_out = sum(each["src"] is None and each["problem"] is None for each in drawn)
    return Review(members, tell_count(groups), facts, {"count": left_out, "budget": f"{budget:g}"})


def collect_review(
    hashed: pd.DataFrame,
    clusters: pd.DataFrame,
    looked: pd.DataFrame,
    groups: list[Facts],
    shown: pd.DataFrame,
    group_of: np.ndarray,
    row: np.ndarray,
    *,
    below: int,
    name: str,
    decisions: pd.DataFrame | None,
) -> Facts:
    """What the page's script knows, in plain values as JSON has them; tables are dicts of columns.

    `images` (those shown, in order): `fold`, `filename` and `hash`, exactly; `label`; `width`, `height` (pixels),
    `bytes`; `keep` (the suggestion) and `copy_of` (the place of the kept image that it copies). `clusters` (by
    rank): `id`, `size`, `first` (the place of its first image), `shown` (how many), `kind`, `leak`, `conflict`,
    `chain`, `flat`, `missed` (a copy beyond the threshold is known), `widest`, `safe` (see `find_safe`). `pairs` that
    the second look judged, within a cluster: `one`, `other` (places), `distance`, `kind`, `score`, and `turn` (the
    EXIF orientation that lays the other's picture, upright, onto the first's). `kinds`: how each kind is called;
    `sure`: those confirmed. `decided`: the verdicts of `decisions` that count, a list each in the order of `COLUMNS`.
    `words`: the texts. `run`: `name`, `hash` (such as `phash64`), `below`, `digest`.
    """
    safe = find_safe(hashed, clusters, looked, groups, below=below)
    missed = find_missed(hashed, clusters, looked, below=below) if len(looked) else looked
    missed_rows = set(missed[["earlier", "later"]].to_numpy().ravel().tolist())
    counts, starts = np.unique(group_of, return_counts=True), np.flatnonzero(np.diff(group_of, prepend=-1))
    in_missed = {place for place, each in zip(group_of, row, strict=True) if each in missed_rows}
    images = shown.reindex(columns=["fold", "filename", "hash", "label", "width", "height", "bytes", "keep"])
    labels = [None if pd.isna(label) else make_visible(label) for label in images["label"]]
    place_of = {name: place for place, name in enumerate(images["fold"] + "/" + images["filename"])}
    copy_of = [place_of.get(name) for name in shown.reindex(columns=["copy_of"])["copy_of"]]
    return {
        "images": {column: _list(images[column]) for column in images} | {"label": labels, "copy_of": copy_of},
        "clusters": {
            **{ours: [_plain(group[theirs]) for group in groups] for ours, theirs in _COLUMNS.items()},
            "first": starts.tolist(),
            "shown": counts[1].tolist(),
            "missed": [place in in_missed for place in range(len(groups))],
            "safe": [group["cluster_id"] in safe and group["size"] <= MEMBERS_SHOWN for group in groups],
        },
        "pairs": _list_pairs(hashed, looked, shown, group_of, row),
        "sure": list(CONFIRMED),
        "decided": _list_decided(hashed, decisions),
        "kinds": {kind: translate(kind, "kind.") for kind in KINDS},
        "words": find_texts("review."),
        "run": {
            "name": name,
            "hash": f"phash{count_bits(hashed) or 64}",
            "below": below,
            "most": MEMBERS_SHOWN,
            "digest": digest_images(hashed),
        },
    }


_COLUMNS = {
    "id": "cluster_id", "size": "size", "kind": "kind", "leak": "leak", "conflict": "conflict", "chain": "chained",
    "flat": "flat", "widest": "widest",
}  # fmt: skip


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value.item() if isinstance(value, np.generic) else value


def _list(column: pd.Series) -> list[Any]:
    return [_plain(value) for value in column.astype(object)]


def _list_pairs(
    hashed: pd.DataFrame, looked: pd.DataFrame, shown: pd.DataFrame, group_of: np.ndarray, row: np.ndarray
) -> Facts:
    place = np.full(len(hashed), -1)
    place[row] = np.arange(len(row))
    one, other = (place[looked[side]] for side in ("earlier", "later"))
    within = (one >= 0) & (other >= 0) & (group_of[one] == group_of[other]) if len(row) else one >= 0
    pairs, one, other = looked[within], one[within], other[within]
    stored = shown["turn"].fillna(1).to_numpy(int) if "turn" in shown else np.ones(len(shown), int)
    # The copy may match as stored, or upright: where the tags differ, what lays it on the first is their difference.
    turns = [
        find_turn(theirs, 1, own) for theirs, own in zip(stored[other].tolist(), stored[one].tolist(), strict=True)
    ]
    return {
        "one": one.tolist(),
        "other": other.tolist(),
        "distance": pairs["distance"].tolist(),
        "kind": _list(pairs["kind"]),
        "score": [None if pd.isna(score) else round(float(score), 2) for score in pairs["score"]],
        "turn": turns,
    }


def _list_decided(hashed: pd.DataFrame, decisions: pd.DataFrame | None) -> list[list[str]]:
    """The verdicts that count, in the order of `COLUMNS`, the hash without its kind."""
    if decisions is None:
        return []
    known = match_decisions(hashed, decisions)
    known = known[known["reason"].isna()]
    hashes = known["hash"].str.replace(r"^.*:", "", regex=True)
    times = known["decided_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    listed: list[list[str]] = known.assign(hash=hashes, decided_at=times)[COLUMNS].to_numpy().tolist()
    return listed


def _find_twins(shown: pd.DataFrame, row: np.ndarray, looked: pd.DataFrame) -> np.ndarray:
    """For each image shown the place of the first one whose picture is the same: the same file, or the same pixels
    at one size and EXIF orientation.
    """
    place = pd.Series(np.arange(len(row)), index=row)
    same = looked[looked["kind"].isin(KINDS[:2])]
    one, other = (place.reindex(same[side]).to_numpy(float) for side in ("earlier", "later"))
    seen = shown.reindex(columns=["turn", "width", "height"]).fillna(0).to_numpy(int)
    known = ~np.isnan(one + other)
    one, other, is_file = one[known].astype(int), other[known].astype(int), (same["kind"] == KINDS[0])[known].to_numpy()
    alike = is_file | ((seen[one] == seen[other]).all(1) & (seen[one, 0] > 0))
    links = coo_array((np.ones(alike.sum()), (one[alike], other[alike])), shape=(len(row), len(row)))
    component = pd.Series(connected_components(links, directed=False)[1])
    cluster = shown["cluster_id"].to_numpy()
    first: np.ndarray = component.groupby([component, cluster]).transform(lambda some: some.index[0]).to_numpy()
    return first


def _describe_stored(shown: pd.DataFrame) -> list[Facts]:
    """What is told of an image beside its picture, by the columns of `measure_images`."""
    columns = shown.reindex(columns=["width", "height", "bytes", "turn"]).fillna(0).astype(int)
    return [
        {"stored": (width, height), "bytes": size, "upright": (height, width) if turn >= 5 else None} if size else {}
        for width, height, size, turn in columns.itertuples(index=False)
    ]


def _mark(clusters: list[Facts], shown: pd.DataFrame, picture: np.ndarray) -> None:
    """Give each member `twin`, whether its picture stands before it, and `times` it stands for, of what is drawn once;
    and `apart`, what tells it from the others: the larger size, another fold or label.
    """
    times = pd.Series(picture).groupby(picture).transform("size").tolist()
    twin, place = pd.Series(picture).duplicated().tolist(), 0
    for cluster in clusters:
        members = cluster["members"]
        marks: list[tuple[str, Callable[[Facts], Any]]] = [
            ("fold", lambda member: member["fold"]),
            ("label", lambda member: member["label"]),
        ]
        most = max((_count_pixels(member) for member in members), default=0)
        some_smaller = any(_count_pixels(member) < most for member in members)
        for member in members:
            member |= {"twin": twin[place], "times": times[place]}
            apart = {name for name, read in marks if read(member) not in (None, read(members[0]))}
            member["apart"] = apart | ({"size"} if some_smaller and _count_pixels(member) == most else set())
            place += 1


def _count_pixels(member: Facts) -> int:
    return int(np.prod(member["stored"])) if member["stored"] else 0


def write_json(facts: Facts) -> str:
    """As JSON in ASCII that ends no element of a page, whatever the names."""
    return json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
