"""Views: hashes of windows and turns from the one decode, beside the hash of the whole picture, which never changes."""

from itertools import product

import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from skimage import data
from test_phash import TURNS, draw

from lookalikes import cluster_sequentially, find_hidden_copies, find_pairs, hash_images, look_again, read_folds
from lookalikes.hashing.views import SIDE, VIEWS, WINDOWS, count_words
from lookalikes.hashing.views import find_views as name_views
from lookalikes.hashing.windows import find_frame, hash_windows
from lookalikes.judging import hidden


@pytest.fixture
def turned_copies(tmp_path):
    """One picture as stored and turned in all seven other ways, and another picture."""
    for number, turn in enumerate([None, *TURNS], start=1):
        picture = draw(3)
        (picture if turn is None else picture.transpose(turn)).save(tmp_path / f"turn{number}.png")
    draw(4).save(tmp_path / "z-other.png")
    return read_folds(tmp_path)


def find_hidden(images, views):
    hashed = hash_images(images, views=views, cache=False)
    clusters = cluster_sequentially(hashed, find_pairs(hashed))
    return hashed, clusters, find_hidden_copies(hashed, clusters)


@pytest.mark.parametrize("views", VIEWS)
def test_hash_and_clusters_are_those_of_the_whole_frame_as_stored(turned_copies, views):
    plain, hashed = hash_images(turned_copies, cache=False), hash_images(turned_copies, views=views, cache=False)
    pd.testing.assert_frame_equal(hashed.drop(columns="views", errors="ignore"), plain)
    assert name_views(hashed) == views
    assert cluster_sequentially(hashed, find_pairs(hashed))["cluster_id"].nunique() == 9
    if views != "whole":
        assert [row[:8].hex() for row in hashed["views"]] == plain["hash"].tolist()
        assert {len(row) for row in hashed["views"]} == {8 * count_words(views)}


@pytest.mark.parametrize("views", ["turned", "all"])
def test_turned_copies_are_found_with_the_turn_of_the_later_one(turned_copies, views):
    hashed, _, hidden = find_hidden(turned_copies, views)
    upright = hidden[hidden["earlier"] == 0].set_index("later")["view"]
    # A quarter turn is undone by the opposite one, the others by themselves.
    assert (upright.sort_index() + 1).to_dict() == {1: 2, 2: 3, 3: 4, 4: 5, 5: 8, 6: 7, 7: 6}
    assert 8 not in hidden["later"].tolist()
    looked = look_again(hashed, hidden)
    assert (looked["score"] > 0.9).all() and looked["kind"].isin(["near copy", "same pixels"]).all()


def test_without_views_nothing_is_hidden(turned_copies):
    _, _, hidden = find_hidden(turned_copies, "whole")
    assert list(hidden) == ["earlier", "later", "distance", "view"] and hidden.empty


def test_views_are_kept_in_the_cache(turned_copies, tmp_path):
    first = hash_images(turned_copies, views="all", cache=tmp_path / "kept.sqlite")
    again = hash_images(turned_copies, views="all", cache=tmp_path / "kept.sqlite")
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(
        hash_images(turned_copies, cache=tmp_path / "kept.sqlite"), first.drop(columns="views")
    )


def test_a_view_that_there_is_not_and_another_hash_are_refused(turned_copies):
    with pytest.raises(ValueError, match="views must be one of whole, turned, all, got 'both'"):
        hash_images(turned_copies, views="both")
    for views in ("turned", "all"):
        with pytest.raises(ValueError, match=r"views are known of imagehash\.phash alone"):
            hash_images(turned_copies, hash=imagehash.dhash, views=views)


@pytest.mark.parametrize("views", ["turned", "all"])
def test_no_images_at_all(turned_copies, views):
    _, _, hidden = find_hidden(turned_copies.iloc[:0], views)
    assert hidden.empty


def test_an_image_mirrored_within_itself_has_no_pair_with_itself(tmp_path):
    half = np.asarray(draw(5))
    Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)).save(tmp_path / "symmetric.png")
    assert find_hidden(read_folds(tmp_path), "all")[2].empty


