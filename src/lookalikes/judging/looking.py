"""Read one image for the second look: its thumbnail, digests, its other frames, and the picture in detail."""

import hashlib
import math
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageSequence

from lookalikes.judging.likeness import FILM, FILM_SIDE, LOOK, SIDE, halve
from lookalikes.judging.orienting import turn
from lookalikes.judging.parts import AREA, TINT, Fine
from lookalikes.reading.pictures import Unreadable, cut_into_bands, flatten, is_deep, open_image, read_orientation

_FILMS = {"GIF", "PNG", "WEBP", "TIFF", "AVIF"}  # other formats have frames for other ends: layers, previews, depths


class Seen(NamedTuple):
    """What was read of an image: the `look`, a `LOOK`, and the picture in detail where it was asked for."""

    look: np.ndarray
    fine: Fine | None


def look_at(
    number: int, path: str, *, cut_short: bool, exact: bool, fine: bool, first: dict[bytes, int]
) -> Seen | int | None:
    """Read one image, once; with digests where it is to be compared exactly; None where it can't be read.

    Of files of equal bytes only one is decoded, and for the others its number is returned; `first`, by digest, is
    filled meanwhile.
    """
    look = np.zeros((), LOOK)
    try:
        with open_image(path, truncated=cut_short) as image:
            size = _choose_size(*image.size) if fine else (2 * SIDE, 2 * SIDE)
            if exact:
                look["file"] = _digest_file(path)
                if (twin := first.setdefault(look["file"].tobytes(), number)) != number:
                    return twin
                look["pixels"] = _digest_pixels(image)
            else:  # JPEGs decode faster at a half, a quarter or an eighth, and into grey and tints
                image.draft("YCbCr" if _holds_tints(image) else None, size)
            picture = image if image.mode == "YCbCr" else flatten(image, max(size) // 2)
            layers = np.stack(_shrink(picture, (SIDE, SIDE), (SIDE, SIDE)))
            detail = _see_in_detail(picture) if fine else None
            look["turn"] = read_orientation(image)  # 1 now for a TIFF, which Pillow turns as it decodes
            look["frames"] = _count_frames(image)
            if look["frames"] > 1:
                look["film"], look["others"] = _watch(image, int(look["frames"]), exact)
    except Unreadable:
        return None
    orientation = int(look["turn"])
    layers = turn(layers, orientation)
    look["grey"], look["colour"] = layers[0], halve(halve(layers[1:].astype(np.float32))).round()
    return Seen(look, detail and Fine(*(turn(part, orientation).copy() for part in detail)))


def _choose_size(width: int, height: int) -> tuple[int, int]:
    """The size of a picture in detail: the aspect kept, as many pixels as `AREA` or fewer."""
    scale = min(1.0, math.sqrt(AREA / (width * height)))
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _see_in_detail(picture: Image.Image) -> Fine:
    size = _choose_size(*picture.size)
    grey, *tints = _shrink(picture, size, (max(size[0] // TINT, 2), max(size[1] // TINT, 2)))
    return Fine(grey, np.stack(tints))


def _shrink(picture: Image.Image, size: tuple[int, int], tint_size: tuple[int, int]) -> list[np.ndarray]:
    """A picture's grey at one size, and its two tints at another."""
    if picture.mode != "YCbCr":
        grey, *tints = picture.resize(size, Image.Resampling.BILINEAR).convert("YCbCr").split()
    else:
        grey, *tints = picture.split()
        grey = grey.resize(size, Image.Resampling.BILINEAR)
    small = (tint.resize(tint_size, Image.Resampling.BILINEAR, reducing_gap=2) for tint in tints)
    return [np.asarray(layer) for layer in (grey, *small)]


def _holds_tints(image: Image.Image) -> bool:
    """Whether a JPEG is stored as grey and tints, as nearly all are, rather than as red, green and blue."""
    stored = [component[0] for component in getattr(image, "layer", [])]
    return image.mode == "RGB" and stored != [*b"RGB"] and image.info.get("adobe_transform") != 0


def _count_frames(image: Image.Image) -> int:
    """How many pictures a file shows one after the other, as an animation or as pages."""
    return int(getattr(image, "n_frames", 1)) if image.format in _FILMS else 1


def _watch(image: Image.Image, count: int, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """Small greys of frames throughout, and, where `exact`, a digest of all frames but the first."""
    film, digest = np.zeros(FILM, np.uint8), hashlib.sha256()
    wanted = {round(place * (count - 1) / (FILM[0] - 1)): place for place in reversed(range(FILM[0]))}
    last = np.zeros(FILM[1:], np.uint8)
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        if exact and number:
            digest.update(_digest_pixels(frame).tobytes())
        if number in wanted:
            last = np.asarray(
                flatten(frame, FILM_SIDE).convert("L").resize((FILM_SIDE, FILM_SIDE), Image.Resampling.BILINEAR)
            )
            film[wanted[number] :] = last
    return film, np.frombuffer(digest.digest()[:16], np.uint64)


def _digest_file(path: str) -> np.ndarray:
    with open(path, "rb") as file:
        return np.frombuffer(hashlib.file_digest(file, "sha256").digest()[:16], np.uint64)


def _digest_pixels(image: Image.Image) -> np.ndarray:
    """Equal for equal pictures, whether stored as grey, with a palette, in colours or with an alpha channel."""
    mode = image.mode if is_deep(image) else "RGBA"
    digest = hashlib.sha256(f"{mode} {image.size}".encode())
    for _, band in cut_into_bands(image):
        digest.update((band if band.mode == mode else band.convert(mode)).tobytes())
    return np.frombuffer(digest.digest()[:16], np.uint64)
