"""Step 1: from a data folder to the table of its images: which folds there are, and which images each holds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

import pandas as pd

from lookalikes.reading.describing import Describer
from lookalikes.reading.labels import find_labels
from lookalikes.reading.layout import detect_folds, find_masks, name_folds
from lookalikes.reading.links import check_folds_inside
from lookalikes.reading.listing import tell_files
from lookalikes.reading.rows import Fold
from lookalikes.reading.sources import NONE, Source, find_sources
from lookalikes.reading.tables import quoted, to_column, unique_names
from lookalikes.reading.tree import Tree
from lookalikes.words import say

OUR_COLUMNS = {
    "filename", "fold", "path", "label", "hash", "problem", "quality", "views", "truncated", "cluster_id",
    "distance", "kind", "score", "view", "shared", "hidden", "width", "height", "bytes", "keep", "group_id",
    "deep", "part", "reframed", "partner", "partner_fold", "lossless", "copy_of", "copy_kind", "copy_score",
}  # fmt: skip
Place = str | os.PathLike[str]


class Options(TypedDict, total=False):
    """What `read_folds` takes beside the data folder; `list_notices` and `count_images` take the same."""

    folds: Sequence[str] | None
    label: str | None
    file_column: str | None
    csv: Sequence[Place] | str | None
    encoding: str | None
    exclude: Sequence[str]


@dataclass
class Reading:
    """All that was read of a data folder; `rows` are the images as `read_folds` returns them, `kept` the rows of the
    CSV that each fold's images are, where a CSV gave them.
    """

    tree: Tree
    sources: list[Source]
    folds: list[Fold]
    rows: pd.DataFrame
    kept: dict[str, list[int]]
    describer: Describer
    disagreeing: set[tuple[str, str]]
    """Fold and file of the images whose rows disagree on the label."""


def read_folds(
    data_dir: Place,
    *,
    folds: Sequence[str] | None = None,
    label: str | None = None,
    file_column: str | None = None,
    csv: Sequence[Place] | str | None = None,
    encoding: str | None = None,
    exclude: Sequence[str] = (),
) -> pd.DataFrame:
    """One row per image, in arrival order: filename, fold, path, label (where there is one), the CSVs' other columns.

    The folds are those given by `folds`, as paths below the data folder (or the zip); else folders beside a CSV of the
    same name, and those named by a word for a split, such as train, val or test, up to three levels down; else CSVs so
    named, or a column of such words; else the whole folder is one fold `all`. A fold's CSV, found by its name or given
    by `csv` (`none`: no CSV), gives its rows and their order, and several rows of one file are one image. Without one,
    the images below the folder are sorted by relative path (by code points, so `10.jpg` before `2.jpg`).

    A CSV's file column is found by itself or named by `file_column`; a value means the file of that name, else the one
    file that a person would mean. `path` is absolute, and missing where the name is empty or leads outside the fold.
    `label` is the CSV column of that name, or else the folder below the fold's where folders are labels; `none`: there
    is none. A column of integers is Int64, others are text; one named like ours is kept as `csv_<name>`. `encoding` is
    that of the CSVs; what fits a glob of `exclude` is left out. `list_notices` says what was not read or not used.

    Raises FileNotFoundError or NotADirectoryError where the folder, a fold or every image is missing; ValueError for a
    CSV that can't be read right or of which no row finds a file, and for a column that is missing or ambiguous.
    """
    return read_all(
        data_dir, folds=folds, label=label, file_column=file_column, csv=csv, encoding=encoding, exclude=exclude
    ).rows


def read_all(data_dir: Place, **options: Unpack[Options]) -> Reading:
    """What `read_folds` returns, with all that there is to say about it."""
    tree = Tree(data_dir, options.get("exclude") or ())
    csv, given, label = options.get("csv"), options.get("folds"), options.get("label")
    sources = find_sources(tree, csv)
    folders = _check_folds(tree, given) if given is not None else None
    masks = [mask for mask in find_masks(tree) if not any(_overlap(mask, folder) for folder in folders or [])]
    tree.leave_out_masks(masks)
    if not tree.images:
        raise FileNotFoundError(say("error.no_image", folder=tree.name, files=tell_files([], tree.left_out)))
    found = detect_folds(tree, sources) if folders is None else folders
    tree.drop_reached_again(found)
    describer = Describer(
        tree,
        sources,
        given=csv is not None,
        file_column=options.get("file_column"),
        encoding=options.get("encoding"),
    )
    names = list(given or []) if folders is not None else name_folds(found)
    described = describer.describe(found, [name.rstrip("/") for name in names], detected=folders is None)
    kept = {fold.name: _choose_rows(fold) for fold in described}
    parts = [_list_images(tree, fold, kept[fold.name]) for fold in described]
    rows = pd.concat(parts, ignore_index=True)
    rows, disagreeing = _add_columns(rows, described, kept, label)
    return Reading(tree, sources, described, rows, kept, describer, disagreeing)


def _overlap(mask: str, folder: str) -> bool:
    return f"{folder}/".startswith(f"{mask}/")


def _check_folds(tree: Tree, folds: Sequence[str]) -> list[str]:
    if isinstance(folds, str) or not 0 < len(folds) == len(set(folds)):
        raise ValueError(say("error.folds", given=folds))
    check_folds_inside(folds)
    for fold in folds:
        if not os.path.isdir(tree.path(fold)):
            deeper = sorted(
                {folder for name in tree.images if os.path.basename(folder := os.path.dirname(name)) == fold}
            )
            folders = quoted(deeper or tree.children("")) or say("error.fold.none")
            raise FileNotFoundError(say("error.fold", fold=fold, folders=folders))
    return [fold.rstrip("/") for fold in folds]


def _choose_rows(fold: Fold) -> list[int]:
    """The rows of a fold's CSV that are images: of several that mean one file, the first."""
    if len(set(fold.places)) == len(fold.places):
        return list(range(len(fold.places)))
    first: dict[object, int] = {}
    for row, place in enumerate(fold.places):
        first.setdefault(row if place is None else place, row)
    return list(first.values())


