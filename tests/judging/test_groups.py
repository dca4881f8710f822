"""Groups that hold: equal to a plain search of all n² pairs, and never cutting a near pair."""

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import CONFIRMED, find_pairs
from lookalikes.judging.groups import count_joined, group_images, save_groups
from oracle import plain_groups_of_all
from worked import FAR, A, B, C, bridged, clumps, cluster, looked_at, tabulate


def group(hashed, below=3, **options):
    return group_images(hashed, find_pairs(hashed, below=below), **options)


def test_a_group_holds_where_the_rule_leaves_a_bridge():
    """By hand: t2 is 10 from t1, and s, 8 from t2, joins t1 at 2."""
    hashed = bridged()
    clusters, pairs = cluster(hashed, below=10)
    groups = group_images(hashed, pairs)
    assert clusters["filename"].tolist() == ["0.png", "2.png", "1.png"] and clusters["cluster_id"].tolist() == [0, 0, 1]
    assert groups["group_id"].tolist() == [0, 0, 0]
    assert count_joined(clusters, groups) == 1


def test_groups_are_numbered_by_first_arrival_and_keep_all_columns():
    hashed = tabulate([FAR, A, None, C, FAR, B], label=list("abcdef"))
    groups = group(hashed)
    assert groups["group_id"].tolist() == [0, 1, 1, 0, 1] and groups["group_id"].dtype == "int64"
    assert groups["filename"].tolist() == ["0.png", "1.png", "3.png", "4.png", "5.png"]
    assert list(groups) == [*hashed, "group_id"] and list(groups.index) == list(range(5))
    assert count_joined(cluster(hashed)[0], groups) == 1, "B, the last to come, joins A; C was there already"


def test_a_confirmed_pair_beyond_the_threshold_connects_and_no_other():
    hashed = tabulate([A, FAR, "55", "56"])
    looked = looked_at(hashed, 9, {(0, 1): "near copy", (0, 2): "look-alike", (2, 3): None})
    assert group(hashed, below=1)["group_id"].tolist() == [0, 1, 2, 3]
    assert group(hashed, below=1, looked=looked)["group_id"].tolist() == [0, 0, 1, 2]


def test_groups_of_confirmed_copies_alone():
    hashed = tabulate([A, A, B, B])
    looked = looked_at(hashed, 3, {(0, 1): "same file", (0, 2): "look-alike", (2, 3): "near copy"})
    copies = group_images(hashed, looked[looked["kind"].isin(CONFIRMED)])
    assert copies["group_id"].tolist() == [0, 0, 1, 1] and group(hashed)["group_id"].tolist() == [0] * 4


@pytest.mark.parametrize("hashes", [[], [None], [None, A]])
def test_few_images_or_none(hashes):
    groups = group(tabulate(hashes))
    assert groups["group_id"].tolist() == [0] * (A in hashes) and groups["group_id"].dtype == "int64"
    assert count_joined(cluster(tabulate(hashes))[0], groups) == 0


def test_the_file_of_groups(tmp_path):
    groups = group(tabulate([A, FAR, None, A], ["train", "train", "train", "test"]))
    saved = save_groups(groups, tmp_path / "groups.csv")
    assert saved.read_text() == "filename,fold,group_id\n0.png,train,0\n1.png,train,1\n3.png,test,0\n"


@given(clumps())
@settings(deadline=None)
def test_no_near_pair_of_all_is_cut_and_the_groups_equal_a_plain_search(case):
    hashed, below = case
    groups = group(hashed, below)
    expected = plain_groups_of_all(hashed["hash"].tolist(), below)
    assert groups["group_id"].tolist() == expected


@given(clumps(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_changes_no_group(case, chance: random.Random):
    hashed, below = case

    def partition(table):
        return {frozenset(names) for _, names in group(table, below).groupby("group_id")["filename"]}

    rows = list(range(len(hashed)))
    chance.shuffle(rows)
    assert partition(hashed) == partition(hashed.iloc[rows].reset_index(drop=True))


@given(clumps(), st.data())
@settings(deadline=None)
def test_one_more_pair_never_splits_a_group(case, data):
    hashed, below = case
    pairs = find_pairs(hashed, below=below)
    before = group_images(hashed, pairs)
    readable = np.flatnonzero(hashed["hash"].notna())
    if len(readable) < 2:
        return
    one, other = data.draw(st.lists(st.sampled_from(readable.tolist()), min_size=2, max_size=2, unique=True))
    more = pd.DataFrame({"earlier": [min(one, other)], "later": [max(one, other)], "distance": 0, "kind": "near copy"})
    for after in (group_images(hashed, pd.concat([pairs, more])), group_images(hashed, pairs, looked=more)):
        assert (after.groupby(before["group_id"])["group_id"].nunique() == 1).all()
        assert after["group_id"].nunique() >= before["group_id"].nunique() - 1
