"""The report in Japanese: no English word but code, names and versions, and the same result."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from browser import browser, opened  # noqa: F401
from lookalikes import make_report, make_sample

CODE = "style, script, code, pre, kbd, textarea, .code, .highlight, .lk-name, .lk-fold, td, .lk-facts"
NAMES = {
    "lookalikes", "imagehash", "phash", "Pillow", "pillow", "numpy", "scipy", "pandas", "scikit-learn", "Python",
    "CSV", "JSON", "UTC", "MB", "kB", "px", "id", "text", "is", "laugh", "train", "test", "below",
    "decisions", "csv", "budget", "la", "review", "save", "Shift", "Escape",
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    return make_report(output=tmp_path_factory.mktemp("out") / "sample", language="ja")


def list_texts(value) -> list[str]:
    """All texts of a catalogue, without the places to fill."""
    if isinstance(value, str):
        return [re.sub(r"\{[^}]*\}", " ", value)]
    return [text for each in value.values() for text in list_texts(each)]


def test_no_english_word_is_left_but_names(report):
    soup = BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")
    assert soup.html["lang"] == "ja"
    texts = list_texts(json.loads(soup.select_one(".lk-facts").string)["words"])
    for element in soup.select(CODE):
        element.decompose()
    names = ("alt", "title", "aria-label", "placeholder")
    texts += [element[name] for element in soup.find_all(True) for name in names if element.get(name)]
    whole = "\n".join([soup.get_text(" "), *texts])
    for name in sorted((path.name for path in make_sample().rglob("*") if path.is_file()), key=len, reverse=True):
        whole = whole.replace(name, " ")
    found = set(re.findall(r"(?<![A-Za-z0-9_.])[A-Za-z][A-Za-z'-]+(?![A-Za-z0-9_'-])", whole))
    assert found <= NAMES, found - NAMES
    assert len(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", whole)) > 3000


def test_tables_and_csvs_are_the_same_in_both_languages(report, tmp_path):
    english = make_report(output=tmp_path / "english")
    for name in ("hash_clustering_result.csv", "groups.csv", "keep.csv", "problems.csv"):
        assert (report.parent / name).read_bytes() == (english.parent / name).read_bytes(), name


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_its_width_and_no_line_begins_with_a_comma(browser, report, width):  # noqa: F811
    with opened(browser, report, width=width) as (page, noticed):
        page.locator(".lk-current").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        cards = page.locator("#results dl > div").evaluate_all(
            "cards => cards.filter(card => card.scrollWidth > card.clientWidth + 1).map(card => card.textContent)"
        )
        assert cards == [] and noticed == []
