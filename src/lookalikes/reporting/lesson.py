"""The lesson: its notebooks, run and exported as pages to read without Python."""

import re
import tempfile
from pathlib import Path

import nbformat

from lookalikes.reporting.execution import execute, find_notebook
from lookalikes.reporting.export import export_report
from lookalikes.saving import save_whole
from lookalikes.words import speak

NOTEBOOKS = ("02_how_it_works", "03_why_it_is_fast")


def make_lesson(
    output: str | Path = "reports/lesson", *, answers: bool = False, language: str | None = None
) -> list[Path]:
    """Run both notebooks of the lesson and write each as a page, the Japanese ones as `NAME.ja.html`, into `output`;
    return the pages' paths.

    With `answers`, the answers to the questions stand open; otherwise the reader unfolds them. `language` as for
    `make_report`. Raises `ReportError` when a cell fails; what is in `output` is then untouched.
    """
    with speak(language), tempfile.TemporaryDirectory() as folder:
        executed = [execute({}, Path(folder), name) for name in NOTEBOOKS]
        return _write_pages(executed, Path(output), answers)


def _write_pages(executed: list[nbformat.NotebookNode], output: Path, answers: bool) -> list[Path]:
    pages = [export_report(_prepare(notebook, answers), name="", lesson=True) for notebook in executed]
    names = [f"{find_notebook(name).stem}.html" for name in NOTEBOOKS]
    return [save_whole(page.encode(), output / name) for name, page in zip(names, pages, strict=True)]


def _prepare(notebook: nbformat.NotebookNode, answers: bool) -> nbformat.NotebookNode:
    """A copy without progress bars, its answers folded or open, that links to the lesson's other page."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(rf"`(({'|'.join(NOTEBOOKS)})(\.\w+)?)\.ipynb`", r"[\1.html](\1.html)", cell.source)
            if answers:
                cell.source = re.sub("^<details>", "<details open>", cell.source, flags=re.MULTILINE)
        elif cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
    return notebook
