"""Lay one picture onto another, shifted, scaled, turned and slanted: compiled loops.

A *fit* (2×3) says where in the second picture each point (x, y, 1) of the first lies, with both axes from -1 to 1.
"""

import math

import numpy as np

from lookalikes.compiling import compiled, inlined

_STEPS = 6
_STILL = 0.02  # pixels


@inlined
def _blur(picture: np.ndarray, radius: int) -> np.ndarray:
    """Each pixel the mean of those within `radius` along each axis, fewer at the edges."""
    height, width = picture.shape
    across, blurred = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    for y in range(height):
        total, count = np.float32(0), np.float32(0)
        for x in range(-radius, width):
            if x + radius < width:
                total += picture[y, x + radius]
                count += 1
            if x - radius - 1 >= 0:
                total -= picture[y, x - radius - 1]
                count -= 1
            if x >= 0:
                across[y, x] = total / count
    totals, count = np.zeros(width, np.float32), np.float32(0)
    for y in range(-radius, height):
        if y + radius < height:
            count += 1
            for x in range(width):
                totals[x] += across[y + radius, x]
        if y - radius - 1 >= 0:
            count -= 1
            for x in range(width):
                totals[x] -= across[y - radius - 1, x]
        if y >= 0:
            for x in range(width):
                blurred[y, x] = totals[x] / count
    return blurred


