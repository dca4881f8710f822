"""Locks that the system releases when their process ends, however it ends; some network mounts know none."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

if sys.platform != "win32":
    import fcntl

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
        number = _ask_system(path) if isinstance(error, Timeout) else error.errno
        if number not in _UNKNOWN:
            raise
        reason = os.strerror(number)
    try:
        yield reason
    finally:
        held.release()


def _ask_system(path: str | Path) -> int | None:
    """The number of the system's own error; before its version 4, filelock tells only that time is up."""
    if sys.platform != "win32":
        with open(path, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                return error.errno
    return None
