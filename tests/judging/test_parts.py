"""A near copy is one in every part; what differs is found, with its place in both pictures."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from lookalikes.judging import second_look
from lookalikes.judging.orienting import list_turns, turn, turn_box_back
from lookalikes.judging.second_look import look_again
from lookalikes.reporting.sample import make_sample


def draw(seed=1, size=(300, 220)):
    """A picture of blots, large and small, another one for each seed."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(random.integers(60, 200, 3).tolist()))
    for radius in np.geomspace(size[0] / 4, size[0] / 40, 80):
        x, y = random.uniform(0, size[0]), random.uniform(0, size[1])
        colour = tuple(random.integers(0, 256, 3).tolist())
        ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return picture


def stamp(picture, x=210, y=40, radius=14):
    stamped = picture.copy()
    ImageDraw.Draw(stamped).rectangle((x - radius, y - radius, x + radius, y + radius), fill=(240, 240, 0))
    return stamped


def write(picture, text):
    """The picture with a band of white below, on which the text stands."""
    captioned = ImageOps.expand(picture, (0, 0, 0, 40), "white")
    ImageDraw.Draw(captioned).text((20, picture.height + 8), text, "black", font_size=20)
    return captioned


@pytest.fixture
def compare(tmp_path):
    """compare(one, other): what `look_again` says of the two pictures, saved as they are; more columns by keyword."""

    def compare(one, other, *, suffixes=("png", "jpg"), options=({}, {}), **columns):
        paths = [str(tmp_path / f"{place}.{suffix}") for place, suffix in enumerate(suffixes)]
        for picture, path, some in zip((one, other), paths, options, strict=True):
            picture.save(path, **some)
        pairs = pd.DataFrame({"earlier": [0], "later": [1], "distance": [2], **columns})
        return look_again(pd.DataFrame({"filename": paths, "path": paths}), pairs).iloc[0]

    return compare


def assert_around(box, expected):
    """The box holds what is expected, and no more around it than a window."""
    for end, place, sign in zip(box, expected, (-1, -1, 1, 1), strict=True):
        assert -0.03 < sign * (end - place) < 0.13


MILD = {
    "smaller": lambda picture: picture.resize((180, 132), Image.Resampling.LANCZOS),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
    "grey": ImageOps.grayscale,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.2)),
    "sharper": lambda picture: picture.filter(ImageFilter.UnsharpMask(2, 120, 0)),
}


@pytest.mark.parametrize("edit", MILD)
def test_nothing_but_quality_differs(compare, edit):
    row = compare(draw(), MILD[edit](draw()), options=({}, {"quality": 40}))
    assert (row["kind"], row["part"], row["reframed"]) == ("near copy", None, False)


def test_the_edits_of_the_sample_are_told_for_what_they_are(tmp_path):
    """A copy in grey is no other picture where the first is colourful, nor one cropped far where much of it is sky."""
    folder = make_sample(tmp_path / "sample")
    planted = pd.read_csv(folder / "planted.csv")
    planted["path"] = [
        str(folder / fold / name) for fold, name in zip(planted["fold"], planted["filename"], strict=True)
    ]
    first = planted[planted["story"] == "original"].set_index("group")["path"]
    told = {
        **dict.fromkeys(["re-encoded", "as WebP", "resized", "brightened", "cropped", "in grey"], "near copy"),
        "cropped too far": "near copy", "stamped": "part differs", "as PNG": "same pixels", "exact copy": "same file",
    }  # fmt: skip
    edits = planted[planted["story"].isin(told)]
    places = range(0, 2 * len(edits), 2)
    paths = [path for row in edits.itertuples() for path in (first[row.group], row.path)]
    pairs = pd.DataFrame({"earlier": places, "later": [place + 1 for place in places], "distance": 0})
    looked = look_again(pd.DataFrame({"path": paths}), pairs)
    assert len(looked) >= 15
    assert [*looked["kind"]] == edits["story"].map(told).tolist()


def test_products_of_other_size_and_colour_differ_in_a_part(compare):
    """However the fit is varied, as it is where a small part differs at another scale."""

    def draw_mug(left, top, right, bottom, fill, text):
        mug = Image.new("RGB", (400, 400), "white")
        pen = ImageDraw.Draw(mug)
        pen.rounded_rectangle((left, top, right, bottom), 20, fill)
        pen.ellipse((right - 20, 170, right + 40, 250), outline=fill, width=14)
        pen.text((left + 60, 190), text, "white", font_size=14)
        return mug

    one, other = draw_mug(80, 70, 280, 280, (30, 140, 155), "AAAA"), draw_mug(95, 85, 265, 265, (60, 95, 45), "BBBB")
    assert compare(one, other)["kind"] in ("part differs", "look-alike")


