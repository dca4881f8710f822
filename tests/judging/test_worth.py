"""What a match is worth: floors on drawn templates, edits and photographs that the second look was not tuned on.

And what it costs. All seeds are fixed.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from lookalikes import look_again
from lookalikes.hashing.images import hash_images
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.second_look import CUT

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MILD = {
    "resize 62 %",
    "JPEG 40",
    "WebP 35",
    "brightness × 0.85",
    "gamma 1.3",
    "cold",
    "noise and JPEG 60",
    "blur 0.2 %",
}
CROPS = {"crop 4 % of the left", "crop 3 % of each side"}
STUCK_ON = {"blue stamp", "white sticker", "bar with a line", "white bar across the top", "black box"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmarks():
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def held(benchmarks, shared):
    """The pairs of drawers, edits and photographs that were held back from tuning, as the second look judges them."""
    import calibrate_parts

    return calibrate_parts.judge(calibrate_parts.make_cases(photos=20, layouts=12, held=True))


@pytest.mark.parametrize(("kind", "most"), [
    ("form", 0.02), ("chart", 0.02), ("slide", 0.02), ("meme", 0.02), ("receipt", 0.05), ("packshot", 0.1),
])  # fmt: skip
def test_one_template_with_other_content_is_no_near_copy(held, kind, most):
    some = held[(held["kind of picture"] == kind) & held["differs"]]
    assert len(some) >= 36
    assert (some["kind"] == "near copy").mean() <= most


def test_what_is_stamped_barred_or_stickered_is_called_a_part_that_differs(held):
    some = held[held["edit"].isin(STUCK_ON)]
    assert len(some) >= 180
    assert (some["kind"] == "part differs").mean() >= 0.95


def test_what_was_edited_mildly_is_still_a_near_copy(held):
    some = held[held["edit"].isin(MILD | CROPS)]
    assert len(some) >= 500
    assert (some["kind"] == "near copy").mean() >= 0.97


def test_photographs_turned_by_three_degrees_are_found(benchmarks, shared, tmp_path):
    import calibrate_parts

    paths = [str(path) for _, path in calibrate_parts.list_photos(30, held=True)]
    for place, path in enumerate(paths):
        Image.open(path).convert("RGB").rotate(3, Image.Resampling.BICUBIC).save(tmp_path / f"{place}.jpg", quality=90)
    turned = [str(tmp_path / f"{place}.jpg") for place in range(len(paths))]
    pairs = pd.DataFrame({"earlier": range(len(paths)), "later": range(len(paths), 2 * len(paths)), "distance": 2})
    looked = look_again(pd.DataFrame({"path": paths + turned}), pairs)
    assert len(looked) >= 50
    assert (looked["score"] >= CUT).mean() >= 0.95
    assert (looked["kind"] == "near copy").mean() >= 0.9


def test_no_two_different_photographs_are_copies(benchmarks, shared, tmp_path):
    """Those of the pets and clothes, and edits of 25 of each, within 16 bits of each other."""
    import calibrate

    pictures = calibrate.list_pictures([shared / "data" / "pets", shared / "data" / "clothing"])
    edits = calibrate.make_edits(pictures, 25, str(tmp_path))
    images = pd.concat([pictures, edits], ignore_index=True)
    hashed = hash_images(images.assign(filename=images["path"]))
    pairs = calibrate.list_pairs(hashed)
    looked = look_again(hashed, pairs[~pairs["copy"]])
    assert len(looked) >= 1_000
    assert not looked["kind"].isin(CONFIRMED).any()


def test_many_pairs_above_the_cut_take_less_than_a_gigabyte(benchmarks, shared, tmp_path):
    """15,000 pairs of photographs with another JPEG of them, each image a file of its own."""
    from measuring import measure_growth

    growth = measure_growth(prepare_many, look_at_many, shared / "data", tmp_path)
    assert growth < 1_000


def prepare_many(data: Path, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """15,000 photographs of 400×533 or 180×180 pixels, each saved twice; the pairs of both files."""
    photos = [*sorted((data / "clothing").glob("*/*.jpg"))[:375], *sorted((data / "pets").glob("*/*.jpg"))[:375]]

    def save(place: int) -> None:
        with Image.open(photos[place // 20]) as image:
            picture = image.convert("RGB").crop((place % 20, 0, image.width, image.height))
        for copy, quality in enumerate((88, 70)):
            picture.save(folder / f"{place}-{copy}.jpg", quality=quality)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(save, range(15_000)))
    paths = [str(folder / f"{place}-{copy}.jpg") for place in range(15_000) for copy in range(2)]
    pairs = pd.DataFrame({"earlier": range(0, 30_000, 2), "later": range(1, 30_000, 2), "distance": 2})
    hashed = pd.DataFrame({"path": paths})
    look_again(hashed, pairs.head(100))  # compiles
    return hashed, pairs


def look_at_many(prepared: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    looked = look_again(*prepared)
    assert (looked["kind"] == "near copy").mean() > 0.97
