"""Of which kind the matches are: worked by hand."""

import numpy as np
import pandas as pd

from lookalikes import find_pairs
from lookalikes.judging.chains import list_pairs
from lookalikes.judging.kinds import add_kinds, choose_pairs, count_kinds, find_missed, find_weakest_links
from worked import FAR, A, B, C, D, cluster, looked_at, tabulate


def test_missed_are_confirmed_pairs_beyond_the_threshold_in_different_clusters():
    hashed = tabulate([A, B, C, FAR])
    clusters, _ = cluster(hashed)
    assert clusters["cluster_id"].tolist() == [0, 0, 0, 1]
    kinds = {(0, 1): "same file", (0, 2): "near copy", (2, 3): "near copy", (0, 3): "look-alike"}
    missed = find_missed(hashed, clusters, looked_at(hashed, 9, kinds), below=3)
    assert missed[["earlier", "later", "distance"]].to_numpy().tolist() == [[2, 3, 8]]
    assert list_pairs(hashed, clusters, missed).columns[-2:].tolist() == ["kind", "score"]


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


def test_add_kinds_changes_nothing_else():
    hashed = tabulate([A, None, FAR, A, B])
    clusters, _ = cluster(hashed)
    before = clusters.copy()
    known = add_kinds(hashed, clusters, looked_at(hashed, 3, {(0, 3): "same file"}))
    pd.testing.assert_frame_equal(clusters, before)
    pd.testing.assert_frame_equal(known[clusters.columns], before)
    assert known.columns.difference(clusters.columns).tolist() == ["kind", "partner", "partner_fold", "score"]
    assert known["partner"].fillna("").tolist() == ["", "0.png", "0.png", ""]


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
        ["same file", 1, 0], ["same pixels", 0, 0], ["near copy", 2, 1], ["part differs", 0, 0], ["look-alike", 0, 1],
        ["can't be read any more", 1, 0],
    ]  # fmt: skip
    assert count_kinds(looked[looked["kind"].notna()], below=13).to_numpy().tolist() == [
        ["same file", 1, 0], ["same pixels", 0, 0], ["near copy", 3, 0], ["part differs", 0, 0], ["look-alike", 1, 0],
    ]  # fmt: skip


def test_of_no_pairs_all_kinds_are_counted_as_none():
    hashed = tabulate([A])
    assert count_kinds(looked_at(hashed, 3, {})).to_numpy().tolist() == [
        ["same file", 0, 0], ["same pixels", 0, 0], ["near copy", 0, 0], ["part differs", 0, 0], ["look-alike", 0, 0],
    ]  # fmt: skip


def test_of_pairs_across_folds_all_below_the_threshold_are_looked_at_and_beyond_it_a_sample():
    hashed = tabulate([A, C], ["train", "test"])
    clusters, _ = cluster(hashed, below=3)
    pairs = find_pairs(hashed, below=6)
    assert len(choose_pairs(hashed, clusters, pairs, below=6, most=0)) == 1
    assert len(choose_pairs(hashed, clusters, pairs, below=3, most=0)) == 0
    assert len(choose_pairs(hashed, clusters, pairs, below=3)) == 1
