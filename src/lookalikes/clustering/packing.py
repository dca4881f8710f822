"""Pack the hashes of a table as 64-bit words: of one orientation or, hashed with orientations, of eight."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import count_ones
from lookalikes.compiling import inlined


def pack_hashes(hashes: pd.Series | np.ndarray | Sequence[str]) -> np.ndarray:
    """Turn hexadecimal hashes of one length into bytes: a uint8 array of n_hashes × n_bytes."""
    texts = np.asarray(hashes, object).tolist()  # a column of pandas' strings is ten times slower to go through
    lengths = sorted(set(map(len, texts)))
    if len(lengths) > 1:
        found = " and ".join(f"{4 * n_digits}-bit" for n_digits in lengths)
        raise ValueError(f"hashes must be of one length, got {found} ones: hash all images the same way")
    try:
        packed = bytes.fromhex("".join(texts))
        return np.frombuffer(packed, np.uint8).reshape(len(texts), max(lengths, default=0) // 2)
    except ValueError:
        raise ValueError("hashes must be hexadecimal text of whole bytes, such as 'ff00aa3c'") from None


def to_words(packed: np.ndarray) -> np.ndarray:
    """Pad the bytes with zeros to 64-bit words, which changes no distance."""
    n_words = max(1, -(-packed.shape[1] // 8))
    padded = np.zeros((len(packed), 8 * n_words), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def find_hash_column(table: pd.DataFrame) -> str:
    return "oriented" if "oriented" in table else "hash"


def count_turns(hashed: pd.DataFrame) -> int:
    return 8 if "oriented" in hashed else 1


def count_bits(hashed: pd.DataFrame) -> int | None:
    known = hashed["hash"].dropna()
    return 4 * len(known.iloc[0]) if len(known) else None


def pack_turns(table: pd.DataFrame) -> np.ndarray:
    """The hashes as 64-bit words: rows × turns × words, of one turn or, hashed with orientations, of eight."""
    packed = pack_hashes(table[find_hash_column(table)])
    turns = 8 if "oriented" in table else 1
    by_turn = packed.reshape(len(packed), turns, packed.shape[1] // turns)
    return np.pad(by_turn, ((0, 0), (0, 0), (0, -by_turn.shape[2] % 8))).view(np.uint64)


def find_starts(cluster_ids: pd.Series) -> np.ndarray:
    """Where each cluster starts in rows sorted by cluster, and where the last one ends."""
    return np.append(np.flatnonzero(np.diff(cluster_ids, prepend=-1)), len(cluster_ids))


@inlined
def measure_turns(words: np.ndarray, earlier: int, later: int) -> np.int64:
    """The bits in which two rows differ, the least over the turns of the later one."""
    least = np.int64(64 * words.shape[2])
    for turn in range(words.shape[1]):
        differ = np.int64(0)
        for word in range(words.shape[2]):
            differ += count_ones(words[earlier, 0, word] ^ words[later, turn, word])
        least = min(least, differ)
    return least
