"""Names, labels and texts written to break a page: the report shows them as what they are, and none becomes markup."""

import csv
import os
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from browser import browser, opened  # noqa: F401
from lookalikes import make_report, show_clusters, show_table
from lookalikes.reporting.export import export_report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows all of these as file names")

# Names that files may have, a folder's name ending at a slash; and how those read that can't be read as they are.
NAMES = [
    "<script>alert(1)</script>.png",
    "<img src=x onerror=alert(1)>.png",
    '"><b onmouseover="alert(1)">.png',
    "' autofocus onfocus='alert(1).png",
    "--></style></bdi><h1>.png",
    "&lt;b&gt;&amp;amp;.png",
    "{{ 7*7 }}.png",
    "{% raw %}{# x #}{0}{name}.png",
    "cost$mathtext_{.png",
    "javascript:alert(1).png",
    "data:text/html,<b>1</b>.png",
    "=cmd|' /C calc'!A0.png",
    "[x](javascript:alert(1)) ![y](z) **b** `c`.png",
    "👩‍💻🦊 写真.png",
    "あ" * 83 + "xx.png",
]
SPELLED = {
    "photo\u202egnp.exe.png": "photo‹U+202E›gnp.exe.png",
    "zero\u200bwidth\ufeff.png": "zero‹U+200B›width‹U+FEFF›.png",
    "new\nline\ttab.png": "new‹U+000A›line‹U+0009›tab.png",
    "bell\x07 esc\x1b[31m.png": "bell‹U+0007› esc‹U+001B›[31m.png",
}
NOT_UTF8 = os.fsdecode(b"bad\xff\xfe<i>.png")  # such bytes can't stand in a CSV, so it is listed in none
SHOWN = {name: name for name in NAMES} | SPELLED | {NOT_UTF8: "bad‹0xFF›‹0xFE›<i>.png"}
TEXTS = [
    "<script>alert(2)</script>",
    "![](http://192.0.2.1/x.png)",
    "[x](javascript:alert(2))",
    "\"' onload=alert(2) {{ 7*7 }}",
]
FOLD = "<i onclick=alert(3)>{{ 7*7 }}\u202e"
CLASS = "</q></td><script>alert(4)<"
COLUMN = '"><script>alert(5)</script>'
DATA = os.fsdecode(b"<img src=x onerror=alert(0)>{{ 7*7 }}{x} \"q' $_{ \xff\n") + "\u202e写真"
UNWANTED = [
    "script:not([type='module'], .lk-facts, .lk-saved, .lk-source)",
    "iframe, object, embed, link, base, form, svg, i:not(.highlight *, .lk-threshold *)",
    "b:not(.lk-badge)",
    "h1:not(header *, .title *)",
    "img:not([src^='data:image/'])",
    "a:not([href^='#'])",
]
OUTSIDE = ["../outside.png", "../<b>fold</b>/x.png", "/etc/x.png", "..\\outside.png"]


def other_name(name: str) -> str:
    return "2" + (name[3:] if len(name) > 80 else name)  # no longer than 255 bytes


