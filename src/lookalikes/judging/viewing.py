"""What a view is to the second look: where in which picture it lies, how it is turned, and where to start aligning.

The `view` of a pair is a number of `lookalikes.hashing.views`: of the later image; below 0, of the earlier one. The
window of the one, turned by its orientation, looks like the whole of the other as stored.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalikes.hashing.views import SIDE, TRIMMED, TURNS, WINDOWS
from lookalikes.judging.likeness import COLOUR_SIDE, LOOK, score_looks
from lookalikes.judging.likeness import SIDE as LOOK_SIDE
from lookalikes.judging.orienting import Box, turn_back, turn_box_back
from lookalikes.judging.parts import Fine

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class View(NamedTuple):
    """By which the later picture, as stored, is `turned` to match the earlier one, and the windows of both, as stored,
    that then match."""

    turned: int
    earlier: Box
    later: Box


def locate_view(view: int, earlier: bytes | None, later: bytes | None) -> View:
    """A view, of two images with these bytes in the column `views` of `hash_images`."""
    window, orientation = divmod(abs(view), TURNS)
    orientation += 1
    of_earlier = view < 0
    box: Box = WINDOWS[window] if window < TRIMMED else _read_frame(earlier if of_earlier else later)
    return View(turn_back(orientation), box, WHOLE) if of_earlier else View(orientation, WHOLE, box)


def turn_view_round(view: int) -> int:
    """The number of a view when the earlier and the later image swap places."""
    window, orientation = divmod(abs(view), TURNS)
    return -view if window else turn_back(orientation + 1) - 1


def _read_frame(views: bytes | None) -> Box:
    left, top, right, bottom = (edge / SIDE for edge in (views or bytes([0, 0, SIDE, SIDE] + [0] * 4))[-8:-4])
    return left, top, right, bottom


def score_view(first: Fine, second: Fine, view: View, turned: tuple[int, int, int]) -> tuple[float, np.ndarray]:
    """The score and the fit of two pictures, upright and the second `turned`, from where their windows match."""
    _, told, upright = turned
    box = turn_box_back(view.earlier, (turn_back(upright),))
    other = turn_box_back(view.later, (turn_back(upright), turn_back(told)))
    looks = [_look_at_window(*each) for each in ((first, box), (second, other))]
    found = score_looks(looks[0][None], looks[1][None], np.ones(1, int))
    own, others = _place(box), _place(other)
    fit = others @ np.vstack([found.fit[0], [0, 0, 1]]) @ np.linalg.inv(own)
    return float(found.score[0]), fit[:2]


def _look_at_window(fine: Fine, box: Box) -> np.ndarray:
    look = np.zeros((), LOOK)
    look["grey"] = _cut(fine.grey, box, LOOK_SIDE)
    look["colour"] = np.stack([_cut(tint, box, COLOUR_SIDE) for tint in fine.tints])
    look["turn"] = 1
    return look


def _cut(layer: np.ndarray, box: Box, side: int) -> np.ndarray:
    height, width = layer.shape
    place = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    return np.asarray(Image.fromarray(layer).resize((side, side), Image.Resampling.BILINEAR, box=place))


def _place(box: Box) -> np.ndarray:
    """Where in the picture the points of a window lie, all axes from -1 to 1."""
    left, top, right, bottom = box
    return np.array([[right - left, 0, left + right - 1], [0, bottom - top, top + bottom - 1], [0, 0, 1]])


def find_shared(fit: np.ndarray) -> tuple[Box, Box]:
    """Where in the first and in the second picture is what both show, under a fit that lays the second on the first."""
    whole = np.vstack([fit, [0, 0, 1]])
    return _find_box(np.linalg.pinv(whole)), _find_box(whole)


def _find_box(place: np.ndarray) -> Box:
    corners = np.array([(x, y, 1) for x in (-1, 1) for y in (-1, 1)]) @ place.T
    ends = np.clip((corners[:, :2] + 1) / 2, 0, 1).round(3)
    (left, top), (right, bottom) = ends.min(0).tolist(), ends.max(0).tolist()
    return left, top, right, bottom
