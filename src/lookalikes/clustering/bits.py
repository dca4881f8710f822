"""Hashes as rows of 64-bit words: count their ones, measure distances, find equal ones; all compiled."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from lookalikes.compiling import compiled, inlined, intrinsic

LANES = 32
"""How many words `any_near` compares at once."""


@intrinsic
def any_near(typing_context: Any, words: Any, start: Any, word: Any, radius: Any) -> tuple[Any, Any]:
    """Whether any of words[start:start + LANES] is within radius of word, by vector operations on 8 at a time."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(64), 8)

        def repeat(value: Any) -> Any:
            single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
            return builder.shuffle_vector(single, single, ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8))

        def measure(offset: int) -> Any:
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
def count_ones(word: np.uint64) -> np.int64:
    """The number of ones in 64 bits, in the textbook form that compilers turn into one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
def distance_between(words: np.ndarray, one: int, other: int, mask: np.ndarray) -> np.int64:
    distance = np.int64(0)
    for k in range(words.shape[1]):
        distance += count_ones((words[one, k] ^ words[other, k]) & mask[k])
    return distance


@compiled
def measure_pairs(words: np.ndarray, pairs: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The distance of each pair, given as later << 32 | earlier."""
    distances = np.empty(len(pairs), np.int16)
    for i in range(len(pairs)):
        distances[i] = distance_between(words, pairs[i] >> 32, pairs[i] & 0xFFFFFFFF, mask)
    return distances


@compiled
def find_first_rows(words: np.ndarray, mask: np.ndarray) -> np.ndarray:
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
def find_odd_rows(words: np.ndarray) -> np.ndarray:
    """Whether each row has an odd number of ones."""
    odd = np.empty(len(words), np.bool_)
    for i in range(len(words)):
        folded = np.uint64(0)
        for word in words[i]:
            folded ^= word
        odd[i] = count_ones(folded) & 1
    return odd
