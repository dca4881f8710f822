"""Compare two pictures window by window, as sharp as each other: compiled loops.

Pictures are int16, in quarters of a grey level, -1 outside the frame. Windows are `WINDOW` pixels wide and high and
stand `STRIDE` pixels apart, the last ones flush with the edge.
"""

import math

import numpy as np

from lookalikes.compiling import compiled, inlined

WINDOW, STRIDE = 16, 8
_PLAY = 2
_ENOUGH = 0.9  # from this correlation on, a window needs no play
_NOISE = 15 * 16


@inlined
def count_windows(side: int) -> int:
    return (side - WINDOW + STRIDE - 1) // STRIDE + 1


@compiled
def soften(picture: np.ndarray) -> np.ndarray:
    """Blurred by 1-2-1 along each axis; what is outside the frame stays so, and what is at its edge stays as it is."""
    height, width = picture.shape
    across, blurred = picture.copy(), picture.copy()
    for y in range(height):
        for x in range(1, width - 1):
            before, here, after = picture[y, x - 1], picture[y, x], picture[y, x + 1]
            mean = (np.int32(before) + 2 * np.int32(here) + after + 2) >> 2
            across[y, x] = mean if min(before, here, after) >= 0 else here
    for y in range(1, height - 1):
        for x in range(width):
            before, here, after = across[y - 1, x], across[y, x], across[y + 1, x]
            mean = (np.int32(before) + 2 * np.int32(here) + after + 2) >> 2
            blurred[y, x] = mean if min(before, here, after) >= 0 else here
    return blurred


@compiled
def measure_detail(picture: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The energy of the fine detail in every second window of every second row, 0 where it isn't inside."""
    height, width = picture.shape
    found = np.zeros(((inside.shape[0] + 1) // 2, (inside.shape[1] + 1) // 2))
    for row in range(found.shape[0]):
        for column in range(found.shape[1]):
            if not inside[2 * row, 2 * column]:
                continue
            top, left = min(2 * row * STRIDE, height - WINDOW), min(2 * column * STRIDE, width - WINDOW)
            total = np.int64(0)
            for y in range(top + 1, top + WINDOW - 1):
                part = np.int32(0)
                for x in range(left + 1, left + WINDOW - 1):
                    bend = 4 * np.int32(picture[y, x]) - picture[y, x - 1] - picture[y, x + 1]
                    bend = (bend - picture[y - 1, x] - picture[y + 1, x]) >> 2
                    part += bend * bend
                total += part
            found[row, column] = total / ((WINDOW - 2) * (WINDOW - 2))
    return found


@compiled
def find_inside(laid: np.ndarray) -> np.ndarray:
    """Which windows lie wholly in the frame of the picture laid; a frame is convex, so the corners tell."""
    height, width = laid.shape
    inside = np.zeros((count_windows(height), count_windows(width)), np.bool_)
    for row in range(inside.shape[0]):
        top = min(row * STRIDE, height - WINDOW)
        for column in range(inside.shape[1]):
            left = min(column * STRIDE, width - WINDOW)
            inside[row, column] = min(laid[top, left], laid[top, left + WINDOW - 1]) >= 0
            bottom = min(laid[top + WINDOW - 1, left], laid[top + WINDOW - 1, left + WINDOW - 1])
            inside[row, column] &= bottom >= 0
    return inside


@inlined
def _sum_up(first: np.ndarray, second: np.ndarray, y: int, x: int, top: int, left: int) -> tuple[int, int, int]:
    """Of a window of the second: the sum, the sum of the squares, and that of the products with one of the first."""
    total, square, product = np.int64(0), np.int64(0), np.int64(0)
    for i in range(WINDOW):
        part, squares, products = np.int32(0), np.int32(0), np.int32(0)
        for j in range(WINDOW):
            p, q = np.int32(first[y + i, x + j]), np.int32(second[top + i, left + j])
            part += q
            squares += q * q
            products += p * q
        total += part
        square += squares
        product += products
    return int(total), int(square), int(product)


@compiled
def compare_windows(first: np.ndarray, second: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Of each window inside: mean and variance in the first, mean and variance in the second, and their covariance, in
    grey levels. Where the two aren't alike, the second has two pixels of play, and stands as it is most alike.
    """
    height, width = first.shape
    found, count = np.zeros((*inside.shape, 5)), WINDOW * WINDOW
    for row in range(inside.shape[0]):
        y = min(row * STRIDE, height - WINDOW)
        for column in range(inside.shape[1]):
            if not inside[row, column]:
                continue
            x, best = min(column * STRIDE, width - WINDOW), -2.0
            own, square, _ = _sum_up(first, first, y, x, y, x)
            mean = own / count
            spread = square / count - mean * mean
            for reach in range(_PLAY + 1):
                for top in range(max(y - reach, 0), min(y + reach, height - WINDOW) + 1):
                    for left in range(max(x - reach, 0), min(x + reach, width - WINDOW) + 1):
                        if max(abs(top - y), abs(left - x)) != reach:
                            continue
                        if min(second[top, left], second[top + WINDOW - 1, left + WINDOW - 1]) < 0:
                            continue
                        if min(second[top, left + WINDOW - 1], second[top + WINDOW - 1, left]) < 0:
                            continue
                        total, square, product = _sum_up(first, second, y, x, top, left)
                        other = total / count
                        other_spread, both = square / count - other * other, product / count - mean * other
                        alike = (both + _NOISE) / math.sqrt((spread + _NOISE) * (other_spread + _NOISE))
                        if alike > best:
                            best = alike
                            found[row, column, 0], found[row, column, 1] = mean / 4, spread / 16
                            found[row, column, 2], found[row, column, 3] = other / 4, other_spread / 16
                            found[row, column, 4] = both / 16
                if best > _ENOUGH:
                    break
    return found
