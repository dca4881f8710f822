"""Read one image: the one place where files of the person are opened, with a plain reason where that fails."""

import io
import os
import stat
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError, _imaging

from lookalikes.words import make_visible, say, write

try:
    import pillow_heif
except ImportError:
    HEIF = False
else:
    pillow_heif.register_heif_opener()
    HEIF = True

# What turns a picture of that EXIF orientation upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_LARGE_PIXELS = 25_000_000
_LARGE_BYTES = 64_000_000
_BAND_PIXELS = 4_000_000
# Many threads may wait for a slow disk, but no more than the cores decode, and one at a time decodes a large picture:
# so that memory has a bound whatever the number of threads.
_DECODING = threading.BoundedSemaphore(os.cpu_count() or 1)
_DECODING_LARGE = threading.Lock()
_ALLOWING, _allowing = threading.Lock(), 0
# By thread, the image that it reads and since when, but for one that waits for its turn.
_UNDER_WAY: dict[int, tuple[str, float]] = {}
# Pillow's blocks of 16 MiB would be kept by each thread for its next picture; from 32 MiB on, glibc gives memory back.
_imaging.set_block_size(64 << 20)


class Unreadable(Exception):
    """An image that can't be read; its text is the reason, in one short line."""


def limit_pixels(most: int | None) -> None:
    """From now on, in this process, refuse pictures of more than `most` pixels; None leaves Pillow's limit as it is.

    Sets `PIL.Image.MAX_IMAGE_PIXELS` to half of it, for Pillow warns from there and refuses from twice as many. Raises
    ValueError for less than 1.
    """
    check_pixels(most)
    if most is not None:
        Image.MAX_IMAGE_PIXELS = cast(int, most / 2)  # for an odd number, with the half


def check_pixels(most: int | None) -> None:
    """Raise ValueError for a limit that would refuse every picture."""
    if most is not None and most < 1:
        raise ValueError(say("error.pixels", given=most))


@contextmanager
def open_image(path: str, *, truncated: bool = False) -> Iterator[Image.Image]:
    """`Image.open(path)`, checked and ready to decode; whatever goes wrong, in the block too, is raised as
    `Unreadable`.

    Only a regular file is opened. Pillow refuses a picture of more than twice `PIL.Image.MAX_IMAGE_PIXELS` (179
    megapixels unless `limit_pixels` changes it) before memory is taken for it. With `truncated`, what can be seen of a
    file that is cut short is read, the rest grey or black.
    """
    thread = threading.get_ident()
    try:
        _UNDER_WAY[thread] = path, time.monotonic()
        size = _check_regular(path)
        with open(path, "rb") as file:
            source = io.BytesIO(file.read()) if size <= _LARGE_BYTES else file
            opened: Image.Image | None = Image.open(source)
            turn: AbstractContextManager[object] = _DECODING
            if opened and opened.width * opened.height > _LARGE_PIXELS:
                opened, turn = None, _DECODING_LARGE  # opened again in its turn: WebP's decoder takes memory at once
                source.seek(0)
            del _UNDER_WAY[thread]
            with turn:
                _UNDER_WAY[thread] = path, time.monotonic()
                # closing frees its pixels before the next turn
                with _cut_short_allowed(truncated), closing(opened or Image.open(source)) as image:
                    yield image
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(explain(error, path)) from error
    finally:
        _UNDER_WAY.pop(thread, None)


@contextmanager
def _cut_short_allowed(allowed: bool) -> Iterator[None]:
    """Pillow has one switch for the whole process: it is on while any thread reads so."""
    global _allowing
    with _ALLOWING:
        _allowing += allowed
        ImageFile.LOAD_TRUNCATED_IMAGES = _allowing > 0
    try:
        yield
    finally:
        with _ALLOWING:
            _allowing -= allowed
            ImageFile.LOAD_TRUNCATED_IMAGES = _allowing > 0


def list_slow_images(seconds: float) -> list[str]:
    """The paths of the images that this process has been reading for longer than that, waits for their turn apart."""
    since = time.monotonic() - seconds
    return [path for path, begun in list(_UNDER_WAY.values()) if begun < since]


def _check_regular(path: str) -> int:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(write("problem.folder" if stat.S_ISDIR(status.st_mode) else "problem.special"))
    if status.st_size == 0:
        raise Unreadable(write("problem.empty"))
    return status.st_size


