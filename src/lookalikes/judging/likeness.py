"""How like two pictures are, from thumbnails of both: the score of the second look.

A picture is seen as a 64×64 grey thumbnail, stretched to a square, and its colours at 16×16. The second is first laid
onto the first: scaled and shifted along each axis, as a crop or a border does. Then they are compared window by window,
so that brightness and contrast don't matter, and a stamp or a bar spoils only the windows that it covers.
`tests/benchmarks/calibrate.py` measures how well that works.
"""

from typing import NamedTuple

import numpy as np

from lookalikes.judging.aligning import lay, refine
from lookalikes.judging.orienting import list_turns, turn

SIDE, COLOUR_SIDE, FILM_SIDE = 64, 16, 8
FILM = (8, FILM_SIDE, FILM_SIDE)
LOOK = np.dtype([
    ("grey", np.uint8, (SIDE, SIDE)), ("colour", np.uint8, (2, COLOUR_SIDE, COLOUR_SIDE)), ("turn", np.uint8),
    ("file", np.uint64, 2), ("pixels", np.uint64, 2), ("frames", np.uint32), ("others", np.uint64, 2),
    ("film", np.uint8, FILM),
])  # fmt: skip
"""A look at an image: its upright thumbnail and colours (Cb, Cr), EXIF orientation, digests of bytes and of pixels; and
of several frames their number, a digest of those after the first, and small greys throughout."""

_WINDOW, _STEP, _KEPT = 8, 4, 0.8
_NOISE, _TEXTURE, _TINT = 2.0, 15.0, 60.0  # variances, in squared grey levels
_PROMISING, _SURE, _LEAST_AGREE = 0.5, 0.95, 0.95
_ANGLES = (-0.05, 0.0, 0.05)
_BLANK = 0.5  # windows; what the mean colours weigh, so that two blank pictures have a score


def _centres(side: int) -> np.ndarray:
    return (np.arange(side, dtype=np.float32) * 2 + 1) / side - 1


def _blur(side: int, width: float) -> np.ndarray:
    distance = np.abs(np.arange(side)[:, None] - np.arange(side)) / width
    weights = np.where(distance < 4, np.exp(-0.5 * distance**2), 0)
    shares: np.ndarray = weights / weights.sum(1, keepdims=True)
    return shares.astype(np.float32)


def _list_fits() -> np.ndarray:
    """Along one axis, the ends moved in or out by up to 8 % of the picture: (scale, shift) of each."""
    ends = np.array([-0.16, -0.08, 0, 0.08, 0.16], np.float32)
    low, high = (grid.ravel() for grid in np.meshgrid(ends - 1, ends + 1, indexing="ij"))
    return np.stack([(high - low) / 2, (high + low) / 2], axis=1)


