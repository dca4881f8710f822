"""Figures: the sizes of the clusters, how far the nearest images are, and one cluster side by side."""

import base64
import io
import textwrap
from typing import cast

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lookalikes.clustering.packing import count_bits
from lookalikes.judging.thresholds import count_nearest_distances, expect_chance_pairs
from lookalikes.reading.pictures import Unreadable, load_upright
from lookalikes.showing.fonts import make_drawable, say_drawn, use_fonts
from lookalikes.showing.rendering import render
from lookalikes.words import join_clauses, join_sentences, make_visible, say

_BLUE, _ORANGE = "#3b6ea8", "#c8641e"
_ROW_HEIGHT, _LONGEST_ROW = 2.4, 24.0


def plot_cluster_sizes(clusters: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many clusters there are of each size, on a log scale so that many singletons do not hide one large
    cluster.
    """
    counts = clusters["cluster_id"].value_counts().value_counts().sort_index()
    ax = ax or plt.subplots(figsize=(min(8 + len(counts) / 4, 20), 3.6), layout="constrained")[1]
    if counts.empty:
        ax.text(0.5, 0.5, say_drawn("sizes.none"), ha="center", va="center", transform=ax.transAxes)
        ax.set(xticks=[], yticks=[])
        use_fonts(ax)
        return ax
    # Sizes are labels, one bar each: a cluster of 900 leaves no desert between it and the pairs.
    bars = ax.bar([f"{size:,}" for size in counts.index], counts.to_numpy(), color=_BLUE, width=0.7)
    ax.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=2)
    ax.set_yscale("log")
    ax.set_ylim(0.5, counts.max() * 3)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set(xlabel=say_drawn("sizes.size"), ylabel=say_drawn("sizes.clusters.log"), title=say_drawn("sizes.title"))
    ax.set_xlim(-0.6, len(counts) - 0.4)
    ax.spines[["top", "right"]].set_visible(False)
    use_fonts(ax)
    return ax


def plot_nearest_distances(
    hashed: pd.DataFrame, pairs: pd.DataFrame, *, below: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw how far the nearest other image is, up to `widen(hashed, below=below)`, beside what chance would give.

    `pairs` as for `compare_thresholds`; the numbers are those of `count_nearest_distances`.
    """
    table = count_nearest_distances(hashed, pairs, below=below)
    distances, counts, n = table["distance"], table["images"], int(hashed["hash"].notna().sum())
    ax = ax or plt.subplots(figsize=(9, 3.8), layout="constrained")[1]
    bars = ax.bar(distances.astype(str), counts, color=_BLUE, width=0.7, label=say_drawn("thresholds.observed"))
    ax.bar_label(bars, labels=[f"{count:,}" if count else "" for count in counts], padding=6)
    ax.plot(table["by_chance"], "_", color=_ORANGE, ms=26, mew=2, label=say_drawn("thresholds.chance"))
    ax.axvline((distances < below).sum() - 0.5, color="black", ls=":", label=say_drawn("thresholds.line", below=below))
    ax.set(xlabel=say_drawn("thresholds.distance"), ylabel=say_drawn("thresholds.images.log"))
    ax.set(ylim=(0.5, max(counts.max(), 3) * 4), yscale="log")
    ax.yaxis.set_major_formatter("{x:,.0f}")
    far = say_drawn("thresholds.far", count=n - counts.sum(), reach=distances.iloc[-1])
    chance = expect_chance_pairs(n, below - 1, count_bits(hashed) or 64)
    found = say_drawn("thresholds.found", count=(pairs["distance"] < below).sum(), chance=chance)
    ax.set_title(f"{far}\n{found}", fontsize=10, loc="left")
    ax.legend(frameon=False, fontsize=8)
    ax.set_xlim(-0.6, len(counts) - 0.4)
    ax.spines[["top", "right"]].set_visible(False)
    use_fonts(ax)
    return ax


def show_chart(ax: Axes, text: str | None = None) -> HTML:
    """The chart as an image whose alternative text tells its numbers: `text`, or title, axes, and each bar's height."""
    data, figure = io.BytesIO(), cast(Figure, ax.get_figure(root=True))
    figure.savefig(data, format="png", dpi=144)
    plt.close(figure)
    text = _describe_chart(ax) if text is None else text
    return HTML(render("chart.html.j2", data=base64.b64encode(data.getvalue()).decode(), text=text))


def _describe_chart(ax: Axes) -> str:
    title = join_sentences(line for side in ("left", "center") for line in ax.get_title(side).splitlines())
    bars = ax.containers[0] if ax.containers else []
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    told = [say("chart.bar", place=place, height=bar.get_height()) for place, bar in zip(ticks, bars, strict=False)]
    axes = say("chart.axes", x=ax.get_xlabel(), y=ax.get_ylabel(), bars=join_clauses(told)) if told else ""
    return join_sentences(part for part in [title, axes, *(text.get_text() for text in ax.texts if not told)] if part)


def plot_cluster(clusters: pd.DataFrame, cluster_id: int) -> Figure:
    """One cluster side by side, in true aspect: a matplotlib row of its images, each titled `name (fold)`."""
    members = clusters[clusters["cluster_id"] == cluster_id]
    if members.empty:
        raise ValueError(
            say("error.cluster", given=cluster_id, last=clusters["cluster_id"].max() if len(clusters) else -1)
        )
    pictures = [_load_thumbnail(path) for path in members["path"]]
    widths = [picture.shape[1] / picture.shape[0] for picture in pictures]
    total = min(_ROW_HEIGHT * sum(widths), _LONGEST_ROW)
    inches = [total * width / sum(widths) for width in widths]
    titles = [_make_title(*told) for told in zip(members["filename"], members["fold"], inches, strict=True)]
    height = total / sum(widths) + 0.55 + 0.15 * max(title.count("\n") + 1 for title in titles)
    figure, axes = plt.subplots(
        1, len(members), squeeze=False, width_ratios=widths, layout="constrained", figsize=(total + 0.6, height)
    )
    for ax, picture, title in zip(axes[0], pictures, titles, strict=True):
        ax.imshow(picture)
        ax.set(xticks=[], yticks=[], anchor="N")  # at the top of its place, so that the layout sees all of a high title
        ax.set_title(title, fontsize=8, parse_math=False)
    axes[0, 0].set_ylabel(say_drawn("cluster.title", id=cluster_id))
    use_fonts(figure)
    plt.close(figure)
    return figure


def _load_thumbnail(path: str) -> np.ndarray:
    """The picture, upright and small; a grey square where it can no longer be read."""
    try:
        return np.asarray(load_upright(path, 400).picture)
    except Unreadable:
        return np.full((100, 100, 3), 128, np.uint8)


def _make_title(name: str, fold: str, inches: float) -> str:
    """`name (fold)` in lines as wide as the picture; matplotlib's own wrapping takes `$` for a formula even where
    it is told not to.
    """
    name, fold = (make_drawable(make_visible(part)) for part in (name, fold))
    title = say_drawn("cluster.member", name=name, fold=fold)
    points = 5.2 if title.isascii() else 8  # the usual width of a letter in 8 points
    return textwrap.fill(title, max(int(inches * 72 / points), 8))
