"""Layouts as people have them: the folds found, the leak called a leak, labels right or absent, and what is said."""

import shutil

import pytest

from reading.layouts import examine, make_layouts, pack, write

LAYOUTS = make_layouts()
CASES = "L02 L03 L03b L04 L05c L05d L05e L05f L06b L06c L06d L07 L07b L08 L09 L11 L11b L11d L11e L13 L16"


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


@pytest.mark.parametrize("name", CASES.split())
def test_the_cases_at_hand_are_read_right(shared, name):
    (data,) = (shared / "data" / "cases").glob(f"{name}-*/data")
    found = examine(data)
    assert (found.get("leaks"), found.get("copies")) == (1, 1), found
    assert found["labels"] in (None, {"cat", "dog"})
