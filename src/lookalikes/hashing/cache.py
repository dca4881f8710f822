"""Hashes kept from run to run, in one small SQLite file, so that an unchanged image is never read twice.

A row is known again only while the image's path, size and mtime and the recipe of its hash are as they were, and the
row's checksum holds. As with make, an image swapped for one of the same size and mtime goes unnoticed. Whatever is
wrong with the file costs a warning and a slower run; a file that isn't such a cache is never touched.
"""

import contextlib
import hashlib
import os
import re
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import platformdirs

VERSION, APPLICATION_ID = 1, 0x6C6B616C  # both are in the file's header; rows of another meaning need another version
CREATE = f"""BEGIN;  -- in one transaction, so that no file is ever seen without its application id
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA application_id = {APPLICATION_ID};
    PRAGMA user_version = {VERSION};
    CREATE TABLE IF NOT EXISTS hashes (recipe INTEGER, path BLOB, size INTEGER, mtime_ns INTEGER, facts TEXT,
                                       checksum INTEGER, used INTEGER, PRIMARY KEY (recipe, path)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pruned (day INTEGER);
    COMMIT"""
PATIENCE = 5.0  # seconds to wait for another process before going on without the cache
COMMIT_EVERY = 0.5  # seconds
TICK = 2_000_000_000  # ns, the coarsest mtime in use (FAT's)
KEEP_DAYS = (90, 30, 14)  # rows unused for longer are deleted; the shorter terms only while the file is above the limit
MAX_PAGES = 250_000  # of 4 KiB: 1 GB, some 8 million images
TOUCH_DAYS = 7  # the day of last use is brought up to date only when this old, so that most runs write nothing
AT_ONCE = 900  # paths per query; SQLite may allow no more than 999

Place = str | os.PathLike[str] | bool | None
Row = tuple[Any, ...]