@pytest.mark.parametrize("edit", ["smaller", "darker", "grey", "blurred"])
def test_a_stamp_is_found_whatever_else_was_done(compare, edit):
    row = compare(draw(), MILD[edit](stamp(draw())))
    assert row["kind"] == "part differs"
    assert_around(row["part"].boxes[0], (196 / 300, 26 / 220, 224 / 300, 54 / 220))
    assert row["part"].other_boxes[0] == pytest.approx(row["part"].boxes[0], abs=0.01)
    assert 0.005 < row["part"].share < 0.06


def test_the_place_is_told_in_both_pictures(compare):
    """The second is cropped at its left: what differs stands nearer to its left edge."""
    row = compare(draw(), stamp(draw()).crop((15, 0, 300, 220)))
    assert (row["kind"], row["reframed"]) == ("part differs", True)
    assert_around(row["part"].boxes[0], (196 / 300, 26 / 220, 224 / 300, 54 / 220))
    assert_around(row["part"].other_boxes[0], (181 / 285, 26 / 220, 209 / 285, 54 / 220))


def test_parts_apart_have_boxes_of_their_own_the_largest_first(compare):
    row = compare(draw(), stamp(stamp(draw(), 60, 170, 20), 240, 40, 9))
    assert len(row["part"].boxes) == len(row["part"].other_boxes) == 2
    assert_around(row["part"].boxes[0], (40 / 300, 150 / 220, 80 / 300, 190 / 220))
    assert_around(row["part"].boxes[1], (231 / 300, 31 / 220, 249 / 300, 49 / 220))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_place_in_a_turned_picture_is_where_a_person_sees_it(compare, orientation):
    """The second is stored turned, and EXIF says nothing of it: the hashes told by which turn the two match."""
    back = {6: 8, 8: 6}.get(orientation, orientation)
    turned = Image.fromarray(np.moveaxis(turn(np.moveaxis(np.asarray(stamp(draw())), 2, 0), back), 0, 2))
    row = compare(draw(), turned, view=orientation - 1)
    assert row["kind"] == "part differs"
    assert_around(row["part"].boxes[0], (196 / 300, 26 / 220, 224 / 300, 54 / 220))
    left, top, right, bottom = row["part"].other_boxes[0]
    width, height = turned.size
    seen = turned.crop((left * width, top * height, right * width, bottom * height))
    yellow = (np.asarray(seen).astype(int) @ [1, 1, -2] > 300).mean()
    assert yellow > 0.4


def test_a_box_is_turned_back_as_a_picture_is():
    picture = np.zeros((8, 12))
    picture[1:3, 2:7] = 1
    for turns in [(stored, told, upright) for stored in range(1, 9) for told in (1, 5, 6) for upright in (1, 7, 8)]:
        turned = picture
        for each in list_turns(*turns):
            turned = turn(turned, each)
        height, width = turned.shape
        rows, columns = np.nonzero(turned)
        box = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
        assert turn_box_back(box, list_turns(*turns)) == pytest.approx((2 / 12, 1 / 8, 7 / 12, 3 / 8))


FRAMES = {
    "cropped": lambda picture: picture.crop((12, 8, 288, 210)),
    "cut at one side": lambda picture: picture.crop((0, 0, 280, 220)),
    "bordered": lambda picture: ImageOps.expand(picture, 12, "white"),
    "letterboxed": lambda picture: ImageOps.expand(picture, (0, 20), "black"),
    "captioned on added canvas": lambda picture: write(picture, "a caption of its own"),
    "turned by 3°": lambda picture: picture.rotate(3, Image.Resampling.BICUBIC, expand=True),
}


@pytest.mark.parametrize("edit", FRAMES)
def test_what_only_one_of_them_shows_is_no_part_that_differs(compare, edit):
    for one, other in ((draw(), FRAMES[edit](draw())), (FRAMES[edit](draw()), draw())):
        row = compare(one, other)
        assert (row["kind"], row["part"], row["reframed"]) == ("near copy", None, True)


def test_two_captions_of_one_picture_are_a_part_that_differs(compare):
    row = compare(write(draw(), "monday morning"), write(draw(), "friday evening"))
    assert row["kind"] == "part differs"
    assert all(box[1] > 0.8 for box in row["part"].boxes)


@pytest.mark.parametrize("degrees", [-3, -2, 2, 3])
def test_a_picture_turned_a_little_is_a_near_copy(compare, degrees):
    assert compare(draw(), draw().rotate(degrees, Image.Resampling.BICUBIC))["kind"] == "near copy"


