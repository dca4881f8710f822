"""The fonts of figures: for Japanese an installed one is found; what none can draw is said in English, or spelled."""

from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from lookalikes import words
from lookalikes.words import say, write

_CJK_FONTS = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans", "Hiragino Kaku Gothic Pro", "Yu Gothic",
    "Meiryo", "BIZ UDGothic", "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic", "MS Gothic", "Arial Unicode MS",
)  # fmt: skip
_CJK_FILES = {"NotoSansCJK-Regular", "NotoSansCJKjp-Regular", "NotoSansJP-Regular", "ipaexg", "ipag"}
"""Those that a person may install while matplotlib remembers what there was before."""


def set_language(language: str) -> None:
    """Choose the language of all that is shown from now on, `en` or `ja`; tables, CSVs and JSON stay English. English
    at first, whatever the machine's. Says how to install a font where none can draw the language in figures.

    Raises ValueError for a language that isn't known.
    """
    words.set_language(language)
    find_fonts.cache_clear()
    _find_glyphs.cache_clear()
    if not can_draw(say("sizes.title")):
        print(say("fonts.missing"))


@cache
def find_fonts() -> list[str]:
    """The families to draw with, in order: matplotlib's own, then installed ones for Japanese."""
    if not set(_CJK_FONTS) & set(font_manager.get_font_names()):
        for path in font_manager.findSystemFonts():
            if Path(path).stem in _CJK_FILES:
                font_manager.fontManager.addfont(path)
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in _CJK_FONTS if name in installed)]


@cache
def _find_glyphs() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in find_fonts()]
    return frozenset(code for path in paths for code in FT2Font(path).get_charmap())


def can_draw(text: str) -> bool:
    """Whether the fonts have every letter of it."""
    return {ord(char) for char in text if char != "\n"} <= _find_glyphs()


def make_drawable(text: str) -> str:
    """Spell the characters that no installed font can draw: a code can be looked up, an empty box can't."""
    return "".join(char if ord(char) in _find_glyphs() else f"‹U+{ord(char):04X}›" for char in text)


def say_drawn(key: str, **values: object) -> str:
    """As `say`, for a figure: in English where no font can draw it."""
    text = say(key, **values)
    return text if can_draw(text) else write(key, **values)


def use_fonts(figure: Artist) -> None:
    """Let every text of the figure or chart be drawn with those families."""
    for text in figure.findobj(Text):
        text.set_fontfamily(find_fonts())
