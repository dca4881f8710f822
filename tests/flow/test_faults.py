"""Whatever goes wrong while it runs: files that aren't files, Ctrl-C, kill -9, full disks, two runs at once, noise."""

import builtins
import errno
import os
import random
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec
from PIL import Image

import lookalikes.__main__ as command
from browser import browser, opened  # noqa: F401
from lookalikes import hash_images, read_folds
from lookalikes.reading import pictures

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, mounts and special files are those of Unix")

OUTPUTS = {"report.html", "notebook.ipynb", "hash_clustering_result.csv", "problems.csv", "keep.csv"}
OUTPUTS |= {"notices.csv", "groups.csv", "findings.md", "summary.json"}
KERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
PATIENCE = 120  # seconds, after which a run hangs


def problems_of(hashed):
    """The problem of each file, None where there is none."""
    problems = hashed["problem"].astype(object).where(hashed["problem"].notna(), None)
    return dict(zip(hashed["filename"], problems, strict=True))


# Files that aren't files, and files that change under the reader's hands.


@pytest.fixture
def folder(tmp_path, paint):
    """Two good pictures, changed long ago."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(2):
        paint(seed=number).save(folder / f"good{number}.jpg")
        os.utime(folder / f"good{number}.jpg", (1e9, 1e9))
    return folder


def test_special_files_in_a_folder_are_problems_and_nothing_hangs(folder):
    os.mkfifo(folder / "pipe.jpg")
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(folder / "socket.jpg"))
    (folder / "zeros.jpg").symlink_to("/dev/zero")
    (folder / "terminal.jpg").symlink_to("/dev/tty")
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    (folder / "folder.jpg").mkdir()
    (folder / "itself").symlink_to(folder)
    devices = ["zeros.jpg", "terminal.jpg"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.mknod(folder / "device.jpg", 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # what /dev/zero is
        devices.append("device.jpg")
    found = problems_of(hash_images(read_folds(folder), cache=False))
    special = "not a regular file (a device, a pipe or a socket), so it was not opened"
    expected = dict.fromkeys(["pipe.jpg", "socket.jpg", *devices], special)
    expected |= {"dangling.jpg": "a link that leads nowhere", "folder.jpg": "a folder, not a file"}
    expected |= {"good0.jpg": None, "good1.jpg": None}
    loop = found.pop("loop.jpg")
    assert "symbolic links" in loop and "\n" not in loop and str(folder) not in loop
    assert found == expected
    bound.close()


def test_files_that_change_between_listing_and_reading(folder, paint):
    names = ["gone", "emptied", "shortened", "grown", "other", "pipe", "folder"]
    for name in names:
        paint(seed=7).save(folder / f"{name}.jpg")
    whole = (folder / "gone.jpg").read_bytes()
    images = read_folds(folder)
    (folder / "gone.jpg").unlink()
    (folder / "emptied.jpg").write_bytes(b"")
    (folder / "shortened.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "grown.jpg").write_bytes(whole + bytes(1_000_000))
    (folder / "other.jpg").write_bytes(b"<html>" * 100)
    (folder / "pipe.jpg").unlink()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "folder.jpg").unlink()
    (folder / "folder.jpg").mkdir()
    found = {Path(name).stem: problem for name, problem in problems_of(hash_images(images, cache=False)).items()}
    assert found == {
        "gone": "there is no such file",
        "emptied": "the file is empty",
        "shortened": "the file is cut short (truncated)",
        "grown": None,
        "other": "not an image, or of a kind that Pillow can't open",
        "pipe": "not a regular file (a device, a pipe or a socket), so it was not opened",
        "folder": "a folder, not a file",
        "good0": None,
        "good1": None,
    }


@pytest.mark.parametrize("large", [False, True], ids=["read at once", "read where it lies"])
@pytest.mark.parametrize("moment", ["open", "read"])
def test_an_error_of_the_disk_is_a_problem_of_that_image(folder, monkeypatch, moment, large):
    """As a failing disk or a lost network drive gives it: at opening, or after some bytes."""
    if large:
        monkeypatch.setattr(pictures, "_LARGE_BYTES", 0)

    class Failing:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

        def read(self, *count):
            if not large or self.file.tell() > 500:
                raise OSError(errno.EIO, os.strerror(errno.EIO), self.file.name)
            return self.file.read(*count)

    def fail(path, *args, **options):
        if not str(path).endswith("good1.jpg"):
            return builtins.open(path, *args, **options)
        if moment == "open":
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return Failing(builtins.open(path, *args, **options))

    monkeypatch.setattr(pictures, "open", fail, raising=False)
    hashed = hash_images(read_folds(folder), cache=False)
    assert problems_of(hashed) == {
        "good0.jpg": None,
        "good1.jpg": "the disk or network failed: Input/output error",
    }


# Where nothing can be written.


@pytest.mark.parametrize("below", ["", "/deeper/down"], ids=["a file", "below a file"])
def test_an_output_that_can_be_no_folder_is_one_sentence(folder, tmp_path, capfd, below):
    (tmp_path / "taken").write_text("mine")
    assert command.main([str(folder), "--no-cache", "--output", f"{tmp_path}/taken{below}"]) == 1
    printed = capfd.readouterr()
    assert printed.out == "" and printed.err.startswith("No report was made: can't write to ")
    assert printed.err.count("\n") == 1
    assert (tmp_path / "taken").read_text() == "mine" and set(tmp_path.iterdir()) == {folder, tmp_path / "taken"}


@contextmanager
def small_disk(place: Path, size: str):
    """A disk of that size at `place`, in memory; where this user can't mount one, the test is skipped."""
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() or mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place):
        pytest.skip("a small disk can't be mounted here: it takes Linux and root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def mount(*words) -> int:
    return subprocess.run(["mount", *map(str, words)], capture_output=True).returncode


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


def test_a_full_disk_for_the_cache_is_a_warning_and_the_run_goes_on(folder, tmp_path):
    with small_disk(tmp_path / "disk", "64k") as disk:
        fill(disk)
        with pytest.warns(UserWarning, match="can't be used.*(full|disk I/O|unable)"):
            hashed = hash_images(read_folds(folder), cache=disk / "hashes.sqlite")
    assert hashed["hash"].notna().all()


# The command, in a process of its own with a temporary folder of its own.


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """1,500 pictures of noise, which take a while to hash, and ten copies; changed long ago."""
    folder = tmp_path_factory.mktemp("noise") / "crowd"
    folder.mkdir()
    random_numbers = np.random.default_rng(0)
    for number in range(1500):
        path = folder / f"{number:04}.jpg"
        if number % 150 == 149:
            path.write_bytes((folder / f"{number - 1:04}.jpg").read_bytes())
        else:
            Image.fromarray(random_numbers.integers(256, size=(320, 320, 3), dtype=np.uint8)).save(path, quality=90)
        os.utime(path, (1e9, 1e9))
    return folder


@pytest.fixture
def temporary():
    """A temporary folder for the processes of one test, of a short path, as usual ones are."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def start(tmp_path, temporary):
    """start(data, output, *options): the command at work, alone in its session, with a cache and `temporary`."""
    (tmp_path / "cache").mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    started = []

    def start(data, output, *options):
        words = [sys.executable, "-m", "lookalikes", str(data), "--output", str(output)]
        words += options or ["--cache", str(tmp_path / "cache" / "hashes.sqlite")]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        run = subprocess.Popen(words, cwd=tmp_path, env=environment, start_new_session=True, **streams)
        started.append(run)
        return run

    yield start
    for run in started:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()


def finish(run) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=PATIENCE)
    return run.returncode, out, err


def count_rows(place: Path) -> int:
    """How many hashes the cache holds."""
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute("SELECT count(*) FROM hashes").fetchone()[0]
    except sqlite3.OperationalError:  # not yet there
        return 0


def wait_for(condition, seconds: float = PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def list_processes(mark: Path) -> list[int]:
    """The processes whose command line or environment names a path, but for this one."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(mark) in told and int(place.name) != os.getpid():
            found.append(int(place.name))
    return found


def read_outputs(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir()}


def assert_whole(outputs: dict[str, bytes], csv: bytes):
    assert outputs["hash_clustering_result.csv"] == csv
    assert outputs["report.html"].rstrip().endswith(b"</html>")
    assert outputs["notebook.ipynb"].rstrip().endswith(b"}")
    assert set(outputs) >= OUTPUTS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["to the process alone", "to its group, as a terminal does"])
