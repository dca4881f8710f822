"""Find the pairs of near images: every two whose hashes differ in fewer bits than the threshold."""

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import find_first_rows, measure_pairs
from lookalikes.clustering.bounds import check_below
from lookalikes.clustering.packing import pack_hashes, to_words
from lookalikes.clustering.planning import collect_near


def find_pairs(hashed: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Find all pairs of images with a distance below the threshold.

    Returns a DataFrame of `earlier` and `later` (int64, row positions in `hashed`) and `distance` (int16, bits),
    sorted by later, then earlier. The images paired are the first of each distinct hash; each repeated hash has one
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
    for rows in (earlier, later):
        np.take(positions, rows, out=rows, mode="clip")
    return pd.DataFrame({"earlier": earlier, "later": later, "distance": distance}, copy=False)


def join_packed(packed: np.ndarray, below: int, *, nearest: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pairs of packed hashes: arrays of earlier and later rows and distances, as in `find_pairs`."""
    below = check_below(below, 8 * packed.shape[1] if len(packed) else None)
    words = to_words(packed)
    every_bit = np.full(words.shape[1], ~np.uint64(0))
    first = find_first_rows(words, every_bit)
    is_first = first == np.arange(len(first))
    repeated = np.flatnonzero(~is_first)
    rows = np.flatnonzero(is_first)
    near = collect_near(words, rows, rows, min(below - 1, 8 * packed.shape[1]), nearest=nearest)
    pairs = np.concatenate([*near, repeated << 32 | first[repeated]])
    pairs.sort()
    distance = measure_pairs(words, pairs, every_bit)
    later, earlier = pairs >> 32, np.bitwise_and(pairs, 0xFFFFFFFF, out=pairs)
    if nearest and len(pairs):
        images = np.flatnonzero(np.diff(later, prepend=-1))
        least = np.repeat(np.minimum.reduceat(distance, images), np.diff(images, append=len(later)))
        earlier, later, distance = (column[distance == least] for column in (earlier, later, distance))
    return earlier, later, distance
