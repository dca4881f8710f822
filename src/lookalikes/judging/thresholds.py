"""Which threshold suits these images: what each one adds, and how much of that the second look confirms."""

import math

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import measure_pairs
from lookalikes.clustering.bounds import check_below
from lookalikes.clustering.packing import count_bits, pack_hashes, to_words
from lookalikes.clustering.sequential import cluster_sequentially
from lookalikes.judging.kinds import CONFIRMED

BEYOND = 6
"""How many bits beyond the threshold are looked at."""
MANY = 20_000_000
"""Pairs, up to which those beyond the threshold are worth their memory."""
SAMPLED = 2_000_000
"""Pairs drawn to estimate how many there are."""
ENOUGH = 0.9
"""The share of the newly added pairs that must be confirmed."""
SURE = 0.75
"""What that share must be at the least, with 95 % confidence, of all pairs added beyond the first threshold."""
_Z = 1.959964


def widen(hashed: pd.DataFrame, *, below: int = 10) -> int:
    """How far to look beyond the threshold, for `find_pairs(hashed, below=widen(hashed, below=10))`: 6 bits, or up to
    the largest threshold there is; fewer where a sample of the pairs says that more than 20 million would be found.
    """
    n_bits = count_bits(hashed)
    reach = check_below(below, n_bits) + BEYOND
    reach = min(reach, n_bits + 1) if n_bits else reach
    hashes = hashed["hash"].dropna().unique()
    count = len(hashes) * (len(hashes) - 1) / 2
    if count > MANY:
        words = to_words(pack_hashes(hashes))
        earlier, later = np.random.default_rng(0).integers(len(hashes), size=(2, SAMPLED))
        distance = measure_pairs(words, later << 32 | earlier, np.full(words.shape[1], ~np.uint64(0)))
        while reach > below and count * (distance < reach).mean() > MANY:
            reach -= 1
    return reach


def compare_thresholds(
    hashed: pd.DataFrame, pairs: pd.DataFrame, looked: pd.DataFrame, *, below: int = 10
) -> pd.DataFrame:
    """What each threshold up to `widen(hashed, below=below)` gives; only every second one where all distances are even.

    `pairs` are those of `find_pairs(hashed, below=widen(hashed, below=below))`, `looked` those of them, all or a
    sample, that `look_again` judged. Columns: `below`, `pairs`, `by_chance` (pairs, see `expect_chance_pairs`),
    `clusters` (of two or more), `images` (in those), `largest` (images), `added` (pairs not below the threshold
    before), `looked_at` (of these), `confirmed` (of those), `share` (confirmed / looked_at, to 3 decimals), `interval`
    (within which the share of all that it adds lies with 95 % confidence, such as `0.59 to 0.96`; or `all looked at`).
    """
    reach, n_bits, step = widen(hashed, below=below), count_bits(hashed) or 64, _find_step(pairs)
    thresholds = sorted({*range(below, 0, -step), *range(below, reach, step), reach})
    sizes = [_measure_clusters(hashed, pairs[pairs["distance"] < threshold]) for threshold in thresholds]
    table = pd.DataFrame(sizes, columns=["pairs", "clusters", "images", "largest"], dtype="int64")
    table.insert(0, "below", thresholds)
    n = int(hashed["hash"].notna().sum())
    chance = [expect_chance_pairs(n, threshold - 1, n_bits) for threshold in thresholds]
    table.insert(2, "by_chance", [float(f"{pairs:.2g}") for pairs in chance])
    seen = _find_among(looked[looked["kind"].notna()], pairs)
    for name, some in (("added", pairs), ("looked_at", seen), ("confirmed", seen[seen["kind"].isin(CONFIRMED)])):
        table[name] = np.histogram(some["distance"], [0, *thresholds[:-1], thresholds[-1] - 0.5])[0]
    share = table["confirmed"] / table["looked_at"].where(table["looked_at"] > 0)
    counts = table[["added", "looked_at", "confirmed"]].itertuples(index=False, name=None)
    interval = pd.Series([_describe_interval(*row) for row in counts], dtype=object)
    return table.assign(share=share.round(3).astype("Float64"), interval=interval)


def recommend_threshold(table: pd.DataFrame) -> int | None:
    """The largest threshold at which the second look confirms at least 90 % of the newly added pairs, or None.

    From the table of `compare_thresholds`. So that neither a lucky few beyond many mistakes nor one mistake among few
    decides, the share must hold for all that is added from any lower threshold up to this one, together; but the first,
    whose pairs all others have. And of all that is added beyond the first, the 95 % Wilson lower bound must be 75 % or
    more: fewer than 12 pairs tell nothing. A threshold that adds nothing is not recommended.
    """
    added, confirmed = table["added"].to_numpy(float), _estimate_confirmed(table)
    for last in range(len(table) - 1, 0, -1):
        runs = [array[1 : last + 1][::-1].cumsum() for array in (confirmed, added)]
        low, _ = bound_share(*pool_beyond_first(table.head(last + 1)))
        if added[last] and (runs[0] >= ENOUGH * runs[1] - 1e-9).all() and low >= SURE:
            return int(table["below"].iloc[last])
    return None


