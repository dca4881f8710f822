"""Read the CSVs that people have: any usual encoding and separator, every value as the text that stands there.

Python's `csv` rather than `pandas.read_csv` takes the rows apart: pandas fills a row that is too short in silence.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Collection, Sequence
from itertools import islice

import pandas as pd

from lookalikes.reading.encodings import decode
from lookalikes.reading.splits import words_of
from lookalikes.words import join, say

_FILE_WORDS = {"file", "filename", "filepath", "image", "img", "path", "photo", "picture", "name", "url", "uri"}
NAMING = _FILE_WORDS | {"id", "uid"}
"""Words in the names of columns that name files."""
Table = dict[str, list[str]]
SEPARATORS = ",;\t"
_TOLD_SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")


def read_table(path: str, encoding: str | None = None) -> tuple[Table, str]:
    """The columns of a CSV by name, in order, each a list of texts, nothing stripped or converted; and its encoding.

    UTF-8, UTF-16 with a byte order mark, Shift_JIS (cp932) or Western European (cp1252), unless `encoding` names
    another; separated by commas, semicolons or tabs. Blank lines are skipped. A repeated column name gets a number
    (`text.1`). Raises ValueError where the file can't be read right.
    """
    file = os.path.basename(path)
    text, encoding = decode(read_bytes(path), file, encoding)
    return parse_table(text, file), encoding


def read_bytes(path: str) -> bytes:
    """What a regular file holds; raises ValueError for anything else."""
    if not os.path.isfile(path):
        raise ValueError(
            say("error.csv.file" if os.path.lexists(path) else "error.csv.absent", file=os.path.basename(path))
        )
    with open(path, "rb") as stream:
        return stream.read()


def parse_table(text: str, file: str) -> Table:
    """The columns of a CSV's text, as `read_table` gives them; `file` is what errors call it."""
    if told := _TOLD_SEPARATOR.match(text):  # Excel's own first line
        text = text[told.end() :]
    rows = _parse(text, told[1] if told else _find_separator(text), file)
    if not rows:
        raise ValueError(say("error.csv.empty", file=file))
    if any("\0" in name for name in rows[0]):
        raise ValueError(say("error.csv.nul", file=file))
    columns = map(list, zip(*rows[1:], strict=True)) if rows[1:] else [[] for _ in rows[0]]
    return dict(zip(unique_names(rows[0]), columns, strict=True))


def _find_separator(text: str) -> str:
    """The separator that gives the first rows equally many columns, and the more the better."""

    def fitness(separator: str) -> tuple[bool, int]:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            widths = [len(row) for row in islice(reader, 50) if row]
        except csv.Error:
            return False, 0
        return (min(widths) == max(widths) > 1, widths[0]) if widths else (False, 0)

    return max(SEPARATORS, key=fitness)


def _parse(text: str, separator: str, file: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                counts = {"line": reader.line_num, "count": len(row), "columns": len(rows[0])}
                raise ValueError(say("error.csv.width", file=file, **counts))
            if row:
                rows.append(row)
    except csv.Error as error:
        raise ValueError(say("error.csv.quotes", file=file, row=len(rows), detail=error)) from None
    return rows


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, with a number after a repeated one and `Unnamed: POSITION` for an empty one, as pandas has them."""
    unique: dict[str, None] = {}
    for position, name in enumerate(names):
        base, count = name or f"Unnamed: {position}", 0
        fresh = base
        while fresh in unique or (count and fresh in names):
            count += 1
            fresh = f"{base}.{count}"
        unique[fresh] = None
    return list(unique)


def find_file_column(
    table: Table,
    *,
    names: Callable[[str], bool],
    means: Callable[[str], bool],
    looks: Callable[[str], bool],
    images: int,
    file: str,
) -> str | None:
    """The one column whose texts are the `names` of files; or else `means` files by less, where that finds more; None.

    Judged by how many different texts pass, of up to 2,000 rows spread evenly; a column with less than half of the best
    one's is no rival, and of rivals one named for files, such as `image_path`, counts. Numbers are easily taken for
    files: where a column `looks` like file names, no other means any, and one that isn't named for files must mean half
    of the `images`, or of its rows. Raises ValueError for several.
    """
    sampled = {name: dict.fromkeys(values[:: len(values) // 2000 + 1]) for name, values in table.items()}
    hits = {name: sum(map(names, values)) for name, values in sampled.items()}
    if not any(count and count * 2 >= len(sampled[name]) for name, count in hits.items()):
        like = [name for name, values in sampled.items() if 2 * sum(map(looks, values)) >= len(values)]
        loose = {name: sum(map(means, sampled[name])) for name in like or sampled}
        most = min(images, max(map(len, sampled.values())))
        named = [name for name in loose if NAMING & set(words_of(name))]
        loose = {name: count for name, count in loose.items() if name in like + named or count * 2 >= most}
        if max(loose.values(), default=0) > max(hits.values(), default=0):
            hits = loose
    rivals = [name for name, count in hits.items() if count and count * 2 >= max(hits.values())]
    for words in (_FILE_WORDS, NAMING):
        named = [name for name in rivals if words & set(words_of(name))]
        rivals = named if len(named) == 1 else rivals
    if len(rivals) > 1:
        raise ValueError(say("error.csv.rivals", file=file, columns=quoted(rivals)))
    return next(iter(rivals), None)


def to_column(texts: Sequence[str]) -> pd.Series:
    """Int64 where every text is an integer as Python writes it, else the texts; the empty text is missing."""
    if any(texts) and all(not text or _is_integer(text) for text in set(texts)):
        return pd.Series([int(text) if text else None for text in texts], dtype="Int64")
    return pd.Series([text or None for text in texts], dtype=object)


def _is_integer(text: str) -> bool:
    return INTEGER.fullmatch(text) is not None and (len(text) < 19 or -(2**63) <= int(text) < 2**63)


def quoted(names: Collection[str]) -> str:
    """The first ten names for a message, control characters made visible."""
    return join([repr(name) for name in islice(names, 10)] + ["..."] * (len(names) > 10))
