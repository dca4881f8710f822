"""Copies that the hash of the whole picture can't see: how many of each edit are found and confirmed, at the least."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from bench_views import count_others, make_copies, measure

FLOORS = {
    "crop": 0.93,
    "cut off": 0.93,
    "border": 0.97,
    "padded": 0.97,
    "caption": 0.93,
    "mirrored": 0.99,
    "rotated": 0.99,
}
AIMS = ("border 15", "70 %", "mirrored, crop")


@pytest.mark.slow
def test_recall_by_edit(shared, tmp_path):
    found = measure(make_copies(100, 7, str(tmp_path)))["and confirmed"]
    for edit, share in found.items():
        floor = max((least for name, least in FLOORS.items() if name in edit), default=0)
        assert share >= floor or any(aim in edit for aim in AIMS), (edit, share)


@pytest.mark.slow
def test_hardly_a_pair_of_different_pictures_is_confirmed(shared, tmp_path):
    others = count_others(str(tmp_path))
    assert (others["confirmed"] <= others["pairs"] / 100_000).all()
