"""What to know of the reading before any result: what was not read, not used, or taken for something else."""

import os
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Unpack

import pandas as pd

from lookalikes.reading.folds import Options, Place, Reading, read_all
from lookalikes.reading.links import find_links_out
from lookalikes.reading.listing import DROPPED, FOREIGN, HIDDEN, READERS, TABLES, UNOPENED, has_image_suffix, suffix_of
from lookalikes.reading.matching import HOWS, LOST, SEVERAL
from lookalikes.reading.rows import Fold
from lookalikes.reading.splits import words_of
from lookalikes.reading.tree import EXCLUDED, MASK, Tree
from lookalikes.words import make_visible

NOT_READ = ("images in no fold", "images that no row names", "rows without a file", "folds without images")
"""The notices by which images may be missing from the results."""
_ROWS = {LOST: "rows without a file", SEVERAL: "rows that fit several files"}
_ROWS |= {how: f"files found {how}" for how in HOWS}
_LEFT_OUT = {
    MASK: "masks left out",
    HIDDEN: "hidden images left out",
    EXCLUDED: "files excluded",
    UNOPENED: "folders that can't be opened",
}
_LABEL_WORDS = {"label", "labels", "class", "target", "category", "diagnosis", "breed", "species"}


@dataclass(frozen=True)
class Notice:
    """What it is about, of which fold (missing: of all), how many, one of them, and the option that changes it."""

    what: str
    fold: str | None
    count: int
    example: str
    option: str = ""


def list_notices(data_dir: Place, **options: Unpack[Options]) -> pd.DataFrame:
    """What to know before any result: `what`, `fold` (missing: of all), `count`, `example`, `option` (what changes it).

    Give the options that `read_folds` was given. `lookalikes.reading.notices.NOT_READ` are those of images that may be
    missing from the results.
    """
    reading = read_all(data_dir, **options)
    notices = [
        *_tell_unread(reading),
        *(notice for fold in reading.folds for notice in _tell_rows(reading, fold)),
        *_tell_names(reading),
        *_tell_tables(reading, options.get("label")),
        *_tell_left_out(reading.tree),
        *_tell_links(reading),
    ]
    table = pd.DataFrame(notices, columns=[field.name for field in fields(Notice)], dtype=object)
    return table.astype({"count": "int64"})


def find_unread(notices: pd.DataFrame) -> pd.DataFrame:
    """Those of the notices by which images may be missing from the results."""
    return notices[notices["what"].isin(NOT_READ)]


def _tell_unread(reading: Reading) -> Iterable[Notice]:
    tree, folds = reading.tree, reading.folds
    filled = set(reading.rows["fold"])
    kept = {_identify(tree, path) for path in reading.rows["path"].dropna()}
    unread = [name for name in tree.images if _identify(tree, tree.path(name)) not in kept]
    unread.sort()
    owner = {name: fold for fold in folds for name in unread if not fold.folder or name.startswith(f"{fold.folder}/")}
    elsewhere = [name for name in unread if name not in owner]
    if elsewhere:
        yield Notice("images in no fold", None, len(elsewhere), elsewhere[0], _propose_folds(reading, elsewhere))
    for fold in folds:
        unlisted = [name for name in unread if owner.get(name) is fold]
        if unlisted:
            told = None if len(folds) > 1 and not fold.folder else fold.name
            yield Notice("images that no row names", told, len(unlisted), unlisted[0], "--csv none")
        if fold.name not in filled:
            there = next(iter(tree.below(fold.folder).left_out), "")
            yield Notice("folds without images", fold.name, 1, f"{fold.folder}/{there}")


def _identify(tree: Tree, path: str) -> str:
    """Where a file really is, if there are links in the data folder: a fold may be made of them."""
    return os.path.realpath(path) if tree.linked else path


def _propose_folds(reading: Reading, elsewhere: Sequence[str]) -> str:
    """The option that reads the images elsewhere too: the highest folders that hold some of them and no fold."""
    folders = [fold.folder for fold in reading.folds]
    if not all(folders):
        return "--csv none"
    more: dict[str, None] = {}
    for name in elsewhere:
        steps = name.split("/")[:-1]
        above = ["/".join(steps[:count]) for count in range(1, len(steps) + 1)]
        if free := next(
            (path for path in above if not any(f"{folder}/".startswith(f"{path}/") for folder in folders)), ""
        ):
            more[free] = None
    return f"--folds {shlex.join([*folders, *more])}" if more else ""


def _tell_rows(reading: Reading, fold: Fold) -> Iterable[Notice]:
    """What is to be said of the rows of a fold's CSV."""
    if fold.source is None:
        return
    kept = reading.kept[fold.name]
    by_how: dict[str, list[int]] = defaultdict(list)
    for row in kept:
        by_how[fold.hows.get(row, "")].append(row)
    if (lost := by_how[LOST]) and (dropped := _find_dropped(reading.tree, fold, lost)):
        by_how[LOST] = [row for row in lost if row not in dropped]
        yield Notice("rows of dropped files", fold.name, len(dropped), next(iter(dropped.values())))
    for how, what in _ROWS.items():
        if rows := by_how[how]:
            name, place = fold.names[rows[0]], fold.places[rows[0]]
            example = f"{name} → {f'{fold.folder}/{place}'.lstrip('/')}" if place else name
            yield Notice(what, fold.name, len(rows), example)
    repeats = len(fold.names) - len(kept)
    if repeats:
        first, times = Counter(place for place in fold.places if place).most_common(1)[0]
        yield Notice("rows of a file named before", fold.name, repeats, f"{first} (×{times:,})")
    if disagreeing := [place for name, place in sorted(reading.disagreeing) if name == fold.name]:
        yield Notice("rows that disagree", fold.name, len(disagreeing), disagreeing[0])


