"""The second look: read the images of near pairs once more, and say what kind of match each pair is."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from functools import partial

import numpy as np
import pandas as pd
from PIL import Image

from lookalikes.judging.likeness import LOOK, SIDE, halve, score_looks, turn
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, cut_into_bands, flatten, open_image, read_orientation
from lookalikes.words import say

CUT = 0.9
"""A pair with at least this score is a near copy."""
KINDS = ("same file", "same pixels", "near copy", "look-alike")
_BLOCK = 32
Item = tuple[int, str, bool, bool]
"""Of one image its number, its path, whether it is to be compared exactly, and whether it is known to be cut short."""


def look_again(hashed: pd.DataFrame, pairs: pd.DataFrame, *, executor: Executor | None = None) -> pd.DataFrame:
    """`pairs` with two more columns: `score`, from 0 to 1, and `kind`; missing where an image can't be read any more.

    The kinds: *same file* (all bytes are equal), *same pixels* (the decoded pictures are, as stored), *near copy*
    (the score is `CUT` or more), *look-alike* (it is less). The score compares the pictures upright, and as stored as
    well where their EXIF orientations differ or a column `orientation` says by which turn (an EXIF orientation, 1 to
    8) the later one, as stored, comes to match the earlier one; the better counts. Each image in `pairs` is decoded
    once, and files of equal bytes only once together, on all cores or on `executor`, any `concurrent.futures.Executor`.
    """
    rows, places = np.unique(pairs[["earlier", "later"]].to_numpy(np.int64), return_inverse=True)
    earlier, later = places.reshape(-1, 2).T
    cut_short = hashed["truncated"].to_numpy(bool)[rows] if "truncated" in hashed else np.zeros(len(rows), bool)
    exact = _may_be_equal(pairs, earlier, later, len(rows))
    paths = hashed["path"].to_numpy()[rows].tolist()
    items = list(zip(range(len(rows)), paths, exact.tolist(), cut_short.tolist(), strict=True))
    looks, read, twin = _look_at_all(items, executor)
    earlier, later = twin[earlier], twin[later]
    known = np.flatnonzero(read[earlier] & read[later])
    earlier, later = earlier[known], later[known]
    turns = pairs["orientation"].to_numpy()[known] if "orientation" in pairs else np.ones(len(known), int)
    score, kind = np.full(len(pairs), np.nan), np.full(len(pairs), None, object)
    score[known] = _score_all(looks, earlier, later, turns)
    same_file, same_pixels = (_are_equal(looks[name], earlier, later) for name in ("file", "pixels"))
    kind[known] = np.select([same_file, same_pixels, score[known] >= CUT], KINDS[:3], KINDS[3])
    return pairs.assign(score=score, kind=kind)


def _may_be_equal(pairs: pd.DataFrame, earlier: np.ndarray, later: np.ndarray, count: int) -> np.ndarray:
    """Which images may have an equal among the others: equal pixels have equal hashes."""
    equal = np.zeros(count, bool)
    same_hash = (pairs["distance"] == 0).to_numpy()
    equal[earlier[same_hash]] = equal[later[same_hash]] = True
    return equal


def _look_at_all(items: list[Item], executor: Executor | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The `LOOK`s, which were read, and for each image the one whose look is its own: another one of equal bytes."""
    looks, read, twin = np.zeros(len(items), LOOK), np.zeros(len(items), bool), np.arange(len(items))
    work = partial(_look_at_some, first={})
    with closing(work_through(work, items, executor=executor, label=say("progress.second_look"))) as batches:
        for part, found in batches:
            for place, look in enumerate(found, part.start):
                if isinstance(look, int):
                    twin[place] = look
                elif look is not None:
                    looks[place], read[place] = look, True
    return looks, read, twin


def _look_at_some(items: Iterable[Item], first: dict[bytes, int]) -> list[np.ndarray | int | None]:
    """A look at each image, or the number of the first one of equal bytes; `first`, by digest, is filled meanwhile."""
    return [_look_at(*item, first) for item in items]


def _look_at(number: int, path: str, exact: bool, cut_short: bool, first: dict[bytes, int]) -> np.ndarray | int | None:
    """The `LOOK` at one image, with digests where it is to be compared exactly; None where it can't be read."""
    look = np.zeros((), LOOK)
    try:
        with open_image(path, truncated=cut_short) as image:
            if exact:
                look["file"] = _digest_file(path)
                if (twin := first.setdefault(look["file"].tobytes(), number)) != number:
                    return twin
                look["pixels"] = _digest_pixels(image)
            else:
                image.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEGs decode faster at a half, a quarter or an eighth
            small = flatten(image, SIDE).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            look["turn"] = read_orientation(image)  # 1 now for a TIFF, which Pillow turns as it decodes
    except Unreadable:
        return None
    layers = turn(np.moveaxis(np.asarray(small.convert("YCbCr")), 2, 0), int(look["turn"]))
    look["grey"], look["colour"] = layers[0], halve(halve(layers[1:].astype(np.float32))).round()
    return look


def _digest_file(path: str) -> np.ndarray:
    with open(path, "rb") as file:
        return np.frombuffer(hashlib.file_digest(file, "sha256").digest()[:16], np.uint64)


def _digest_pixels(image: Image.Image) -> np.ndarray:
    """Equal for equal pictures, whether stored as grey, with a palette, in colours or with an alpha channel."""
    mode = image.mode if image.mode.startswith(("I", "F")) else "RGBA"
    digest = hashlib.sha256(f"{mode} {image.size}".encode())
    for _, band in cut_into_bands(image):
        digest.update((band if band.mode == mode else band.convert(mode)).tobytes())
    return np.frombuffer(digest.digest()[:16], np.uint64)


def _are_equal(digests: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    equal: np.ndarray = (digests[earlier] == digests[later]).all(1) & digests[earlier].any(1)
    return equal


def _score_all(looks: np.ndarray, earlier: np.ndarray, later: np.ndarray, turns: np.ndarray) -> np.ndarray:
    pairs, places = np.unique(np.stack([earlier, later, turns], axis=1), axis=0, return_inverse=True)
    earlier, later, turns = pairs.T
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(earlier), _BLOCK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        scores = pool.map(lambda block: score_looks(looks[earlier[block]], looks[later[block]], turns[block]), blocks)
        return np.concatenate([np.zeros(0), *scores])[places.ravel()]
