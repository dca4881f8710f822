"""Leaks between folds and label conflicts: worked by hand, and equal to plain loops."""

import pandas as pd
import pytest
from hypothesis import given, settings

from lookalikes.judging.chains import list_pairs
from lookalikes.judging.leaks import count_leaks, find_leaks, list_conflicts, spread_leaks
from oracle import distance
from worked import FAR, FOLDS, A, B, C, clumps, cluster, plain_groups, tabulate


@pytest.fixture
def three_folds():
    """Cluster 0: A, A in train, B in test. Cluster 1: FAR in train, valid, test, test. One is unreadable."""
    hashed = tabulate([A, A, FAR, None, FAR, B, FAR, FAR], ["train"] * 4 + ["valid"] + ["test"] * 3)
    hashed.loc[3, ["filename", "path"]] = None
    return hashed


def test_leaks_are_counted_fold_by_fold(three_folds):
    leaks = count_leaks(three_folds, cluster(three_folds)[0])
    assert list(leaks.columns) == ["fold", "other_fold", "clusters", "images"]
    assert spread_leaks(leaks, "clusters").to_numpy().tolist() == [
        ["train", 1, 1, 2], ["valid", 1, 0, 1], ["test", 2, 1, 1],
    ]  # fmt: skip
    assert spread_leaks(leaks, "images").to_numpy().tolist() == [
        ["train", 2, 1, 3], ["valid", 1, 0, 1], ["test", 3, 2, 2],
    ]  # fmt: skip
    assert list(spread_leaks(leaks, "images").columns) == ["fold", *FOLDS]


def test_folds_stand_in_order_of_arrival_even_without_a_readable_image():
    hashed = tabulate([A, None, FAR, A], ["z", "y", "x", "x"])
    assert spread_leaks(count_leaks(hashed, cluster(hashed)[0]), "clusters").to_numpy().tolist() == [
        ["z", 0, 0, 1], ["y", 0, 0, 0], ["x", 1, 0, 0],
    ]  # fmt: skip


def test_folds_called_as_our_columns_do_no_harm():
    hashed = tabulate([A, A], ["fold", "clusters"])
    spread = spread_leaks(count_leaks(hashed, cluster(hashed)[0]), "images")
    assert list(spread.columns) == ["fold", "fold", "clusters"]
    assert spread.to_numpy().tolist() == [["fold", 0, 1], ["clusters", 1, 0]]


def test_each_image_of_a_later_fold_is_listed_with_its_nearest_in_an_earlier_one(three_folds):
    clusters, _ = cluster(three_folds)
    leaks = find_leaks(three_folds, clusters)
    assert leaks.to_numpy().tolist() == [[2, 4, 0], [0, 5, 2], [2, 6, 0], [2, 7, 0]]
    named = list_pairs(three_folds, clusters, leaks)
    assert named.iloc[1].to_list() == ["test", "5.png", 0, "train", "0.png", 0, 2]
    assert list(named.columns) == [
        "fold", "filename", "cluster_id", "other_fold", "other_filename", "other_cluster_id", "distance",
    ]  # fmt: skip


def test_a_leak_can_be_a_chain_wider_than_the_threshold():
    hashed = tabulate([A, B, C], ["train", "test", "test"])
    clusters, _ = cluster(hashed)
    assert find_leaks(hashed, clusters).to_numpy().tolist() == [[0, 1, 2], [0, 2, 4]]


def test_labels_conflict_only_where_two_are_known(make_clusters):
    labels = pd.Series([1, 0, 0, None, 1, None, None, 5, 6], dtype="Int64")
    conflicts = list_conflicts(make_clusters([0, 0, 0, 0, 1, 1, 1, 2, 3], label=labels))
    assert conflicts.to_numpy().tolist() == [[0, 4, "0 (×2), 1"]]


def test_labels_may_be_texts_of_any_kind(make_clusters):
    conflicts = list_conflicts(make_clusters([3, 3, 5, 5], label=["dog", "{cat} <b>", "<b>", None]))
    assert conflicts.to_numpy().tolist() == [[3, 2, "dog, {cat} <b>"]]


def test_of_labels_the_most_frequent_comes_first_and_thousands_are_grouped(make_clusters):
    conflicts = list_conflicts(make_clusters([0] * 1_003, label=["rare", *["usual"] * 1_000, "other", "other"]))
    assert conflicts["labels"].item() == "usual (×1,000), other (×2), rare"


@pytest.mark.parametrize("columns", [{}, {"label": [None, None]}])
def test_without_labels_there_is_no_conflict(make_clusters, columns):
    conflicts = list_conflicts(make_clusters([0, 0], **columns))
    assert list(conflicts.columns) == ["cluster_id", "size", "labels"]
    assert conflicts.empty


@given(clumps())
@settings(deadline=None)
def test_leaks_equal_plain_loops(case):
    hashed, below = case
    hashes, folds = hashed["hash"].tolist(), hashed["fold"].tolist()
    clusters, _ = cluster(hashed, below)
    expected, counts = [], {(one, other): [set(), set()] for one in folds for other in folds}
    for cluster_id, rows in plain_groups(hashed, below).items():
        for later in rows:
            others = [row for row in rows if row < later and folds[row] != folds[later]]
            nearest = min(others, key=lambda row: (distance(hashes[row], hashes[later]), row), default=None)
            expected += [] if nearest is None else [[nearest, later, distance(hashes[nearest], hashes[later])]]
            for other in rows:
                if other != later:
                    counts[folds[later], folds[other]][0].add(cluster_id)
                    counts[folds[later], folds[other]][1].add(later)
    assert find_leaks(hashed, clusters).to_numpy().tolist() == sorted(expected, key=lambda pair: pair[1])
    counted = [[*pair, len(ids), len(images)] for pair, (ids, images) in counts.items()]
    assert count_leaks(hashed, clusters).to_numpy().tolist() == counted