def _find_dropped(tree: Tree, fold: Fold, rows: Iterable[int]) -> dict[int, str]:
    """Of rows without a file those whose file was moved into the folder for what was decided against, and where it is;
    the row may name it with or without its folder and suffix.
    """
    start = f"{DROPPED}/{fold.folder}".rstrip("/") + "/"
    moved: dict[str, str] = {}
    for path in tree.files:
        if path.startswith(start):
            for name in (path.removeprefix(start), os.path.basename(path)):
                moved |= {name: path, os.path.splitext(name)[0]: path}
    return {row: moved[name] for row in rows if (name := fold.names[row]) in moved}


def _tell_names(reading: Reading) -> Iterable[Notice]:
    """Names that the CSVs give to images of several folds."""
    described = {fold.name for fold in reading.folds if fold.source}
    rows = reading.rows[reading.rows["filename"].str.strip() != ""]
    rows = rows[rows["fold"].isin(described)].drop_duplicates(["fold", "filename"])
    shared = rows.loc[rows["filename"].duplicated(), "filename"].drop_duplicates()
    if len(shared):
        yield Notice("names in several folds", None, len(shared), shared.iloc[0])


def _list_repeating(reading: Reading) -> list[str]:
    """The columns whose values repeat, as a label's do and an id's don't, the last of the first fold's CSV first."""
    tables = [fold.table for fold in reading.folds]
    return [name for table in tables for name in reversed(list(table)) if len(set(table[name])) < len(table[name])]


def _tell_tables(reading: Reading, label: str | None) -> Iterable[Notice]:
    """The CSVs and other tables that weren't used, those whose encoding was found, and a label that wasn't chosen."""
    used = {fold.source for fold in reading.folds if fold.source}
    unused = [source.name for source in reading.sources if source not in used]
    if unused:
        helpful = reading.describer.find_helpful(reading.folds)
        option = f"--csv {shlex.quote(helpful)}" if helpful else ""
        yield Notice("CSVs not used", None, len(unused), helpful or unused[0], option)
    for name, encoding in reading.describer.encodings.items():
        if encoding in ("cp932", "cp1252") and name not in unused:
            yield Notice(f"CSVs read as {encoding}", None, 1, name, "--encoding NAME")
    columns = list(dict.fromkeys(column for fold in reading.folds for column in fold.table))
    if label is None and columns:
        likely = [name for name in columns if _LABEL_WORDS & set(words_of(name))] or _list_repeating(reading) or columns
        yield Notice("columns not used as label", None, len(columns), likely[0], f"--label {shlex.quote(likely[0])}")
    names = _group_by_reason(reading.tree)
    if others := [name for suffix in sorted(TABLES) for name in names[suffix]]:
        yield Notice("tables not used", None, len(others), others[0], "--csv FILE, once saved as CSV")
    zips = [
        name for name in reading.tree.files if suffix_of(name) == ".zip" and name not in reading.tree.archives.values()
    ]
    if zips:
        yield Notice("zips not unpacked", None, len(zips), zips[0])


def _tell_left_out(tree: Tree) -> Iterable[Notice]:
    names = _group_by_reason(tree)
    for reason in (HIDDEN, MASK):
        names[reason] = [name for name in names[reason] if has_image_suffix(name)]
    for reason, what in _LEFT_OUT.items():
        if names[reason]:
            yield Notice(what, None, len(names[reason]), names[reason][0])
    for kind, suffixes in FOREIGN.items():
        some = [name for suffix in sorted(suffixes) for name in names[suffix]]
        if some:
            yield Notice(f"{kind} not read", None, len(some), some[0], READERS[kind])


def _tell_links(reading: Reading) -> Iterable[Notice]:
    if reading.tree.linked:
        links = find_links_out(reading.rows["path"].dropna(), reading.tree.root)
        if links:
            yield Notice("links that lead out", None, len(links), links[0], "--exclude GLOB")
        if again := reading.tree.reached_again:
            yield Notice("images reached again", None, len(again), again[0])


def _group_by_reason(tree: Tree) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, reason in tree.left_out.items():
        names[reason].append(name)
    return names


def count_images(images: pd.DataFrame, data_dir: Place, **options: Unpack[Options]) -> pd.DataFrame:
    """One row per fold: fold, images, left_out (files below its folder that are no row of `images`), reasons (text).

    Give the options that `read_folds` was given. A reason is a suffix that no image has, `without suffix`, `hidden`,
    `mask`, `excluded`, `not in the CSV` or `folder that can't be opened`; the five most frequent are told, such as
    `12 .txt, 1 hidden`.
    """
    reading = read_all(data_dir, **options)
    if not {fold.name for fold in reading.folds} >= set(images["fold"]):
        reading = read_all(data_dir, **options | {"folds": list(images["fold"].unique())})
    kept, sizes = set(images["path"]), images["fold"].value_counts()
    counts = []
    for fold in reading.folds:
        below, start = reading.tree.below(fold.folder), reading.tree.path(fold.folder)
        others = [name for name in below.files if f"{start}/{name}" not in kept]
        reasons = Counter(below.left_out.get(name) or "not in the CSV" for name in others)
        told = [f"{count:,} {_name_reason(reason, count)}" for reason, count in reasons.most_common(5)]
        counts.append(
            (fold.name, sizes.get(fold.name, 0), reasons.total(), ", ".join(told + ["…"] * (len(reasons) > 5)))
        )
    return pd.DataFrame(counts, columns=["fold", "images", "left_out", "reasons"])


def _name_reason(reason: str, count: int) -> str:
    return "folders that can't be opened" if reason == UNOPENED and count > 1 else make_visible(reason)
