"""The executed notebook as a page and as a file, without what is of this machine alone."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from pygments.formatters import HtmlFormatter

from lookalikes.reporting.execution import HEADING, leave_out_live
from lookalikes.showing.rendering import read_plain
from lookalikes.showing.scripts import SCRIPTS, digest_script, read_script
from lookalikes.showing.source import enclose_source
from lookalikes.words import make_visible, say

_HALVES = re.compile("[\ud800-\udfff]")
_NOT_LISTED = {"set-up", "summary", "review"}
_WARNING_ORIGIN = re.compile(r"^\S*[/\\][^:\n]*:\d+: (?=\w*Warning: )", re.MULTILINE)


def write_notebook(notebook: nbformat.NotebookNode) -> str:
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
    notebook = leave_out_live(notebook)
    now = datetime.now().astimezone()
    page = {
        "name": name,
        "lesson": lesson,
        "title": notebook.cells[0].source.splitlines()[0].lstrip("# "),
        "date": say("report.date", year=now.year, month=now.month, day=now.day, time=f"{now:%H:%M %Z}"),
        "headings": _find_headings(cell for cell in notebook.cells if not _NOT_LISTED & _tags(cell)),
        "scripts": [read_script(name) for name in SCRIPTS if any(name in _tags(cell) for cell in notebook.cells)],
        "source": f"source-{uuid4().hex}" if any("review" in _tags(cell) for cell in notebook.cells) else "",
        "style": read_plain("report.css"),
        "light": HtmlFormatter(style="default").get_style_defs(".highlight"),
        "dark": HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    }
    notebook = _make_private(notebook, hidden)
    ready = _set_ready_html_aside(notebook)
    html: str = exporter.from_notebook_node(notebook, resources={"page": page})[0]
    html = re.sub("|".join(ready), lambda mark: ready[mark[0]], html) if ready else html
    return enclose_source(html, str(page["source"])) if page["source"] else html


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
