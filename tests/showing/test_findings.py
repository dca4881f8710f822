"""Findings to post: what they say, names that stay names in Markdown, the command's last lines and its verdict."""

import json
import os

import mistune
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from lookalikes import cluster_sequentially, find_pairs
from lookalikes.judging.facts import collect_facts, save_facts
from lookalikes.judging.groups import group_images
from lookalikes.judging.kinds import add_kinds
from lookalikes.showing.findings import (
    MOST,
    describe_method,
    judge,
    save_findings,
    set_as_code,
    tell_result,
    write_findings,
)
from worked import FAR, A, B, looked_at, tabulate


def collect(hashed, kinds=None, below=3, **options):
    pairs = find_pairs(hashed, below=below)
    looked = looked_at(hashed, min(below + 6, 9), kinds or {})
    clusters = add_kinds(hashed, cluster_sequentially(hashed, pairs), looked)
    groups = group_images(hashed, pairs, looked=looked)
    return collect_facts(hashed, clusters, groups, pairs, looked, below=below, **options), pairs, looked


def read(text):
    """The Markdown as a page, as a forum would show it."""
    return BeautifulSoup(mistune.create_markdown(plugins=["table"])(text), "html.parser")


def rows_of(table):
    return [[cell.get_text() for cell in row.find_all("td")] for row in table.tbody.find_all("tr")]


@pytest.fixture
def leaking():
    """A of test is the file of A in train with another label; B is only a look-alike; one of test can't be read."""
    hashed = tabulate([A, FAR, A, B, None], ["train", "train", "test", "test", "test"], label=[1, 0, 0, None, 1])
    return hashed.assign(problem=[None] * 4 + ["the file is empty"])


def test_the_facts_are_plain_and_survive_json(leaking, tmp_path):
    facts, *_ = collect(leaking, {(0, 2): "same file", (0, 3): "look-alike"}, parameters={"label": "x", "folds": None})
    assert json.loads(save_facts(facts, tmp_path / "summary.json").read_text()) == facts
    assert facts["leaks"] == [
        {"fold": "test", "other_fold": "train", "images": 2, "leaks": 2, "share": 1.0, "confirmed": 1, "connected": 0}
    ]
    assert facts["conflicts"] == {"labelled": 3, "conflicts": 2, "share": 0.667, "confirmed": 2}
    assert facts["problems"] == {"the file is empty": 1} and facts["folds"] == {"train": 2, "test": 2}
    assert facts["parameters"] == {"below": 3, "label": "x", "folds": None}
    assert facts["unseen"] == {"leaks": 0, "conflicts": 0}
    assert facts["pairs"] == {"below": 2, "by_chance": 1.5, "looked_at": 4}
    counts = facts["counts"]
    assert (counts["groups"], counts["joined"], counts["largest_group"], counts["missed"]) == (1, 0, 3, 0)


def test_of_a_file_among_the_parameters_only_the_name_is_told(leaking, tmp_path):
    files = [str(tmp_path / "labels.csv"), "train.csv"]
    facts, *_ = collect(leaking, parameters={"csv": files, "exclude": ["a/*"], "encoding": None})
    told = {"below": 3, "csv": ["labels.csv", "train.csv"], "exclude": ["a/*"], "encoding": None}
    assert facts["parameters"] == told and str(tmp_path) not in json.dumps(facts)


def test_facts_of_nothing(tmp_path):
    for hashed in (tabulate([]), tabulate([None], ["train"]), tabulate([A, None], ["train", "test"])):
        facts, pairs, looked = collect(hashed)
        assert json.loads(save_facts(facts, tmp_path / "summary.json").read_text()) == facts
        assert "nan" not in write_findings(facts, hashed, pairs, looked).lower()
        assert len(tell_result(facts)) == 4


