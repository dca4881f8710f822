import io
import os
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from PIL import ExifTags, Image

from lookalikes.showing import fonts
from lookalikes.showing.plots import plot_cluster, plot_cluster_sizes, show_chart


@pytest.fixture(autouse=True)
def no_figure_stays():
    yield
    plt.close("all")


def draw(figure):
    """The figure as it is drawn; a warning, as of a missing glyph, is an error."""
    data = io.BytesIO()
    with warnings.catch_warnings(action="error"):
        # matplotlib 3.10 calls pyparsing by names that are deprecated since, which no person is told.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        figure.savefig(data, format="png")
    return Image.open(data)


def sizes(*counts):
    """Clusters so that there are so many of sizes 1, 2, 3, ..."""
    repeats = np.repeat(np.arange(1, len(counts) + 1), counts)
    return pd.DataFrame({"cluster_id": np.repeat(np.arange(len(repeats)), repeats)})


def bars(ax):
    labels = [label.get_text() for label in ax.get_xticklabels()]
    heights = [bar.get_height() for bar in ax.containers[0]]
    return dict(zip(labels, heights, strict=True))


def test_sizes_are_whole_numbers_and_each_bar_is_labelled():
    ax = plot_cluster_sizes(sizes(30_818, 65, 3, 0, 1))
    draw(ax.figure)
    assert bars(ax) == {"1": 30_818, "2": 65, "3": 3, "5": 1}
    assert [text.get_text() for text in ax.texts] == ["30,818", "65", "3", "1"]
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Cluster size", "Number of clusters (log scale)")
    assert ax.get_title()


def test_one_large_cluster_is_not_hidden_by_many_singletons():
    ax = plot_cluster_sizes(sizes(30_818, 65, 3, 0, 1))
    low, high = ax.get_ylim()
    shown = [np.log(bar.get_height() / low) / np.log(high / low) for bar in ax.containers[0]]
    assert min(shown) > 0.04 and max(shown) < 0.95
    tops = [text.get_window_extent().y1 for text in ax.texts]
    assert max(tops) < ax.get_window_extent().y1


def test_the_ax_given_is_drawn_on_and_returned():
    figure, axes = plt.subplots(1, 2)
    assert plot_cluster_sizes(sizes(3, 1), ax=axes[1]) is axes[1]
    assert not axes[0].containers and bars(axes[1]) == {"1": 3, "2": 1}
    assert plot_cluster_sizes(sizes(2)).figure is not figure


def test_no_clusters_are_said():
    ax = plot_cluster_sizes(sizes())
    draw(ax.figure)
    assert [text.get_text() for text in ax.texts] == ["No readable image, so no cluster"]


@pytest.mark.parametrize("counts", [(1,), (0, 0, 1), (5,) * 60])
def test_few_and_many_sizes(counts):
    ax = plot_cluster_sizes(sizes(*counts))
    draw(ax.figure)
    assert list(bars(ax).values()) == [count for count in counts if count]


def titles(figure):
    return [ax.get_title() for ax in figure.axes]


def test_a_cluster_side_by_side(make_clusters):
    clusters = make_clusters([16, 17, 17, 17], fold=["train", "train", "train", "test"])
    figure = plot_cluster(clusters, 17)
    draw(figure)
    assert titles(figure) == ["1.png (train)", "2.png (train)", "3.png (test)"]
    assert [ax.get_ylabel() for ax in figure.axes] == ["Cluster 17", "", ""]
    assert plt.get_fignums() == []  # shown once, by the cell that ends in it
    tops = {round(ax.get_window_extent().y1) for ax in figure.axes}
    assert len(tops) == 1  # one row


def test_true_aspect(make_clusters, tmp_path, paint):
    shapes = [(300, 100), (100, 300), (200, 200), (900, 20)]
    for number, shape in enumerate(shapes):
        paint(*shape).save(tmp_path / f"{number}.png")
    clusters = make_clusters([0] * 4, path=[str(tmp_path / f"{number}.png") for number in range(4)])
    figure = plot_cluster(clusters, 0)
    draw(figure)
    for ax, (width, height) in zip(figure.axes, shapes, strict=True):
        extent = ax.get_window_extent()
        assert extent.width / extent.height == pytest.approx(width / height, rel=0.12)


def test_upright(make_clusters, tmp_path, paint):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    paint(200, 100).save(tmp_path / "turned.jpg", exif=exif)
    figure = plot_cluster(make_clusters([0], path=[str(tmp_path / "turned.jpg")]), 0)
    assert figure.axes[0].images[0].get_array().shape == (200, 100, 3)


