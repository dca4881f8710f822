import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookalikes import saving
from lookalikes.clustering.pairs import find_nearest_earlier, find_pairs
from lookalikes.clustering.sequential import (
    cluster_sequentially,
    count_cluster_sizes,
    list_problems,
    locate,
    save_clusters,
)
from oracle import distance, plain_clusters

HALF = 0xFFFFFFFF


def make_hashed(hashes, **columns):
    usual = {
        "filename": [f"{number}.jpg" for number in range(len(hashes))],
        "fold": "all",
        "path": [f"/images/{number}.jpg" for number in range(len(hashes))],
        "hash": pd.Series(hashes, dtype=object),
        "problem": [None if hash_ else "the file is empty" for hash_ in hashes],
    }
    return pd.DataFrame(usual | columns)


def cluster(hashes, below=10, **columns):
    hashed = make_hashed(hashes, **columns)
    return cluster_sequentially(hashed, find_pairs(hashed, below=below))


def as_tuples(clusters):
    """(cluster_id, image, distance) as the oracle gives them."""
    distances = [None if pd.isna(value) else value for value in clusters["distance"]]
    images = [int(name.removesuffix(".jpg")) for name in clusters["filename"]]
    return list(zip(clusters["cluster_id"], images, distances, strict=True))


def flip(hash_, bits):
    for bit in bits:
        hash_ ^= 1 << bit
    return hash_


def as_text(hash_):
    return None if hash_ is None else f"{hash_:016x}"


