"""The words: one catalogue for all that the report and the figures say, and a way to show other people's text
safely.
"""

import json
import re
from importlib.resources import files

CATALOGUE = json.loads((files("lookalikes.showing") / "templates" / "en.json").read_text(encoding="utf-8"))

# Controls, invisible marks, direction overrides and lone surrogates: what could hide in a name or reorder it.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def say(key: str, **values: object) -> str:
    """The catalogue's text for `key`, filled with `values`; a text with forms `one` and `other` chooses by `count`."""
    text: str | dict[str, str] = CATALOGUE[key]
    if isinstance(text, dict):
        text = text["one" if values["count"] == 1 else "other"]
    return text.format(**values)


def make_visible(text: object) -> str:
    """`text` with every character that can't be seen, or that reorders others, spelled as its code: `‹U+202E›`.

    A byte of a file name that isn't UTF-8 (a lone surrogate in Python) becomes `‹0xFF›`.
    """
    return _UNSEEN.sub(_spell, str(text))


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"‹0x{code - 0xDC00:02X}›" if 0xDC80 <= code <= 0xDCFF else f"‹U+{code:04X}›"


def format_bytes(count: int) -> str:
    """A file size as people read it, in powers of 1,000: `431 bytes`, `12.3 kB`, `4.0 MB`."""
    if count < 1_000:
        return say("bytes", count=count)
    scaled, unit = (
        (count / 1e3, "kB") if count < 999_950 else (count / 1e6, "MB") if count < 999_950_000 else (count / 1e9, "GB")
    )
    return f"{scaled:,.1f} {unit}"
