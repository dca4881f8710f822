import os
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from jinja2 import UndefinedError

from lookalikes.showing.rendering import read_plain, render, show_table


def read(table, **options):
    """The table as it shows: header, rows of cells, and the text below it."""
    page = BeautifulSoup(show_table(table, **options).data, "html.parser")
    header = [cell.text for cell in page.thead.find_all("th")]
    rows = [[cell.text for cell in row.find_all("td")] for row in page.tbody.find_all("tr")]
    return header, rows, [line.text for line in page.find_all("p")]


def test_a_table_as_it_shows():
    table = pd.DataFrame(
        {"filename": ["写真.jpg", "b.jpg"], "fold": ["train", "test"], "distance": pd.array([None, 8], "Int64")}
    )
    assert read(table) == (["filename", "fold", "distance"], [["写真.jpg", "train", ""], ["b.jpg", "test", "8"]], [])


def test_the_path_never_shows():
    table = pd.DataFrame({"filename": ["a.jpg"], "path": ["/home/me/secret/a.jpg"]})
    assert "secret" not in show_table(table).data
    assert "path" in table


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_values_show_as_nothing(missing):
    assert read(pd.DataFrame({"value": pd.Series(["x", missing], dtype=object)}))[1] == [["x"], [""]]


def test_the_rest_is_counted():
    table = pd.DataFrame({"number": range(1_500)})
    _, rows, below = read(table)
    assert rows == [[str(number)] for number in range(12)] and below == ["… and 1,488 more rows"]
    assert read(table, rows=1_499)[2] == ["… and 1 more row"]
    assert read(table, rows=1_500)[2] == []
    assert 'aria-label="A table of 1,500 rows"' in show_table(table).data
    assert 'aria-label="A table of 1 row"' in show_table(table.head(1)).data


def test_an_empty_table_says_so():
    assert read(pd.DataFrame(columns=["fold", "problem"])) == (["fold", "problem"], [], ["No rows."])


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='x",
    "</td></table>",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "data:text/html,x",
    "$_{x}$",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "写真 😀",
    "n" * 255,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_read_as_what_they_are(text):
    header, rows, below = read(pd.DataFrame({text: [text], "other": ["x"]}))
    assert (header, rows, below) == ([text, "other"], [[text, "x"]], [])
    tags = {tag.name for tag in BeautifulSoup(show_table(pd.DataFrame({text: [text]})).data, "html.parser").find_all()}
    assert tags == {"div", "style", "table", "thead", "tbody", "tr", "th", "td", "bdi"}


def test_what_cannot_be_seen_is_spelled():
    names = ["cod\u202egpj.exe", "two\nlines", os.fsdecode(b"\xff.jpg")]
    assert read(pd.DataFrame({"filename": names}, dtype=object))[1] == [
        ["cod‹U+202E›gpj.exe"],
        ["two‹U+000A›lines"],
        ["‹0xFF›.jpg"],
    ]


def test_columns_of_the_same_name():
    table = pd.DataFrame([[1, 2]], columns=["x", "x"])
    assert read(table)[:2] == (["x", "x"], [["1", "2"]])


def test_numbers_are_set_as_numbers():
    page = BeautifulSoup(show_table(pd.DataFrame({"count": [3], "name": ["3"]})).data, "html.parser")
    assert ["lk-number" in cell.get("class", []) for cell in page.tbody.find_all("td")] == [True, False]


def test_a_fact_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        render("table.html.j2", columns=[], rows=[])


def test_styles_ask_nothing_of_the_network():
    for name in ("gallery.css", "table.css", "summary.css", "report.css"):
        style = read_plain(name)
        assert style and "@import" not in style and "http" not in style


@pytest.mark.parametrize(
    "template", [path.name for path in (files("lookalikes.showing") / "templates").iterdir() if path.suffix == ".j2"]
)
def test_no_name_is_typeset_as_mathematics(template):
    """Jupyter and plain exports hand pages to MathJax, but for elements of these classes: $x^2$ is a file's name."""
    page = (files("lookalikes.showing") / "templates" / template).read_text(encoding="utf-8")
    root = BeautifulSoup(page, "html.parser").find()
    assert {"tex2jax_ignore", "mathjax_ignore"} <= set(root["class"])


def test_counts_have_separators_and_other_numbers_none():
    table = pd.DataFrame({"images": [1_234], "cluster_id": [1_234], "year": [2_024], "Number of clusters": [10_000]})
    assert read(table)[1] == [["1,234", "1234", "2024", "10,000"]]
    page = BeautifulSoup(show_table(table).data, "html.parser")
    assert all("lk-number" in cell["class"] for cell in page.tbody.find_all("td"))
