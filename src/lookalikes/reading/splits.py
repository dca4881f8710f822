"""The words that name a split or say nothing, and the order in which folds arrive."""

import os
import re

RANKS = {
    word: rank
    for rank, words in enumerate(
        ["train training", "valid val validation dev", "test testing eval holdout query", "gallery"]
    )
    for word in words.split()
}
WEAK = {"dev", "eval", "holdout", "query", "gallery"}  # words for other things too
# Folders that only say that there are images below them.
PLAIN = {
    "images", "imgs", "img", "image", "jpg", "jpgs", "jpeg", "jpegs", "png", "pngs", "pics", "photo", "photos",
    "picture", "pictures", "data", "dataset", "raw", "rgb", "frames", "all", "dcim", "part", "batch", "shard", "chunk",
    "folder", "subset", "split", "set", "stage", "from", "files",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(name: str) -> list[str]:
    """The words of a name, lower-case: `stage_1_train` has stage and train, `trainLabels2017` train and labels."""
    return [word.lower() for word in _WORD.findall(name)]


def split_words(name: str) -> set[str]:
    """The words for a split in the last part of a path."""
    return set(words_of(os.path.basename(name))) & RANKS.keys()


def rank_of(name: str) -> int | None:
    """The place in the order of arrival of the split that the last part of a path is named for."""
    return min((RANKS[word] for word in split_words(name)), default=None)


def arrival_order(name: str) -> tuple[int, str, bool]:
    """Sorts folds: by the rank of their split, then by name; valid before val."""
    rank, low = rank_of(name), name.lower()
    return len(RANKS) if rank is None else rank, "val" if low == "valid" else name, low != "valid"


def is_plain(name: str) -> bool:
    """Whether a folder's name says no more than that images of a split lie there: `images`, `train`, `images_001`."""
    words = words_of(name)
    return bool(words) and all(word in PLAIN or word in RANKS for word in words)