_STARTS = np.arange(0, SIDE - _WINDOW + 1, _STEP)[:, None]
_WINDOWS = ((np.arange(SIDE) >= _STARTS) & (np.arange(SIDE) < _STARTS + _WINDOW)).astype(np.float32) / _WINDOW
_FITS = _list_fits()
_LEAST, _MOST = np.array([0.78, -0.25], np.float32), np.array([1.28, 0.25], np.float32)
_NEAR, _WIDE = _blur(SIDE // 2, 1.5), _blur(SIDE // 2, 2.25)


def halve(pictures: np.ndarray) -> np.ndarray:
    """Pictures (…, height, width) at half the size, each pixel the mean of four."""
    *more, height, width = pictures.shape
    rows = pictures.reshape(*more, height // 2, 2, width)
    rows = rows[..., 0, :] + rows[..., 1, :]
    halved: np.ndarray = (rows[..., ::2] + rows[..., 1::2]) / 4
    return halved


class Scores(NamedTuple):
    """Of n pairs: the `score`, from 0 to 1; the `fit` (n×2×3) by which the second lies on the first; and whether that
    is so of the second `as_stored`, turned as told, rather than upright.
    """

    score: np.ndarray
    fit: np.ndarray
    as_stored: np.ndarray


def score_looks(first: np.ndarray, second: np.ndarray, turns: np.ndarray) -> Scores:
    """The scores of n pairs of `LOOK`s.

    Pictures are compared upright; and as stored as well, where the EXIF orientations of a pair differ or `turns` (an
    EXIF orientation each) says how the second as stored is turned to match the first as stored. The better counts.
    """
    scores, fits = _compare(first, second)
    as_stored = np.zeros(len(first), bool)
    turned = np.flatnonzero((turns != 1) | (first["turn"] != second["turn"]))
    if len(turned):
        matched = second[turned]
        for look, one, told in zip(matched, first[turned], turns[turned].tolist(), strict=True):
            for name in ("grey", "colour"):
                for each in list_turns(int(look["turn"]), told, int(one["turn"])):
                    look[name] = turn(look[name], each).copy()
        others, other_fits = _compare(first[turned], matched)
        better = others > scores[turned]
        scores[turned[better]], fits[turned[better]] = others[better], other_fits[better]
        as_stored[turned[better]] = True
    return Scores(scores, fits, as_stored)


def _compare(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    greys = first["grey"].astype(np.float32), second["grey"].astype(np.float32)
    colours = first["colour"].astype(np.float32), second["colour"].astype(np.float32)
    fit = _align(*map(halve, greys))
    fit[(greys[0] == greys[1]).all((1, 2))] = 1, 0  # as they are: nearly blank ones show too little to align by
    apart = np.abs(greys[0].mean((1, 2)) - greys[1].mean((1, 2))) + np.abs(colours[0] - colours[1]).mean((1, 2, 3))
    blank = np.clip(1 - apart / SIDE, 0, 1)
    maps, inside = _map_axes(fit, SIDE)
    whole = inside @ _WINDOWS.T > 0.99
    alike = _compare_windows(greys[0], _lay(greys[1], maps), whole[:, 0, :, None] & whole[:, 1, None], blank)
    fits = np.zeros((len(fit), 2, 3))
    fits[:, 0, 0], fits[:, 0, 2], fits[:, 1, 1], fits[:, 1, 2] = fit[:, 1, 0], fit[:, 1, 1], fit[:, 0, 0], fit[:, 0, 1]
    for weak in np.flatnonzero((alike > _PROMISING) & (alike < _SURE)):
        layers = first["grey"][weak], second["grey"][weak]
        better, turned = _turn_a_little(*layers, fits[weak], blank[weak : weak + 1])
        if better > alike[weak]:
            alike[weak], fits[weak] = better, turned
    agree = np.clip(2 * _compare_colours(*colours, fit), _LEAST_AGREE, 1)  # half a correlation is near enough
    scores: np.ndarray = np.clip(alike, 0, 1) * agree
    return scores.astype(float), fits


def _turn_a_little(
    first: np.ndarray, second: np.ndarray, fit: np.ndarray, blank: np.ndarray
) -> tuple[float, np.ndarray]:
    """The best likeness of two 64×64 greys under fits that turn the second by some degrees as well; and that fit."""
    best, best_fit = -1.0, fit
    for angle in _ANGLES:
        start = fit.copy()
        start[:, :2] = start[:, :2] @ np.array([[1, -angle], [angle, 1]])
        refined = refine(first, second, start, 1, 1)
        laid = lay(second, refined, SIDE, SIDE)
        whole = _WINDOWS @ (laid >= 0) @ _WINDOWS.T > 0.99
        pictures = first[None].astype(np.float32), (laid[None] / 4).astype(np.float32)
        alike = float(_compare_windows(*pictures, whole[None], blank)[0])
        if alike > best:
            best, best_fit = alike, refined
    return best, best_fit


def _map_axes(fit: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrices (…, side, side) that resample an axis at scale · x + shift, x from -1 to 1; which pixels are inside."""
    position = (fit[..., :1] * _centres(side) + fit[..., 1:] + 1) * (side / 2) - 0.5
    inside = (position >= -0.5) & (position <= side - 0.5)
    distance = np.abs(np.clip(position, 0, side - 1)[..., None] - np.arange(side, dtype=np.float32))
    return np.maximum(0, 1 - distance), inside.astype(np.float32)


def _lay(pictures: np.ndarray, maps: np.ndarray) -> np.ndarray:
    laid: np.ndarray = maps[:, 0] @ pictures @ maps[:, 1].swapaxes(1, 2)
    return laid


def _align(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """How to lay the second 32×32 pictures onto the first: n × 2 axes (rows, columns) × (scale, shift)."""
    fit = _align_coarsely(halve(first), halve(second))
    first, second = _even_out(first), _even_out(second)
    for _ in range(4):
        fit = np.clip(fit + _improve(first, second, fit), _LEAST, _MOST)
    return fit


def _align_coarsely(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of all pairs of `_FITS`, the one under which the 16×16 pictures correlate best where they overlap."""
    maps, inside = _map_axes(_FITS, first.shape[-1])
    maps = maps * inside[..., None]
    first, second = (pictures - pictures.mean((1, 2), keepdims=True) for pictures in (first, second))
    laid = (maps.reshape(-1, maps.shape[-1]) @ second).reshape(len(second), len(_FITS), -1)
    product = laid @ (first[:, None] @ maps).reshape(laid.shape).swapaxes(1, 2)
    count = np.outer(inside.sum(1), inside.sum(1))
    means, spreads = [], []
    for pictures, weights in ((first, inside), (second, maps.sum(1))):
        means.append(weights @ pictures @ weights.T / count)
        spreads.append(weights @ pictures**2 @ weights.T / count - means[-1] ** 2 + _NOISE)
    fitness = (product / count - means[0] * means[1]) / np.sqrt(spreads[0] * spreads[1])
    fitness[:, len(_FITS) // 2, len(_FITS) // 2] += 0.02  # as it is, unless another is clearly better
    best = fitness.reshape(len(first), -1).argmax(1)
    return np.stack([_FITS[best // len(_FITS)], _FITS[best % len(_FITS)]], axis=1)


def _even_out(pictures: np.ndarray) -> np.ndarray:
    """Each pixel less the mean of those around it, in units of their spread."""
    detail = pictures - _NEAR @ pictures @ _NEAR.T
    evened: np.ndarray = detail / np.sqrt(_WIDE @ detail**2 @ _WIDE.T + 9)
    return evened


def _improve(first: np.ndarray, second: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """One step of image alignment by least squares (Lucas and Kanade, 1981); pixels that differ much weigh little."""
    maps, inside = _map_axes(fit, first.shape[-1])
    laid = _lay(second, maps)
    error = first - laid
    weight = inside[:, 0, :, None] * inside[:, 1, None] / (1 + error**2)
    slopes = _find_slopes((first + laid) / 2).reshape(len(first), 4, -1)
    weighted = slopes * weight.reshape(len(first), 1, -1)
    normal = weighted @ slopes.swapaxes(1, 2)
    normal += np.eye(4, dtype=np.float32) * (normal.trace(axis1=1, axis2=2)[:, None, None] / 4000 + 1e-3)
    step = np.linalg.solve(normal, weighted @ error.reshape(len(first), -1, 1))
    return np.clip(step, -0.1, 0.1).reshape(-1, 2, 2)


def _find_slopes(pictures: np.ndarray) -> np.ndarray:
    """How each pixel changes with the scale and the shift of the rows, and of the columns: n × 4 × height × width."""
    x = _centres(pictures.shape[-1])
    slopes = np.zeros((len(pictures), 4, len(x), len(x)), np.float32)
    slopes[:, 1, 1:-1] = (pictures[:, 2:] - pictures[:, :-2]) * (len(x) / 4)
    slopes[:, 3, :, 1:-1] = (pictures[:, :, 2:] - pictures[:, :, :-2]) * (len(x) / 4)
    slopes[:, 0], slopes[:, 2] = slopes[:, 1] * x[:, None], slopes[:, 3] * x
    return slopes


def _compare_windows(first: np.ndarray, laid: np.ndarray, whole: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """The mean correlation of the `whole` windows, weighted by texture, without the worst 20 %; of blank pictures,
    `blank`.
    """
    mean, other_mean, square, other_square, product = (
        _WINDOWS @ layer @ _WINDOWS.T for layer in (first, laid, first * first, laid * laid, first * laid)
    )
    spread, other_spread = np.maximum(square - mean**2, 0), np.maximum(other_square - other_mean**2, 0)
    alike = (product - mean * other_mean + _NOISE) / np.sqrt((spread + _NOISE) * (other_spread + _NOISE))
    weight = (spread / (spread + _TEXTURE) + other_spread / (other_spread + _TEXTURE)) / 2
    weight *= whole
    kept = _keep_best(alike.reshape(len(first), -1), weight.reshape(len(first), -1))
    mean_alike: np.ndarray = ((kept * alike.reshape(kept.shape)).sum(1) + _BLANK * blank) / (kept.sum(1) + _BLANK)
    return mean_alike


def _keep_best(alike: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weights of each row's most alike windows, up to `_KEPT` of the whole weight; 0 for the others."""
    order = np.argsort(-alike, axis=1)
    ordered = np.take_along_axis(weight, order, axis=1)
    before = np.cumsum(ordered, axis=1) - ordered
    kept = np.empty_like(weight)
    np.put_along_axis(kept, order, np.clip(_KEPT * weight.sum(1, keepdims=True) - before, 0, ordered), axis=1)
    return kept


def _compare_colours(first: np.ndarray, second: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """The correlation of the colours where they overlap, up to 1; near 1 where one of the two is grey."""
    maps, inside = _map_axes(fit, COLOUR_SIDE)
    where = (inside[:, 0, :, None] * inside[:, 1, None])[:, None]
    count = where.sum((2, 3), keepdims=True)
    laid = maps[:, 0, None] @ second @ maps[:, 1, None].swapaxes(2, 3)
    first, laid = ((tint - (tint * where).sum((2, 3), keepdims=True) / count) * where for tint in (first, laid))
    one, other = ((tint**2).sum((1, 2, 3)) / count.ravel() for tint in (first, laid))
    shared = (first * laid).sum((1, 2, 3)) / count.ravel()
    correlation: np.ndarray = (shared + _TINT) / (np.sqrt(one * other) + _TINT)
    return correlation
