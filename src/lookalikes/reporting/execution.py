"""Run the notebook in a kernel of its own, told step by step."""

import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from lookalikes.words import make_visible, say

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PACKAGE = Path(str(files("lookalikes")))
_NOTEBOOK = "01_find_lookalikes.ipynb"
# This very Python, for a kernel called python3 in the person's home may be another, without this package.
_KERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]


class ReportError(RuntimeError):
    """A report that could not be made; the text says at which step, and why."""


def execute(parameters: dict[str, Any], folder: Path) -> nbformat.NotebookNode:
    """Run the notebook with `parameters` in `folder` and return it as executed; tells each step as it begins."""
    step = say("step.start")

    def announce(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal step
        if cell.cell_type == "markdown" and (heading := HEADING.search(cell.source)):
            step = heading[1]
            print(say("step.begins", step=step), file=sys.stderr, flush=True)

    try:
        with _connection_folder() as meeting, _kernel(meeting) as kernel:
            executed: nbformat.NotebookNode = papermill.execute_notebook(
                nbformat.read(
                    _find_notebook(), as_version=4
                ),  # in a path, papermill would fill in what stands in braces
                None,
                parameters,
                cwd=str(folder),
                km=kernel,
                progress_bar=False,
                on_cell_start=announce,
                stderr_file=sys.stderr,
            )
            return executed
    except PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise KeyboardInterrupt from None
        raise ReportError(
            say("step.failed", step=step, error=error.ename, reason=make_visible(error.evalue))
        ) from error
    except DeadKernelError as error:
        raise ReportError(say("step.died", step=step)) from error


@contextmanager
def _kernel(folder: str) -> Iterator[KernelManager]:
    """A kernel of this Python, reached through files in `folder` rather than the network. Ctrl-C stops its cell first,
    then this process.
    """
    kernel = KernelManager(kernel_name="python3")
    kernel.connection_file = f"{folder}/kernel.json"
    if sys.platform != "win32" and len(os.fsencode(folder)) < 90:  # a socket's path may have some 100 bytes
        kernel.transport, kernel.ip = "ipc", f"{folder}/kernel"
    kernel._kernel_spec = KernelSpec(argv=_KERNEL, display_name="Python 3", language="python")
    asked = False

    def interrupt(number: int, frame: object) -> None:
        nonlocal asked
        if asked or not kernel.has_kernel:
            raise KeyboardInterrupt
        asked = True
        threading.Thread(target=kernel.interrupt_kernel).start()

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupt) if in_main else None
    try:
        yield kernel
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)
        if kernel.has_kernel:
            kernel.shutdown_kernel(now=True)


@contextmanager
def _connection_folder() -> Iterator[str]:
    """Where this process and its kernel meet. Those that killed runs left are cleared first: the system has released
    their locks.
    """
    for left in Path(tempfile.gettempdir()).glob("lookalikes-*-kernel/lock"):
        with suppress(OSError), FileLock(left, timeout=0):  # Timeout is an OSError
            shutil.rmtree(left.parent)
    folder = tempfile.mkdtemp(prefix="lookalikes-", suffix="-kernel")
    try:
        with FileLock(f"{folder}/lock"):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_notebook() -> Path:
    """In an installed package the notebooks are inside it; in a checkout they are beside `src/`."""
    inside = _PACKAGE / "notebooks" / _NOTEBOOK
    return inside if inside.exists() else _PACKAGE.parents[1] / "notebooks" / _NOTEBOOK
