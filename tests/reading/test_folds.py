"""What `read_folds` promises: which folds, which rows in which order, which columns, and errors that say what to do."""

import csv
import io
import os
import shutil
import socket
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalikes.reading.folds import read_folds
from lookalikes.reading.notices import count_images, list_notices
from lookalikes.reading.splits import arrival_order
from lookalikes.reading.tables import read_table

JAPANESE = ["これでバレない？", 'a, "quoted" line', "two\nlines"]


def put(root: Path, *names: str) -> Path:
    """Files (the reading never opens one) and, where a name ends in a slash, folders."""
    for name in names:
        place = root / name
        (place if name.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            place.touch()
    return root


def put_csv(path: Path, rows: list[list], encoding: str = "utf-8", **style: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, **style).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    put(tmp_path, "train/b.jpg", "train/a.jpg", "train/c.jpg", "test/z.jpg", "test/d.jpg")
    put_csv(
        tmp_path / "train.csv",
        [
            ["id", "odai_photo_file_name", "text", "is_laugh"],
            ["0012", "b.jpg", JAPANESE[0], 1],
            ["2024-01-02", "a.jpg", JAPANESE[1], 0],
            ["NA", "c.jpg", JAPANESE[2], 1],
        ],
    )
    put_csv(tmp_path / "test.csv", [["id", "odai_photo_file_name", "text"], ["1e5", "z.jpg", ""], ["x", "d.jpg", "t"]])
    put_csv(tmp_path / "planted.csv", [["filename", "drawing"], ["a.jpg", "1"]])
    return tmp_path


def test_the_seed_layout_is_read_untouched(seed):
    images = read_folds(seed)
    assert list(images) == ["filename", "fold", "path", "id", "text", "is_laugh"]
    assert images["filename"].tolist() == ["b.jpg", "a.jpg", "c.jpg", "z.jpg", "d.jpg"]
    assert images["fold"].tolist() == ["train"] * 3 + ["test"] * 2
    assert images["id"].tolist() == ["0012", "2024-01-02", "NA", "1e5", "x"]
    assert images["text"].tolist()[:3] == JAPANESE and pd.isna(images["text"][3])
    assert images["is_laugh"].dtype == "Int64" and images["is_laugh"].tolist() == [1, 0, 1, pd.NA, pd.NA]
    assert images["path"].tolist() == [str(seed / name) for name in images["fold"] + "/" + images["filename"]]
    assert images.index.equals(pd.RangeIndex(5)) and not images.attrs


def test_a_label_column_is_copied_and_others_named_like_ours_are_kept(seed):
    images = read_folds(seed, label="is_laugh")
    assert list(images) == ["filename", "fold", "path", "label", "id", "text", "is_laugh"]
    assert images["label"].tolist() == [1, 0, 1, pd.NA, pd.NA]
    put_csv(seed / "test.csv", [["filename", "label", "hash", "csv_hash", "fold"], ["z.jpg", "cat", "h", "c", "f"]])
    images = read_folds(seed, folds=["test"], label="label")
    assert list(images) == ["filename", "fold", "path", "label", "csv_label", "csv_hash", "csv_hash.1", "csv_fold"]
    assert images.drop(columns="path").iloc[0].tolist() == ["z.jpg", "test", "cat", "cat", "h", "c", "f"]
    assert "label" not in read_folds(seed, folds=["test"])


@pytest.mark.parametrize("label", ["laugh", "odai_photo_file_name"])
def test_a_label_that_no_csv_has_is_refused_with_the_columns_there_are(seed, label):
    with pytest.raises(ValueError, match=rf"label .* got '{label}' .*'id', 'text', 'is_laugh'"):
        read_folds(seed, label=label)


def test_without_csvs_images_are_sorted_below_class_folders(tmp_path):
    put(
        tmp_path,
        "train/dog/2.PNG",
        "train/cat/10.jpg",
        "train/cat/2.jpg",
        "train/cat/x/1.webp",
        "train/0.heic",
        "train/readme.txt",
        "train/LICENSE",
        "train/.DS_Store",
        "train/._0.jpg",
        "train/__MACOSX/0.jpg",
        "train/cat/notes.pdf",
        "extra/1.jpg",
        "test/9.jpg",
        "test/.cache/8.jpg",
        "val/",
    )
    images = read_folds(tmp_path)
    assert images["filename"].tolist() == ["0.heic", "cat/10.jpg", "cat/2.jpg", "cat/x/1.webp", "dog/2.PNG", "9.jpg"]
    assert images["label"].tolist() == [None, "cat", "cat", "cat/x", "dog", None]
    counts = count_images(images, tmp_path).set_index("fold")
    assert counts["images"].to_dict() == {"train": 5, "val": 0, "test": 1}
    assert counts["left_out"].to_dict() == {"train": 6, "val": 0, "test": 1}
    assert counts["reasons"]["train"] == "3 hidden, 1 without suffix, 1 .txt, 1 .pdf"


@pytest.mark.parametrize(
    "names, folds",
    [
        (["test/1.jpg", "zoo/1.jpg", "train/1.jpg", "val/1.jpg", "valid/1.jpg"], ["train", "valid", "val", "test"]),
        (["Test/1.jpg", "TRAIN/1.jpg"], ["TRAIN", "Test"]),
        (["b/1.jpg", "b.csv", "a/2.jpg", "a.csv", "test/3.jpg", "other/4.jpg"], ["test", "a", "b"]),
        (["1.jpg", "b/1.jpg", "sample_submission.csv"], ["all"]),
        (["train.csv", "1.jpg"], ["all"]),
    ],
)
def test_folds_are_found_and_ordered(tmp_path, names, folds):
    for name in put(tmp_path, *names).glob("*.csv"):
        put_csv(name, [["file"], [{"a": "2.jpg"}.get(name.stem, "1.jpg")]])
    assert read_folds(tmp_path)["fold"].unique().tolist() == folds


def test_given_folds_keep_their_order_and_are_counted(seed):
    put(seed, "extra/1.jpg", "extra/2.gif", "train/new.jpg")
    images = read_folds(seed, folds=["test", "extra"])
    assert images["fold"].tolist() == ["test", "test", "extra", "extra"]
    assert count_images(images, seed, folds=["test", "extra"])["images"].tolist() == [2, 2]
    assert count_images(images, seed)["fold"].tolist() == ["test", "extra"]
    counts = count_images(read_folds(seed), seed)
    assert counts.iloc[0].tolist() == ["train", 3, 1, "1 not in the CSV"]


@pytest.mark.parametrize("folds", ["train", [], ["train", "train"]])
def test_folds_must_be_a_list_of_different_names(seed, folds):
    with pytest.raises(ValueError, match="folds must name different folders, such as train and test, got"):
        read_folds(seed, folds=folds)


def test_missing_folders_are_named(seed):
    with pytest.raises(FileNotFoundError, match=r"'valid' has no folder .*'test', 'train'"):
        read_folds(seed, folds=["train", "valid"])
    put_csv(seed / "val.csv", [["file"], ["1.jpg"]])
    with pytest.raises(FileNotFoundError, match=r"'val' has no folder .* put its images there"):
        read_folds(seed)
    with pytest.raises(FileNotFoundError, match=r"data_dir must be the folder .*nowhere"):
        read_folds(seed / "nowhere")
    with pytest.raises(NotADirectoryError, match=r"train\.csv"):
        read_folds(seed / "train.csv")
    with pytest.raises(FileNotFoundError, match="data_dir"):
        read_folds("")


def test_a_fold_that_lies_deeper_is_named_by_its_path(seed, tmp_path):
    shutil.copytree(seed, tmp_path / "data" / "images")
    with pytest.raises(FileNotFoundError, match=r"'train' has no folder of that name.*of: 'images/train'$"):
        read_folds(tmp_path / "data", folds=["train", "test"])


def test_a_data_folder_without_images_is_refused_with_what_is_there(tmp_path):
    put(tmp_path, "train.csv", "test.csv")
    with pytest.raises(FileNotFoundError, match=rf"no image found below {tmp_path.name}; there are 2 \.csv"):
        read_folds(tmp_path)
    put(tmp_path, "a/1.dicom", "a/2.DICOM", "a/3.dicom", "b.parquet")
    with pytest.raises(FileNotFoundError, match=r"there are 3 \.dicom, 1 \.parquet, which can't be read.*pydicom"):
        read_folds(tmp_path)


def test_empty_folds_are_tables_without_rows(tmp_path):
    put(tmp_path, "train/1.jpg", "test/")
    put_csv(tmp_path / "test.csv", [["file", "text"]])
    assert read_folds(tmp_path, label="text")["label"].tolist() == [None]
    assert list(read_folds(tmp_path, folds=["test"], file_column="file", label="text")) == [
        "filename",
        "fold",
        "path",
        "label",
        "text",
    ]
    put_csv(tmp_path / "train.csv", [["file", "text"], ["1.jpg", "t"]])
    assert list(read_folds(tmp_path)) == ["filename", "fold", "path", "text"]
    assert count_images(read_folds(tmp_path), tmp_path)["images"].tolist() == [1, 0]


@pytest.mark.parametrize(
    "name, place",
    [
        ("cat\\1.jpg", "cat/1.jpg"),
        ("./cat//1.jpg", "cat/1.jpg"),
        ("train/cat/1.jpg", "cat/1.jpg"),
        ("missing.jpg", "missing.jpg"),
        ("notes.txt", "notes.txt"),
        ("folder.jpg", "folder.jpg"),
        ("b:1.jpg", "b:1.jpg"),
        (unicodedata.normalize("NFC", "が.jpg"), unicodedata.normalize("NFD", "が.jpg")),
        ("", None),
        (" ", None),
        (".", None),
        ("/etc/passwd", None),
        ("\\\\host\\x.jpg", None),
        ("C:\\x.jpg", None),
        ("c:x.jpg", None),
        ("../train/cat/1.jpg", "cat/1.jpg"),
        ("cat/../cat/1.jpg", "cat/1.jpg"),
        ("cat\\..\\..\\x.jpg", None),
        ("a\0.jpg", None),
    ],
)
def test_a_csv_name_leads_below_its_fold_or_nowhere(tmp_path, name, place):
    put(
        tmp_path,
        "train/cat/1.jpg",
        "train/b:1.jpg",
        "train/notes.txt",
        "train/folder.jpg/",
        "train/sure.jpg",
        "train/" + unicodedata.normalize("NFD", "が.jpg"),
    )
    put_csv(tmp_path / "train.csv", [["file", "n"], ["sure.jpg", 1], [name, 2]])
    images = read_folds(tmp_path, file_column="file")
    assert images["filename"].tolist() == ["sure.jpg", name]
    assert images["path"][1] == (place and f"{tmp_path}/train/{place}")


def test_several_rows_of_one_file_are_one_image_with_the_first_rows_text(tmp_path):
    put(tmp_path, "train/a.jpg", "train/b.jpg", "test/b.jpg")
    rows = [["a.jpg", "x", 1], ["b.jpg", "y", 2], ["./a.jpg", "z", 1], ["b.jpg", "w", 3]]
    put_csv(tmp_path / "train.csv", [["file", "text", "n"], *rows])
    put_csv(tmp_path / "test.csv", [["file", "text", "n"], ["b.jpg", "v", 9]])
    images = read_folds(tmp_path, label="n")
    assert images["filename"].tolist() == ["a.jpg", "b.jpg", "b.jpg"]
    assert images["text"].tolist() == ["x", "y", "v"] and images["n"].tolist() == [1, 2, 9]
    assert images["label"].tolist() == [1, pd.NA, 9]
    notices = list_notices(tmp_path, label="n").set_index("what")
    assert notices.loc["rows of a file named before", ["fold", "count"]].tolist() == ["train", 2]
    assert notices.loc["rows that disagree", ["fold", "count", "example"]].tolist() == ["train", 1, "b.jpg"]
    assert notices.loc["names in several folds", ["count", "example"]].tolist() == [1, "b.jpg"]


def test_missing_names_and_folds_without_csv_are_no_repeats(tmp_path):
    put(tmp_path, "train/a.jpg", "test/a.jpg")
    put_csv(tmp_path / "train.csv", [["file", "n"], ["a.jpg", 0], ["", 1], ["", 2]])
    assert read_folds(tmp_path)["filename"].tolist() == ["a.jpg", "", "", "a.jpg"]


def test_the_file_column_is_the_one_that_names_the_files(tmp_path):
    put(tmp_path, "train/a", "train/b", "train/c")
    put_csv(tmp_path / "train.csv", [["like", "img", "url"], ["", "a", "1.jpg"], ["a", "b", "2.jpg"], ["", "c", ""]])
    put(tmp_path, "train/1.jpg")
    assert read_folds(tmp_path)["filename"].tolist() == ["a", "b", "c"]
    assert read_folds(tmp_path, file_column="url")["filename"].tolist() == ["1.jpg", "2.jpg", ""]


def test_a_csv_of_which_no_row_finds_a_file_is_refused(tmp_path):
    put(tmp_path, "train/here.jpg")
    put_csv(tmp_path / "train.csv", [["n", "where"], ["1", "gone.JPG"], ["2", "lost.png"]])
    told = r"train\.csv: no row finds a file in the folder train/.*'n', 'where'.*n '1', so 'train/1' was tried"
    with pytest.raises(ValueError, match=told + r".*1 \.jpg, such as 'here\.jpg'.*--csv none"):
        read_folds(tmp_path)
    with pytest.raises(ValueError, match=r"where 'gone\.JPG', so 'train/gone\.JPG' was tried"):
        read_folds(tmp_path, file_column="where")
    assert read_folds(tmp_path, csv="none", folds=["train"])["filename"].tolist() == ["here.jpg"]


@pytest.mark.parametrize(
    "header, row, told",
    [
        (["one", "n", "two"], ["a.jpg", "1", "a.jpg"], r"more than one column .*\('one', 'two'\).*file_column="),
        (["same", "same"], ["a.jpg", "a.jpg"], r"more than one column .*\('same', 'same.1'\).*file_column="),
    ],
)
def test_a_missing_or_ambiguous_file_column_is_refused(tmp_path, header, row, told):
    put_csv(put(tmp_path, "train/a.jpg") / "train.csv", [header, row])
    with pytest.raises(ValueError, match=f"train.csv: {told}"):
        read_folds(tmp_path)
    with pytest.raises(ValueError, match=f"file_column .* got 'nope' .*{header[0]}"):
        read_folds(tmp_path, file_column="nope")
    assert read_folds(tmp_path, file_column=header[0])["filename"].tolist() == row[:1]


def test_numbers_of_classes_are_not_taken_for_files(tmp_path):
    put(tmp_path, *(f"train/{number}.jpg" for number in range(6)))
    for name, header in (("x{}.jpg", "file"), ("x{}", "image")):
        rows = [[name.format(number), number % 2] for number in range(6)]
        put_csv(tmp_path / "train.csv", [[header, "class"], *rows])
        with pytest.raises(ValueError, match=rf"no row finds a file.*{header} '{name.format(0)}', so 'train/x0"):
            read_folds(tmp_path)


def test_a_csv_of_no_fold_alone_drops_no_image(tmp_path):
    put(tmp_path, *(f"train/{number}.jpg" for number in range(6)), "test/7.jpg")
    put_csv(tmp_path / "labels.csv", [["id", "kind"], ["5", "cat"], ["1", "dog"]])
    images = read_folds(tmp_path, label="kind")
    assert images["filename"].tolist() == ["5", "1", "0.jpg", "2.jpg", "3.jpg", "4.jpg", "7.jpg"]
    assert images["label"].dropna().tolist() == ["cat", "dog"]


def test_a_fold_whose_csv_names_nothing_there_is_refused_with_the_option_that_reads_the_others(tmp_path):
    put(tmp_path, "train_images/1.jpg", "train_images/2.jpg")
    put_csv(tmp_path / "train.csv", [["file", "n"], ["1.jpg", 0], ["2.jpg", 1]])
    put_csv(tmp_path / "test.csv", [["file"], ["9.jpg"]])
    told = r"'test' has no folder.*--folds train_images\. test\.csv: no row finds.*'9\.jpg'.*2 \.jpg"
    with pytest.raises(FileNotFoundError, match=told):
        read_folds(tmp_path)
    assert read_folds(tmp_path, folds=["train_images"])["n"].tolist() == [0, 1]


def test_each_csv_may_call_its_file_column_differently(seed):
    put_csv(seed / "test.csv", [["picture", "twin"], ["z.jpg", "z.jpg"]])
    assert read_folds(seed, file_column="picture")["filename"].tolist() == ["b.jpg", "a.jpg", "c.jpg", "z.jpg"]


def test_links_are_followed_once_and_loops_end(tmp_path):
    put(tmp_path, "data/b/1.jpg", "elsewhere/2.jpg")
    data = tmp_path / "data"
    for name, target in {
        "a": "b",
        "loop": ".",
        "up": "..",
        "far": "../elsewhere",
        "far2": "../elsewhere",
        "3.jpg": "b/1.jpg",
        "4.jpg": "nowhere",
        "5.jpg": "5.jpg",
    }.items():
        (data / name).symlink_to(target)
    assert read_folds(data)["filename"].tolist() == ["3.jpg", "4.jpg", "5.jpg", "b/1.jpg", "far/2.jpg"]


def test_what_is_no_regular_file_but_named_like_an_image_is_a_row(tmp_path):
    put(tmp_path, "empty.jpg/", "full.jpg/1.png", "empty/")
    os.mkfifo(tmp_path / "fifo.jpg")
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.relpath(tmp_path / "socket.jpg"))
    server.close()
    assert read_folds(tmp_path)["filename"].tolist() == ["empty.jpg", "fifo.jpg", "full.jpg/1.png", "socket.jpg"]


