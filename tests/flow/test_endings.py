"""How a run ends: its kernel dies, doesn't start, or is interrupted; the terminal takes nothing; locks are refused."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from lookalikes.reporting import execution

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and descriptors are those of Unix")

PATIENCE = 120  # seconds, after which a run hangs
WITH_CELL = """
import sys
from pathlib import Path
from lookalikes.reporting import execution
notebook = Path(sys.argv.pop(1))
execution.find_notebook = lambda name: notebook
from lookalikes.__main__ import main
sys.exit(main())
"""
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
CRASH = "import ctypes; ctypes.string_at(0)"
DIED = "No report was made: the step “{}” ended without a word: its Python was killed, most often for lack of memory"


@pytest.fixture(scope="module")
def few(tmp_path_factory, paint) -> Path:
    """Six pictures, two of them alike."""
    folder = tmp_path_factory.mktemp("few") / "few"
    folder.mkdir()
    for number in range(6):
        paint(seed=number % 5).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def start(tmp_path, few):
    """start(*words, env, cell, before): the command at work on the few pictures; with `cell`, code that runs in the
    notebook before the cell whose text begins so.
    """
    started = []

    def start(*words, cell=None, before=None, env=None, data=few, **options):
        words = [str(data), "--output", str(tmp_path / "out"), "--no-cache", *words]
        python = [sys.executable, "-m", "lookalikes"]
        if cell:
            notebook = nbformat.read(execution.find_notebook(), as_version=4)
            (place,) = [number for number, each in enumerate(notebook.cells) if each.source.startswith(before)]
            notebook.cells.insert(place, nbformat.v4.new_code_cell(cell))
            nbformat.write(notebook, tmp_path / "changed.ipynb")
            python = [sys.executable, "-c", WITH_CELL, str(tmp_path / "changed.ipynb")]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        run = subprocess.Popen([*python, *words], cwd=tmp_path, env=os.environ | (env or {}), **streams | options)
        started.append(run)
        return run

    yield start
    for run in started:
        if run.poll() is None:
            run.kill()
            run.communicate()


def finish(run) -> tuple[int, str, list[str]]:
    """The exit status, what was printed, and the lines of the terminal that are neither steps nor progress bars."""
    out, err = run.communicate(timeout=PATIENCE)
    lines = [line for line in re.split(r"[\r\n]+", err or "") if line.strip() and not line.startswith("▸ ")]
    return run.returncode, out, [line for line in lines if not re.match(r"[\w ]+: +\d+%\|", line)]


@pytest.mark.parametrize(
    ("how", "before", "step"),
    [
        (KILL, "import importlib.util", "What to look at"),
        (CRASH, "hashed = la.hash_images", "Hashing and clustering"),
        pytest.param(KILL, "hashed = la.hash_images", "Hashing and clustering", marks=pytest.mark.slow),
        pytest.param(CRASH, "wide = la.find_pairs", "What each match is", marks=pytest.mark.slow),
        pytest.param(KILL, "kept = la.choose_keepers", "Similar and identical images", marks=pytest.mark.slow),
        pytest.param(KILL, "la.show_table(la.describe_run", "How this was made", marks=pytest.mark.slow),
    ],
)
def test_a_kernel_that_dies_ends_the_run_which_says_at_which_step(start, tmp_path, how, before, step):
    code, out, lines = finish(start(cell=how, before=before))
    assert (code, out, lines) == (1, "", [DIED.format(step)])
    assert not (tmp_path / "out").exists()


def test_a_kernel_that_is_killed_while_its_threads_work_ends_the_run(start, tmp_path):
    """As a codec's crash or the system's lack of memory does it, and not the cell itself."""
    cell = "import threading, time, os, signal\nthreading.Timer(1, os.kill, (os.getpid(), 9)).start()\ntime.sleep(1000)"
    code, _, lines = finish(start(cell=cell, before="hashed = la.hash_images"))
    assert (code, lines) == (1, [DIED.format("Hashing and clustering")])


STUCK = """
import sys, time
print("stuck", file=sys.stderr)
while True:
    try: time.sleep(1000)
    except KeyboardInterrupt: pass
