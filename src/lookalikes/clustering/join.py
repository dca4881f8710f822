"""Near pairs among distinct hashes by multi-index hashing: the compiled loops; `planning` decides on the parts.

Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with multi-index hashing" (2012), with the general
pigeonhole of Qin et al., "GPH" (2018): give disjoint groups of bits, the parts, radii r such that the sum of r + 1 is
at least radius + 1; then two hashes within the radius are within r in at least one part. So each part sorts the hashes
by their bits there, and compares only hashes whose bits there are within r. One part of no bits compares all with all.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lookalikes.clustering.bits import LANES, any_near, count_ones, distance_between
from lookalikes.compiling import compiled, inlined

Search = Callable[[bool, np.ndarray], int]


class Part(NamedTuple):
    bits: Any  # which of all bits, a sequence of ints
    radius: int


class Table(NamedTuple):
    """The hashes in order of their bits in a part, the key."""

    starts: np.ndarray  # those of one key are rows starts[key] to starts[key + 1]
    row: np.ndarray  # each one's row among all hashes
    word: np.ndarray  # its first 64 bits, padded so that LANES can be read at any of them


class Rule(NamedTuple):
    """Which pairs a search keeps: the radius, the highest distance for each later image, what earlier parts find."""

    words: np.ndarray
    masks: np.ndarray
    radii: np.ndarray
    part: int
    radius: int
    limits: np.ndarray


NEIGHBOURS = 1024
PIECES = 4 * (os.cpu_count() or 1)


@compiled
def sort_by_key(columns: np.ndarray, rows: np.ndarray, bits: Sequence[int]) -> tuple[np.ndarray, ...]:
    """The table of a part: a counting sort of the rows by the given bits."""
    keys = np.zeros(len(rows), np.uint32)
    for k in range(len(bits)):
        column, shift = columns[bits[k] // 64], np.uint64(bits[k] % 64)
        for i in range(len(rows)):
            keys[i] |= np.uint32(((column[i] >> shift) & np.uint64(1)) << np.uint64(k))
    starts = np.zeros((1 << len(bits)) + 2, np.int32)
    for key in keys:
        starts[key + 2] += 1
    for row_of in range(1, len(starts)):
        starts[row_of] += starts[row_of - 1]
    row = np.empty(len(rows), np.int32)
    word = np.zeros(len(rows) + LANES, np.uint64)
    for i in range(len(rows)):
        to = starts[keys[i] + 1]  # one off on purpose: filling a key moves this to the start of the next key
        starts[keys[i] + 1] += 1
        row[to], word[to] = rows[i], columns[0, i]
    return starts, row, word


@inlined
def keep_wanted(rule: Rule, near: np.ndarray, tighten: bool, found: np.ndarray, count: int) -> int:
    """Put into found, while there is room, the pairs that are wanted; return the count with them.

    Wanted is what is within the radius, not found by an earlier part, and not above the limit of its later image.
    """
    words, masks, radii, limits = rule.words, rule.masks, rule.radii, rule.limits
    for pair in near:
        earlier, later = pair & 0xFFFFFFFF, pair >> 32
        distance = distance_between(words, earlier, later, masks[-1])
        wanted = distance <= rule.radius and distance <= limits[later]
        part = 0
        while wanted and part < rule.part:
            wanted = distance_between(words, earlier, later, masks[part]) > radii[part]
            part += 1
        if wanted and tighten:
            limits[later] = distance
        if wanted and count < len(found):
            found[count] = pair
        count += int(wanted)
    return count


@compiled
def search_rows(
    first: int, last: int, first_key: int, end_key: int, left: Table, right: Table, same: bool, flips: np.ndarray,
    rule: Rule, tighten: bool, found: np.ndarray,
) -> int:  # fmt: skip
    """Find the near pairs of left rows first to last, whose keys are first_key to end_key; return their number, and
    put as many as fit into found.

    `tighten` lowers the limit of each later image to the least distance seen. Threads may overlook each other's, so a
    limit can stay too high, but is never too low.
    """
    count, n_near, near, radius = 0, 0, np.empty(4096, np.int64), rule.radius
    for some in range(first_key, end_key, NEIGHBOURS):  # neighbours flipped alike are neighbours: kind to the caches
        for flip in flips:
            for key in range(some, min(some + NEIGHBOURS, end_key)):
                i, end = max(first, left.starts[key]), min(last, left.starts[key + 1])
                other = key ^ flip
                if i >= end or (same and other < key):
                    continue
                within = same and other == key  # then each row is compared with those after it
                start, stop = i if within else right.starts[other], right.starts[other + 1]
                for block in range(start, stop, LANES):
                    for k in range(i, min(end, block + LANES) if within else end):
                        if any_near(right.word, block, left.word[k], radius):
                            for m in range(max(block, k + 1) if within else block, min(block + LANES, stop)):
                                if count_ones(left.word[k] ^ right.word[m]) <= radius:
                                    one, two = np.int64(left.row[k]), np.int64(right.row[m])
                                    near[n_near] = max(one, two) << 32 | min(one, two)
                                    n_near += 1
                            if n_near > len(near) - LANES:
                                count = keep_wanted(rule, near[:n_near], tighten, found, count)
                                n_near = 0
    return keep_wanted(rule, near[:n_near], tighten, found, count)


def sort_rows(pool: Executor, words: np.ndarray, rows: np.ndarray, parts: list[Part]) -> list[Table]:
    columns = np.ascontiguousarray(words[rows].T)
    return list(pool.map(lambda part: Table(*sort_by_key(columns, rows, part.bits)), parts))


def make_flips(n_bits: int, radius: int) -> np.ndarray:
    """Every number of n_bits with at most radius ones, ascending: what may differ between two keys."""
    flips = np.zeros(1, np.int64)
    for _ in range(min(n_bits, radius)):
        flips = np.unique(np.append(flips, flips[:, None] ^ (1 << np.arange(n_bits))))
    return flips


def make_masks(parts: list[Part], n_words: int) -> np.ndarray:
    """The bits of each part as a mask over all words, and a last mask of all bits."""
    masks = np.zeros((len(parts) + 1, n_words), np.uint64)
    for mask, part in zip(masks, parts, strict=False):
        for bit in part.bits:
            mask[bit // 64] |= np.uint64(1 << int(bit % 64))
    masks[-1] = ~np.uint64(0)
    return masks


def make_searches(
    pool: Executor,
    words: np.ndarray,
    left_rows: np.ndarray,
    right_rows: np.ndarray,
    parts: list[Part],
    radius: int,
    limits: np.ndarray,
) -> list[Search]:
    """The search for near pairs of left and right rows, cut into pieces that threads can share."""
    same = left_rows is right_rows
    lefts = sort_rows(pool, words, left_rows, parts)
    rights = lefts if same else sort_rows(pool, words, right_rows, parts)
    masks, radii = make_masks(parts, words.shape[1]), np.array([part.radius for part in parts])
    step = max(1024, len(left_rows) // PIECES)
    searches: list[Search] = []
    for k, (part, left, right) in enumerate(zip(parts, lefts, rights, strict=True)):
        flips, rule = make_flips(len(part.bits), part.radius), Rule(words, masks, radii, k, radius, limits)
        for first in range(0, len(left_rows), step):
            last = min(first + step, len(left_rows))
            first_key, end_key = np.searchsorted(left.starts, [first, last - 1], side="right") - (1, 0)
            searches.append(partial(search_rows, first, last, first_key, end_key, left, right, same, flips, rule))
    return searches