def test_findings_say_who_leaks_and_how_it_was_found(leaking, tmp_path):
    facts, pairs, looked = collect(leaking, {(0, 2): "same file", (0, 3): "look-alike"})
    path = save_findings(facts, leaking, pairs, tmp_path / "findings.md", looked=looked)
    page = read(path.read_text())
    assert [item.get_text() for item in page.find_all("li")] == [
        "2 of 2 test images (100 %) have a look-alike in train: 1 is a confirmed copy",
        "2 of 3 labelled images (67 %) have a look-alike with another label: 2 are confirmed copies",
    ]
    folds, files = page.find_all("table")
    assert rows_of(folds) == [["test", "train", "2", "2", "100 %", "1", "0"]]
    assert rows_of(files) == [
        ["test", "2.png", "train", "0.png", "0", "same file", "no"],
        ["test", "3.png", "train", "0.png", "2", "look-alike", ""],
    ]
    told = page.get_text()
    assert "2 pairs of files" in told and "1 image could not be read" in told and "What this can't see" in told
    assert str(describe_method(facts).data) in told and facts["digest"] in told and "fewer than 3 bits" in told


def test_no_more_than_fifty_pairs_are_listed_the_surest_first():
    hashed = tabulate([A] * 1_100 + [B], ["train"] * 50 + ["test"] * 1_051)
    facts, pairs, looked = collect(hashed, {(0, 1_100): "near copy", (0, 1_000): "same file"})
    page = read(write_findings(facts, hashed, pairs, looked))
    files = rows_of(page.find_all("table")[1])
    assert "1,051 pairs of files, the 50 surest and nearest of them" in page.get_text() and len(files) == MOST
    assert [row[1] for row in files[:3]] == ["1000.png", "1100.png", "50.png"]


def test_copies_by_another_view_are_told_as_such_and_the_limits_are_those_of_the_views(leaking):
    facts, pairs, looked = collect(leaking, {(0, 2): "same file", (1, 3): "near copy"})
    looked["hidden"] = looked["earlier"] == 1
    text = write_findings(facts, leaking, pairs, looked)
    kinds = {row[1]: row[5] for row in rows_of(read(text).find_all("table")[1])}
    assert kinds == {"2.png": "same file", "3.png": "near copy, by another view"}
    assert "mirrored and rotated copies have other hashes and weren't looked for" in text
    for words, told, untold in ((8, "larger crops and wide borders", "mirrored"), (9, "crops to two thirds", "wide")):
        views = [bytes(words) if known else None for known in leaking["hash"].notna()]
        text = write_findings(facts, leaking.assign(views=views), pairs, looked)
        assert told in text and untold not in text


def test_findings_of_one_fold_without_labels_say_so():
    hashed = tabulate([A, A])
    facts, pairs, looked = collect(hashed)
    page = read(write_findings(facts, hashed, pairs, looked))
    assert [item.get_text() for item in page.find_all("li")] == [
        "There is one fold, so nothing can leak from one to another",
        "There are no labels, so none can contradict",
    ]
    assert page.find("table") is None


