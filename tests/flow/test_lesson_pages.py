"""The lesson: every question beside its proof, every word in the catalogue, its pages as a reader meets them."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from browser import browser, list_faint_texts, opened  # noqa: F401
from lookalikes.reporting.export import export_report
from lookalikes.reporting.lesson import NOTEBOOKS, _prepare, _write_pages
from lookalikes.words import ENGLISH, speak

FOLDER = Path(__file__).parents[2] / "notebooks"
READ = {name: nbformat.read(FOLDER / f"{name}.ipynb", as_version=4) for name in NOTEBOOKS}
QUESTIONS = """
Why are phash distances always even?
Then may I store half of the bits?
Always 32 bits set: is that a bug?
Why the median and not the mean?
Why is the DCT taken twice?
Is this the recipe of the well-known blog post, or of pHash.org?
Which threshold?
Why do two quite different images have the same hash?
Why do all blank images match, with a hash like 8000000000000000?
Why do all my transparent logos match?
Why does the same file get another hash from another program, another Pillow, another machine?
Two versions of one photo are 25 bits apart: why?
aHash, dHash, pHash or wHash?
What does hash_size change, and which threshold fits 16?
Why isn't the rotated or mirrored copy found?
Why isn't the crop found?
Does colour count?
Will it find the same person or object in another photo?
Does brightness count?
How do I search a million hashes?
May I search for numbers between hash − t and hash + t?
Why does a bit count of two hex texts give nonsense?
If A is like B and B like C, are A and C duplicates?
A larger threshold gave fewer groups: how?
Why did the average hash flip every bit of a nearly white page?
I only saved the file again and the hash changed: why?
How do I turn the distance into percent?
Why not MD5?
How many false matches does chance give?
Within 10 bits, am I sure?
Can it be fooled on purpose?
""".strip().splitlines()


def list_answers(cell) -> list[tuple[str, str]]:
    """The folded questions of a cell, each with its answer."""
    return re.findall(r"<details><summary>(.*?)</summary>\n\n(.*?)\n\n</details>", cell.source, re.DOTALL)


def test_every_question_is_there_once_and_answered_beside_code():
    asked = []
    for notebook in READ.values():
        cells = notebook.cells
        for number, cell in enumerate(cells):
            if cell.cell_type == "markdown" and (answers := list_answers(cell)):
                assert "code" in {cells[number - 1].cell_type, cells[number + 1].cell_type}, cell.source
                assert all(len(answer.split()) > 25 for _, answer in answers), cell.source
                asked += [question for question, _ in answers]
            assert cell.source.count("<details>") == len(list_answers(cell))
    assert len(QUESTIONS) == 31
    assert sorted(asked) == sorted(QUESTIONS)


def test_every_word_of_a_picture_is_used_by_a_cell():
    """Keys are composed from the names that the cells pass; none may stand in the catalogue for nothing."""
    code = "\n".join(cell.source for book in READ.values() for cell in book.cells if cell.cell_type == "code")
    names = set(re.findall(r"[A-Za-z_]\w*", code)) | {"within_8", "within_4", "within_0"}
    composed = re.compile(r"lesson\.(caption|edit|row|column|series|chart)\.(\w+)")
    used = {key: match[2] for key in ENGLISH if (match := composed.match(key))}
    assert {key for key, name in used.items() if name not in names} == set()


def test_answers_are_folded_or_open_and_progress_is_left_out():
    cells = [nbformat.v4.new_markdown_cell("# T\n\n<details><summary>Q?</summary>\n\nAn *answer*.\n\n</details>")]
    outputs = [nbformat.v4.new_output("stream", text="Hashing: 100%"), nbformat.v4.new_output("execute_result")]
    cells.append(nbformat.v4.new_code_cell("1", outputs=outputs))
    notebook = nbformat.v4.new_notebook(cells=cells)
    pages = [export_report(_prepare(notebook, answers), name="", lesson=True) for answers in (False, True)]
    for page, details in zip(pages, ("<details><summary>Q?", '<details open=""><summary>Q?'), strict=True):
        assert details in page and "<em>answer</em>" in page and "Hashing" not in page
        assert re.search('<input checked="" id="show-code"', page) and 'id="results"' not in page
    assert len(notebook.cells[1].outputs) == 2


@pytest.mark.parametrize(("language", "suffix"), [("en", ""), ("ja", ".ja")])
def test_the_pages_of_both_languages_lie_beside_each_other_and_link(tmp_path, language, suffix):
    ends = f"# T\n\nSee `03_why_it_is_fast{suffix}.ipynb`, then `01_find_lookalikes.ipynb`."
    notebooks = [nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(ends)]) for _ in NOTEBOOKS]
    with speak(language):
        written = _write_pages(notebooks, tmp_path, answers=False)
    assert [path.name for path in written] == [f"{name}{suffix}.html" for name in NOTEBOOKS]
    linked = BeautifulSoup(written[0].read_text(encoding="utf-8"), "html.parser").select("main a[href$='.html']")
    assert [link["href"] for link in linked] == [f"03_why_it_is_fast{suffix}.html"]
    assert "01_find_lookalikes.ipynb" in written[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[Path]:
    """The lesson as exported by a process of its own, which writes nothing else but its steps."""
    folder = tmp_path_factory.mktemp("lesson")
    code = "import sys, lookalikes as la; la.make_lesson(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = [line for line in re.split(r"[\r\n]+", done.stderr) if line.strip()]
    assert [line for line in told if not re.match(r"▸ |[\w ]+: +\d+%\|", line)] == []
    return [folder / f"{name}.html" for name in NOTEBOOKS]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_whole_and_open_to_all(pages, browser, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for path in pages:
        with opened(browser, path, width=width, scheme=scheme) as (page, noticed):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("details:not([open])").count() == page.locator("details").count() > 0
            page.evaluate("document.querySelectorAll('details').forEach(some => some.open = true)")
            assert list_faint_texts(page) == []
            assert page.locator(".code:visible").count() == page.locator(".code").count() > 20
            assert page.locator("img:not([alt]), img[alt='']").count() == 0
            assert axe.run(page).response["violations"] == []
            assert noticed == []


@pytest.mark.slow
def test_between_them_the_pages_ask_all_questions(pages):
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert [question for question in QUESTIONS if f"<summary>{question}</summary>" not in text] == []
    assert "Traceback (most recent" not in text
