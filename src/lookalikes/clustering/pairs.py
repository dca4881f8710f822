"""Find the pairs of near images: every two whose hashes differ in fewer bits than the threshold."""

import numbers

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import find_first_rows, measure_pairs
from lookalikes.clustering.packing import pack_hashes, to_words
from lookalikes.clustering.planning import collect_near

_ORIENTATIONS = 8


def find_pairs(hashed: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Find all pairs of images with a distance below the threshold.

    Returns a DataFrame of `earlier` and `later` (int64, row positions in `hashed`) and `distance` (int16, bits),
    sorted by later, then earlier. The images paired are the first of each distinct hash; each repeated hash has one
    row more, of distance 0, to its first occurrence. Rows without a hash take no part. With the column `oriented` of
    `hash_images(orientations=True)`, the distance is the least over the eight orientations of the later image, and one
    more column, `orientation`, says which, as an EXIF orientation from 1 (as stored) to 8: the lowest among the
    nearest.

    Raises ValueError if `below` is out of range or hashes differ in length, and MemoryError above 250 million pairs.
    """
    if "oriented" in hashed:
        return _make_oriented_table(hashed, below)
    return _make_table(hashed, below, nearest=False)


def find_nearest_earlier(hashed: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Like `find_pairs`, but with only the nearest earlier images of each, all those tied at the least distance.

    This is all that sequential clustering needs, and it fits where all pairs are too many. Raises ValueError for images
    hashed with orientations.
    """
    if "oriented" in hashed:
        raise ValueError("find_nearest_earlier compares images as stored; for orientations, use find_pairs")
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


def check_below(below: int, n_bits: int | None) -> int:
    """Return the threshold as an int, or raise ValueError; without any hash there is no upper bound."""
    if isinstance(below, bool) or not isinstance(below, numbers.Integral):
        raise ValueError(f"below must be a whole number of bits, got {below!r}")
    checked = int(below)
    if checked < 1 or (n_bits is not None and checked > n_bits + 1):
        bounds = f"from 1 to {n_bits + 1} for {n_bits}-bit hashes" if n_bits else "1 or more"
        raise ValueError(f"below must be {bounds}, got {below}")
    return checked


def _make_oriented_table(hashed: pd.DataFrame, below: int) -> pd.DataFrame:
    """With the least distance over the eight turns of the later image. Images are equal when all eight hashes are.

    An equal image can join another cluster than its first occurrence, if it equals, turned, one that came between them.
    So it has a row of distance 0 to every image that it equals when turned.
    """
    positions = np.flatnonzero(hashed["hash"].notna())
    texts = hashed["oriented"].iloc[positions].reset_index(drop=True)
    alike, _ = pd.factorize(texts)
    first = np.flatnonzero(~texts.duplicated())
    words = _arrange(texts.iloc[first])
    check_below(below, len(texts.iat[0]) // _ORIENTATIONS * 4 if len(texts) else None)
    links = _link(words, len(first), below - 1)
    near = links[links["earlier"] < links["later"]]
    repeats = _link_repeats(alike, first, links[links["distance"] == 0])
    pairs = pd.concat([near.assign(earlier=first[near["earlier"]], later=first[near["later"]]), repeats])
    pairs = pairs.sort_values(["later", "earlier"], ignore_index=True)
    return pairs.assign(earlier=positions[pairs["earlier"]], later=positions[pairs["later"]])


def _arrange(texts: pd.Series) -> np.ndarray:
    """The hashes as rows of 64-bit words: those of all images as stored, then those of all in the second
    orientation, and so on.
    """
    packed = pack_hashes(texts)
    by_orientation = packed.reshape(len(texts), _ORIENTATIONS, packed.shape[1] // _ORIENTATIONS).swapaxes(0, 1)
    return to_words(np.ascontiguousarray(by_orientation).reshape(len(texts) * _ORIENTATIONS, by_orientation.shape[2]))


def _link(words: np.ndarray, count: int, radius: int) -> pd.DataFrame:
    """For each two images both ways round: `earlier` as stored, `later` turned by `orientation`, their least
    `distance`.
    """
    stored, turned = np.arange(count), np.arange(count, len(words))
    searches = (collect_near(words, stored, others, radius) for others in (stored, turned))
    found = np.concatenate([np.zeros(0, np.int64), *(pairs for found in searches for pairs in found)])
    distance = measure_pairs(words, found, np.full(words.shape[1], ~np.uint64(0)))
    turn, later = np.divmod(found >> 32, max(count, 1))
    links = pd.DataFrame({"earlier": found & 0xFFFFFFFF, "later": later, "distance": distance, "orientation": turn + 1})
    reverse = links[links["orientation"] == 1].rename(columns={"earlier": "later", "later": "earlier"})
    links = pd.concat([links[links["earlier"] != links["later"]], reverse], ignore_index=True)
    links = links.sort_values(["later", "earlier", "distance", "orientation"])
    return links.drop_duplicates(["later", "earlier"])


def _link_repeats(alike: np.ndarray, first: np.ndarray, equal: pd.DataFrame) -> pd.DataFrame:
    """Rows of distance 0 from each repeated image to its first occurrence, and to the others before it that it
    equals when turned.
    """
    repeated = pd.DataFrame({"alike": alike, "later": np.arange(len(alike))})[first[alike] != np.arange(len(alike))]
    own = repeated.assign(earlier=first[repeated["alike"]], distance=np.int16(0), orientation=1)
    others = repeated.merge(equal.rename(columns={"later": "alike"}), on="alike")
    others["earlier"] = first[others["earlier"]]
    return pd.concat([own, others[others["earlier"] < others["later"]]])[
        ["earlier", "later", "distance", "orientation"]
    ]
