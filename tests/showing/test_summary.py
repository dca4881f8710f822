import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from lookalikes.judging.facts import collect_facts
from lookalikes.judging.groups import group_images
from lookalikes.judging.kinds import add_kinds
from lookalikes.showing.summary import (
    choose_shares,
    describe_clusters,
    describe_groups,
    describe_kinds,
    describe_sizes,
    show_summary,
    tell_confirmed,
)


@pytest.fixture
def hashed_and_clusters(make_clusters):
    """hashed_and_clusters([0, 0, 1], unreadable=2, fold=...): both tables, with so many unreadable images."""

    def make(ids, unreadable=0, **columns):
        clusters = make_clusters(ids, **columns)
        lost = make_clusters([0] * unreadable).assign(hash=None, problem="the file is empty")
        return pd.concat([clusters, lost], ignore_index=True), clusters

    return make


def read_cards(shown):
    """{name: value} of the cards, and the sentence above them."""
    page = BeautifulSoup(shown.data, "html.parser")
    return {card.dt.text: card.dd.text for card in page.dl.find_all("div")}, page.p.text


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([], "No image could be read, so there are no clusters."),
        ([0], "The one readable image forms **1 cluster**."),
        ([0, 0, 1], "The 3 readable images form **2 clusters**."),
        (range(1_234), "The 1,234 readable images form **1,234 clusters**."),
    ],
)
def test_describe_clusters(make_clusters, ids, text):
    assert describe_clusters(make_clusters(ids)).data == text


@pytest.mark.parametrize("ids", [[], [0], [0, 1, 2]])
def test_describe_sizes_without_look_alikes(make_clusters, ids):
    assert (
        describe_sizes(make_clusters(ids)).data
        == "No image has a look-alike at this threshold: every cluster is a singleton."
    )


@pytest.mark.parametrize(
    ("ids", "parts"),
    [
        (
            [0, 0, 1],
            [
                "1 image has no look-alike (33.3% of those read)",
                "The 1 cluster of two or more holds 2 images",
                "the largest cluster has 2.",
            ],
        ),
        (
            [0, 0, 1, 1, 1],
            [
                "0 images have no look-alike (0.0%",
                "The 2 clusters of two or more hold 5 images",
                "the largest cluster has 3.",
            ],
        ),
        ([*range(2_000), 0], ["1,999 images have no look-alike (99.9%"]),
    ],
)
def test_describe_sizes(make_clusters, ids, parts):
    text = describe_sizes(make_clusters(ids)).data
    assert all(part in text for part in parts), text


def show(hashed, clusters, looked=None, below=10):
    """The cards of those clusters; each image looks like the first of its cluster, all others are far from it."""
    pairs = pd.DataFrame({"earlier": [], "later": [], "distance": []}, dtype="int64")
    first = {}
    for row, cluster_id in enumerate(clusters["cluster_id"]):
        if first.setdefault(cluster_id, row) != row:
            pairs.loc[len(pairs)] = [first[cluster_id], row, 0]
    looked = pairs.assign(kind="near copy", score=0.95) if looked is None else looked
    clusters = clusters if "kind" in clusters else add_kinds(hashed, clusters, looked)
    groups = group_images(hashed, pairs, looked=looked)
    return show_summary(collect_facts(hashed, clusters, groups, pairs, looked, below=below))


def test_cards(hashed_and_clusters):
    hashed, clusters = hashed_and_clusters(
        [0, 0, 1, 1, 2],
        unreadable=1,
        fold=["train", "test", "train", "train", "test"],
        label=["a", "b", "a", "a", "a"],
        hash=["00", "00", "ff", "fe", "0f"],
    )
    hashed["fold"] = hashed["fold"].replace("all", "train")
    cards, sentence = read_cards(show(hashed, clusters, below=3))
    assert cards == {
        "images": "6",
        "clusters": "3",
        "clusters of look-alikes": "2",
        "test image (50 %) has a look-alike in train": "1 of 2",
        "labelled images (40 %) have a look-alike with another label": "2 of 5",
        "doubtful": "0",
        "pairs missed": "0",
        "problem": "1",
    }
    assert sentence == "2 clusters of look-alikes were found."


def test_the_share_says_what_is_confirmed_what_only_connected_and_in_how_many_clusters():
    row = {"fold": "<b>test", "other_fold": "train", "images": 1_036, "leaks": 12, "confirmed": 10, "connected": 2}
    facts = {
        "counts": dict.fromkeys(("images", "readable", "clusters", "multiple", "leaks", "conflicts"), 8)
        | dict.fromkeys(("doubtful", "parts", "missed", "flat", "deep", "problems"), 1_234),
        "leaks": [row],
        "conflicts": {"labelled": 0, "conflicts": 0, "confirmed": 0},
    }
    page = BeautifulSoup(show_summary(facts).data, "html.parser")
    card = page.dl.find_all("div")[3]
    assert [part.text for part in card.find_all(["dt", "dd"])] == [
        "<b>test images (1.2 %) have a look-alike in train",
        "12 of 1,036",
        "10 are confirmed copies; 2 more connected through others only; 8 clusters span folds",
    ]
    assert not page.dl.find_all("b") and "1,234" in page.dl.text and "label" not in page.dl.text


def test_clusters_that_span_any_folds_are_not_told_of_two_folds_alone(hashed_and_clusters):
    folds = ["one", "two", "test", "one", "test"]
    hashed, clusters = hashed_and_clusters([0, 0, 0, 1, 1], fold=folds, hash=["00", "00", "00", "ff", "ff"])
    hashed["fold"] = folds
    told = BeautifulSoup(show(hashed, clusters, below=3).data, "html.parser").text
    assert told.count(" a look-alike in ") > 1 and "span folds" not in told


