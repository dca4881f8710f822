"""Compile inner loops with Numba."""

from collections.abc import Callable

from numba import njit


def compiled(function: Callable) -> Callable:
    """`function` as machine code: compiled at its first call, kept on disk, and free of Python's global lock."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder that can be written, so it is compiled anew in each process
        return njit(nogil=True)(function)