def test_ctrl_c_stops_soon_and_keeps_what_was_hashed(start, crowd, tmp_path, temporary, send):
    output, place = tmp_path / "out", tmp_path / "cache" / "hashes.sqlite"
    run = start(crowd, output)
    wait_for(lambda: count_rows(place) >= 100 or run.poll() is not None)
    begun = time.monotonic()
    send(run.pid, signal.SIGINT)
    code, out, err = finish(run)
    print(f"stopped {time.monotonic() - begun:.2f} s after Ctrl-C")
    assert time.monotonic() - begun < 10, "two seconds, and slack for a machine that has other work"
    assert code == 130 and out == ""
    said = "Stopped: no report was made. What was hashed is kept, and the next run goes on from there."
    assert err.splitlines()[-1] == said and "Traceback" not in err
    assert not output.exists() and not any(temporary.iterdir())
    assert not list_processes(temporary)
    kept = count_rows(place)
    told = max(int(done) for done in re.findall(r"(\d+)/1500", err))
    assert 100 <= kept < 1500 and kept >= told
    code, out, err = finish(start(crowd, output))
    assert code == 0 and f"Hashing:  {kept / 15:2.0f}%" in err.replace("100%", "") and f"| {kept}/1500 [" in err
    assert set(read_outputs(output)) == OUTPUTS and count_rows(place) == 1500