def test_names_of_any_bytes_are_read(tmp_path):
    raw = [
        b"train/\xff.jpg",
        b"train/\xe3\x81/\x80.jpg",
        "train/\n<b>\u202e.jpg".encode(),
        b"train/%b.jpg" % (b"x" * 251),
    ]
    for name in raw:
        put(tmp_path, os.fsdecode(name))
    images = read_folds(tmp_path)
    assert sorted(map(os.fsencode, images["path"])) == sorted(os.fsencode(tmp_path) + b"/" + name for name in raw)
    assert len(count_images(images, tmp_path)) == 1
    put_csv(tmp_path / "train.csv", [["file", "n"], ["\n<b>\u202e.jpg", 1]])
    assert count_images(read_folds(tmp_path), tmp_path)["left_out"].tolist() == [3]


def test_a_folder_that_cannot_be_opened_is_counted(tmp_path, monkeypatch):
    put(tmp_path, "a/1.jpg", "b/2.jpg")
    scan = os.scandir

    def scandir(place):
        if "/b" in str(place):
            raise PermissionError(13, "no")
        return scan(place)

    monkeypatch.setattr("os.scandir", scandir)
    images = read_folds(tmp_path)
    assert images["filename"].tolist() == ["a/1.jpg"]
    assert count_images(images, tmp_path)["reasons"].tolist() == ["1 folder that can't be opened"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize("style", [{}, {"delimiter": ";"}, {"delimiter": "\t"}, {"lineterminator": "\n"}])
def test_csvs_of_any_usual_encoding_and_separator(tmp_path, encoding, style):
    put(tmp_path, "train/写真.jpg", "train/b.jpg")
    text = 'かわいい, ね; "が"\n！'
    put_csv(tmp_path / "train.csv", [["写真", "text"], ["写真.jpg", text], ["b.jpg", "="]], encoding, **style)
    images = read_folds(tmp_path)
    assert images["filename"].tolist() == ["写真.jpg", "b.jpg"]
    assert images["text"].tolist() == [text, "="]


@pytest.mark.parametrize(
    "data, told",
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"file,n\na.jpg\n", "line 2: 1 values, but the first line names 2 columns"),
        (b"file,n\na.jpg,1\n\nb.jpg,2,3\n", "line 4: 3 values, but the first line names 2 columns"),
        (b'file,n\na.jpg,"1\nb.jpg,2\n', "row 1: .*check the quotes"),
        (b"file,n\na.jpg,\x83\xff\n", "can't be read as UTF-8, cp932 or cp1252 .*line 2.*save it as UTF-8.*--encoding"),
        ("file,n\na.jpg,1".encode("utf-16-le"), "NUL characters .* save it as UTF-8"),
        (b"\xff\xfef", "can't be read as utf-16"),
    ],
)
def test_csvs_that_cannot_be_read_right_are_refused(tmp_path, data, told):
    (put(tmp_path, "train/a.jpg") / "train.csv").write_bytes(data)
    with pytest.raises(ValueError, match=f"^train.csv.*{told}"):
        read_folds(tmp_path)