HOSTILE = [
    "<script>alert(1)</script>.png", "a|b.png", "a\\|b.png", "`x`.png", "``", "` lead", " spaced ", "**bold**",
    "[x](y)", "@someone #12", "http://example.org/x.png", "$_{x}$", "| --- |", "&lt;", "a\\", "_a_", "~~x~~",
    "写真.jpg", "`" * 5 + "|",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name_in_text_and_table(name):
    shown = set_as_code(name)
    page = read(f"x {shown} y\n\n| a | b |\n| --- | --- |\n| {shown} | {set_as_code('y')} |\n")
    assert {tag.name for tag in page.find_all()} <= {"p", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.p.get_text() == f"x {name} y" and page.find_all("td")[1].get_text() == "y"
    assert page.td.get_text() == name


@given(st.text(st.characters(exclude_categories=["Zl", "Zp"]), min_size=1, max_size=20))
def test_any_name_stays_one_line_of_code_spans(name):
    text = set_as_code(name)
    assert "\n" not in text and "\r" not in text
    text.encode()
    page = read(f"x {text} y")
    assert {tag.name for tag in page.find_all()} <= {"p", "code"}
    assert len(page.find_all("code")) == len([part for part in name.split("|") if part])


def test_names_that_hide_something_and_paths_are_not_written(tmp_path):
    hashed = tabulate([A, A], ["train", "test"]).assign(path=str(tmp_path / "secret.png"))
    hashed["filename"] = ["cod\u202egpj.exe", os.fsdecode(b"\xff.jpg")]
    facts, pairs, looked = collect(hashed)
    written = save_findings(facts, hashed, pairs, tmp_path / "findings.md", looked=looked).read_text(encoding="utf-8")
    assert "`cod‹U+202E›gpj.exe`" in written and "`‹0xFF›.jpg`" in written
    assert str(tmp_path) not in written and "secret" not in written


def test_the_last_lines_of_the_command(leaking):
    facts, *_ = collect(leaking, {(0, 2): "same file", (0, 3): "look-alike"})
    assert tell_result(facts) == [
        "5 images, 1 of them a problem",
        "2 clusters, 1 group of look-alikes",
        "2 of 2 test images (100 %) have a look-alike in train: 1 is a confirmed copy",
        "2 of 3 labelled images (67 %) have a look-alike with another label: 2 are confirmed copies",
    ]


LABELS = [1, 1, 0]


@pytest.mark.parametrize(
    ("hashes", "folds", "labels", "kinds", "asked", "status", "reason"),
    [
        ([A, FAR, A], "abc", LABELS, {(0, 2): "near copy"}, ["leaks"], 3, "1 image has a confirmed copy in an earlier"),
        ([A, FAR, A], "aaa", LABELS, {(0, 2): "same file"}, ["conflicts"], 3, "2 images have a confirmed copy with"),
        ([A, FAR, "0f"], "aab", LABELS, {(0, 2): "near copy"}, ["leaks"], 3, "1 image"),  # beyond the threshold
        ([A, FAR, A], "aab", LABELS, {(0, 2): "look-alike"}, ["leaks", "conflicts"], 0, None),
        ([A, FAR, A], "aab", LABELS, {(0, 2): "near copy"}, [], 0, None),
        ([A, FAR, "55"], "aab", LABELS, {}, ["leaks", "conflicts"], 0, None),
        ([A, FAR, A], "aaa", LABELS, {(0, 2): "near copy"}, ["leaks"], 4, "there is but one fold"),
        ([A, FAR, A], "aab", None, {(0, 2): "look-alike"}, ["conflicts"], 4, "there are no labels"),
        ([A, FAR, None], "aab", LABELS, {}, ["leaks"], 4, "no image of b could be read"),
        ([None, None, A], "aab", LABELS, {}, ["leaks"], 4, "no image of a could be read"),
        ([A, FAR, A], "aab", LABELS, {(0, 2): None}, ["leaks"], 4, "1 pair could not be looked at"),
        ([A, FAR, A], "aab", LABELS, {(0, 2): None}, ["conflicts"], 4, "1 pair could not be looked at"),
        ([A, FAR, A], "aab", None, {(0, 2): "near copy"}, ["leaks", "conflicts"], 3, "there are no labels"),
        ([], "", None, {}, ["leaks"], 4, "there is but one fold"),
    ],
)
def test_the_verdict_is_never_no_for_want_of_a_look(hashes, folds, labels, kinds, asked, status, reason):
    hashed = tabulate(hashes, list(folds), **({"label": labels} if labels else {}))
    facts, *_ = collect(hashed, kinds)
    judged, reasons = judge(facts, asked)
    assert judged == status and (reason is None) == (reasons == [])
    assert reason is None or any(reason in line for line in reasons), reasons


@pytest.mark.parametrize("asked", [["leaks"], ["conflicts"], ["leaks", "conflicts"]])
def test_what_was_not_read_can_not_be_judged(asked):
    hashed = tabulate([A, FAR], ["a", "b"], label=[1, 2])
    facts, *_ = collect(hashed, unread=["test2/ holds 9 images"])
    assert judge(facts, asked) == (4, ["It can't be judged: test2/ holds 9 images"])
    assert "`test2/ holds 9 images`" in write_findings(facts, hashed, find_pairs(hashed, below=3))
