"""The fine check: two pictures that score as copies, laid onto each other at 320×320 pixels' worth and compared window
by window, for a part that differs.

What both frames show is compared, as sharp as each other and clipped alike; what only one of them shows is no part that
differs. `tests/benchmarks/calibrate_parts.py` measures how well that works.
"""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from lookalikes.judging.aligning import lay, refine
from lookalikes.judging.orienting import Box
from lookalikes.judging.windows import STRIDE, WINDOW, compare_windows, find_inside, measure_detail, soften

AREA = 320 * 320
LEAST = 96
"""Pixels of the longer side, below which a picture shows too little to be called a near copy."""
TINT = 8
"""How many times smaller the colours are kept."""
_ALIKE, _NEARLY = 0.6, 0.8  # below the first a window differs, and so do those below the second beside it
_NOISE, _NOISES, _MOST_NOISE = 15.0, 3.0, 60.0
_OTHER_TINT, _TURN = 26.0, 0.35
_ONE_HUE = 4.0  # levels within which all tints of a picture are one
_SMALL_PART = 0.05
_MOST_BOXES = 6


class Fine(NamedTuple):
    """A picture in detail: `grey` (height×width, uint8), and `tints` (2×height/8×width/8, uint8), its Cb and Cr."""

    grey: np.ndarray
    tints: np.ndarray


class Part(NamedTuple):
    """Where two pictures differ: the `share` of the area that both show, and `boxes` (left, top, right, bottom, from 0
    to 1) in the first picture and, as many, in the other.
    """

    share: float
    boxes: tuple[Box, ...]
    other_boxes: tuple[Box, ...]


class Check(NamedTuple):
    """What the fine check found: a `part` that differs, if any, and whether the two have another frame (`reframed`)."""

    part: Part | None
    reframed: bool


def compare_closely(first: Fine, second: Fine, fit: np.ndarray) -> Check:
    """Find the part that differs between two pictures; `fit` (2×3) lays the second onto the first, roughly.

    Where frames differ and the part is small, the fit may be wrong, so others are tried before a part is told.
    """
    check = _compare(first, second, fit)
    if check.part and check.part.share < _SMALL_PART and check.reframed:
        for scale in (1.1, 0.9):
            other = _compare(first, second, fit * [[scale, scale, 1]])
            if not other.part:
                return other
    return check


def _compare(first: Fine, second: Fine, fit: np.ndarray) -> Check:
    one, other, fit = _lay(first, second, fit)
    inside = find_inside(other)
    one, other = _clip_alike(*_soften_alike(one, other, inside))
    found = compare_windows(one, other, inside)
    alike, distance = _correlate(found, inside), _compare_tints(first, second, fit, inside, one.shape)
    differs = inside & ((alike < _ALIKE) | _find_fours(distance > _OTHER_TINT))
    doubtful = inside & ((alike < _NEARLY) | (distance > _OTHER_TINT / 2))
    differs = ndimage.binary_propagation(differs, np.ones((3, 3)), mask=doubtful | differs)
    shared = float((other >= 0).mean())
    reframed = min(shared, shared * abs(float(np.linalg.det(fit[:, :2])))) < 0.97
    if not inside.any():
        differs[:] = True
    return Check(_describe(differs, inside, fit, one.shape) if differs.any() else None, reframed)


def are_equal_in_small(first: Fine, second: Fine) -> bool:
    """Whether the larger of two pictures, scaled to the smaller one, has its pixels, but for how it was scaled."""
    first, second = sorted((first, second), key=lambda fine: fine.grey.size)
    for one, other, most in ((first.grey, second.grey, 20), *zip(first.tints, second.tints, (12, 12), strict=True)):
        scaled = Image.fromarray(other).resize(one.shape[::-1], Image.Resampling.BILINEAR)
        apart = ndimage.uniform_filter(one.astype(float) - np.asarray(scaled), 3, mode="nearest")
        if np.abs(apart).max() > most:
            return False
    return True


