"""Which CSVs lie in the data folder, and which of them may describe which fold."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from lookalikes.reading.splits import RANKS, is_plain, rank_of, split_words, words_of
from lookalikes.reading.tree import Tree
from lookalikes.words import say

NONE = "none"
_USUAL = {
    "label", "labels", "labeled", "metadata", "meta", "data", "dataset", "annotation", "annotations", "annot", "images",
    "image", "img", "imgs", "info", "list", "file", "files", "filenames", "names", "df", "index", "target", "targets",
    "split", "splits", "set", "csv", "stage", "bbox", "bboxes", "box", "boxes", "caption", "captions", "ground",
    "truth", "gt", "full", "final", "all",
}  # fmt: skip
_DEEPEST = 3


class Source(NamedTuple):
    """A CSV: its path below the data folder, where it is, and whether it is called as those are that describe images,
    or was given.
    """

    name: str
    place: str
    usual: bool

    @property
    def folder(self) -> str:
        return os.path.dirname(self.name)

    @property
    def stem(self) -> str:
        return os.path.splitext(os.path.basename(self.name))[0]


def find_sources(tree: Tree, given: Sequence[str | os.PathLike[str]] | str | None = None) -> list[Source]:
    """The CSVs at the top of the data folder and up to three folders down, by path; or those given, none for `none`.

    Those given are looked for in the working folder and then in the data folder. Raises FileNotFoundError.
    """
    if given is None:
        files = sorted(name for name, why in tree.left_out.items() if why == ".csv" and name.count("/") <= _DEEPEST)
        return [Source(name, tree.path(name), _is_usual(name)) for name in files]
    wanted = [given] if isinstance(given, str | os.PathLike) else given
    return [_find_given(tree, os.fspath(name)) for name in wanted if name != NONE]


def _find_given(tree: Tree, name: str) -> Source:
    for place in (os.path.abspath(name), os.path.join(tree.root, name)):
        if os.path.exists(place):
            below = os.path.relpath(place, tree.root).replace(os.sep, "/")
            return Source(os.path.basename(place) if below.startswith("../") else below, place, True)
    raise FileNotFoundError(say("error.csv.missing", given=name))


def _is_usual(name: str) -> bool:
    """Whether people call a CSV that describes images so: `train.csv`, `trainLabels.csv`, `metadata.csv`."""
    words = words_of(os.path.splitext(os.path.basename(name))[0])
    return bool(words) and all(word in _USUAL or word in RANKS for word in words)


def is_twin(folder: str, source: Source) -> bool:
    """Whether the CSV lies beside the folder and is called as it is, in any case of letters."""
    return os.path.splitext(source.name)[0].casefold() == folder.casefold()


def find_own_sources(folder: str, sources: Sequence[Source]) -> list[Source]:
    """The CSVs that may describe a fold alone, the likeliest first: that of its name, those of usual names in it, and
    those above it that are named for the same split.
    """
    usual = [source for source in sources if source.usual]
    within = [source for source in usual if _is_within(source, folder)]
    rank = rank_of(folder)
    named = [
        source for source in usual if rank is not None and rank == rank_of(source.stem) and is_above(source, folder)
    ]
    named.sort(key=lambda source: (not split_words(source.stem) <= split_words(folder), *plainness(source)))
    return list(dict.fromkeys([source for source in sources if is_twin(folder, source)] + within + named))


def _is_within(source: Source, folder: str) -> bool:
    """Whether the CSV lies in the folder, or in one there that only holds the images."""
    inner = source.folder[len(folder) + 1 :].split("/") if source.folder.startswith(f"{folder}/") else []
    return source.folder == folder or (bool(inner) and all(map(is_plain, inner)))


def is_above(source: Source, folder: str) -> bool:
    """Whether the CSV lies in one of the folders that hold the folder."""
    return source.folder == "" or folder.startswith(f"{source.folder}/")


def plainness(source: Source) -> tuple[int, int, int, str]:
    """Sorts CSVs: the nearest to the top first, then those of the fewest and shortest words."""
    return source.name.count("/"), len(words_of(source.stem)), len(source.stem), source.name