def explain(error: Exception, path: str) -> str:
    """The reason in one line that a person understands, without the path: what is wrong and, where there is one,
    the remedy.
    """
    match error:
        case FileNotFoundError():
            return write("problem.dangling" if os.path.islink(path) else "problem.missing")
        case PermissionError():
            return write("problem.permission")
        case UnidentifiedImageError():
            heif = PurePath(path).suffix.lower() in {".heic", ".heif", ".hif"} and not HEIF
            return write("problem.heif" if heif else "problem.unidentified")
        case Image.DecompressionBombError():
            return write("problem.bomb", limit=2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6)
        case MemoryError():
            return write("problem.memory")
        case OSError() if error.errno is not None:
            return write("problem.io", detail=error.strerror)
        case OSError() | EOFError() | struct.error() if "truncated" in str(error).lower() or not str(error):
            return write("problem.truncated")
        case OSError() if "Ghostscript" in str(error):
            return write("problem.ghostscript")
    detail = make_visible(" ".join(str(error).replace(path, PurePath(path).name).split()))[:120]
    unsupported = isinstance(error, NotImplementedError) or "not supported" in detail or "Unsupported" in detail
    return write("problem.unsupported" if unsupported else "problem.broken", kind=type(error).__name__, detail=detail)


@dataclass(frozen=True)
class Upright:
    """A small copy of a picture as people see it, and what is told beside it."""

    picture: Image.Image
    """RGB, turned upright as EXIF says, on white where it is transparent, no side longer than was asked for."""
    stored_size: tuple[int, int]
    """Width and height in pixels, as stored."""
    turned: bool
    """Whether EXIF swaps width and height."""
    bytes: int


def load_upright(path: str, side: int) -> Upright:
    """The picture at `path`, upright and at most `side` pixels wide and high, what can be seen of it where the file is
    cut short; raises `Unreadable`.
    """
    with open_image(path, truncated=True) as image:
        stored, orientation = image.size, read_orientation(image)
        image.draft("RGB", (2 * side, 2 * side))  # JPEGs decode faster at a half, a quarter or an eighth
        picture = flatten(image, side)
        picture.thumbnail((side, side))
        picture.info = {}  # EXIF, GPS and ICC data stay behind
        if image.format == "TIFF":  # Pillow turns these itself, and tells the size they have then
            stored = stored[::-1] if orientation >= 5 else stored
        elif orientation in _TURNS:
            picture = picture.transpose(_TURNS[orientation])
        return Upright(picture, stored, orientation >= 5, os.path.getsize(path))


def read_orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # broken EXIF doesn't make a picture unreadable
        return 1
    return orientation if orientation in _TURNS else 1


def flatten(image: Image.Image, side: int) -> Image.Image:
    """The picture as RGB, on white where it is transparent; a large one is shrunk on the way, by whole numbers and to
    no less than four times `side` along each axis, for its full size in colours would be several times the memory. One
    of more than 8 bits a pixel is scaled by its own range.
    """
    image.load()  # which may turn a TIFF
    width, height = image.size
    ends = _find_range(image) if is_deep(image) else (0.0, 0.0)
    if width * height <= _LARGE_PIXELS:
        return _lay_on_white(image, ends)
    across, down = max(1, width // (4 * side)), max(1, height // (4 * side))
    small = Image.new("RGB", (-(-width // across), -(-height // down)))
    for top, band in cut_into_bands(image, down):
        small.paste(_lay_on_white(band, ends).reduce((across, down)), (0, top // down))
    return small


def cut_into_bands(image: Image.Image, multiple: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """The picture from top to bottom in bands of some megapixels, each with its first row's number; the height of each
    but the last is a multiple of `multiple`.
    """
    image.load()
    height = multiple * max(1, _BAND_PIXELS // (image.width * multiple))
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))


def is_deep(image: Image.Image) -> bool:
    """Whether it has more than 8 bits a pixel, which Pillow clips where it turns them into grey."""
    return image.mode.startswith(("I", "F"))


def _find_range(image: Image.Image) -> tuple[float, float]:
    """The least and the greatest value of a deep picture, those aside that are no number."""
    low, high = np.inf, -np.inf
    for _, band in cut_into_bands(image):
        levels = np.asarray(band).astype(np.float64)
        known = levels[np.isfinite(levels)]
        low, high = min(low, known.min(initial=np.inf)), max(high, known.max(initial=-np.inf))
    return (float(low), float(high)) if low <= high else (0.0, 0.0)


def _lay_on_white(image: Image.Image, ends: tuple[float, float]) -> Image.Image:
    if is_deep(image):
        levels = np.nan_to_num(np.asarray(image).astype(np.float64), nan=ends[0], posinf=ends[1], neginf=ends[0])
        scale = 255 / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.0
        return Image.fromarray(((levels - ends[0]) * scale).round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return image.convert("RGB")
