"""Measure contenders in turn, the memory of a process, and which images are opened."""

import builtins
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, suppress
from functools import partial
from io import StringIO
from multiprocessing import get_context
from unittest.mock import patch

import psutil
from bench_pairs import measure_seconds


def time_in_turn(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each contender in each round; within a round all take turns, so that all meet the same machine."""
    seconds = {name: [] for name in contenders}
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for name, work in contenders.items():
            with redirect_stderr(StringIO()):  # progress bars
                seconds[name].append(measure_seconds(work))
    return seconds


def watch_memory(work: Callable[[], object], tell: Callable[[], float], every: float) -> float:
    """The most that `tell()` told, asked every so many seconds, while `work()` ran."""
    peak, done = tell(), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(every):
            peak = max(peak, tell())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return peak


def run_apart(work: Callable, *arguments: object) -> object:
    """`work(*arguments)` in a new process, which shares neither memory nor threads with this one."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measure_growth(prepare: Callable, work: Callable, *arguments: object) -> float:
    """By how many MB at most the memory of a new process grows in `work(prepare(*arguments))`, the preparing apart."""
    return run_apart(_measure_own_growth, prepare, work, arguments)


def _measure_own_growth(prepare: Callable, work: Callable, arguments: tuple) -> float:
    process = psutil.Process()
    with redirect_stderr(StringIO()):
        prepared = prepare(*arguments)
        before = process.memory_info().rss
        peak = watch_memory(lambda: work(prepared), lambda: process.memory_info().rss, every=0.005)
    return (peak - before) / 1e6


def run_command(command: list[str]) -> float:
    """Run it in processes of its own, and return the most memory, in MB, that they held together."""
    with tempfile.TemporaryFile("w+") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        peak = watch_memory(process.wait, partial(_add_up_memory, psutil.Process(process.pid)), every=0.1)
        if process.returncode:
            told.seek(0)
            raise RuntimeError(f"{command[:3]} failed: {told.read()[-2000:]}")
    return peak / 1e6


def _add_up_memory(process: psutil.Process) -> int:
    held = 0
    with suppress(psutil.NoSuchProcess):  # one has just ended
        for each in [process, *process.children(recursive=True)]:
            held += each.memory_info().rss
    return held


@contextmanager
def watch_opening(delay: float = 0) -> Iterator[list[str]]:
    """List the JPEGs opened meanwhile, by Pillow as by ourselves, each after `delay` seconds of waiting."""
    opened, open_file = [], builtins.open

    def open_late(file: object, *arguments: object, **options: object) -> object:
        if str(file).endswith(".jpg"):
            opened.append(str(file))
            time.sleep(delay)
        return open_file(file, *arguments, **options)

    with patch("builtins.open", open_late):
        yield opened
