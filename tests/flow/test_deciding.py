"""What was decided counts: carried on in the next report, by rules for many, and by files of others."""

import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from browser import browser, opened  # noqa: F401
from lookalikes import ReportError, make_report, make_sample, read_decisions

COUNT, SHOWN = ".lk-decided", ".lk-review .lk-cluster:not([hidden])"
HEADER = "fold,filename,hash,decision,with_fold,with_filename,decided_at\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_sample(tmp_path_factory.mktemp("data") / "sample")


@pytest.fixture(scope="module")
def report(data, tmp_path_factory) -> Path:
    return make_report(data, tmp_path_factory.mktemp("out") / "first", label="is_laugh")


def count_decided(page) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", page.locator(COUNT).inner_text())]


def fetch(page, name="Download decisions.csv") -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def decide_all(page) -> None:
    """By keys: the suggestion where there is one, else all kept."""
    page.locator(".lk-current").focus()
    for _ in range(count_decided(page)[1]):
        before = count_decided(page)[0]
        page.keyboard.press("a")
        if count_decided(page)[0] == before:
            page.keyboard.press("e")


def test_a_full_round(browser, report, data, tmp_path):  # noqa: F811
    """Review, rerun with what was decided, and add three images: only the cluster that one of them joined is back."""
    with opened(browser, report) as (page, noticed):
        decide_all(page)
        every, left = count_decided(page)[1:]
        decisions = tmp_path / "decisions.csv"
        decisions.write_text(fetch(page), encoding="utf-8")
        assert left == 0 and noticed == []
    dropped = pd.read_csv(decisions).query("decision == 'drop'")
    assert len(dropped) > 5
    grown = tmp_path / "sample"
    shutil.copytree(data, grown)
    first = pd.read_csv(decisions).query("decision == 'keep'").iloc[0]
    shutil.copy(grown / first["fold"] / first["filename"], grown / "test" / "copy.jpg")
    names = ["copy.jpg"]
    for number, angle in enumerate((33, 57)):
        from PIL import Image

        singles = pd.read_csv(report.parent / "hash_clustering_result.csv").drop_duplicates("cluster_id", keep=False)
        with Image.open(grown / singles.iloc[number]["fold"] / singles.iloc[number]["filename"]) as image:
            image.convert("RGB").rotate(angle).save(grown / "test" / f"new{number}.jpg")
        names.append(f"new{number}.jpg")
    table = pd.read_csv(grown / "test.csv", dtype=str, keep_default_na=False)
    added = pd.DataFrame({column: ["0"] * 3 for column in table}).assign(odai_photo_file_name=names)
    pd.concat([table, added]).to_csv(grown / "test.csv", index=False)
    again = make_report(grown, tmp_path / "again", label="is_laugh", decisions=decisions)
    html = again.read_text(encoding="utf-8")
    assert f"{every - 1} of {every} clusters decided earlier, 1 left." in html
    with opened(browser, again) as (page, noticed):
        assert count_decided(page) == [every - 1, every, 1]
        assert page.locator(SHOWN).count() == 1 and "copy.jpg" in page.locator(SHOWN).text_content()
        assert noticed == []
    keep = pd.read_csv(again.parent / "keep.csv").set_index(["fold", "filename"])["keep"]
    assert not keep.loc[[*map(tuple, dropped[["fold", "filename"]].to_numpy())]].any()


def test_groups_and_findings_follow_a_different(report, data, tmp_path):
    leak = pd.read_csv(report.parent / "hash_clustering_result.csv")
    sizes = leak.groupby("cluster_id").agg(size=("fold", "size"), folds=("fold", "nunique"))
    two = leak[leak["cluster_id"] == sizes.query("size == 2 and folds == 2").index[0]]
    hashes = pd.read_json(report.parent / "summary.json", typ="series")
    from lookalikes import hash_images, read_folds

    hashed = hash_images(read_folds(data, label="is_laugh")).set_index(["fold", "filename"])["hash"]
    (one, other) = two[["fold", "filename"]].itertuples(index=False, name=None)
    rows = [[*one, f"phash64:{hashed[one]}", "different", *other, "2026-11-26T10:00:00Z"]]
    decisions = tmp_path / "decisions.csv"
    with open(decisions, "w", newline="", encoding="utf-8") as file:
        file.write(HEADER)
        csv.writer(file, lineterminator="\n").writerows(rows)
    again = make_report(data, tmp_path / "again", label="is_laugh", decisions=decisions)
    groups = pd.read_csv(again.parent / "groups.csv").set_index(["fold", "filename"])["group_id"]
    assert groups[one] != groups[other]
    after = pd.read_json(again.parent / "summary.json", typ="series")
    assert after["leaks"][0]["leaks"] == hashes["leaks"][0]["leaks"] - 1
    assert other[1] not in (again.parent / "findings.md").read_text(encoding="utf-8")
    assert (again.parent / "hash_clustering_result.csv").read_bytes() == (
        report.parent / "hash_clustering_result.csv"
    ).read_bytes()