def pool_beyond_first(table: pd.DataFrame) -> tuple[float, int]:
    """The confirmed share of all pairs that are added after the first row, and how many of them were looked at."""
    added, confirmed = table["added"].to_numpy(float)[1:].sum(), _estimate_confirmed(table)[1:].sum()
    return confirmed / max(added, 1.0), int(table["looked_at"].iloc[1:].sum())


def bound_share(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in `count` cases (Wilson, "Probable inference, the law of succession, and
    statistical inference", 1927); from 0 to 1 where there are none.
    """
    if not count:
        return 0.0, 1.0
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    low, high = ((share + _Z**2 / (2 * count) + side) / (1 + _Z**2 / count) for side in (-spread, spread))
    return max(low, 0.0), min(high, 1.0)


def _estimate_confirmed(table: pd.DataFrame) -> np.ndarray:
    """Of the pairs that each threshold adds, how many would be confirmed, were all looked at as those that were."""
    added, looked_at, confirmed = (table[name].to_numpy(float) for name in ("added", "looked_at", "confirmed"))
    estimate: np.ndarray = added * confirmed / np.maximum(looked_at, 1)
    return estimate


def _describe_interval(added: int, looked_at: int, confirmed: int) -> str | None:
    if looked_at in (0, added):
        return "all looked at" if looked_at else None
    low, high = bound_share(confirmed / looked_at, looked_at)
    return f"{low:.2f} to {high:.2f}"


def _find_among(looked: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Those of `looked` that stand in `pairs`, which are sorted: others, of repeated hashes, are counted nowhere."""
    wanted, keys = (table["later"].to_numpy() << 32 | table["earlier"].to_numpy() for table in (looked, pairs))
    place = np.searchsorted(keys, wanted)
    return looked[np.append(keys, -1)[place] == wanted]


def expect_chance_pairs(n: int, distance: int, n_bits: int = 64, *, views: int = 1) -> float:
    """How many of the pairs of `n` images would have at most that distance by chance, were their hashes independent.

    As for phash, half of the bits of each are ones. Two such are 2k bits apart where k ones of the second meet zeros of
    the first: C(b, k)² of the C(2b, b) ways, with b = n_bits / 2 (the hypergeometric distribution). Compared in several
    views, a pair has as many chances as `views`.
    """
    return n * (n - 1) / 2 * min(1.0, views * _chance_within(distance, n_bits))


def _chance_within(distance: int, n_bits: int) -> float:
    half = n_bits // 2
    return sum(math.comb(half, k) ** 2 for k in range(min(distance // 2, half) + 1)) / math.comb(2 * half, half)


def count_nearest_distances(hashed: pd.DataFrame, pairs: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """How many images have their nearest other one at each distance up to `widen(hashed, below=below)`.

    `distance`, `images`, and `by_chance`, how many there would be were all hashes independent: of n of those, a share
    of (1 - p)ⁿ⁻¹ has no other within a distance that two of them have with probability p. `pairs` as for
    `compare_thresholds`.
    """
    distances = np.arange(0, widen(hashed, below=below), _find_step(pairs))
    nearest = np.full(len(hashed), distances.max(initial=0) + 1)
    for side in ("earlier", "later"):
        np.minimum.at(nearest, pairs[side].to_numpy(), pairs["distance"].to_numpy())
    counts = pd.Series(nearest).value_counts().reindex(distances, fill_value=0)
    n, n_bits = int(hashed["hash"].notna().sum()), count_bits(hashed) or 64
    alone = [max(0.0, 1 - _chance_within(distance, n_bits)) ** max(n - 1, 0) for distance in distances.tolist()]
    by_chance = -n * np.diff(alone, prepend=1.0)
    return pd.DataFrame({"distance": distances, "images": counts.to_numpy(), "by_chance": by_chance})


def _find_step(pairs: pd.DataFrame) -> int:
    """2 where all distances are even, as nearly all of phash are: then every second threshold changes nothing."""
    return 1 if (pairs["distance"] % 2).any() else 2


def _measure_clusters(hashed: pd.DataFrame, pairs: pd.DataFrame) -> tuple[int, int, int, int]:
    sizes = cluster_sequentially(hashed[["hash"]], pairs)["cluster_id"].value_counts()
    multiple = sizes[sizes > 1]
    return len(pairs), len(multiple), int(multiple.sum()), int(sizes.max()) if len(sizes) else 0
