from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalikes.hashing import shrinking
from lookalikes.hashing.shrinking import ORDERS, find_order, shrink


def shrink_with_pillow(grey, size):
    return np.asarray(Image.fromarray(grey).resize((size, size), Image.Resampling.LANCZOS))


def shrink_pass_by_pass(grey, size, order):
    """The same in that order, whatever Pillow is in use: a single pass comes out alike in all of them."""
    height, width = grey.shape
    between = (width, size) if order(height, width, size) else (size, height)
    picture = Image.fromarray(grey).resize(between, Image.Resampling.LANCZOS)
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS))


def draw(width, height, seed, kind):
    random = np.random.default_rng(seed)
    if kind == "black and white":  # the sharpest edges overshoot, and so meet the limits of 8 bits
        return random.integers(2, size=(height, width), dtype=np.uint8) * np.uint8(255)
    if kind == "flat":
        return np.full((height, width), random.integers(256), np.uint8)
    return random.integers(256, size=(height, width), dtype=np.uint8)


def assert_same(grey, size):
    before = grey.copy()
    for order in ORDERS.values():
        shrunk = shrink(grey, size, order=order)
        assert shrunk.dtype == np.uint8 and np.array_equal(grey, before)
        np.testing.assert_array_equal(shrunk, shrink_pass_by_pass(grey, size, order))
    np.testing.assert_array_equal(shrink(grey, size, order=find_order()), shrink_with_pillow(grey, size))


SIDES = st.integers(1, 1500) | st.integers(1, 70) | st.sampled_from([1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 257])


@settings(max_examples=120, deadline=None)
@given(
    SIDES,
    SIDES,
    st.integers(0, 99),
    st.sampled_from(["noise", "black and white", "flat"]),
    st.sampled_from([32, 64, 28, 4]),
)
@example(1, 1, 0, "noise", 32)
@example(1, 1500, 0, "black and white", 32)
@example(1500, 1, 0, "black and white", 32)
@example(32, 32, 0, "noise", 32)
@example(32, 900, 0, "noise", 32)
@example(900, 32, 0, "noise", 32)
def test_same_pixels_as_pillow(width, height, seed, kind, size):
    assert_same(draw(width, height, seed, kind), size)


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("width", [2, 4, 20, 32, 33, 64, 65, 100, 333])
def test_around_the_heights_at_which_a_pillow_starts_with_the_columns(size, width):
    for turn in {size, 2 * width - size, 100 * width if width < 5 else size}:
        for height in range(max(turn - 3, 1), max(turn + 4, 5)):
            assert_same(draw(width, height, height, "noise"), size)
            assert_same(draw(width, height, height, "black and white"), size)


def test_the_order_of_the_passes_matters():
    # Else the tests above would prove nothing of the order: each two orders differ on one of these tall pictures.
    tall = [draw(100, 400, 1, "black and white"), draw(3, 301, 1, "black and white")]
    for one, other in combinations(ORDERS.values(), 2):
        assert not all(np.array_equal(shrink(grey, 32, order=one), shrink(grey, 32, order=other)) for grey in tall)


def test_the_fast_way_is_on_with_the_pillow_in_use():
    assert find_order() in ORDERS.values()


@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
def test_the_order_is_that_of_the_pillow_in_use(order, monkeypatch):
    class Picture:
        """Pillow's, but for the order of its passes."""

        def __init__(self, grey):
            self.grey = grey

        def resize(self, size, resample):
            return shrink_pass_by_pass(self.grey, size[0], order)

    monkeypatch.setattr(shrinking, "Image", SimpleNamespace(fromarray=Picture, Resampling=Image.Resampling))
    assert find_order.__wrapped__() == order


@pytest.mark.parametrize("shape", [(4000, 50), (50, 4000), (3000, 2000)])
def test_large_pictures(shape):
    assert_same(draw(shape[1], shape[0], 3, "black and white"), 32)


def test_a_picture_of_the_size_stays_as_it_is():
    grey = draw(32, 32, 5, "noise")
    for order in ORDERS.values():
        np.testing.assert_array_equal(shrink(grey, 32, order=order), grey)


def test_another_pillow_that_shrinks_otherwise_is_followed(monkeypatch):
    monkeypatch.setattr(shrinking, "shrink", lambda grey, size, order: np.zeros((size, size), np.uint8))
    find_order.cache_clear()
    try:
        assert find_order() is None
        picture = Image.fromarray(np.random.default_rng(5).integers(0, 256, (90, 120), np.uint8))
        expected = np.asarray(picture.resize((32, 32), Image.Resampling.LANCZOS))
        assert np.array_equal(shrinking.shrink_to_grey(picture, 32), expected)
    finally:
        monkeypatch.undo()
        find_order.cache_clear()
    assert find_order() is not None
