"""The rows of CSVs as folds: whole, in parts, or divided by a column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lookalikes.reading.matching import NOWHERE
from lookalikes.reading.sources import Source
from lookalikes.reading.splits import arrival_order, rank_of, split_words
from lookalikes.reading.tables import Table

_MOST_SPLITS = 10


@dataclass
class Fold:
    """A fold: its folder below the data folder, and the rows of its CSV, if it has one, with the file each means."""

    name: str
    folder: str
    source: Source | None = None
    column: str = ""
    names: list[str] = field(default_factory=list)
    places: list[str | None] = field(default_factory=list)
    hows: dict[int, str] = field(default_factory=dict)
    """How the file of a row was found, or why not, for the rows that don't give its very name."""
    table: Table = field(default_factory=dict)
    """The CSV's columns but the one that names the files."""
    open: bool = False
    """Whether the images that no row names belong to the fold too, after the others: the CSV isn't the fold's alone."""


def count_found(fold: Fold) -> int:
    return len({place for row, place in enumerate(fold.places) if fold.hows.get(row) not in NOWHERE})


def take_rows(fold: Fold, rows: Sequence[int], name: str, folder: str) -> Fold:
    """Some rows of a fold as a fold of their own, its files' paths from its own folder."""
    start = f"{folder}/" if folder else ""
    places = [place and place.removeprefix(start) for place in (fold.places[row] for row in rows)]
    hows = {number: fold.hows[row] for number, row in enumerate(rows) if row in fold.hows}
    names = [fold.names[row] for row in rows]
    table = {column: [values[row] for row in rows] for column, values in fold.table.items()}
    return Fold(name, folder, fold.source, fold.column, names, places, hows, table)


def split_by_column(fold: Fold) -> list[Fold]:
    """The fold divided by the column whose values are words for splits; as `all` where there is no such column."""
    for values in fold.table.values():
        kinds = dict.fromkeys(values)
        ranks = {rank_of(kind) for kind in kinds}
        if 1 < len(kinds) <= _MOST_SPLITS and len(ranks) > 1 and ranks & {0, 2} and None not in ranks:
            rows = {kind: [row for row, value in enumerate(values) if value == kind] for kind in kinds}
            return [take_rows(fold, rows[kind], kind, fold.folder) for kind in sorted(kinds, key=arrival_order)]
    fold.name, fold.open = "all", True
    return [fold]


def shorten(stems: Sequence[str]) -> list[str]:
    """The names of CSVs less the ending common to all: of `train_labels` and `test_labels`, `train` and `test`."""
    starts = [match.start() for match in re.finditer(r"[^A-Za-z0-9]|[A-Z]", stems[0])]
    endings = [stems[0][start:] for start in starts if all(stem.endswith(stems[0][start:]) for stem in stems)]
    shorter = [stem.removesuffix(endings[0]) if endings else stem for stem in stems]
    return shorter if all(map(split_words, shorter)) else list(stems)