def test_a_window_has_the_hash_of_the_picture_cut_there():
    square = np.asarray(draw(7).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    hashes = np.unpackbits(hash_windows(square[None])[0], axis=1)
    for window, found in list(zip(WINDOWS[1:], hashes, strict=False)):
        left, top, right, bottom = (round(end * SIDE) for end in window)
        told = imagehash.phash(Image.fromarray(square[top:bottom, left:right])).hash.ravel()
        assert (told != found.astype(bool)).sum() <= 4


def test_the_frame_is_what_is_within_uniform_borders():
    square = np.full((SIDE, SIDE), 200, np.uint8)
    assert find_frame(square) == (0, 0, SIDE, SIDE)
    square[20:150, 31:120] = np.random.default_rng(0).integers(0, 255, (130, 89))
    assert find_frame(square) == (31, 20, 120, 150)
    assert hash_windows(square[None])[0, -1, :4].tolist() == [31, 20, 120, 150]


def test_blank_windows_match_nothing():
    assert not hash_windows(np.full((1, SIDE, SIDE), 77, np.uint8)).any()


def test_a_crop_a_border_and_a_caption_are_found_and_confirmed(tmp_path):
    picture = Image.fromarray(data.chelsea())
    width, height = picture.size
    picture.save(tmp_path / "a.png")
    sides = [round(share * side) for share, side in zip((0.1, 0.1, 0.9, 0.9), (width, height) * 2, strict=True)]
    picture.crop(sides).save(tmp_path / "crop.png")
    ImageOps.expand(picture, round(0.1 * max(picture.size)), "red").save(tmp_path / "border.png")
    caption = Image.new("RGB", (width, round(1.2 * height)), "white")
    caption.paste(picture)
    caption.save(tmp_path / "caption.png")
    ImageOps.mirror(picture).save(tmp_path / "mirrored.png")
    hashed, _, hidden = find_hidden(read_folds(tmp_path), "all")
    looked = look_again(hashed, hidden)
    looked = looked[looked["earlier"] == 0]
    looked = looked.set_index(hashed["filename"].to_numpy()[looked["later"]])
    names = ["border.png", "caption.png", "crop.png", "mirrored.png"]
    assert looked["kind"].to_dict() == dict.fromkeys(names, "near copy")
    assert looked["shared"]["crop.png"][0] == pytest.approx((0.1, 0.1, 0.9, 0.9), abs=0.02)
    assert looked["shared"]["crop.png"][1] == pytest.approx((0, 0, 1, 1), abs=0.02)
    assert looked["shared"]["caption.png"][1] == pytest.approx((0, 0, 1, 1 / 1.2), abs=0.02)
    assert looked["view"]["mirrored.png"] == 1


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_hidden_pairs_are_those_of_plain_loops_over_all_turns_and_windows(data):
    """Hashes of 16 bits, so that some are near; a window of nothing to see, all zeros, is near none."""
    count, words, below = data.draw(st.integers(1, 5)), count_words("all"), data.draw(st.integers(1, 3))
    random = np.random.default_rng(data.draw(st.integers(0, 9999)))
    views = random.integers(0, 1 << 16, (count, words), np.uint16) * (random.random((count, words)) > 0.1)
    views = views.astype(np.uint16)
    names = [f"{number}.png" for number in range(count)]
    hashed = pd.DataFrame({"filename": names, "fold": "a", "hash": [row[:1].tobytes().hex() for row in views]})
    hashed = hashed.assign(path=names, problem=None, quality=50.0, views=[row.tobytes() for row in views])
    least = {}
    for one, two in product(range(count), repeat=2):
        if views[one, 0] == views[two, 0]:
            continue  # equal hashes are one cluster
        distances = np.bitwise_count(views[one, :8, None] ^ views[two, None, :-1])
        distances[1:, 1:8] = 99  # of two wholes, one as stored says all
        distances[:, 8:][:, views[two, 8:-1] == 0] = 99
        pair = (min(one, two), max(one, two))
        if distances.min() < below:
            least[pair] = min(int(distances.min()), least.get(pair, 99))
    first = {name: hashed["hash"].tolist().index(name) for name in hashed["hash"]}
    firsts = set(first.values())
    expected = {pair: distance for pair, distance in least.items() if set(pair) <= firsts}
    clusters = pd.DataFrame({"cluster_id": range(count), "filename": names, "fold": "a", "row": range(count)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hidden, "_MOST_AT_ONCE", data.draw(st.sampled_from([1, 7, 4_000_000])))
        found = find_hidden_copies(hashed, clusters, below=below)
    pairs = [tuple(pair) for pair in found[["earlier", "later"]].to_numpy().tolist()]
    assert dict(zip(pairs, found["distance"].tolist(), strict=True)) == expected
