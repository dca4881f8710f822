"""Views of a picture: windows of it, hashed from the one decode, so that a crop or a border can be told by its hash.

A view is a window in one of eight orientations, and one number: 8 · window + the EXIF orientation - 1. View 0 is the
whole frame as stored, views 1 to 7 are it turned. `tests/benchmarks/bench_views.py` measures what each window is for.
"""

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

SIDE = 160
"""The side, in pixels, of the square that the windows are cut from."""
TURNS = 8
VIEWS = ("whole", "turned", "all")
"""What can be hashed: the whole frame as stored; in eight orientations; all windows as well."""


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


def find_views(hashed: "pd.DataFrame") -> str:
    """Which of `VIEWS` a table of `hash_images` holds."""
    if "views" not in hashed:
        return VIEWS[0]
    known = hashed[["hash", "views"]].dropna().head(1)
    words = [len(views) // (len(text) // 2) for text, views in known.itertuples(index=False)]
    return VIEWS[1] if words == [TURNS] else VIEWS[2]
