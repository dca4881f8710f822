"""From a data folder to the table of its images: which folds there are, and which images each holds."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import pandas as pd

from lookalikes.reading.links import check_folds_inside, drop_reached_again
from lookalikes.reading.listing import has_image_suffix, is_hidden, list_files, why_left_out
from lookalikes.reading.tables import Table, find_file_column, quoted, read_table, to_column, unique_names
from lookalikes.words import make_visible

USUAL_FOLDS = ("train", "valid", "val", "test")
OUR_COLUMNS = {
    "filename", "fold", "path", "label", "hash", "problem", "quality", "oriented", "cluster_id", "distance", "kind",
    "score", "orientation", "width", "height", "bytes", "keep", "group_id",
}  # fmt: skip


def read_folds(
    data_dir: str | os.PathLike[str],
    *,
    folds: Sequence[str] | None = None,
    label: str | None = None,
    file_column: str | None = None,
) -> pd.DataFrame:
    """One row per image, in arrival order: filename, fold, path, label (where there is one), the CSVs' other columns.

    The folds are those given by `folds`; else folders beside a CSV of the same name, and folders called train, valid,
    val or test; else the whole folder is one fold `all`. train, valid, val, test come first, others sorted after them.
    A fold's CSV gives its rows and their order; its file column is found by itself or named by `file_column`. Without
    a CSV the images below the folder are sorted by relative path (by code points, so `10.jpg` before `2.jpg`).

    `path` is absolute, and missing where the CSV's name is empty or leads outside the fold's folder. `label` is the
    CSV column of that name, or else the folder below the fold's folder. A column that is integers throughout is Int64,
    others are text; one named like a column of ours is kept as `csv_<name>`.

    Raises FileNotFoundError or NotADirectoryError for a missing folder; ValueError for a CSV that can't be read right,
    a file column that is missing or ambiguous, a label that no CSV has, and a name that occurs twice in the CSVs.
    """
    places = _find_folds(data_dir, folds)
    tables = {fold: read_table(f"{folder}.csv") for fold, folder in places.items() if os.path.lexists(f"{folder}.csv")}
    known = {fold: _spellings(listing) for fold, listing in _list_all(places).items()}
    columns = _find_file_columns(tables, known, file_column)
    names = {fold: tables[fold].pop(column, []) for fold, column in columns.items()}
    parts = {fold: _image_rows(fold, folder, known[fold], names.get(fold)) for fold, folder in places.items()}
    _refuse_repeated_names([parts[fold] for fold in tables])
    extra = _join_columns([(tables.get(fold, {}), len(rows)) for fold, rows in parts.items()])
    return _add_columns(pd.concat(parts.values(), ignore_index=True), extra, label)


def count_images(
    images: pd.DataFrame, data_dir: str | os.PathLike[str], *, folds: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row per fold: fold, images, left_out (files below its folder that are no row of `images`), reasons (text).

    Give the `folds` that `read_folds` was given. A reason is a suffix that no image has, `without suffix`, `hidden`,
    `not in the CSV` or `folder that can't be opened`; the five most frequent are told, such as `12 .txt, 1 hidden`.
    """
    places = _find_folds(data_dir, folds)
    if not places.keys() >= set(images["fold"]):
        places = _find_folds(data_dir, list(images["fold"].unique()))
    kept, sizes = set(images["path"]), images["fold"].value_counts()
    counts = []
    for fold, listing in _list_all(places).items():
        reasons = Counter(
            why_left_out(name) or "not in the CSV" for name in listing if f"{places[fold]}/{name}" not in kept
        )
        told = [f"{count:,} {make_visible(reason)}" for reason, count in reasons.most_common(5)]
        counts.append((fold, sizes.get(fold, 0), reasons.total(), ", ".join(told + ["…"] * (len(reasons) > 5))))
    return pd.DataFrame(counts, columns=["fold", "images", "left_out", "reasons"])


def _list_all(places: dict[str, str]) -> dict[str, list[str]]:
    return drop_reached_again(places, {fold: list_files(folder) for fold, folder in places.items()})


def _find_folds(data_dir: str | os.PathLike[str], folds: Sequence[str] | None) -> dict[str, str]:
    """Folder by fold, in order."""
    given, root = os.fspath(data_dir), os.path.abspath(data_dir)
    if not os.path.isdir(given):
        kind = NotADirectoryError if os.path.lexists(given) else FileNotFoundError
        raise kind(f"data_dir must be the folder that holds the images, but {given!r} is no folder")
    entries = sorted(name for name in os.listdir(root) if not is_hidden(name))
    folders = [name for name in entries if os.path.isdir(f"{root}/{name}")]
    if folds is None:
        folds = _detect_folds(root, folders, {name.removesuffix(".csv") for name in entries if name.endswith(".csv")})
    elif isinstance(folds, str) or not 0 < len(folds) == len(set(folds)):
        raise ValueError(f"folds must be a list of different folder names, such as ['train', 'test'], got {folds!r}")
    check_folds_inside(folds)
    for fold in folds:
        if not os.path.isdir(f"{root}/{fold}"):
            raise FileNotFoundError(
                f"the fold {fold!r} has no folder of that name in data_dir; put its images there, "
                f"or name the folders to read, folds=[...], of: {quoted(folders) or 'none'}"
            )
    return {fold.rstrip("/"): os.path.join(root, fold.rstrip("/")) for fold in folds} or {"all": root}


