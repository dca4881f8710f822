"""The words: a catalogue for each language of all that the report, the figures and the terminal say, English ones for
what tables hold, and a way to show other people's text safely.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

Text = str | dict[str, str]
_CATALOGUES = files("lookalikes.showing") / "templates"


@cache
def read_catalogue(language: str) -> dict[str, Text]:
    """The texts of a language by their keys, which are those of every language; a text may have the forms `one` and
    `other`.
    """
    texts: dict[str, Text] = json.loads((_CATALOGUES / f"{language}.json").read_text(encoding="utf-8"))
    return texts


LANGUAGES = ("en", *sorted({file.name[:-5] for file in _CATALOGUES.iterdir() if file.name.endswith(".json")} - {"en"}))
ENGLISH = read_catalogue("en")
"""What the values of tables are made of, whatever language is shown."""
_shown = ENGLISH
_PLACE = re.compile(r"\{(\w+)[^}]*\}")

# Controls, invisible marks, direction overrides and lone surrogates: what could hide in a name or reorder it.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def set_language(language: str) -> None:
    """Choose the language of all that is shown from now on; tables, CSVs and JSON stay English. English at first,
    whatever the machine's. Raises ValueError for one that has no catalogue.
    """
    global _shown
    if language not in LANGUAGES:
        raise ValueError(say("error.language", known=join(LANGUAGES), given=language))
    _shown = read_catalogue(language)


@contextmanager
def speak(language: str | None) -> Iterator[None]:
    """Show another language within the block; with None, the same."""
    before = say("language")
    set_language(language or before)
    try:
        yield
    finally:
        set_language(before)


def say(key: str, **values: object) -> str:
    """The text for `key` in the language shown, filled with `values`; one with forms `one` and `other` chooses by
    `count`.
    """
    return _fill(_shown[key], values)


def write(key: str, **values: object) -> str:
    """As `say`, but always in English: for a value of a table."""
    return _fill(ENGLISH[key], values)


def _fill(text: Text, values: dict[str, object]) -> str:
    if isinstance(text, dict):
        text = text["one" if values["count"] == 1 else "other"]
    return text.format(**values)


def find_texts(start: str) -> dict[str, Text]:
    """All texts, in the language shown, whose keys begin so: for a script, which fills them itself."""
    return {key: text for key, text in _shown.items() if key.startswith(start)}


def translate(value: object, group: str) -> object:
    """How a value that our tables hold in English is shown: by the catalogue's text of that `group` (such as
    `problem.`) which reads so in English, whatever details it was filled with. Any other value is itself.
    """
    for pattern, key in _read_patterns(group):
        if isinstance(value, str) and (match := pattern.fullmatch(value)):
            return _PLACE.sub(lambda place: match[place[1]], str(_shown[key]))
    return value


@cache
def _read_patterns(group: str) -> list[tuple[re.Pattern[str], str]]:
    """The English texts of a group as patterns of what they are when filled."""
    texts = {key: str(text) for key, text in ENGLISH.items() if key.startswith(group)}
    parts = {key: _PLACE.split(text) for key, text in texts.items()}  # what is written, a name, what is written, ...
    return [
        (
            re.compile("".join(f"(?P<{part}>.*?)" if n % 2 else re.escape(part) for n, part in enumerate(some)), re.S),
            key,
        )
        for key, some in parts.items()
    ]


def join(parts: Iterable[str]) -> str:
    """The parts as a list: `one, two`."""
    return say("list.separator").join(parts)


def join_clauses(parts: Iterable[str]) -> str:
    """`as one; as another`."""
    return say("list.clauses").join(parts)


def join_sentences(parts: Iterable[str]) -> str:
    """`This. That.`"""
    return say("list.sentences").join(parts)


def make_visible(text: object) -> str:
    """`text` with every character that can't be seen, or that reorders others, spelled as its code: `‹U+202E›`.

    A byte of a file name that isn't UTF-8 (a lone surrogate in Python) becomes `‹0xFF›`.
    """
    return _UNSEEN.sub(_spell, str(text))


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"‹0x{code - 0xDC00:02X}›" if 0xDC80 <= code <= 0xDCFF else f"‹U+{code:04X}›"


def format_share(part: int, whole: int) -> str:
    """`33 %`, `4.5 %` or, of what isn't nothing, `under 0.1 %`."""
    percent = 100 * part / max(whole, 1)
    if part and percent < 0.1:
        return say("share.little")
    return f"{percent:.0f} %" if percent >= 10 or not part else f"{percent:.1f} %"


def format_bytes(count: int) -> str:
    """A file size as people read it, in powers of 1,000: `431 bytes`, `12.3 kB`, `4.0 MB`."""
    if count < 1_000:
        return say("bytes", count=count)
    scaled, unit = (
        (count / 1e3, "kB") if count < 999_950 else (count / 1e6, "MB") if count < 999_950_000 else (count / 1e9, "GB")
    )
    return f"{scaled:,.1f} {unit}"
