"""The command line explains itself, and refuses, in the language that it is asked for."""

import re
import unicodedata

import pytest

from lookalikes import words
from lookalikes.__main__ import main
from lookalikes.reporting.arguments import find_language, wrap

ENGLISH_LEFT = re.compile(r"(?<![-\w.*/_'])[a-zA-Z]{2,}(?![-\w.*/_'])")
NAMES = {
    "lookalikes", "DATA_DIR", "CSV", "HTML", "zip", "cp", "Pillow", "whole", "turned", "all", "none", "en", "ja",
    "leaks", "conflicts", "report", "decisions", "reports", "NAME", "int", "lang",
}  # fmt: skip


@pytest.fixture
def run(capsys, monkeypatch):
    """What the command says: its exit status, standard output and error."""
    monkeypatch.setenv("COLUMNS", "80")

    def say(*arguments):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        return end.value.code, *capsys.readouterr()

    return say


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ([], "en"),
        (["--language", "ja"], "ja"),
        (["pictures", "--language=ja", "--below", "4"], "ja"),
        (["--lang", "ja"], "ja"),
        (["--exclude", "a", "b", "--language", "ja"], "ja"),
        (["--language", "en", "--language", "ja"], "ja"),
        (["--language", "fr"], "en"),
        (["--language"], "en"),
        (["--", "--language", "ja"], "en"),
    ],
)
def test_the_language_is_known_before_anything_is_said(arguments, language):
    assert find_language(arguments) == language


def test_english_is_spoken_whatever_the_machine_speaks(run, monkeypatch):
    for name in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(name, "ja_JP.UTF-8")
    status, said, _ = run("--help")
    assert status == 0 and said.startswith("usage: lookalikes [DATA_DIR]") and said.isascii()


def test_help_is_japanese_throughout_and_fits_the_terminal(run):
    status, said, _ = run("--help", "--language", "ja")
    assert status == 0 and said.startswith("使い方：lookalikes [DATA_DIR]") and "\n何を読むか:\n" in said
    assert set(ENGLISH_LEFT.findall(said.rpartition("\n  lookalikes ")[0])) <= NAMES
    wide = [line for line in said.splitlines() if count_columns(line) > 80]
    assert wide == []
    starts = {count_columns(line[: -len(line.lstrip())]) for line in said.splitlines()[6:] if line.startswith("    ")}
    beside = {count_columns(match[1]) for match in re.finditer(r"^(  -.*\S {2,})\S", said, re.MULTILINE)}
    assert starts | beside == {24}
    assert not re.search(r"^\s*[、。）」，．：；]", said, re.MULTILINE)


def count_columns(line):
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in line)


@pytest.mark.parametrize(
    ("arguments", "english", "japanese"),
    [
        (["--below", "x"], "error: argument --below: invalid int value: 'x'", "引数--below：'x'は整数ではない"),
        (["--views", "x"], "argument --views: invalid choice: 'x' (choose from", "引数--views：'x'は選べない"),
        (["--output"], "argument --output: expected one argument", "引数--output：値が1つ必要"),
        (["--folds"], "argument --folds: expected at least one argument", "引数--folds：値が1つ以上必要"),
        (["--no-cache=1"], "argument --no-cache: ignored explicit argument '1'", "引数--no-cache：値'1'は受け取らない"),
        (["--e", "x"], "ambiguous option: --e could match --encoding, --exclude", "オプション--eは"),
        (["a", "b"], "unrecognized arguments: b", "知らない引数：b"),
        (["--fail-on", "x"], "argument --fail-on: must be leaks, conflicts or leaks,conflicts, got 'x'", "'x'"),
    ],
)
def test_what_is_refused_is_told_in_the_language(run, arguments, english, japanese):
    status, _, told = run(*arguments)
    assert status == 2 and told.startswith("usage: ") and english in told
    status, _, told = run(*arguments, "--language=ja")
    assert status == 2 and told.startswith("使い方：") and japanese in told.replace("\n", "")
    last = told.splitlines()[-1]
    assert last.startswith("lookalikes：エラー：") and set(ENGLISH_LEFT.findall(last)) <= NAMES
    assert words.say("language") == "en"  # as before


def test_help_comes_on_a_terminal_of_few_letters(run, monkeypatch, tmp_path):
    with open(tmp_path / "said", "w", encoding="ascii") as few:
        monkeypatch.setattr("sys.stdout", few)
        status, *_ = run("--help", "--language", "ja")
    assert status == 0 and "\\u4f7f\\u3044\\u65b9" in (tmp_path / "said").read_text("ascii")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("画像を探す。", 10, ["画像を探", "す。"]),
        ("画像を探す。", 12, ["画像を探す。"]),
        ("CSVの列reports/NAME", 8, ["CSVの列", "reports/NAME"]),
        ("除く（'a'など）", 8, ["除く", "（'a'な", "ど）"]),
        ("", 8, [""]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text, width, lines):
    assert wrap(text, width) == lines