def _detect_folds(root: str, folders: list[str], described: set[str]) -> list[str]:
    """Fold names in order; with them those whose folder is missing, unless images lie in a folder without folds."""
    found = [name for name in folders if name in described or name.lower() in USUAL_FOLDS]
    if found or not any(why_left_out(name) is None for name in list_files(root)):
        found += [name for name in USUAL_FOLDS if name in described and name not in folders]
    ranks = {name: rank for rank, name in enumerate(USUAL_FOLDS)}
    return sorted(found, key=lambda name: (ranks.get(name.lower(), len(ranks)), name))


def _find_file_columns(
    tables: dict[str, Table], known: dict[str, dict[str, str]], wanted: str | None
) -> dict[str, str]:
    """The file column of each fold that has a CSV; a CSV without rows takes after the others."""
    if wanted is not None and not any(wanted in table for table in tables.values()):
        raise ValueError(f"file_column must be a column of a CSV, got {wanted!r} ({_columns_there(tables.values())})")
    found = {
        fold: wanted if wanted in table else _find_file_column(fold, table, known[fold])
        for fold, table in tables.items()
        if wanted in table or any(table.values())
    }
    return {
        fold: found.get(fold) or next((name for name in found.values() if name in table), "")
        for fold, table in tables.items()
    }


def _find_file_column(fold: str, table: Table, known: dict[str, str]) -> str:
    def names_a_file(name: str) -> bool:
        return _locate(name, fold, known) in known

    return find_file_column(table, [names_a_file, has_image_suffix], f"{fold}.csv")


def _columns_there(tables: Iterable[Table]) -> str:
    names = dict.fromkeys(name for table in tables for name in table)
    return f"the columns are {quoted(names)}" if names else "no fold has a CSV"


def _spellings(listing: list[str]) -> dict[str, str]:
    """The file by its name and by its composed Unicode form: a Mac may have stored the decomposed one."""
    return {unicodedata.normalize("NFC", name): name for name in listing if not name.isascii()} | {
        name: name for name in listing
    }


def _locate(name: str, fold: str, known: dict[str, str]) -> str | None:
    """The relative path that a CSV's name means; None where it is empty or leads outside the fold's folder."""
    if name in known:
        return known[name]
    steps = name.replace("\\", "/").split("/")
    if not name.strip() or not steps[0] or ".." in steps or "\0" in name or name[1:2] == ":":
        return None
    path = unicodedata.normalize("NFC", "/".join(step for step in steps if step not in ("", ".")))
    return known.get(path) or known.get(path.removeprefix(f"{fold}/")) or path or None


def _image_rows(fold: str, folder: str, known: dict[str, str], names: list[str] | None) -> pd.DataFrame:
    places: list[str | None]
    if names is None:
        names = sorted(name for name in set(known.values()) if why_left_out(name) is None)
        places = list(names)
    else:
        places = [_locate(name, fold, known) for name in names]
    paths = [None if place is None else f"{folder}/{place}" for place in places]
    labels = [(place or "").rpartition("/")[0] or None for place in places]
    return pd.DataFrame({"filename": names, "fold": fold, "path": paths, "label": labels}, dtype=object)


def _refuse_repeated_names(parts: list[pd.DataFrame]) -> None:
    named = pd.concat([rows[rows["filename"].map(str.strip) != ""] for rows in parts]) if parts else pd.DataFrame()
    if named.empty:
        return
    same_file = named["path"].notna() & named["path"].duplicated(keep=False)
    repeated = named[named["filename"].duplicated(keep=False) | same_file]
    if not repeated.empty:
        groups = repeated.groupby("filename", sort=False)["fold"]
        told = ", ".join(f"{name!r} in {' and '.join(folds[:3])}" for name, folds in islice(groups, 3))
        raise ValueError(
            f"names that occur more than once in the CSVs: {groups.ngroups}, such as {told}; "
            "keep one row for each file, and give different files different names"
        )


def _join_columns(tables: list[tuple[Table, int]]) -> pd.DataFrame:
    """The other columns of all CSVs, one below the other; missing where a fold has no such column."""
    joined = {
        name: to_column([text for table, rows in tables for text in table.get(name, [""] * rows)])
        for name in dict.fromkeys(name for table, _ in tables for name in table)
    }
    return pd.DataFrame(joined, index=range(sum(rows for _, rows in tables)))


def _add_columns(images: pd.DataFrame, extra: pd.DataFrame, label: str | None) -> pd.DataFrame:
    if label in extra:
        images["label"] = extra[label]
    elif label is not None:
        raise ValueError(
            f"label must be a column of a CSV, other than the file column, got {label!r} "
            f"({_columns_there([{name: [] for name in extra}])})"
        )
    elif images["label"].isna().all():
        images = images.drop(columns="label")
    extra.columns = unique_names([f"csv_{name}" if name in OUR_COLUMNS else name for name in extra])
    return pd.concat([images, extra], axis=1)
