"""What is said above the results: each with its count, an example and the option that changes it."""

import os

import pandas as pd
import pytest

from lookalikes import find_unread, list_notices, read_folds, show_notices, tell_notices
from lookalikes.reading import listing
from lookalikes.reading.notices import NOT_READ
from lookalikes.words import ENGLISH


def put(root, *names, **files):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for name, text in files.items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return root


def told(data, **options):
    table = list_notices(data, **options)
    assert list(table) == ["what", "fold", "count", "example", "option"] and table["count"].dtype == "int64"
    return {row.what: (row.fold, row.count, row.example, row.option) for row in table.itertuples(index=False)}


def test_nothing_is_said_where_there_is_nothing_to_say(tmp_path):
    put(tmp_path, "train/1.jpg", "test/2.jpg")
    assert told(tmp_path) == {}
    assert "Every image that lies in the folder was read" in show_notices(list_notices(tmp_path)).data


def test_images_in_no_fold_come_with_the_folds_that_read_them(tmp_path):
    put(tmp_path, "train/1.jpg", "test/2.jpg", "more of it/a/3.jpg", "more of it/b/4.jpg", "extra/5.jpg", "6.jpg")
    option = "--folds train test extra 'more of it'"
    assert told(tmp_path) == {"images in no fold": (None, 4, "6.jpg", option)}
    folds = ["train", "test", "extra", "more of it"]
    assert len(read_folds(tmp_path, folds=folds)) == 5
    assert told(tmp_path, folds=folds) == {"images in no fold": (None, 1, "6.jpg", "")}


def test_what_may_be_missing_is_told_apart(tmp_path):
    put(tmp_path, "train/1.jpg", "train/2.jpg", "other/3.jpg", train="file,y\n1.jpg,0\n9.jpg,1\n")
    said = told(tmp_path)
    assert said["rows without a file"] == ("train", 1, "9.jpg → train/9.jpg", "")
    assert said["images that no row names"] == ("train", 1, "train/2.jpg", "--csv none")
    assert said["images in no fold"] == (None, 1, "other/3.jpg", "--folds train other")
    assert said["columns not used as label"] == (None, 1, "y", "--label y")
    assert set(find_unread(list_notices(tmp_path))["what"]) == set(NOT_READ) - {"folds without images"}


def test_rows_of_dropped_files_are_told_as_such(tmp_path):
    """As the README's recipe moves them: so a check doesn't take them for missing."""
    put(tmp_path, "train/1.jpg", "_dropped/train/2.jpg", "_dropped/train/b/3.jpg", train="file\n1\n2\nb/3.jpg\n9.jpg\n")
    said = told(tmp_path)
    assert said["rows of dropped files"] == ("train", 2, "_dropped/train/2.jpg", "")
    assert said["rows without a file"][1:3] == (1, "9.jpg → train/9.jpg")
    assert "rows of dropped files" not in NOT_READ


def test_what_lies_there_and_is_not_used_is_named(tmp_path):
    put(
        tmp_path,
        "train/1.jpg",
        "test/2.jpg",
        "a.json",
        "b.parquet",
        "code.txt",
        other="pic,y\n2.jpg,0\n",
        train="f\n1.jpg\n",
    )
    put(tmp_path, sample_submission="f,y\n2.jpg,0\n", broken='a\n"')
    said = told(tmp_path)
    assert said["CSVs not used"] == (None, 3, "other.csv", "--csv other.csv")
    assert said["tables not used"] == (None, 2, "a.json", "--csv FILE, once saved as CSV")
    assert read_folds(tmp_path, csv=["other.csv"], label="y")["label"].dropna().tolist() == [0]


def test_folders_of_systems_are_left_out_and_told(tmp_path):
    system = ["$RECYCLE.BIN/1.jpg", "@eaDir/1.jpg/T.jpg", "#recycle/2.jpg", ".Trash-1000/3.jpg", "lost+found/4.jpg"]
    system += ["__MACOSX/5.jpg", "Thumbnails/6.jpg", "sub/thumbnails/7.jpg"]
    put(tmp_path, *system, "1.jpg", "Thumbs.db")
    assert read_folds(tmp_path)["filename"].tolist() == ["1.jpg"]
    said = told(tmp_path)
    assert list(said) == ["hidden images left out"] and said["hidden images left out"][1] == 8


