"""Zips given or lying beside the CSVs: unpacked once into the cache folder, and read as any folder."""

import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import platformdirs

from lookalikes.reading.listing import Listing, has_image_suffix, is_hidden, suffix_of
from lookalikes.words import say

_MOST_FILES = 5_000_000
_MOST_GROWTH = 200  # images hardly shrink in a zip; one that grows more than this is made to fill a disk
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, OSError, RuntimeError, NotImplementedError, EOFError)
"""What reading a damaged or encrypted zip can raise, and a full disk."""
_SPARE = 500_000_000  # bytes to leave free


def is_archive(path: str) -> bool:
    return suffix_of(path) == ".zip" and os.path.isfile(path)


def find_archives(root: str, listing: Listing) -> dict[str, str]:
    """The zips that hold the images, by the name of the folder that each stands for: those that lie in the data folder
    beside CSVs, or where there is no image at all. One whose folder is there already has been unpacked by the person.
    """
    zips = [name for name in listing.files if "/" not in name and not is_hidden(name) and is_archive(f"{root}/{name}")]
    described = any("/" not in name and suffix_of(name) == ".csv" for name in listing.files)
    if not zips or not (described or not any(has_image_suffix(name) for name in listing.files)):
        return {}
    taken = set(listing.folders)
    named = {os.path.splitext(name)[0]: name for name in zips}
    return {name: file for name, file in named.items() if name not in taken and _holds_images(f"{root}/{file}")}


def _holds_images(path: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(has_image_suffix(name) or suffix_of(name) == ".zip" for name in archive.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(say("error.zip.broken", name=os.path.basename(path), detail=error)) from None


def unpack(path: str) -> str:
    """The folder in the user's cache folder that holds what is in the zip; unpacked only where it isn't there yet.

    Raises ValueError for a zip that is broken or encrypted, that names files outside itself or links, or that would
    not fit on the disk; nothing of it is left then.
    """
    status, name = os.stat(path), os.path.basename(path)
    key = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    versions = platformdirs.user_cache_path("lookalikes") / "unpacked" / key
    place = versions / f"{status.st_size}-{status.st_mtime_ns}"
    folder = place / os.path.splitext(name)[0]
    if folder.is_dir():
        return str(folder)
    shutil.rmtree(versions, ignore_errors=True)  # an earlier state of this zip
    versions.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(dir=versions))
    try:
        with zipfile.ZipFile(path) as archive:
            members = _check(archive, name, shutil.disk_usage(stage).free)
            (stage / folder.name).mkdir()
            archive.extractall(stage / folder.name, members)
        with suppress(OSError):  # another run was faster
            os.replace(stage, place)
        if not folder.is_dir():
            raise ValueError(say("error.zip.place", name=name))
    except _BROKEN as error:
        raise ValueError(say("error.zip.unpack", name=name, detail=error)) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return str(folder)


def _check(archive: zipfile.ZipFile, name: str, free: int) -> list[zipfile.ZipInfo]:
    """The files to unpack; none of them may lead outside, be a link, or be written twice."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        steps = member.filename.replace("\\", "/").split("/")
        kind = stat.S_IFMT(member.external_attr >> 16)
        outside = ".." in steps or not steps[0] or steps[0][1:2] == ":"
        if outside or kind not in (0, stat.S_IFREG, stat.S_IFDIR) or member.filename in members:
            raise ValueError(say("error.zip.member", name=name, member=member.filename))
        if not member.is_dir() and not is_hidden(member.filename):
            members[member.filename] = member
    total, packed = (
        sum(getattr(member, part) for member in members.values()) for part in ("file_size", "compress_size")
    )
    if total > packed * _MOST_GROWTH + 10_000_000 or len(members) > _MOST_FILES:
        raise ValueError(say("error.zip.growth", name=name, packed=packed, total=total))
    if total > free - _SPARE:
        raise ValueError(say("error.zip.room", name=name, total=total, free=free))
    return list(members.values())
