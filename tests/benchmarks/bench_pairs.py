"""Measure the pair join, from packed hashes to pair arrays, against a brute-force FAISS index where that is installed;
and `find_pairs`, which does that with a table of hexadecimal texts.

`python tests/benchmarks/bench_pairs.py [--full]` prints one row per number of hashes. Both use all cores, warm.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from lookalikes.clustering.pairs import find_pairs, join_packed

BELOW, N_BITS, PLANTED = 10, 64, 0.01


def draw_hashes(n: int, seed: int = 0) -> np.ndarray:
    """Random packed hashes of 64 bits with 32 ones; 1 % are copies of another with up to 4 ones moved elsewhere."""
    random = np.random.default_rng(seed)
    packed = np.empty((n, N_BITS // 8), np.uint8)
    for start in range(0, n, 250_000):
        some = packed[start : start + 250_000]
        bits = random.permuted(np.tile(np.arange(N_BITS) < N_BITS // 2, (len(some), 1)), axis=1)
        n_copies = int(PLANTED * len(some))
        copies = bits[random.integers(len(some) - n_copies, size=n_copies)]
        moved = random.integers(5, size=(n_copies, 1))
        rank_ones, rank_zeros = (_rank(random, copies == value) for value in (True, False))
        bits[len(some) - n_copies :] = copies ^ (rank_ones < moved) ^ (rank_zeros < moved)
        some[:] = np.packbits(random.permutation(bits), axis=1)
    return packed


def _rank(random: np.random.Generator, among: np.ndarray) -> np.ndarray:
    """Number the chosen places of each row in random order from 0; the others come after them."""
    return np.where(among, random.random(among.shape), 2).argsort(1).argsort(1)


def measure_rested(work: Callable) -> float:
    """The seconds of `work()`, begun when the threads of what ran before, which spin for a while, are at rest."""
    time.sleep(0.5)
    return measure_seconds(work)


def measure_seconds(work: Callable, *args: object) -> float:
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start


def find_faiss_search(kind: str = "flat") -> Callable[[np.ndarray], object] | None:
    """FAISS's search by a "flat" index or by a "multi" one, several hash tables; both exact."""
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(os.cpu_count())

    def search(packed: np.ndarray) -> object:
        if kind == "flat":
            index = faiss.IndexBinaryFlat(N_BITS)
        else:  # of four parts, one differs in at most two bits where all differ in less than twelve
            index = faiss.IndexBinaryMultiHash(N_BITS, 4, N_BITS // 4)
            index.nflip = 2
        index.add(packed)
        return index.range_search(packed, BELOW)

    return search


def measure(full: bool = False) -> list[dict]:
    """Measure in rounds, ours and its rival in turn; return rows of medians, in seconds, and of the rounds' ratios.

    The rival is FAISS with the same hashes or, where that would take too long, ours with a tenth of them.
    """
    faiss_search = find_faiss_search()
    rows = []
    sizes = [(30_962, 15, "faiss"), (200_000, 3, "faiss"), (1_000_000, 5, "tenth"), (10_000_000, 5, "tenth")]
    for n, rounds, rival in sizes if full else sizes[:3]:
        packed = draw_hashes(n)
        search, compared = partial(join_packed, packed, BELOW), faiss_search and partial(faiss_search, packed)
        if rival == "tenth":
            compared = partial(join_packed, draw_hashes(n // 10), BELOW)
            compared()
        pairs = len(search()[0])
        ours, tables, theirs = [], [], []
        table = pd.DataFrame({"hash": [row.tobytes().hex() for row in packed]})
        for _ in range(rounds):
            ours.append(measure_rested(search))
            tables.append(measure_rested(partial(find_pairs, table, below=BELOW)))
            if compared:
                theirs.append(measure_rested(compared))
        row = {"hashes": n, "rounds": rounds, "pairs": pairs, "seconds": statistics.median(ours)}
        row["table_seconds"] = statistics.median(tables)
        if theirs:
            row[f"{rival}_seconds"] = statistics.median(theirs)
            row["ratio"] = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        if n == sizes[0][0] and (multi := find_faiss_search("multi")):
            row["multi_seconds"] = measure_rested(partial(multi, packed))
        rows.append(row)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="measure 10,000,000 hashes too")
    for row in measure(parser.parse_args().full):
        print(", ".join(f"{name} {value:,.3f}".removesuffix(".000") for name, value in row.items()))
