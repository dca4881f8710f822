"""The data folder as the reading sees it: its files listed once, those that are images told from the rest."""

import os
from collections import defaultdict
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from lookalikes.reading.archives import find_archives, is_archive, unpack
from lookalikes.reading.links import drop_reached_again
from lookalikes.reading.listing import is_hidden, list_all, why_left_out

_MOST = (".jpg", ".JPG", ".jpeg", ".png")  # images, as is seen soonest
EXCLUDED, MASK = "excluded", "mask"


class Below(NamedTuple):
    """Of one folder: its images and all its files, as paths relative to it; the reasons of those left out."""

    images: list[str]
    files: list[str]
    left_out: dict[str, str]


class Tree:
    """All that lies below a data folder, as paths relative to it, with `/`; zips are unpacked and read as folders."""

    def __init__(self, data_dir: str | os.PathLike[str], exclude: Sequence[str] = ()) -> None:
        given = os.fspath(data_dir)
        self.given, self.exclude = given, [exclude] if isinstance(exclude, str) else list(exclude)
        if not os.path.isdir(given) and not is_archive(given):
            kind = NotADirectoryError if os.path.lexists(given) else FileNotFoundError
            raise kind(f"data_dir must be the folder that holds the images, or a zip of it, but {given!r} is neither")
        self.name = os.path.basename(os.path.abspath(given))
        self.root = os.path.abspath(given) if os.path.isdir(given) else unpack(os.path.abspath(given))
        listing = list_all(self.root)
        self.files, self.folders, self.linked = listing
        self.archives, self.mounts = find_archives(self.root, listing), {}
        for name, archive in self.archives.items():
            self.mounts[name] = unpack(f"{self.root}/{archive}")
            inside = list_all(self.mounts[name])
            self.files += [f"{name}/{file}" for file in inside.files]
            self.folders += [name, *(f"{name}/{folder}" for folder in inside.folders)]
        self._known: dict[str, Below] = {}
        self.reached_again: list[str] = []
        self._masks: tuple[str, ...] = ()

    def path(self, name: str) -> str:
        """Where a file or folder of the tree is, as an absolute path."""
        first, _, rest = name.partition("/")
        if first in self.mounts:
            return f"{self.mounts[first]}/{rest}" if rest else self.mounts[first]
        return f"{self.root}/{name}" if name else self.root

    @cached_property
    def left_out(self) -> dict[str, str]:
        """The reason of each file that is no image, or isn't to be one."""
        asked = self.files
        if not (self.exclude or self._masks or any(is_hidden(folder) for folder in self.folders)):
            asked = [name for name in asked if not name.endswith(_MOST) or name[0] == "." or "/." in name]
        return {name: reason for name in asked if (reason := self._why(name)) is not None}

    @cached_property
    def images(self) -> list[str]:
        return [name for name in self.files if name not in self.left_out]

    def below(self, folder: str) -> Below:
        """What lies below a folder of the tree; a fold made of links is listed by itself, as each folder comes once."""
        if folder not in self._known:
            self._known[folder] = self._list_below(folder)
        return self._known[folder]

    def _list_below(self, folder: str) -> Below:
        if not folder:
            return Below(self.images, self.files, self.left_out)
        start = f"{folder}/"
        if self.linked:
            files = list_all(self.path(folder)).files
            whys = {name: why for name in files if (why := self._why(start + name)) is not None}
        else:
            files = [name[len(start) :] for name in self.files if name.startswith(start) and name != start]
            whys = {name[len(start) :]: why for name, why in self.left_out.items() if name.startswith(start)}
        return Below([name for name in files if name not in whys], files, whys)

    def drop_reached_again(self, folders: Sequence[str]) -> None:
        """From here on, what a link to a folder brings in a second time is not below these folders, the folds'."""
        if self.linked and folders:
            places = {folder: self.path(folder) for folder in folders}
            left = drop_reached_again(places, {folder: self.below(folder).files for folder in folders})
            for folder, files in left.items():
                kept, below = set(files), self.below(folder)
                images = [name for name in below.images if name in kept]
                whys = {name: why for name, why in below.left_out.items() if name in kept}
                self.reached_again += [f"{folder}/{name}" for name in below.images if name not in kept]
                self._known[folder] = Below(images, files, whys)

    def _why(self, name: str) -> str | None:
        if not (self.exclude or self._masks or self.mounts):
            return why_left_out(name, self.root)
        if self.exclude and any(_fits(name, pattern) for pattern in self.exclude):
            return EXCLUDED
        if self._masks and name.startswith(self._masks):
            return MASK
        first = name.partition("/")[0]
        return why_left_out(name, self.root if first not in self.mounts else os.path.dirname(self.mounts[first]))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        within: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self.folders):
            if self._why(f"{name}/x.jpg") is None:
                within[name.rpartition("/")[0]].append(name.rpartition("/")[2])
        return within

    def children(self, folder: str) -> list[str]:
        """The names of the folders directly in a folder, sorted; hidden and excluded ones and masks are none."""
        return self._children.get(folder, [])

    def leave_out_masks(self, masks: Sequence[str]) -> None:
        """From here on, what is in these folders is no image but a mask."""
        self._masks = tuple(f"{folder}/" for folder in masks)
        if masks:
            self._known.clear()
            for name in ("left_out", "images", "_children"):
                self.__dict__.pop(name, None)


def _fits(name: str, pattern: str) -> bool:
    """Whether a glob fits the path, a folder above it, or the name of one of these."""
    steps = name.rstrip("/").split("/")
    parts = [*steps, *("/".join(steps[:count]) for count in range(1, len(steps) + 1))]
    return any(fnmatchcase(part, pattern.rstrip("/")) for part in parts)
