"""Our own parsers given what nobody meant for them: read right, or refused with a sentence; nothing else, ever.

`make test-slow` gives each sixty inputs, `FUZZ=30 python -m pytest -m slow tests/test_fuzz.py` thirty times that.
"""

import json
import os
import re
import shutil
import warnings
import zipfile
from pathlib import Path

import mistune
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import lookalikes as la
from lookalikes import words
from lookalikes.judging.decisions import COLUMNS, apply_decisions, match_decisions, read_decisions
from lookalikes.reading import archives
from lookalikes.showing.findings import write_findings
from worked import cluster, tabulate

pytestmark = pytest.mark.slow
fuzz = settings(
    max_examples=60 * int(os.environ.get("FUZZ", "1")), deadline=None, suppress_health_check=list(HealthCheck)
)
NAMES = ["a.png", "写真.png", "0012.png", "=1.png", "b,2.png", 'q".png']
TOKENS = [
    b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b'"', b'""', b"'", b"\0", b"\xff", b"\x81", b"\xef\xbb\xbf",
    b"\xff\xfe", b"sep=;\n", b"filename", b"image", b"label", b"id", b"12", b"0012", b"-1", b"1e5", b"nan", b" ",
    b"../a.png", b"/etc/passwd", b"C:\\a.png", *(name.encode() for name in NAMES), "写真.png".encode("cp932"),
]  # fmt: skip
texts = st.text(st.sampled_from("ab/\\.:,;|`*_[](){}<>&\"'#@!~$-=+ \t\n\r\0é写\u202e\udce9"), max_size=12)


