"""What would be long to draw in a cell of the lesson: pictures, tables and charts, their words from the catalogue."""

import io
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import HTML
from matplotlib import pyplot as plt
from PIL import Image

from lookalikes.showing.fonts import find_fonts, say_drawn
from lookalikes.showing.plots import show_chart
from lookalikes.showing.rendering import Grouped, render, write_address
from lookalikes.words import join, join_clauses, say

_BLUE, _ORANGE, _PAPER = (59, 110, 168), (200, 100, 30), (243, 241, 236)
_COLORS = ["#3b6ea8", "#c8641e", "#2f8f5b", "#8a5a99"]
_SIDE, _PHOTO = 192, 320
_LEGIBLE: dict[Any, Any] = {
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}


def show_pictures(*shown: tuple[Any, ...]) -> HTML:
    """Pictures side by side, each given as (caption, picture, numbers of the caption): `lesson.caption.` begins its
    text in the catalogue.

    A picture is an image, grey pixels (uint8), bits (bool), or coefficients (float; zero is white, NaN is a gap).
    """
    pictures = []
    for key, picture, *values in shown:
        caption = say(f"lesson.caption.{key}", **dict(zip(("value", "other"), values, strict=False)))
        drawn = draw(picture)
        pictures.append({"data": _encode(drawn), "text": _describe(picture, caption), "caption": caption})
    return HTML(render("lesson_pictures.html.j2", pictures=pictures))


def draw(picture: Image.Image | np.ndarray) -> Image.Image:
    """A small picture to show: photos are shrunk, the values of arrays become squares large enough to be seen."""
    if isinstance(picture, Image.Image):
        drawn = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        drawn.thumbnail((_PHOTO, _PHOTO))
        return drawn
    side = max(2, round(_SIDE / max(picture.shape)))
    colors = picture if picture.dtype == np.uint8 else _color(picture)
    large = colors.repeat(side, 0).repeat(side, 1)
    if picture.dtype == bool:
        large[::side], large[:, ::side] = 255, 255
    return Image.fromarray(large)


def _color(values: np.ndarray) -> np.ndarray:
    """Ones in blue on paper; coefficients from orange (below zero) to blue, where the first alone may be too large."""
    if values.dtype == bool:
        return np.where(values[..., None], _BLUE, _PAPER).astype(np.uint8)
    most = np.nanmax(np.abs(values.ravel()[1:])) or 1
    share = np.nan_to_num(np.clip(values / most, -1, 1))[..., None]
    color = np.where(share < 0, _ORANGE, _BLUE)
    return (255 + (color - 255) * np.abs(share) ** 0.6).astype(np.uint8)


def _describe(picture: Image.Image | np.ndarray, caption: str) -> str:
    if isinstance(picture, Image.Image):
        return say("lesson.alt.photo", caption=caption, width=picture.width, height=picture.height)
    if picture.dtype == bool:
        bits = "".join(picture.astype(int).astype(str).ravel())
        digits = f"{int(bits, 2):0{len(bits) // 4}x}"
        return say("lesson.alt.bits", caption=caption, ones=int(picture.sum()), count=picture.size, digits=digits)
    key = "lesson.alt.grey" if picture.dtype == np.uint8 else "lesson.alt.waves"
    height, width = picture.shape
    low, high = float(np.nanmin(picture)), float(np.nanmax(picture))
    return say(key, caption=caption, width=width, height=height, low=low, high=high)


def _encode(picture: Image.Image) -> str:
    """As a data URI: photos as JPEG, what has few colours or transparency as PNG."""
    data, photo = io.BytesIO(), picture.mode == "RGB" and picture.getcolors(64) is None
    picture.save(data, "JPEG" if photo else "PNG", **({"quality": 85} if photo else {"optimize": True}))
    return write_address(data.getvalue(), "jpeg" if photo else "png")


def show_parts(*hashes: str, parts: int = 1) -> HTML:
    """Two or more short hashes, texts of 0 and 1, below each other and cut into `parts`; where one differs from the
    first is marked, and how much each part differs is told.
    """
    size = len(hashes[0]) // parts
    rows: list[list[dict[str, Any]]] = []
    for bits in hashes:
        differs = [one != other for one, other in zip(hashes[0], bits, strict=True)]
        cut = range(0, len(bits), size)
        rows.append([{"bits": list(zip(bits, differs, strict=True))[k : k + size]} for k in cut])
        for part, start in zip(rows[-1], cut, strict=True):
            part["distance"] = sum(differs[start : start + size])
    return HTML(render("lesson_parts.html.j2", rows=rows))


def show_arrivals(
    pictures: Sequence[Image.Image], clusters: Sequence[int], distances: Sequence[int | None] | None = None
) -> HTML:
    """Each picture in the column of its arrival and the row of its cluster, with its distance where it joined one."""
    cells = [
        {"data": _encode(draw(picture)), "cluster": cluster, "distance": distance}
        for picture, cluster, distance in zip(pictures, clusters, distances or [None] * len(pictures), strict=True)
    ]
    return HTML(render("lesson_arrivals.html.j2", cells=cells, clusters=sorted(set(clusters)), told=bool(distances)))