@pytest.mark.parametrize(
    ("leaks", "told"), [([0, 0, 0], ["b"]), ([0, 2, 0], ["c"]), ([1, 2, 3, 4], ["e", "d", "c"]), ([], [])]
)
def test_of_many_folds_the_three_that_share_most_have_cards(leaks, told):
    rows = [{"fold": fold, "leaks": count} for fold, count in zip("bcde", leaks, strict=False)]
    assert [row["fold"] for row in choose_shares({"leaks": rows})] == told


def test_cards_of_what_cannot_be_are_left_out(hashed_and_clusters):
    cards, sentence = read_cards(show(*hashed_and_clusters([0, 0])))
    assert list(cards) == ["images", "cluster", "cluster of look-alikes", "doubtful", "pairs missed", "problems"]
    assert sentence == "One cluster of look-alikes was found."


def group(ids, groups):
    clusters = pd.DataFrame({"cluster_id": ids, "fold": "all", "hash": "00", "filename": [*map(str, range(len(ids)))]})
    return describe_groups(clusters, clusters.assign(group_id=groups)).data


def test_groups_that_join_clusters_are_told():
    assert group([0, 0, 1, 2], [0, 0, 1, 2]) == "All pairs together connect 2 images to **1 group** of two or more."
    assert "2 groups join clusters that the rule left apart." in group([0, 1, 2, 3, 4], [0, 0, 1, 1, 2])
    assert "1 group joins" in group([0, 1, 2], [0, 0, 1])
    assert "0 images to **0 groups**" in group([], [])


def test_a_group_of_more_than_a_twentieth_is_told_with_the_remedy():
    large = [0] * 6 + list(range(1, 100))
    assert "Group 0 holds 6 images, 5.7 % of all" in group(large, large)
    assert 'looked["kind"].isin(la.CONFIRMED)' in group(large, large)
    assert "Group" not in group(large[1:], large[1:])
    assert "Group" not in group([0, 0, 1], [0, 0, 1]), "a pair is never large"


@pytest.fixture
def judged(hashed_and_clusters):
    """judged(kinds): four clusters of two whose later images joined so, and a singleton; the pairs as looked at."""

    def make(kinds):
        hashed, clusters = hashed_and_clusters([0, 0, 1, 1, 2, 2, 3, 3, 4], quality=[100] * 8 + [0])
        looked = pd.DataFrame({"earlier": [0, 2, 4, 6], "later": [1, 3, 5, 7], "distance": 0, "kind": kinds})
        looked["score"] = 0.5
        return hashed, add_kinds(hashed, clusters, looked), looked

    return make


def test_cards_of_what_the_second_look_says(judged):
    hashed, clusters, looked = judged(["look-alike", "near copy", None, "look-alike"])
    beyond = {"earlier": [0, 0, 2, 0, 4], "later": [8, 2, 6, 1, 8], "distance": [10, 14, 9, 12, 12], "score": 0.95}
    kinds = ["near copy", "same pixels", "near copy", "near copy", "look-alike"]
    looked = pd.concat([looked, pd.DataFrame(beyond | {"kind": kinds})])
    cards, _ = read_cards(show(hashed, clusters, looked))
    assert (cards["doubtful"], cards["pairs missed"], cards["flat image"]) == ("2", "2", "1")
    assert read_cards(show(hashed, clusters, looked, below=13))[0]["pair missed"] == "1"


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        (["same file", "same pixels", "near copy", "look-alike"], "^Of 4 clusters of two or more, .* confirms 3; 1 it"),
        (["look-alike"] * 4, "confirms 0; 4 it calls look-alikes"),
        (["near copy", None, None, None], "confirms 1; 0 it calls"),
    ],
)
def test_describe_kinds(judged, kinds, sentence):
    assert re.search(sentence, describe_kinds(judged(kinds)[1]).data)


@pytest.mark.parametrize("ids", [[], [0], [0, 1]])
def test_describe_kinds_without_look_alikes(make_clusters, ids):
    clusters = make_clusters(ids).assign(kind=None, score=None)
    assert describe_kinds(clusters).data == "There is no cluster of two or more, so there is nothing to confirm."


def test_large_numbers_are_grouped(hashed_and_clusters):
    assert read_cards(show(*hashed_and_clusters(range(1_500))))[0]["images"] == "1,500"


@pytest.mark.parametrize(
    ("ids", "unreadable", "sentence"),
    [
        ([], 0, "There are no images here."),
        ([], 3, "None of the images could be read; the reasons are listed among the problems."),
        ([0], 0, "No two of the readable images are look-alikes at this threshold."),
        ([0, 1, 2], 1, "No two of the readable images are look-alikes at this threshold."),
    ],
)
def test_results_without_look_alikes_end_well(hashed_and_clusters, ids, unreadable, sentence):
    cards, said = read_cards(show(*hashed_and_clusters(ids, unreadable)))
    assert said == sentence
    assert int(cards.get("images", cards.get("image"))) == len(ids) + unreadable


def test_a_share_tells_how_many_copies_other_views_alone_confirm():
    told = tell_confirmed({"confirmed": 7, "hidden": 5, "connected": 2})
    views = "5 of these by another view of the picture alone"
    assert told == f"7 are confirmed copies; {views}; 2 more connected through others only"
    assert tell_confirmed({"confirmed": 7, "hidden": 0}) == "7 are confirmed copies"
