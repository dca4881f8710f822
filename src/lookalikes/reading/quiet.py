"""Keep quiet what Pillow warns of and C libraries print while they decode: it doesn't say of which file, and hides
what does matter.
"""

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

_lock = threading.Lock()
_inside = 0
_undo = ExitStack()


@contextmanager
def hushed() -> Iterator[None]:
    """Within the block, in all threads, Pillow's warnings and log and what is written to file descriptor 2 are dropped;
    sys.stderr goes on.
    """
    global _inside
    with _lock:
        _inside += 1
        if _inside == 1:
            _hush()
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _undo.close()


def _hush() -> None:
    _undo.enter_context(warnings.catch_warnings())
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logger = logging.getLogger("PIL")
    _undo.callback(logger.setLevel, logger.level)
    logger.setLevel(logging.CRITICAL + 1)
    if sys.stderr is None:  # it was closed from the start, so that descriptor 2 is now another file, or none
        return
    kept = os.dup(2)
    _undo.callback(os.close, kept)
    _undo.callback(os.dup2, kept, 2)
    # Jupyter's and pytest's sys.stderr don't write to descriptor 2, but a terminal's does.
    if _writes_to_2(sys.stderr):
        sys.stderr.flush()
        _undo.callback(setattr, sys, "stderr", sys.stderr)
        sys.stderr = _undo.enter_context(
            open(os.dup(2), "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)
        )
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _writes_to_2(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 2
    except (AttributeError, OSError):  # io.UnsupportedOperation is an OSError
        return False
