"""Turn pictures, and places in them, as EXIF orientations ask."""

from functools import cache

import numpy as np

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, from 0 to 1."""

# What turns a picture of that EXIF orientation upright: swap the axes, reverse the rows, reverse the columns.
_TURNS = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True), 4: (False, True, False),
    5: (True, False, False), 6: (True, False, True), 7: (True, True, True), 8: (True, True, False),
}  # fmt: skip
_BACK = {6: 8, 8: 6}


def turn(layers: np.ndarray, orientation: int) -> np.ndarray:
    """Pictures (…, height, width) as stored with that EXIF orientation, turned upright."""
    swap, rows, columns = _TURNS[orientation]
    layers = layers.swapaxes(-1, -2) if swap else layers
    return layers[..., :: -1 if rows else 1, :: -1 if columns else 1]


def list_turns(stored: int, told: int, upright: int) -> tuple[int, int, int]:
    """How an upright picture is turned: back as stored with one EXIF orientation, then as told, then as another one
    asks.
    """
    return turn_back(stored), told, upright


def turn_back(orientation: int) -> int:
    """The EXIF orientation that undoes another one."""
    return _BACK.get(orientation, orientation)


def turn_box_back(box: Box, orientations: tuple[int, ...]) -> Box:
    """Where in a picture lies what stands at `box` once it has been turned by these EXIF orientations, one by one."""
    left, top, right, bottom = box
    for orientation in reversed(orientations):
        swap, rows, columns = _TURNS[orientation]
        left, right = (1 - right, 1 - left) if columns else (left, right)
        top, bottom = (1 - bottom, 1 - top) if rows else (top, bottom)
        left, top, right, bottom = (top, left, bottom, right) if swap else (left, top, right, bottom)
    return left, top, right, bottom


@cache
def find_turn(stored: int, told: int, upright: int) -> int:
    """The one EXIF orientation that turns a picture as `list_turns` does in three steps."""
    cells = np.arange(6).reshape(2, 3)
    turned = cells
    for orientation in list_turns(stored, told, upright):
        turned = turn(turned, orientation)
    return next(each for each in _TURNS if np.array_equal(turn(cells, each), turned))