def damage(data, whole):
    """`whole` with some bytes changed, cut out or put in."""
    some = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, len(some)))
        end = min(len(some), start + data.draw(st.sampled_from([0, 0, 1, 1, 4, 40])))
        some[start:end] = data.draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)))
    return bytes(some)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two folds, of six and two pictures; the CSVs come and go."""
    root = tmp_path_factory.mktemp("fuzz") / "data"
    for fold, names in (("train", NAMES), ("test", NAMES[:2])):
        (root / fold).mkdir(parents=True)
        for number, name in enumerate(names):
            Image.new("L", (9 + number, 9)).save(root / fold / name)
    return root


@fuzz
@given(st.data())
def test_csvs_describe_the_images_or_are_refused_by_name(folder, data):
    begun = b"filename,label\n" + b"".join(b'"%s",x\n' % name.replace('"', '""').encode() for name in NAMES)
    drawn = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)
    content = damage(data, begun) if data.draw(st.booleans()) else data.draw(drawn)
    (folder / "train.csv").write_bytes(content)
    try:
        images, notices = la.read_folds(folder), la.list_notices(folder)
    except ValueError as error:
        assert "train.csv" in str(error) or "--" in str(error)
        return
    paths = [Path(path) for path in images["path"].dropna()]
    assert all(path.is_relative_to(folder) and ".." not in path.parts for path in paths)
    there = [path for path in paths if "\0" not in str(path) and path.is_file()]
    assert len(there) == len(set(there)), "an image stands once"
    assert len(there) == 8 or len(notices), "one that is left out is told"


@fuzz
@given(st.data())
def test_decisions_are_verdicts_or_refused_by_row(data):
    hashed = tabulate(["00", "03", "0f"], filename=[NAMES[0], NAMES[1], "007.png"])
    rows = [["train", name, f"phash8:{bits}", "drop", "", "", "2026-11-26T12:00:00Z"]
            for name, bits in zip(hashed["filename"], hashed["hash"], strict=True)]  # fmt: skip
    whole = "".join(",".join(row) + "\n" for row in [COLUMNS, *rows]).encode()
    text = damage(data, whole).decode("utf-8", "surrogateescape") + "\n"
    try:
        decisions = read_decisions(text)
    except ValueError as error:
        assert str(error).startswith("the text") and "\n" not in str(error).strip()
        return
    assert decisions["decision"].isin(["keep", "drop", "different"]).all()
    matched = match_decisions(hashed, decisions)
    assert (matched["reason"].notna() | (matched["row"] >= 0)).all()
    clusters, _ = cluster(hashed)
    decided = apply_decisions(clusters, decisions).set_index("filename")["decision"].dropna()
    counted = matched[matched["reason"].isna() & (matched["decision"] != "different")]
    assert decided.to_dict() == dict(zip(counted["filename"], counted["decision"], strict=True))


@fuzz
@given(st.data())
def test_what_tables_hold_is_translated_back_to_what_was_said(data):
    groups = ("problem.", "kind.", "decision.", "column.")
    keys = sorted(key for key, text in words.ENGLISH.items() if key.startswith(groups) and isinstance(text, str))
    key = data.draw(st.sampled_from(keys))
    named = set(re.findall(r"\{(\w+)", words.ENGLISH[key]))
    values = {name: data.draw(st.integers(0, 9999) if name == "limit" else texts) for name in named}
    group = key[: key.index(".") + 1]
    written = words.write(key, **values)
    shown = words.translate(written, group)
    assert isinstance(shown, str) and shown == written, "in English, all that is shown is what was written"
    assert isinstance(words.translate(data.draw(texts), group), str)


@fuzz
@given(st.lists(texts.filter(bool), min_size=2, max_size=4, unique=True), texts.filter(bool))
def test_findings_hold_names_as_code_and_no_markup(names, fold):
    hashed = tabulate(["00"] * len(names), [fold] * (len(names) - 1) + ["other"], filename=names)
    hashed = hashed.assign(quality=50.0)
    clusters, pairs = cluster(hashed)
    looked = pairs.assign(kind="near copy", score=0.95)
    clusters = la.add_kinds(hashed, clusters, looked)
    groups = la.group_images(hashed, pairs, looked=looked)
    facts = la.collect_facts(hashed, clusters, groups, pairs, looked, below=3)
    text = write_findings(facts, hashed, pairs, looked)
    json.dumps(facts)
    parsed = list(walk(mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough", "url"])(text)))
    kinds = {token["type"] for token in parsed}
    assert not kinds & {"block_html", "inline_html", "link", "image", "emphasis", "strikethrough"}
    tables = [token for token in parsed if token["type"] == "table_body"]
    rows = [[len(row["children"]) for row in table["children"]] for table in tables]
    assert len(tables) == 2 and all(len(set(counts)) == 1 for counts in rows)
    code = [token["raw"] for token in parsed if token["type"] == "codespan"]
    assert len(code) >= 2


def walk(tokens):
    for token in tokens:
        yield token
        yield from walk(token.get("children", []))


@fuzz
@given(st.data())
def test_zips_are_unpacked_within_the_cache_or_refused_by_name(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("zip")
    path, cache = place / "set.zip", place / "deep" / "cache"
    # Python's own writer ends a name at its first NUL and can't write an empty one; damaged zips hold both.
    named = texts.map(lambda name: name.replace("\0", "")).filter(bool)
    drawn = st.one_of(named, st.sampled_from(["../a.png", "/a.png", "a.png", "b/c.png", "C:a.png", "b"]))
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    # A name that is there twice is warned of.
    with zipfile.ZipFile(path, "w", method) as archive, warnings.catch_warnings(action="ignore"):
        for name in data.draw(st.lists(drawn.map(lambda name: name.replace("\udce9", "?")), max_size=4)):
            archive.writestr(name, data.draw(st.binary(max_size=20)))
    path.write_bytes(damage(data, path.read_bytes()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives.platformdirs, "user_cache_path", lambda name: cache / name)
        try:
            folder = Path(archives.unpack(str(path)))
        except ValueError as error:
            assert "set.zip" in str(error)
        else:
            assert folder.is_relative_to(cache)
    assert {entry.name for entry in place.iterdir()} <= {"set.zip", "deep"}
    assert {entry.name for entry in (place / "deep").glob("*")} <= {"cache"}
    shutil.rmtree(place)


@fuzz
@given(st.data())
def test_a_damaged_cache_changes_no_hash(tmp_path_factory, folder, data):
    (folder / "train.csv").unlink(missing_ok=True)
    images = la.read_folds(folder)
    place = tmp_path_factory.mktemp("cache") / "kept.sqlite"
    expected = la.hash_images(images, cache=place)
    place.write_bytes(damage(data, place.read_bytes()))
    with warnings.catch_warnings(action="ignore"):
        pd.testing.assert_frame_equal(la.hash_images(images, cache=place), expected)
    shutil.rmtree(place.parent)
