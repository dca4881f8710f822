"""The table by threshold, the recommendation, what chance gives, and the histogram of nearest distances."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from lookalikes import find_pairs
from lookalikes.judging import thresholds
from lookalikes.judging.thresholds import (
    bound_share,
    compare_thresholds,
    expect_chance_pairs,
    recommend_threshold,
    widen,
)
from lookalikes.showing.plots import plot_nearest_distances
from lookalikes.showing.summary import describe_recommendation
from oracle import distance, plain_clusters, plain_pairs

COLUMNS = ["below", "pairs", "by_chance", "clusters", "images", "largest", "added", "looked_at", "confirmed", "share"]
COLUMNS += ["interval"]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def hashed_with(hashes):
    return pd.DataFrame({"hash": pd.Series(hashes, dtype=object)})


def compare(hashes, kinds=None, below=10):
    """The table where the pairs (earlier, later) have those kinds, and the others were not looked at."""
    hashed = hashed_with(hashes)
    pairs = find_pairs(hashed, below=widen(hashed, below=below))
    kind = [(kinds or {}).get(pair) for pair in zip(pairs["earlier"], pairs["later"], strict=True)]
    return compare_thresholds(hashed, pairs, pairs.assign(kind=pd.Series(kind, dtype=object)), below=below)


def judged(*rows):
    """A table of thresholds 2, 4, ... from (added, looked_at, confirmed)."""
    table = pd.DataFrame(rows, columns=["added", "looked_at", "confirmed"])
    return table.assign(below=range(2, 2 * len(table) + 2, 2), pairs=table["added"].cumsum())


def hash_with_ones(count, bits=64):
    return f"{(1 << count) - 1:0{bits // 4}x}"


def test_the_table_counts_what_each_threshold_adds():
    """None, none again, 4, 10 and 12 ones: the fourth bridges to the first three at a distance of 6."""
    hashes = [hash_with_ones(count) for count in (0, 0, 4, 10, 12)] + [None]
    kinds = {(0, 1): "same file", (0, 2): "near copy", (3, 4): "same pixels"}
    kinds |= {(2, 3): "look-alike", (0, 4): "look-alike"}
    table = compare(hashes, kinds)
    assert list(table.columns) == COLUMNS
    assert table.drop(columns=["by_chance", "share", "interval"]).to_numpy().tolist() == [
        [2, 1, 1, 2, 2, 1, 1, 1],
        [4, 2, 2, 4, 2, 1, 1, 1],
        [6, 3, 2, 5, 3, 1, 1, 1],
        [8, 4, 1, 5, 5, 1, 1, 0],
        [10, 5, 1, 5, 5, 1, 0, 0],
        [12, 6, 1, 5, 5, 1, 0, 0],
        [14, 7, 1, 5, 5, 1, 1, 0],
        [16, 7, 1, 5, 5, 0, 0, 0],
    ]  # fmt: skip
    assert table["share"].fillna(-1).tolist() == [1, 1, 1, 0, -1, -1, 0, -1]
    assert table["by_chance"].iloc[4] == float(f"{expect_chance_pairs(5, 8):.2g}")


def test_odd_distances_make_every_threshold_count():
    table = compare([hash_with_ones(0), hash_with_ones(3)], below=2)
    assert table["below"].tolist() == list(range(1, 9))
    assert table["pairs"].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(("below", "first", "last"), [(1, 1, 7), (9, 1, 15), (10, 2, 16), (62, 2, 65), (65, 1, 65)])
def test_the_table_holds_the_threshold_in_use_and_ends_six_bits_beyond(below, first, last):
    thresholds = compare([hash_with_ones(0)] * 2, below=below)["below"].tolist()
    assert (thresholds[0], thresholds[-1], below in thresholds) == (first, last, True)


@given(st.lists(st.none() | st.integers(0, 255), max_size=12), st.integers(1, 9), st.sampled_from([8, 256]))
@settings(deadline=None, max_examples=50)
def test_the_table_equals_plain_loops(numbers, below, bits):
    hashes = [None if number is None else f"{number:0{bits // 4}x}" for number in numbers]
    table = compare(hashes, below=below)
    for row in table.itertuples():
        ids = [cluster_id for cluster_id, *_ in plain_clusters(hashes, row.below)]
        sizes = pd.Series(ids, dtype=int).value_counts()
        assert row.pairs == len(plain_pairs(hashes, row.below))
        assert (row.clusters, row.images) == ((sizes > 1).sum(), sizes[sizes > 1].sum())
        assert row.largest == max(sizes, default=0)
    assert table["added"].cumsum().tolist() == table["pairs"].tolist()


@pytest.mark.parametrize(
    ("rows", "recommended"),
    [
        ([(5, 5, 5), (40, 40, 40), (90, 90, 9)], 4),
        ([(5, 5, 5), (12, 12, 12)], 4),  # the fewest that tell: 12 of 12 are 76 % or more
        ([(5, 5, 5), (11, 11, 11)], None),
        ([(5, 5, 5), (6, 6, 6), (6, 6, 6)], 6),  # pooled, they tell
        ([(90, 90, 90)], None),  # nothing beyond the first
        ([(90, 90, 0), (40, 40, 40)], 4),  # every threshold has the blank images
        ([(5, 5, 5), (40, 40, 40), (0, 0, 0)], 4),  # nothing added is no evidence
        ([(5, 5, 5), (40, 40, 40), (2, 0, 0)], 4),  # nor is what nobody looked at
        ([(5, 5, 5), (20, 20, 20), (500, 50, 0), (1, 1, 1)], 4),  # a lucky one beyond many mistakes
        ([(5, 5, 5), (2, 2, 1), (40, 40, 40)], 6),  # one mistake before many copies
        ([(5, 5, 5), (40, 40, 40), (10, 10, 8), (9, 9, 9)], 4),  # 57 of 59, but of the last two steps 17 of 19
        ([(5, 5, 5), (100, 10, 5), (50, 50, 50)], None),  # a sample stands for all: 50 of 150 are mistakes
        ([(5, 5, 5), (30, 30, 27)], None),  # 90 %, but perhaps only 74 %
        ([(5, 5, 5), (50, 50, 45)], 4),
        ([(0, 0, 0), (0, 0, 0)], None),
        ([], None),
    ],
)
def test_the_recommended_threshold(rows, recommended):
    assert recommend_threshold(judged(*rows)) == recommended


def test_the_interval_equals_published_ones():
    """Wilson's interval without continuity correction: Newcombe, Statistics in Medicine 17 (1998), table I."""
    for (seen, count), (low, high) in {
        (81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611), (1, 29): (0.0061, 0.1718),
    }.items():  # fmt: skip
        assert bound_share(seen / count, count) == pytest.approx((low, high), abs=5e-5)
    assert bound_share(0, 0) == (0, 1) and bound_share(1, 5)[1] == 1


