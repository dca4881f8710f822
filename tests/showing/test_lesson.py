"""What the lesson draws: its numbers stand in the alternative texts."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lookalikes.showing import lesson


def list_texts(html) -> list[str]:
    return re.findall(r'alt="([^"]*)"', html.data)


def test_pictures_of_every_kind_tell_what_they_hold(paint):
    bits = np.arange(64).reshape(8, 8) < 16
    shown = lesson.show_pictures(
        ("original", paint(96, 72)), ("grey", np.array([[0, 200]], np.uint8)), ("differ", bits, 16),
        ("corner", np.array([[1000.0, -3.0], [np.nan, 2.0]])),
    )  # fmt: skip
    assert list_texts(shown) == [
        "the original (a picture of 96×72 pixels)",
        "in grey (2×1 grey pixels, from 0 to 200)",
        "bits that differ: 16 (16 of 64 bits are ones; in hexadecimal digits ffff000000000000)",
        "the 8×8 coarsest coefficients (2×2 values, from -3 to 1,000)",
    ]


def test_a_caption_that_is_not_in_the_catalogue_is_an_error():
    with pytest.raises(KeyError, match=r"lesson\.caption\.nothing"):
        lesson.show_pictures(("nothing", np.zeros((8, 8), bool)))


def test_ones_are_blue_and_what_is_transparent_stays_so():
    drawn = np.asarray(lesson.draw(np.eye(8, dtype=bool)))
    assert drawn[12, 12].tolist() == [59, 110, 168] and drawn[12, 36].tolist() == [243, 241, 236]
    assert lesson.draw(Image.new("RGBA", (9, 9), (0, 0, 0, 0))).getpixel((0, 0)) == (0, 0, 0, 0)


def test_parts_count_their_own_differences():
    html = lesson.show_parts("10110010", "10010111", parts=2).data
    assert re.findall(r"<small>(.*?)</small>", html) == ["the first"] * 2 + ["1 bit differs", "2 bits differ"]
    assert html.count("<mark>") == 3


def test_arrivals_stand_in_the_row_of_their_cluster(paint):
    html = lesson.show_arrivals([paint(seed=seed) for seed in range(3)], [0, 1, 0], [None, None, 1]).data
    rows = [re.findall(r"founds it|joins at 1 bit|<td></td>", row) for row in html.split("<tr>")[2:]]
    assert rows == [["founds it", "<td></td>", "joins at 1 bit"], ["<td></td>", "founds it", "<td></td>"]]


def test_groupings_give_equal_letters_to_a_group(paint):
    html = lesson.show_groupings([paint(), paint(seed=1)], {"single": [0, 0], "complete": [0, 1]}).data
    assert re.findall(r"<td[^>]*>(\w)</td>", html) == ["A", "A", "A", "B"]


def test_charts_tell_their_numbers():
    (text,) = list_texts(lesson.show_bars("drawn", {0: 3, 2: 1234}, expected={0: 2.5, 2: 1200.0}))
    assert text == "A million random pairs. pairs by distance (bits): 0: 3; 2: 1,234."
    table = pd.DataFrame({"clusters": [2.0, 4.0], "members": [np.nan, 9.0]}, index=[2, 4])
    (text,) = list_texts(lesson.show_lines("thresholds", table))
    assert "clusters of two or more: 2: 2; 4: 4. images in them: 4: 9" in text
    assert "clusters of two or more: 2: 2" in list_texts(lesson.show_lines("loop", table, log=True))[0]
    rows = pd.DataFrame({"phash": [3.0]}, index=pd.MultiIndex.from_tuples([("turned", 10)]))
    assert "turn 10°: phash 3" in list_texts(lesson.show_heatmap("survives", rows))[0]


def test_rows_round_and_separate():
    table = pd.DataFrame({"pairs": [499_500], "by_chance": [0.000359123]}, index=pd.Index([1_000], name="images"))
    assert re.findall(r"<bdi>(.*?)</bdi>", lesson.show_rows(table).data) == ["1,000", "499,500", "0.000359"]
