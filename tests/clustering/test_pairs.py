import os
import subprocess
import sys
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalikes.clustering import join, planning
from lookalikes.clustering.join import Part
from lookalikes.clustering.pairs import find_nearest_earlier, find_pairs, join_packed, pack_hashes
from oracle import plain_pairs

N_BITS = [8, 16, 24, 64, 72, 256, 1024]


def make_hashed(hashes):
    return pd.DataFrame({"hash": pd.Series(hashes, dtype=object)})


def as_tuples(table):
    return list(table.itertuples(index=False, name=None))


def draw_hashes(seed, n, n_bits, n_centres, spread, ones="any"):
    """Hashes in clumps: a few random centres with up to `spread` bits flipped, so that ties and repeats occur."""
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


def plan_all(parts):
    return lambda words, left, right, radius: parts(radius)


def split_bits(n_bits, radii):
    groups = np.array_split(np.arange(n_bits), len(radii))
    return [Part(group[:20], radius) for group, radius in zip(groups, radii, strict=True)]


PLANS = {
    "brute force": lambda radius: [Part(np.arange(0), radius)],
    "one part": lambda radius: [Part(np.arange(7, 17), radius)],
    "two uneven parts": lambda radius: split_bits(24, [radius // 3, radius - radius // 3 - 1]),
    "parts of one radius": lambda radius: split_bits(64, [1] * (radius // 2 + 1)),
    "a part for each bit of the radius and one": lambda radius: split_bits(64, [0] * (radius + 1)),
}


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("ones", ["any", "half"])
@pytest.mark.parametrize("below", [2, 6, 9, 10])
def test_every_kind_of_plan_finds_the_same(plan, ones, below, monkeypatch):
    monkeypatch.setattr(planning, "plan_parts", plan_all(PLANS[plan]))
    assert_joined_exactly(draw_hashes(below, 1500, 64, 150, 12, ones), below)


@pytest.mark.parametrize(("n_bits", "below"), [(16, 3), (64, 5), (64, 10), (64, 16), (256, 10), (256, 40), (1024, 12)])
@pytest.mark.parametrize("ones", ["any", "half"])
def test_planned_joins_of_thousands(n_bits, below, ones):
    assert_joined_exactly(draw_hashes(n_bits + below, 5000, n_bits, 1500, 20, ones), below)


def test_plans_grow_from_brute_force_to_parts_with_radii(monkeypatch):
    plans = []
    plan_parts = planning.plan_parts
    monkeypatch.setattr(planning, "plan_parts", lambda *args: plans.append(plan_parts(*args)) or plans[-1])
    for n in (500, 20_000):
        join_packed(draw_hashes(0, n, 64, n, 0, "half"), 10)
    brute, parts = plans[0], plans[1]
    assert [len(part.bits) for part in brute] == [0]
    assert len(parts) > 1
    assert max(part.radius for part in parts) > 0
    assert sum(part.radius + 1 for part in parts) >= 9
    assert len({bit for part in parts for bit in part.bits}) == sum(len(part.bits) for part in parts)


def test_bits_that_never_differ_go_into_no_part():
    packed = draw_hashes(0, 20_000, 64, 20_000, 0)
    packed[:, 2:6] = 0x5A
    words = packed.view(np.uint64)
    rows = np.arange(len(words))
    for part in planning.plan_parts(words, rows, rows, 2):
        assert not {*range(16, 48)} & set(part.bits.tolist())
    assert_joined_exactly(packed[:5000], 3)


def test_identical_hashes_pair_with_the_first_only():
    earlier, later, distance = join_packed(np.tile(np.uint8([1, 2, 3, 4, 5, 6, 7, 8]), (100_000, 1)), 10)
    assert (earlier == 0).all()
    np.testing.assert_array_equal(later, np.arange(1, 100_000))
    assert (distance == 0).all()


def test_searches_that_overflow_their_room_run_again(monkeypatch):
    monkeypatch.setattr(planning, "ROOM", 10)
    assert_joined_exactly(draw_hashes(0, 2000, 64, 3, 8), 10)


def test_too_many_pairs_end_in_an_error_that_counts_them(monkeypatch):
    packed = draw_hashes(0, 2000, 64, 1, 4)
    n_near = (compare_all(packed, 10)[2] > 0).sum()
    monkeypatch.setattr(planning, "MAX_PAIRS", int(n_near) - 1)
    with pytest.raises(MemoryError, match=f"below=10 makes {n_near:,} pairs, .* lower below"):
        join_packed(packed, 10)
    monkeypatch.setattr(planning, "MAX_PAIRS", int(n_near))
    assert len(join_packed(packed, 10)[0]) >= n_near


def test_real_hashes_and_copies_with_flipped_bits():
    data = Path(__file__).parents[3] / "shared" / "data" / "pets"
    if not data.exists():
        pytest.skip(f"no {data}")
    hashes = [str(imagehash.phash(Image.open(path))) for path in sorted(data.glob("*/*"))[:400]]
    packed = pack_hashes(hashes)
    random = np.random.default_rng(0)
    flips = (1 << random.integers(8, size=(9, *packed.shape))) * (random.random((9, *packed.shape)) < 0.4)
    copies = (packed ^ flips.astype(np.uint8)).reshape(-1, 8)
    assert_joined_exactly(random.permutation(np.concatenate([packed, copies])), 10)


def test_missing_hashes_take_no_part_and_keep_their_rows():
    table = find_pairs(make_hashed([None, "00ff", np.nan, "00fe", "00ff"]), below=2)
    assert as_tuples(table) == [(1, 3, 1), (1, 4, 0)]


@pytest.mark.parametrize("hashes", [[], [None], ["00ff00ff00ff00ff"]])
def test_nothing_to_pair_gives_an_empty_table(hashes):
    for table in (find_pairs(make_hashed(hashes)), find_nearest_earlier(make_hashed(hashes))):
        assert len(table) == 0
        assert table.dtypes.to_dict() == {"earlier": np.int64, "later": np.int64, "distance": np.int16}


def test_any_threshold_does_without_hashes():
    assert len(find_pairs(make_hashed([None]), below=10**9)) == 0


@pytest.mark.parametrize("below", [0, -1, 66])
def test_below_out_of_range(below):
    with pytest.raises(ValueError, match=f"below must be from 1 to 65 for 64-bit hashes, got {below}"):
        find_pairs(make_hashed(["00ff00ff00ff00ff"]), below=below)


@pytest.mark.parametrize("below", [9.5, "10", None, True])
def test_below_must_be_a_whole_number(below):
    with pytest.raises(ValueError, match="below must be a whole number"):
        find_pairs(make_hashed(["00ff00ff00ff00ff"]), below=below)


def test_hashes_of_mixed_lengths():
    with pytest.raises(ValueError, match="hashes must be of one length, got 16-bit and 64-bit ones"):
        find_pairs(make_hashed(["00ff", "00ff00ff00ff00ff"]))


@pytest.mark.parametrize("text", ["0xff", "abc", "zz", "0 ff", "00  "])
def test_hashes_that_are_no_hexadecimal_bytes(text):
    with pytest.raises(ValueError, match="hexadecimal"):
        pack_hashes([text])


def run_python(code, **environment):
    source = str(Path(join.__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{code}"],
        env={**os.environ, **environment}, capture_output=True, text=True,
    )  # fmt: skip


TINY = """
from lookalikes.clustering.join import compiled
@compiled
def add_one(number):
    return number + 1
"""


def test_damaged_machine_code_on_disk_is_neither_an_error_nor_noise(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    for _ in range(2):
        done = run_python(f"sys.path.insert(0, {str(tmp_path)!r}); import tiny; print(tiny.add_one(1))")
        assert (done.stdout, done.stderr) == ("2\n", "")
        kept = [path for path in tmp_path.rglob("*") if path.suffix in {".nbi", ".nbc"}]
        assert kept
        for path in kept:
            path.write_bytes(b"damaged")


def test_no_folder_for_machine_code_is_neither_an_error_nor_noise(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    code = f"sys.path.insert(0, {str(tmp_path)!r}); import tiny; print(tiny.add_one(1))"
    done = run_python(code, NUMBA_CACHE_DIR=str(tmp_path / "tiny.py" / "no folder"))
    assert (done.stdout, done.stderr) == ("2\n", "")


FULL = """
random = np.random.default_rng(0)
join_packed(random.integers(256, size=(9000, 8), dtype="u1"), 10)
{hashes}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
earlier, later, distance = join_packed(packed, 10)
assert len(earlier) {expected}, len(earlier)
assert (np.bitwise_count(packed[earlier[::997]] ^ packed[later[::997]]).sum(1) == distance[::997]).all()
assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6 < {gigabytes}
"""
BALL = """
from itertools import combinations, islice
moved = [sum(1 << bit for bit in bits) for bits in islice(combinations(range(32), 4), 20_000)]
packed = random.permutation(np.array(moved, "u8")).view("u1").reshape(-1, 8)"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
@pytest.mark.parametrize(
    ("hashes", "expected", "gigabytes"),
    [
        ('packed = random.integers(256, size=(1_000_000, 8), dtype="u1")', ">= 0", 0.5),
        ("packed = np.full((1_000_000, 8), 7, 'u1')", "== 999_999", 0.5),
        ('packed = random.integers(256, size=(200_000, 8), dtype="u1"); packed[:, 4:] = 7', "> 100_000_000", 6),
        (BALL, "== 20_000 * 19_999 // 2", 6),
    ],
    ids=["random", "identical", "half shared", "all near"],
)
def test_full_size_within_memory(hashes, expected, gigabytes):
    start = "import resource\nimport numpy as np\nfrom lookalikes.clustering.pairs import join_packed"
    done = run_python(start + FULL.format(hashes=hashes, expected=expected, gigabytes=gigabytes))
    assert done.returncode == 0, done.stderr