def test_a_csv_that_is_no_regular_file_is_never_opened(tmp_path):
    put(tmp_path, "train/a.jpg")
    os.mkfifo(tmp_path / "train.csv")
    with pytest.raises(ValueError, match=r"train\.csv must be a regular file"):
        read_folds(tmp_path)


def test_repeated_and_empty_column_names_are_told_apart(tmp_path):
    put_csv(put(tmp_path, "train/a.jpg") / "train.csv", [["", "t", "t", "t.1", "file"], ["0", "x", "y", "z", "a.jpg"]])
    images = read_folds(tmp_path)
    assert images.drop(columns="path").iloc[0].to_dict() == {
        "filename": "a.jpg",
        "fold": "train",
        "Unnamed: 0": 0,
        "t": "x",
        "t.2": "y",
        "t.1": "z",
    }


@pytest.mark.parametrize(
    "texts, integers",
    [
        (["1", "-5", ""], True),
        ([str(2**63 - 1), str(-(2**63)), ""], True),
        ([str(2**63)], False),
        (["01"], False),
        (["1", "x"], False),
        (["-0"], False),
        (["1.0"], False),
        (["１"], False),
        ([" 1"], False),
        (["+1"], False),
        (["", ""], False),
    ],
)
def test_only_columns_of_plain_integers_become_numbers(tmp_path, texts, integers):
    names = [f"{position}.jpg" for position in range(len(texts))]
    put(tmp_path, *(f"train/{name}" for name in names))
    put_csv(tmp_path / "train.csv", [["file", "n"], *zip(names, texts, strict=True)])
    values = read_folds(tmp_path)["n"]
    assert (values.dtype == "Int64") == integers
    assert ["" if pd.isna(value) else str(value) for value in values] == texts


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8), st.sampled_from(",;\t"))
def test_any_text_survives_a_quoted_csv(tmp_path_factory, rows, separator):
    file = tmp_path_factory.mktemp("csv") / "train.csv"
    put_csv(file, [["one", "two"], *rows], delimiter=separator, quoting=csv.QUOTE_ALL)
    assert list(zip(*read_table(str(file))[0].values(), strict=True)) == rows