class Store:
    """The rows of one recipe, for use from one thread; made by `open_cache`."""

    def __init__(self, cache: Place, recipe: str, pattern: str) -> None:
        self._recipe = int.from_bytes(hashlib.blake2b(recipe.encode(), digest_size=8).digest(), signed=True)
        self._matches = re.compile(pattern).fullmatch
        # An image changed later than this could change again within a tick of its mtime (git's "racily clean" files).
        self._settled = time.time_ns() - TICK
        self._today = int(time.time() // 86_400)
        self._recent = range(self._today - TOUCH_DAYS + 1, self._today + 1)
        self._records: list[Row] = []
        self._committed, self._written = time.monotonic(), False
        self._connection = sqlite3.connect(":memory:")  # until the file is open
        self._default = isinstance(cache, bool | None)
        place = platformdirs.user_cache_path("lookalikes") / "hashes.sqlite"
        place = place if isinstance(cache, bool | None) else Path(cache)
        self._path = place.expanduser().absolute()
        self._off, self._mended = cache is False, False
        self._guard(self._open)

    def look_up(self, paths: Iterable[str]) -> list[str | None]:
        """The facts of each of the absolute `paths`, None where not known; stats only files of which there is a row."""
        paths = list(paths)
        known: dict[str, str] = {}
        for start in range(0, len(paths), AT_ONCE):
            by_key = {_key(path): path for path in paths[start : start + AT_ONCE]}
            found = self._guard(self._select, list(by_key)) or []
            rows = [row for row in found if row[0] in by_key]  # a damaged file may hand out others
            stats = _stat_all([by_key[row[0]] for row in rows])
            for row, stat in zip(rows, stats, strict=True):
                if self._holds(row, stat):
                    known[by_key[row[0]]] = row[3].decode()
        return [known.get(path) for path in paths]

    def save(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Keep rows of path, size (bytes), mtime_ns and facts; the stat is from before the image was opened.

        They are committed within half a second, or at the first call after it; that may be one without rows.
        """
        if not self._off:
            settled = (row for row in rows if -(2**63) <= row[2] < self._settled)
            self._records += (self._record(_key(path), size, mtime, facts) for path, size, mtime, facts in settled)
            if time.monotonic() - self._committed >= COMMIT_EVERY:
                self._guard(self._commit)

    def close(self) -> None:
        """Commit what is left, prune if anything was written, and close."""
        self._guard(self._commit)
        if self._written:
            self._guard(self._prune)
        self._close_file()

    def _close_file(self) -> None:
        self._off = True
        self._connection.close()

    def _record(self, key: bytes, size: int, mtime_ns: int, facts: str) -> Row:
        # SQLite doesn't notice a changed byte within a row; by the checksum, a damaged hash is one not known.
        checksum = zlib.crc32(b"%d %d %d %b\0%b" % (self._recipe, size, mtime_ns, key, facts.encode()))
        return self._recipe, key, int(size), int(mtime_ns), facts, checksum, self._today

    def _select(self, keys: list[bytes]) -> list[Row]:
        marks = ", ".join("?" * len(keys))
        query = f"SELECT path, size, mtime_ns, facts, checksum, used FROM hashes WHERE recipe = ? AND path IN ({marks})"
        return self._connection.execute(query, (self._recipe, *keys)).fetchall()

    def _holds(self, row: Row, stat: tuple[int, int] | None) -> bool:
        key, size, mtime_ns, facts, checksum, used = row
        text = facts.decode(errors="replace") if isinstance(facts, bytes) else ""
        if (size, mtime_ns) != stat or not self._matches(text):
            return False
        record = self._record(key, size, mtime_ns, text)
        holds: bool = record[5] == checksum
        if holds and used not in self._recent:
            self._records.append(record)
        return holds

    def _commit(self) -> None:
        # Records wait in memory for one short transaction, so that runs at the same time can take turns.
        if self._records:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?)", self._records)
            self._records, self._written = [], True
        self._committed = time.monotonic()

    def _prune(self) -> None:
        """Delete, at most once a day, the rows not used for long: those of lost images, old versions, other folders."""
        run = self._connection.execute
        with self._connection:
            run("BEGIN IMMEDIATE")
            if run("SELECT 1 FROM pruned WHERE day = ?", (self._today,)).fetchone():
                return
            run("DELETE FROM pruned")
            run("INSERT INTO pruned VALUES (?)", (self._today,))
            for days in KEEP_DAYS:
                run("DELETE FROM hashes WHERE used NOT BETWEEN ? AND ?", (self._today - days, self._today + 1))
                pages, free = (run(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
                if pages - free <= MAX_PAGES:
                    break
        self._connection.executescript("PRAGMA incremental_vacuum")

    def _open(self) -> None:
        if self._default:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and not _is_ours(self._path):
            raise sqlite3.DatabaseError("no cache") if self._default else OSError("it isn't a cache; it is left alone")
        # SQLite's default journal, not WAL, which needs shared memory: network drives, Colab's Drive too, have none.
        self._connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        self._connection.text_factory = bytes
        # No waiting for the disk, which would lock out other runs: killed processes lose nothing by it, and the damage
        # that a power cut may do is noticed.
        self._connection.execute("PRAGMA synchronous = OFF")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(CREATE)
        elif version != VERSION:
            raise sqlite3.DatabaseError("it is of another version")

    def _guard(self, step: Callable[..., Any], *values: object) -> Any:
        """Do a step, unless the cache is off. Whatever is wrong with the file is warned of, and the run goes on."""
        try:
            return None if self._off else step(*values)
        except (OSError, sqlite3.Error, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or problem  # without the path, which is nobody's business
            what = f"the cache of hashes, {self._path.name}, {self._start_anew_or_stop(problem)} ({reason})"
            warnings.warn(f"{what}; `cache=` names another place for it, `cache=False` does without", stacklevel=3)

    def _start_anew_or_stop(self, problem: Exception) -> str:
        """Put an empty cache in place of one of ours that is damaged, once; else turn the cache off. Say which."""
        self._close_file()
        # Only damage is a plain DatabaseError or one of damaged text; locked, full and the like are subclasses.
        if type(problem) in (sqlite3.DatabaseError, UnicodeDecodeError) and not self._mended:
            with contextlib.suppress(OSError, sqlite3.Error):
                Path(f"{self._path}-journal").unlink(missing_ok=True)
                self._path.unlink()
                self._open()
                self._off, self._mended = False, True
                return "was damaged and has been started anew, so hashes are computed again"
        return "can't be used from here on, so hashes that aren't in it are computed again"


def open_cache(cache: Place = None, *, recipe: str, pattern: str) -> contextlib.AbstractContextManager[Store]:
    """Open the cache for one run, by `with`; at its end, everything is committed, pruned and closed.

    `cache` is None for the default place, `hashes.sqlite` in the user's cache folder (`platformdirs.user_cache_path`);
    a path for another place, in a folder that exists; or False for no cache. `recipe` says all that can change a hash;
    `pattern` is the regular expression that the facts of every row match.
    """
    return contextlib.closing(Store(cache, recipe, pattern))


def _key(path: str) -> bytes:
    """As bytes, for a name that isn't valid Unicode can't be stored as text."""
    return path.encode("utf-8", "surrogatepass")


def _is_ours(path: Path) -> bool:
    """Whether the file is a cache, as far as its header says, or empty."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(72)
    return not header or (header[:16], header[68:]) == (b"SQLite format 3\0", APPLICATION_ID.to_bytes(4))


def stat_file(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns


def _stat_all(paths: list[str]) -> list[tuple[int, int] | None]:
    """Size and mtime of each file; many are asked for at once where that takes long, as on a network drive."""
    start = time.perf_counter()
    first = [stat_file(path) for path in paths[:5]]
    if time.perf_counter() - start < 0.005:
        return first + [stat_file(path) for path in paths[5:]]
    with ThreadPoolExecutor(32) as pool:
        return first + list(pool.map(stat_file, paths[5:]))