def test_the_table_shows_the_interval_where_only_some_were_looked_at():
    hashes = [hash_with_ones(count) for count in (0, 2, 6, 30, 32, 60, 62)]
    table = compare(hashes, {(0, 1): "near copy", (3, 4): "look-alike"}, below=2)
    assert table["interval"].tolist() == [None, "0.09 to 0.91", None, None]
    assert compare(hashes[:2], {(0, 1): "near copy"}, below=2)["interval"].tolist() == [
        None, "all looked at", None, None,
    ]  # fmt: skip


def test_a_look_at_pairs_of_repeats_counts_as_none():
    """Both pairs of repeats were looked at, for their folds say; but the table of pairs has but one row for each."""
    hashed = hashed_with([hash_with_ones(0)] * 3)
    pairs = find_pairs(hashed, below=widen(hashed))
    looked = pd.DataFrame({"earlier": [0, 0, 1], "later": [1, 2, 2], "distance": 0, "kind": "same file"})
    table = compare_thresholds(hashed, pairs, looked)
    assert table.loc[0, ["added", "looked_at", "confirmed", "interval"]].tolist() == [2, 2, 2, "all looked at"]


@pytest.mark.parametrize(
    ("rows", "below", "words"),
    [
        (
            [(5, 5, 5), (40, 40, 40), (9, 9, 1)],
            4,
            r"The threshold in use, .*below=4.* 90% .* of the 40 .* 40 are",
        ),
        ([(5, 5, 5), (40, 40, 40), (9, 9, 1)], 2, r"\*\*below=4\*\* would find more copies than below=2"),
        ([(5, 5, 5), (40, 40, 40), (9, 9, 1)], 6, r"\*\*below=4\*\* would match fewer different pictures than below=6"),
        ([(5, 5, 5), (40, 40, 40), (0, 0, 0)], 6, r"\*\*below=4\*\*: of the 40 .* in use, below=6, finds the same"),
        ([(5, 5, 5), (40, 40, 4), (9, 9, 1)], 4, r"At no threshold .* 49 .* 5 are confirmed.* Take every match as a"),
        ([(0, 0, 0), (40, 40, 4), (9, 9, 1)], 2, "At no threshold .* with 95 % confidence.$"),  # there is no match
        (
            [(5, 5, 5), (3, 3, 3)],
            2,
            "Too few pairs to tell .*: of the 3 .* below=2, 3 are confirmed, .* 44% to 100%",
        ),
        ([(5, 5, 5), (4000, 40, 40)], 4, "of the 40 .* Of 4,005 pairs, 45 were looked at.$"),
        ([(0, 0, 0), (0, 0, 0)], 4, "No two images are near enough"),
        ([(3, 0, 0), (0, 0, 0)], 4, "judged none of the pairs"),
    ],
)
def test_one_sentence_recommends(rows, below, words):
    sentence = describe_recommendation(judged(*rows), below=below).data
    assert re.search(words, sentence), sentence