def test_suffixes_tell_images_from_documents_and_films(tmp_path):
    suffixes = [".jpg", ".JPEG", ".png", ".gif", ".bmp", ".tif", ".webp", ".avif", ".ico", ".ppm", ".jp2", ".heic"]
    put(tmp_path, *[f"{position}{suffix}" for position, suffix in enumerate(suffixes)], "a.pdf", "a.mpg", "a.svg")
    assert len(read_folds(tmp_path)) == len(suffixes)


@pytest.mark.parametrize(
    "names, folds",
    [
        (["train_images", "images_train2", "stage_1_train", "Training"], None),
        (["val", "valid", "validation", "dev", "train"], ["train", "dev", "valid", "val", "validation"]),
        (["test1", "testing", "eval", "holdout", "query", "gallery", "Test"], None),
        (["gallery", "query", "test"], ["query", "test", "gallery"]),
        (["train2017", "val2017"], ["train2017", "val2017"]),
        (["testament", "trainer", "validity", "contest"], ["all"]),
        (["dev", "eval", "holdout"], ["all"]),
        (["train"], ["all"]),
        (["a/b/train", "a/b/test"], ["train", "test"]),
        (["a/train", "b/test"], ["a/train", "b/test"]),
        (["a/b/c/train", "a/b/c/test"], ["all"]),
        (["train/train", "test/test"], ["train", "test"]),
        (["data/train", "test"], ["data/train", "test"]),
        (["train_and_test/train", "train_and_test/test"], ["train", "test"]),
        (["train/images", "train/train"], ["all"]),
    ],
)
def test_folds_are_known_by_whole_words(tmp_path, names, folds):
    put(tmp_path, *(f"{name}/{number}.jpg" for name in names for number in range(2)))
    assert read_folds(tmp_path)["fold"].unique().tolist() == (folds or sorted(names, key=arrival_order))
