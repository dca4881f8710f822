"""Near pairs among distinct hashes by multi-index hashing: the plan, and the compiled loops.

Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with multi-index hashing" (2012), with the general
pigeonhole of Qin et al., "GPH" (2018): give disjoint groups of bits, the parts, radii r such that the sum of r + 1 is
at least radius + 1; then two hashes within the radius are within r in at least one part. So each part sorts the hashes
by their bits there, and compares only hashes whose bits there are within r. One part of no bits compares all with all.
"""

import os
from collections import namedtuple
from collections.abc import Callable
from functools import partial

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

Part = namedtuple("Part", "bits radius")
# The hashes in order of their bits in a part, the key: those of one key are rows starts[key] to starts[key + 1];
# `row` is each one's row among all hashes, `word` its first 64 bits, padded so that LANES can be read at any of them.
Table = namedtuple("Table", "starts row word")

LANES = 16
PIECES = 4 * (os.cpu_count() or 1)


def compiled(function: Callable) -> Callable:
    """Compile with Numba at the first call, and keep the machine code on disk where that works."""
    uncached = njit(nogil=True)(function)
    try:
        cached = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        return uncached

    def call(*args):
        try:
            return cached(*args)
        except Exception:  # a damaged or full cache folder fails in many ways; the loops themselves raise nothing
            return uncached(*args)

    return call


@intrinsic
def near_lanes(typing_context, words, start, word, radius):
    """A bit for each of words[start:start + LANES] within radius of word, as one vector operation."""

    def emit(context, builder, signature, args):
        vector = ir.VectorType(ir.IntType(64), LANES)
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

        def repeat(value):
            single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
            return builder.shuffle_vector(single, single, zeros)

        array = context.make_array(signature.args[0])(context, builder, args[0])
        address = builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())
        differ = builder.xor(builder.load(address, align=8), repeat(args[2]))
        name = f"llvm.ctpop.v{LANES}i64"
        popcount = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), name)
        near = builder.icmp_unsigned("<=", builder.call(popcount, [differ]), repeat(args[3]))
        return builder.zext(builder.bitcast(near, ir.IntType(LANES)), ir.IntType(64))

    return types.uint64(words, types.intp, types.uint64, types.uint64), emit


@njit(nogil=True)
def count_ones(word):
    """The number of ones in 64 bits, in the textbook form that compilers turn into one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(nogil=True)
def distance_between(words, one, other, mask):
    distance = 0
    for k in range(words.shape[1]):
        distance += count_ones((words[one, k] ^ words[other, k]) & mask[k])
    return distance


@compiled
def measure_pairs(words, pairs, mask):
    """The distance of each pair, given as later << 32 | earlier."""
    distances = np.empty(len(pairs), np.int16)
    for i in range(len(pairs)):
        distances[i] = distance_between(words, pairs[i] >> 32, pairs[i] & 0xFFFFFFFF, mask)
    return distances


@compiled
def find_first_rows(words, mask):
    """For each row of words, the first row equal to it, by a hash table with open addressing."""
    size = 16
    while size < 2 * len(words):
        size *= 2
    slots = np.full(size, -1, np.int32)
    first = np.empty(len(words), np.int64)
    for i in range(len(words)):
        mixed = np.uint64(0)
        for word in words[i]:
            mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
        slot = np.int64(mixed & np.uint64(size - 1))
        while slots[slot] >= 0 and distance_between(words, slots[slot], i, mask):
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = i
        first[i] = slots[slot]
    return first


@compiled
def sort_by_key(columns, rows, bits):
    """The table of a part: a counting sort of the rows by the given bits."""
    keys = np.zeros(len(rows), np.uint32)
    for k in range(len(bits)):
        column, shift = columns[bits[k] // 64], np.uint64(bits[k] % 64)
        for i in range(len(rows)):
            keys[i] |= np.uint32(((column[i] >> shift) & np.uint64(1)) << np.uint64(k))
    starts = np.zeros((1 << len(bits)) + 2, np.int32)
    for key in keys:
        starts[key + 2] += 1
    for key in range(1, len(starts)):
        starts[key] += starts[key - 1]
    row = np.empty(len(rows), np.int32)
    word = np.zeros(len(rows) + LANES, np.uint64)
    for i in range(len(rows)):
        to = starts[keys[i] + 1]  # one off on purpose: filling a key moves this to the start of the next key
        starts[keys[i] + 1] += 1
        row[to], word[to] = rows[i], columns[0, i]
    return starts, row, word


@njit(nogil=True)
def keep_pair(pair, words, masks, radii, part, radius, limits, tighten, found, count):
    earlier, later = min(pair), max(pair)
    distance = distance_between(words, earlier, later, masks[-1])
    if distance > radius or distance > limits[later]:
        return count
    for before in range(part):
        if distance_between(words, earlier, later, masks[before]) <= radii[before]:
            return count
    if tighten:
        limits[later] = distance
    if count < len(found):
        found[count] = np.int64(later) << 32 | np.int64(earlier)
    return count + 1


@compiled
def search_rows(first, last, left, right, same, flips, words, masks, radii, part, radius, limits, tighten, found):
    """Find the near pairs of left rows first to last; return their number, and put as many as fit into found.

    A pair is left out if an earlier part finds it, or if it is above the limit of its later image; `tighten` lowers
    these limits to the least distance seen (threads may overlook each other's: a limit never becomes too low).
    """
    count, i = 0, first
    key = np.searchsorted(left.starts, first, side="right") - 1
    while i < last:
        while left.starts[key + 1] <= i:
            key += 1
        end = min(last, left.starts[key + 1])
        for flip in flips:
            if same and (key ^ flip) < key:
                continue
            within = same and flip == 0  # then each row pairs with those after it
            start, stop = i if within else right.starts[key ^ flip], right.starts[(key ^ flip) + 1]
            for block in range(start, stop, LANES):
                for k in range(i, min(end, block + LANES) if within else end):
                    near = near_lanes(right.word, block, left.word[k], radius)
                    if near:
                        for other in range(max(block, k + 1) if within else block, min(block + LANES, stop)):
                            if (near >> np.uint64(other - block)) & np.uint64(1):
                                pair = left.row[k], right.row[other]
                                count = keep_pair(pair, words, masks, radii, part, radius, limits, tighten, found, count)
        i = end
    return count


def sort_rows(words: np.ndarray, rows: np.ndarray, bits: np.ndarray) -> Table:
    return Table(*sort_by_key(np.ascontiguousarray(words[rows].T), rows, bits))


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


def make_searches(pool, words, left_rows, right_rows, parts, radius, limits) -> list[Callable]:
    """The search for near pairs of left and right rows, cut into pieces that threads can share."""
    same = left_rows is right_rows
    sort = partial(sort_rows, words)
    lefts = list(pool.map(lambda part: sort(left_rows, part.bits), parts))
    rights = lefts if same else list(pool.map(lambda part: sort(right_rows, part.bits), parts))
    masks, radii = make_masks(parts, words.shape[1]), np.array([part.radius for part in parts])
    step = max(1024, len(left_rows) // PIECES)
    return [
        partial(search_rows, first, min(first + step, len(left_rows)), left, right, same,
                make_flips(len(part.bits), part.radius), words, masks, radii, k, radius, limits)
        for k, (part, left, right) in enumerate(zip(parts, lefts, rights, strict=True))
        for first in range(0, len(left_rows), step)
    ]  # fmt: skip
