import os
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest

from lookalikes.judging.facts import describe_run, list_flat_images, summarise, summarise_clusters


@pytest.fixture
def hashed():
    """Seven images; by hand: 0 and 2 are copies (a leak, labels differ), 1, 4 and 6 are near (one fold), 5 is alone."""
    return pd.DataFrame(
        {
            "filename": [f"{letter}.jpg" for letter in "abcdefg"],
            "fold": ["train", "train", "test", "train", "train", "test", "train"],
            "hash": ["00", "ff", "00", None, "fe", "0f", "ff"],
            "label": ["1", "0", "0", "1", "0", None, None],
            "problem": [None, None, None, "the file is empty", None, None, None],
        }
    )


@pytest.fixture
def clusters(hashed):
    distances = pd.array([None, 0, None, 1, 0, None], "Int64")
    return (
        hashed.iloc[[0, 2, 1, 4, 6, 5]].assign(cluster_id=[0, 0, 1, 1, 1, 2], distance=distances).reset_index(drop=True)
    )


def test_by_hand(hashed, clusters):
    assert summarise(hashed, clusters) == {
        "images": 7,
        "readable": 6,
        "problems": 1,
        "clusters": 3,
        "singletons": 1,
        "multiple": 2,
        "in_multiple": 5,
        "largest": 3,
        "identical": 1,
        "leaks": 1,
        "folds": 2,
        "conflicts": 1,
        "flat": 0,
        "deep": 0,
    }


def test_plain_numbers(hashed, clusters):
    assert {type(value) for value in summarise(hashed, clusters).values()} == {int}


def test_without_labels(hashed, clusters):
    assert summarise(hashed.drop(columns="label"), clusters.drop(columns="label"))["conflicts"] == 0


def test_whole_numbers_as_labels(hashed, clusters):
    assert summarise(hashed, clusters.assign(label=clusters["label"].astype("Int64")))["conflicts"] == 1


def test_a_missing_label_contradicts_none(hashed, clusters):
    assert summarise(hashed, clusters.assign(label=["1", None, "0", None, "0", "1"]))["conflicts"] == 0


def test_folds_are_counted_of_all_images(hashed, clusters):
    assert (
        summarise(hashed.assign(fold=["a", "a", "a", "unreadable", "a", "a", "a"]), clusters.assign(fold="a"))["folds"]
        == 2
    )


def test_no_images_and_none_readable(hashed, clusters):
    nothing = dict.fromkeys(summarise(hashed, clusters), 0)
    assert summarise(hashed.iloc[:0], clusters.iloc[:0]) == nothing
    unreadable = hashed.iloc[[3]]
    assert summarise(unreadable, clusters.iloc[:0]) == nothing | {"images": 1, "problems": 1, "folds": 1}


def test_no_two_alike(hashed, clusters):
    facts = summarise(hashed, clusters.assign(cluster_id=range(6)))
    assert (
        facts["clusters"],
        facts["singletons"],
        facts["multiple"],
        facts["identical"],
        facts["leaks"],
        facts["largest"],
    ) == (6, 6, 0, 0, 0, 1)


def test_flat_images_are_counted(hashed, clusters):
    assert summarise(hashed, clusters.assign(quality=[19, 20, 0, 100, 100, 5]))["flat"] == 3


def test_deep_images_are_counted(hashed, clusters):
    assert summarise(hashed.assign(deep=[True] * 2 + [False] * 5), clusters)["deep"] == 2


