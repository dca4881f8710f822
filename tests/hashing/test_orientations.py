"""Mirrored and rotated copies: the same sequential rule, with the least distance over eight orientations."""

import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_phash import TURNS, draw

from lookalikes import cluster_sequentially, find_pairs, hash_images, look_again, read_folds
from lookalikes.clustering.pairs import find_nearest_earlier


def plain_clusters(tuples, below):
    """The sequential rule in nested loops; `tuples` holds the bits of each image in its eight orientations, the
    first as stored.
    """
    clusters, joined = [], []
    for number, image in enumerate(tuples):
        distances = [
            min(int((tuples[member][0] != turned).sum()) for member in members for turned in image)
            for members in clusters
        ]
        nearest = min(distances, default=below)
        if nearest < below:
            clusters[distances.index(nearest)].append(number)
            joined.append((distances.index(nearest), nearest))
        else:
            clusters.append([number])
            joined.append((len(clusters) - 1, None))
    return joined


def write_hex(bits):
    return np.packbits(bits).tobytes().hex()


@settings(deadline=None)
@given(st.data())
def test_clusters_equal_the_plain_loops(data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    count, below = data.draw(st.integers(1, 14)), data.draw(st.integers(1, 14))
    kinds = random.integers(0, 2, (data.draw(st.integers(1, 4)), 8, 16))
    tuples = kinds[random.integers(0, len(kinds), count)]
    if data.draw(st.booleans()):
        tuples = np.stack([image[random.permutation(8)] for image in tuples])
    tuples = tuples ^ (random.random(tuples.shape) < data.draw(st.sampled_from([0, 0.03, 0.1])))
    hashed = pd.DataFrame({
        "filename": [f"{number}.jpg" for number in range(count)],
        "fold": "all",
        "path": "/nowhere",
        "hash": [write_hex(image[0]) for image in tuples],
        "oriented": [write_hex(image) for image in tuples],
        "problem": None,
    })  # fmt: skip
    clusters = cluster_sequentially(hashed, find_pairs(hashed, below=below)).set_index("filename")
    found = [clusters.loc[name, ["cluster_id", "distance"]] for name in hashed["filename"]]
    assert [
        (row["cluster_id"], None if pd.isna(row["distance"]) else row["distance"]) for row in found
    ] == plain_clusters(tuples, below)


@pytest.fixture
def turned_copies(tmp_path):
    """One picture as stored and turned in all seven other ways, and another picture."""
    for number, turn in enumerate([None, *TURNS], start=1):
        picture = draw(3)
        (picture if turn is None else picture.transpose(turn)).save(tmp_path / f"turn{number}.png")
    draw(4).save(tmp_path / "z-other.png")
    return read_folds(tmp_path)


def test_turned_copies_are_missed_without_orientations_and_found_with_them(turned_copies):
    hashed = hash_images(turned_copies)
    assert cluster_sequentially(hashed, find_pairs(hashed))["cluster_id"].nunique() == 9
    hashed = hash_images(turned_copies, orientations=True)
    clusters = cluster_sequentially(hashed, find_pairs(hashed))
    assert clusters["cluster_id"].tolist() == [0] * 8 + [1]


def test_pairs_say_by_which_turn_the_later_image_matches(turned_copies):
    pairs = find_pairs(hash_images(turned_copies, orientations=True))
    upright = pairs[pairs["earlier"] == 0].set_index("later")["orientation"]
    undone_by = {
        1: 2,
        2: 3,
        3: 4,
        4: 5,
        5: 8,
        6: 7,
        7: 6,
    }  # a quarter turn is undone by the opposite one, the others by themselves
    assert upright.to_dict() == undone_by
    assert (look_again(hash_images(turned_copies, orientations=True), pairs)["score"] > 0.9).all()


def test_the_hash_and_the_other_columns_are_those_of_the_plain_run(turned_copies):
    plain, turned = hash_images(turned_copies), hash_images(turned_copies, orientations=True)
    pd.testing.assert_frame_equal(turned.drop(columns="oriented"), plain)
    assert (turned["oriented"].str[:16] == turned["hash"]).all()


def test_another_hash_has_no_orientations(turned_copies):
    with pytest.raises(ValueError, match=r"orientations are known of imagehash\.phash alone"):
        hash_images(turned_copies, hash=imagehash.dhash, orientations=True)


def test_no_images_at_all(turned_copies):
    hashed = hash_images(turned_copies.iloc[:0], orientations=True)
    assert find_pairs(hashed).empty


def test_exif_orientations_become_two_clusters(shared):
    hashed = hash_images(read_folds(shared / "data" / "exif-orientation"), orientations=True)
    clusters = cluster_sequentially(hashed, find_pairs(hashed))
    assert clusters.groupby("cluster_id")["filename"].agg(
        lambda names: {name.split("_")[0] for name in names}
    ).tolist() == [
        {"Landscape"},
        {"Portrait"},
    ]


def test_an_image_mirrored_within_itself_has_no_pair_with_itself(tmp_path):
    half = np.asarray(draw(5))
    Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)).save(tmp_path / "symmetric.png")
    assert find_pairs(hash_images(read_folds(tmp_path), orientations=True)).empty


def test_the_nearest_alone_are_not_found_turned():
    hashed = pd.DataFrame({"hash": ["00" * 8], "oriented": ["00" * 64]})
    with pytest.raises(ValueError, match="use find_pairs"):
        find_nearest_earlier(hashed)