@inlined
def _even_out(picture: np.ndarray, factor: int) -> np.ndarray:
    """Smaller by a whole factor; then each pixel less the mean of those around it, in units of their spread."""
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    small = np.zeros((height, width), np.float32)
    for y in range(height * factor):
        for x in range(width * factor):
            small[y // factor, x // factor] += picture[y, x]
    small /= np.float32(factor * factor)
    around = _blur(small, 3)
    for y in range(height):
        for x in range(width):
            small[y, x] -= around[y, x]
            around[y, x] = small[y, x] * small[y, x]
    spread = _blur(around, 5)
    for y in range(height):
        for x in range(width):
            small[y, x] /= math.sqrt(max(spread[y, x], 0) + 9)
    return small


@inlined
def _solve(normal: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a small positive definite system, by Cholesky's factors."""
    n = len(right)
    lower, x = np.zeros((n, n)), right.copy()
    for i in range(n):
        for j in range(i + 1):
            total = normal[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = math.sqrt(max(total, 1e-9)) if i == j else total / lower[j, j]
    for i in range(n):
        for k in range(i):
            x[i] -= lower[i, k] * x[k]
        x[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= lower[k, i] * x[k]
        x[i] /= lower[i, i]
    return x


@inlined
def _add_row(normal: np.ndarray, i: int, j: int, v: float, plain: float, once: float, twice: float) -> None:
    """Add to a block of the normal matrix what a row gives: the sums of a product with 1, u and u², at the height v."""
    normal[i, j] += twice
    normal[i + 1, j] += once * v
    normal[i, j + 1] += once * v
    normal[i + 1, j + 1] += plain * v * v
    normal[i + 2, j] += once
    normal[i, j + 2] += once
    normal[i + 2, j + 1] += plain * v
    normal[i + 1, j + 2] += plain * v
    normal[i + 2, j + 2] += plain


@inlined
def _improve(first: np.ndarray, second: np.ndarray, fit: np.ndarray, step: int) -> float:
    """One step of image alignment by least squares (Lucas and Kanade, 1981), on every `step`-th pixel; pixels that
    differ much weigh little. Changes the fit, and returns by how much, in pixels.
    """
    height, width = first.shape
    rows, columns = second.shape
    normal, right = np.zeros((6, 6)), np.zeros(6)
    for y in range(1, height - 1, step):
        v = (2 * y + 1) / height - 1
        # Over one row, for the slopes across and down (c and d), the sums of their products with 1, u and u².
        cc, ccu, ccuu, cd, cdu, cduu, dd, ddu, dduu = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ce, ceu, de, deu = 0.0, 0.0, 0.0, 0.0
        for x in range(1 + y // step % step, width - 1, step):
            u = (2 * x + 1) / width - 1
            across = (fit[0, 0] * u + fit[0, 1] * v + fit[0, 2] + 1) * columns / 2 - 0.5
            down = (fit[1, 0] * u + fit[1, 1] * v + fit[1, 2] + 1) * rows / 2 - 0.5
            if across < 1 or down < 1 or across >= columns - 2 or down >= rows - 2:
                continue
            left, top = int(across), int(down)
            dx, dy = across - left, down - top
            p, q, r, s = second[top, left], second[top, left + 1], second[top + 1, left], second[top + 1, left + 1]
            error = first[y, x] - ((p * (1 - dx) + q * dx) * (1 - dy) + (r * (1 - dx) + s * dx) * dy)
            weight = 1 / (1 + 2 * error * error)
            weight *= weight
            c, d = (q - p) * (1 - dy) + (s - r) * dy, (r - p) * (1 - dx) + (s - q) * dx
            wc, wd = weight * c, weight * d
            cc, ccu, ccuu = cc + wc * c, ccu + wc * c * u, ccuu + wc * c * u * u
            cd, cdu, cduu = cd + wc * d, cdu + wc * d * u, cduu + wc * d * u * u
            dd, ddu, dduu = dd + wd * d, ddu + wd * d * u, dduu + wd * d * u * u
            ce, ceu, de, deu = ce + wc * error, ceu + wc * error * u, de + wd * error, deu + wd * error * u
        _add_row(normal, 0, 0, v, cc, ccu, ccuu)
        _add_row(normal, 3, 0, v, cd, cdu, cduu)
        _add_row(normal, 3, 3, v, dd, ddu, dduu)
        right[0] += ceu
        right[1] += ce * v
        right[2] += ce
        right[3] += deu
        right[4] += de * v
        right[5] += de
    for i in range(6):  # slopes are a pixel's; half the side makes them the axis's
        right[i] *= (rows if i > 2 else columns) / 2
        for j in range(i + 1):
            normal[i, j] *= (rows if i > 2 else columns) / 2 * ((rows if j > 2 else columns) / 2)
    trace = 0.0
    for i in range(6):
        trace += normal[i, i]
    for i in range(6):
        normal[i, i] += trace / 60000 + 1e-3
    change, moved = _solve(normal, right), 0.0
    for i in range(6):
        change[i] = min(max(change[i], -0.05), 0.05)
        fit[i // 3, i % 3] += change[i]
        moved = max(moved, abs(change[i]) * (rows if i > 2 else columns) / 2)
    return moved


@inlined
def _rescale(fit: np.ndarray, across: float, down: float, others_across: float, others_down: float) -> np.ndarray:
    """The fit of what is left of two pictures, these shares of their sides, once their last rows and columns that fill
    no pixel of a smaller picture are cut off."""
    left = fit.copy()
    left[:, 2] += fit[:, 0] * (across - 1) + fit[:, 1] * (down - 1)
    left[:, 0] *= across
    left[:, 1] *= down
    left[0, 2] += 1 - others_across
    left[1, 2] += 1 - others_down
    left[0] /= others_across
    left[1] /= others_down
    return left


@compiled
def refine(first: np.ndarray, second: np.ndarray, fit: np.ndarray, factor: int, step: int) -> np.ndarray:
    """A better fit of two grey pictures, found on every `step`-th pixel of both, smaller by a whole factor."""
    small, other = _even_out(first, factor), _even_out(second, factor)
    own = small.shape[1] * factor / first.shape[1], small.shape[0] * factor / first.shape[0]
    others = other.shape[1] * factor / second.shape[1], other.shape[0] * factor / second.shape[0]
    better = _rescale(fit, own[0], own[1], others[0], others[1])
    for _ in range(_STEPS):
        if _improve(small, other, better, step) < _STILL:
            break
    return _rescale(better, 1 / own[0], 1 / own[1], 1 / others[0], 1 / others[1])


@compiled
def lay(picture: np.ndarray, fit: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture resampled to height×width where the fit says, as int16 in quarters of a level; -1 outside of it."""
    rows, columns = picture.shape
    laid = np.empty((height, width), np.int16)
    for y in range(height):
        v = (2 * y + 1) / height - 1
        across = (fit[0, 0] * (1 / width - 1) + fit[0, 1] * v + fit[0, 2] + 1) * columns / 2 - 0.5
        down = (fit[1, 0] * (1 / width - 1) + fit[1, 1] * v + fit[1, 2] + 1) * rows / 2 - 0.5
        for x in range(width):
            px = np.float32(across + fit[0, 0] * x * columns / width)
            py = np.float32(down + fit[1, 0] * x * rows / width)
            if px < -0.3 or py < -0.3 or px > columns - 0.7 or py > rows - 0.7:
                laid[y, x] = -1
                continue
            px = min(max(px, np.float32(0)), np.float32(columns - 1.001))
            py = min(max(py, np.float32(0)), np.float32(rows - 1.001))
            left, top = np.int32(px), np.int32(py)
            dx, dy = np.int32((px - left) * 64), np.int32((py - top) * 64)
            upper = picture[top, left] * (64 - dx) + picture[top, left + 1] * dx
            lower = picture[top + 1, left] * (64 - dx) + picture[top + 1, left + 1] * dx
            laid[y, x] = (upper * (64 - dy) + lower * dy + 512) >> 10
    return laid
