"""Read many images at once: on this machine's threads, or on any `concurrent.futures.Executor`."""

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from functools import partial
from itertools import chain, islice
from pathlib import PurePath
from typing import TextIO, TypeVar

from tqdm import tqdm

from lookalikes.reading.pictures import list_slow_images
from lookalikes.reading.quiet import hushed
from lookalikes.words import make_visible, say

Item = TypeVar("Item")
Result = TypeVar("Result")
Batches = Generator[tuple[slice, list[Result]], None, None]
THREADS = 32
"""The most at work, where they wait for the disk or the network; a fast disk has as many as there are cores."""
_BATCH = 64
_BATCHES_UNDER_WAY = 256
_SECONDS_PER_BATCH = 0.25
_LONG_WAIT = 0.01
_SLOW = 10
"""Seconds, after which an image is named that is still being read."""


def work_through(
    work: Callable[[Iterable[Item]], list[Result]],
    items: Sequence[Item],
    *,
    executor: Executor | None = None,
    label: str,
    done: int = 0,
) -> Batches[Result]:
    """Yield `(slice of items, work(those items))` as batches finish, in any order, under a progress bar called
    `label`, which counts `done` more as finished before.

    `work` takes an iterable and returns a list as long; with an `executor` of processes or machines it is pickled by
    name. Closing the generator, as an interruption does, drops what hasn't begun and waits only for the images that
    are being decoded.
    """
    stopped = threading.Event()
    pool = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="lookalikes")
    task = partial(_work_for_a_while, work) if executor else partial(_work_for_a_while, work, stopped=stopped)
    parts = _cut(len(items), singles=0 if executor else 2 * THREADS)
    # As many threads as cores serve a fast disk best; more are set to work when each of them has waited twice in a row,
    # for a single long wait, such as for a module's first use, says nothing.
    at_once, waited = _BATCHES_UNDER_WAY if executor else (os.cpu_count() or 1), 0
    waiting = {pool.submit(task, items[part]): part for part in islice(parts, at_once)}
    options = {"desc": label, "unit": say("progress.unit"), "disable": sys.stderr is None or not (items or done)}
    told: set[str] = set()
    try:
        with hushed(), tqdm(total=len(items) + done, initial=done, file=_choose_stream(), **options) as bar:
            while waiting:
                finished_now = wait(waiting, timeout=1, return_when=FIRST_COMPLETED).done
                _tell_slow_images(told)
                for future in finished_now:
                    part, (results, idle) = waiting.pop(future), future.result()
                    finished = slice(part.start, part.start + len(results))
                    waited = waited + 1 if idle else 0
                    if executor is None and waited >= 2 * at_once:
                        at_once, waited = min(4 * at_once, THREADS), 0
                    left = [slice(finished.stop, part.stop)] if finished.stop < part.stop else []
                    for following in chain(left, islice(parts, max(at_once - len(waiting) - len(left), 0))):
                        waiting[pool.submit(task, items[following])] = following
                    yield finished, results
                    bar.update(len(results))
    finally:
        stopped.set()
        for future in waiting:
            future.cancel()
        if executor is None:
            pool.shutdown(cancel_futures=True)


def _choose_stream() -> TextIO | None:
    """In Jupyter its standard output, for what comes on the standard error is as red there as errors are."""
    return sys.stdout if type(sys.stdout).__module__ == "ipykernel.iostream" else sys.stderr


def _tell_slow_images(told: set[str]) -> None:
    """Say of each image that takes long which it is, once; those that an executor reads elsewhere aren't known."""
    for path in list_slow_images(_SLOW):
        if path not in told:
            told.add(path)
            name = make_visible("/".join(PurePath(path).parts[-2:]))
            if (stream := _choose_stream()) is not None:
                tqdm.write(say("progress.slow", name=name, seconds=_SLOW), file=stream)


def _cut(count: int, *, singles: int) -> Iterator[slice]:
    """Batches of `count` items: first single ones, which soon show how long one takes; then larger ones, which cost
    less; and smaller ones towards the end, so that all threads have something to do until then.
    """
    start = 0
    while start < count:
        size = 1 if start < singles else min(_BATCH, 1 + (count - start) // (2 * THREADS))
        yield slice(start, start + size)
        start += size


def _work_for_a_while(
    work: Callable[[Iterable[Item]], list[Result]], batch: Sequence[Item], stopped: threading.Event | None = None
) -> tuple[list[Result], bool]:
    """The results of the batch's first items, those begun in a quarter of a second, so that what is done is soon kept;
    and whether this thread was mostly waiting, for longer than threads wait for each other.
    """
    begun, computed = time.perf_counter(), time.thread_time()

    def begin() -> Iterator[Item]:
        for number, item in enumerate(batch):
            late = number and time.perf_counter() > begun + _SECONDS_PER_BATCH
            if late or (stopped is not None and stopped.is_set()):
                return
            yield item

    with hushed():
        results = work(begin())
    passed, computed = time.perf_counter() - begun, time.thread_time() - computed
    return results, computed < passed / 3 and passed - computed > _LONG_WAIT * len(results)
