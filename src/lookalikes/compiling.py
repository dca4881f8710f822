"""Compile inner loops with Numba."""

from collections.abc import Callable

from numba import njit


def compiled(function: Callable) -> Callable:
    """Compile with Numba at the first call, and keep the machine code on disk where that works."""
    uncached = njit(nogil=True)(function)
    try:
        cached = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        return uncached

    def call(*args):
        try:
            return cached(*args)
        except Exception:  # a damaged or full cache folder fails in many ways; the loops themselves raise nothing
            return uncached(*args)

    return call