def show_groupings(pictures: Sequence[Image.Image], groupings: Mapping[str, Sequence[int]]) -> HTML:
    """For each rule (`lesson.row.` begins its name) a row with the group of each picture, as a letter."""
    rules = {say(f"lesson.row.{rule}"): ["ABCDEFGHIJ"[group] for group in ids] for rule, ids in groupings.items()}
    return HTML(
        render("lesson_groupings.html.j2", pictures=[_encode(draw(picture)) for picture in pictures], rules=rules)
    )


def show_rows(table: pd.DataFrame) -> HTML:
    """A table whose names of rows and columns stand in the catalogue, as `lesson.row.` and `lesson.column.`."""
    columns = [say(f"lesson.column.{name}") for name in [table.index.name, *table.columns]]
    rows = [[_name(row), *map(_number, values)] for row, *values in table.itertuples(name=None)]
    return HTML(render("table.html.j2", columns=columns, rows=rows, left=0, total=len(table)))


def _name(row: object) -> object:
    return say(f"lesson.row.{row}") if isinstance(row, str) else _number(row)


def _number(value: Any) -> object:
    """Whole numbers with separators, others with three digits that count."""
    return Grouped(int(value)) if isinstance(value, numbers.Integral) else _Rounded(value)


class _Rounded(float):
    def __str__(self) -> str:
        return f"{float(self):,.0f}" if abs(self) >= 1_000 else f"{float(self):.3g}"


def show_bars(key: str, heights: Mapping[Any, float], *, expected: Mapping[Any, float] | None = None) -> HTML:
    """Bars over whole numbers; `expected` is drawn as points. `lesson.chart.KEY` is the title, `….x` and `….y` the
    axes, `….expected` the points.
    """
    with plt.rc_context(_LEGIBLE | {"font.family": find_fonts()}):
        ax = plt.subplots(figsize=(7, 3.6), layout="constrained")[1]
        ax.bar(list(heights), list(heights.values()), width=0.8, color=_COLORS[0])
        if expected:
            ax.plot(
                list(expected),
                list(expected.values()),
                "o",
                color=_COLORS[1],
                label=say_drawn(f"lesson.chart.{key}.expected"),
            )
            ax.legend()
        ax.yaxis.set_major_formatter("{x:,.0f}")
        if len(heights) < 12:
            ax.set_xticks(list(heights))
        told = join_clauses(say("chart.bar", place=place, height=height) for place, height in heights.items())
        return _finish(ax, key, told)


def show_lines(key: str, table: pd.DataFrame, *, log: bool = False) -> HTML:
    """A line for each column over the index, on logarithmic scales or not; `lesson.series.` begins their names."""
    with plt.rc_context(_LEGIBLE | {"font.family": find_fonts()}):
        ax = plt.subplots(figsize=(7, 3.8), layout="constrained")[1]
        told = []
        for (name, values), color, mark in zip(table.items(), _COLORS, "osD^", strict=False):
            series = say(f"lesson.series.{name}")
            ax.plot(table.index, values, marker=mark, color=color, label=say_drawn(f"lesson.series.{name}"))
            points = ((f"{x:,.4g}", f"{y:,.3g}") for x, y in zip(table.index, values, strict=True) if not np.isnan(y))
            told.append(say("named", name=series, told=join_clauses(say("named", name=x, told=y) for x, y in points)))
        if log:
            ax.set(xscale="log", yscale="log")
            ax.set_xticks(table.index, [f"{x:,}" for x in table.index])
            ax.minorticks_off()
        if table.shape[1] > 1:
            ax.legend()
        return _finish(ax, key, say("list.series").join(told))


def show_heatmap(key: str, table: pd.DataFrame) -> HTML:
    """The numbers of a table whose rows are (edit, strength) and whose columns hashes, in colours and written out."""
    with plt.rc_context(_LEGIBLE | {"font.family": find_fonts()}):
        ax = plt.subplots(figsize=(7, 0.29 * len(table) + 1.1), layout="constrained")[1]
        names, drawn = (
            [speak(f"lesson.edit.{edit}", value=value) for edit, value in table.index] for speak in (say, say_drawn)
        )
        sns.heatmap(
            table, annot=True, fmt=".0f", cmap="cividis_r", vmin=0, vmax=32, cbar=False, linewidths=1,
            yticklabels=drawn, ax=ax, annot_kws={"size": 11},
        )  # fmt: skip
        ax.tick_params(length=0)
        ax.xaxis.tick_top()
        rows = [join(f"{hash} {d:.0f}" for hash, d in zip(table.columns, row, strict=True)) for row in table.to_numpy()]
        told = [say("named", name=name, told=row) for name, row in zip(names, rows, strict=True)]
        return _finish(ax, key, join_clauses(told))


def _finish(ax: Any, key: str, told: str) -> HTML:
    title, x, y = (say(f"lesson.chart.{key}{part}") for part in ("", ".x", ".y"))
    drawn = [say_drawn(f"lesson.chart.{key}{part}") for part in ("", ".x", ".y")]
    ax.set(title=drawn[0], xlabel=drawn[1], ylabel=drawn[2])
    sns.despine(ax=ax)
    return show_chart(ax, say("lesson.alt.chart", title=title, x=x, y=y, told=told))
