"""The command line's arguments, explained and refused in the language that they themselves ask for."""

import argparse
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NoReturn

from lookalikes.reporting.terminal import Terminal
from lookalikes.words import LANGUAGES, say, translate

_WORD = re.compile(r"\s+|[「『（]*(?:[!-~]+|[^!-~\s])[、。，．：；！？」』）…ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]*")
"""What no line breaks within: a word of Latin letters, or another character, with the marks that must not begin a line
after it, and those that must not end one before it.
"""


def find_language(arguments: Sequence[str] | None) -> str:
    """The language that the arguments ask for, English if none or one that isn't known."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--language", nargs="?")
    asked: str | None = parser.parse_known_args(arguments)[0].language
    return asked if asked in LANGUAGES else LANGUAGES[0]


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that speaks the language shown, on any terminal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_help=False, formatter_class=_Formatter, usage=say("cli.form"), **options)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and how the command is used; exit with status 2."""
        if argument := re.fullmatch(r"argument (.+?): (.*)", message, re.DOTALL):
            message = say("cli.argument", name=argument[1], told=translate(argument[2], "argparse."))
        told = say("cli.refused", program=self.prog, error=translate(message, "argparse."))
        self.exit(2, f"{self.format_usage()}{told}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        Terminal(file).write(message)


class _Formatter(argparse.HelpFormatter):
    """Lays out texts in which a letter may be two columns wide, and words may stand without spaces."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, say("cli.usage"))

    def _format_action(self, action: argparse.Action) -> str:
        told, name = super()._format_action(action), self._format_action_invocation(action)
        room = re.search(re.escape(name) + "( +)", told)  # argparse counts letters, not columns
        if room is None or not (extra := measure(name) - len(name)):
            return told
        start, end = room.span(1)
        gap = " " * (end - start - extra) if end - start > extra else "\n" + " " * 24
        return f"{told[:start]}{gap}{told[end:]}"

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = [[line] if line.startswith(" ") else wrap(line, width) for line in text.split("\n")]
        return "\n".join(indent + line for lines in paragraphs for line in lines)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, as far as its words allow."""
    lines, line = [], ""
    for word in _WORD.findall(" ".join(text.split())):
        if line and measure(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()]


def measure(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
