import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import plain_clusters, plain_pairs

from lookalikes import join, pairs
from lookalikes.join import Part
from lookalikes.pairs import find_nearest_earlier, find_pairs, join_packed, pack_hashes

N_BITS = [8, 16, 24, 64, 72, 256, 1024]


def make_hashed(hashes):
    return pd.DataFrame({"hash": pd.Series(hashes, dtype=object)})


def as_tuples(table):
    return list(table.itertuples(index=False, name=None))


def draw_hashes(seed, n, n_bits, n_centres, spread, ones="any"):
    """Hashes in clumps: copies of a few random centres with up to `spread` bits flipped, so that ties and repeats occur."""
    random = np.random.default_rng(seed)
    bits = random.random((n_centres, n_bits)) < 0.5
    if ones == "half":
        bits = random.permuted(np.tile(np.arange(n_bits) < n_bits // 2, (n_centres, 1)), axis=1)
    bits = bits[random.integers(n_centres, size=n)]
    for row in bits:
        flipped = random.choice(n_bits, random.integers(min(spread, n_bits) + 1), replace=False)
        row[flipped] ^= True
    return np.packbits(bits, axis=1)


def as_hex(packed):
    return [row.tobytes().hex() for row in packed]


def compare_all(packed, below):
    """The pairs by comparing all with all, as arrays: for more hashes than the plain loop can do."""
    bits = np.unpackbits(packed, axis=1).astype(np.float32)
    ones = bits.sum(1)
    distances = (ones[:, None] + ones[None, :] - 2 * bits @ bits.T).astype(int)
    same = distances == 0
    first = same.argmax(0)
    is_first = first == np.arange(len(packed))
    near = np.triu((distances < below) & is_first[:, None] & is_first[None, :], 1)
    near[first[~is_first], np.flatnonzero(~is_first)] = True
    later, earlier = np.nonzero(near.T)
    return earlier, later, distances[earlier, later]


def assert_joined_exactly(packed, below):
    for got, expected in zip(join_packed(packed, below), compare_all(packed, below), strict=True):
        np.testing.assert_array_equal(got, expected)


@st.composite
def hash_lists(draw):
    n_bits = draw(st.sampled_from(N_BITS))
    packed = draw_hashes(
        draw(st.integers(0, 2**32)),
        draw(st.integers(1, 60)),
        n_bits,
        draw(st.integers(1, 20)),
        draw(st.sampled_from([0, 1, 3, 12, n_bits])),
        draw(st.sampled_from(["any", "half"])),
    )
    hashes = as_hex(packed)
    for missing in draw(st.sets(st.integers(0, len(hashes) - 1), max_size=3)):
        hashes[missing] = None
    return hashes, draw(st.integers(1, n_bits + 1))


@settings(max_examples=150, deadline=None)
@given(hash_lists())
def test_pairs_equal_the_plain_loop(drawn):
    hashes, below = drawn
    if all(hash_ is None for hash_ in hashes):
        below = 1
    assert as_tuples(find_pairs(make_hashed(hashes), below=below)) == plain_pairs(hashes, below)


@pytest.mark.parametrize("below", range(1, 66))
@pytest.mark.parametrize("ones", ["any", "half"])
def test_every_threshold_of_64_bits(below, ones):
    hashes = as_hex(draw_hashes(below, 40, 64, 12, 20, ones))
    assert as_tuples(find_pairs(make_hashed(hashes), below=below)) == plain_pairs(hashes, below)


@settings(max_examples=100, deadline=None)
@given(hash_lists())
def test_nearest_are_the_pairs_at_the_least_distance_of_each_later_image(drawn):
    hashes, below = drawn
    table = find_pairs(make_hashed(hashes), below=below)
    least = table.groupby("later")["distance"].transform("min")
    expected = table[table["distance"] == least].reset_index(drop=True)
    pd.testing.assert_frame_equal(find_nearest_earlier(make_hashed(hashes), below=below), expected)