def _lay(first: Fine, second: Fine, fit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both greys in quarters of a level, at the density of the one that shows less detail, the second on the first."""
    stretch = math.sqrt(abs(np.linalg.det(fit[:, :2])) * second.grey.size / first.grey.size)
    one = _resize(first.grey, stretch) if stretch < 0.92 else first.grey
    other = _resize(second.grey, 1 / stretch) if stretch > 1.08 else second.grey
    fit = refine(one, other, refine(one, other, fit, 4, 1), 2, 2)
    return one.astype(np.int16) * 4, lay(other, fit, *one.shape), fit


def _resize(grey: np.ndarray, scale: float) -> np.ndarray:
    height, width = (max(round(side * scale), 2 * WINDOW) for side in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR))


def _soften_alike(one: np.ndarray, other: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sharper of the two blurred, until its fine detail is as the other's in the middle one of the windows."""
    details = [measure_detail(picture, inside) for picture in (one, other)]
    pictures, sharper = [one, other], _find_sharper(*details)
    for _ in range(12):
        if abs(sharper) < 0.1:
            break
        which = 0 if sharper > 0 else 1
        blurred = soften(pictures[which])
        details[which] = measure_detail(blurred, inside)
        before, sharper = sharper, _find_sharper(*details)
        if abs(sharper) > abs(before):
            break
        pictures[which] = blurred
    return pictures[0], pictures[1]


def _find_sharper(detail: np.ndarray, other: np.ndarray) -> float:
    """Above 0 where the first shows more detail, below where the other does."""
    both = (detail > 4) & (other > 4)
    return float(np.median(np.log(detail[both] / other[both]))) if both.sum() >= 4 else 0.0


def _clip_alike(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where brightening has cut off the lights or the darks of one picture, those of the other are cut off as well."""
    low, high = _find_limits(one, other)
    below, above = _find_limits(other, one)
    clipped = np.minimum(np.maximum(other, below), above)
    return np.minimum(np.maximum(one, low), high), np.where(other < 0, other, clipped)


def _find_limits(one: np.ndarray, other: np.ndarray) -> tuple[np.int16, np.int16]:
    """Between which levels of the first, in quarters, the other still tells levels apart, where its ends are full."""
    a, b = one[2::5, 2::5].ravel() / 4, other[2::5, 2::5].ravel() / 4
    a, b = a[b >= 0], b[b >= 0]
    low, high = 0.0, 255.0
    full = (b > 252).mean(), (b < 3).mean() if len(b) else 0
    middle = (a > 12) & (a < 248) & (b > 5) & (b < 250)
    if len(b) and max(full) > 0.01 and middle.sum() > 20:
        gain, offset = _fit_line(a[middle], b[middle])
        if gain > 1.03 or offset > 8:
            high = float(np.clip((255 - offset) / gain, 170, 255)) if full[0] > 0.01 else high
        if gain > 1.03 or offset < -8:
            low = float(np.clip(-offset / gain, 0, 85)) if full[1] > 0.01 else low
    return np.int16(4 * low), np.int16(4 * high)


def _fit_line(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The gain and the offset by which `b` follows `a`, those of the middle one of all lines through two levels (Theil
    and Sen); without an offset where the levels are too few for that.
    """
    bins = (a // 16).astype(int)
    counts = np.bincount(bins, minlength=16)
    used = np.flatnonzero(counts > max(8, len(a) / 200))
    levels, others = (np.bincount(bins, side, minlength=16)[used] / counts[used] for side in (a, b))
    one, other = np.nonzero(levels[:, None] - levels > 48)
    if len(one) >= 3:
        gain = max(float(np.median((others[one] - others[other]) / (levels[one] - levels[other]))), 0.05)
        return gain, float(np.median(others - gain * levels))
    return float(np.median(b / a)), 0.0


def _correlate(found: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How the windows correlate, apart from as much noise as is usual in this pair."""
    spread, other, both = found[..., 1], found[..., 3], found[..., 4]
    unlike = np.minimum(spread - both**2 / np.maximum(other, 1e-3), other - both**2 / np.maximum(spread, 1e-3))
    usual = float(np.median(unlike[inside])) if inside.any() else 0.0
    noise = _NOISE + min(_NOISES * max(usual, 0.0), _MOST_NOISE)
    alike: np.ndarray = (both + noise) / np.sqrt((spread + noise) * (other + noise))
    return alike


def _compare_tints(
    first: Fine, second: Fine, fit: np.ndarray, inside: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """How far, in levels, each window's colour is from the other's, less what a tint or a filter changes everywhere."""
    height, width = shape[0] // TINT, shape[1] // TINT
    planes = []
    for fine, laid in ((first, np.eye(2, 3)), (second, fit)):
        layers = (lay(plane, laid, height, width) for plane in fine.tints)
        blue, red = (_average(np.maximum(layer, 0) / 4 - 128, inside) for layer in layers)
        planes.append(blue + 1j * red)
    unlike = np.zeros(inside.shape)
    unlike[inside] = _find_unlike_tints(planes[0][inside], planes[1][inside])
    return unlike


def _find_fours(marked: np.ndarray) -> np.ndarray:
    """Those marked in a square of four: windows overlap, and what fills none is no thing of another colour."""
    fours: np.ndarray = ndimage.binary_opening(marked, np.ones((2, 2)))
    return fours


def _average(layer: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The mean of a layer of colours in each window."""
    tops, lefts = (
        np.minimum(np.arange(count), side - 2) for count, side in zip(inside.shape, layer.shape, strict=True)
    )
    pairs = layer[tops] + layer[tops + 1]
    return np.asarray((pairs[:, lefts] + pairs[:, lefts + 1]) / 4)


def _find_unlike_tints(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far, in levels, the second tints are from the first ones, saturated, turned a little and shifted alike;
    nothing where one of the two is of one hue, as a copy in grey is.
    """
    if any(np.abs(tints - tints.mean()).max(initial=0) < _ONE_HUE for tints in (one, other)):
        return np.zeros(len(one))
    weight = np.ones(len(one))
    distance = np.zeros(len(one))
    for _ in range(4 if len(one) else 0):
        total = weight.sum()
        mean, other_mean = (weight * one).sum() / total, (weight * other).sum() / total
        product = (weight * np.conj(one - mean) * (other - other_mean)).sum()
        gain = (product + 4 * total) / ((weight * np.abs(one - mean) ** 2).sum() + 4 * total)
        saturation = min(max(gain.real, 0.0), 2.0)
        gain = saturation + 1j * min(max(gain.imag, -_TURN * saturation), _TURN * saturation)
        distance = np.abs(other - other_mean - gain * (one - mean))
        weight = 1 / (1 + (distance / 6) ** 2)
    return distance


def _describe(differs: np.ndarray, inside: np.ndarray, fit: np.ndarray, shape: tuple[int, int]) -> Part:
    labels, _ = ndimage.label(ndimage.binary_dilation(differs, np.ones((3, 3))), np.ones((3, 3)))
    labels *= differs
    places = ndimage.find_objects(labels)
    sizes = np.bincount(labels.ravel())[1:]
    boxes = [_find_box(places[place], shape) for place in np.argsort(-sizes, kind="stable")[:_MOST_BOXES]]
    share = float(differs.sum() / max(inside.sum(), 1))
    return Part(round(share, 4), tuple(boxes), tuple(_carry_over(box, fit) for box in boxes))


def _find_box(place: tuple[slice, slice], shape: tuple[int, int]) -> Box:
    """The windows' box, less a quarter of a window where it isn't at the edge: they overlap what differs."""
    ends = []
    for part, side in zip(place, shape, strict=True):
        start, stop = part.start * STRIDE, min((part.stop - 1) * STRIDE + WINDOW, side)
        start, stop = (start + WINDOW // 4 if start else 0), (stop - WINDOW // 4 if stop < side else side)
        ends.append((round(start / side, 4), round(stop / side, 4)))
    (top, bottom), (left, right) = ends
    return left, top, right, bottom


def _carry_over(box: Box, fit: np.ndarray) -> Box:
    """The box around where the fit says that a box of the first picture lies in the second."""
    left, top, right, bottom = (2 * end - 1 for end in box)
    corners = np.array([(x, y, 1) for x in (left, right) for y in (top, bottom)])
    ends = np.clip((corners @ fit.T + 1) / 2, 0, 1).round(4)
    (left, top), (right, bottom) = ends.min(0).tolist(), ends.max(0).tolist()
    return left, top, right, bottom
