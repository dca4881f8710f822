"""Read many images at once: on this machine's threads, or on any `concurrent.futures.Executor`."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from functools import partial
from itertools import islice

from tqdm import tqdm

from lookalikes.quiet import hushed

THREADS = 32
"""More than the cores: most wait for the disk or the network, and `reading` lets no more decode than there are
cores.
"""
_BATCH = 16
_BATCHES_UNDER_WAY = 256
_SECONDS_PER_BATCH = 0.25


def work_through(
    work: Callable[[Iterable], list], items: Sequence, *, executor: Executor | None = None, label: str, done: int = 0
) -> Iterator[tuple[slice, list]]:
    """Yield `(slice of items, work(those items))` as batches finish, in any order, under a progress bar called
    `label`, which counts `done` more as finished before.

    `work` takes an iterable and returns a list as long; with an `executor` of processes or machines it is pickled by
    name. Closing the generator, as an interruption does, drops what hasn't begun and waits only for the images that
    are being decoded.
    """
    stopped = threading.Event()
    pool = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="lookalikes")
    task = partial(_work_for_a_while, work) if executor else partial(_work_for_a_while, work, stopped=stopped)
    size = max(1, min(_BATCH, len(items) // (2 * THREADS)))
    parts = (slice(start, min(start + size, len(items))) for start in range(0, len(items), size))
    options = {"desc": label, "unit": " images", "disable": not items and not done}
    waiting = {pool.submit(task, items[part]): part for part in islice(parts, _BATCHES_UNDER_WAY)}
    try:
        with hushed(), tqdm(total=len(items) + done, initial=done, **options) as bar:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    part, results = waiting.pop(future), future.result()
                    finished = slice(part.start, part.start + len(results))
                    left = [slice(finished.stop, part.stop)] if finished.stop < part.stop else islice(parts, 1)
                    waiting |= {pool.submit(task, items[following]): following for following in left}
                    yield finished, results
                    bar.update(len(results))
    finally:
        stopped.set()
        for future in waiting:
            future.cancel()
        if executor is None:
            pool.shutdown(cancel_futures=True)


def _work_for_a_while(
    work: Callable[[Iterable], list], batch: Sequence, stopped: threading.Event | None = None
) -> list:
    """The results of the batch's first items: those begun in a quarter of a second, so that what is done is soon
    known and kept.
    """
    end = time.monotonic() + _SECONDS_PER_BATCH

    def begin() -> Iterator:
        for number, item in enumerate(batch):
            if (number and time.monotonic() > end) or (stopped is not None and stopped.is_set()):
                return
            yield item

    with hushed():
        return work(begin())
