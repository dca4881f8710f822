"""What lies below a folder: the files of a fold, and which of them are images by their names."""

import os
from functools import cache

from PIL import Image

# Pillow registers these too, but they are documents, films and measured data, not images that a person means.
NOT_IMAGES = {".pdf", ".ps", ".mpg", ".mpeg", ".h5", ".hdf", ".grib", ".bufr", ".iim"}
HEIF = {".heic", ".heif", ".hif", ".avif"}


def list_files(folder: str) -> list[str]:
    """Relative paths, with `/`, of all that lies below a folder, real folders before linked ones, each folder once.

    A folder that can't be opened ends in `/`; an empty one with an image's name counts as a file, so that it is told.
    """
    files: list[str] = []
    seen: set[tuple[int, int]] = set()
    folders, links = [""], list[str]()
    while folders or links:
        below = folders.pop() if folders else links.pop(0)
        place = f"{folder}/{below}"
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            if not below:
                raise
            files.append(below)
            continue
        if not entries and below and has_image_suffix(below[:-1]):
            files.append(below[:-1])
        for entry in entries:
            # DirEntry.is_dir raises for a link to itself, os.path.isdir doesn't
            if not (os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()):
                files.append(f"{below}{entry.name}")
            else:
                (links if entry.is_symlink() else folders).append(f"{below}{entry.name}/")
    return files


@cache
def _image_suffixes() -> frozenset[str]:
    Image.init()
    return frozenset(Image.registered_extensions()) - NOT_IMAGES | HEIF


def has_image_suffix(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _image_suffixes()


def is_hidden(name: str) -> bool:
    return any(step.startswith(".") or step == "__MACOSX" for step in name.split("/"))


def why_left_out(name: str) -> str | None:
    if name.endswith("/"):
        return "folder that can't be opened"
    if is_hidden(name):
        return "hidden"
    return None if has_image_suffix(name) else os.path.splitext(name)[1].lower() or "without suffix"
