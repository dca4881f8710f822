"""The hash that the playground computes, in a real browser: it is that of imagehash, bit for bit."""

import base64
from importlib.resources import files

import imagehash
import numpy as np
import pytest
import scipy.fftpack
from PIL import Image

import lookalikes as la
from browser import browser  # noqa: F401
from lookalikes.hashing.shrinking import ORDERS, find_order

FOLDER = files("lookalikes.showing") / "templates" / "playground"
HASH = (FOLDER / "hash.js").read_text(encoding="utf-8")
SIZES = [
    (32, 32), (1, 1), (1, 900), (900, 1), (31, 33), (32, 200), (200, 32), (20, 32), (20, 33), (2, 201), (40, 49),
    (100, 169), (150, 269), (640, 480), (333, 1001), (1024, 17), (5, 7), (64, 64),
]  # fmt: skip


@pytest.fixture(scope="module")
def hash_picture(browser):  # noqa: F811
    """hash_picture(image): what the page's script makes of the picture's pixels."""
    page = browser.new_page()
    page.evaluate(HASH + "\nglobalThis.hashPixels = hashPixels; null")  # a function would be called
    order = list(ORDERS.values()).index(find_order())

    def hash_picture(image):
        pixels = base64.b64encode(image.convert("RGBA").tobytes()).decode()
        return page.evaluate(
            """([text, width, height, order]) =>
            ({...hashPixels(Uint8Array.from(atob(text), byte => byte.charCodeAt(0)), width, height, order), grey: null})
            """,
            [pixels, *image.size, order],
        )

    yield hash_picture
    page.close()


def differ(image, told):
    """What the script told of a picture that is otherwise than `imagehash` has it; nothing where it is undecided."""
    pixels = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
    waves = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)[:8, :8].ravel()
    assert np.abs(waves - told["waves"]).max() < 1e-9
    assert told["undecided"] == (np.abs(waves - np.median(waves)) < 1e-6).sum()
    return not told["undecided"] and told["text"] != str(imagehash.phash(image))


def test_the_hash_of_each_photo_of_the_sample_is_that_of_imagehash(hash_picture):
    hashed = la.hash_images(la.read_folds(la.make_sample()), cache=False).dropna(subset="hash")
    decided = 0
    for path in hashed["path"]:
        image = Image.open(path).convert("RGB")
        told = hash_picture(image)
        assert not differ(image, told), path
        decided += not told["undecided"]
    assert decided >= 115


def test_the_hash_of_random_pictures_of_many_sizes_is_that_of_imagehash(hash_picture, paint):
    rng = np.random.default_rng(0)
    sizes = SIZES + [tuple(map(int, rng.integers(1, 700, 2))) for _ in range(60)]
    decided = 0
    for seed, (width, height) in enumerate(sizes):
        noise = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for image in (noise, paint(width, height, seed=seed)):
            told = hash_picture(image)
            assert not differ(image, told), (width, height)
            decided += not told["undecided"]
    assert decided > len(sizes)


@pytest.mark.parametrize("color", ["black", "white", "#7f1234"])
def test_a_blank_picture_is_told_as_undecided(hash_picture, color):
    assert hash_picture(Image.new("RGB", (50, 40), color))["undecided"] > 50
