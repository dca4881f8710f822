"""Compile inner loops with Numba, behind decorators that keep a function's types."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import extending, njit

P = ParamSpec("P")
R = TypeVar("R")


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with Numba as a part of the `compiled` functions that call it."""
    return cast(Callable[P, R], njit(nogil=True)(function))


def intrinsic(function: Callable[P, R]) -> Callable[..., bool]:
    """Numba's `intrinsic`: a function that writes the machine's own instructions, here for a yes or no."""
    return cast(Callable[..., bool], extending.intrinsic(function))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with Numba at the first call, and keep the machine code on disk where that works."""
    uncached = inlined(function)
    try:
        cached = cast(Callable[P, R], njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no folder to keep it in
        return uncached

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return cached(*args, **kwargs)
        except Exception:  # a damaged or full cache folder fails in many ways; the loops themselves raise nothing
            return uncached(*args, **kwargs)

    return call