def test_clusters_by_hand(clusters):
    known = {"quality": [0, 19, 0, 100, 0, 0], "kind": [None, "near copy", None, "same file", "look-alike", None]}
    table = summarise_clusters(clusters.assign(**known, score=[None, 0.95, None, 1, 0.3, None]), below=2)
    leak = {"cluster_id": 0, "size": 2, "widest": 0, "beyond_founder": 0, "chained": False, "folds": "train + test"}
    leak |= {
        "leak": True,
        "labels": "1, 0",
        "conflict": True,
        "flat": True,
        "kind": "near copy",
        "score": 0.95,
        "rank": 0,
    }
    near = {"cluster_id": 1, "size": 3, "widest": 1, "beyond_founder": 0, "chained": False, "folds": "train"}
    near |= {
        "leak": False,
        "labels": None,
        "conflict": False,
        "flat": False,
        "kind": "look-alike",
        "score": 0.3,
        "rank": 1,
    }
    assert table.astype(object).where(table.notna(), None).to_dict("records") == [leak, near]
    assert summarise_clusters(clusters, below=1)["chained"].tolist() == [False, True]


def test_leaks_come_first_then_conflicts_then_doubts_then_parts_then_the_rest(make_clusters):
    clusters = make_clusters(
        [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
        fold=["a"] * 10 + ["a", "b"] * 2,
        label=["x"] * 8 + ["x", "y"] + ["x"] * 3 + ["y"],
        kind=[None, "same file", None, "part differs", None, "look-alike", None, None, *[None, "near copy"] * 3],
        score=0.95,
    )
    table = summarise_clusters(clusters)
    assert table["cluster_id"].tolist() == list(range(7))
    assert table.sort_values("rank")["cluster_id"].tolist() == [6, 5, 4, 2, 1, 0, 3]


def test_clusters_need_no_more_than_clustering(clusters):
    table = summarise_clusters(clusters.drop(columns="label"))
    assert table["conflict"].tolist() == table["flat"].tolist() == [False, False]
    assert table[["labels", "kind", "score"]].isna().all(axis=None)


@pytest.mark.parametrize("ids", [[], [0, 1, 2]])
def test_without_look_alikes_no_cluster_is_described(clusters, ids):
    table = summarise_clusters(clusters.head(len(ids)).assign(cluster_id=ids))
    assert table.empty
    assert {"cluster_id", "size", "chained", "folds", "leak", "labels", "conflict", "flat", "kind", "score"} <= {*table}


def read_run(hashed, below=10):
    table = describe_run(hashed, below=below)
    assert list(table) == ["Item", "Value"]
    return dict(table.itertuples(index=False))


def test_the_run_names_what_it_depends_on(hashed):
    run = read_run(hashed, below=12)
    assert (run["Threshold (below)"], run["Images"]) == ("12", "7")
    assert run["imagehash"] == version("imagehash") and run["lookalikes"] == version("lookalikes")


def test_the_digest_follows_names_folds_hashes_and_order_alone(hashed):
    def digest(table):
        return read_run(table)["Digest of names and hashes"]

    expected = digest(hashed)
    assert len(expected) == 16 and int(expected, 16) >= 0
    assert digest(hashed.assign(label="other", path="/elsewhere")) == expected
    assert digest(hashed.assign(hash=hashed["hash"].astype(object).where(hashed["hash"].notna(), np.nan))) == expected
    for column, value in (("filename", "z.jpg"), ("fold", "other"), ("hash", "01")):
        changed = hashed.copy()
        changed.loc[0, column] = value
        assert digest(changed) != expected
    assert digest(hashed[::-1]) != expected


def test_the_digest_of_nothing_and_of_any_name(hashed):
    assert read_run(hashed.iloc[:0])["Images"] == "0"
    names = pd.Series([os.fsdecode(b"\xff.jpg"), "\ud83d", "two\nlines", "写真", "", "a", "b"], dtype=object)
    assert len(read_run(hashed.assign(filename=names))["Digest of names and hashes"]) == 16


def test_flat_images_are_listed_with_their_clusters(make_clusters):
    clusters = make_clusters([0, 0, 1, 2], fold=["train", "test", "test", "test"], quality=[19, 0, 20, 1])
    assert list_flat_images(clusters).to_dict("records") == [
        {"fold": "train", "filename": "0.png", "cluster_id": 0, "quality": 19},
        {"fold": "test", "filename": "1.png", "cluster_id": 0, "quality": 0},
        {"fold": "test", "filename": "3.png", "cluster_id": 2, "quality": 1},
    ]