# As on a slow disk, so that an interruption meets it at work on any machine.
SLOWLY = """
import time
from PIL import Image
opened = Image.open
def open_slowly(*args, **kwargs):
    time.sleep(0.02)
    return opened(*args, **kwargs)
Image.open = open_slowly
"""
SCRIPT = (
    SLOWLY
    + """
import sys
from lookalikes import hash_images, read_folds
hash_images(read_folds(sys.argv[1]), cache=sys.argv[2])
"""
)


def test_ctrl_c_in_a_script_is_a_keyboard_interrupt_and_what_was_hashed_is_kept(crowd, tmp_path):
    place = tmp_path / "hashes.sqlite"
    run = subprocess.Popen([sys.executable, "-c", SCRIPT, crowd, place], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: count_rows(place) >= 100 or run.poll() is not None)
    run.send_signal(signal.SIGINT)
    err = run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == -signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt")
    told = max(int(done) for done in re.findall(r"(\d+)/1500", err))
    assert told <= count_rows(place) < 1500


@pytest.mark.slow
def test_interrupting_a_notebook_stops_the_cell_and_the_next_goes_on(crowd, tmp_path):
    place = tmp_path / "hashes.sqlite"
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(argv=KERNEL, display_name="Python 3", language="python")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    try:
        cell = f"import lookalikes as la\nh = la.hash_images(la.read_folds({str(crowd)!r}), cache={str(place)!r})"
        client.execute(SLOWLY)
        assert client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == "ok"
        client.execute(cell)
        wait_for(lambda: count_rows(place) >= 100)
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=PATIENCE)["content"]
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        assert 100 <= count_rows(place) < 1500
        client.execute(cell)
        assert client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == "ok"
        assert count_rows(place) == 1500
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def few(tmp_path_factory, paint):
    """Sixty pictures, twenty of them copies, and one file that can't be read."""
    folder = tmp_path_factory.mktemp("few") / "few"
    folder.mkdir()
    for number in range(60):
        paint(seed=number % 40).save(folder / f"{number:02}.png")
    (folder / "broken.png").write_bytes(b"no image")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killed_at_twenty_random_moments_nothing_is_lost_and_no_litter_stays(start, few, tmp_path, temporary):
    output, place = tmp_path / "out", tmp_path / "cache" / "hashes.sqlite"
    begun = time.monotonic()
    assert finish(start(few, output))[0] == 0
    duration = time.monotonic() - begun
    csv = (output / "hash_clustering_result.csv").read_bytes()
    moments, interrupted = random.Random(0), 0
    for number in range(20):
        place.unlink(missing_ok=True)
        run = start(few, output)
        time.sleep(moments.uniform(0, duration))
        if run.poll() is None:
            interrupted += 1
            (os.killpg if number % 4 == 3 else os.kill)(run.pid, signal.SIGKILL)  # with its group, or alone
        run.communicate()
        assert_whole(read_outputs_of_files(output), csv)
        wait_for(lambda: not list_processes(temporary), seconds=15)  # its kernel ends by itself
    assert interrupted >= 5, "killed when they had ended"
    code, _, err = finish(start(few, output))
    assert code == 0 and "Traceback" not in err and "Warning" not in err
    assert_whole(read_outputs(output), csv)
    assert set(read_outputs(output)) == OUTPUTS
    assert [path.name for path in temporary.iterdir()] == []
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def read_outputs_of_files(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir() if path.is_file()}