"""


def test_a_second_ctrl_c_ends_a_run_whose_cell_does_not_stop(start, tmp_path):
    run = start(cell=STUCK, before="hashed = la.hash_images")
    read_until(run, "stuck")
    run.send_signal(signal.SIGINT)
    read_until(run, "Ctrl-C once more ends it at once.")
    time.sleep(1)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    code, out, lines = finish(run)
    said = "Stopped: no report was made. What was hashed is kept, and the next run goes on from there."
    assert (code, out, lines) == (130, "", [said])
    assert not (tmp_path / "out").exists()


def read_until(run, text: str) -> None:
    for line in run.stderr:
        if text in line:
            return
    pytest.fail(f"{text!r} was never said")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="names that aren't UTF-8 are Linux's")
def test_the_notebook_of_a_folder_whose_name_is_not_utf_8_runs_again(start, few, tmp_path):
    data = os.fsencode(tmp_path) + b"/caf\xe9"
    shutil.copytree(os.fsencode(few), data)
    code, _, lines = finish(start(data=os.fsdecode(data)))
    assert (code, lines) == (0, [])
    words = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "out/notebook.ipynb", "--stdout"]
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert again.returncode == 0 and "5 clusters" in again.stdout, again.stderr


@pytest.fixture
def slow(tmp_path) -> Path:
    """A JPEG of 16 megapixels in 3,000 scans, which takes minutes to decode, with a picture beside it."""
    folder, image = tmp_path / "slow", io.BytesIO()
    folder.mkdir()
    Image.new("L", (4000, 4000), 128).save(image, "JPEG", progressive=True)
    *before, last = image.getvalue().split(b"\xff\xda")
    scan, end = last[:-2], last[-2:]
    (folder / "scans.jpg").write_bytes(b"\xff\xda".join([*before, *[scan] * 3000]) + end)
    Image.new("RGB", (99, 99)).save(folder / "a.png")
    return folder


@pytest.mark.slow
def test_a_slow_picture_is_named_and_ctrl_c_says_that_it_waits_for_it(start, slow):
    run = start(data=slow)
    read_until(run, "Still reading slow/scans.jpg after 10 seconds")
    run.send_signal(signal.SIGINT)
    read_until(run, "Stopping; where a picture is being read, that waits for it. Ctrl-C once more ends it at once.")
    time.sleep(2)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    assert run.wait(20) == 130


# The terminal, and what else surrounds a run.


@pytest.mark.slow
def test_a_terminal_that_takes_nothing_leaves_the_report(start, tmp_path):
    for number in (1, 2):
        with open("/dev/full", "w") as full:
            streams = {"stdout": full, "stderr": full} if number == 1 else {"stdout": full}
            code, _, lines = finish(start("--output", str(tmp_path / f"out{number}"), **streams))
        assert (code, lines) == (0, [])
        assert (tmp_path / f"out{number}" / "report.html").exists()


def test_closed_streams_leave_the_report_and_no_file_takes_their_place(start, tmp_path):
    code, _, _ = finish(start(preexec_fn=lambda: [os.close(number) for number in (0, 1, 2)]))
    assert code == 0
    made = tmp_path / "out"
    assert (made / "report.html").read_text(encoding="utf-8").lstrip().startswith("<!DOCTYPE html>")
    assert (made / "hash_clustering_result.csv").read_text().startswith("cluster_id,filename,fold\n")


def test_a_console_of_few_letters_gets_the_others_escaped(start, few, tmp_path):
    code, out, lines = finish(start("--output", "写真", env={"PYTHONIOENCODING": "cp1252"}))
    assert (code, out.splitlines()[-1]) == (0, f"The report is in {tmp_path}/\\u5199\\u771f/report.html")
    assert [line for line in lines if not line.startswith("\\u25b8 ")] == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["Agg", "module://nothing.here"])
def test_what_is_set_for_other_programs_does_not_reach_the_notebook(start, tmp_path, backend):
    code, _, _ = finish(start(env={"PYTHONWARNINGS": "error", "MPLBACKEND": backend}))
    assert code == 0
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").count('<img class="chart ') == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a home that nobody can write to is at hand on Linux alone")
def test_a_home_that_can_not_be_written_to_is_not_spoken_of(start, tmp_path):
    home = {"HOME": "/proc", "MPLCONFIGDIR": "", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "IPYTHONDIR": ""}
    code, _, lines = finish(start(env=home))
    assert (code, lines) == (0, [])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "matplotlib" not in page and "IPython" not in page


def test_a_kernel_that_does_not_start_is_one_line_with_the_reason(start, tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text("raise ImportError('the kernel is broken here')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    code, out, lines = finish(start(env={"PYTHONPATH": path}))
    assert (code, out) == (1, "")
    assert lines == [
        "No report was made: the step “Start” failed: RuntimeError: Kernel died before replying to kernel_info; "
        "ImportError: the kernel is broken here"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("files", [40, 64])
def test_too_few_open_files_are_a_reason(start, files):
    resource = pytest.importorskip("resource")
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))}
    code, _, lines = finish(start(**limit))
    reason = r"(failed: \w+: \S.*|ended without a word: its Python was killed, .+)"
    enough = code == 0 and files == 64  # on some machines
    assert enough or (code == 1 and re.fullmatch(f"No report was made: the step “.+” {reason}", lines[-1]))