HOSTILE = {
    "cost$_{5$.jpg": "cost$_{5$.jpg",
    "$\\frac{1}{0}$.jpg": "$\\frac{1}{0}$.jpg",
    "写真.jpg": None,
    "ねこ 😀 \U0010fffd.jpg": None,
    "two\nlines.jpg": "two‹U+000A›lines.jpg",
    "cod\u202egpj.exe": "cod‹U+202E›gpj.exe",
    "tab\tnul\x00.jpg": "tab‹U+0009›nul‹U+0000›.jpg",
    os.fsdecode(b"\xff.jpg"): "‹0xFF›.jpg",
    "<b>{{ x }}</b>%s{0}": "<b>{{ x }}</b>%s{0}",
    "n" * 255: "n" * 255,
    "%": "%",
}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_fails(make_clusters, name):
    clusters = make_clusters(
        [0, 0], filename=pd.Series([name, "b.jpg"], dtype=object), fold=pd.Series([name, "test"], dtype=object)
    )
    figure = plot_cluster(clusters, 0)
    draw(figure)
    if HOSTILE[name]:
        assert "".join(titles(figure)[0].split()) == "".join(f"{HOSTILE[name]} ({HOSTILE[name]})".split())


def test_titles_stay_above_their_pictures(make_clusters):
    names = ["a long name " * 9, "n" * 120, "写真" * 40, "\U0010fffd" * 60]  # no font has the last: it is spelled out
    figure = plot_cluster(make_clusters([0, 0, 0, 0], filename=names), 0)
    draw(figure)
    extents = [ax.title.get_window_extent() for ax in figure.axes]
    assert all(left.x1 < right.x0 for left, right in pairwise(extents))
    assert all(extent.x0 >= 0 and extent.y1 <= figure.bbox.height for extent in extents)
    assert figure.axes[0].get_window_extent().height > 150


def test_japanese_is_drawn_or_spelled_out(make_clusters, monkeypatch):
    clusters = make_clusters([0], filename=["写.jpg"])
    assert titles(plot_cluster(clusters, 0)) in (["写.jpg (all)"], ["‹U+5199›.jpg (all)"])
    monkeypatch.setattr(fonts, "find_fonts", lambda: ["DejaVu Sans"])
    fonts._find_glyphs.cache_clear()
    try:
        figure = plot_cluster(clusters, 0)
        draw(figure)
        assert titles(figure) == ["‹U+5199›.jpg (all)"]
    finally:
        fonts._find_glyphs.cache_clear()


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=40))
def test_any_name_is_drawn(make_clusters, name):
    draw(plot_cluster(make_clusters([0], filename=pd.Series([name], dtype=object)), 0))


def test_a_vanished_file_leaves_a_grey_square(make_clusters, tmp_path, picture):
    figure = plot_cluster(make_clusters([0, 0], path=[picture, str(tmp_path / "gone.png")]), 0)
    draw(figure)
    assert len(np.unique(figure.axes[1].images[0].get_array())) == 1
    assert titles(figure)[1] == "1.png (all)"


@pytest.mark.parametrize(
    ("ids", "given", "message"),
    [
        ([0, 1], 2, "there is no cluster 2: the clusters are numbered 0 to 1"),
        ([0, 1], -1, "no cluster -1"),
        ([], 0, "no cluster 0"),
    ],
)
def test_an_unknown_cluster_is_an_error(make_clusters, ids, given, message):
    with pytest.raises(ValueError, match=message):
        plot_cluster(make_clusters(ids), given)


def test_many_images_in_one_cluster(make_clusters):
    figure = plot_cluster(make_clusters([0] * 60), 0)
    assert len(figure.axes) == 60 and figure.get_figwidth() < 30
    draw(figure)


def read_alt(shown):
    return BeautifulSoup(shown.data, "html.parser").img["alt"]


def test_a_chart_tells_its_own_numbers_and_is_shown_once():
    alt = read_alt(show_chart(plot_cluster_sizes(sizes(30_818, 65))))
    assert alt == (
        "How many clusters there are of each size Number of clusters (log scale) by Cluster size: 1: 30,818; 2: 65."
    )
    assert plt.get_fignums() == []
    assert read_alt(show_chart(plot_cluster_sizes(sizes()))) == "No readable image, so no cluster"


def test_a_size_of_a_thousand_has_a_separator():
    clusters = pd.DataFrame({"cluster_id": [0] * 1_234 + [1]})
    assert bars(plot_cluster_sizes(clusters)) == {"1": 1, "1,234": 1}
