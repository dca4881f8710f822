"""Which folders below a fold are labels, and which only hold the images."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from lookalikes.reading.splits import is_plain, words_of

_MOST_NUMBERS = 100
_YEAR = re.compile(r"(19|20)\d\d($|\D.*|\d\d|\d{4})", re.DOTALL)
_MONTHS = "january february march april may june july august september october november december"
_MONTH_WORDS = {*_MONTHS.split(), *(month[:3] for month in _MONTHS.split()), "sept"}
_CAMERA = re.compile(r"\d{3}[A-Z_]{4,5}")  # as cameras call their folders: 100CANON, 101_FUJI
Steps = tuple[str, ...]


def find_labels(places: Mapping[str, Sequence[str | None]]) -> dict[str, list[str | None]]:
    """The label of each image by its folder, fold by fold; `places` are the paths below the fold's folder.

    Folders are labels where there are several, which recur in other folds or hold several images each; never those
    called `images` or for a split, years and months, nor numbers and hex digits that only spread the files.
    """
    if not any("/" in place for some in places.values() for place in some if place):
        return {fold: [None] * len(some) for fold, some in places.items()}
    known: dict[str, Steps] = {}
    steps = {fold: [_read_steps(place, known) for place in some] for fold, some in places.items()}
    steps = _drop_wrapping(steps)
    counts = {fold: Counter(some) for fold, some in steps.items()}
    for some in counts.values():
        some.pop((), None)
    labels = _are_labels([some for some in counts.values() if some], steps, places)
    return {fold: ["/".join(step) or None if labels else None for step in some] for fold, some in steps.items()}


def _read_steps(place: str | None, known: dict[str, Steps]) -> Steps:
    """The folders of a path that may be a label."""
    folder = (place or "").rpartition("/")[0]
    if folder not in known:
        found: list[str] = []
        dated = False
        for step in folder.split("/"):
            number = re.fullmatch(r"\d{1,2}", step) is not None
            year = _YEAR.fullmatch(step) is not None
            if not (step == "" or is_plain(step) or year or (dated and number) or _is_month(step) or _is_camera(step)):
                found.append(step)
            dated = year or (dated and number)
        known[folder] = tuple(found)
    return known[folder]


def _drop_wrapping(steps: dict[str, list[Steps]]) -> dict[str, list[Steps]]:
    """The folders without the first, where all images of a fold lie in a folder called as the fold or, of all folds, in
    one folder with others in it: what unpacking leaves.
    """
    steps = {
        fold: [step[1:] for step in some] if {step[:1] for step in some} == {(fold.rpartition("/")[2],)} else some
        for fold, some in steps.items()
    }
    while len({step[:1] for some in steps.values() for step in some}) == 1 and all(
        len(step) > 1 for some in steps.values() for step in some
    ):
        steps = {fold: [step[1:] for step in some] for fold, some in steps.items()}
    return steps


def _is_month(step: str) -> bool:
    words = words_of(step)
    return bool(words) and set(words) <= _MONTH_WORDS


def _is_camera(step: str) -> bool:
    return _CAMERA.fullmatch(step) is not None


def _are_labels(
    counts: list[Counter[Steps]], steps: Mapping[str, list[Steps]], places: Mapping[str, Sequence[str | None]]
) -> bool:
    """Whether the folders counted, fold by fold (those without any left out), are labels."""
    names = [set(some) for some in counts]
    every = set().union(*names)
    first = {step[0] for step in every}
    if len(first) < 2:
        return False
    if all(re.fullmatch(r"\d+", name) for name in first):
        return _are_numbers_labels(counts) and not _begin_their_files(steps, places)
    if _are_hex(first) and (_mix_digits(first) or _begin_their_files(steps, places)):
        return False
    tops = [{step[0] for step in some} for some in names]
    recurring = sum(sum(name in some for some in tops) > 1 for name in first)
    return 2 * recurring >= len(first) or sum(some.total() for some in counts) >= 2 * len(first)


def _are_numbers_labels(counts: list[Counter[Steps]]) -> bool:
    names = [set(some) for some in counts]
    if max(map(len, names)) > _MOST_NUMBERS:
        return False
    if len(names) > 1:
        return all(some == names[0] for some in names)
    flat = all(len(step) == 1 for step in names[0])
    rounded = all(int(step[0]) % 100 == 0 for step in names[0])  # as folders of a thousand files each are called
    return flat and not rounded and min(counts[0].values()) > 1


def _begin_their_files(steps: Mapping[str, list[Steps]], places: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether the folders are the first digits of the decimal or hex numbers that their files are called."""
    pairs = (
        (step[0].lower(), re.match(r"[0-9a-f]*", (place or "").rpartition("/")[2].lower()))
        for fold, some in steps.items()
        for step, place in zip(some, places[fold], strict=True)
        if step
    )
    return all(number and len(number[0]) > len(name) and number[0].startswith(name) for name, number in pairs)


def _are_hex(names: set[str]) -> bool:
    """Whether the names are hex digits alike in length, as where files are spread by their hash: `00` to `ff`."""
    alike = len({len(name) for name in names}) == 1
    return alike and all(re.fullmatch(r"[0-9a-f]{1,4}|[0-9A-F]{2,4}", name) for name in names)


def _mix_digits(names: set[str]) -> bool:
    """Whether some begin with a digit and some hold a letter, which `c0` to `c9` don't."""
    return any(name[0].isdigit() for name in names) and any(char.isalpha() for name in names for char in name)
