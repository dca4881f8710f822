"""Step 2: hash every image, bit for bit as `imagehash.phash(Image.open(path))` would."""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from functools import partial
from importlib.metadata import version

import imagehash
import numpy as np
import pandas as pd
import scipy.fftpack
from PIL import Image, features

from lookalikes.cache import Place, open_cache, stat_file
from lookalikes.parallel import work_through
from lookalikes.reading import Unreadable, open_image
from lookalikes.shrinking import shrink
from lookalikes.words import say

HashFunction = Callable[[Image.Image], imagehash.ImageHash]
_FACTS = "([0-9a-f]{2})+"
_LIBRARIES = ("imagehash", "numpy", "pillow", "scipy")
_CODECS = ("jpg", "libjpeg_turbo", "jpg_2000", "libtiff", "webp", "avif")


def hash_images(
    images: pd.DataFrame, *, hash: HashFunction = imagehash.phash, cache: Place = None, executor: Executor | None = None
) -> pd.DataFrame:
    """`images` with two more columns: `hash` (lower-case hex, equal to `str(hash(Image.open(path)))`) and `problem`.

    An image that can't be read has no hash but a problem: one line that says why. `hash` is any function that returns an
    `imagehash.ImageHash`, with its arguments by `functools.partial`; its digits are padded to whole bytes. Images are read on all
    cores, or on `executor`, any `concurrent.futures.Executor`. What is hashed is kept in `cache`, the path of a file (None:
    `hashes.sqlite` in the user's cache folder; False: nowhere), and an unchanged image is not read again.
    Raises TypeError where `hash` returns something else.
    """
    recipe = _describe_recipe(hash)
    paths, hashes, problems = images["path"].to_numpy(object), *np.full((2, len(images)), None, object)
    located = images["path"].notna().to_numpy()
    problems[~located] = [say("problem.outside" if name else "problem.unnamed") for name in images["filename"][~located]]
    with open_cache(cache if recipe else False, recipe=recipe, pattern=_FACTS) as store, hushed_pillow():
        hashes[located] = store.look_up(paths[located].tolist())
        rows = np.flatnonzero(located & pd.isna(hashes))
        work = work_through(partial(hash_files, hash=hash), paths[rows].tolist(), executor=executor, label=say("progress.hashing"))
        with closing(work) as batches:
            for part, results in batches:
                hashes[rows[part]], problems[rows[part]], stats = zip(*results, strict=True)
                found = zip(paths[rows[part]], stats, hashes[rows[part]], strict=True)
                store.save((path, *stat, text) for path, stat, text in found if text)
    return images.assign(hash=hashes, problem=problems)


def hash_files(paths: Iterable[str], *, hash: HashFunction) -> list[tuple[str | None, str | None, tuple[int, int] | None]]:
    """What one worker does with its share: of each image its hash, its problem, and (size, mtime_ns) from before it was read."""
    if multiprocessing.parent_process():
        _hush()
    size = _phash_size(hash)
    read = partial(_shrink_to_grey, side=4 * size) if size else hash
    seen, results = [], []
    for path in paths:
        stat = stat_file(path)
        try:
            with open_image(path) as image:
                seen.append(read(image))
            results.append((None, stat))
        except Unreadable as reason:
            results.append((str(reason), stat))
    texts = iter(_hash_greys(seen, size) if size else [_write_bits(found.hash.reshape(1, -1))[0] for found in seen])
    return [(None if problem else next(texts), problem, stat) for problem, stat in results]


def _phash_size(hash: HashFunction) -> int | None:
    """The `hash_size` where `hash` is `imagehash.phash`, which we compute faster; None for any other."""
    if hash is imagehash.phash:
        return 8
    sized = isinstance(hash, partial) and hash.func is imagehash.phash and not hash.args and list(hash.keywords) == ["hash_size"]
    return hash.keywords["hash_size"] if sized else None


def _shrink_to_grey(image: Image.Image, side: int) -> np.ndarray:
    """`image.convert("L").resize((side, side), LANCZOS)`, all that phash looks at, as side×side uint8."""
    return shrink(np.asarray(image.convert("L")), side)


def _hash_greys(greys: list[np.ndarray], size: int) -> list[str]:
    """Which of the size×size lowest DCT coefficients exceed their median: as imagehash.phash computes them, for many at once."""
    if not greys:
        return []
    waves = scipy.fftpack.dct(scipy.fftpack.dct(np.stack(greys), axis=1)[:, :size], axis=2)[:, :, :size]
    return _write_bits((waves > np.median(waves, axis=(1, 2), keepdims=True)).reshape(len(greys), -1))


def _write_bits(bits: np.ndarray) -> list[str]:
    """Each row of bits as hexadecimal digits, padded on the left to whole bytes, which changes no distance."""
    padded = np.pad(bits, ((0, 0), (-bits.shape[1] % 8, 0)))
    return [row.tobytes().hex() for row in np.packbits(padded, axis=1)]


def _describe_recipe(hash: HashFunction) -> str:
    """All that can change a hash; empty where the function has no lasting name, as a lambda. Raises TypeError for no hash function."""
    found = hash(Image.linear_gradient("L"))
    if not isinstance(found, imagehash.ImageHash):
        raise TypeError(f"hash must return an imagehash.ImageHash, as imagehash.phash does; {hash} returned a {type(found).__name__}")
    function, options = (hash.func, f"{hash.args} {hash.keywords}") if isinstance(hash, partial) else (hash, "")
    name = f"{getattr(function, '__module__', '<')}.{getattr(function, '__qualname__', '<')} {options}"
    versions = [f"{library} {version(library)}" for library in _LIBRARIES] + [f"{codec} {features.version(codec)}" for codec in _CODECS]
    return "" if "<" in name else ", ".join([name, *versions])


@contextmanager
def hushed_pillow() -> Iterator[None]:
    """Without Pillow's warnings of odd but readable files, which fall into the progress bar and don't say which file."""
    with warnings.catch_warnings():
        _hush()
        yield


def _hush() -> None:
    warnings.filterwarnings("ignore", module=r"PIL\.")