@pytest.mark.slow
def test_two_reports_at_once_into_two_folders_do_not_mix(start, few, tmp_path, paint):
    other = tmp_path / "other"
    other.mkdir()
    for number in range(30):
        paint(seed=100 + number % 20).save(other / f"other{number:02}.png")
    runs = [start(few, tmp_path / "out1"), start(other, tmp_path / "out2")]
    assert [finish(run)[0] for run in runs] == [0, 0]
    for data, output in ((few, "out1"), (other, "out2")):
        saved = read_outputs(tmp_path / output)
        assert set(saved) == OUTPUTS
        listed = pd.read_csv(tmp_path / output / "hash_clustering_result.csv")["filename"]
        assert set(listed) == {path.name for path in data.iterdir()} - {"broken.png"}
        assert (b"other00.png" in saved["report.html"]) == (data is other)


@pytest.mark.slow
def test_a_second_report_into_the_same_folder_is_refused_and_the_first_completes(start, few, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    (output / ".partial.lock").touch()  # as a killed run leaves it
    first = start(few, output)
    wait_for(lambda: (output / ".partial").exists() or first.poll() is not None)
    code, out, err = finish(start(few, output))
    assert (code, out) == (1, "")
    assert err.startswith("No report was made: another run is writing to ") and err.count("\n") == 1
    assert finish(first)[0] == 0
    assert set(read_outputs(output)) == OUTPUTS


@pytest.mark.slow
def test_a_disk_that_fills_or_turns_read_only_leaves_the_outputs_whole(start, few, tmp_path):
    with small_disk(tmp_path / "disk", "16m") as disk:
        output = disk / "out"
        assert finish(start(few, output))[0] == 0
        before = read_outputs(output)
        filler = fill(disk)
        assert_refused(start(few, output), "No space left on device")
        with filler.open("r+b") as file:  # room for the first files, not for all
            file.truncate(filler.stat().st_size - 40_000)
        assert_refused(start(few, output), "No space left on device")
        assert read_outputs(output) == before
        filler.unlink()
        assert mount("-o", "remount,ro", disk) == 0
        assert_refused(start(few, output), "Read-only file system")
        assert_refused(start(few, disk / "new"), "Read-only file system")
        assert read_outputs(output) == before
        assert mount("-o", "remount,rw", disk) == 0
        assert finish(start(few, output))[0] == 0
        assert set(read_outputs(output)) == OUTPUTS


def assert_refused(run, reason: str):
    code, out, err = finish(run)
    assert (code, out) == (1, "") and "Traceback" not in err
    assert err.splitlines()[-1].startswith("No report was made: ") and reason in err.splitlines()[-1], err


@pytest.mark.slow
def test_a_report_whose_cache_has_no_room_is_made_all_the_same(start, few, tmp_path):
    with small_disk(tmp_path / "disk", "64k") as disk:
        fill(disk)
        code, _, err = finish(start(few, tmp_path / "out", "--cache", str(disk / "hashes.sqlite")))
    assert code == 0 and "Traceback" not in err
    assert b"the cache of hashes" in (tmp_path / "out" / "report.html").read_bytes()


# Noise.


@pytest.mark.slow
def test_odd_files_print_nothing_but_the_progress_bar(shared):
    words = [sys.executable, "-c", SCRIPT.replace("sys.argv[2]", "False"), shared / "data" / "odd"]
    run = subprocess.run(words, capture_output=True)
    assert run.returncode == 0 and run.stdout == b""
    lines = [line for line in re.split(r"[\r\n]+", run.stderr.decode()) if line.strip()]
    assert lines and [line for line in lines if not line.startswith("Hashing: ")] == []


@pytest.mark.slow
def test_the_report_on_odd_files_is_quiet_and_lists_every_problem(start, shared, tmp_path, browser):  # noqa: F811
    data, output = shared / "data" / "odd", tmp_path / "out"
    code, _, err = finish(start(data, output))
    assert code == 0
    steps = [line for line in re.split(r"[\r\n]+", err) if line.strip() and not line.startswith("▸ ")]
    bars = ("Hashing: ", "Second look: ", "Thumbnails: ", "Measuring: ")
    assert [line for line in steps if not line.startswith(bars)] == []
    hashed = hash_images(read_folds(data), cache=False)
    listed = pd.read_csv(output / "problems.csv", dtype=str, keep_default_na=False)
    expected = hashed.loc[hashed["problem"].notna(), ["fold", "filename", "problem"]]
    assert listed[["fold", "filename", "problem"]].to_numpy().tolist() == expected.to_numpy().tolist()
    with opened(browser, output / "report.html") as (page, noticed):
        page.wait_for_timeout(500)
        assert noticed == []
