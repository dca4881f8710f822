"""The lesson's playground: a photo, a copy of it, and each step on the way to their hashes; sliders change the copy in
the exported page.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fftpack
from IPython.display import HTML
from PIL import Image

from lookalikes.hashing.phash import write_bits
from lookalikes.hashing.shrinking import ORDERS, find_order, shrink_to_grey
from lookalikes.reading.pictures import load_upright
from lookalikes.showing.rendering import render, write_address
from lookalikes.words import find_texts, say

_BELOW = 10
_SIDE = 480
_COPY = 640
_BRIGHTNESS, _QUALITY = 160, 20
# Per edit: from, to, step, where nothing is changed, where it stands at first, and how its value is written.
_SLIDERS = {
    "brightness": (20, 300, 5, 100, _BRIGHTNESS, "percent"),
    "contrast": (0, 300, 5, 100, 100, "percent"),
    "blur": (0, 12, 0.5, 0, 0, "pixels"),
    "crop": (0, 80, 1, 0, 0, "percent"),
    "turn": (-180, 180, 1, 0, 0, "degrees"),
    "quality": (1, 100, 1, 100, _QUALITY, "quality"),
}


def show_playground(path: str | Path) -> HTML:
    """The photo at `path` beside a brighter copy that was saved again, with each step on the way to their hashes; in
    the page that is exported, sliders and the reader's own pictures. Raises `Unreadable`.
    """
    original = load_upright(str(path), _SIDE).picture
    rows = [_lay_row(picture, name) for picture, name in ((original, "original"), (_edit(original), "edited"))]
    for row in rows:
        row["differs"] = [one != other for one, other in zip(row["bits"], rows[0]["bits"], strict=True)]
        row["label"] = _tell_bits(row, compared=row is not rows[0])
    distance = sum(rows[1]["differs"])
    near = distance < _BELOW
    facts = {
        "below": _BELOW,
        "copy": _COPY,
        "order": list(ORDERS.values()).index(find_order() or [*ORDERS.values()][-1]),
        "texts": {key.removeprefix("playground."): text for key, text in find_texts("playground.").items()},
    }
    verdict = say("playground.near" if near else "playground.far", distance=distance, below=_BELOW)
    return HTML(
        render("playground.html.j2", rows=rows, near=near, verdict=verdict, sliders=_lay_sliders(), facts=facts)
    )


def _edit(picture: Image.Image) -> Image.Image:
    """What the sliders make of it where they stand at first."""
    saved = io.BytesIO()
    picture.point([min(round(value * _BRIGHTNESS / 100), 255) for value in range(256)] * 3).save(
        saved, "JPEG", quality=_QUALITY
    )
    return Image.open(saved).convert("RGB")


def _lay_row(picture: Image.Image, name: str) -> dict[str, Any]:
    grey = shrink_to_grey(picture, 32)
    waves = scipy.fftpack.dct(scipy.fftpack.dct(grey, axis=0), axis=1)[:8, :8].ravel()
    median = np.median(waves)
    return {
        "name": say(f"playground.{name}"),
        "photo": _encode(picture),
        "photo_alt": say("playground.photo", width=picture.width, height=picture.height),
        "grey": _encode(Image.fromarray(grey)),
        "grey_alt": say("playground.grey", low=grey.min(), high=grey.max()),
        "waves": [_write(wave) for wave in waves],
        "median": say("playground.median", median=_write(median)),
        "bits": [int(wave > median) for wave in waves],
        "hash": write_bits((waves > median)[None])[0],
    }


def _write(value: float) -> str:
    return f"{value:.0f}".replace("-", "−")


def _tell_bits(row: dict[str, Any], *, compared: bool) -> str:
    key = "playground.bits.compared" if compared else "playground.bits"
    return say(key, ones=sum(row["bits"]), differing=sum(row["differs"]), hash=row["hash"])


def _encode(picture: Image.Image) -> str:
    """As a data URI that keeps every pixel."""
    data = io.BytesIO()
    picture.save(data, "WEBP", lossless=True)
    return write_address(data.getvalue(), "webp")


def _lay_sliders() -> list[dict[str, Any]]:
    sliders = []
    for name, (least, most, step, plain, value, unit) in _SLIDERS.items():
        label, told = say(f"playground.edit.{name}"), say(f"playground.value.{unit}", value=value)
        sliders.append(
            {"name": name, "label": label, "least": least, "most": most, "step": step, "plain": plain}
            | {"value": value, "unit": unit, "told": told}
        )
    return sliders
