"""Hashes kept from run to run, in one small SQLite file, so that an unchanged image is never read twice.

A row is known again only while the image's path, size, mtime and ctime and the recipe of its hash are as they were, and
the row's checksum holds. The ctime, which no program can set back, is left out where there is none, as on Windows, and
where all of a hundred images or more have a new one but their old size and mtime, as after a restore. Whatever is wrong
with the file costs a warning and a slower run; a file that isn't such a cache is never touched.
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

from lookalikes.words import say

VERSION, APPLICATION_ID = 2, 0x6C6B616C  # both are in the file's header; rows of another meaning need another version
CREATE = f"""BEGIN;  -- in one transaction, so that no file is ever seen without its application id
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA application_id = {APPLICATION_ID};
    PRAGMA user_version = {VERSION};
    CREATE TABLE IF NOT EXISTS hashes (recipe INTEGER, path BLOB, size INTEGER, mtime_ns INTEGER, facts TEXT,
                                       checksum INTEGER, used INTEGER, ctime_ns INTEGER,
                                       PRIMARY KEY (recipe, path)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS pruned (day INTEGER);
    COMMIT"""
UPGRADE = f"""BEGIN;  -- version 1 had no ctime
    ALTER TABLE hashes ADD COLUMN ctime_ns INTEGER;
    PRAGMA user_version = {VERSION};
    COMMIT"""
PATIENCE = 5.0  # seconds to wait for another process before going on without the cache
COMMIT_EVERY = 0.5  # seconds
TICK = 2_000_000_000  # ns, the coarsest mtime in use (FAT's)
KEEP_DAYS = (90, 30, 14)  # rows unused for longer are deleted; the shorter terms only while the file is above the limit
MAX_PAGES = 250_000  # of 4 KiB: 1 GB, some 8 million images
TOUCH_DAYS = 7  # the day of last use is brought up to date only when this old, so that most runs write nothing
RESTORED = 100  # so many images, all with a new ctime and otherwise as they were, were restored and not changed
TRUE_CTIME = os.name != "nt"
AT_ONCE = 900  # paths per query; SQLite may allow no more than 999

Place = str | os.PathLike[str] | bool | None
Row = tuple[Any, ...]
Stat = tuple[int, int, int]


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
        held: list[tuple[str, Row, Stat]] = []
        for start in range(0, len(paths), AT_ONCE):
            by_key = {_key(path): path for path in paths[start : start + AT_ONCE]}
            found = self._guard(self._select, list(by_key)) or []
            rows = [row for row in found if row[0] in by_key]  # a damaged file may hand out others
            stats = _stat_all([by_key[row[0]] for row in rows])
            for row, stat in zip(rows, stats, strict=True):
                if stat is not None and self._holds(row, stat):
                    held.append((by_key[row[0]], row, stat))
        dated = [stat[2] != row[6] for _, row, stat in held if stat[2] and row[6]]
        restored = len(dated) >= RESTORED and all(dated)
        known: dict[str, str] = {}
        for path, row, stat in held:
            if restored or not (stat[2] and row[6]) or stat[2] == row[6]:
                known[path] = row[3].decode()
                if stat[2] not in (0, row[6]) or row[5] not in self._recent:
                    self._records.append(self._record(row[0], *stat, known[path]))
        return [known.get(path) for path in paths]

    def save(self, rows: Iterable[tuple[str, int, int, int, str]]) -> None:
        """Keep rows of path, size (bytes), mtime_ns, ctime_ns (0: none) and facts; the stat is older than the reading.

        They are committed within half a second, or at the first call after it; that may be one without rows.
        """
        if not self._off:
            settled = [row for row in rows if -(2**63) <= row[2] < self._settled]
            self._records += (self._record(_key(row[0]), *row[1:]) for row in settled)
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

    def _record(self, key: bytes, size: int, mtime_ns: int, ctime_ns: int, facts: str) -> Row:
        # SQLite doesn't notice a changed byte within a row; by the checksum, a damaged hash is one not known.
        checksum = zlib.crc32(b"%d %d %d %b\0%b" % (self._recipe, size, mtime_ns, key, facts.encode()))
        return self._recipe, key, int(size), int(mtime_ns), facts, checksum, self._today, int(ctime_ns)

    def _select(self, keys: list[bytes]) -> list[Row]:
        marks = ", ".join("?" * len(keys))
        columns = "path, size, mtime_ns, facts, checksum, used, ctime_ns"
        query = f"SELECT {columns} FROM hashes WHERE recipe = ? AND path IN ({marks})"
        return self._connection.execute(query, (self._recipe, *keys)).fetchall()

    def _holds(self, row: Row, stat: Stat) -> bool:
        """Whether a row is whole and of the image as it is now, but for the ctime."""
        key, size, mtime_ns, facts, checksum, *_ = row
        text = facts.decode(errors="replace") if isinstance(facts, bytes) else ""
        if (size, mtime_ns) != stat[:2] or not self._matches(text):
            return False
        holds: bool = self._record(key, size, mtime_ns, 0, text)[5] == checksum
        return holds

    def _commit(self) -> None:
        # Records wait in memory for one short transaction, so that runs at the same time can take turns.
        if self._records:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._records)
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
            told = say("cache.foreign")
            raise sqlite3.DatabaseError(told) if self._default else OSError(told)
        # SQLite's default journal, not WAL, which needs shared memory: network drives, Colab's Drive too, have none.
        self._connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        self._connection.text_factory = bytes
        # No waiting for the disk, which would lock out other runs: killed processes lose nothing by it, and the damage
        # that a power cut may do is noticed.
        self._connection.execute("PRAGMA synchronous = OFF")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(CREATE)
        elif version == 1:
            self._connection.executescript(UPGRADE)
        elif version != VERSION:
            raise sqlite3.DatabaseError(say("cache.version"))

    def _guard(self, step: Callable[..., Any], *values: object) -> Any:
        """Do a step, unless the cache is off. Whatever is wrong with the file is warned of, and the run goes on."""
        try:
            return None if self._off else step(*values)
        except (OSError, sqlite3.Error, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or problem  # without the path, which is nobody's business
            told = say(self._start_anew_or_stop(problem), file=self._path.name, reason=reason)
            warnings.warn(told, stacklevel=3)

    def _start_anew_or_stop(self, problem: Exception) -> str:
        """Put an empty cache in place of one of ours that is damaged, once; else turn the cache off: the text's key."""
        self._close_file()
        # Only damage is a plain DatabaseError or one of damaged text; locked, full and the like are subclasses.
        if type(problem) in (sqlite3.DatabaseError, UnicodeDecodeError) and not self._mended:
            with contextlib.suppress(OSError, sqlite3.Error):
                Path(f"{self._path}-journal").unlink(missing_ok=True)
                self._path.unlink()
                self._open()
                self._off, self._mended = False, True
                return "cache.anew"
        return "cache.off"


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


def stat_file(path: str) -> Stat | None:
    """Size in bytes, mtime and ctime in ns; 0 for the ctime where the system's is the time of creation, or none."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    true = TRUE_CTIME and 0 < stat.st_ctime_ns < 2**63
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns if true else 0


def _stat_all(paths: list[str]) -> list[Stat | None]:
    """Size, mtime and ctime of each file; many are asked for at once where that takes long, as on a network drive."""
    start = time.perf_counter()
    first = [stat_file(path) for path in paths[:5]]
    if time.perf_counter() - start < 0.005:
        return first + [stat_file(path) for path in paths[5:]]
    with ThreadPoolExecutor(32) as pool:
        return first + list(pool.map(stat_file, paths[5:]))
