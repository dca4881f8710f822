"""Thumbnails for a page: as large as its room allows, the first ones largest, and none larger than is of use."""

import base64
import io
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import Any

import numpy as np
from PIL import Image

from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, load_upright
from lookalikes.showing.rendering import write_address
from lookalikes.words import say

Facts = dict[str, Any]
SIDES: tuple[int, ...] = (96, 128, 160, 200, 240, 320, 400, 480, 560, 640)
"""The sides that a picture may have, in pixels."""
COMFORTABLE, LARGE = 3_000_000, 480
"""The bytes of a page up to which sides beyond this one are of use."""
_SAMPLE, _SAMPLE_SIDE = 16, 240
_GROWTH = 1.55
"""By which power of its side a picture's bytes grow, as measured on photographs."""
_CAUTION = 1.1


def draw(
    paths: Sequence[str], sizes: np.ndarray, room: float, *, taken: float = 0, executor: Executor | None = None
) -> list[Facts]:
    """Of each image `src` (a `data:` address, None where there was no room), the size shown, stored and `side`; a
    `problem` where it can't be read now. The first ones are the largest.

    `sizes`: the longer side of each as stored. `room`: the bytes for all, beside the `taken` of the page.
    """
    step = max(1, len(paths) // _SAMPLE)
    tried = make_thumbnails((path, _SAMPLE_SIDE) for path in paths[::step])
    costs = [len(each["src"]) for each in tried if each["src"]]
    scale = _CAUTION * float(np.mean(costs)) if costs else 1.0
    sides = choose_sides(sizes, scale, room, taken)
    items = list(zip(paths, sides, strict=True))
    drawn: list[Facts] = [{"src": None, "problem": None} for _ in items]
    wanted = sum(side > 0 for side in sides)
    with closing(
        work_through(make_thumbnails, items[:wanted], executor=executor, label=say("progress.thumbnails"))
    ) as batches:
        for part, thumbnails in batches:
            drawn[part] = thumbnails
    _make_fit(drawn, room)
    return drawn


def choose_sides(sizes: np.ndarray, scale: float, room: float, taken: float = 0) -> list[int]:
    """A side for each picture, none smaller than a later one's, 0 where there is no room even for the smallest.

    `scale`: the bytes that a picture of 240 px takes. All get the largest side for which there is room; what is left
    makes the first ones a step larger. Beyond `LARGE` only within a page of `COMFORTABLE` bytes.
    """

    def cost(side: int) -> np.ndarray:
        costs: np.ndarray = scale * (np.minimum(side, sizes) / _SAMPLE_SIDE) ** _GROWTH
        return costs

    within, sides = min(room, COMFORTABLE - taken), SIDES
    if cost(LARGE).sum() > within:
        within, sides = room, tuple(side for side in SIDES if side <= LARGE)
    fitting = [side for side in sides if cost(side).sum() <= within]
    if not fitting:
        count = int(np.searchsorted(cost(sides[0]).cumsum(), within, side="right"))
        return [sides[0]] * count + [0] * (len(sizes) - count)
    side = fitting[-1]
    larger = sides[min(sides.index(side) + 1, len(sides) - 1)]
    extra = (cost(larger) - cost(side)).cumsum()
    count = int(np.searchsorted(extra, within - cost(side).sum(), side="right"))
    return [larger] * count + [side] * (len(sizes) - count)


def make_thumbnails(items: Iterable[tuple[str, int]]) -> list[Facts]:
    """Of each image, given with the longest side that its picture may have, the facts that `draw` tells; a problem in
    English, as tables hold it, for a worker knows no other language.
    """
    return [_make_thumbnail(path, side) for path, side in items]


def _make_thumbnail(path: str, side: int) -> Facts:
    try:
        upright = load_upright(path, side)
    except Unreadable as reason:
        return {"src": None, "problem": str(reason)}
    width, height = upright.stored_size
    return _encode(upright.picture) | {
        "problem": None,
        "stored": (width, height),
        "upright": (height, width) if upright.turned else None,
        "bytes": upright.bytes,
    }


def _encode(picture: Image.Image) -> Facts:
    data = io.BytesIO()
    picture.save(data, "WEBP", quality=72)
    return {"src": write_address(data.getvalue(), "webp"), "width": picture.width, "height": picture.height}


def _make_fit(drawn: list[Facts], room: float) -> None:
    """Where the pictures took more room than foreseen, make the last ones as small as can be; then leave some out."""
    over = sum(len(each["src"] or "") for each in drawn) - room
    for leave_out in (False, True):
        for each in reversed(drawn):
            if over <= 0:
                return
            if each["src"]:
                before = len(each["src"])
                each |= {"src": None} if leave_out else _shrink(each)
                over -= before - len(each["src"] or "")


def _shrink(thumbnail: Facts) -> Facts:
    if max(thumbnail["width"], thumbnail["height"]) <= SIDES[0]:
        return {}
    picture = Image.open(io.BytesIO(base64.b64decode(thumbnail["src"].partition(",")[2])))
    picture.thumbnail((SIDES[0], SIDES[0]))
    return _encode(picture)
