"""A copy behind a hash twin is found, and named."""

import pandas as pd
import pytest

from lookalikes import add_kinds, find_pairs
from lookalikes.judging import twins
from lookalikes.judging.twins import look_behind_twins
from worked import FAR, A, B, cluster, looked_at, tabulate


@pytest.fixture
def look(monkeypatch):
    """look(hashed, copies): the pairs looked at behind the twins, after `find_pairs` at 3 bits was looked at."""

    def look(hashed, copies):
        def judge(hashed, pairs, executor=None):
            named = zip(pairs["earlier"], pairs["later"], strict=True)
            return pairs.assign(kind=["near copy" if pair in copies else "part differs" for pair in named], score=0.95)

        monkeypatch.setattr(twins, "look_again", judge)
        looked = judge(hashed, find_pairs(hashed, below=3))
        found = look_behind_twins(hashed, looked)
        pd.testing.assert_frame_equal(found.drop_duplicates(["later", "earlier"]), found)
        look.found = found
        before = set(zip(looked["earlier"], looked["later"], strict=True))
        return sorted(set(zip(found["earlier"], found["later"], strict=True)) - before)

    return look


def test_a_copy_behind_a_twin_of_the_same_hash_is_found_and_named(look):
    """1 and 2 are copies; 0 is a different picture with their hash."""
    hashed = tabulate([A, A, A, FAR])
    assert look(hashed, {(1, 2)}) == [(1, 2)]
    clusters, _ = cluster(hashed)
    known = add_kinds(hashed, clusters, look.found)
    assert known["kind"].fillna("").tolist() == ["", "part differs", "near copy", ""]
    assert known["partner"].fillna("").tolist() == ["", "0.png", "1.png", ""]


def test_a_copy_behind_a_twin_some_bits_away_is_found(look):
    """2, of another hash, is a copy of 1, whose hash 0 has."""
    hashed = tabulate([A, A, B])
    assert look(hashed, {(0, 1)}) == [(1, 2)]
    assert look(hashed, {(1, 2)}) == [(1, 2)]
    assert look.found["distance"].tolist() == [0, 2, 2]


def test_nothing_more_is_looked_at_where_all_is_confirmed(look):
    assert look(tabulate([A, A, A, B]), {(0, 1), (0, 2), (0, 3)}) == []


def test_of_many_twins_each_is_compared_with_the_nearest_thumbnail(look, paint, tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(16)]
    for number, path in enumerate(paths):
        paint(seed=number // 2).save(path)
    hashed = tabulate([A] * 16).assign(path=list(map(str, paths)))
    assert look(hashed, set()) == [(number, number + 1) for number in range(2, 16, 2)]


def test_no_pairs_and_images_lost_meanwhile_are_no_trouble(look):
    assert look(tabulate([A, None, FAR]), set()) == []
    hashed = tabulate([A] * 14)
    assert len(look(hashed, set())) <= 14
    looked = looked_at(hashed, 3, {})
    assert look_behind_twins(hashed, looked).equals(looked)