def test_chance_pairs_equal_the_design_and_a_count_of_all():
    assert expect_chance_pairs(31_000, 8) == pytest.approx(0.34, abs=0.01)
    assert expect_chance_pairs(31_000, 9) == expect_chance_pairs(31_000, 8)
    halves = [number for number in range(256) if number.bit_count() == 4]
    for most in range(9):
        near = sum((one ^ other).bit_count() <= most for one in halves for other in halves) / len(halves) ** 2
        assert expect_chance_pairs(2, most, 8) == pytest.approx(near)
    assert expect_chance_pairs(10, 256, 256) == pytest.approx(45)
    assert expect_chance_pairs(1, 8) == expect_chance_pairs(0, 8) == 0


def heights(ax):
    return [int(bar.get_height()) for bar in ax.containers[0]]


def drawn(hashes, below=10):
    hashed = hashed_with(hashes)
    return plot_nearest_distances(hashed, find_pairs(hashed, below=widen(hashed, below=below)), below=below)


def test_the_histogram_shows_each_image_once_at_its_nearest():
    ax = drawn([hash_with_ones(count) for count in (0, 0, 2, 20, 32)] + [None])
    assert heights(ax) == [2, 1, 0, 0, 0, 0, 2, 0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "2", "4", "6", "8", "10", "12", "14"]
    assert [text.get_text() for text in ax.texts] == ["2", "1", "", "", "", "", "2", ""]
    assert "threshold: below=10" in [text.get_text() for text in ax.get_legend().get_texts()]
    line = next(line for line in ax.lines if line.get_label() == "threshold: below=10")
    assert line.get_xdata()[0] == 4.5, "between 8 and 10"
    assert "0 images have no other within 14 bits." in ax.get_title("left")


