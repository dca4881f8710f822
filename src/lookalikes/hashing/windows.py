"""Hash the windows of a picture, small and in grey, and find the frame of what is within its uniform borders."""

from functools import cache

import numpy as np
from PIL import Image

from lookalikes.compiling import compiled
from lookalikes.hashing.views import SIDE, WINDOWS

_LEVEL, _FLAT = 12, 6.0  # grey levels: by how much a border may vary, and a window must
_LEAST, _EDGE, _GAP = 0.3, 2, 2


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
