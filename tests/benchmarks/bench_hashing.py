"""Measure hashing: its speed beside decoding alone and beside other tools, its memory, and how it bears a slow disk.

`run.py` calls this. The tools to compare with are optional: one that is missing or fails is a row that says so.
"""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from functools import partial
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from measuring import measure_growth, time_in_turn, watch_opening
from PIL import Image

import lookalikes as la

WIDTH, HEIGHT, QUALITY = 500, 375, 85
CORES = os.cpu_count() or 1
OURS, LOOP = "lookalikes", "imagehash.phash(Image.open(path)) in a loop"
DECODING = f"decoding, greying and resizing alone, on {CORES} threads"


def draw_photos(folder: Path, n: int) -> Path:
    """Draw `n` JPEGs, always the same: windows of one 1/f picture, which compress as photos do, to some 60 kB."""
    folder.mkdir()
    scene = _draw_scene(2048)
    random = np.random.default_rng(1)
    for number in range(n):
        left, top = random.integers(2048 - WIDTH), random.integers(2048 - HEIGHT)
        path = folder / f"{number:05}.jpg"
        Image.fromarray(scene[top : top + HEIGHT, left : left + WIDTH]).save(path, quality=QUALITY)
        os.utime(path, (1_600_000_000, 1_600_000_000))  # a file changed this very second is one that no cache can trust
    return folder


def _draw_scene(side: int) -> np.ndarray:
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    frequency[0, 0] = np.inf
    noise = np.random.default_rng(0).standard_normal((3, side, side))
    planes = np.fft.irfft2(np.fft.rfft2(noise) / frequency**1.2)
    planes = planes + 1.5 * planes[:1]  # the colours mostly go together
    return np.clip(128 + 55 * planes / planes.std(), 0, 255).astype(np.uint8).transpose(1, 2, 0)


def list_photos(folder: Path) -> list[str]:
    return sorted(map(str, folder.glob("*.jpg")))


def hash_ours(paths: list[str], views: str = "whole") -> list[str]:
    images = pd.DataFrame({"filename": [Path(path).name for path in paths], "fold": "all", "path": paths})
    return la.hash_images(images, views=views, cache=False)["hash"].tolist()


def hash_in_loop(paths: list[str]) -> list[str]:
    return [str(imagehash.phash(Image.open(path))) for path in paths]


def decode_only(paths: list[str]) -> None:
    def decode(path: str) -> None:
        Image.open(path).convert("L").resize((32, 32), Image.Resampling.LANCZOS)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(decode, paths))


def hash_by_imagededup(paths: list[str]) -> list[str]:
    from imagededup.methods import PHash

    logging.disable(logging.INFO)  # it tells its steps
    found = PHash(verbose=False).encode_images(image_dir=str(Path(paths[0]).parent))
    return [found.get(Path(path).name) for path in paths]


def hash_by_imgdd(paths: list[str]) -> list[str]:
    import imgdd

    found = imgdd.hash(path=str(Path(paths[0]).parent), algo="pHash", filter="Lanczos3")
    return [found.get(path) for path in paths]


def hash_by_czkawka(paths: list[str]) -> None:
    """It gives no hashes of many images at once, so it also finds the groups."""
    from czkawka import ImageSimilarity

    finder = ImageSimilarity()
    finder.set_directories([Path(paths[0]).parent])
    finder.find_similar()


def hash_by_imgcheck(paths: list[str]) -> list[str]:
    from imgcheck import compute_hashes

    return [str(found.hash) for found in compute_hashes(paths, show_progress=False)]


PEERS = {
    "imagededup": hash_by_imagededup,
    "imgdd": hash_by_imgdd,
    "czkawka": hash_by_czkawka,
    "imgcheck": hash_by_imgcheck,
}


def measure_speed(folder: Path, rounds: int) -> Iterator[dict]:
    """Ours, beside the plain loop, what reading the images costs at the least, and each peer that works here."""
    paths = list_photos(folder)
    contenders = {OURS: hash_ours, LOOP: hash_in_loop, DECODING: decode_only, **PEERS}
    hashes, failed = {}, {}
    for name, work in contenders.items():  # the first run, unmeasured, imports and warms up
        try:
            with redirect_stderr(StringIO()):
                hashes[name] = work(paths)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    alike = {name: _compare_hashes(found, hashes[LOOP]) for name, found in hashes.items()}
    seconds = time_in_turn({name: partial(contenders[name], paths) for name in hashes}, rounds)
    row = {"what": f"hashing JPEGs of {WIDTH}×{HEIGHT} ({alike[OURS]})", **_size(paths)}
    for name in [name for name in contenders if name != OURS]:
        told = f"{name} {version(name)} ({alike[name]})" if name in PEERS and name in hashes else name
        yield row | {"ours": seconds[OURS], "reference": told, "theirs": seconds.get(name), "failed": failed.get(name)}


def _compare_hashes(hashes: list[str] | None, wanted: list[str]) -> str:
    if not hashes:
        return "hashes of another kind"
    equal = sum(one == other for one, other in zip(hashes, wanted, strict=True))
    return f"{equal:,} of {len(wanted):,} hashes equal imagehash's"


def measure_slow_disk(folder: Path, n: int, rounds: int, delay: float = 0.02) -> Iterator[dict]:
    paths = list_photos(folder)[:n]
    with watch_opening(delay) as opened:
        seconds = time_in_turn({OURS: lambda: hash_ours(paths), LOOP: lambda: hash_in_loop(paths)}, rounds)
    if len(opened) != 2 * rounds * n:
        raise RuntimeError(f"images must be opened once per run, {2 * rounds * n:,} times in all, not {len(opened):,}")
    what = f"hashing with {1000 * delay:.0f} ms of latency at every open"
    yield {"what": what, **_size(paths), "ours": seconds[OURS], "reference": LOOP, "theirs": seconds[LOOP]}


def _size(paths: list[str]) -> dict:
    return {"size": f"{len(paths):,} images", "images": len(paths)}


def measure_views(folder: Path, rounds: int) -> Iterator[dict]:
    """What hashing other views as well costs, beside the plain hashing."""
    paths = list_photos(folder)
    contenders = {views: partial(hash_ours, paths, views) for views in ("whole", "turned", "all")}
    contenders["all"]()  # compiles
    seconds = time_in_turn(contenders, rounds)
    for views in ("turned", "all"):
        row = {"what": f"hashing with views={views}", **_size(paths), "ours": seconds[views]}
        yield row | {"reference": "ours of the whole picture alone", "theirs": seconds["whole"]}


def measure_memory(folder: Path, rounds: int) -> Iterator[dict]:
    n = len(list_photos(folder)) // 4
    few, all_ = [], []
    for _ in range(rounds):
        few.append(measure_growth(_warm_up, hash_ours, folder, n))
        all_.append(measure_growth(_warm_up, hash_ours, folder, 4 * n))
    row = {"what": "hashing, memory it takes", "size": f"{4 * n:,} images", "unit": "MB"}
    yield row | {"ours": all_, "reference": f"ours of {n:,} images", "theirs": few}


def _warm_up(folder: Path, n: int) -> list[str]:
    paths = list_photos(folder)[:n]
    hash_ours(paths[:128])
    return paths
