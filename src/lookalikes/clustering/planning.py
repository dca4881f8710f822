"""How to find the near pairs at the least cost: which bits make up the parts, and who searches what."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from lookalikes.clustering import join
from lookalikes.clustering.bits import find_odd_rows
from lookalikes.clustering.join import Part, Search
from lookalikes.words import say

MAX_PAIRS = 250_000_000  # their table and the making of it take about 5 GB
ROOM = 1 << 16
# Nanoseconds, measured, of which only the ratios matter: to start a part, sort a row into it, look up a key, visit its
# rows, compare one, verify one.
START, SORT, LOOKUP, VISIT, COMPARE, VERIFY = 300_000.0, 25.0, 8.0, 2.5, 0.11, 4.0
MAX_PART_BITS = 24


def collect_near(
    words: np.ndarray, left: np.ndarray, right: np.ndarray, radius: int, *, nearest: bool = False
) -> list[np.ndarray]:
    """Find the near pairs between rows `left` and rows `right`, or, given the same rows twice, among them.

    Returns arrays of later << 32 | earlier, together all pairs. Hashes with an even number of ones are an even
    distance apart, and so are those with an odd number: nearly all of phash. So the kinds are joined apart, the same
    kind with the radius rounded down to even, different kinds with it rounded down to odd.
    """
    odd = find_odd_rows(words)
    evens, odds = left[~odd[left]], left[odd[left]]
    others = (evens, odds) if left is right else (right[~odd[right]], right[odd[right]])
    even_radius, odd_radius = radius // 2 * 2, (radius + 1) // 2 * 2 - 1
    joins = [(evens, others[0], even_radius), (odds, others[1], even_radius), (odds, others[0], odd_radius)]
    joins += [] if left is right else [(evens, others[1], odd_radius)]
    limits = np.full(len(words), radius, np.int16)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        searches: list[Search] = []
        for some, rest, most in joins:
            if len(some) and len(rest) and most >= 0:
                parts = plan_parts(words, some, rest, most)
                searches += join.make_searches(pool, words, some, rest, parts, most, limits)
        if nearest:
            list(pool.map(partial(_run, tighten=True, room=0), searches))
        return _collect(pool, searches, radius + 1)


def _run(search: Search, tighten: bool = False, room: int = ROOM) -> tuple[int, np.ndarray]:
    found = np.empty(room, np.int64)
    count = search(tighten, found)
    return count, found[:count].copy() if count < room else found


def _collect(pool: ThreadPoolExecutor, searches: list[Search], below: int) -> list[np.ndarray]:
    """Run all searches; those that find more than a small array holds run again, once it is sure that all will fit."""
    results = list(pool.map(_run, searches))
    total = sum(count for count, _ in results)
    if total > MAX_PAIRS:
        raise MemoryError(say("error.pairs", below=below, total=total, most=MAX_PAIRS))
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
    key_bits = math.log2(len(right) + 1)  # about one hash to a key
    max_bits = min(MAX_PART_BITS, int(key_bits) + 2)
    most_parts = min(radius + 1, int(2 * rates.sum() / key_bits) + 3)
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
    keys: int = 2 ** len(part.bits)
    flips = _count_flips(len(part.bits), part.radius) / (2 if left is right else 1)
    visits = keys * LOOKUP + len(left) * min(1, len(right) / keys) * VISIT
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
    correlation: np.ndarray = (centred.T @ centred) / np.outer(spread, spread)
    return correlation


def _deal_bits(
    rates: np.ndarray, ties: np.ndarray, radii: list[int], max_bits: int
) -> tuple[list[list[int]], np.ndarray]:
    """Deal the bits to parts, always the most telling one to the part that now lets most pairs through.

    A bit tells less the rarer it differs, and the more it is tied to bits that the part has. Returns the bits of each
    part, and the share of pairs each lets through.
    """
    n_parts = len(radii)
    bits: list[list[int]] = [[] for _ in radii]
    told, shares = [0.0] * n_parts, [1.0] * n_parts
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