def test_a_thing_of_another_colour_differs_though_its_shape_is_the_same(compare):
    shots = []
    for tint in ((200, 40, 40), (40, 110, 40)):
        shots.append(Image.new("RGB", (300, 300), "white"))
        ImageDraw.Draw(shots[-1]).rounded_rectangle((90, 60, 200, 260), 20, tint)
        ImageDraw.Draw(shots[-1]).ellipse((120, 90, 170, 140), (90, 90, 90))
    assert compare(*shots)["kind"] == "part differs"
    assert compare(shots[0], shots[0])["kind"] == "near copy"


def test_faint_lines_that_brightening_washes_out_are_no_part(compare):
    chart = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(chart)
    for y in range(40, 280, 40):
        pen.line((30, y, 380, y), (215, 215, 215))
    for place, x in enumerate(range(50, 350, 50)):
        pen.rectangle((x, 240 - 30 * place, x + 30, 270), (60, 90, 150))
    assert compare(chart, ImageEnhance.Brightness(chart).enhance(1.2))["kind"] == "near copy"
    pen.rectangle((200, 60, 230, 270), (60, 90, 150))
    changed = chart.copy()
    ImageDraw.Draw(changed).rectangle((200, 60, 230, 120), "white")
    assert compare(chart, changed)["kind"] == "part differs"


@pytest.mark.parametrize(("other", "kind"), [
    (lambda icon: icon.resize((160, 160), Image.Resampling.LANCZOS), "same pixels"),
    (lambda icon: icon.resize((40, 40), Image.Resampling.BOX), "same pixels"),
    (lambda icon: stamp(icon, 60, 20, 4), "look-alike"), (lambda icon: icon.crop((4, 4, 78, 78)), "look-alike"),
])  # fmt: skip
def test_small_pictures_have_the_same_pixels_or_are_look_alikes(compare, other, kind):
    icon = draw(size=(80, 80)).filter(ImageFilter.GaussianBlur(1))
    assert compare(icon, other(icon), suffixes=("png", "bmp"))["kind"] == kind


def test_blocks_change_nothing(tmp_path, monkeypatch):
    paths = []
    for place in range(9):
        paths.append(str(tmp_path / f"{place}.jpg"))
        (stamp(draw()) if place % 3 == 1 else draw(1 if place < 6 else 2)).save(paths[-1], quality=60 + place)
    hashed = pd.DataFrame({"filename": paths, "path": paths})
    pairs = pd.DataFrame([(one, two) for two in range(9) for one in range(two)], columns=["earlier", "later"])
    whole = look_again(hashed, pairs.assign(distance=pairs.index % 12))
    assert set(whole["kind"]) == {"part differs", "look-alike", "near copy"}
    monkeypatch.setattr(second_look, "_IN_DETAIL", 6)
    again = look_again(hashed, pairs.assign(distance=pairs.index % 12))
    assert again["kind"].tolist() == whole["kind"].tolist()
    assert again["score"].tolist() == pytest.approx(whole["score"].tolist(), abs=0.005)  # of other decoders of JPEG


def save_film(path, frames, **options):
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return str(path)


@pytest.fixture
def film():
    return [draw(seed).resize((120, 90)).quantize(32).convert("RGB") for seed in range(1, 5)]


@pytest.mark.parametrize("suffix", ["png", "tif", "gif"])
def test_films_and_pages_are_compared_in_all_frames(film, tmp_path, suffix):
    changed = stamp(film[3], 60, 40, 3)
    paths = [
        save_film(tmp_path / f"{place}.{suffix}", frames)
        for place, frames in enumerate([film, film, [*film[:3], changed], film[:3], film[:1]])
    ]
    with open(paths[1], "ab") as file:
        file.write(b"\0")
    pairs = pd.DataFrame({"earlier": 0, "later": range(1, 5), "distance": 0})
    looked = look_again(pd.DataFrame({"filename": paths, "path": paths}), pairs)
    assert looked["kind"].tolist() == ["same pixels"] + ["part differs"] * 3
    assert looked["part"].tolist()[1:] == [second_look.OTHER_FRAMES] * 3


def test_films_saved_with_loss_are_compared_by_what_they_show(film, tmp_path):
    other = [*film[:1], *(draw(seed).resize((120, 90)) for seed in (11, 12, 13))]
    stored = [(film, 80), (film, 60), (other, 80)]
    paths = [save_film(tmp_path / f"{n}.webp", frames, quality=quality) for n, (frames, quality) in enumerate(stored)]
    pairs = pd.DataFrame({"earlier": 0, "later": [1, 2], "distance": 0})
    looked = look_again(pd.DataFrame({"filename": paths, "path": paths}), pairs)
    assert looked["kind"].tolist() == ["near copy", "part differs"]