def test_files_are_judged_by_their_first_bytes_where_their_names_tell_nothing(tmp_path, monkeypatch, picture):
    data = open(picture, "rb").read()
    put(tmp_path, "plain.txt", "a.json", "b.xml", "c.npy", "notes")
    for name in ("photo.jpg!d", "photo.JPG_large", "photo.jpg.1", "photo", "photo~", "labels.txt"):
        (tmp_path / name).write_bytes(data)
    os.mkfifo(tmp_path / "pipe")
    opened = []
    judge = listing.begins_like_an_image
    monkeypatch.setattr(
        listing, "begins_like_an_image", lambda path: opened.append(os.path.basename(path)) or judge(path)
    )
    images = read_folds(tmp_path)
    assert images["filename"].tolist() == ["photo", "photo.JPG_large", "photo.jpg!d", "photo.jpg.1", "photo~"]
    assert not {"plain.txt", "a.json", "b.xml", "c.npy", "labels.txt"} & set(opened)


def test_pictures_of_other_kinds_come_with_what_reads_them(tmp_path):
    put(tmp_path, "1.jpg", "a.NEF", "b.dng", "c.jxl", "d.svg", "e.dcm", "f.exr")
    said = told(tmp_path)
    assert said["raw photos not read"] == (None, 2, "b.dng", "rawpy, darktable")
    assert said["JPEG XL pictures not read"][3] == "pillow-jxl-plugin, djxl"
    assert len(said) == 5


def test_what_is_excluded_is_told(tmp_path):
    put(tmp_path, "train/1.jpg", "train/1_mask.png", "test/2.jpg", "old/3.jpg", "a/old/4.jpg")
    exclude = ["*_mask.png", "old"]
    assert read_folds(tmp_path, exclude=exclude)["filename"].tolist() == ["1.jpg", "2.jpg"]
    assert told(tmp_path, exclude=exclude)["files excluded"][1] == 3
    assert read_folds(tmp_path, exclude=["train/*.png", "*old*"])["filename"].tolist() == ["1.jpg", "2.jpg"]


def test_the_encoding_is_told_and_can_be_named(tmp_path):
    put(tmp_path, "train/1.jpg", "test/2.jpg")
    (tmp_path / "train.csv").write_bytes("file;Größe\n1.jpg;1,5\n".encode("cp1252"))
    assert told(tmp_path)["CSVs read as cp1252"] == (None, 1, "train.csv", "--encoding NAME")
    assert "Größe" in read_folds(tmp_path)
    (tmp_path / "train.csv").write_bytes("file;кот\n1.jpg;да\n".encode("cp1251"))
    with pytest.raises(ValueError, match=r"train\.csv .*--encoding NAME"):
        read_folds(tmp_path)
    assert read_folds(tmp_path, encoding="cp1251")["кот"][0] == "да"


def test_a_column_that_repeats_is_proposed_as_label_before_one_that_tells_all_apart(tmp_path):
    train, test = "filename,score,id\na.jpg,3,7\nb.jpg,3,8\n", "filename,id\nc.jpg,1\nd.jpg,2\n"
    data = put(tmp_path, "train/a.jpg", "train/b.jpg", "test/c.jpg", "test/d.jpg")
    (data / "train.csv").write_text(train)
    (data / "test.csv").write_text(test)
    assert told(data)["columns not used as label"] == (None, 2, "score", "--label score")


def test_labels_and_csvs_can_be_switched_off(tmp_path):
    put(tmp_path, "train/cat/1.jpg", "train/dog/2.jpg", "test/cat/3.jpg", "test/dog/4.jpg", train="f,y\ncat/1.jpg,0\n")
    assert read_folds(tmp_path)["label"].tolist() == ["cat", "cat", "dog"]
    assert "label" not in read_folds(tmp_path, label="none")
    assert "columns not used as label" not in told(tmp_path, label="none")
    images = read_folds(tmp_path, csv="none")
    assert len(images) == 4 and "y" not in images
    with pytest.raises(FileNotFoundError, match=r"csv must name files, but there is no 'nope\.csv'"):
        read_folds(tmp_path, csv=["nope.csv"])


def test_links_that_lead_out_are_told(tmp_path):
    put(tmp_path, "data/train/1.jpg", "data/test/2.jpg", "outside/3.jpg")
    (tmp_path / "data" / "train" / "far").symlink_to("../../outside")
    assert told(tmp_path / "data") == {"links that lead out": (None, 1, "train/far", "--exclude GLOB")}


def test_every_notice_has_its_sentence_and_names_stay_names(tmp_path):
    whats = [key.removeprefix("notice.") for key in ENGLISH if key.startswith("notice.")]
    bad = "<b>\u202e`x`"
    table = pd.DataFrame([(what, bad, 1, bad, f"--label {bad}") for what in whats])
    table.columns = ["what", "fold", "count", "example", "option"]
    page = show_notices(table).data
    assert page.count("<li>") == len(whats) and "<b>" not in page and "\u202e" not in page
    assert len(tell_notices(table)) == len(whats) and "\u202e" not in "".join(tell_notices(table))