@pytest.fixture(scope="module")
def data(tmp_path_factory, paint) -> Path:
    """Each name is a cluster of three: in the CSVs of train and test, and in a class folder of a fold without a CSV."""
    data = tmp_path_factory.mktemp("hostile") / DATA
    rows = {"train": [], "test": []}
    for number, name in enumerate([*NAMES, *SPELLED, NOT_UTF8]):
        text = TEXTS[number % len(TEXTS)]
        for fold, stored in (("train", name), ("test", other_name(name)), (FOLD, f"{CLASS}/{name}")):
            if fold in rows and name == NOT_UTF8:
                continue
            path = data / fold / stored
            path.parent.mkdir(parents=True, exist_ok=True)
            paint(32, 24, seed=number).save(path, "PNG")
            if fold in rows:
                rows[fold].append([number, stored, text, f"{fold}{text}"])
    paint(32, 24, seed=len(SHOWN) - 1).save(data / FOLD / "one more.png")
    for outside in (data / "outside.png", data.parent / "outside.png"):
        paint(32, 24, seed=0).save(outside)
    rows["test"] += [[0, name, "", ""] for name in [*OUTSIDE, str(data.parent / "outside.png")]]
    for fold, listed in rows.items():
        with open(data / f"{fold}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "file<b>", "text", COLUMN], *listed])
    return data


@pytest.fixture(scope="module")
def report(data, tmp_path_factory) -> Path:
    return make_report(data, tmp_path_factory.mktemp("out") / DATA, label=COLUMN, folds=["train", "test", FOLD])


@pytest.fixture(scope="module")
def soup(report) -> BeautifulSoup:
    return BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("width", [1280, 390])
def test_opened_it_stays_quiet_and_fits(browser, report, width):  # noqa: F811
    with opened(browser, report, width=width) as (page, noticed):
        page.get_by_text("Show the code").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for element in page.locator("img, .lk-badge, .lk-name").all()[:12]:
            element.hover()
        page.locator(".lk-current").focus()
        for key in (
            "a",
            "x",
            "1",
            "Shift+2",
            "c",
            "5",
            "n",
            "n",
            "Escape",
            "i",
            "ArrowRight",
            "Escape",
            "u",
            "?",
            "Escape",
        ):
            page.keyboard.press(key)
        page.locator(".lk-panel input[type=search]").fill("<img src=x onerror=alert(1)>")
        page.wait_for_timeout(400)
        assert noticed == []


def save_page(page, place: Path) -> Path:
    with page.expect_download() as download:
        page.locator(".lk-panel button[title$='(s)']").click()
    download.value.save_as(place)
    return place


def test_the_page_is_saved_byte_for_byte_and_with_verdicts(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, _):
        assert save_page(page, tmp_path / "same.html").read_bytes() == report.read_bytes()
        page.locator(".lk-current").focus()
        clusters = page.locator(".lk-review .lk-cluster").all()
        for _ in clusters:
            page.keyboard.press("a")
        saved = save_page(page, tmp_path / "saved.html")
        assert saved.read_bytes() != report.read_bytes()
    with opened(browser, saved) as (page, noticed):
        assert page.locator(".lk-done").count() == len(clusters)
        assert save_page(page, tmp_path / "again.html").read_bytes() == saved.read_bytes()
        assert noticed == []


def test_verdicts_name_hostile_files_exactly(browser, data, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        page.locator(".lk-current").focus()
        for _ in page.locator(".lk-review .lk-cluster").all():
            page.keyboard.press("a")
        with page.expect_download() as download:
            page.keyboard.press("d")
        text = Path(download.value.path()).read_text(encoding="utf-8", errors="surrogateescape")
        rows = list(csv.DictReader(text.splitlines(keepends=True)))
        assert {row["filename"] for row in rows} >= {*NAMES, *SPELLED, f"{CLASS}/{NOT_UTF8}"}
        assert all((data / row["fold"] / row["filename"]).is_file() for row in rows)
        page.wait_for_timeout(1000)  # the browser hands what it keeps to the next page in its own time
        page.reload()
        page.locator(".lk-review .lk-cluster:not(.lk-done)").first.wait_for(state="detached")
        assert page.locator(".lk-done").count() > 1
        assert noticed == []


def test_no_name_becomes_an_element(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        assert page.locator("body *").count() > 500
        for selector in UNWANTED:
            assert page.locator(selector).count() == 0, selector
        names = "[...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames())"
        assert not [name for name in page.evaluate(names) if name.startswith("on")]


def test_names_labels_and_texts_read_as_what_they_are(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        shown = page.locator(".lk-name").all_text_contents()
        assert {name for name in shown if not name.startswith(("2", "</q>", "one"))} == set(SHOWN.values()) - {
            SHOWN[NOT_UTF8]
        }
        assert {f"{CLASS}/{name}" for name in SHOWN.values()} <= set(shown)
        assert set(page.locator(".lk-text").all_text_contents()) == set(TEXTS)
        assert set(page.locator(".lk-fold").all_text_contents()) == {
            "train",
            "test",
            "<i onclick=alert(3)>{{ 7*7 }}‹U+202E›",
        }
        assert f"label conflict: train{TEXTS[0]}, test{TEXTS[0]}" in page.locator(".lk-badge").all_text_contents()
        assert (
            page.title()
            == "Look-alikes in <img src=x onerror=alert(0)>{{ 7*7 }}{x} \"q' $_{ ‹0xFF›‹U+000A›‹U+202E›写真"
        )


def test_every_picture_is_named_in_its_alt_text(soup):
    for figure in soup.select("figure"):
        name, fold = figure.select_one(".lk-name").get_text(), figure.select_one(".lk-fold").get_text()
        if figure.img:  # the same picture is drawn once
            assert figure.img["alt"].startswith(f"{name} ({fold}), in Cluster ")


def test_rows_that_lead_outside_are_problems_and_never_read(data, report):
    with open(report.parent / "problems.csv", newline="", encoding="utf-8") as file:
        problems = {row["filename"]: row["problem"] for row in csv.DictReader(file)}
    why = "the name leads outside the fold's folder, so it was not read"
    assert problems == dict.fromkeys([*OUTSIDE, str(data.parent / "outside.png")], why)


def test_the_csv_holds_the_exact_names(data, report):
    with open(
        report.parent / "hash_clustering_result.csv", newline="", encoding="utf-8", errors="surrogateescape"
    ) as file:
        rows = list(csv.DictReader(file))
    stored = {row["filename"] for row in rows}
    assert {*NAMES, *SPELLED} <= stored and f"{CLASS}/{NOT_UTF8}" in stored
    assert {row["fold"] for row in rows} == {"train", "test", FOLD}
    assert all((data / row["fold"] / row["filename"]).is_file() for row in rows)


def test_the_place_of_the_data_is_told_nowhere_but_where_a_csv_names_it(data, soup):
    for code in soup.select(".code"):
        assert str(data.parent) not in code.get_text()


def test_the_notebook_can_be_opened(report):
    nbformat.validate(nbformat.read(report.parent / "notebook.ipynb", as_version=4))


# Any text at all, through each of the templates.

anything = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'`{}%=/\\\r\n\x00\u202e\udcff")), max_size=40
) | st.sampled_from([*NAMES, *SPELLED, *TEXTS, NOT_UTF8, "</style><script>", "<!--", "]]>", "<![CDATA[", "&#60;"])


class Elements(HTMLParser):
    """Every tag with the names of its attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found.append((tag, *(name for name, _ in attributes)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", decl))

    unknown_decl = handle_pi = handle_comment


@given(anything, anything, anything)
@settings(max_examples=30, deadline=None)
def test_any_text_leaves_the_elements_of_a_gallery_as_they_are(make_clusters, name, fold, label):
    # pandas before 3 takes some texts that aren't valid Unicode for equal
    assume(pd.Series([label, label + "2"]).nunique() == pd.Series([fold, fold + "2"]).nunique() == 2)

    def lay_out(name: str, fold: str, label: str, text: str) -> str:
        told = {"filename": [name, "b"], "fold": [fold, fold + "2"], "label": [label, label + "2"], "text": [text] * 2}
        return show_clusters(make_clusters([0, 0], **told))._repr_html_()

    html = lay_out(name, fold, label, name)
    assert Elements(html).found == Elements(lay_out("a", "f", "l", "t")).found


@given(st.lists(anything, min_size=2, max_size=2, unique=True), st.lists(anything, min_size=2, max_size=2))
@settings(max_examples=60, deadline=None)
def test_any_text_leaves_the_elements_of_a_table_as_they_are(columns, values):
    html = show_table(pd.DataFrame([values], columns=["c" + name for name in columns])).data
    assert Elements(html).found == Elements(show_table(pd.DataFrame([["a", "b"]], columns=["x", "y"])).data).found


@given(anything)
@settings(max_examples=10, deadline=None)
def test_any_text_leaves_the_elements_of_the_page_as_they_are(text):
    def export(text: str) -> str:
        stream = nbformat.v4.new_output("stream", name="stderr", text=text + "x")
        cell = nbformat.v4.new_code_cell("1", outputs=[stream])
        return export_report(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Why?"), cell]), name=text)

    def without_colors(html: str) -> list[tuple]:
        # terminal colours are spans
        return [element for element in Elements(html).found if element[0] not in ("span", "/span")]

    assert without_colors(export(text)) == without_colors(export("t"))