@st.composite
def hash_lists(draw):
    """Hashes at random, in clumps (a few bits from common centres), tied, repeated; unreadable images in between."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, HALF, 2**64 - 1]), min_size=1, max_size=4))
    near = st.builds(flip, st.sampled_from(centres), st.lists(st.integers(0, 63), max_size=12))
    walk = st.builds(lambda steps: (1 << steps) - 1, st.integers(0, 64))  # chains, each step one bit
    return draw(
        st.lists(st.none() | near | walk | st.integers(0, 2**64 - 1), max_size=40).map(
            lambda many: [as_text(one) for one in many]
        )
    )


# Equally near to two clusters; the nearest image's cluster isn't the lowest; a chain; all the same; nothing readable.
@settings(max_examples=120, deadline=None)
@given(hash_lists(), st.integers(1, 65))
@example(["00000000000000ff", "000000000000ff00", "000000000000f0f0"], 10)
@example(["0000000000000000", "000000000000ffff", "00000000000000ff", "0000000000000fff"], 9)
@example([f"{(1 << 2 * step) - 1:016x}" for step in range(20)], 3)
@example(["00ff00ff00ff00ff"] * 20, 1)
@example([None, None], 10)
def test_equal_to_the_plain_algorithm(hashes, below):
    expected = plain_clusters(hashes, below)
    assert as_tuples(cluster(hashes, below)) == expected
    hashed = make_hashed(hashes)
    assert as_tuples(cluster_sequentially(hashed, find_nearest_earlier(hashed, below=below))) == expected


@settings(max_examples=50, deadline=None)
@given(hash_lists(), st.integers(1, 65))
def test_what_a_user_relies_on(hashes, below):
    clusters = cluster(hashes, below)
    ids = list(clusters["cluster_id"])
    assert ids == sorted(ids) and set(ids) == set(range(len(set(ids))))  # numbered from 0, without a gap
    assert sorted(clusters["hash"]) == sorted(hash_ for hash_ in hashes if hash_)
    for _, members in clusters.groupby("cluster_id"):
        rows = list(members.itertuples())
        assert pd.isna(rows[0].distance)
        arrival = [int(row.filename.removesuffix(".jpg")) for row in rows]
        assert arrival == sorted(arrival)
        for place, row in enumerate(rows[1:], start=1):
            assert row.distance == min(distance(row.hash, before.hash) for before in rows[:place]) < below
    founders = [image for _, image, distance_ in as_tuples(clusters) if distance_ is None]
    assert founders == sorted(founders)


def test_a_small_case_by_hand():
    # 0 and 1 found clusters; 2 is unreadable; 3 is 2 bits from 0; 4 is a copy of 1; 5 is 2 bits from 3
    hashes = ["00000000000000ff", "ffffffff00000000", None, "00000000000003ff", "ffffffff00000000", "0000000000000fff"]
    clusters = cluster(hashes, below=4, label=list("abcdef"))
    assert as_tuples(clusters) == [(0, 0, None), (0, 3, 2), (0, 5, 2), (1, 1, None), (1, 4, 0)]
    assert list(clusters) == ["filename", "fold", "path", "hash", "problem", "label", "cluster_id", "distance"]
    assert list(clusters["label"]) == list("adfbe")
    assert (clusters["cluster_id"].dtype, str(clusters["distance"].dtype)) == (np.dtype("int64"), "Int64")
    assert list(clusters.index) == [0, 1, 2, 3, 4]


def test_the_tables_given_stay_as_they_are():
    hashed = make_hashed(["00000000000000ff", "00000000000000ff"])
    pairs = find_pairs(hashed, below=10)
    copies = hashed.copy(), pairs.copy()
    cluster_sequentially(hashed, pairs)
    pd.testing.assert_frame_equal(hashed, copies[0])
    pd.testing.assert_frame_equal(pairs, copies[1])


def test_any_index_will_do():
    hashed = make_hashed(["00000000000000ff", "ffff000000000000", "00000000000000ff"])
    expected = cluster_sequentially(hashed, find_pairs(hashed))
    hashed.index = [7, 7, 3]
    pd.testing.assert_frame_equal(cluster_sequentially(hashed, find_pairs(hashed)), expected)


@pytest.mark.parametrize("hashes", [[], [None], [None, None]])
def test_no_readable_image(hashes):
    clusters = cluster(hashes)
    assert len(clusters) == 0 and list(clusters)[-2:] == ["cluster_id", "distance"]
    assert len(count_cluster_sizes(clusters)) == 0
    assert len(list_problems(make_hashed(hashes))) == len(hashes)


def test_as_many_images_as_the_seed_dataset():
    random = np.random.default_rng(0)
    bits = random.permuted(np.tile(np.arange(64) < 32, (30_962, 1)), axis=1)
    bits[20_000:20_150] = bits[:150]
    bits[20_100:20_150, :2] ^= True
    clusters = cluster([row.tobytes().hex() for row in np.packbits(bits, axis=1)])
    assert len(clusters) == 30_962
    sizes = clusters["cluster_id"].value_counts()
    assert 150 <= (sizes > 1).sum() < 160  # and a chance pair perhaps
    late = clusters[clusters["filename"].isin([f"{number}.jpg" for number in range(20_000, 20_150)])]
    assert set(late["distance"]) <= {0, 1, 2} and late["distance"].notna().all()


def test_count_cluster_sizes():
    clusters = pd.DataFrame({"cluster_id": [0, 0, 0, 1, 2, 2, 3, 4, 4]})
    counts = count_cluster_sizes(clusters)
    assert counts.to_dict("list") == {"Cluster size": [1, 2, 3], "Number of clusters": [2, 2, 1]}
    assert set(counts.dtypes) == {np.dtype("int64")}
    assert list(count_cluster_sizes(clusters.iloc[:0])) == ["Cluster size", "Number of clusters"]


def test_list_problems():
    hashed = make_hashed(["00000000000000ff", None, "00000000000000ff", None], fold=["train", "train", "test", "test"])
    problems = list_problems(hashed)
    assert problems.to_dict("list") == {
        "fold": ["train", "test"],
        "filename": ["1.jpg", "3.jpg"],
        "problem": ["the file is empty"] * 2,
    }
    assert list(problems.index) == [0, 1]
    assert list(list_problems(hashed.iloc[[0, 2]])) == ["fold", "filename", "problem"]


def test_the_csv_byte_for_byte(tmp_path):
    names = ["plain.jpg", "a,b.jpg", 'say "hi".jpg', "two\nlines.jpg", "写真.jpg", os.fsdecode(b"\xff.jpg"), "NA"]
    hashed = make_hashed([f"{1 << number:016x}" for number in range(7)], fold=["train"] * 3 + ["test"] * 4)
    hashed["filename"] = pd.Series(names, dtype=object)
    path = save_clusters(cluster_sequentially(hashed, find_pairs(hashed, below=1)), tmp_path / "new" / "result.csv")
    assert path == tmp_path / "new" / "result.csv"
    assert path.read_bytes() == (
        b"cluster_id,filename,fold\n0,plain.jpg,train\n"
        b'1,"a,b.jpg",train\n2,"say ""hi"".jpg",train\n3,"two\nlines.jpg",test\n'
        + "4,写真.jpg,test\n".encode()
        + b"5,\xff.jpg,test\n6,NA,test\n"
    )


def test_the_csv_of_nothing_has_its_header(tmp_path):
    assert save_clusters(cluster([]), tmp_path / "result.csv").read_bytes() == b"cluster_id,filename,fold\n"


def test_a_failure_leaves_the_old_csv(tmp_path, monkeypatch):
    save_clusters(cluster(["00000000000000ff"]), tmp_path / "result.csv")
    old = (tmp_path / "result.csv").read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(saving.os, "replace", fail)
        save_clusters(cluster([]), tmp_path / "result.csv")
    assert (tmp_path / "result.csv").read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["result.csv"]


def test_images_are_told_apart_by_names_that_are_not_valid_unicode():
    names = ["\udce9a", "\udce9b", "\udce8", "plain"]
    hashed = pd.DataFrame({"fold": "train", "filename": names, "hash": ["00", "ff", "0f", "00"], "problem": None})
    clusters = cluster_sequentially(hashed, find_pairs(hashed, below=2))
    assert locate(hashed, clusters).tolist() == [0, 3, 1, 2]
