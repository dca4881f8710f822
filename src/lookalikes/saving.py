"""Write a file whole or not at all."""

import os
import tempfile
from pathlib import Path

import pandas as pd


def save_whole(data: bytes, path: str | Path) -> Path:
    """Write `data` to `path`, making its folder; a reader, or a run cut short, sees the old file or the new, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def save_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write `table` as CSV: its exact values, in UTF-8; a file name that isn't UTF-8 keeps its own bytes."""
    text = table.to_csv(index=False, lineterminator="\n")
    return save_whole(text.encode("utf-8", "surrogateescape"), path)
