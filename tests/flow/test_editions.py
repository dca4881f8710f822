"""The two editions of each notebook: the same cells and the same code, in two languages."""

import io
import re
import tokenize
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
ENGLISH = sorted(path for path in FOLDER.glob("*.ipynb") if "." not in path.stem)
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def read_cells(path: Path) -> list:
    return nbformat.read(path, as_version=4).cells


def list_editions(kind: str) -> list:
    """Each cell of a kind in both languages, by notebook and id."""
    pairs = []
    for path in ENGLISH:
        for one, other in zip(read_cells(path), read_cells(path.with_suffix(".ja.ipynb")), strict=True):
            if one.cell_type == kind:
                pairs.append(pytest.param(one.source, other.source, id=f"{path.stem}-{one.id}"))
    return pairs


def strip_comments(source: str) -> list[str]:
    """The lines of a cell without their comments and without that of LANGUAGE, which alone may differ."""
    lines = source.splitlines()
    python = "\n".join(re.sub(r"^(\s*)%.*", r"\1pass", line) for line in lines)  # a magic is no Python
    for token in tokenize.generate_tokens(io.StringIO(python).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return [line for line in lines if not line.startswith("LANGUAGE = ")]


def test_comments_are_stripped_and_nothing_else():
    assert strip_comments('A = "# no"  # yes\nLANGUAGE = "ja"  # x\n%pip install {A}\n') == [
        'A = "# no"',
        "%pip install {A}",
    ]


def test_every_notebook_has_both_editions():
    assert [path.name.replace(".ja.", ".") for path in sorted(FOLDER.glob("*.ja.ipynb"))] == [p.name for p in ENGLISH]


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_the_editions_have_the_same_cells(path):
    one, other = read_cells(path), read_cells(path.with_suffix(".ja.ipynb"))
    assert [(c.id, c.cell_type, c.metadata) for c in one] == [(c.id, c.cell_type, c.metadata) for c in other]


@pytest.mark.parametrize(("one", "other"), list_editions("code"))
def test_the_editions_have_the_same_code(one, other):
    assert strip_comments(one) == strip_comments(other)


@pytest.mark.parametrize(("one", "other"), list_editions("code"))
def test_comments_are_translated(one, other):
    told = re.compile(r"  # (?!fmt:)(.*)")
    assert len(told.findall(one)) == len(told.findall(other))
    assert all(JAPANESE.search(comment) for comment in told.findall(other))


@pytest.mark.parametrize(("one", "other"), list_editions("markdown"))
def test_the_prose_is_translated_and_keeps_its_structure(one, other):
    assert one != other and JAPANESE.search(other)
    for part in (r"^#+ ", r"^<details><summary>", r"^</details>$", r"^\|", r"^```"):
        assert len(re.findall(part, one, re.MULTILINE)) == len(re.findall(part, other, re.MULTILINE))


@pytest.mark.parametrize(("one", "other"), list_editions("markdown"))
def test_the_japanese_edition_names_the_japanese_notebooks(one, other):
    assert not re.search(r"(?<!\.ja)\.ipynb", other)
    assert not re.search(r"です|ます。|ました|ません|(^|\n)[、。]", other)


def test_both_readmes_hold_the_same_code():
    """Once comments are stripped, in the same order."""
    english, japanese = (
        [re.sub(r" *#.*", "", code) for code in re.findall(r"```\w*\n(.+?)```", path.read_text(encoding="utf-8"), re.S)]
        for path in (ROOT / "README.md", ROOT / "README.ja.md")
    )
    assert len(english) > 10 and japanese == english
