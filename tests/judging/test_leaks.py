"""Leaks between folds and label conflicts: worked by hand, and equal to plain loops."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import find_pairs
from lookalikes.judging.chains import list_pairs
from lookalikes.judging.groups import group_images
from lookalikes.judging.leaks import (
    count_leaks,
    find_conflicts,
    find_leaks,
    list_conflicts,
    measure_conflicts,
    measure_leaks,
    spread_leaks,
)
from oracle import distance
from worked import FAR, FOLDS, A, B, C, bridged, clumps, cluster, looked_at, plain_groups, tabulate


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


def leaks_of(hashed, below=3, kinds=None):
    """The leaks where the pairs (earlier, later) up to 9 bits have those kinds."""
    looked = looked_at(hashed, 9, kinds or {})
    return find_leaks(hashed, find_pairs(hashed, below=below), looked)


def test_each_image_of_a_later_fold_is_listed_with_its_nearest_in_each_earlier_one(three_folds):
    clusters, _ = cluster(three_folds)
    leaks = leaks_of(three_folds)
    assert leaks[["earlier", "later", "distance"]].to_numpy().tolist() == [
        [2, 4, 0], [0, 5, 2], [2, 6, 0], [4, 6, 0], [2, 7, 0], [4, 7, 0],
    ]  # fmt: skip
    assert leaks["kind"].isna().all()
    named = list_pairs(three_folds, clusters, leaks[["earlier", "later", "distance"]])
    assert named.iloc[1].to_list() == ["test", "5.png", 0, "train", "0.png", 0, 2]
    assert list(named.columns) == [
        "fold", "filename", "cluster_id", "other_fold", "other_filename", "other_cluster_id", "distance",
    ]  # fmt: skip


def test_the_confirmed_partner_is_named_rather_than_a_nearer_one():
    """C of test is 2 from B, which is another picture, and a copy of A, 4 away; FAR is 8 from A."""
    hashed = tabulate([A, B, C, "ff"], ["train", "train", "test", "test"])
    kinds = {(1, 2): "look-alike", (0, 2): "near copy", (0, 3): "look-alike"}
    leaks = leaks_of(hashed, kinds=kinds)
    assert leaks.to_numpy().tolist() == [[0, 2, 4, "near copy", 0.95]]
    assert leaks_of(hashed, kinds=kinds | {(0, 2): None})[["earlier", "later", "kind"]].to_numpy().tolist() == [
        [1, 2, "look-alike"]
    ]


def test_a_bridge_is_a_leak_and_a_chain_through_others_is_none():
    """By hand: s leaks from t1, its nearest; t2 is in a pair with s too, though the clusters keep them apart."""
    hashed = bridged()
    pairs = find_pairs(hashed)
    leaks = find_leaks(hashed, pairs)
    assert leaks[["earlier", "later", "distance"]].to_numpy().tolist() == [[0, 2, 2]]
    chain = tabulate([A, B, C], ["train", "test", "test"])
    leaks = leaks_of(chain)
    assert leaks[["earlier", "later"]].to_numpy().tolist() == [[0, 1]]
    shares = measure_leaks(chain, group_images(chain, find_pairs(chain, below=3)), leaks)
    assert shares.to_dict("records") == [
        {"fold": "test", "other_fold": "train", "images": 2, "leaks": 1, "share": 0.5, "confirmed": 0, "connected": 1}
    ]


def test_the_share_is_of_the_later_of_each_two_folds(three_folds):
    pairs = find_pairs(three_folds, below=3)
    looked = looked_at(three_folds, 9, {(2, 4): "same file", (0, 5): "near copy", (2, 6): "look-alike"})
    leaks = find_leaks(three_folds, pairs, looked)
    shares = measure_leaks(three_folds, group_images(three_folds, pairs, looked=looked), leaks)
    assert shares.to_numpy().tolist() == [
        ["valid", "train", 1, 1, 1.0, 1, 0],
        ["test", "train", 3, 3, 1.0, 1, 0],
        ["test", "valid", 3, 2, 0.667, 0, 0],
    ]
    assert list(shares) == ["fold", "other_fold", "images", "leaks", "share", "confirmed", "connected"]


def test_of_a_fold_that_could_not_be_read_there_is_no_share():
    hashed = tabulate([A, None], ["train", "test"])
    shares = measure_leaks(hashed, group_images(hashed, find_pairs(hashed, below=3)), leaks_of(hashed))
    assert shares["images"].tolist() == [0] and shares["share"].isna().all()
    one = tabulate([A, A])
    assert measure_leaks(one, group_images(one, find_pairs(one, below=3)), leaks_of(one)).empty


def test_where_folds_are_mixed_the_later_image_is_of_the_later_fold():
    hashed = tabulate([FAR, A, B], ["train", "test", "train"])
    pairs = find_pairs(hashed, below=3)
    looked = pairs.assign(kind="near copy", score=0.95, view=5)
    leaks = find_leaks(hashed, pairs, looked)
    assert leaks[["earlier", "later", "view"]].to_numpy().tolist() == [[2, 1, 7]]


def test_conflicts_are_counted_by_images_with_a_look_alike_of_another_label():
    """Three A: 0 and 1 agree, 2 contradicts; B contradicts by a copy beyond the threshold; one has no label."""
    hashed = tabulate([A, A, A, FAR, A, None], label=[1, 1, 0, 0, None, 1])
    pairs = find_pairs(hashed, below=3)
    looked = looked_at(hashed, 9, {(0, 2): "look-alike", (0, 3): "near copy"})
    conflicts = find_conflicts(hashed, pairs, looked)
    assert conflicts[["earlier", "later", "distance"]].to_numpy().tolist() == [[0, 2, 0], [1, 2, 0], [0, 3, 4]]
    assert measure_conflicts(hashed, conflicts) == {"labelled": 4, "conflicts": 4, "share": 1.0, "confirmed": 2}
    bare = hashed.drop(columns="label")
    assert find_conflicts(bare, pairs, looked).empty
    assert measure_conflicts(bare, find_conflicts(bare, pairs)) == {
        "labelled": 0, "conflicts": 0, "share": 0.0, "confirmed": 0,
    }  # fmt: skip


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
def test_cluster_counts_equal_plain_loops(case):
    hashed, below = case
    folds = hashed["fold"].tolist()
    counts = {(one, other): [set(), set()] for one in folds for other in folds}
    for cluster_id, rows in plain_groups(hashed, below).items():
        for later in rows:
            for other in rows:
                if other != later:
                    counts[folds[later], folds[other]][0].add(cluster_id)
                    counts[folds[later], folds[other]][1].add(later)
    counted = [[*pair, len(ids), len(images)] for pair, (ids, images) in counts.items()]
    assert count_leaks(hashed, cluster(hashed, below)[0]).to_numpy().tolist() == counted


@given(clumps(), st.data())
@settings(deadline=None)
def test_leaks_and_conflicts_equal_plain_loops(case, data):
    hashed, below = case
    labels = data.draw(st.lists(st.sampled_from(["a", "b", None]), min_size=len(hashed), max_size=len(hashed)))
    hashed = hashed.assign(label=labels)
    hashes, folds = hashed["hash"].tolist(), hashed["fold"].tolist()
    rows = [row for row, hash_ in enumerate(hashes) if hash_ is not None]
    every = [(one, two) for two in rows for one in rows if one < two]
    copies = set(data.draw(st.lists(st.sampled_from(every), max_size=4))) if every else set()
    looked = pd.DataFrame(
        [(*pair, distance(*(hashes[row] for row in pair)), "near copy", 0.95) for pair in copies],
        columns=["earlier", "later", "distance", "kind", "score"],
    ).astype({"earlier": int, "later": int, "distance": int})
    leaks, bad, sure = set(), set(), set()
    for one, two in every:
        confirmed = (one, two) in copies
        if not confirmed and distance(hashes[one], hashes[two]) >= below:
            continue
        if folds[one] != folds[two]:
            leaks.add((two, folds[one], True)) if confirmed else leaks.add((two, folds[one], False))
        if None not in (labels[one], labels[two]) and labels[one] != labels[two]:
            bad |= {one, two}
            sure |= {one, two} if confirmed else set()
    pairs = find_pairs(hashed, below=below)
    found = find_leaks(hashed, pairs, looked)
    told = {(later, folds[earlier]) for earlier, later in found[["earlier", "later"]].to_numpy().tolist()}
    assert told == {(row, fold) for row, fold, _ in leaks} and len(told) == len(found)
    shares = measure_leaks(hashed, group_images(hashed, pairs, looked=looked), found)
    for row in shares.itertuples():
        of = {(image, sure) for image, fold, sure in leaks if folds[image] == row.fold and fold == row.other_fold}
        assert row.leaks == len({image for image, _ in of}) and row.confirmed == sum(sure for _, sure in of)
    conflicts = find_conflicts(hashed, pairs, looked)
    assert set(conflicts["earlier"]) | set(conflicts["later"]) == bad
    measured = measure_conflicts(hashed, conflicts)
    assert (measured["conflicts"], measured["confirmed"]) == (len(bad), len(sure))


def test_a_leak_is_told_by_its_distance_kind_and_score_alone():
    """What else the second look found, such as where a part differs, is about other pairs."""
    hashed = tabulate([A, B, FAR], ["train", "test", "test"])
    pairs = find_pairs(hashed, below=3)
    looked = pairs.assign(kind="near copy", score=0.95, part=None, reframed=False)
    assert list(find_leaks(hashed, pairs, looked)) == ["earlier", "later", "distance", "kind", "score"]
