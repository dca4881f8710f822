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
from numba import types
from numba.core import cgutils

from lookalikes.compiling import compiled, inlined, intrinsic

Part = namedtuple("Part", "bits radius")
# The hashes in order of their bits in a part, the key: those of one key are rows starts[key] to starts[key + 1];
# `row` is each one's row among all hashes, `word` its first 64 bits, padded so that LANES can be read at any of them.
Table = namedtuple("Table", "starts row word")
# Which pairs a search keeps: the radius, the highest distance for each later image, and what earlier parts find.
Rule = namedtuple("Rule", "words masks radii part radius limits")

LANES = 32
NEIGHBOURS = 1024
PIECES = 4 * (os.cpu_count() or 1)


@intrinsic
def any_near(typing_context, words, start, word, radius):
    """Whether any of words[start:start + LANES] is within radius of word, by vector operations on 8 at a time."""

    def emit(context, builder, signature, args):
        vector = ir.VectorType(ir.IntType(64), 8)

        def repeat(value):
            single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
            return builder.shuffle_vector(single, single, ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8))

        def measure(offset):
            address = builder.gep(array.data, [builder.add(args[1], args[1].type(offset))])
            some = builder.load(builder.bitcast(address, vector.as_pointer()), align=8)
            return builder.call(popcount, [builder.xor(some, wanted)])

        array = context.make_array(signature.args[0])(context, builder, args[0])
        popcount = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), "llvm.ctpop.v8i64")
        wanted = repeat(args[2])
        least = measure(0)
        for offset in range(8, LANES, 8):
            ones = measure(offset)
            least = builder.select(builder.icmp_unsigned("<", ones, least), ones, least)
        near = builder.bitcast(builder.icmp_unsigned("<=", least, repeat(args[3])), ir.IntType(8))
        return builder.icmp_unsigned("!=", near, ir.IntType(8)(0))

    return types.boolean(words, types.intp, types.uint64, types.uint64), emit


@inlined
def count_ones(word):
    """The number of ones in 64 bits, in the textbook form that compilers turn into one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
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
def find_odd_rows(words):
    """Whether each row has an odd number of ones."""
    odd = np.empty(len(words), np.bool_)
    for i in range(len(words)):
        folded = np.uint64(0)
        for word in words[i]:
            folded ^= word
        odd[i] = count_ones(folded) & 1
    return odd


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


@inlined
def keep_wanted(rule, near, tighten, found, count):
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
        count += wanted
    return count


@compiled
def search_rows(first, last, first_key, end_key, left, right, same, flips, rule, tighten, found):
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


def sort_rows(pool, words: np.ndarray, rows: np.ndarray, parts: list[Part]) -> list[Table]:
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


def make_searches(pool, words, left_rows, right_rows, parts, radius, limits) -> list[Callable]:
    """The search for near pairs of left and right rows, cut into pieces that threads can share."""
    same = left_rows is right_rows
    lefts = sort_rows(pool, words, left_rows, parts)
    rights = lefts if same else sort_rows(pool, words, right_rows, parts)
    masks, radii = make_masks(parts, words.shape[1]), np.array([part.radius for part in parts])
    step = max(1024, len(left_rows) // PIECES)
    searches = []
    for k, (part, left, right) in enumerate(zip(parts, lefts, rights, strict=True)):
        flips, rule = make_flips(len(part.bits), part.radius), Rule(words, masks, radii, k, radius, limits)
        for first in range(0, len(left_rows), step):
            last = min(first + step, len(left_rows))
            first_key, end_key = np.searchsorted(left.starts, [first, last - 1], side="right") - (1, 0)
            searches.append(partial(search_rows, first, last, first_key, end_key, left, right, same, flips, rule))
    return searches
