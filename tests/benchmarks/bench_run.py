"""Measure the run as a whole: the second run, the clustering alone, the join's memory, and from nothing to the report.

`run.py` calls this. The plain loop is measured on a part and extrapolated: its hashing by the number of images, its
comparing by that number squared, for it compares each image with all before it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from bench_pairs import BELOW, draw_hashes
from measuring import measure_growth, run_command, time_in_turn, watch_opening
from PIL import Image

import lookalikes as la
from lookalikes.clustering.pairs import join_packed

SAMPLE = 2_000
N_IMAGES = 30_962
COLD, WARM = "from nothing to the finished report", "to the finished report, all hashes in the cache"
VIEWS = "from nothing to the finished report, with all views"
DRAWING = Path(__file__).parents[3] / "shared" / "make_dataset.py"


def find_data(scratch: Path, photos: Path, full: bool) -> Path:
    """In full, the folder that LOOKALIKES_DATA names, or the dataset of 30,962 images, drawn now; else `photos`."""
    if full and (given := os.environ.get("LOOKALIKES_DATA")):
        return Path(given)
    if not full or not DRAWING.exists():
        return photos
    subprocess.run([sys.executable, DRAWING, scratch / "dataset"], check=True, stdout=sys.stderr)
    return scratch / "dataset"


def measure_cache(data: Path, scratch: Path, rounds: int) -> Iterator[dict]:
    """A second run up to the clusters, imports aside, beside the same run without a cache."""
    cache = scratch / "second-run.sqlite"

    def run(cache: Path | bool) -> pd.DataFrame:
        hashed = la.hash_images(la.read_folds(data), cache=cache)
        return la.cluster_sequentially(hashed, la.find_pairs(hashed, below=BELOW))

    with redirect_stderr(StringIO()):
        clusters = run(cache)
        run(cache)  # keeps those that were too new for the cache the first time
        with watch_opening() as opened:
            again = run(cache)
    if not again.equals(clusters):
        raise RuntimeError("the second run gave other clusters than the first")
    seconds = time_in_turn({"ours": lambda: run(cache), "theirs": lambda: run(False)}, rounds)
    what = f"from unchanged images to clusters, by the cache ({len(opened):,} images opened)"
    yield {"what": what, "size": f"{len(clusters):,} images", "reference": "the same without a cache", **seconds}


def hash_plainly(paths: list[str]) -> list[imagehash.ImageHash]:
    return [imagehash.phash(Image.open(path)) for path in paths]


def cluster_plainly(hashes: list[imagehash.ImageHash]) -> list[int]:
    """The cluster of each by the plain loop: against the members of each cluster, by imagehash's own distance."""
    clusters, found = [], []
    for hash_ in hashes:
        distances = [min(hash_ - member for member in members) for members in clusters]
        nearest = int(np.argmin(distances)) if distances else 0
        if not distances or distances[nearest] >= BELOW:
            nearest = len(clusters)
            clusters.append([])
        clusters[nearest].append(hash_)
        found.append(nearest)
    return found


def cluster_by_rows(packed: np.ndarray) -> list[int]:
    """The same with NumPy, each against all earlier ones at once."""
    words, found, founded = packed.view(np.uint64).ravel(), np.empty(len(packed), np.int64), 0
    for row, word in enumerate(words):
        distances = np.bitwise_count(words[:row] ^ word)
        least = distances.min(initial=BELOW)
        found[row] = founded if least == BELOW else found[:row][distances == least].min()
        founded += least == BELOW
    return found.tolist()


def cluster_ours(packed: np.ndarray) -> list[int]:
    hashed = pd.DataFrame({"hash": [row.tobytes().hex() for row in packed], "row": range(len(packed))})
    clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed, below=BELOW))
    return clusters.sort_values("row")["cluster_id"].tolist()


def measure_clustering(rounds: int) -> Iterator[dict]:
    packed = draw_hashes(N_IMAGES)
    hashes = [imagehash.ImageHash(bits.reshape(8, 8)) for bits in np.unpackbits(packed[:SAMPLE], axis=1).astype(bool)]
    if cluster_ours(packed) != cluster_by_rows(packed) or cluster_ours(packed[:SAMPLE]) != cluster_plainly(hashes):
        raise RuntimeError("the plain loops gave other clusters than ours")
    contenders = {"ours": (cluster_ours, packed), "plain": (cluster_plainly, hashes), "rows": (cluster_by_rows, packed)}
    seconds = time_in_turn({name: partial(*contender) for name, contender in contenders.items()}, rounds)
    plain = [(N_IMAGES / SAMPLE) ** 2 * part for part in seconds["plain"]]
    row = {"what": "clustering alone, from hashes to clusters", "size": f"{N_IMAGES:,} hashes", "ours": seconds["ours"]}
    yield row | {"reference": f"plain loop, from {SAMPLE:,} hashes × {(N_IMAGES / SAMPLE) ** 2:.0f}", "theirs": plain}
    yield row | {"reference": "NumPy, each image against all earlier ones at once", "theirs": seconds["rows"]}


def measure_join_memory(sizes: list[int], rounds: int) -> Iterator[dict]:
    for n in sizes:
        growths = [measure_growth(_prepare_join, _join, n) for _ in range(rounds)]
        yield {"what": "pair join, memory it takes", "size": f"{n:,} hashes", "ours": growths, "unit": "MB"}


