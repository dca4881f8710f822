"""Run the notebook in a kernel of its own, told step by step."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from lookalikes.reporting.locks import lock
from lookalikes.reporting.terminal import Terminal
from lookalikes.words import make_visible, say

if TYPE_CHECKING:
    import nbformat

_LOG = "kernel.log"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PACKAGE = Path(str(files("lookalikes")))
_NOTEBOOK = "01_find_lookalikes"
# This very Python, for a kernel called python3 in the person's home may be another, without this package. matplotlib
# would tell each person whose home can't be written to, and of each font that isn't there.
_QUIET = "import logging; logging.getLogger('matplotlib').setLevel(logging.ERROR)"
_LOADED = "import lookalikes as la; la.hash_images, la.look_again, la.show_review, la.show_chart"
_KERNEL = [
    sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR",
    f"--IPKernelApp.exec_lines={_QUIET}; {_LOADED}",
]  # fmt: skip
_FOREIGN = {"PYTHONWARNINGS", "MPLBACKEND"}
"""What the person has set for other programs, and what would make the notebook's warnings errors or lose its charts."""
logging.getLogger("papermill").addHandler(logging.NullHandler())  # we say it ourselves, in one line


class ReportError(RuntimeError):
    """A report that could not be made; the text says at which step, and why."""


def execute(
    parameters: dict[str, Any], folder: Path, name: str = _NOTEBOOK, *, meanwhile: Callable[[], object] = lambda: None
) -> "nbformat.NotebookNode":
    """Run the notebook `name`, in the language shown, with `parameters` in `folder` and return it as executed; tells
    each step as it begins.

    `meanwhile` is called beside it, in a thread.
    """
    step, terminal, asked_to_stop = say("step.start"), Terminal(sys.stderr), threading.Event()

    def announce(cell: "nbformat.NotebookNode", cell_index: int) -> None:
        nonlocal step
        if asked_to_stop.is_set():  # between two cells, where the kernel doesn't heed it
            raise KeyboardInterrupt
        if cell.cell_type == "markdown" and (heading := HEADING.search(cell.source)):
            step = heading[1]
            terminal.tell(say("step.begins", step=step))

    with _connection_folder() as meeting:
        try:
            with _kernel(meeting, folder, asked_to_stop, terminal) as kernel:
                import nbformat  # these take as long to load as the kernel to start: both at once
                import papermill

                threading.Thread(target=meanwhile, daemon=True).start()
                executed: nbformat.NotebookNode = papermill.execute_notebook(
                    # Read here: in a path, papermill would fill in what stands in braces.
                    leave_out_live(nbformat.read(find_notebook(name), as_version=4)),
                    None,
                    parameters,
                    cwd=str(folder),
                    km=kernel,
                    progress_bar=False,
                    on_cell_start=announce,
                    stdout_file=terminal,
                    stderr_file=terminal,
                )
                return executed
        except Exception as error:
            raise _explain(error, step, terminal.last_line, f"{meeting}/{_LOG}") from error
        finally:
            terminal.end_line()


def leave_out_live(notebook: "nbformat.NotebookNode") -> "nbformat.NotebookNode":
    """A copy without the cells that are for a person at the notebook: those tagged `live`."""
    import nbformat

    cells = [cell for cell in notebook.cells if "live" not in cell.metadata.get("tags", [])]
    copy: nbformat.NotebookNode = nbformat.from_dict({**notebook, "cells": cells})
    return copy


def _explain(error: Exception, step: str, last_line: str, log: str) -> BaseException:
    """What to raise for it: at which step the run failed, and why."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, DeadKernelError):
        return ReportError(say("step.died", step=step))
    if isinstance(error, PapermillExecutionError):
        kind, reason = error.ename, error.evalue or last_line
        if kind == "KeyboardInterrupt":
            return KeyboardInterrupt()
    else:  # it doesn't start, for one; the last that it wrote may say why
        kind, reason = type(error).__name__, "; ".join(filter(None, [str(error), _read_last_line(log)]))
    return ReportError(say("step.failed", step=step, error=kind, reason=make_visible(reason)))


@contextmanager
def _kernel(meeting: str, folder: Path, asked: threading.Event, terminal: Terminal) -> Iterator[AsyncKernelManager]:
    """A kernel of this Python at work in `folder`, reached through files in `meeting` rather than the network.

    Ctrl-C stops its cell first, then this process. What it writes past its cells, such as a traceback as it starts,
    goes to a file in `meeting` and not to the terminal.
    """
    kernel = AsyncKernelManager(kernel_name="python3")
    kernel.connection_file = f"{meeting}/kernel.json"
    if sys.platform != "win32" and len(os.fsencode(meeting)) < 90:  # a socket's path may have some 100 bytes
        kernel.transport, kernel.ip = "ipc", f"{meeting}/kernel"
    kernel._kernel_spec = KernelSpec(argv=_KERNEL, display_name="Python 3", language="python")
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    with _interrupts(kernel, asked, terminal), open(f"{meeting}/{_LOG}", "wb") as log:
        try:
            options = {"cwd": str(folder), "env": environment | {"IPYTHONDIR": f"{meeting}/ipython"}}
            run_sync(kernel.start_kernel)(**options, stdout=log, stderr=subprocess.STDOUT)
            yield kernel
        finally:
            if kernel.has_kernel:
                run_sync(kernel.shutdown_kernel)(now=True)


@contextmanager
def _interrupts(kernel: AsyncKernelManager, asked: threading.Event, terminal: Terminal) -> Iterator[None]:
    """Within the block, the first Ctrl-C interrupts the kernel's cell, and says so; the second one this process."""

    def pass_on() -> None:
        terminal.tell(say("cli.interrupting"))
        with suppress(RuntimeError, OSError):  # it has ended by itself
            run_sync(kernel.interrupt_kernel)()

    def interrupt(number: int, frame: object) -> None:
        if asked.is_set() or not kernel.has_kernel:
            raise KeyboardInterrupt
        asked.set()
        threading.Thread(target=pass_on).start()

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupt) if in_main else None
    try:
        yield
    except Exception:
        if asked.is_set():  # as it started, it dies of it
            raise KeyboardInterrupt from None
        raise
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _connection_folder() -> Iterator[str]:
    """Where this process and its kernel meet. Those that killed runs left are cleared first: the system has released
    their locks.
    """
    for left in Path(tempfile.gettempdir()).glob("lookalikes-*-kernel/lock"):
        with suppress(OSError), lock(left) as refusal:  # a lock that another holds is an OSError too
            if not refusal:
                shutil.rmtree(left.parent)
    folder = tempfile.mkdtemp(prefix="lookalikes-", suffix="-kernel")
    try:
        with lock(f"{folder}/lock"):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_last_line(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip().rpartition("\n")[2]
    except OSError:
        return ""


def find_notebook(name: str = _NOTEBOOK) -> Path:
    """Where the notebook lies: inside an installed package, or beside `src/` in a checkout. The one in the language
    shown is `NAME.ja.ipynb`; where there is none, the English one is taken.
    """
    inside = _PACKAGE / "notebooks"
    folder = inside if inside.exists() else _PACKAGE.parents[1] / "notebooks"
    translated = folder / f"{name}.{say('language')}.ipynb"
    return translated if translated.exists() else folder / f"{name}.ipynb"
