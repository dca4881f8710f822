"""Figures in Japanese are drawn with an installed font that is found by itself, or say it in English; never boxes."""

import io
import warnings
from pathlib import Path

import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.text import Text

import lookalikes as la
from lookalikes import words
from lookalikes.showing import fonts, lesson

JAPANESE = "クラスターサイズの分布"
CLUSTERS = pd.DataFrame({"cluster_id": [0, 0, 1]})
FONTS = [path for path in font_manager.findSystemFonts() if Path(path).stem in fonts._CJK_FILES]


@pytest.fixture(autouse=True)
def as_before():
    yield
    words.set_language("en")
    forget()
    plt.close("all")


def forget():
    fonts.find_fonts.cache_clear()
    fonts._find_glyphs.cache_clear()


@pytest.fixture
def no_font(monkeypatch):
    """A machine whose only fonts are those that matplotlib brings."""
    kept = [entry for entry in font_manager.fontManager.ttflist if entry.name not in fonts._CJK_FONTS]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])
    forget()


@pytest.fixture
def some_font():
    forget()
    if not fonts.can_draw(JAPANESE):
        pytest.skip("no font for Japanese is installed")


def list_missing_glyphs(ax):
    """What matplotlib warns of as the figure is drawn: letters that become boxes."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        ax.get_figure().savefig(io.BytesIO(), format="png")
    return [str(each.message) for each in told if "Glyph" in str(each.message)]


def list_charts():
    """A figure of each kind, with all that it says."""
    hashed = pd.DataFrame({"hash": ["00" * 8, "01" * 8]})
    pairs = pd.DataFrame({"earlier": [0], "later": [1], "distance": [8]})
    table = pd.DataFrame({"clusters": [2.0, 4.0], "members": [1.0, 9.0]}, index=[2, 4])
    edits = pd.DataFrame({"phash": [2.0]}, index=pd.MultiIndex.from_tuples([("quality", 20)]))
    drawn = []
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        patch.setattr(lesson, "show_chart", lambda ax, text: drawn.append(ax))
        lesson.show_bars("drawn", {0: 3, 2: 4}, expected={0: 2.5})
        lesson.show_lines("thresholds", table)
        lesson.show_heatmap("survives", edits)
    return [
        la.plot_cluster_sizes(CLUSTERS),
        la.plot_cluster_sizes(CLUSTERS[:0]),
        la.plot_nearest_distances(hashed, pairs),
        *drawn,
    ]


def list_texts(ax):
    return [text.get_text() for text in ax.findobj(Text) if text.get_text()]


def test_with_a_font_every_figure_is_japanese_and_none_has_boxes(some_font, capsys):
    la.set_language("ja")
    assert capsys.readouterr().out == ""
    for ax in list_charts():
        assert any(not text.isascii() for text in list_texts(ax))
        assert list_missing_glyphs(ax) == []


def test_without_a_font_every_figure_is_english_and_none_has_boxes(no_font, capsys):
    la.set_language("ja")
    assert "apt-get install -y fonts-ipaexfont-gothic" in capsys.readouterr().out
    for ax in list_charts():
        assert list_missing_glyphs(ax) == []
        assert not any("ぁ" <= char <= "鿿" for text in list_texts(ax) for char in text)
    assert la.plot_cluster_sizes(CLUSTERS).get_title() == "How many clusters there are of each size"
    assert words.say("sizes.title") == JAPANESE  # beside the figures, all is Japanese


def test_english_needs_no_font(no_font, capsys):
    la.set_language("en")
    assert capsys.readouterr().out == ""


def test_an_axes_of_somebody_else_is_drawn_with_the_font_too(some_font):
    la.set_language("ja")
    _, (ax, other) = plt.subplots(1, 2)
    other.set_title("as it was")
    before = other.title.get_fontfamily()
    la.plot_cluster_sizes(CLUSTERS, ax=ax)
    assert list_missing_glyphs(ax) == [] and other.title.get_fontfamily() == before


def test_a_japanese_name_is_drawn_in_an_english_figure_or_spelled(some_font, make_clusters, monkeypatch):
    clusters = make_clusters([0], filename=["写真.jpg"], fold=["評価"])
    assert la.plot_cluster(clusters, 0).axes[0].get_title() == "写真.jpg (評価)"
    monkeypatch.setattr(fonts, "find_fonts", lambda: ["DejaVu Sans"])
    fonts._find_glyphs.cache_clear()
    monkeypatch.setattr(fonts.find_fonts, "cache_clear", lambda: None, raising=False)
    assert "写" not in la.plot_cluster(clusters, 0).axes[0].get_title()


@pytest.mark.skipif(not FONTS, reason="no font for Japanese is installed")
def test_a_font_that_is_installed_meanwhile_is_found(no_font, capsys, monkeypatch):
    la.set_language("ja")
    assert capsys.readouterr().out != ""
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: FONTS)
    la.set_language("ja")
    assert capsys.readouterr().out == "" and fonts.can_draw(JAPANESE)
