"""Step 2: hash every image, bit for bit as `imagehash.phash(Image.open(path))` would."""

import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from importlib.metadata import version

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, features

from lookalikes.hashing.cache import Place, Stat, open_cache, stat_file
from lookalikes.hashing.phash import hash_greys, measure_quality, write_bits
from lookalikes.hashing.shrinking import find_order, shrink_to_grey
from lookalikes.hashing.views import VIEWS, WINDOWS, count_words
from lookalikes.hashing.windows import hash_windows, square_grey
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, is_deep, open_image
from lookalikes.words import join, say, write

HashFiles = Callable[..., list["Found"]]
HashFunction = Callable[[Image.Image], imagehash.ImageHash]
Found = tuple[str | None, str | None, Stat | None]
_FACTS = r"\d{1,3}d? ([0-9a-f]{2})+"  # the quality, whether deep, and the hash, or the eight hashes
_WINDOWS_DIGEST = zlib.crc32(repr(WINDOWS).encode())
_LIBRARIES = ("imagehash", "numpy", "pillow", "scipy")
_CODECS = ("jpg", "libjpeg_turbo", "jpg_2000", "libtiff", "webp", "avif")


def hash_images(
    images: pd.DataFrame,
    *,
    hash: HashFunction = imagehash.phash,
    views: str = "whole",
    truncated: bool = False,
    cache: Place = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """`images` with `hash` (lower-case hex, equal to `str(hash(Image.open(path)))`), `problem`, `quality` and
    `deep`.

    An image that can't be read has no hash but a problem: one line that says why. `quality`, from 0 to 100, is how
    much there is to see (`lookalikes.hashing.phash.measure_quality`); `deep` says that it has more than 8 bits a pixel,
    which imagehash clips before it hashes. `hash` is any function that returns an
    `imagehash.ImageHash`, with its arguments by `functools.partial`; its digits are padded to whole bytes.

    With `views`, which phash alone has, a further column `views` holds bytes for `find_hidden_copies`: of the whole
    picture `turned` as the EXIF orientations 1 to 8 ask, or of `all` windows of `lookalikes.hashing.views` as well.

    With `truncated`, what can be seen of files that are cut short is hashed too; a column `truncated` marks them, and
    they are not kept. Images are read on all cores, or on `executor`, any `concurrent.futures.Executor`. What is hashed
    is kept in `cache`, the path of a file (None: `hashes.sqlite` in the user's cache folder; False: nowhere), and an
    unchanged image is not read again. Raises TypeError where `hash` returns something else, ValueError for
    `views` of another hash than phash.
    """
    recipe = _describe_recipe(hash, views)
    paths, facts, problems = images["path"].to_numpy(object), *np.full((2, len(images)), None, object)
    located = images["path"].notna().to_numpy()
    problems[~located] = [
        write("problem.outside" if name else "problem.unnamed") for name in images["filename"][~located]
    ]
    with open_cache(cache if recipe else False, recipe=recipe, pattern=_FACTS) as store:
        facts[located] = store.look_up(paths[located].tolist())
        rows = np.flatnonzero(located & pd.isna(facts))
        find_order()  # which compiles the shrink once, before all threads ask for it
        work = partial(hash_files, hash=hash, views=views)
        known = int(located.sum()) - len(rows)
        with closing(
            work_through(work, paths[rows].tolist(), executor=executor, label=say("progress.hashing"), done=known)
        ) as batches:
            for part, results in batches:
                facts[rows[part]], problems[rows[part]], stats = zip(*results, strict=True)
                found = zip(paths[rows[part]], stats, facts[rows[part]], strict=True)
                store.save((path, *stat, text) for path, stat, text in found if text and stat)
    marks = {"truncated": _hash_cut_short(paths, facts, problems, work, executor)} if truncated else {}
    return images.assign(**_split_facts(facts, views) | {"problem": problems} | marks)


def _hash_cut_short(
    paths: np.ndarray, facts: np.ndarray, problems: np.ndarray, work: HashFiles, executor: Executor | None
) -> np.ndarray:
    """Which images are cut short, after putting what can be seen of them in the place of their problem."""
    rows = np.flatnonzero(problems == write("problem.truncated"))
    work = partial(work, truncated=True)
    with closing(
        work_through(work, paths[rows].tolist(), executor=executor, label=say("progress.truncated"))
    ) as batches:
        for part, results in batches:
            facts[rows[part]], problems[rows[part]], _ = zip(*results, strict=True)
    cut = np.zeros(len(paths), bool)
    cut[rows] = ~pd.isna(facts[rows])
    return cut


def _split_facts(facts: np.ndarray, views: str) -> dict[str, object]:
    qualities, texts = (
        zip(*((None, None) if text is None else text.split() for text in facts), strict=True)
        if len(facts)
        else ((), ())
    )
    hashes = [text and text[: len(text) // count_words(views)] for text in texts]
    deep = np.array([(quality or "").endswith("d") for quality in qualities], bool)
    qualities = pd.array([quality and int(quality.removesuffix("d")) for quality in qualities], dtype="Int64")
    columns = {"hash": np.array(hashes, object), "problem": None, "quality": qualities, "deep": deep}
    packed = [text and bytes.fromhex(text) for text in texts] if views != VIEWS[0] else []
    return columns | ({"views": np.array([*packed, None], object)[:-1]} if views != VIEWS[0] else {})


def hash_files(paths: Iterable[str], *, hash: HashFunction, views: str, truncated: bool = False) -> list[Found]:
    """What one worker does with its share: of each image (facts, problem, stat of before it was read)."""
    size = _phash_size(hash)
    side = 4 * (size or 8)
    greys: list[np.ndarray] = []
    squares: list[np.ndarray] = []
    bits: list[np.ndarray] = []
    deep: list[bool] = []
    results: list[tuple[str | None, Stat | None]] = []
    for path in paths:
        stat = stat_file(path)
        try:
            with open_image(path, truncated=truncated) as image:
                others = [] if size else [hash(image).hash.reshape(1, -1)]
                greys.append(shrink_to_grey(image, side))
                squares += [square_grey(image)] if views == VIEWS[2] else []
                bits += others
                deep.append(is_deep(image))
            results.append((None, stat))
        except Unreadable as reason:
            results.append((str(reason), stat))
    small = np.array(greys).reshape(-1, side, side)
    texts = hash_greys(small, size, turned=views != VIEWS[0]) if size else [write_bits(row)[0] for row in bits]
    if squares:
        windows = hash_windows(np.array(squares))
        texts = [text + row.tobytes().hex() for text, row in zip(texts, windows, strict=True)]
    told = zip(measure_quality(small), deep, texts, strict=True)
    facts = (f"{quality}{'d' * clipped} {text}" for quality, clipped, text in told)
    return [(None if problem else next(facts), problem, stat) for problem, stat in results]


def _phash_size(hash: HashFunction) -> int | None:
    """The `hash_size` where `hash` is `imagehash.phash`, which we compute faster; None for any other."""
    if hash is imagehash.phash:
        return 8
    if isinstance(hash, partial) and hash.func is imagehash.phash and not hash.args:
        return hash.keywords["hash_size"] if list(hash.keywords) == ["hash_size"] else None
    return None


def _describe_recipe(hash: HashFunction, views: str) -> str:
    """All that can change a hash; empty where the function has no lasting name, as a lambda. Raises TypeError for
    no hash function.
    """
    if views not in VIEWS:
        raise ValueError(say("error.views", known=join(VIEWS), given=views))
    if views == VIEWS[1] and not _phash_size(hash):
        raise ValueError(say("error.views.turned", hash=hash))
    if views == VIEWS[2] and hash is not imagehash.phash:
        raise ValueError(say("error.views.all", hash=hash))
    found = hash(Image.linear_gradient("L"))
    if not isinstance(found, imagehash.ImageHash):
        kind = type(found).__name__
        raise TypeError(say("error.hash", hash=hash, kind=kind))
    function, options = (hash.func, f"{hash.args} {hash.keywords}") if isinstance(hash, partial) else (hash, "")
    options += {"whole": "", "turned": " in eight orientations", "all": f" in views {_WINDOWS_DIGEST}"}[views]
    name = f"{getattr(function, '__module__', '<')}.{getattr(function, '__qualname__', '<')} {options}"
    versions = [f"{library} {version(library)}" for library in _LIBRARIES] + [
        f"{codec} {features.version(codec)}" for codec in _CODECS
    ]
    return "" if "<" in name else ", ".join([name, *versions, "depths"])