def _prepare_join(n: int) -> np.ndarray:
    _join(draw_hashes(100_000))
    return draw_hashes(n)


def _join(packed: np.ndarray) -> None:
    join_packed(packed, BELOW)


def measure_start(scratch: Path, rounds: int) -> Iterator[dict]:
    """A report on 1,500 small images, all hashes kept: what a run costs beside its images. LOOKALIKES_BEFORE names the
    checkout of an earlier version to compare with.
    """
    few, random = scratch / "few", np.random.default_rng(0)
    few.mkdir()
    for number in range(1_500):
        blotches = Image.fromarray(random.integers(256, size=(8, 8, 3), dtype=np.uint8))
        blotches.resize((200, 150), Image.Resampling.BICUBIC).save(few / f"{number}.jpg")
    before = os.environ.get("LOOKALIKES_BEFORE")
    sources = {"ours": None} | ({"theirs": str(Path(before, "src"))} if before else {})

    def report(name: str, source: str | None) -> None:
        place = ["--output", str(scratch / f"few-{name}"), "--cache", str(scratch / f"few-{name}.sqlite")]
        environment = os.environ | ({"PYTHONPATH": source} if source else {})
        command = [sys.executable, "-m", "lookalikes", str(few), *place]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    contenders = {name: partial(report, name, source) for name, source in sources.items()}
    for work in contenders.values():
        work()  # unmeasured: keeps the hashes
    seconds = time_in_turn(contenders, rounds)
    row = {
        "what": "to the finished report of few small images, all hashes in the cache",
        "size": "1,500 images",
        **seconds,
    }
    yield row | ({"reference": "the version in LOOKALIKES_BEFORE"} if before else {})


def measure_look(photos: Path, pairs: int, rounds: int) -> Iterator[dict]:
    """The second look at pairs that need its finest check, beside decoding their files alone."""
    paths = [str(path) for path in sorted(photos.iterdir())][:pairs]
    images = pd.DataFrame({"filename": [*paths, *paths], "fold": "all", "path": [*paths, *paths]})
    with tempfile.TemporaryDirectory() as folder:
        copies = [os.path.join(folder, f"{number}.jpg") for number in range(len(paths))]
        for path, copy in zip(paths, copies, strict=True):
            Image.open(path).save(copy, quality=70)
        images["path"] = [*paths, *copies]
        with redirect_stderr(StringIO()):
            hashed = la.hash_images(images, cache=False)
        near = pd.DataFrame({"earlier": range(len(paths)), "later": range(len(paths), 2 * len(paths)), "distance": 0})

        def decode() -> None:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(lambda path: Image.open(path).load(), images["path"]))

        seconds = time_in_turn({"ours": lambda: la.look_again(hashed, near), "theirs": decode}, rounds)
    row = {"what": "the second look, its finest check included", "size": f"{len(paths):,} pairs", **seconds}
    yield row | {"reference": "decoding both files alone, on as many threads"}


def measure_report(data: Path, scratch: Path, rounds: int, full: bool) -> Iterator[dict]:
    """`python -m lookalikes`, from nothing and again, beside the plain loop, which makes no report at all; in full,
    with all views too, beside the whole picture alone.
    """
    paths = la.read_folds(data)["path"].tolist()
    sample = [paths[k] for k in np.linspace(0, len(paths) - 1, min(SAMPLE, len(paths))).astype(int)]
    hashes = hash_plainly(sample)
    command = [sys.executable, "-m", "lookalikes", str(data)]
    cache, peaks = scratch / "report.sqlite", {COLD: [], WARM: [], VIEWS: []}

    def report(kind: str) -> None:
        if kind != WARM:
            cache.unlink(missing_ok=True)
        place = ["--output", str(scratch / "report"), "--cache", str(cache)]
        peaks[kind].append(run_command([*command, *place, "--views", "all" if kind == VIEWS else "whole"]))

    contenders = {kind: partial(report, kind) for kind in ([VIEWS] if full else []) + [COLD, WARM]}
    contenders |= {"hashing": partial(hash_plainly, sample), "comparing": partial(cluster_plainly, hashes)}
    report(COLD)  # unmeasured: compiles, and brings the files into the system's memory
    seconds = time_in_turn(contenders, rounds)
    scale = len(paths) / len(sample)
    hashing, comparing = scale * np.array(seconds["hashing"]), scale**2 * np.array(seconds["comparing"])
    told = f"plain loop, from {len(sample):,} images: {np.median(hashing):.0f} s of hashing (their time × {scale:.1f})"
    told += f" and {np.median(comparing):.0f} s of comparing (× {scale**2:.0f})"
    for kind in [kind for kind in peaks if kind in seconds]:
        row = {"what": kind, "size": f"{len(paths):,} images", "ours": seconds[kind]}
        whole = {"reference": COLD, "theirs": seconds[COLD]}
        yield row | (whole if kind == VIEWS else {"reference": told, "theirs": (hashing + comparing).tolist()})
        yield row | {"what": f"{kind}: memory of all processes", "ours": peaks[kind][-rounds:], "unit": "MB"}
