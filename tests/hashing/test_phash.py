"""The hash in its eight orientations, and the quality of a picture."""

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageDraw

from lookalikes.hashing.phash import FLAT_BELOW, hash_greys, measure_quality
from lookalikes.hashing.shrinking import shrink_to_grey

TURNS = [  # by EXIF orientation, from 2
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.ROTATE_180,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
]


def draw(seed, size=(320, 240)):
    """A smooth picture of random colours, as a photograph out of focus."""
    cells = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def hash_in_all_orientations(picture):
    text = hash_greys(shrink_to_grey(picture, 32)[None], 8, turned=True)[0]
    return [text[start : start + 16] for start in range(0, 128, 16)]


@pytest.mark.parametrize("seed", range(12))
def test_flips_hash_bit_for_bit_as_the_flipped_picture(seed):
    picture = draw(seed, size=[(320, 240), (240, 320), (97, 203), (500, 375)][seed % 4])
    hashes = hash_in_all_orientations(picture)
    assert hashes[0] == str(imagehash.phash(picture))
    for turn, found in zip(TURNS[:3], hashes[1:4], strict=True):
        assert found == str(imagehash.phash(picture.transpose(turn)))


def test_transposed_hashes_differ_in_a_fraction_of_a_bit():
    distances = []
    for seed in range(25):
        picture = draw(seed)
        for turn, found in zip(TURNS[3:], hash_in_all_orientations(picture)[4:], strict=True):
            distances.append(imagehash.hex_to_hash(found) - imagehash.phash(picture.transpose(turn)))
    assert np.mean(distances) < 0.5
    assert max(distances) <= 4


def quality(grey):
    return measure_quality(grey[None])[0]


def test_blank_pictures_have_no_quality():
    assert quality(np.full((32, 32), 255, np.uint8)) == 0
    assert quality(np.zeros((64, 64), np.uint8)) == 0


def test_quality_counts_the_differences_in_percent():
    edge = np.zeros((64, 64), np.uint8)
    edge[:, 32:] = 51  # 64 differences of 20 %
    assert quality(edge) == 64 * 20 // 90
    edge[:, 32:] = 255
    assert quality(edge) == 64 * 100 // 90
    assert quality(np.indices((64, 64)).sum(0).astype(np.uint8) % 2 * 255) == 100


def test_nearly_blank_pictures_are_flat_and_others_are_not():
    def see(picture):
        return quality(shrink_to_grey(picture, 32))

    page = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(page).text((20, 20), "page 12", fill="black")
    noise = np.random.default_rng(0).normal(128, 10, (300, 400)).clip(0, 255).astype(np.uint8)
    assert see(page) < FLAT_BELOW
    assert see(Image.fromarray(noise)) < FLAT_BELOW
    assert (
        see(Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 12), np.uint8)).resize((400, 300)))
        >= FLAT_BELOW
    )
