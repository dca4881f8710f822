"""Leaks, conflicts, chains, bridges and kinds: worked by hand, and equal to plain loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import cluster_sequentially, find_pairs, save_table
from lookalikes.judging.relations import (
    add_kinds,
    choose_pairs,
    count_kinds,
    count_leaks,
    describe_chains,
    find_bridges,
    find_leaks,
    find_missed,
    find_weakest_links,
    list_conflicts,
    list_flat_images,
    list_pairs,
    spread_leaks,
)
from oracle import distance, plain_clusters

# Eight bits, so that a person can count: each next one has two more ones, but for the last.
A, B, C, D, FAR = "00", "03", "0f", "3f", "f0"
FOLDS = ["train", "valid", "test"]


def tabulate(hashes, folds=None, **columns):
    folds = ["train"] * len(hashes) if folds is None else folds
    names = [f"{number}.png" for number in range(len(hashes))]
    table = {"filename": names, "fold": folds, "path": names, "hash": hashes, **columns, "problem": None}
    return pd.DataFrame(table, dtype=object)


def cluster(hashed, below=3):
    pairs = find_pairs(hashed, below=below)
    return cluster_sequentially(hashed, pairs), pairs


def looked_at(hashed, below, kinds):
    pairs = find_pairs(hashed, below=below)
    kind = pd.Series([kinds.get(pair) for pair in zip(pairs["earlier"], pairs["later"], strict=True)], dtype=object)
    scores = {"same file": 1, "same pixels": 1, "near copy": 0.95, "look-alike": 0.2}
    return pairs.assign(kind=kind, score=kind.map(scores).astype(float))


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


def test_a_bridge_joins_what_the_rule_left_apart():
    """C is as near to A as D is to C; D, which came before C, has founded a cluster of its own."""
    hashed = tabulate([A, D, C], ["train", "train", "test"])
    clusters, pairs = cluster(hashed, below=5)
    bridges = find_bridges(hashed, clusters, pairs)
    assert (clusters["cluster_id"].tolist(), pairs.to_numpy().tolist()) == ([0, 1, 1], [[0, 2, 4], [1, 2, 2]])
    assert bridges.to_numpy().tolist() == [[0, 2, 4]]
    assert list_pairs(hashed, clusters, bridges).to_numpy().tolist() == [["test", "2.png", 1, "train", "0.png", 0, 4]]


def test_missed_are_confirmed_pairs_beyond_the_threshold_in_different_clusters():
    hashed = tabulate([A, B, C, FAR])
    clusters, _ = cluster(hashed)
    assert clusters["cluster_id"].tolist() == [0, 0, 0, 1]
    kinds = {(0, 1): "same file", (0, 2): "near copy", (2, 3): "near copy", (0, 3): "look-alike"}
    missed = find_missed(hashed, clusters, looked_at(hashed, 9, kinds), below=3)
    assert missed[["earlier", "later", "distance"]].to_numpy().tolist() == [[2, 3, 8]]
    assert list_pairs(hashed, clusters, missed).columns[-2:].tolist() == ["kind", "score"]


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


def test_a_chain_is_wider_than_the_threshold():
    clusters, _ = cluster(tabulate([A, FAR, B, C, A, FAR, C]))
    chains = describe_chains(clusters, below=3)
    assert chains.to_dict("records") == [
        {"cluster_id": 0, "size": 5, "widest": 4, "beyond_founder": 2, "chained": True},
        {"cluster_id": 1, "size": 2, "widest": 0, "beyond_founder": 0, "chained": False},
    ]


def test_distances_count_the_turns_of_the_later_image():
    """The second is the first when turned, the third only 2 bits from it; as stored, they are 8 and 6 bits apart."""
    hashed = tabulate([A, "ff", D], ["train", "test", "test"], oriented=[A + "ff" * 7, "ff" * 7 + A, D + B + "ff" * 6])
    clusters = hashed.assign(cluster_id=0)
    assert find_leaks(hashed, clusters).to_numpy().tolist() == [[0, 1, 0], [0, 2, 2]]
    chains = describe_chains(clusters, below=3)
    assert chains.to_numpy().tolist() == [[0, 3, 2, 0, False]]


def test_a_large_cluster_is_compared_with_its_founder_only(make_clusters):
    """Of 5,001 numbers, 4,095 has the most ones, 12; 4,095 and 4,096 are the farthest from each other, at 13."""
    numbers = [f"{number:016x}" for number in range(5_001)]
    clusters = make_clusters([0] * 5_001 + [1] * 10_000, hash=numbers + numbers[:5_000] * 2)
    chains = describe_chains(clusters, below=13)
    assert chains["widest"].fillna(-1).tolist() == [-1, 13]
    assert chains["chained"].isna().tolist() == [True, False]
    assert (chains["beyond_founder"] == 0).all()
    chains = describe_chains(clusters, below=12)
    assert (chains["beyond_founder"].tolist(), chains["chained"].tolist()) == ([1, 2], [True, True])


def test_a_cluster_is_as_sure_as_its_weakest_link():
    """C joins by B, not by A, though A is looked at too; the repeated B is the same file."""
    hashed = tabulate([A, B, C, B, FAR, FAR])
    clusters, _ = cluster(hashed)
    kinds = {(0, 1): "same pixels", (1, 2): "near copy", (0, 2): "look-alike"}
    kinds |= {(1, 3): "same file", (4, 5): "look-alike"}
    known = add_kinds(hashed, clusters, looked_at(hashed, 9, kinds))
    assert known["kind"].fillna("-").tolist() == ["-", "same pixels", "near copy", "same file", "-", "look-alike"]
    assert known["score"].fillna(0).tolist() == [0, 1, 0.95, 1, 0, 0.2]
    weakest = find_weakest_links(known)
    assert weakest.reset_index().to_numpy().tolist() == [[0, "near copy", 0.95], [1, "look-alike", 0.2]]


def test_of_links_equally_near_the_best_counts():
    hashed = tabulate([A, C, B])  # B is 2 from A and 2 from C, all in one cluster at below=5
    clusters, _ = cluster(hashed, below=5)
    looked = looked_at(hashed, 5, {(0, 1): "near copy", (0, 2): "look-alike", (1, 2): "same pixels"})
    weakest = find_weakest_links(add_kinds(hashed, clusters, looked))
    assert weakest.reset_index().to_numpy().tolist() == [[0, "near copy", 0.95]]


def test_what_was_not_looked_at_is_not_vouched_for():
    hashed = tabulate([A, A, A, FAR, FAR, FAR, "55", "55"])
    clusters, _ = cluster(hashed)
    kinds = {(0, 1): "same file", (3, 4): "look-alike"}
    weakest = find_weakest_links(add_kinds(hashed, clusters, looked_at(hashed, 3, kinds).query("later != 7")))
    assert weakest.index.tolist() == [0, 1, 2]
    assert weakest["kind"].fillna("unknown").tolist() == ["unknown", "look-alike", "unknown"]


def test_a_turned_image_says_how_it_came_to_match():
    hashed = tabulate([A, B, C, FAR])
    clusters, pairs = cluster(hashed)
    looked = pairs.assign(kind="near copy", score=0.95, orientation=[6, 1])
    known = add_kinds(hashed, clusters, looked)
    assert known["orientation"].fillna(0).tolist() == [0, 6, 1, 0]
    assert "orientation" not in add_kinds(hashed, clusters, looked.drop(columns="orientation"))


def test_add_kinds_changes_nothing_else():
    hashed = tabulate([A, None, FAR, A, B])
    clusters, _ = cluster(hashed)
    before = clusters.copy()
    known = add_kinds(hashed, clusters, looked_at(hashed, 3, {(0, 3): "same file"}))
    pd.testing.assert_frame_equal(clusters, before)
    pd.testing.assert_frame_equal(known[clusters.columns], before)
    assert known.columns.difference(clusters.columns).tolist() == ["kind", "score"]


def test_each_link_is_chosen_and_of_each_distance_some():
    """B joins A at 2, C joins B at 2, D joins C at 2; B and C, C and D, ... are pairs beyond their links at 4 and 6."""
    hashed = tabulate([A, B, C, D, D])
    clusters, _ = cluster(hashed)
    pairs = find_pairs(hashed, below=9)
    assert choose_pairs(hashed, clusters, pairs).equals(pairs)
    chosen = choose_pairs(hashed, clusters, pairs, most=0)
    assert chosen.to_numpy().tolist() == [[0, 1, 2], [1, 2, 2], [2, 3, 2], [3, 4, 0]]
    chosen = choose_pairs(hashed, clusters, pairs, most=1)
    assert chosen["distance"].value_counts().to_dict() == {2: 3, 0: 1, 4: 1, 6: 1}
    assert list(chosen.index) == list(range(6)) and list(chosen.columns) == list(pairs.columns)


def test_of_equally_near_links_one_is_chosen():
    hashed = tabulate([A, C, B])  # B is 2 from A and 2 from C, all in one cluster at below=5
    clusters, pairs = cluster(hashed, below=5)
    assert choose_pairs(hashed, clusters, pairs, most=0)["later"].tolist() == [1, 2]


def test_the_same_pairs_are_drawn_each_time_and_stay_in_order():
    rng = np.random.default_rng(0)
    hashed = tabulate([f"{number:02x}" for number in rng.integers(256, size=300)])
    clusters, _ = cluster(hashed)
    pairs = find_pairs(hashed, below=5)
    chosen = choose_pairs(hashed, clusters, pairs, most=7)
    assert chosen.equals(choose_pairs(hashed, clusters, pairs, most=7)) and len(chosen) < len(pairs)
    assert chosen.equals(chosen.sort_values(["later", "earlier"], ignore_index=True))
    counts = chosen["distance"].value_counts()
    assert counts.index.difference([0]).size == 4 and (counts >= 7).all()
    links = add_kinds(hashed, clusters, chosen.assign(kind="near copy", score=1.0))
    assert links["kind"].notna().equals(clusters["distance"].notna())


def test_kinds_are_counted_below_the_threshold_and_beyond_it():
    kinds = ["near copy", "near copy", "look-alike", "same file", None, "near copy"]
    looked = pd.DataFrame({"distance": [2, 10, 12, 0, 9, 8], "kind": kinds})
    table = count_kinds(looked)
    assert list(table.columns) == ["Kind", "below the threshold", "beyond it"]
    assert table.to_numpy().tolist() == [
        ["same file", 1, 0], ["same pixels", 0, 0], ["near copy", 2, 1], ["look-alike", 0, 1],
        ["can't be read any more", 1, 0],
    ]  # fmt: skip
    assert count_kinds(looked[looked["kind"].notna()], below=13).to_numpy().tolist() == [
        ["same file", 1, 0], ["same pixels", 0, 0], ["near copy", 3, 0], ["look-alike", 1, 0],
    ]  # fmt: skip


def test_of_no_pairs_all_kinds_are_counted_as_none():
    hashed = tabulate([A])
    assert count_kinds(looked_at(hashed, 3, {})).to_numpy().tolist() == [
        ["same file", 0, 0], ["same pixels", 0, 0], ["near copy", 0, 0], ["look-alike", 0, 0],
    ]  # fmt: skip


def test_flat_images_are_listed_with_their_clusters(make_clusters):
    clusters = make_clusters([0, 0, 1, 2], fold=["train", "test", "test", "test"], quality=[19, 0, 20, 1])
    assert list_flat_images(clusters).to_dict("records") == [
        {"fold": "train", "filename": "0.png", "cluster_id": 0, "quality": 19},
        {"fold": "test", "filename": "1.png", "cluster_id": 0, "quality": 0},
        {"fold": "test", "filename": "3.png", "cluster_id": 2, "quality": 1},
    ]


@pytest.mark.parametrize("hashes", [[], [None], [A], [A, FAR]])
def test_nothing_found_is_an_empty_table(hashes, tmp_path):
    hashed = tabulate(hashes)
    clusters, pairs = cluster(hashed)
    looked = looked_at(hashed, 7, {})
    assert len(count_leaks(hashed, clusters)) == hashed["fold"].nunique() ** 2
    assert len(spread_leaks(count_leaks(hashed, clusters), "images")) == hashed["fold"].nunique()
    for table in (
        find_leaks(hashed, clusters), find_bridges(hashed, clusters, pairs),
        find_missed(hashed, clusters, looked, below=3),
        list_pairs(hashed, clusters, pairs), list_conflicts(clusters), describe_chains(clusters),
        choose_pairs(hashed, clusters, pairs), list_flat_images(clusters.assign(quality=100)),
        find_weakest_links(add_kinds(hashed, clusters, looked)),
    ):  # fmt: skip
        assert table.empty
        save_table(table, tmp_path / "table.csv")


@st.composite
def clumps(draw):
    """Hashes in few clumps, some repeated, some missing, 8 or 256 bits long, in one to three folds."""
    n_bits = draw(st.sampled_from([8, 256]))
    centres = draw(st.lists(st.integers(0, 2**n_bits - 1), min_size=1, max_size=3))
    flips = st.lists(st.integers(0, n_bits - 1), max_size=5)
    hashes = []
    drawn = st.tuples(st.sampled_from(centres), flips, st.integers(0, 9))
    for centre, flipped, lost in draw(st.lists(drawn, max_size=14)):
        for bit in flipped:
            centre ^= 1 << bit
        hashes.append(f"{centre:0{n_bits // 4}x}" if lost else None)
    folds = sorted(draw(st.lists(st.integers(0, 2), min_size=len(hashes), max_size=len(hashes))))
    return tabulate(hashes, [FOLDS[fold] for fold in folds]), draw(st.integers(1, 8))


def plain_groups(hashed, below):
    groups = {}
    for cluster_id, row, _ in plain_clusters(hashed["hash"].tolist(), below):
        groups.setdefault(cluster_id, []).append(row)
    return {cluster_id: rows for cluster_id, rows in groups.items() if len(rows) > 1}


@given(clumps())
@settings(deadline=None)
def test_chains_equal_plain_loops(case):
    hashed, below = case
    hashes = hashed["hash"].tolist()
    expected = []
    for cluster_id, rows in plain_groups(hashed, below).items():
        between = {(a, b): distance(hashes[a], hashes[b]) for a in rows for b in rows if a != b}
        beyond = sum(between[rows[0], b] >= below for b in rows[1:])
        near = [{between[a, b] < below for b in rows if b != a} for a in rows]
        expected.append([cluster_id, len(rows), max(between.values()), beyond, {True, False} in near])
    assert describe_chains(cluster(hashed, below)[0], below=below).to_numpy().tolist() == expected


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


@given(clumps())
@settings(deadline=None)
def test_bridges_equal_plain_loops(case):
    hashed, below = case
    clusters, pairs = cluster(hashed, below)
    cluster_of = {row: cluster_id for cluster_id, row, _ in plain_clusters(hashed["hash"].tolist(), below)}
    expected = [row for row in pairs.to_numpy().tolist() if cluster_of[row[0]] != cluster_of[row[1]]]
    assert find_bridges(hashed, clusters, pairs).to_numpy().tolist() == expected


def test_the_work_does_not_grow_with_the_square_of_a_cluster():
    """100,000 different hashes around one centre: within the limit each is compared with at most 5,000."""
    rng = np.random.default_rng(0)
    bits = np.uint64(1) << rng.integers(64, size=(100_000, 4), dtype=np.uint64)
    words = np.unique(np.bitwise_or.reduce(bits, axis=1))
    hashed = tabulate([f"{word:016x}" for word in words], ["train"] * 50 + ["test"] * (len(words) - 50))
    clusters = hashed.assign(cluster_id=0)
    assert len(find_leaks(hashed, clusters)) == len(words) - 50
    assert describe_chains(clusters)["widest"].isna().all()