def test_what_does_not_count_is_told_and_what_is_no_verdict_is_refused(paint, tmp_path):
    data = tmp_path / "few"
    data.mkdir()
    for number in range(3):
        paint(seed=number % 2).save(data / f"{number}.png")
    decisions = tmp_path / "decisions.csv"
    decisions.write_text(HEADER + "train,<b>gone</b>.jpg,phash64:00ff,drop,,,2026-11-26T10:00:00Z\n", encoding="utf-8")
    html = make_report(data, tmp_path / "out", decisions=decisions).read_text(encoding="utf-8")
    assert "1 verdict doesn&#39;t count:" in html and "train/&lt;b&gt;gone&lt;/b&gt;.jpg: no such image" in html
    decisions.write_text(HEADER + "train,a.jpg,phash64:00ff,burn,,,2026-11-26T10:00:00Z\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"decisions\.csv, row 2: decision must be keep, drop or different"):
        make_report(data, tmp_path / "other", decisions=decisions)
    assert not (tmp_path / "other").exists()
    command = [
        sys.executable,
        "-m",
        "lookalikes",
        str(data),
        "--decisions",
        "none.csv",
        "--output",
        str(tmp_path / "n"),
    ]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 1 and "there is no file none.csv" in ended.stderr


def test_a_rule_accepts_many_after_a_preview_and_one_undo_takes_it_back(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        page.get_by_text("Accept the suggestion for many").click()
        boxes = page.locator(".lk-rules input[type=checkbox]")
        assert boxes.count() == 3
        assert page.locator(".lk-rules p").inner_text() == "Choose kinds to see what would be decided."
        for place in range(3):
            boxes.nth(place).check()
        preview = page.locator(".lk-rules p").inner_text()
        drops, images, clusters = map(int, re.findall(r"\d+", preview))
        assert 0 < drops < images and clusters > 3 and drops <= images - clusters
        page.get_by_role("button", name="Accept", exact=True).click()
        assert count_decided(page)[0] == clusters
        rows = list(csv.DictReader(io.StringIO(fetch(page))))
        assert sum(row["decision"] == "drop" for row in rows) == drops and len(rows) == images
        assert page.locator(".lk-rules p").inner_text().startswith("drops 0 of 0 images"), "nothing is left to accept"
        undecided = page.locator(".lk-review .lk-cluster:not(.lk-done)")
        assert undecided.locator(".lk-conflict, .lk-part, .lk-doubt, .lk-flat").count() >= 4
        assert page.locator(".lk-done .lk-conflict, .lk-done .lk-doubt, .lk-done .lk-part").count() == 0
        page.get_by_role("button", name="Undo").click()
        assert count_decided(page)[0] == 0 and noticed == []


def test_a_fold_named_as_reference_loses_no_image_by_a_rule(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.get_by_text("Accept the suggestion for many").click()
        page.locator(".lk-rules select").select_option("test")
        for box in page.locator(".lk-rules input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Accept", exact=True).click()
        rows = list(csv.DictReader(io.StringIO(fetch(page))))
        assert {row["fold"] for row in rows if row["decision"] == "drop"} == {"train"}
    table = pd.read_csv(report.parent / "hash_clustering_result.csv")
    cluster_of = dict(zip(zip(table["fold"], table["filename"], strict=True), table["cluster_id"], strict=True))
    kept = {"train": set(), "test": set()}
    for row in rows:
        if row["decision"] == "keep":
            kept[row["fold"]].add(cluster_of[row["fold"], row["filename"]])
    assert len(kept["test"]) > 3 and not kept["train"] & kept["test"], "no leak is left and called decided"


def test_a_rule_drops_no_image_that_was_called_different_from_one_of_the_reference(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.get_by_text("Accept the suggestion for many").click()
        page.locator(".lk-rules select").select_option("test")
        for box in page.locator(".lk-rules input[type=checkbox]").all():
            box.check()
        before = page.locator(".lk-rules p").inner_text()
        page.get_by_role("button", name="Accept", exact=True).click()
        dropped = next(row for row in csv.DictReader(io.StringIO(fetch(page))) if row["decision"] == "drop")
        page.get_by_role("button", name="Undo").click()
        page.locator(".lk-panel input[type=search]").fill(dropped["filename"])
        page.locator(".lk-current").focus()
        page.keyboard.press("x")
        page.locator(".lk-panel input[type=search]").fill("")
        assert page.locator(".lk-rules p").inner_text() != before
        page.get_by_role("button", name="Accept", exact=True).click()
        rows = list(csv.DictReader(io.StringIO(fetch(page))))
    assert dropped["filename"] not in {row["filename"] for row in rows if row["decision"] == "drop"}


def test_a_file_of_another_merges_and_one_undo_takes_it_back(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, _):
        decide_all(page)
        theirs = tmp_path / "theirs.csv"
        text = fetch(page)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(read_decisions(text)) == len(rows)
    late = (
        text.replace("2026-", "2031-").replace(",keep,", ",drop,", 1) + "train,gone.jpg,phash64:00,drop,,,2031-01-01\n"
    )
    theirs.write_text(late, encoding="utf-8")
    with opened(browser, report) as (page, noticed):
        page.locator(".lk-current").focus()
        page.keyboard.press("e")
        before = fetch(page)
        page.get_by_text("Decisions as text").click()
        page.locator(".lk-exchange input[type=file]").set_input_files(theirs)
        page.locator(".lk-said").filter(has_text="taken in").wait_for(state="attached")
        assert page.locator(".lk-said").inner_text().startswith(f"{len(rows)} verdicts taken in")
        assert "1 are of images that aren't here" in page.locator(".lk-said").inner_text()
        assert fetch(page).count(",drop,") == late.count(",drop,") - 1
        assert page.locator(".lk-exchange textarea").input_value() == fetch(page)
        page.get_by_role("button", name="Undo").click()
        assert fetch(page) == before
        theirs.write_text(late.replace(",drop,", ",burn,", 1), encoding="utf-8")
        page.locator(".lk-exchange input[type=file]").set_input_files(theirs)
        page.locator(".lk-said").filter(has_text="Not taken in").wait_for(state="attached")
        assert fetch(page) == before and noticed == []
