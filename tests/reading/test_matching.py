"""Which file a CSV's value means: never one outside the fold, and none where several fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalikes.reading.matching import LOST, SEVERAL, Matcher

FILES = [
    "0001.jpg", "7.jpg", "dog/a.JPG", "cat/b.png", "cat/x.jpg", "dog/x.jpg", "c.jpg", "c.png", "D.jpg", "d.JPG",
    "e.v2.jpg", "notes.txt",
]  # fmt: skip
IMAGES = FILES[:-1]


@pytest.mark.parametrize(
    "value, place, how",
    [
        ("0001.jpg", "0001.jpg", ""),
        ("train/dog/a.JPG", "dog/a.JPG", ""),
        ("images/train/7.jpg", "7.jpg", ""),
        ("notes.txt", "notes.txt", ""),
        ("a.JPG", "dog/a.JPG", "without their folder"),
        ("0001", "0001.jpg", "by their stem"),
        ("dog/a", "dog/a.JPG", "by their stem"),
        ("b", "cat/b.png", "by their stem"),
        ("b.jpg", "cat/b.png", "by their stem"),
        ("e.v2", "e.v2.jpg", "by their stem"),
        ("DOG/A.jpg", "dog/a.JPG", "in another case"),
        ("B", "cat/b.png", "in another case"),
        ("1", "0001.jpg", "with leading zeros"),
        ("1.jpg", "0001.jpg", "with leading zeros"),
        ("007.jpg", "7.jpg", "with leading zeros"),
        ("/kaggle/input/x/train/dog/x.jpg", "dog/x.jpg", "by their base name"),
        ("C:\\data\\test\\train\\7.jpg", "7.jpg", "by their base name"),
        ("../input/7.JPG", "7.jpg", "by their base name"),
        ("https://example.org/i/cat/b.png?x=1#y", "cat/b.png", "by their base name"),
        ("other/cat/b.png", "cat/b.png", "by their base name"),
        ("x.jpg", "x.jpg", SEVERAL),
        ("c", "c", SEVERAL),
        ("d.jpg", "d.jpg", SEVERAL),
        ("dog/b.png", "dog/b.png", LOST),
        ("test/7.jpg", "test/7.jpg", LOST),
        ("/kaggle/input/test/7.jpg", None, LOST),
        ("notes", "notes", LOST),
        ("/etc/passwd", None, LOST),
        ("", None, LOST),
        ("a\0.JPG", None, LOST),
        ("..", None, LOST),
    ],
)
def test_what_a_value_means(value, place, how):
    matcher = Matcher(FILES, IMAGES, own="images/train", others={"test"})
    assert matcher.find(value) == (place, how)
    assert (value in matcher, matcher.finds(value)) == (not how, how not in (LOST, SEVERAL))


@given(st.text("ab0./\\: ?%", max_size=12))
def test_nothing_ever_leads_out(value):
    files = ["a.b", "b/a.0", "0/b/a.a"]
    place, how = Matcher(files, files, own="a", others={"b"}).find(value)
    assert place in files if how not in (LOST, SEVERAL) else place is None or ".." not in place.split("/")
    assert place is None or not place.startswith("/")
