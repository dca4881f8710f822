"""The report: run the notebook on a folder of images and export it as one HTML file."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from lookalikes.clustering.bounds import check_below
from lookalikes.hashing.cache import Place
from lookalikes.reading.archives import is_archive
from lookalikes.reading.links import check_folds_inside
from lookalikes.reading.pictures import check_pixels
from lookalikes.reporting.execution import ReportError, execute
from lookalikes.reporting.locks import lock
from lookalikes.reporting.terminal import Terminal
from lookalikes.words import make_visible, say, speak


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
    decisions: str | Path | None = None,
    language: str | None = None,
) -> Path:
    """Report on the images in `data_dir` (on the built-in sample without one) and return the path of `report.html`.

    `output` (`reports/NAME`) receives `report.html`, `notebook.ipynb` (as executed), `hash_clustering_result.csv`,
    `problems.csv`, `notices.csv` and `keep.csv`, all of them when the run has succeeded. `decisions` is the
    `decisions.csv` of an earlier review, which is obeyed; `language` that of the page, its figures and the terminal,
    `en` or `ja`, if not that of `set_language`. Raises `ReportError` for an option that can't be, before anything is
    read, and when a step fails; what an earlier run left there is then untouched.
    """
    _check_options(data_dir, below, folds, max_pixels, decisions, language)
    data = Path(data_dir).resolve() if data_dir is not None else None
    name = (data.stem if is_archive(str(data)) else data.name) if data else "sample"
    output = Path(output or Path("reports") / name).resolve()
    parameters = {
        "DATA_DIR": str(data) if data else "",
        "LANGUAGE": language or say("language"),
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
        "DECISIONS": None if decisions is None else str(Path(decisions).resolve()),
        "CACHE": str(Path(cache).resolve()) if isinstance(cache, str | os.PathLike) else cache,
    }
    with speak(language):
        try:
            with _stage(output) as stage:
                notebook = execute(parameters, stage, meanwhile=_warm_up)
                from lookalikes.reporting.export import export_report, write_notebook

                Terminal(sys.stderr).tell(say("step.begins", step=say("step.writing")))
                page = export_report(
                    notebook, name=data.name if data else say("report.sample"), hidden=[data] if data else []
                )
                (stage / "report.html").write_text(page, encoding="utf-8", errors="surrogateescape", newline="")
                (stage / "notebook.ipynb").write_text(write_notebook(notebook), encoding="utf-8")
                for made in sorted(stage.iterdir()):
                    os.replace(made, output / made.name)
        except OSError as error:
            raise ReportError(
                say("step.unwritable", folder=make_visible(output), reason=error.strerror or error)
            ) from error
    return output / "report.html"


def _warm_up() -> None:
    """What takes a second at its first use, and can while the notebook runs: modules, and the grammars of an export."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    import lookalikes.showing.findings  # noqa: F401
    from lookalikes.reporting.export import export_report

    export_report(new_notebook(cells=[new_markdown_cell("# -"), new_code_cell("-")]), name="")


def _check_options(
    data_dir: str | Path | None,
    below: int,
    folds: Sequence[str] | None,
    max_pixels: int | None,
    decisions: str | Path | None,
    language: str | None,
) -> None:
    try:
        with speak(language):
            check_below(below, 64)
            check_pixels(max_pixels)
            check_folds_inside(folds or [])
            if data_dir == "":
                raise ValueError(say("step.no_data_dir"))
            if decisions is not None:
                from lookalikes.judging.decisions import read_decisions  # brings in pandas

                read_decisions(Path(decisions))
    except ValueError as error:
        raise ReportError(make_visible(error)) from error


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
