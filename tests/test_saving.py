import csv
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import saving
from lookalikes.saving import find_output, save_table, save_whole

NAMES = [
    "a,b.jpg",
    'say "hi".jpg',
    "two\nlines.jpg",
    "写真.jpg",
    os.fsdecode(b"\xff\xfe.jpg"),
    " spaces ",
    "=1+1",
    "NA",
    "0012",
    "\t.jpg",
    "😀.png",
]


def test_results_go_where_one_says_else_to_the_working_folder_else_beside_our_notebooks(tmp_path, monkeypatch):
    working, ours, other = tmp_path / "working", tmp_path / "checkout" / "notebooks", tmp_path / "my" / "notebooks"
    (tmp_path / "checkout" / "src" / "lookalikes").mkdir(parents=True)
    for folder in (working, ours, other):
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        assert find_output("given", "data/pets") == Path("given")
        expected = (ours.parent if folder == ours else folder) / "reports" / "pets"
        assert find_output("", "../data/pets/").resolve() == expected


def test_the_folder_is_made_and_the_path_returned(tmp_path):
    path = tmp_path / "new" / "deeper" / "file.bin"
    assert save_whole(b"data", str(path)) == path
    assert path.read_bytes() == b"data"
    assert list(path.parent.iterdir()) == [path]


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "file.bin"
    for data in (b"a longer first text", b"second", b""):
        save_whole(data, path)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fdopen", "chmod", "replace"])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["disk full", "interrupted"]
)
def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, step, error):
    path = tmp_path / "file.bin"
    save_whole(b"old", path)

    def fail(*args, **options):
        raise error

    with monkeypatch.context() as patch, pytest.raises(type(error)):
        patch.setattr(saving.os, step, fail)
        save_whole(b"new", path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_cut_short_leaves_the_old_file(tmp_path, monkeypatch):
    path, open_handle = tmp_path / "file.bin", os.fdopen
    save_whole(b"old", path)

    class Full:
        def __init__(self, handle, mode):
            self.file = open_handle(handle, mode)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            self.file.write(data[: len(data) // 2])
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(saving.os, "fdopen", Full)
        save_whole(b"new and longer", path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_it_as_any_file_of_the_person(tmp_path):
    (tmp_path / "usual").touch()
    usual = stat.S_IMODE((tmp_path / "usual").stat().st_mode)
    assert stat.S_IMODE(save_whole(b"", tmp_path / "ours").stat().st_mode) == usual
    umask = os.umask(0o027)
    try:
        assert stat.S_IMODE(save_whole(b"", tmp_path / "masked").stat().st_mode) == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(umask)


def test_a_name_of_the_greatest_length(tmp_path):
    name = "n" * 251 + ".csv"
    assert save_whole(b"data", tmp_path / name).read_bytes() == b"data"


def test_bytes_of_a_table(tmp_path):
    table = pd.DataFrame(
        {"name": NAMES[:5], "count": pd.array([1, None, 3, 4, 5], "Int64"), "share": [0.1, np.nan, 1e-9, 2.0, 1 / 3]}
    )
    path = save_table(table, tmp_path / "table.csv")
    assert path.read_bytes() == (
        b'name,count,share\n"a,b.jpg",1,0.1\n"say ""hi"".jpg",,\n"two\nlines.jpg",3,1e-09\n'
        + "写真.jpg,4,2.0\n".encode()
        + b"\xff\xfe.jpg,5,0.3333333333333333\n"
    )


def test_an_empty_table_has_its_header(tmp_path):
    assert (
        save_table(pd.DataFrame(columns=["fold", "filename"]), tmp_path / "empty.csv").read_bytes()
        == b"fold,filename\n"
    )


def test_names_come_back_as_they_were(tmp_path):
    save_table(pd.DataFrame({"filename": NAMES}, dtype=object), tmp_path / "names.csv")
    with open(tmp_path / "names.csv", encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert [row["filename"] for row in csv.DictReader(file)] == NAMES


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=12)))
def test_any_bytes_come_back_as_they_were(tmp_path_factory, names):
    names = [os.fsdecode(name) for name in names if 0 not in name]
    path = save_table(
        pd.DataFrame({"fold": "all", "filename": names}, dtype=object), tmp_path_factory.getbasetemp() / "any.csv"
    )
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert [row["filename"] for row in csv.DictReader(file)] == names


def test_a_carriage_return_comes_back(tmp_path):
    table = pd.DataFrame({"cluster_id": [1, 2], "filename": ["a\rb", "c\r\nd"]})
    save_table(table, tmp_path / "names.csv")
    with open(tmp_path / "names.csv", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [("cluster_id", "filename"), ("1", "a\rb"), ("2", "c\r\nd")]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "names.csv"), table)
