"""Shrink a grey picture exactly as Pillow's Lanczos `resize` does, in a fraction of its time.

Pillow resamples 8-bit pictures in whole numbers (`src/libImaging/Resample.c`): coefficients rounded to 22 bits, one
pass along the rows and one along the columns, each result rounded to 8 bits. The same arithmetic, compiled for this
machine's vector units, gives the same pixels; `tests/hashing/test_shrinking.py` holds the two together.
"""

import math
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from PIL import Image

from lookalikes.compiling import compiled, inlined

_PRECISION = 22
_LOBES = 3.0
_STEP = 16
Order = Callable[[int, int, int], bool]
ORDERS: dict[str, Order] = {
    "from 11.3 to 12.1": lambda height, width, size: False,
    "12.2 and 12.3": lambda height, width, size: height > max(100 * width, size),
    "13": lambda height, width, size: height > max(2 * width - size, size),
}
"""By Pillow's version, whether it starts with the columns of a picture of this height and width: the sooner many rows
become few, the less is left to do.
"""


def shrink_to_grey(image: Image.Image, size: int) -> np.ndarray:
    """`image.convert("L").resize((size, size), Image.Resampling.LANCZOS)`, all that phash looks at: size×size uint8."""
    grey = image.convert("L")
    order = find_order()
    if order is None:
        return np.asarray(grey.resize((size, size), Image.Resampling.LANCZOS))
    return shrink(np.asarray(grey), size, order=order)


@cache
def find_order() -> Order | None:
    """The one of `ORDERS` in which the Pillow in use takes the passes; None where it shrinks otherwise than we do.

    Tried on noise, at sizes on both sides of those where an order changes.
    """
    noise = np.random.default_rng(0).integers(0, 256, (300, 250), np.uint8)
    sizes = [(250, 60), (60, 250), (40, 48), (40, 49), (100, 168), (100, 169), (150, 268), (150, 269)]
    greys = [noise[:height, :width].copy() for width, height in [*sizes, (20, 32), (20, 33), (2, 200), (2, 201)]]
    theirs = [np.asarray(Image.fromarray(grey).resize((32, 32), Image.Resampling.LANCZOS)) for grey in greys]
    for order in ORDERS.values():
        if all(np.array_equal(shrink(grey, 32, order=order), told) for grey, told in zip(greys, theirs, strict=True)):
            return order
    return None


def shrink(grey: np.ndarray, size: int, *, order: Order) -> np.ndarray:
    """`Image.fromarray(grey).resize((size, size), Image.Resampling.LANCZOS)`, as an array: height×width uint8 to
    size×size uint8, by a Pillow of that order.
    """
    height, width = grey.shape
    columns_first = order(height, width, size)
    for columns in (columns_first, not columns_first):
        rows = np.ascontiguousarray(grey.T) if columns else grey
        if rows.shape[1] != size:
            rows = _shrink_rows(rows, size, *_weigh(rows.shape[1], size))
        grey = rows.T if columns else rows
    return grey


@lru_cache(maxsize=256)
def _weigh(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _compute_weights(length, size)


@inlined
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
    # Each output pixel takes a multiple of _STEP pixels, the last ones with no weight, so that the loop fills vectors.
    weights = np.zeros((size, _STEP * math.ceil((math.ceil(support) * 2 + 1) / _STEP)), np.int32)
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
        count[out] += -count[out] % _STEP
    return first, count, weights


@compiled
def _shrink_rows(rows: np.ndarray, size: int, first: np.ndarray, count: np.ndarray, weights: np.ndarray) -> np.ndarray:
    height, width = rows.shape
    shrunk = np.empty((height, size), np.uint8)
    row = np.zeros(width + _STEP, np.int32)
    for y in range(height):
        for x in range(width):  # a slice would compile for a second longer
            row[x] = rows[y, x]
        for out in range(size):
            part = row[first[out] : first[out] + count[out]]
            taps = weights[out]
            total = np.int32(1 << (_PRECISION - 1))
            for tap in range(len(part)):
                total = np.int32(total + np.int32(part[tap] * taps[tap]))
            shrunk[y, out] = min(max(int(total) >> _PRECISION, 0), 255)
    return shrunk
