"""Shrink a grey picture exactly as Pillow's Lanczos `resize` does, in a fraction of its time.

Pillow resamples 8-bit pictures in whole numbers (`src/libImaging/Resample.c`): coefficients rounded to 22 bits, first
along the rows and then along the columns, each result rounded to 8 bits. The same arithmetic, compiled for this
machine's vector units, gives the same pixels; `tests/test_shrinking.py` holds the two together.
"""

import math
from functools import lru_cache

import numpy as np
from numba import njit

from lookalikes.compiling import compiled

_PRECISION = 22
_LOBES = 3.0


def shrink(grey: np.ndarray, size: int) -> np.ndarray:
    """`Image.fromarray(grey).resize((size, size), Image.Resampling.LANCZOS)`, as an array: height×width uint8 to
    size×size uint8.
    """
    height, width = grey.shape
    # Pillow starts with the columns of a tall picture: the sooner many rows become few, the less is left to do.
    columns_first = height > size and height - size > 2 * (width - size)
    for columns in (columns_first, not columns_first):
        rows = np.ascontiguousarray(grey.T) if columns else grey
        if rows.shape[1] != size:
            rows = _shrink_rows(rows, size, *_weigh(rows.shape[1], size))
        grey = rows.T if columns else rows
    return grey


@lru_cache(maxsize=256)
def _weigh(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _compute_weights(length, size)


@njit(nogil=True)
def _lanczos(x: float) -> float:
    if x == 0.0:
        return 1.0
    if not -_LOBES <= x < _LOBES:
        return 0.0
    return math.sin(x * math.pi) / (x * math.pi) * (math.sin(x / _LOBES * math.pi) / (x / _LOBES * math.pi))


@compiled
def _compute_weights(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per output pixel: its first input pixel, how many it takes, and their weights (whole numbers, in units of
    2⁻²²).
    """
    scale = length / size
    spread = max(scale, 1.0)
    support = _LOBES * spread
    first, count = np.empty(size, np.int64), np.empty(size, np.int64)
    weights = np.zeros((size, math.ceil(support) * 2 + 1), np.int32)
    for out in range(size):
        center = (out + 0.5) * scale
        first[out] = max(int(center - support + 0.5), 0)
        count[out] = min(int(center + support + 0.5), length) - first[out]
        exact = np.empty(count[out])
        total = 0.0
        for tap in range(count[out]):
            exact[tap] = _lanczos((tap + first[out] - center + 0.5) * (1.0 / spread))
            total += exact[tap]
        for tap in range(count[out]):
            share = exact[tap] / total if total != 0.0 else exact[tap]
            weights[out, tap] = int((-0.5 if share < 0 else 0.5) + share * (1 << _PRECISION))
    return first, count, weights


@compiled
def _shrink_rows(rows: np.ndarray, size: int, first: np.ndarray, count: np.ndarray, weights: np.ndarray) -> np.ndarray:
    shrunk = np.empty((rows.shape[0], size), np.uint8)
    row = np.empty(rows.shape[1], np.int32)
    for y in range(rows.shape[0]):
        row[:] = rows[y]
        for out in range(size):
            taps = weights[out]
            start = first[out]
            total = np.int32(1 << (_PRECISION - 1))
            for tap in range(count[out]):
                total = np.int32(total + np.int32(row[start + tap] * taps[tap]))
            shrunk[y, out] = min(max(total >> _PRECISION, 0), 255)
    return shrunk
