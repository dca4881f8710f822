import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes.showing.thumbnails import COMFORTABLE, LARGE, SIDES, choose_sides, draw


@given(
    st.lists(st.integers(1, 4_000), max_size=60),
    st.floats(500, 60_000),
    st.integers(0, 3_000_000),
    st.integers(0, 4_000_000),
)
@settings(max_examples=200)
def test_sides_fit_the_first_are_the_largest_and_none_is_left_out_without_need(sizes, scale, room, taken):
    sizes = np.array(sizes, float)
    sides = choose_sides(sizes, scale, room, taken)
    cost = scale * (np.minimum(sides, sizes) / 240) ** 1.55
    assert cost.sum() <= room * (1 + 1e-9) and set(sides) <= {0, *SIDES}
    assert sides == sorted(sides, reverse=True)
    if 0 in sides:
        assert (scale * (np.minimum(SIDES[0], sizes) / 240) ** 1.55).sum() > room, "even the smallest don't fit"
        assert set(sides) <= {0, SIDES[0]}
    if max(sides, default=0) > LARGE:
        assert taken + cost.sum() <= COMFORTABLE * (1 + 1e-9)


@pytest.mark.parametrize(("room", "largest"), [(3_000_000, 640), (60_000, 320), (12_000, 96)])
def test_pictures_fill_the_room_and_never_more(paint, tmp_path, room, largest):
    paths = [str(tmp_path / f"{seed}.png") for seed in range(12)]
    for seed, path in enumerate(paths):
        paint(1_000, 700, seed=seed).save(path)
    drawn = draw(paths, np.full(12, 1_000.0), room)
    sides = [max(each["width"], each["height"]) for each in drawn if each["src"]]
    assert sum(len(each["src"] or "") for each in drawn) <= room
    assert sides == sorted(sides, reverse=True) and max(sides) <= largest
    assert len(sides) == 12 or set(sides) == {SIDES[0]}


def test_where_the_guess_was_wrong_the_last_are_made_smaller_then_left_out(tmp_path):
    """Of every 16th picture is guessed; these are blank, and all others noise."""
    from PIL import Image

    paths = [str(tmp_path / f"{number}.png") for number in range(32)]
    for number, path in enumerate(paths):
        noise = np.random.default_rng(number).integers(256, size=(300, 300, 3), dtype=np.uint8)
        Image.fromarray(noise if number % 2 else noise * 0).save(path)
    for room in (200_000, 20_000):
        drawn = draw(paths, np.full(32, 300.0), room)
        sides = [each["width"] if each["src"] else 0 for each in drawn]
        assert sum(len(each["src"] or "") for each in drawn) <= room
        assert sides == sorted(sides, reverse=True) and sides[0] > 0


def test_one_that_can_not_be_read_says_why(picture, tmp_path):
    (tmp_path / "no.png").write_bytes(b"no image")
    good, bad = draw([picture, str(tmp_path / "no.png")], np.full(2, 100.0), 1e6)
    assert good["src"].startswith("data:image/webp;base64,") and good["problem"] is None
    assert bad["src"] is None and bad["problem"].startswith("not an image")
