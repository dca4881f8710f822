import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from lookalikes.judging.kinds import add_kinds
from lookalikes.showing.summary import describe_clusters, describe_kinds, describe_sizes, show_summary


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


def test_cards(hashed_and_clusters):
    hashed, clusters = hashed_and_clusters(
        [0, 0, 1, 1, 2],
        unreadable=1,
        fold=["train", "test", "train", "train", "test"],
        label=["a", "b", "a", "a", "a"],
        hash=["00", "00", "ff", "fe", "0f"],
    )
    cards, sentence = read_cards(show_summary(hashed, clusters))
    assert cards == {
        "images": "6",
        "clusters": "3",
        "clusters of look-alikes": "2",
        "leak": "1",
        "label conflict": "1",
        "problem": "1",
    }
    assert sentence == "2 groups of look-alikes were found."


def test_cards_of_what_cannot_be_are_left_out(hashed_and_clusters):
    cards, sentence = read_cards(show_summary(*hashed_and_clusters([0, 0])))
    assert cards == {"images": "2", "cluster": "1", "cluster of look-alikes": "1", "problems": "0"}
    assert sentence == "One group of look-alikes was found."


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
    cards, _ = read_cards(show_summary(hashed, clusters, looked))
    assert (cards["doubtful"], cards["pairs missed"], cards["flat image"]) == ("2", "2", "1")
    assert read_cards(show_summary(hashed, clusters, looked, below=13))[0]["pair missed"] == "1"
    cards, _ = read_cards(show_summary(hashed, clusters))
    assert "flat image" in cards and not {"doubtful", "pair missed", "pairs missed"} & {*cards}


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
    assert read_cards(show_summary(*hashed_and_clusters(range(1_500))))[0]["images"] == "1,500"


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
    cards, said = read_cards(show_summary(*hashed_and_clusters(ids, unreadable)))
    assert said == sentence
    assert int(cards.get("images", cards.get("image"))) == len(ids) + unreadable
