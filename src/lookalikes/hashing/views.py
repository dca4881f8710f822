"""Views of a picture: windows of it, hashed from the one decode, so that a crop or a border can be told by its hash.

A view is a window in one of eight orientations, and one number: 8 · window + the EXIF orientation - 1. View 0 is the
whole frame as stored, views 1 to 7 are it turned. `tests/benchmarks/bench_views.py` measures what each window is for.
"""

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from lookalikes.compiling import compiled

SIDE = 160
"""The side, in pixels, of the square that the windows are cut from."""
TURNS = 8
VIEWS = ("whole", "turned", "all")
"""What can be hashed: the whole frame as stored; in eight orientations; all windows as well."""
_LEVEL, _FLAT = 12, 6.0  # grey levels: by how much a border may vary, and a window must
_LEAST, _EDGE, _GAP = 0.3, 2, 2


class Window(NamedTuple):
    """A part of a picture, from 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


def _list_windows() -> tuple[Window, ...]:
    centred = {share: (0.5 - share / 2, 0.5 + share / 2) for share in (0.93, 0.88, 0.84, 0.79, 0.74, 0.69)}
    bands = [(0.5 - share / 2, 0.5 + share / 2) for share in (0.84, 0.75, 0.66, 0.5625, 0.42)]
    ends = [end for cut in (0.07, 0.12, 0.165, 0.21, 0.26) for end in ((cut, 1.0), (0.0, 1 - cut))]
    places = [(start, start + 0.84) for start in (0.0, 0.04, 0.08, 0.12, 0.16)]
    boxes = [((0.0, 1.0), (0.0, 1.0)), *((span, span) for span in centred.values())]
    boxes += [box for span in bands + ends for box in ((span, (0.0, 1.0)), ((0.0, 1.0), span))]
    boxes += [box for box in product(places, places) if box != (places[2], places[2])]
    return tuple(Window(across[0], down[0], across[1], down[1]) for across, down in boxes)


WINDOWS = _list_windows()
"""The windows by number: 0 is the whole; centred ones for crops and borders of all sides; bands for letterboxes and
pictures padded to a square; one end cut off, for crops and captions; and 84 % of each side at any place.
"""
TRIMMED = len(WINDOWS)
"""The number of one window more: the picture without its uniform borders, wherever these end."""


def count_words(views: str) -> int:
    """How many hashes an image has: its whole in eight orientations, each window but the whole, and the trimmed one;
    a last one is no hash but says where that is."""
    return {"whole": 1, "turned": TURNS, "all": TURNS + len(WINDOWS) + 1}[views]


def count_chances(views: str) -> int:
    """How many times two images are compared beyond their wholes as stored: turned, and by each window of either."""
    return {"whole": 0, "turned": TURNS - 1, "all": TURNS - 1 + 2 * TURNS * len(WINDOWS)}[views]


def find_views(hashed: pd.DataFrame) -> str:
    """Which of `VIEWS` a table of `hash_images` holds."""
    if "views" not in hashed:
        return VIEWS[0]
    known = hashed[["hash", "views"]].dropna().head(1)
    words = [len(views) // (len(text) // 2) for text, views in known.itertuples(index=False)]
    return VIEWS[1] if words == [TURNS] else VIEWS[2]


def hash_windows(squares: np.ndarray) -> np.ndarray:
    """The hashes of all windows but the whole, the trimmed one last, and where that is: n × (windows + 1) × 8 bytes.

    `squares` are grey pictures (n×160×160). A hash is as phash's, of the window's 64 lowest waves; all zeros where
    there is too little to see in a window, or where no border can be trimmed.
    """
    spans, places = _list_spans()
    hashes = np.zeros((len(squares), len(WINDOWS) + 1, 8), np.uint8)
    for square, row in zip(squares.astype(np.float32), hashes, strict=True):
        waves = _transform(_halve(square), _make_basis()).reshape(len(spans), 8, len(spans), 8)
        row[: len(places)] = _to_bits(waves[places[:, 1], :, places[:, 0]])
        left, top, right, bottom = box = find_frame(square)
        if box != (0, 0, SIDE, SIDE):
            row[-2] = _to_bits((_make_waves(top, bottom, SIDE) @ square @ _make_waves(left, right, SIDE).T)[None])[0]
            row[-1, :4] = box
    return hashes


def _halve(square: np.ndarray) -> np.ndarray:
    half: np.ndarray = (square[::2, ::2] + square[1::2, ::2] + square[::2, 1::2] + square[1::2, 1::2]) / 4
    return half


@cache
def _make_basis() -> np.ndarray:
    return np.concatenate([_make_waves(*span, SIDE // 2) for span in _list_spans()[0]])


@compiled
def _transform(square: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The waves of all spans down by all spans across. Small and in its own loops: a library's threads would fight with
    those that read images."""
    count, side = basis.shape
    down, waves = np.zeros((count, side), np.float32), np.zeros((count, count), np.float32)
    turned = np.ascontiguousarray(basis.T)
    for i in range(count):
        for k in range(side):
            if basis[i, k] != 0:
                for x in range(side):
                    down[i, x] += basis[i, k] * square[k, x]
        for k in range(side):
            for j in range(count):
                waves[i, j] += down[i, k] * turned[k, j]
    return waves


