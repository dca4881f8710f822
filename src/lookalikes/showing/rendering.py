"""Lay facts out as HTML: the Jinja templates, with everything escaped that isn't a template's own."""

from functools import cache
from importlib.resources import files

import pandas as pd
from IPython.display import HTML
from jinja2 import Environment, PackageLoader, StrictUndefined

from lookalikes.words import format_bytes, make_visible, say


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


@cache
def read_style(name: str) -> str:
    """A style sheet under `templates/`."""
    return (files("lookalikes.showing") / "templates" / name).read_text(encoding="utf-8")


def show_table(table: pd.DataFrame, *, rows: int = 12) -> HTML:
    """The first `rows` rows as an HTML table that says how many there are; names are shown as what they are, `path`
    never.
    """
    shown = table.drop(columns="path", errors="ignore")
    cells = [
        ["" if pd.isna(value) else value for value in row]
        for row in shown.head(rows).itertuples(index=False, name=None)
    ]
    return HTML(
        render(
            "table.html.j2", columns=list(shown.columns), rows=cells, left=max(len(table) - rows, 0), total=len(table)
        )
    )
