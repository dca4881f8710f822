import ast
import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lookalikes
from lookalikes import words
from lookalikes.judging.second_look import KINDS
from lookalikes.words import ENGLISH, format_bytes, format_share, make_visible, say, translate, write


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("写真 ねこ.jpg", "写真 ねこ.jpg"),
        ("e\u0301 😀 👨‍👩‍👧", "e\u0301 😀 👨‍👩‍👧"),  # accents and joined emoji stay
        ("<b>&\"'</b> {{ x }} $_{", "<b>&\"'</b> {{ x }} $_{"),
        ("a\nb\tc\x00d\x1be\x7f", "a‹U+000A›b‹U+0009›c‹U+0000›d‹U+001B›e‹U+007F›"),
        ("cod\u202egpj.exe", "cod‹U+202E›gpj.exe"),
        ("\u200b\u200e\u2066\ufeff\u00ad\u2028", "‹U+200B›‹U+200E›‹U+2066›‹U+FEFF›‹U+00AD›‹U+2028›"),
        (os.fsdecode(b"\xff\x80.jpg"), "‹0xFF›‹0x80›.jpg"),
        ("\ud83d", "‹U+D83D›"),
        (12, "12"),
        ("", ""),
    ],
)
def test_make_visible(text, shown):
    assert make_visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_stays_that_hides_or_reorders(text):
    shown = make_visible(text)
    shown.encode("utf-8")
    assert not {unicodedata.bidirectional(char) for char in shown} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert make_visible(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_seen_stays(text):
    assert make_visible(text) == text


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (431, "431 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (12_345, "12.3 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (4_000_000, "4.0 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
        (1_234_500_000_000, "1,234.5 GB"),
    ],
)
def test_format_bytes(count, shown):
    assert format_bytes(count) == shown


def test_say_fills_in_and_counts():
    assert say("cluster.title", id=17) == "Cluster 17"
    assert say("images", count=1) == "1 image"
    assert say("images", count=0) == "0 images"
    assert say("images", count=30_962) == "30,962 images"
    assert say("cluster.member", name="{x}", fold="<b>") == "{x} (<b>)"  # a value is never a format


def test_say_refuses_what_is_not_there():
    with pytest.raises(KeyError):
        say("no such text")
    with pytest.raises(KeyError):
        say("cluster.title")


def test_another_language_is_shown_from_now_on_and_english_at_first():
    assert say("images", count=3) == "3 images"
    with words.speak("ja"):
        assert say("images", count=1) == "1枚の画像" and say("images", count=30_962) == "30,962枚の画像"
        with words.speak(None):
            assert say("language") == "ja"
        lookalikes.set_language("en")
        assert say("images", count=1) == "1 image"
    assert say("language") == "en"


@pytest.mark.parametrize("given", ["fr", "", "JA", None, "../en"])
def test_a_language_without_a_catalogue_is_refused(given):
    with pytest.raises(ValueError, match=re.escape(f"language must be one of en, ja, got {given!r}")):
        lookalikes.set_language(given)
    with pytest.raises(lookalikes.ReportError, match="language must be one of en, ja"):
        lookalikes.make_report(language=given or "-")
    assert say("language") == "en"


def list_places(text):
    forms = text.values() if isinstance(text, dict) else [text]
    return {place for form in forms for place in re.findall(r"\{(\w+)[^}]*\}", form)}


@pytest.mark.parametrize("language", words.LANGUAGES[1:])
def test_every_language_has_the_same_texts_with_the_same_places(language):
    texts = words.read_catalogue(language)
    assert texts.keys() == ENGLISH.keys()
    assert {key: list_places(text) for key, text in texts.items()} == {
        key: list_places(text) for key, text in ENGLISH.items()
    }
    for key, text in texts.items():
        assert isinstance(text, str) or set(text) == {"one", "other"}, key


def test_japanese_punctuation_is_full_width_and_no_text_is_left_in_english():
    for key, text in words.read_catalogue("ja").items():
        for form in text.values() if isinstance(text, dict) else [text]:
            plain = re.sub(r"\{[^}]*\}|`[^`]*`", "", form)
            assert not re.search(r"[\u3040-\u9fff][,.;:!?()]|[,;!?(][\u3040-\u9fff]", plain), (key, form)
            assert form != ENGLISH[key] or not re.search("[a-z]{3}", plain) or key == "lesson.column.hash_size", key


def test_every_text_of_two_forms_has_both():
    for key, text in ENGLISH.items():
        assert isinstance(text, str) or set(text) == {"one", "other"}, key


def test_every_text_used_is_in_the_catalogue_and_every_one_there_is_used():
    package = Path(lookalikes.__file__).parent
    sources = [*package.rglob("*.py"), *package.rglob("*.j2"), *package.rglob("*.js")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    said = set(re.findall(r"\bsay(?:_drawn)?\(\s*[\"']([a-z_.]+)[\"']", code)) | set(
        re.findall(r"[\"']([a-z_]+\.[a-z_.]+)[\"']", code)
    ) & set(ENGLISH)
    # A text may be named in two parts: f"kind.{kind}" in Python, "kind." ~ kind in a template; or belong to a group
    # by which values of tables are translated, "column.".
    prefixes = set(re.findall(r"\bf\"([a-z_.]+\.)\{", code)) | set(re.findall(r"\"([a-z_.]+\.)\"", code))
    said -= prefixes
    composed = {key for key in ENGLISH if key.startswith(tuple(prefixes))}
    assert said - set(ENGLISH) == set()
    assert set(ENGLISH) - said - composed == set()


def test_every_text_named_in_two_parts_is_there_and_no_other():
    def list_keys(start):
        return {key.removeprefix(start) for key in ENGLISH if key.startswith(start)}

    assert list_keys("kind.") == {*KINDS, "unread"}
    assert list_keys("turned.") == set("2345678")
    badges = {"doubt", "part", "sure", "identical", "leak", "conflict", "chain", "flat"}
    assert (
        {f"{name}.why" for name in badges}
        <= list_keys("badge.")
        <= {form for name in badges for form in (name, f"{name}.why", f"{name}.unmeasured")}
    )
    assert list_keys("gallery.only.") == {"doubt", "part", "leak", "conflict", "chain", "flat"}
    plain = {"images", "clusters", "multiple", "doubtful", "parts", "missed", "flat", "deep", "problems"}
    shares = {"leaks.why", "share.leaks", "conflicts.why", "share.conflicts", "of"}
    assert list_keys("card.") == plain | {f"{name}.why" for name in plain} | shares


def test_every_english_word_that_tables_hold_stands_in_the_code():
    package = Path(lookalikes.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for key, text in ENGLISH.items():
        if key.startswith(("column.", "run.", "kind.")):
            own = text.removeprefix("other_")  # which list_pairs puts before what it tells of the earlier image
            assert f'"{own}"' in code or re.search(rf"\b{own}=", code), key


@pytest.fixture
def other_language(monkeypatch):
    """A catalogue of another language: each text in brackets, its places kept."""
    told = {key: f"[{key}: {text}]" if isinstance(text, str) else text for key, text in ENGLISH.items()}
    monkeypatch.setattr(words, "_shown", told)


@pytest.mark.parametrize(
    ("text", "group", "shown"),
    [
        ("the file is empty", "problem.", "[problem.empty: the file is empty]"),
        (
            "its data is broken (OSError: image: 3 bytes\nmissing)",
            "problem.",
            "[problem.broken: its data is broken (OSError: image: 3 bytes\nmissing)]",
        ),
        ("the disk or network failed: {detail}", "problem.", "[problem.io: the disk or network failed: {detail}]"),
        ("filename", "column.", "[column.filename: filename]"),
        ("my column", "column.", "my column"),
        ("the file is empty", "column.", "the file is empty"),
        (3, "column.", 3),
        (None, "problem.", None),
    ],
)
def test_values_in_english_are_translated_whatever_they_were_filled_with(other_language, text, group, shown):
    assert translate(text, group) == shown


def test_every_problem_is_known_again(other_language):
    for key in [key for key in ENGLISH if key.startswith("problem.")]:
        text = write(key, limit=179.4, detail="a: b (c)", kind="OSError")
        assert str(translate(text, "problem.")) == f"[{key}: {text}]"


def test_tables_hold_english_whatever_is_shown(other_language, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    hashed = lookalikes.hash_images(lookalikes.read_folds(tmp_path), cache=False)
    assert hashed["problem"].tolist() == ["the file is empty"]
    shown = lookalikes.show_table(lookalikes.list_problems(hashed)).data
    assert "[problem.empty: the file is empty]" in shown and "[column.filename: filename]" in shown
    assert "[run.images: Images]" in lookalikes.show_table(lookalikes.describe_run(hashed, below=10)).data


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(12, 36, "33 %"), (0, 9, "0 %"), (0, 0, "0 %"), (9, 9, "100 %"), (4, 85, "4.7 %"), (3, 6000, "under 0.1 %")],
)
def test_format_share(part, whole, shown):
    assert format_share(part, whole) == shown


SHOWING = Path(words.__file__).parent / "showing"
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;]? [a-z]{2,}")


def list_template_words(path):
    """What a template itself writes: without its expressions, comments, styles, tags and entities."""
    ours = r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<style.*?</style>|<!.*?>"
    text = re.sub(ours, " ", path.read_text("utf-8"), flags=re.S)
    told = re.findall(r"""(?:alt|title|aria-label|placeholder)=["']([^"']*)""", text)
    return re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>|&\w+;", " ", text) + " ".join(told))


def list_script_sentences(path):
    """The texts of a script that read as a sentence: not its comments, selectors, class names or errors for us."""
    script = path.read_text("utf-8")
    tokens = re.finditer(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\\n])*`", script)
    ours = re.compile(r"(Error|querySelector(All)?|closest|matches|locator)\($|className: $")
    texts = [each[0] for each in tokens if each[0][0] != "/" and not ours.search(script[: each.start()])]
    return [text for text in texts if SENTENCE.search(re.sub(r"\$\{[^}]*\}", "", text))]


def list_python_sentences(path):
    """The texts of a module that read as a sentence: not docstrings, markup, or what stands in tables, in English."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings, alone on their line
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = [node.value for node in strings if id(node) not in told and SENTENCE.search(node.value)]
    return [text for text in found if text not in ENGLISH.values() and not text.startswith("<")]


@pytest.mark.parametrize("path", sorted((SHOWING / "templates").rglob("*.j2")), ids=lambda path: path.name)
def test_templates_write_no_words_of_their_own(path):
    assert set(list_template_words(path)) <= {"null"}


@pytest.mark.parametrize("path", sorted((SHOWING / "templates").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_write_no_sentences_of_their_own(path):
    assert list_script_sentences(path) == []


@pytest.mark.parametrize("path", sorted(SHOWING.glob("*.py")), ids=lambda path: path.name)
def test_what_shows_writes_no_sentences_of_its_own(path):
    assert list_python_sentences(path) == []
