"""Layouts as people have them: the folds found, the leak called a leak, labels right or absent, and what is said."""

import shutil

import pytest

from reading.layouts import examine, make_layouts, pack, write

LAYOUTS = make_layouts()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_read_right(tmp_path, name):
    layout = LAYOUTS[name]
    data = write(layout.files, tmp_path / "data")
    if layout.zipped:
        shutil.rmtree(data)
        data = tmp_path / "data.zip"
        data.write_bytes(pack(layout.files))
    found = examine(data, **layout.options)
    assert "error" not in found, found
    assert [fold for fold, count in found["folds"].items() if count] == layout.folds
    assert (found["leaks"], found["copies"]) == (layout.leaks, layout.copies)
    assert found["labels"] == layout.labels
    assert found["said"] == layout.said
