"""Small tables that a person can work by hand, and random ones, for the tests of judging."""

import pandas as pd
from hypothesis import strategies as st

from lookalikes import cluster_sequentially, find_pairs
from oracle import plain_clusters

# Eight bits, so that a person can count: each next one has two more ones, but for the last.
A, B, C, D, FAR = "00", "03", "0f", "3f", "f0"
FOLDS = ["train", "valid", "test"]


def tabulate(hashes, folds=None, **columns):
    folds = ["train"] * len(hashes) if folds is None else folds
    names = [f"{number}.png" for number in range(len(hashes))]
    table = {"filename": names, "fold": folds, "path": names, "hash": hashes, **columns, "problem": None}
    return pd.DataFrame(table, dtype=object)


def cluster(hashed, below=3):
    pairs = find_pairs(hashed, below=below)
    return cluster_sequentially(hashed, pairs), pairs


def looked_at(hashed, below, kinds):
    pairs = find_pairs(hashed, below=below)
    kind = pd.Series([kinds.get(pair) for pair in zip(pairs["earlier"], pairs["later"], strict=True)], dtype=object)
    scores = {"same file": 1, "same pixels": 1, "near copy": 0.95, "look-alike": 0.2}
    return pairs.assign(kind=kind, score=kind.map(scores).astype(float))


def bridged(**columns):
    """t1 and t2 of train, s of test: s is 2 from t1 and 8 from t2, and these are 10 apart."""
    t1 = 0xFFFFFFFF
    t2, s = t1 ^ (0x3FF << 20), t1 ^ (0x3 << 20)
    return tabulate([f"{number:016x}" for number in (t1, t2, s)], ["train", "train", "test"], **columns)


@st.composite
def clumps(draw):
    """Hashes in few clumps, some repeated, some missing, 8 or 256 bits long, in one to three folds."""
    n_bits = draw(st.sampled_from([8, 256]))
    centres = draw(st.lists(st.integers(0, 2**n_bits - 1), min_size=1, max_size=3))
    flips = st.lists(st.integers(0, n_bits - 1), max_size=5)
    hashes = []
    drawn = st.tuples(st.sampled_from(centres), flips, st.integers(0, 9))
    for centre, flipped, lost in draw(st.lists(drawn, max_size=14)):
        for bit in flipped:
            centre ^= 1 << bit
        hashes.append(f"{centre:0{n_bits // 4}x}" if lost else None)
    folds = sorted(draw(st.lists(st.integers(0, 2), min_size=len(hashes), max_size=len(hashes))))
    return tabulate(hashes, [FOLDS[fold] for fold in folds]), draw(st.integers(1, 8))


def plain_groups(hashed, below):
    groups = {}
    for cluster_id, row, _ in plain_clusters(hashed["hash"].tolist(), below):
        groups.setdefault(cluster_id, []).append(row)
    return {cluster_id: rows for cluster_id, rows in groups.items() if len(rows) > 1}
