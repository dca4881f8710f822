"""Measure everything in one run, print a Markdown table, and write it to RESULTS.md beside this file.

    python tests/benchmarks/run.py [--full]

Ours and each reference take turns, round by round, after an unmeasured run. A figure is the median of the rounds, with
the least and the most; "times as fast" is the median of the rounds' own ratios. In full, the whole run is measured on
the folder that the environment variable LOOKALIKES_DATA names; without it, 30,962 images are drawn for it where
`../shared/make_dataset.py` is there. Not in full it ends within 15 minutes on 2 cores.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import bench_hashing
import bench_pairs
import bench_review
import bench_run
import psutil
from measuring import run_apart

RESULTS = Path(__file__).with_name("RESULTS.md")
LIBRARIES = ("lookalikes", "numpy", "numba", "pillow", "imagehash", "pandas")
COLUMNS = ("What", "Size", "Ours", "Reference", "Of the reference", "Times as fast")


def measure_all(full: bool, scratch: Path) -> Iterator[dict]:
    """All rows, section by section; in full, more and larger ones."""
    rounds = 5 if full else 3
    photos = bench_hashing.draw_photos(scratch / "photos", 3_000 if full else 1_200)
    tell("hashing")
    yield from bench_hashing.measure_speed(photos, rounds)
    tell("hashing other views")
    yield from bench_hashing.measure_views(photos, rounds)
    tell("hashing from a slow disk")
    yield from bench_hashing.measure_slow_disk(photos, 1_000 if full else 400, rounds)
    tell("the memory of hashing")
    yield from bench_hashing.measure_memory(photos, 3)
    tell("the pair join")
    for found in run_apart(bench_pairs.measure, full):  # FAISS and imagededup each bring an OpenMP
        yield from tell_join(found)
    yield from bench_run.measure_join_memory([1_000_000] + full * [10_000_000], 1 if full else 3)
    tell("clustering")
    yield from bench_run.measure_clustering(rounds)
    tell("the second look")
    yield from bench_run.measure_look(photos, 3_000 if full else 500, rounds)
    tell("starting")
    yield from bench_run.measure_start(scratch, rounds)
    tell("the images of a whole run")
    data = bench_run.find_data(scratch, photos, full)
    tell("the second run")
    yield from bench_run.measure_cache(data, scratch, 3)
    tell("the report")
    yield from bench_run.measure_report(data, scratch, 3, full)
    tell("the page of many clusters")
    yield from bench_review.measure(scratch, 3)


def tell_join(found: dict) -> Iterator[dict]:
    """A row of `bench_pairs`, which has medians only, as two of ours."""
    row = {"what": f"pair join, below={bench_pairs.BELOW}", "ours": [found["seconds"]]}
    row["size"] = f"{found['hashes']:,} hashes, {found['pairs']:,} pairs"
    if "faiss_seconds" in found:
        told = f"faiss-cpu {version('faiss-cpu')}, IndexBinaryFlat(64).range_search, as many threads"
        row |= {"reference": told, "theirs": [found["faiss_seconds"]], "ratio": [found["ratio"]]}
    elif "tenth_seconds" in found:
        told = f"ours of {found['hashes'] // 10:,} hashes"
        row |= {"reference": told, "theirs": [found["tenth_seconds"]], "ratio": [found["ratio"]]}
    yield row
    if "multi_seconds" in found:
        told = f"faiss-cpu {version('faiss-cpu')}, IndexBinaryMultiHash(64, 4, 16), two bits flipped"
        yield row | {"reference": told, "theirs": [found["multi_seconds"]], "ratio": None}
    table = {
        "what": "find_pairs on a table of hexadecimal texts",
        "size": row["size"],
        "ours": [found["table_seconds"]],
    }
    yield table | {"reference": "the pair join alone", "theirs": row["ours"]}


def tell(step: str) -> None:
    print(f"Measuring: {step}", file=sys.stderr, flush=True)


def format_row(row: dict) -> str:
    """One line of the table: seconds, or images per second where the row says how many; memory has no ratio."""
    ours, theirs, unit = row["ours"], row.get("theirs"), row.get("unit", "s")
    ratio = row.get("ratio") or (unit == "s" and theirs and [b / a for a, b in zip(ours, theirs, strict=True)])
    if "images" in row:
        ours, theirs = ([row["images"] / seconds for seconds in column or []] for column in (ours, theirs))
        unit = "images/s"
    their_cell = f"not measured ({row['failed']})" if row.get("failed") else format_values(theirs, unit)
    cells = row["what"], row["size"], format_values(ours, unit), row.get("reference", ""), their_cell
    return f"| {' | '.join(cell.replace('|', '/') for cell in (*cells, format_values(ratio, '')))} |"


def format_values(values: list[float] | None, unit: str) -> str:
    """The median, and the least and the most where there are several."""
    if not values:
        return ""
    told = f"{format_number(statistics.median(values))} {unit}".strip()
    return told if len(values) == 1 else f"{told} ({format_number(min(values))}–{format_number(max(values))})"


def format_number(value: float) -> str:
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"


def describe_machine(full: bool) -> str:
    """What the figures hang on: the machine and the libraries, and nothing that tells whose machine it is."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}. Made by `make bench{' FULL=1' if full else ''}`: "
        "medians, with the least and the most of the rounds in brackets. FAISS's flat index is the rival of the join, "
        "for its index of several hash tables, which is exact too, is slower at 64 bits and this radius, as its row "
        "shows."
        + " On so few images the fixed costs of a report outweigh the rest; its full size tells more."
        * (not full)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="10,000,000 hashes and 30,962 images; up to an hour")
    full = parser.parse_args().full
    lines = [f"| {' | '.join(COLUMNS)} |", f"| {' | '.join('---' for _ in COLUMNS)} |"]
    with tempfile.TemporaryDirectory() as scratch:
        for row in measure_all(full, Path(scratch)):
            lines.append(format_row(row))
            print(lines[-1], flush=True)
    text = "\n".join(["# What was measured", "", describe_machine(full), "", *lines]) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
