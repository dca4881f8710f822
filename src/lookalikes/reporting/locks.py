"""Locks that the system releases when their process ends, however it ends; some network mounts know none."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_UNKNOWN = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def lock(path: str | Path) -> Iterator[str | None]:
    """Hold the file's lock within the block, which is given None, or the reason why this file system knows no locks.

    Raises `filelock.Timeout`, an OSError, where another process holds it, and OSError where the file can't be made.
    """
    held, reason = FileLock(path, timeout=0), None
    try:
        held.acquire()
    except NotImplementedError as error:
        reason = str(error)
    except OSError as error:
        if isinstance(error, Timeout) or error.errno not in _UNKNOWN:
            raise
        reason = error.strerror
    try:
        yield reason
    finally:
        held.release()