@given(st.lists(st.none() | st.integers(0, 255), max_size=10))
@settings(deadline=None, max_examples=15)
def test_the_histogram_equals_plain_loops(numbers):
    hashes = [None if number is None else f"{number:02x}" for number in numbers]
    ax = drawn(hashes, below=3)
    known = [hash_ for hash_ in hashes if hash_]
    others = [known[:i] + known[i + 1 :] for i in range(len(known))]
    nearest = [min((distance(one, two) for two in some), default=99) for one, some in zip(known, others, strict=True)]
    expected = pd.Series(nearest, dtype=int).value_counts()
    shown = [int(tick.get_text()) for tick in ax.get_xticklabels()]
    assert heights(ax) == expected.reindex(shown, fill_value=0).tolist()
    assert ax.get_title("left").startswith(f"{sum(least > shown[-1] for least in nearest):,} image")
    plt.close(ax.figure)


def test_the_histogram_marks_what_chance_gives():
    """Of all 8-bit hashes with 4 ones, each has a nearest at 2: chance says so of nearly all 70."""
    ax = drawn([f"{number:02x}" for number in range(256) if number.bit_count() == 4], below=3)
    assert heights(ax) == [0, 70, 0, 0, 0]
    expected = next(line for line in ax.lines if "chance" in line.get_label()).get_ydata()
    shares = [(1 - share) ** 69 for share in (1 / 70, 17 / 70, 53 / 70)]
    assert expected[0] == pytest.approx(70 * (1 - shares[0]))
    assert expected[1:3] == pytest.approx([70 * (shares[0] - shares[1]), 70 * (shares[1] - shares[2])])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hashes", [[], [None], [hash_with_ones(3)], [hash_with_ones(0), hash_with_ones(40)]])
def test_nothing_to_compare_is_told(hashes):
    table = compare(hashes)
    assert list(table.columns) == COLUMNS
    assert table["pairs"].sum() == 0
    assert "No two images" in describe_recommendation(table).data
    ax = drawn(hashes)
    ax.figure.canvas.draw()
    assert heights(ax) == [0] * 8
    assert math.isclose(ax.get_ylim()[0], 0.5)


def test_the_axes_given_are_used_and_returned():
    ax = plt.subplots()[1]
    hashed = hashed_with([hash_with_ones(2)] * 2)
    assert plot_nearest_distances(hashed, find_pairs(hashed, below=16), ax=ax) is ax


@pytest.mark.parametrize("below", [0, 66, 2.5])
def test_a_threshold_out_of_range_is_refused(below):
    with pytest.raises(ValueError, match="below must be"):
        widen(hashed_with([hash_with_ones(2)]), below=below)


def test_where_pairs_beyond_the_threshold_are_too_many_fewer_bits_are_looked_at(monkeypatch):
    rng = np.random.default_rng(0)  # a few ones at random places: distances of some ten bits
    hashes = [f"{sum(1 << int(place) for place in set(rng.integers(64, size=6))):016x}" for _ in range(400)]
    hashes += [hash_with_ones(64), hash_with_ones(32)]
    hashed = hashed_with([*hashes, None])
    found = {below: len(find_pairs(hashed, below=below)) for below in (8, 9, 10, 11, 12, 14)}
    assert widen(hashed, below=8) == 14
    for most in (11, 10, 9):
        monkeypatch.setattr(thresholds, "MANY", (found[most] + found[most + 1]) / 2)
        assert widen(hashed, below=8) == most
    monkeypatch.setattr(thresholds, "MANY", found[8] / 2)
    assert widen(hashed, below=8) == 8
    pairs = find_pairs(hashed, below=8)
    table = compare_thresholds(hashed, pairs, pairs.assign(kind=None), below=8)
    assert table["below"].iloc[-1] == 8 and table["pairs"].iloc[-1] == len(pairs) == table["added"].sum()
    alone = len(hashes) - len({*pairs["earlier"], *pairs["later"]})
    title = plot_nearest_distances(hashed, pairs, below=8).get_title(loc="left")
    assert alone == 2 and title.startswith(f"{alone} images have no other within 7 bits")
