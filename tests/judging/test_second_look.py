import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageOps

from lookalikes.clustering.pairs import find_pairs
from lookalikes.hashing.images import hash_images
from lookalikes.judging import looking
from lookalikes.judging.likeness import COLOUR_SIDE, LOOK, SIDE, score_looks
from lookalikes.judging.orienting import turn
from lookalikes.judging.second_look import CUT, KINDS, look_again

PETS = Path(__file__).parents[3] / "shared" / "data" / "pets"


def draw(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    """A picture of blots, large and small, another one for each seed."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(random.integers(60, 200, 3).tolist()))
    for radius in np.geomspace(size[0] / 4, size[0] / 40, 60):
        x, y = random.uniform(0, size[0]), random.uniform(0, size[1])
        colour = tuple(random.integers(0, 256, 3).tolist())
        ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return picture


def compare(one: Path, other: Path, **columns: int) -> pd.Series:
    """The row of `look_again` for the two files as a pair, at distance 0 unless told otherwise."""
    hashed = pd.DataFrame({"filename": [one.name, other.name], "path": [str(one), str(other)]})
    return look_again(hashed, pd.DataFrame({"earlier": [0], "later": [1], "distance": [0], **columns})).iloc[0]


@pytest.fixture
def original(tmp_path: Path) -> Path:
    draw(1).save(tmp_path / "original.png")
    return tmp_path / "original.png"


def save(picture: Image.Image, original: Path, name: str, **options: object) -> Path:
    picture.save(original.with_name(name), **options)
    return original.with_name(name)


def test_equal_bytes_are_the_same_file(original, tmp_path):
    shutil.copy(original, tmp_path / "again.png")
    row = compare(original, tmp_path / "again.png")
    assert (row["kind"], row["score"]) == ("same file", pytest.approx(1))


@pytest.mark.parametrize("name", ["again.bmp", "again.tif", "again.webp", "smaller.png"])
def test_equal_pixels_in_another_file(original, name):
    options = {"lossless": True} if name.endswith("webp") else {"compress_level": 9} if name.endswith("png") else {}
    row = compare(original, save(draw(1), original, name, **options))
    assert (row["kind"], row["score"]) == ("same pixels", pytest.approx(1))


def test_a_palette_and_an_opaque_alpha_channel_keep_the_pixels(original):
    few = draw(1).quantize(48)
    palette = save(few, original, "palette.png")
    for mode in ("RGB", "RGBA"):
        assert compare(palette, save(few.convert(mode), original, f"{mode}.png"))["kind"] == "same pixels"
    assert compare(palette, original)["kind"] == "near copy"


def test_one_pixel_less_is_not_the_same_pixels(original):
    changed = draw(1)
    changed.putpixel((0, 0), (1, 2, 3))
    assert compare(original, save(changed, original, "changed.png"))["kind"] == "near copy"
    assert compare(original, save(draw(1).crop((0, 0, 200, 149)), original, "cut.png"))["kind"] == "near copy"


EDITS = {
    "JPEG 30": lambda picture: picture,
    "half the size": lambda picture: picture.resize((100, 75)),
    "brighter": lambda picture: picture.point(lambda level: min(255, level * 1.3)),
    "grey": ImageOps.grayscale,
    "cropped": lambda picture: picture.crop((10, 6, 196, 140)),
    "bordered": lambda picture: ImageOps.expand(picture, 8, "white"),
    "captioned": lambda picture: ImageOps.expand(picture, (0, 0, 0, 18), "black"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_a_near_copy(original, edit):
    row = compare(original, save(EDITS[edit](draw(1)), original, "edited.jpg", quality=30))
    assert row["kind"] == "near copy"
    assert CUT <= row["score"] <= 1


def test_jpegs_decoded_at_a_fraction_of_their_size_look_the_same(original):
    large = draw(1, (1200, 900))
    row = compare(save(large, original, "large.png"), save(large, original, "large.jpg", quality=90), distance=2)
    assert row["kind"] == "near copy"
    assert row["score"] > 0.98


def test_different_pictures_are_look_alikes(original):
    rows = [compare(original, save(draw(seed), original, "other.png")) for seed in range(2, 12)]
    assert {row["kind"] for row in rows} == {"look-alike"}
    assert max(row["score"] for row in rows) < 0.6


def test_of_the_same_shapes_in_other_colours_a_part_differs(original):
    luma, blue, red = draw(1).convert("YCbCr").split()
    recoloured = Image.merge("YCbCr", (luma, ImageOps.invert(blue), ImageOps.invert(red))).convert("RGB")
    assert compare(original, save(recoloured, original, "recoloured.png"))["kind"] == "part differs"


@pytest.mark.parametrize(("first", "second", "kind"), [
    ("white", "white", "same pixels"), ("white", (250, 250, 250), "near copy"), ("white", "black", "look-alike"),
    ("red", "lime", "look-alike"),
])  # fmt: skip
def test_blank_pictures_are_compared_by_their_colour(original, first, second, kind):
    one = save(Image.new("RGB", (120, 80), first), original, "one.png")
    other = save(Image.new("RGB", (120, 80), second), original, "other.bmp")
    row = compare(one, other)
    assert row["kind"] == kind
    assert 0 <= row["score"] <= 1


def test_a_blank_picture_is_not_a_copy_of_a_full_one(original):
    assert compare(original, save(Image.new("RGB", (200, 150), "grey"), original, "blank.png"))["kind"] == "look-alike"


def test_hidden_colours_under_transparency_do_not_count(original):
    shape = Image.new("L", (200, 150))
    ImageDraw.Draw(shape).ellipse((30, 30, 120, 120), fill=255)
    pictures = [Image.new("RGB", shape.size, "black"), draw(1)]
    pictures[1].paste("black", mask=shape)
    paths = []
    for place, picture in enumerate(pictures):
        picture.putalpha(shape)
        paths.append(save(picture, original, f"{place}.png"))
    assert compare(*paths)["kind"] == "near copy"


def test_files_that_vanished_or_broke_leave_their_pairs_open(tmp_path):
    names = [f"{place}.jpg" for place in range(4)]
    for name in names:
        draw(1).save(tmp_path / name)
    hashed = pd.DataFrame({"filename": names, "path": [str(tmp_path / name) for name in names]})
    (tmp_path / "1.jpg").unlink()
    (tmp_path / "2.jpg").write_bytes((tmp_path / "2.jpg").read_bytes()[:3000])
    pairs = pd.DataFrame({"earlier": [0, 0, 0, 1], "later": [1, 2, 3, 3], "distance": [0, 2, 0, 2]}, index=[5, 6, 7, 8])
    seen = look_again(hashed, pairs)
    for column in ("score", "kind"):
        assert seen[column].isna().tolist() == [True, True, False, True]
    assert seen["kind"].dropna().tolist() == ["same file"]
    pd.testing.assert_frame_equal(seen[pairs.columns], pairs)


def test_no_pairs():
    pairs = pd.DataFrame({"earlier": [], "later": [], "distance": []}, dtype="int64")
    seen = look_again(pd.DataFrame({"filename": ["a.jpg"], "path": ["nowhere/a.jpg"]}), pairs)
    assert seen.columns.tolist() == ["earlier", "later", "distance", "score", "kind", "part", "reframed"]
    assert seen.empty
    assert seen["score"].dtype == float


def test_only_the_images_in_pairs_are_read(original):
    hashed = pd.DataFrame({"path": [str(original), None, str(original)], "filename": ["a", "b", "c"]})
    seen = look_again(hashed, pd.DataFrame({"earlier": [0], "later": [2], "distance": [0]}))
    assert seen["kind"].tolist() == ["same file"]


def test_another_executor_gives_the_same(original):
    names = ["original.png", "again.jpg", "other.jpg"]
    draw(1).save(original.with_name("again.jpg"))
    draw(2).save(original.with_name("other.jpg"))
    hashed = pd.DataFrame({"filename": names, "path": [str(original.with_name(name)) for name in names]})
    pairs = pd.DataFrame({"earlier": [0, 0], "later": [1, 2], "distance": [2, 8]})
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        elsewhere = look_again(hashed, pairs, executor=executor)
    pd.testing.assert_frame_equal(elsewhere, look_again(hashed, pairs))
    assert elsewhere["kind"].tolist() == ["near copy", "look-alike"]


@pytest.fixture
def copies(original: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two broken files of equal bytes, a picture in eight copies and in another format, as images and pairs: each
    broken one with the other, each good one with the first.
    """
    names = ["broken 1.png", "broken 2.png", *(f"copy {number}.png" for number in range(8)), "same pixels.bmp"]
    for name in names[:-1]:
        original.with_name(name).write_bytes(original.read_bytes()[: 4000 if "broken" in name else None])
    save(draw(1), original, names[-1])
    hashed = pd.DataFrame({"filename": names, "path": [str(original.with_name(name)) for name in names]})
    return hashed, pd.DataFrame({"earlier": [0] + [2] * 8, "later": [1, *range(3, 11)], "distance": 0})


def test_files_of_equal_bytes_are_decoded_once_together(copies, monkeypatch):
    decoded, digest = [], looking._digest_pixels
    monkeypatch.setattr(looking, "_digest_pixels", lambda image: decoded.append(image) or digest(image))
    seen = look_again(*copies)
    assert len(decoded) == 3
    assert seen["kind"].isna().tolist() == [True] + [False] * 8
    assert seen["kind"].tolist()[1:] == ["same file"] * 7 + ["same pixels"]
    assert seen["score"].tolist()[1:] == pytest.approx([1] * 8)


def test_another_executor_says_the_same_of_files_of_equal_bytes(copies):
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        pd.testing.assert_frame_equal(look_again(*copies, executor=executor), look_again(*copies))


TURNS = dict(zip(range(2, 9), (
    Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90,
), strict=True))  # fmt: skip


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_is_heeded(original, orientation):
    """Stored turned, with EXIF that turns it back: the same when upright. Without the EXIF: only when told the turn."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = draw(1).transpose(TURNS[{6: 8, 8: 6}.get(orientation, orientation)])
    for suffix in ("jpg", "png", "tif"):
        assert compare(original, save(turned, original, f"tagged.{suffix}", exif=exif))["score"] >= CUT
    bare = save(turned, original, "bare.jpg")
    assert compare(original, bare)["score"] < CUT
    assert compare(original, bare, view=orientation - 1)["score"] >= CUT


@pytest.mark.parametrize("orientation", TURNS)
def test_turn_is_what_exif_says(orientation):
    picture = draw(1).convert("L")
    assert np.array_equal(turn(np.asarray(picture), orientation), np.asarray(picture.transpose(TURNS[orientation])))


def test_the_same_stored_pixels_with_another_exif_orientation(original):
    exif = Image.Exif()
    exif[0x0112] = 6
    tagged = save(draw(1), original, "tagged.png", exif=exif)
    assert compare(original, tagged)["kind"] == "same pixels"


def make_look(grey: np.ndarray, colour: np.ndarray) -> np.ndarray:
    look = np.zeros(1, LOOK)
    look["grey"], look["colour"], look["turn"] = grey, colour, 1
    return look


looks = st.builds(
    make_look,
    hnp.arrays(np.uint8, (SIDE, SIDE), elements=st.integers(0, 255)),
    hnp.arrays(np.uint8, (2, COLOUR_SIDE, COLOUR_SIDE), elements=st.integers(0, 255)),
)


def make_dot(y: int, x: int) -> np.ndarray:
    """Nearly blank: one bright dot of two pixels on black."""
    grey = np.zeros((SIDE, SIDE), np.uint8)
    grey[y, x : x + 2] = 255
    return make_look(grey, np.zeros((2, COLOUR_SIDE, COLOUR_SIDE), np.uint8))


@settings(max_examples=50, deadline=None)
@given(looks, looks, st.sampled_from(range(1, 9)))
@example(make_dot(3, 21), make_dot(60, 21), 1)
def test_any_score_is_from_0_to_1_and_1_for_itself(first, second, orientation):
    for one, other in ((first, second), (second, first)):
        score = score_looks(one, other, np.array([orientation])).score[0]
        assert 0 <= score <= 1
    assert score_looks(first, first, np.array([1])).score[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.skipif(not PETS.is_dir(), reason=f"needs {PETS.parent.parent.name}/data/pets beside the repository")
def test_pets_copies_are_confirmed_and_no_others():
    groups = json.loads((PETS / "copies.json").read_text())["groups"]
    group_of = {name: place for place, names in enumerate(groups) for name in names}
    names = sorted(path.relative_to(PETS).as_posix() for path in PETS.rglob("*.jpg"))
    hashed = hash_images(pd.DataFrame({"filename": names, "path": [str(PETS / name) for name in names]}))
    seen = look_again(hashed, find_pairs(hashed, below=17))
    group = hashed["filename"].map(group_of).to_numpy()
    copies = group[seen["earlier"]] == group[seen["later"]]
    assert copies.sum() >= 36
    assert (seen.loc[copies, "kind"] != "look-alike").all()
    assert set(seen["kind"]) <= set(KINDS)
    assert (seen.loc[~copies, "kind"] == "look-alike").mean() >= 0.99
