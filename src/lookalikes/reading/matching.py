"""Which file a CSV's value means: the file of that name, else the one that a person would mean by it."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from urllib.parse import unquote

FOLDER, STEM, CASE, ZEROS, BASE = HOWS = (
    "without their folder",
    "by their stem",
    "in another case",
    "with leading zeros",
    "by their base name",
)
"""How a value may mean a file that isn't called so, the surest first."""
LOST, SEVERAL = NOWHERE = "there is none", "there are several"
_SEVERAL = ""
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,5}$")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://[^/]*/", re.IGNORECASE)


class Matcher:
    """Finds the files of one folder by what CSVs call them; never one outside it.

    `files` are relative to the folder, and those of `images` may be meant by less than their name. `own` are the names
    that the folder goes by, such as `images/train`; a path through one of `others`, the other folds', means no file.
    """

    def __init__(self, files: Iterable[str], images: Collection[str], *, own: str = "", others: Collection[str] = ()):
        self._known = _spellings(files)
        self._images = images
        steps = own.split("/") if own else []
        self._own = [f"{'/'.join(steps[start:])}/" for start in range(len(steps))]
        self._folds = dict.fromkeys((other.casefold() for other in others), False) | {
            step.casefold(): True for step in steps
        }

    def __contains__(self, value: str) -> bool:
        """Whether the value is the very name of a file."""
        return self._exact(value) in self._known

    def finds(self, value: str) -> bool:
        """Whether the value means a file that is there."""
        return self.find(value)[1] not in NOWHERE

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self._images)

    def find_all(self, values: Sequence[str]) -> tuple[list[str | None], dict[int, str]]:
        """What `find` gives for each of the values, in two parts: the files, and how those were found that aren't
        called so, by their number.
        """
        places: list[str | None] = list(map(self._known.get, values))
        hows: dict[int, str] = {}
        for number, place in enumerate(places):
            if place is None:
                places[number], how = self.find(values[number])
                if how:
                    hows[number] = how
        return places, hows

    def find(self, value: str) -> tuple[str | None, str]:
        """The file that the value means, and how (the empty text: by its very name); where none is there, or none
        alone, the path that the value spells, if that leads nowhere else.
        """
        exact = self._exact(value)
        if exact in self._known:
            return exact, ""
        for key, how, tables in self._readings(value) if value.strip() and "\0" not in value else []:
            for table in tables:
                place = self._loose[table].get(key)
                if place == _SEVERAL:
                    return exact, SEVERAL
                if place is not None:
                    return place, how
        return exact, LOST

    def _exact(self, value: str) -> str | None:
        """The relative path that a value spells; None where it is empty or leads outside the folder."""
        if value in self._known:
            return self._known[value]
        steps = value.replace("\\", "/").split("/")
        if not value.strip() or not steps[0] or ".." in steps or "\0" in value or value[1:2] == ":":
            return None
        path = unicodedata.normalize("NFC", "/".join(step for step in steps if step not in ("", ".")))
        inner = (self._known.get(path.removeprefix(own)) for own in self._own)
        return self._known.get(path) or next((name for name in inner if name), None) or path or None

    def _readings(self, value: str) -> Iterator[tuple[str, str, Sequence[str]]]:
        """What else the value may be: a key, how that is told, and the tables to look it up in, the surest first."""
        outside = self._exact(value) is None
        path = _ADDRESS.sub("", value.strip()) if "://" in value else value.strip()
        if path != value.strip():
            outside, path = True, unquote(re.split(r"[?#]", path)[0])
        path = unicodedata.normalize("NFC", path).replace("\\", "/")
        steps = [step for step in path.split("/") if step not in ("", ".", "..")]
        # A path that last leads through another fold's folder means nothing here once that is taken off.
        folds = [place for place, step in enumerate(steps[:-1]) if step.casefold() in self._folds]
        ours = not folds or self._folds[steps[folds[-1]].casefold()]
        for start in range(len(steps) if ours else folds[-1] + 1):
            key, alone = "/".join(steps[start:]), start == len(steps) - 1
            if start or outside:
                yield key, BASE, ("name",)
            for spelled in dict.fromkeys([key, _SUFFIX.sub("", key)]):
                for how, tables in _TABLES.items():
                    fit = [table for table in tables if (alone and (outside or not start)) or table.endswith("path")]
                    fit = [table for table in fit if spelled == key or "stem" in table]
                    yield _KEYS[how](spelled), BASE if start or outside else how, fit

    @cached_property
    def _loose(self) -> dict[str, dict[str, str]]:
        """The file by less than its name; the empty text where several share it."""
        tables: dict[str, dict[str, str]] = defaultdict(dict)
        for name in self._images:
            path = unicodedata.normalize("NFC", name)
            for table, key in _spell_all(path):
                tables[table][key] = name if tables[table].get(key, name) == name else _SEVERAL
        return tables


_TABLES = {
    FOLDER: ("base",),
    STEM: ("stem path", "stem"),
    CASE: ("low path", "low", "low stem path", "low stem"),
    ZEROS: ("zeros",),
}
_KEYS: dict[str, Callable[[str], str]] = {
    FOLDER: str,
    STEM: str,
    CASE: str.casefold,
    ZEROS: lambda key: _strip_zeros(key),
}


def _spell_all(path: str) -> Iterator[tuple[str, str]]:
    base = path.rpartition("/")[2]
    stem_path, stem = os.path.splitext(path)[0], os.path.splitext(base)[0]
    yield "name", path
    yield "base", base
    yield "stem path", stem_path
    yield "stem", stem
    yield "low path", path.casefold()
    yield "low", base.casefold()
    yield "low stem path", stem_path.casefold()
    yield "low stem", stem.casefold()
    yield "zeros", _strip_zeros(base)


def _strip_zeros(name: str) -> str:
    """The number that a name is, without its suffix and without leading zeros; other names as they are."""
    number = re.fullmatch(r"0*([0-9]+)(?:\.[a-z]\w*|\.0)?", name.casefold())
    return number[1] if number else f"/{name}"


def _spellings(files: Iterable[str]) -> dict[str, str]:
    """The file by its name and by its composed Unicode form: a Mac may have stored the decomposed one."""
    listing = list(files)
    return {unicodedata.normalize("NFC", name): name for name in listing if not name.isascii()} | {
        name: name for name in listing
    }
