"""Chains and bridges: worked by hand, and equal to plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings

from lookalikes import save_table
from lookalikes.judging.chains import describe_chains, find_bridges, list_pairs
from lookalikes.judging.facts import list_flat_images
from lookalikes.judging.kinds import add_kinds, choose_pairs, find_missed, find_weakest_links
from lookalikes.judging.leaks import count_leaks, find_conflicts, find_leaks, list_conflicts, spread_leaks
from oracle import distance, plain_clusters
from worked import FAR, A, B, C, D, clumps, cluster, looked_at, plain_groups, tabulate


def test_a_bridge_joins_what_the_rule_left_apart():
    """C is as near to A as D is to C; D, which came before C, has founded a cluster of its own."""
    hashed = tabulate([A, D, C], ["train", "train", "test"])
    clusters, pairs = cluster(hashed, below=5)
    bridges = find_bridges(hashed, clusters, pairs)
    assert (clusters["cluster_id"].tolist(), pairs.to_numpy().tolist()) == ([0, 1, 1], [[0, 2, 4], [1, 2, 2]])
    assert bridges.to_numpy().tolist() == [[0, 2, 4]]
    assert list_pairs(hashed, clusters, bridges).to_numpy().tolist() == [["test", "2.png", 1, "train", "0.png", 0, 4]]


def test_a_chain_is_wider_than_the_threshold():
    clusters, _ = cluster(tabulate([A, FAR, B, C, A, FAR, C]))
    chains = describe_chains(clusters, below=3)
    assert chains.to_dict("records") == [
        {"cluster_id": 0, "size": 5, "widest": 4, "beyond_founder": 2, "chained": True},
        {"cluster_id": 1, "size": 2, "widest": 0, "beyond_founder": 0, "chained": False},
    ]


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


@pytest.mark.parametrize("hashes", [[], [None], [A], [A, FAR]])
def test_nothing_found_is_an_empty_table(hashes, tmp_path):
    hashed = tabulate(hashes)
    clusters, pairs = cluster(hashed)
    looked = looked_at(hashed, 7, {})
    assert len(count_leaks(hashed, clusters)) == hashed["fold"].nunique() ** 2
    assert len(spread_leaks(count_leaks(hashed, clusters), "images")) == hashed["fold"].nunique()
    for table in (
        find_leaks(hashed, pairs, looked), find_conflicts(hashed, pairs), find_bridges(hashed, clusters, pairs),
        find_missed(hashed, clusters, looked, below=3),
        list_pairs(hashed, clusters, pairs), list_conflicts(clusters), describe_chains(clusters),
        choose_pairs(hashed, clusters, pairs), list_flat_images(clusters.assign(quality=100)),
        find_weakest_links(add_kinds(hashed, clusters, looked)),
    ):  # fmt: skip
        assert table.empty
        save_table(table, tmp_path / "table.csv")


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
    clusters = tabulate([f"{word:016x}" for word in words]).assign(cluster_id=0)
    assert describe_chains(clusters)["widest"].isna().all()
