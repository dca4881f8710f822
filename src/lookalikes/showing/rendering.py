"""Lay facts out as HTML: the Jinja templates, with everything escaped that isn't a template's own."""

import base64
import numbers
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from IPython.display import HTML
from jinja2 import Environment, PackageLoader, StrictUndefined

from lookalikes.words import format_bytes, join, make_visible, say, translate


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lookalikes.showing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["say"] = say
    environment.filters |= {"visible": make_visible, "size": format_bytes}
    return environment


def render(template: str, **facts: object) -> str:
    """The template of that name under `templates/`, filled in."""
    return _environment().get_template(template).render(**facts)


def write_address(data: bytes, kind: str) -> str:
    """A picture of that kind, such as `webp`, as an address that holds it: a `data:` URL."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@cache
def read_plain(name: str) -> str:
    """A file under `templates/` as it is, such as a style sheet."""
    return (files("lookalikes.showing") / "templates" / name).read_text(encoding="utf-8")


# The columns whose values are our own English, by the catalogue's texts for them; and those that count.
_TRANSLATED = {"problem": "problem.", "kind": "kind.", "Kind": "kind.", "Item": "run.", "interval": "interval."}
_COUNTS = {
    "images", "left_out", "clusters", "size", "beyond_founder", "pairs", "largest", "added", "looked_at", "confirmed",
    "leaks", "connected", "bytes", "Cluster size", "Number of clusters", "below the threshold", "beyond it",
}  # fmt: skip
_CLUSTERS = {"cluster_id", "other_cluster_id"}
"""Columns that name clusters: in the report, each leads to its pictures."""


def show_table(table: pd.DataFrame, *, rows: int = 12) -> HTML:
    """The first `rows` rows as an HTML table that says how many there are; names are shown as what they are, `path`
    never; our own words in the language of the catalogue.
    """
    shown = table.drop(columns="path", errors="ignore")
    cells = [
        [_show_value(column, value) for column, value in zip(shown.columns, row, strict=True)]
        for row in shown.head(rows).itertuples(index=False, name=None)
    ]
    return HTML(
        render(
            "table.html.j2",
            columns=[translate(name, "column.") for name in shown.columns],
            of_clusters=[place for place, name in enumerate(shown.columns) if name in _CLUSTERS],
            rows=cells,
            left=max(len(table) - rows, 0),
            total=len(table),
        )
    )


def _show_value(column: object, value: Any) -> object:
    if pd.isna(value):
        return ""
    if column in _COUNTS and isinstance(value, numbers.Integral):
        return Grouped(int(value))
    if column == "reasons":
        return join(_translate_reason(told) for told in str(value).split(", ")) if value else value
    return translate(value, _TRANSLATED[str(column)]) if column in _TRANSLATED else value


def _translate_reason(told: str) -> str:
    """Of `count_images`: such as `12 .txt`."""
    count, _, reason = told.partition(" ")
    return say("table.reason", count=count, reason=translate(reason, "reason.")) if reason else told


class Grouped(int):
    """A count, which is shown with separators: 1,234."""

    def __str__(self) -> str:
        return f"{int(self):,}"
