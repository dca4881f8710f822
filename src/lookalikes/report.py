"""The report: run the notebook on a folder of images and export it as one HTML file."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from papermill.exceptions import PapermillExecutionError
from pygments.formatters import HtmlFormatter

from lookalikes.rendering import read_style
from lookalikes.words import make_visible, say

_PACKAGE = Path(str(files("lookalikes")))
_NOTEBOOK = "01_find_lookalikes.ipynb"
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_WARNING_ORIGIN = re.compile(r"^\S*[/\\][^:\n]*:\d+: (?=\w*Warning: )", re.MULTILINE)


class ReportError(RuntimeError):
    """A report that could not be made; the text says at which step, and why."""


def make_report(
    data_dir: str | Path | None = None,
    output: str | Path | None = None,
    *,
    below: int = 10,
    label: str | None = None,
    folds: Sequence[str] | None = None,
    file_column: str | None = None,
) -> Path:
    """Report on the images in `data_dir` (on the built-in sample without one) and return the path of `report.html`.

    `output` (`reports/NAME`) receives `report.html`, `notebook.ipynb` (as executed), `hash_clustering_result.csv` and `problems.csv`, all
    of them when the run has succeeded. Raises `ReportError` when a step fails; what an earlier run left there is then untouched.
    """
    data = Path(data_dir).resolve() if data_dir is not None else None
    output = Path(output or Path("reports") / (data.name if data else "sample")).resolve()
    parameters = {
        "DATA_DIR": str(data) if data else "",
        "OUTPUT_DIR": ".",
        "BELOW": below,
        "LABEL": label if data else label or "is_laugh",
        "FOLDS": list(folds) if folds else None,
        "FILE_COLUMN": file_column,
    }
    output.mkdir(parents=True, exist_ok=True)
    stage = output / ".partial"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    try:
        notebook = _execute(parameters, stage)
        page = export_report(notebook, name=data.name if data else say("report.sample"), hidden=[data] if data else [])
        (stage / "report.html").write_text(page, encoding="utf-8", errors="surrogateescape")
        # a byte that isn't UTF-8, in the path of the data, becomes an escape that JSON knows too
        (stage / "notebook.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8", errors="backslashreplace")
        for made in sorted(stage.iterdir()):
            os.replace(made, output / made.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return output / "report.html"


def _execute(parameters: dict, stage: Path) -> nbformat.NotebookNode:
    """Run the notebook in a fresh kernel, in the folder `stage`, telling each step as it begins."""
    step = say("step.start")

    def announce(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal step
        if cell.cell_type == "markdown" and (heading := _HEADING.search(cell.source)):
            step = heading[1]
            print(say("step.begins", step=step), file=sys.stderr, flush=True)

    # A kernel of that name in the person's home could be another Python, without this package.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    try:
        # Given a path, papermill would fill in what stands in braces there.
        return papermill.execute_notebook(
            nbformat.read(_find_notebook(), as_version=4), None, parameters, cwd=str(stage), kernel_name="python3", progress_bar=False,
            on_cell_start=announce, stderr_file=sys.stderr, extra_arguments=["--log-level=ERROR"],
        )
    except PapermillExecutionError as error:
        raise ReportError(say("step.failed", step=step, error=error.ename, reason=make_visible(error.evalue))) from error
    except DeadKernelError as error:
        raise ReportError(say("step.died", step=step)) from error


def _find_notebook() -> Path:
    """In an installed package the notebooks are inside it; in a checkout they are beside `src/`."""
    inside = _PACKAGE / "notebooks" / _NOTEBOOK
    return inside if inside.exists() else _PACKAGE.parents[1] / "notebooks" / _NOTEBOOK


def export_report(notebook: nbformat.NotebookNode, *, name: str, hidden: Sequence[Path] = ()) -> str:
    """The executed notebook as one self-contained HTML page about the images called `name`; of `hidden` paths only the last part shows."""
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(_PACKAGE / "templates")])
    exporter.register_preprocessor(CoalesceStreamsPreprocessor, enabled=True)  # of a progress bar, only its end
    exporter.register_filter("say", say)
    exporter.register_filter("visible", make_visible)
    page = {
        "name": name,
        "title": notebook.cells[0].source.splitlines()[0].lstrip("# "),
        "date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "headings": _find_headings(cell for cell in notebook.cells if not {"set-up", "summary"} & _tags(cell)),
        "gallery": next(iter(_find_headings(cell for cell in notebook.cells if "gallery" in _tags(cell))), None),
        "style": read_style("report.css"),
        "light": HtmlFormatter(style="friendly").get_style_defs(".highlight"),
        "dark": HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    }
    return exporter.from_notebook_node(_make_private(notebook, hidden), resources={"page": page})[0]


def _tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _find_headings(cells: Iterable[nbformat.NotebookNode]) -> list[str]:
    return [heading for cell in cells if cell.cell_type == "markdown" for heading in _HEADING.findall(cell.source)]


def _make_private(notebook: nbformat.NotebookNode, hidden: Sequence[Path]) -> nbformat.NotebookNode:
    """A copy without this machine's paths in its parameters and warnings."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if "injected-parameters" in _tags(cell):
            cell.source = _hide_paths(cell.source, hidden)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = _hide_paths(_WARNING_ORIGIN.sub("", output.text), hidden)
    return notebook


def _hide_paths(text: str, hidden: Sequence[Path]) -> str:
    """`text` without those paths and the home's, plain or escaped as papermill writes them into code."""
    for path, shown in [(path, path.name) for path in hidden] + [(Path.home(), "~")]:
        if path.name:  # not the root, of which every path is made
            text = text.replace(str(path), shown).replace(_escape(path), _escape(shown))
    return text


def _escape(text: str | Path) -> str:
    return str(text).encode("unicode_escape").decode().replace('"', r"\"")
