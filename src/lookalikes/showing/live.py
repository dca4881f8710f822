"""The review live in a notebook: what a person decides is a table in Python at once."""

from concurrent.futures import Executor
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
from IPython.display import HTML, display

from lookalikes.judging.decisions import COLUMNS, VERDICTS
from lookalikes.saving import save_whole
from lookalikes.showing.gallery import Facts
from lookalikes.showing.rendering import render
from lookalikes.showing.review import Review, show_review, write_json
from lookalikes.showing.scripts import read_live_script
from lookalikes.words import say


class LiveReview:
    """What `review` made: Jupyter and Colab show it to decide in, and `decisions` follows each key."""

    def __init__(self, page: Review) -> None:
        self._page, self._token = page, uuid4().hex
        self._verdicts: dict[object, list[str]] = {}
        for row in page.facts["decided"]:
            self._keep(row)
        self._widget = _open_widget(self) if page.clusters and find_spec("anywidget") else None

    @property
    def decisions(self) -> pd.DataFrame:
        """Every verdict that counts, as `read_decisions` returns them: what `decisions=` takes; the latest last."""
        table = pd.DataFrame(self._list(), columns=COLUMNS, dtype=object)
        table["decided_at"] = pd.to_datetime(table["decided_at"], utc=True, format="ISO8601")
        return table.sort_values("decided_at", kind="stable", ignore_index=True)

    def save(self, path: str | Path = "decisions.csv") -> Path:
        """Write the verdicts as the report downloads them, for `read_decisions` and `--decisions`; returns the path."""
        lines = [",".join(map(_quote, row)) + "\n" for row in [COLUMNS, *self._list()]]
        return save_whole("".join(lines).encode("utf-8", "surrogateescape"), path)

    def _list(self) -> list[list[str]]:
        """In the order of the images shown, with the hash's kind; those of images that aren't shown last."""
        kind, images = self._page.facts["run"]["hash"], self._page.facts["images"]
        place = {name: number for number, name in enumerate(zip(images["fold"], images["filename"], strict=True))}
        rows = sorted(self._verdicts.values(), key=lambda row: place.get((row[0], row[1]), len(place)))
        return [[fold, name, f"{kind}:{digest}", *rest] for fold, name, digest, *rest in rows]

    def _keep(self, row: list[str]) -> None:
        """Take in a verdict, in the order of `COLUMNS`, the hash without its kind; one without a decision is taken
        back.
        """
        one, other = (row[0], row[1]), (row[4], row[5])
        key = frozenset([one, other]) if other[1] else one
        self._verdicts.pop(key, None)
        if row[3] in VERDICTS:
            self._verdicts[key] = row

    def answer(self, widget: Any, message: Facts, buffers: list[bytes]) -> None:
        """What the page's script asks: `open`, for all it must know; or `rows`, verdicts by the places of images."""
        images = self._page.facts["images"]
        for row in message.get("rows", []):
            one, other = row["image"], row.get("other")
            name = ["", ""] if other is None else [images["fold"][other], images["filename"][other]]
            written = [images[column][one] for column in ("fold", "filename", "hash")]
            self._keep([*written, row["decision"], *name, row["at"]])
        if message.get("open"):
            kind = len(self._page.facts["run"]["hash"]) + 1
            decided = [[fold, file, digest[kind:], *rest] for fold, file, digest, *rest in self._list()]
            # As bytes: a name that isn't UTF-8 would come to harm in a message's text.
            facts = write_json(self._page.facts | {"decided": decided}).encode("ascii")
            widget.send({"token": self._token}, [facts])

    def _ipython_display_(self) -> None:
        key = "live.run" if self._widget else "live.missing"
        told = say(key) if self._page.clusters else None
        # Two outputs: JupyterLab shows of one alone the widget, also where there is none any more.
        page = self._page.lay_out() | {"left_out": self._page.left_out}
        display(HTML(render("live.html.j2", **page, token=self._token, told=told)))
        if self._widget:
            display(self._widget)


def _open_widget(review: LiveReview) -> Any:
    from anywidget import AnyWidget

    widget = AnyWidget(_esm=read_live_script())
    widget.on_msg(review.answer)
    return widget


def _quote(cell: str) -> str:
    """As the report's script writes a cell."""
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in '",\r\n') else cell


def review(
    hashed: pd.DataFrame,
    clusters: pd.DataFrame,
    pairs: pd.DataFrame,
    looked: pd.DataFrame,
    *,
    below: int = 10,
    budget: float = 12,
    decisions: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> LiveReview:
    """The review of `show_review`, live in a notebook: its `decisions` are a table that follows each key, and its
    `save("decisions.csv")` writes them where the kernel runs.

    `clusters` and `looked` as for `show_review`, and so are the options; `pairs` as for `compare_thresholds`. It needs
    the package anywidget: without it, or without a kernel, the clusters are shown, and what to run.
    """
    page = show_review(
        hashed, clusters, looked, below=below, budget=budget, decisions=decisions, wide=pairs, executor=executor
    )
    return LiveReview(page)