def square_grey(image: Image.Image) -> np.ndarray:
    """The picture in grey, stretched to the square that the windows are cut from."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def find_frame(square: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, in pixels, of what is within the uniform borders of a grey square, a bar or caption
    apart from it left out; all of it where less than 30 % of a side would be left."""
    top, bottom = _find_run(np.ptp(square[:, _EDGE:-_EDGE], axis=1) > _LEVEL)
    left, right = _find_run(np.ptp(square[top:bottom], axis=0) > _LEVEL)
    top, bottom = _find_run(np.ptp(square[:, left:right], axis=1) > _LEVEL)
    return left, top, right, bottom


def _find_run(uneven: np.ndarray) -> tuple[int, int]:
    """The start and the end of the longest run of what is uneven, but for gaps of a few."""
    found = np.flatnonzero(uneven)
    ends = np.flatnonzero(np.diff(found) > _GAP)
    starts, stops = found[np.append(0, ends + 1)[: len(found)]], found[np.append(ends, -1)[: len(found)]] + 1
    longest = int((stops - starts).argmax()) if len(found) else 0
    wide = len(found) and stops[longest] - starts[longest] >= _LEAST * SIDE
    return (int(starts[longest]), int(stops[longest])) if wide else (0, SIDE)


def _to_bits(waves: np.ndarray) -> np.ndarray:
    """Hashes (n×8 bytes) of waves (n×8×8); zeros where the picture hardly varies."""
    ordered = np.sort(waves.reshape(-1, 64), axis=1)
    bits = waves.reshape(-1, 64) > (ordered[:, 31:32] + ordered[:, 32:33]) / 2
    spread = np.sqrt((waves**2).sum((1, 2)) - waves[:, 0, 0] ** 2)
    bits[spread < _FLAT] = False
    return np.packbits(bits, axis=1)


@cache
def _list_spans() -> tuple[list[tuple[int, int]], np.ndarray]:
    """The different spans of pixels of all windows but the whole, and for each window its place among them, across and
    down."""
    boxes = [[round(end * SIDE / 2) for end in window] for window in WINDOWS[1:]]
    spans = sorted({(box[axis], box[axis + 2]) for box in boxes for axis in (0, 1)})
    places = [[spans.index((box[axis], box[axis + 2])) for axis in (0, 1)] for box in boxes]
    return spans, np.array(places)


@cache
def _make_waves(start: int, end: int, side: int) -> np.ndarray:
    """What makes the eight lowest waves of a span of pixels (8×side): of the DCT, scaled to grey levels."""
    place = (np.arange(end - start) + 0.5) / (end - start)
    waves = np.zeros((8, side), np.float32)
    waves[:, start:end] = np.cos(np.pi * np.arange(8)[:, None] * place) / (end - start)
    waves[1:] *= np.sqrt(2)
    return waves
