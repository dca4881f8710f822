"""One picture laid onto another."""

import numpy as np
import pytest
from scipy import ndimage

from lookalikes.judging.aligning import refine

SIDES = 277, 269  # neither a multiple of the factors


@pytest.fixture(scope="module")
def picture():
    noise = np.random.default_rng(3).normal(size=(SIDES[1] + 40, SIDES[0] + 40))
    smooth = sum(ndimage.gaussian_filter(noise, width) * width for width in (2, 5, 12))
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize(("more", "below"), [(0, 3), (3, 0), (1, 2), (23, 17)])
def test_a_fit_holds_up_to_the_last_column_and_row(picture, factor, more, below):
    """The second shows as many columns `more` at the right, and rows `below`, as the first."""
    width, height = SIDES
    first, second = picture[:height, :width].copy(), picture[: height + below, : width + more].copy()
    scales = width / (width + more), height / (height + below)
    rough = np.array([[scales[0], 0, scales[0] - 1], [0, scales[1], scales[1] - 1]]) + 0.004
    found = refine(first, second, rough, factor, 1)
    for u, v in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        across, down = found @ (u, v, 1)
        place = (across + 1) / 2 * (width + more), (down + 1) / 2 * (height + below)
        assert place == pytest.approx(((u + 1) / 2 * width, (v + 1) / 2 * height), abs=0.25), (u, v)
