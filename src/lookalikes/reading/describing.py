"""Which CSV describes which fold, and which file each of its rows means."""

import os
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence

from lookalikes.reading.listing import has_image_suffix, tell_files
from lookalikes.reading.matching import NOWHERE, Matcher
from lookalikes.reading.rows import Fold, count_found, shorten, split_by_column, take_rows
from lookalikes.reading.sources import Source, find_own_sources, is_above, is_twin, plainness
from lookalikes.reading.splits import RANKS, WEAK, arrival_order, rank_of, words_of
from lookalikes.reading.tables import NAMING, Table, find_file_column, quoted, read_table
from lookalikes.reading.tree import Tree
from lookalikes.words import say

_MOST_TRIED = 5_000_000  # bytes


class Describer:
    """Finds the CSVs of the folds; each is read at most once. `encodings` tells how those read were written."""

    def __init__(
        self, tree: Tree, sources: Sequence[Source], *, given: bool, file_column: str | None, encoding: str | None
    ) -> None:
        self.tree, self.sources = tree, sources
        self.encodings: dict[str, str] = {}
        self._given, self._wanted, self._encoding = given, file_column, encoding
        self._tables: dict[Source, Table] = {}
        self._matchers: dict[str, Matcher] = {}

    def describe(self, folders: Sequence[str], names: Sequence[str], *, detected: bool) -> list[Fold]:
        """The folds in these folders, called so, with their CSVs; the whole data folder where there are none.

        Where they were `detected`, a CSV of a further split makes a fold as well, of files that lie elsewhere.
        """
        self._folders = list(folders)
        self._refuse_wanted()
        if not folders:
            folds = self._describe_whole()
        else:
            claims = Counter(source for folder in folders for source in find_own_sources(folder, self.sources))
            folds = [self._describe_folder(*pair, claims) for pair in zip(names, folders, strict=True)]
            for source in sorted(self.sources, key=plainness):
                if source.usual and all(fold.source != source for fold in folds):
                    folds = self._spread(source, folds, claims)
            if detected:
                folds = sorted(folds + self._find_further(folds), key=lambda fold: arrival_order(fold.name))
        self._refuse_unused(folds)
        for fold in folds:
            if fold.source and not fold.names:  # a CSV without rows takes after the others
                column = next(
                    (name for name in [self._wanted, *(other.column for other in folds)] if name in fold.table), ""
                )
                fold.table = {name: values for name, values in fold.table.items() if name != column}
        return folds

    def read(self, source: Source) -> Table:
        if source not in self._tables:
            self._tables[source], self.encodings[source.name] = read_table(source.place, self._encoding)
        return self._tables[source]

    def _describe_folder(self, name: str, folder: str, claims: Mapping[Source, int]) -> Fold:
        own = [source for source in find_own_sources(folder, self.sources) if claims[source] == 1]
        for source in own:
            if fold := self._match(name, folder, source):
                return fold
        for source in own:
            if is_twin(folder, source) or set(words_of(source.stem)) <= RANKS.keys():
                self._refuse(folder, source)
        return Fold(name, folder)

    def _match(self, name: str, folder: str, source: Source) -> Fold | None:
        """The fold with the rows of this CSV; None where no row finds a file there."""
        table, matcher = self.read(source), self._matcher(folder)
        if not any(table.values()):
            return Fold(name, folder, source, table=table) if is_twin(folder, source) else None
        column = self._find_column(source, matcher)
        places, hows = matcher.find_all(table[column]) if column else ([], {})
        if all(hows.get(row) in NOWHERE for row in range(len(places))):
            return None
        rest = {other: values for other, values in table.items() if other != column}
        return Fold(name, folder, source, column or "", table[column or ""], places, hows, rest)

    def _matcher(self, folder: str) -> Matcher:
        if folder not in self._matchers:
            below = self.tree.below(folder)
            others = {os.path.basename(other) for other in self._folders if other != folder}
            self._matchers[folder] = Matcher(below.files, below.images, own=folder, others=others)
        return self._matchers[folder]

    def _refuse_wanted(self) -> None:
        """Raise ValueError for a file column that no CSV has."""
        if self._wanted is None:
            return
        usual = [s for s in self.sources if s.usual or any(is_twin(folder, s) for folder in self._folders)]
        names = dict.fromkeys(name for source in usual for name in self.read(source))
        if self._wanted not in names:
            told = say("error.columns", columns=quoted(names)) if names else say("error.no_csv")
            raise ValueError(say("error.file_column", given=self._wanted, told=told))

    def _find_column(self, source: Source, matcher: Matcher) -> str | None:
        table = self.read(source)
        if self._wanted in table:
            return self._wanted
        return find_file_column(
            table,
            names=matcher.__contains__,
            means=matcher.finds,
            looks=has_image_suffix,
            images=matcher.count,
            file=source.name,
        )

    def _describe_whole(self) -> list[Fold]:
        """The data folder as folds by several CSVs, by a column of one, or as one fold."""
        usual = sorted((source for source in self.sources if source.usual), key=plainness)
        found = [fold for source in usual if (fold := self._match(source.stem, "", source))]
        of_splits: dict[object, Fold] = {}
        for fold in found:
            rank = rank_of(fold.name)
            of_splits.setdefault(fold.source if self._given and rank is None else rank, fold)
        if not self._given:
            of_splits.pop(None, None)
        if len(of_splits) > 1:
            folds = sorted(of_splits.values(), key=lambda fold: arrival_order(fold.name))
            for fold, name in zip(folds, shorten([fold.name for fold in folds]), strict=True):
                fold.name = name
            return folds
        found.sort(key=lambda fold: rank_of(fold.name) is None)
        return split_by_column(found[0]) if found else [Fold("all", "")]

    def _spread(self, source: Source, folds: list[Fold], claims: Mapping[Source, int]) -> list[Fold]:
        """The folds, those without a CSV given the rows of this one that mean their files."""
        free = [
            fold
            for fold in folds
            if fold.source is None
            and (is_above(source, fold.folder) or self._given)
            and (rank_of(source.stem) is None or source in find_own_sources(fold.folder, [source]))
        ]
        if not free or (rank_of(source.stem) is not None and claims[source] < 2):
            return folds
        whole = self._match("", "", source)
        alone = [part for fold in free if (part := self._match(fold.name, fold.folder, source))]
        best = max(alone, key=count_found, default=None)
        spread = self._divide(whole, free) if whole else []
        if best and count_found(best) > sum(map(count_found, spread)):
            spread = [best]
        for part in spread:
            part.open = rank_of(source.stem) is None
        parts = {part.name: part for part in spread}
        return [parts.get(fold.name, fold) for fold in folds]

    def _divide(self, whole: Fold, folds: list[Fold]) -> list[Fold]:
        """The rows fold by fold, by where their files lie; those that mean no file stay with the first."""
        rows: dict[str, list[int]] = {fold.name: [] for fold in folds}
        for row, place in enumerate(whole.places):
            for fold in folds if whole.hows.get(row) not in NOWHERE else []:
                if (place or "").startswith(f"{fold.folder}/"):
                    rows[fold.name].append(row)
        found = [fold for fold in folds if rows[fold.name]]
        lost = [row for row, how in whole.hows.items() if how in NOWHERE]
        if found:
            rows[found[0].name] = sorted(rows[found[0].name] + lost)
        return [take_rows(whole, rows[fold.name], fold.name, fold.folder) for fold in found]

    def _find_further(self, folds: list[Fold]) -> list[Fold]:
        """Folds of CSVs that are named for a split that no folder is named for."""
        ranks = {rank_of(fold.folder) for fold in folds}
        further: dict[int, Fold] = {}
        for source in sorted(self.sources, key=plainness):
            rank = rank_of(source.stem)
            if rank is None or rank in ranks or rank in further or not source.usual or source.folder:
                continue
            if fold := self._match(source.stem, "", source):
                further[rank] = fold
            elif set(words_of(source.stem)) <= RANKS.keys() - WEAK and any(self.read(source).values()):
                others = shlex.join(fold.folder for fold in folds if fold.folder)
                told = self._tell_lost("", source)
                raise FileNotFoundError(say("error.lost_fold", fold=source.stem, others=others, told=told))
        return list(further.values())

    def find_helpful(self, folds: Sequence[Fold]) -> str | None:
        """The first CSV that describes no fold but names files that are there; those too large to be tried, or made to
        be submitted, are none.
        """
        used = {fold.source for fold in folds}
        helpful = (
            source.name
            for source in self.sources
            if source not in used
            and os.path.getsize(source.place) < _MOST_TRIED
            and "submission" not in words_of(source.stem)
            and self._helps(source)
        )
        return next(helpful, None)

    def _helps(self, source: Source) -> bool:
        try:
            return self._match("", "", source) is not None
        except ValueError:  # one that isn't used may be as broken as it likes
            return False

    def _refuse_unused(self, folds: Sequence[Fold]) -> None:
        """Raise ValueError for a CSV that was given and describes no fold."""
        used = [fold.source for fold in folds]
        for source in self.sources if self._given else []:
            if source not in used:
                self._refuse("", source)

    def _refuse(self, folder: str, source: Source) -> None:
        """Raise ValueError for a CSV none of whose rows finds a file: its first row, what was tried, what is there."""
        raise ValueError(say("error.lost", told=self._tell_lost(folder, source)))

    def _tell_lost(self, folder: str, source: Source) -> str:
        table, below = self.read(source), self.tree.below(folder)
        likely = next((name for name in table if NAMING & set(words_of(name))), next(iter(table)))
        column = self._wanted if self._wanted in table else likely
        first = {name: values[0] if values else "" for name, values in table.items()}
        told = {
            "file": source.name,
            "where": say("error.where.folder", folder=folder) if folder else say("error.where.data"),
            "by": self._wanted,
            "columns": quoted(table),
            "column": column,
            "first": first[column],
            "tried": f"{folder}/{first[column]}" if folder else first[column],
            "files": tell_files(below.images, below.left_out),
        }
        return say("error.no_row.column" if self._wanted in table else "error.no_row.any", **told)
