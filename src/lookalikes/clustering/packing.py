"""Pack the hashes of a table as 64-bit words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lookalikes.words import say


def pack_hashes(hashes: pd.Series | np.ndarray | Sequence[str]) -> np.ndarray:
    """Turn hexadecimal hashes of one length into bytes: a uint8 array of n_hashes × n_bytes."""
    texts = np.asarray(hashes, object).tolist()  # a column of pandas' strings is ten times slower to go through
    lengths = sorted(set(map(len, texts)))
    if len(lengths) > 1:
        found = say("error.hashes.and").join(say("error.hashes.length", bits=4 * n_digits) for n_digits in lengths)
        raise ValueError(say("error.hashes.lengths", found=found))
    try:
        packed = bytes.fromhex("".join(texts))
        return np.frombuffer(packed, np.uint8).reshape(len(texts), max(lengths, default=0) // 2)
    except ValueError:
        raise ValueError(say("error.hashes.text")) from None


def to_words(packed: np.ndarray) -> np.ndarray:
    """Pad the bytes with zeros to 64-bit words, which changes no distance."""
    n_words = max(1, -(-packed.shape[1] // 8))
    padded = np.zeros((len(packed), 8 * n_words), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def count_bits(hashed: pd.DataFrame) -> int | None:
    known = hashed["hash"].dropna()
    return 4 * len(known.iloc[0]) if len(known) else None


def find_starts(cluster_ids: pd.Series) -> np.ndarray:
    """Where each cluster starts in rows sorted by cluster, and where the last one ends."""
    return np.append(np.flatnonzero(np.diff(cluster_ids, prepend=-1)), len(cluster_ids))
