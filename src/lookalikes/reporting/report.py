"""The report: run the notebook on a folder of images and export it as one HTML file."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import nbformat
from filelock import Timeout
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from pygments.formatters import HtmlFormatter

from lookalikes.clustering.pairs import check_below
from lookalikes.hashing.cache import Place
from lookalikes.judging.decisions import read_decisions
from lookalikes.reading.archives import is_archive
from lookalikes.reading.links import check_folds_inside
from lookalikes.reading.pictures import check_pixels
from lookalikes.reporting.execution import HEADING, ReportError, execute
from lookalikes.reporting.locks import lock
from lookalikes.reporting.terminal import Terminal
from lookalikes.showing.rendering import read_style
from lookalikes.showing.scripts import SCRIPTS, digest_script, read_script
from lookalikes.words import make_visible, say

_HALVES = re.compile("[\ud800-\udfff]")
_NOT_LISTED = {"set-up", "summary", "review"}
_WARNING_ORIGIN = re.compile(r"^\S*[/\\][^:\n]*:\d+: (?=\w*Warning: )", re.MULTILINE)


def make_report(
    data_dir: str | Path | None = None,
    output: str | Path | None = None,
    *,
    below: int = 10,
    label: str | None = None,
    views: str = "whole",
    folds: Sequence[str] | None = None,
    file_column: str | None = None,
    csv: Sequence[str | Path] | str | None = None,
    encoding: str | None = None,
    exclude: Sequence[str] = (),
    max_pixels: int | None = None,
    cache: Place = None,
    budget: float = 12,
    decisions: str | Path | None = None,
) -> Path:
    """Report on the images in `data_dir` (on the built-in sample without one) and return the path of `report.html`.

    `output` (`reports/NAME`) receives `report.html`, `notebook.ipynb` (as executed), `hash_clustering_result.csv`,
    `problems.csv`, `notices.csv` and `keep.csv`, all of them when the run has succeeded. `budget` is the most that the
    page may take, in MB; `decisions` the `decisions.csv` of an earlier review, which is obeyed. Raises `ReportError`
    for an option that can't be, before anything is read, and when a step fails; what an earlier run left there is then
    untouched.
    """
    _check_options(data_dir, below, folds, max_pixels, decisions)
    data = Path(data_dir).resolve() if data_dir is not None else None
    name = (data.stem if is_archive(str(data)) else data.name) if data else "sample"
    output = Path(output or Path("reports") / name).resolve()
    parameters = {
        "DATA_DIR": str(data) if data else "",
        "OUTPUT_DIR": ".",
        "BELOW": below,
        "LABEL": label if data else label or "is_laugh",
        "VIEWS": views,
        "FOLDS": list(folds) if folds else None,
        "FILE_COLUMN": file_column,
        "CSV": None if csv is None else [_find_csv(file) for file in ([csv] if isinstance(csv, str | Path) else csv)],
        "ENCODING": encoding,
        "EXCLUDE": list(exclude),
        "MAX_PIXELS": max_pixels,
        "BUDGET": budget,
        "DECISIONS": None if decisions is None else str(Path(decisions).resolve()),
        "CACHE": str(Path(cache).resolve()) if isinstance(cache, str | os.PathLike) else cache,
    }
    try:
        with _stage(output) as stage:
            notebook = execute(parameters, stage)
            Terminal(sys.stderr).tell(say("step.begins", step=say("step.writing")))
            page = export_report(
                notebook, name=data.name if data else say("report.sample"), hidden=[data] if data else []
            )
            (stage / "report.html").write_text(page, encoding="utf-8", errors="surrogateescape")
            (stage / "notebook.ipynb").write_text(_write_notebook(notebook), encoding="utf-8")
            for made in sorted(stage.iterdir()):
                os.replace(made, output / made.name)
    except OSError as error:
        raise ReportError(
            say("step.unwritable", folder=make_visible(output), reason=error.strerror or error)
        ) from error
    return output / "report.html"


def _check_options(
    data_dir: str | Path | None,
    below: int,
    folds: Sequence[str] | None,
    max_pixels: int | None,
    decisions: str | Path | None,
) -> None:
    try:
        check_below(below, 64)
        check_pixels(max_pixels)
        check_folds_inside(folds or [])
        if decisions is not None:
            read_decisions(Path(decisions))
    except ValueError as error:
        raise ReportError(make_visible(error)) from error
    if data_dir == "":
        raise ReportError(say("step.no_data_dir"))


def _find_csv(name: str | Path) -> str:
    """The notebook runs in another folder: a file of this one is named in full; others lie in the data folder."""
    return str(Path(name).resolve()) if Path(name).exists() else str(name)


@contextmanager
def _stage(output: Path) -> Iterator[Path]:
    """An empty folder within `output`, for one run at a time; what a killed run left there is cleared first."""
    stage, place = output / ".partial", output / ".partial.lock"
    output.mkdir(parents=True, exist_ok=True)
    try:
        with lock(place) as refusal:
            if refusal:
                Terminal(sys.stderr).tell(say("step.unlocked", folder=make_visible(output), reason=refusal))
            shutil.rmtree(stage, ignore_errors=True)
            stage.mkdir()
            try:
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
                place.unlink(missing_ok=True)
    except Timeout:
        raise ReportError(say("step.taken", folder=make_visible(output))) from None
    finally:
        with suppress(OSError):
            output.rmdir()  # only if nothing came of it


def _write_notebook(notebook: nbformat.NotebookNode) -> str:
    """As JSON, without what Jupyter and other programs can't take, half a character as a byte that isn't UTF-8 becomes.

    The cell of parameters spells such a byte of the data folder's name as Python does; papermill's own notes, which
    repeat that cell and the notebook as it was, are left out.
    """
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("papermill", None)
    return _HALVES.sub(lambda half: make_visible(half[0]), nbformat.writes(notebook))


def export_report(
    notebook: nbformat.NotebookNode, *, name: str, hidden: Sequence[Path] = (), lesson: bool = False
) -> str:
    """The executed notebook as one self-contained HTML page about the images called `name`; of `hidden` paths only
    the last part shows. In a `lesson` the code is shown.
    """
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(files("lookalikes.showing") / "templates")]
    )
    exporter.register_preprocessor(CoalesceStreamsPreprocessor, enabled=True)  # of a progress bar, only its end
    exporter.register_filter("say", say)
    exporter.register_filter("visible", make_visible)
    exporter.register_filter("digest_script", digest_script)
    page = {
        "name": name,
        "lesson": lesson,
        "title": notebook.cells[0].source.splitlines()[0].lstrip("# "),
        "date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "headings": _find_headings(cell for cell in notebook.cells if not _NOT_LISTED & _tags(cell)),
        "scripts": [read_script(name) for name in SCRIPTS if any(name in _tags(cell) for cell in notebook.cells)],
        "style": read_style("report.css"),
        "light": HtmlFormatter(style="default").get_style_defs(".highlight"),
        "dark": HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    }
    notebook = _make_private(notebook, hidden)
    ready = _set_ready_html_aside(notebook)
    html: str = exporter.from_notebook_node(notebook, resources={"page": page})[0]
    return re.sub("|".join(ready), lambda mark: ready[mark[0]], html) if ready else html


def _set_ready_html_aside(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Put marks that no one can guess in the place of the cells' HTML, and return it by its mark: nbconvert would take
    the pages apart and put them together again, for minutes where there are many clusters.
    """
    ready: dict[str, str] = {}
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if "text/html" in output.get("data", {}):
            mark = f"html-{uuid4().hex}"
            ready[mark], output.data["text/html"] = output.data["text/html"], mark
    return ready


def _tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _find_headings(cells: Iterable[nbformat.NotebookNode]) -> list[str]:
    return [heading for cell in cells if cell.cell_type == "markdown" for heading in HEADING.findall(cell.source)]


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
