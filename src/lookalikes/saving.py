"""Where results go, and how: each file whole or not at all."""

import csv
import glob
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd


def find_output(given: str | Path, data: str | Path) -> Path:
    """The folder for the results on the images in `data`: `given`, or else `reports/NAME` in the working folder, or
    beside it where that is the `notebooks` folder of a checkout of ours.
    """
    in_checkout = Path.cwd().name == "notebooks" and Path("..", "src", "lookalikes").is_dir()
    return Path(given) if given else Path(".." * in_checkout, "reports", Path(data).resolve().name.removesuffix(".zip"))


def save_whole(data: bytes, path: str | Path) -> Path:
    """Write `data` to `path`, making its folder; a reader, or a run cut short, sees the old file or the new, never
    a part.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name[:40]}."
    _clear_partials(path.parent, prefix)
    handle, partial = tempfile.mkstemp(prefix=prefix, suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
    return path


def _clear_partials(folder: Path, prefix: str) -> None:
    """Delete what killed runs left half-written: partials of that name that have not changed for ten minutes."""
    for left in folder.glob(f"{glob.escape(prefix)}*.partial"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > 600:
                left.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def save_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write `table` as CSV: its exact values, in UTF-8; a file name that isn't UTF-8 keeps its own bytes."""
    text = table.to_csv(index=False, lineterminator="\n")
    if "\r" in text:  # which csv leaves unquoted before Python 3.13, so that it would end the row
        text = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return save_whole(text.encode("utf-8", "surrogateescape"), path)
