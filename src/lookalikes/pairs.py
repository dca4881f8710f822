"""Find the pairs of near images: every two whose hashes differ in fewer bits than the threshold."""

import math
import operator
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from lookalikes import join
from lookalikes.join import Part

MAX_PAIRS = 250_000_000  # their table and the making of it take about 5 GB
ROOM = 1 << 16
# Nanoseconds, measured, of which only the ratios matter: to start a part, sort a row into it, look up a key, visit its
# rows, compare one, verify one.
START, SORT, LOOKUP, VISIT, COMPARE, VERIFY = 300_000.0, 25.0, 3.0, 3.0, 0.15, 4.0
MAX_PARTS, MAX_PART_BITS = 32, 24


def find_pairs(hashed: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Find all pairs of images with a distance below the threshold.

    Returns a DataFrame of `earlier` and `later` (int64, row positions in `hashed`) and `distance` (int16, bits), sorted
    by later, then earlier. The images paired are the first of each distinct hash; each repeated hash has one
    row more, of distance 0, to its first occurrence. Rows without a hash take no part.

    Raises ValueError if `below` is out of range or hashes differ in length, and MemoryError above 250 million pairs.
    """
    return _make_table(hashed, below, nearest=False)


def find_nearest_earlier(hashed: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Like `find_pairs`, but with only the nearest earlier images of each, all those tied at the least distance.

    This is all that sequential clustering needs, and it fits where all pairs are too many.
    """
    return _make_table(hashed, below, nearest=True)


def _make_table(hashed: pd.DataFrame, below: int, nearest: bool) -> pd.DataFrame:
    positions = np.flatnonzero(hashed["hash"].notna())
    packed = pack_hashes(hashed["hash"].iloc[positions])
    earlier, later, distance = join_packed(packed, below, nearest=nearest)
    columns = {"earlier": positions[earlier], "later": positions[later], "distance": distance}
    return pd.DataFrame(columns, copy=False)


def pack_hashes(hashes: Iterable[str]) -> np.ndarray:
    """Turn hexadecimal hashes of one length into bytes: a uint8 array of n_hashes × n_bytes."""
    hashes = list(hashes)
    lengths = {len(text) for text in hashes}
    if len(lengths) > 1:
        raise ValueError(f"hashes must be of one length, got {sorted(4 * n for n in lengths)} bits: hash all images alike")
    n_digits = max(lengths, default=0)
    try:
        packed = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(len(hashes), n_digits // 2)
    except ValueError:
        raise ValueError("hashes must be hexadecimal text of whole bytes, such as 'ff00aa3c'") from None
    return packed


def join_packed(packed: np.ndarray, below: int, *, nearest: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of packed hashes: arrays of earlier and later rows and distances, as in `find_pairs`."""
    below = check_below(below, 8 * packed.shape[1] if len(packed) else None)
    words = _to_words(packed)
    every_bit = np.full(words.shape[1], ~np.uint64(0))
    first = join.find_first_rows(words, every_bit)
    distinct = np.flatnonzero(first == np.arange(len(first)))
    repeated = np.flatnonzero(first != np.arange(len(first)))
    near = _join_distinct(words, distinct, below - 1, nearest)
    pairs = np.concatenate([*near, repeated << 32 | first[repeated]])
    pairs.sort()
    distance = join.measure_pairs(words, pairs, every_bit)
    later, earlier = pairs >> 32, np.bitwise_and(pairs, 0xFFFFFFFF, out=pairs)
    if nearest and len(pairs):
        images = np.flatnonzero(np.diff(later, prepend=-1))
        least = np.repeat(np.minimum.reduceat(distance, images), np.diff(images, append=len(later)))
        earlier, later, distance = (column[distance == least] for column in (earlier, later, distance))
    return earlier, later, distance


def check_below(below: int, n_bits: int | None) -> int:
    """Return the threshold as an int, or raise ValueError; without any hash there is no upper bound."""
    try:
        checked = operator.index(below)
    except TypeError:
        raise ValueError(f"below must be a whole number of bits, got {below!r}") from None
    if checked < 1 or (n_bits is not None and checked > n_bits + 1):
        bounds = f"from 1 to {n_bits + 1} for {n_bits}-bit hashes" if n_bits else "1 or more"
        raise ValueError(f"below must be {bounds}, got {below}")
    return checked


def _to_words(packed: np.ndarray) -> np.ndarray:
    """Pad the bytes with zeros to 64-bit words, which changes no distance."""
    n_words = max(1, -(-packed.shape[1] // 8))
    padded = np.zeros((len(packed), 8 * n_words), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _join_distinct(words: np.ndarray, rows: np.ndarray, radius: int, nearest: bool) -> list[np.ndarray]:
    """Find the near pairs of the given rows, as later << 32 | earlier.

    Hashes with an even number of ones are an even distance apart, and so are those with an odd number: nearly all
    of phash. So the two kinds are joined apart, each with the radius rounded down to even, and with each other to odd.
    """
    odd = _have_odd_ones(words[rows])
    evens, odds = rows[~odd], rows[odd]
    limits = np.full(len(words), radius, np.int16)
    even_radius, odd_radius = radius // 2 * 2, (radius + 1) // 2 * 2 - 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        searches = []
        for left, right, most in ((evens, evens, even_radius), (odds, odds, even_radius), (odds, evens, odd_radius)):
            if len(left) and len(right) and most >= 0:
                parts = plan_parts(words, left, right, most)
                searches += join.make_searches(pool, words, left, right, parts, most, limits)
        if nearest:
            list(pool.map(partial(_run, tighten=True, room=0), searches))
        return _collect(pool, searches, radius + 1)


def _have_odd_ones(words: np.ndarray) -> np.ndarray:
    folded = np.bitwise_xor.reduce(words, axis=1)
    for shift in (32, 16, 8, 4, 2, 1):
        folded ^= folded >> np.uint64(shift)
    return (folded & np.uint64(1)).astype(bool)


def _run(search: Callable, tighten: bool = False, room: int = ROOM) -> tuple[int, np.ndarray]:
    found = np.empty(room, np.int64)
    count = search(tighten, found)
    return count, found[:count].copy() if count < room else found


def _collect(pool, searches: list[Callable], below: int) -> list[np.ndarray]:
    """Run all searches; those that find more than a small array holds run again, once it is sure that all will fit."""
    results = list(pool.map(_run, searches))
    total = sum(count for count, _ in results)
    if total > MAX_PAIRS:
        raise MemoryError(f"below={below} makes {total:,} pairs, more than the {MAX_PAIRS:,} that a table can hold: "
                          "lower below=, or use find_nearest_earlier")  # fmt: skip
    again = [search for search, (count, _) in zip(searches, results, strict=True) if count > ROOM]
    rooms = [count for count, _ in results if count > ROOM]
    found = [pairs for count, pairs in results if count <= ROOM]
    return found + [pairs for _, pairs in pool.map(lambda search, room: _run(search, room=room), again, rooms)]


def plan_parts(words: np.ndarray, left: np.ndarray, right: np.ndarray, radius: int) -> list[Part]:
    """Choose the parts that cost least, by what a sample of pairs shows of the bits."""
    n_pairs = len(left) * len(right) / (2 if left is right else 1)
    best, least = [Part(np.zeros(0, np.int64), radius)], n_pairs * COMPARE
    if least < 1e6:
        return best
    differs = _sample_differences(words, left, right)
    rates, ties = differs.mean(0), _correlate(differs) ** 2
    verify = (differs[:, :64].sum(1) <= radius).mean() * VERIFY * words.shape[1]
    least = n_pairs * (COMPARE + verify)
    max_bits = min(MAX_PART_BITS, int(math.log2(len(right))) + 2)
    most_parts = min(radius + 1, int(2 * rates.sum() / math.log2(len(right))) + 3)
    for n_parts in range(most_parts, most_parts // 2, -max(1, most_parts // 10)):
        radii = [(radius + 1 + k) // n_parts - 1 for k in range(n_parts)]
        bits, shares = _deal_bits(rates, ties, radii, max_bits)
        parts = [Part(np.array(some, np.int64), most) for some, most in zip(bits, radii, strict=True)]
        lookups = sum(_cost_of_lookups(part, left, right) for part in parts)
        near = [(differs[:, part.bits].sum(1) <= part.radius).mean() for part in parts]
        shares = np.maximum(shares, near)
        cost = lookups + n_pairs * shares.sum() * (COMPARE + verify)
        if cost < least:
            best, least = parts, cost
    return best


def _cost_of_lookups(part: Part, left: np.ndarray, right: np.ndarray) -> float:
    keys = 2 ** len(part.bits)
    flips = _count_flips(len(part.bits), part.radius) / (2 if left is right else 1)
    visits = min(len(left), keys) * LOOKUP + len(left) * min(1, len(right) / keys) * VISIT
    return START + SORT * (len(left) + (left is not right) * len(right)) + keys + flips * visits


def _count_flips(n_bits: int, radius: int) -> int:
    return sum(math.comb(n_bits, k) for k in range(radius + 1))


def _sample_differences(words: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which bits differ, as 0.0 or 1.0, in a sample of pairs: n_pairs × n_bits."""
    random = np.random.default_rng(0)
    size = max(1024, 4096 // words.shape[1])
    one, other = random.integers(len(left), size=size), random.integers(1, len(right), size=size)
    other = (one + other) % len(right) if left is right else other
    differ = words[left[one]] ^ words[right[other]]
    return np.unpackbits(differ.view(np.uint8), axis=1, bitorder="little").astype(np.float32)


def _correlate(differs: np.ndarray) -> np.ndarray:
    centred = differs - differs.mean(0)
    spread = np.sqrt((centred**2).sum(0)) + 1e-9
    return (centred.T @ centred) / np.outer(spread, spread)


def _deal_bits(rates: np.ndarray, ties: np.ndarray, radii: list[int], max_bits: int) -> tuple[list, np.ndarray]:
    """Deal the bits to parts, always the most telling one to the part that now lets most pairs through.

    A bit tells less the rarer it differs, and the more it is tied to bits that the part has. Returns the bits of each
    part, and the share of pairs each lets through.
    """
    n_parts = len(radii)
    bits, told, shares = [[] for _ in radii], [0.0] * n_parts, [1.0] * n_parts
    gains, unfilled = np.tile(2 * rates, (n_parts, 1)), set(range(n_parts))
    while unfilled:
        part = max(unfilled, key=shares.__getitem__)
        bit = int(gains[part].argmax())
        if gains[part, bit] < 1e-6 or len(bits[part]) == max_bits:
            unfilled.remove(part)
            continue
        bits[part].append(bit)
        told[part] += gains[part, bit]
        shares[part] = min(1, _count_flips(len(bits[part]), radii[part]) / 2 ** told[part])
        gains[part] *= 1 - ties[bit]
        gains[:, bit] = 0
    return bits, np.array(shares)