def _list_images(tree: Tree, fold: Fold, kept: list[int]) -> pd.DataFrame:
    """The images of a fold: those that its CSV names, in its order; without a CSV, those in its folder, sorted."""
    names = [fold.names[row] for row in kept]
    places: list[str | None] = [fold.places[row] for row in kept]
    if fold.source is None or fold.open:
        rest = sorted(set(tree.below(fold.folder).images) - set(places))
        names, places = names + rest, [*places, *rest]
    start = tree.path(fold.folder)
    paths = [
        None if place is None else tree.path(place) if tree.mounts and not fold.folder else f"{start}/{place}"
        for place in places
    ]
    return pd.DataFrame({"filename": names, "fold": fold.name, "path": paths, "label": places}, dtype=object)


def _add_columns(
    images: pd.DataFrame, folds: Sequence[Fold], kept: dict[str, list[int]], label: str | None
) -> tuple[pd.DataFrame, set[tuple[str, str]]]:
    """The images with their labels and the CSVs' columns; and fold and file of those whose rows disagree."""
    extra, disagreeing = _join_columns(images, folds, kept), set()
    if label is not None and label in extra:
        disagreeing = _find_disagreeing(folds, kept, label)
        differ = [pair in disagreeing for pair in zip(images["fold"], images["label"], strict=True)]
        images["label"] = extra[label].mask(pd.Series(differ, dtype=bool)) if disagreeing else extra[label]
    elif label == NONE:
        images = images.drop(columns="label")
    elif label is not None:
        told = say("error.columns", columns=quoted(list(extra))) if len(extra.columns) else say("error.label.no_csv")
        raise ValueError(say("error.label", given=label, told=told))
    else:
        labels = find_labels({fold: some.tolist() for fold, some in images.groupby("fold", sort=False)["label"]})
        images["label"] = pd.Series([text for some in labels.values() for text in some], dtype=object)
        images = images if images["label"].notna().any() else images.drop(columns="label")
    extra.columns = unique_names([f"csv_{name}" if name in OUR_COLUMNS else name for name in extra])
    return pd.concat([images, extra], axis=1), disagreeing


def _join_columns(images: pd.DataFrame, folds: Sequence[Fold], kept: dict[str, list[int]]) -> pd.DataFrame:
    """The other columns of all CSVs, one below the other; missing where a fold has no such column."""
    counts = images["fold"].value_counts()
    joined: dict[str, list[str]] = {name: [] for name in dict.fromkeys(name for fold in folds for name in fold.table)}
    for name, texts in joined.items():
        for fold in folds:
            values, rows = fold.table.get(name), kept[fold.name]
            if values is not None:
                texts += values if len(rows) == len(values) else [values[row] for row in rows]
            texts += [""] * (counts.get(fold.name, 0) - (0 if values is None else len(rows)))
    return pd.DataFrame({name: to_column(texts) for name, texts in joined.items()}, index=images.index)


def _find_disagreeing(folds: Sequence[Fold], kept: dict[str, list[int]], label: str) -> set[tuple[str, str]]:
    """Fold and file of those of whose rows the labels differ."""
    found = set()
    for fold in folds:
        if label in fold.table and len(kept[fold.name]) < len(fold.names):
            first: dict[str, str] = {}
            for place, text in zip(fold.places, fold.table[label], strict=True):
                if place is not None and first.setdefault(place, text) != text:
                    found.add((fold.name, place))
    return found
