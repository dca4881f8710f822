"""Read many images at once: on this machine's threads, or on any `concurrent.futures.Executor`."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from functools import partial
from itertools import islice

from tqdm import tqdm

THREADS = 32
"""More than the cores: most wait for the disk or the network, and `reading` lets no more decode than there are cores."""
_BATCH = 16
_BATCHES_UNDER_WAY = 256


def work_through(
    work: Callable[[Iterable], list], items: Sequence, *, executor: Executor | None = None, label: str
) -> Iterator[tuple[slice, list]]:
    """Yield `(slice of items, work(those items))` as batches finish, in any order, under a progress bar called `label`.

    With an `executor` of processes or machines `work` is pickled by name. Closing the generator, as an interruption does,
    drops what hasn't begun and waits only for the images that are being decoded.
    """
    stopped = threading.Event()
    pool = executor or ThreadPoolExecutor(THREADS, thread_name_prefix="lookalikes")
    task = work if executor else partial(_work_until, stopped, work)
    size = max(1, min(_BATCH, len(items) // (2 * THREADS)))
    parts = (slice(start, min(start + size, len(items))) for start in range(0, len(items), size))
    waiting = {pool.submit(task, items[part]): part for part in islice(parts, _BATCHES_UNDER_WAY)}
    try:
        with tqdm(total=len(items), desc=label, unit=" images", disable=not len(items)) as bar:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    part = waiting.pop(future)
                    waiting |= {pool.submit(task, items[following]): following for following in islice(parts, 1)}
                    yield part, future.result()
                    bar.update(part.stop - part.start)
    finally:
        stopped.set()
        for future in waiting:
            future.cancel()
        if executor is None:
            pool.shutdown(cancel_futures=True)


def _work_until(stopped: threading.Event, work: Callable[[Iterable], list], batch: Sequence) -> list:
    return work(item for item in batch if not stopped.is_set())
