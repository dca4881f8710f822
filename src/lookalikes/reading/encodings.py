"""In which encoding a CSV is written: told by what Japanese and Western European text look like, never guessed."""

import codecs
import re
from itertools import pairwise

from lookalikes.words import say

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SURE = 3  # the evidence for one encoding must be as many times that for the other
_JAPANESE = re.compile(
    r"[\u3000-\u3003\u3005-\u3007\u300c-\u300f\u3010\u3011\u301c\u3041-\u30ff\u4e00-\u9fff\uff01-\uff9f]"
)
_KANA = re.compile(r"[\u3041-\u30ff]")
_RUNS = re.compile(r"[^\x00-\x7f]+")
_WESTERN_MARKS = set("’‘“”„–—…•€£°²³½¼¾«»§©®™´¿¡·×ªº")


def decode(data: bytes, file: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of a CSV and the encoding it was read in: `encoding` where given; else what a byte order mark says,
    UTF-8, Shift_JIS (cp932) or Western European (cp1252).

    Raises ValueError, which names `--encoding`, where none of them fits or both of the last two may.
    """
    marked = [name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)]
    for name in [encoding] if encoding else marked or ["utf-8"]:
        try:
            return data.decode(name), name
        except LookupError:
            raise ValueError(say("error.encoding", given=name)) from None
        except UnicodeDecodeError as error:
            place = {"file": file, "place": error.start, "line": data.count(b"\n", 0, error.start) + 1}
            if encoding or marked:
                raise ValueError(say("error.undecodable", encoding=name, **place)) from None
    japanese, western = _weigh_japanese(data), _weigh_western(data)
    if japanese > _SURE * western:
        return data.decode("cp932"), "cp932"
    if western > _SURE * japanese:
        return data.decode("cp1252"), "cp1252"
    told = "error.undecodable.either" if japanese and western else "error.undecodable.all"
    raise ValueError(say(told, **place))


def _weigh_japanese(data: bytes) -> int:
    """How much speaks for cp932: its characters come in runs, kana among them, and don't stand between ASCII letters
    one by one, as those do that an accented letter and the letter after it make.
    """
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return 0
    weight = 0
    for run in _RUNS.finditer(text):
        if not all(map(_JAPANESE.match, run[0])):
            return 0
        around = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
        alone = len(run[0]) == 1
        if alone and any(char.isalpha() and char.isascii() for char in around):
            continue
        weight += (1 if alone else 2 * len(run[0])) + 2 * len(_KANA.findall(run[0]))
    return weight


def _weigh_western(data: bytes) -> int:
    """How much speaks for cp1252: accented letters within words that are mostly ASCII, in the case of their
    neighbours; and the marks that word processors set.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return 0
    weight = 0
    for word in re.findall(r"[^\s,;\t\"]+", text):
        strange = [char for char in word if not char.isascii()]
        if not strange:
            continue
        letters = [char for char in strange if char.isalpha() and char not in "ªºƒ"]
        plain = sum(char.isascii() and char.isalpha() for char in word)
        marks = [char for char in strange if char not in letters]
        if not set(marks) <= _WESTERN_MARKS or not _is_natural(word) or len(letters) > max(plain, 1) + 1:
            continue
        weight += 2 * len(letters) * (plain > 0) + len(marks)
    return weight


def _is_natural(word: str) -> bool:
    """Whether no strange capital follows a small letter, and no bracket a strange letter, as they do where bytes of
    another encoding are read as letters.
    """
    return not any(
        (before.islower() and after.isupper() and not after.isascii())
        or (before.isalpha() and not before.isascii() and after in "^[]{}|\\~@`")
        for before, after in pairwise(word)
    )
