"""Copies that the hash of the whole picture can't see: crops, borders, captions, mirrored and turned ones."""

import numpy as np
import pandas as pd

from lookalikes.clustering.bits import measure_pairs
from lookalikes.clustering.bounds import check_below
from lookalikes.clustering.packing import to_words
from lookalikes.clustering.planning import collect_near
from lookalikes.clustering.sequential import find_cluster_of
from lookalikes.hashing.phash import FLAT_BELOW
from lookalikes.hashing.views import TURNS
from lookalikes.judging.across import merge_pairs
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.orienting import turn_back

MOST_HIDDEN = 20_000
"""Candidates that a run looks at, those first whose distance is rarest for their view."""
_MOST_AT_ONCE = 3_000_000
"""Windows that are joined at once: the join's tables of more would take gigabytes."""
_BACK = np.array([turn_back(orientation) for orientation in range(1, TURNS + 1)])
_COLUMNS = {"earlier": np.int64, "later": np.int64, "distance": np.int16, "view": np.int64}


def find_hidden_copies(hashed: pd.DataFrame, clusters: pd.DataFrame, *, below: int = 10) -> pd.DataFrame:
    """Pairs in different clusters, of which one's window, in one of eight orientations, is near the other's whole.

    `earlier`, `later` (row positions in `hashed`, the first of each distinct hash), the least `distance` (bits) and the
    `view` at which it is: 8 · window + orientation - 1 of the later image, below 0 of the earlier one; see
    `lookalikes.hashing.views`. Those first whose distance is rarest for their view. Pictures with little to see take no
    part. None where images were hashed without `views`. They are candidates, for `look_again` to confirm.
    """
    if "views" not in hashed:
        return pd.DataFrame({name: np.zeros(0, kind) for name, kind in _COLUMNS.items()})
    seen = hashed["hash"].notna() & ~hashed["hash"].duplicated() & (hashed["quality"] >= FLAT_BELOW).fillna(False)
    rows = np.flatnonzero(seen)
    if not len(rows):
        return find_hidden_copies(hashed.drop(columns="views"), clusters)
    size = len(hashed["hash"].iloc[rows[0]]) // 2
    radius = check_below(below, 8 * size) - 1
    found = _match(hashed["views"].iloc[rows].tolist(), size, radius)
    found = _order(found.assign(one=rows[found["one"]], two=rows[found["two"]]))
    cluster_of = find_cluster_of(hashed, clusters)
    found = found[cluster_of[found["earlier"]] != cluster_of[found["later"]]]
    count = found.groupby(["of", "distance"]).size()
    rarity = count.groupby(level="of").cumsum().rename("rarity")
    found = found.join(rarity, on=["of", "distance"]).sort_values(["distance", "of"])
    found = found.drop_duplicates(["earlier", "later"]).sort_values(["rarity", "distance", "later", "earlier"])
    return found[list(_COLUMNS)].astype(_COLUMNS).reset_index(drop=True)


def add_hidden(looked: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """`looked` with those pairs of `hidden`, both of `look_again`, that are confirmed; sorted, each pair once.

    The columns `view` and `shared` are those of `hidden`, missing where it has none, and `hidden` says which pairs were
    confirmed by another view alone, not from the whole picture.
    """
    more = hidden[hidden["kind"].isin(CONFIRMED)]
    if more.empty:
        return looked
    sure = looked["kind"].isin(CONFIRMED)
    joined = merge_pairs(looked[sure], more, looked[~sure])
    place, known, seen = (pd.MultiIndex.from_frame(some[["earlier", "later"]]) for some in (joined, looked[sure], more))
    told = more.set_index(seen)[["view", "shared"]].reindex(place).set_axis(joined.index)
    return joined.assign(**told.astype({"view": "Int64"}), hidden=place.isin(seen) & ~place.isin(known))


def count_hidden(looked: pd.DataFrame) -> int:
    """How many of the pairs of `add_hidden` were confirmed by another view alone."""
    return int(looked["hidden"].sum()) if "hidden" in looked else 0


def _match(views: list[bytes], size: int, radius: int) -> pd.DataFrame:
    """Near pairs of a whole (`one`) in some turn and a window of another (`two`): `of`, its view, and `distance`."""
    count = len(views)
    turned = _cut_out(views, 0, TURNS * size, size)
    turns = np.arange(len(turned))
    found = [_join(turned, turns[:count], turns[count:], radius)]
    step = max(1, _MOST_AT_ONCE // count)
    for start in range(TURNS, len(views[0]) // size - 1, step):
        rest = _cut_out(views, start * size, min((start + step) * size, len(views[0]) - size), size)
        others = len(turned) + np.flatnonzero(rest.any(1))
        one, two, distance = _join(np.concatenate([turned, rest]), turns, others, radius)
        found.append((one, two + (start - TURNS) * count, distance))
    near, far, distance = map(np.concatenate, zip(*found, strict=True))
    (turn, one), (place, two) = (np.divmod(side, count) for side in (near, far))
    window = np.maximum(place - TURNS + 1, 0)
    # The whole turned so looks like the window, hence the window turned back like the whole; of two wholes either way.
    orientation = np.where(window > 0, _BACK[turn], place % TURNS + 1)
    pairs = pd.DataFrame({"one": one, "two": two, "of": TURNS * window + orientation - 1, "distance": distance})
    return pairs[pairs["one"] != pairs["two"]]


def _cut_out(views: list[bytes], start: int, end: int, size: int) -> np.ndarray:
    """Those bytes of all views as words, hash by hash, each of all images."""
    packed = np.frombuffer(b"".join(some[start:end] for some in views), np.uint8)
    return to_words(packed.reshape(len(views), -1, size).swapaxes(0, 1).reshape(-1, size))


def _join(words: np.ndarray, left: np.ndarray, right: np.ndarray, radius: int) -> tuple[np.ndarray, ...]:
    """The near pairs of rows `left`, which come first, and rows `right`, and their distances."""
    pairs = collect_near(words, left, right, radius) if len(right) else []
    near = np.concatenate([np.zeros(0, np.int64), *pairs])
    return near & 0xFFFFFFFF, near >> 32, measure_pairs(words, near, np.full(words.shape[1], ~np.uint64(0)))


def _order(found: pd.DataFrame) -> pd.DataFrame:
    """The pairs by arrival: `earlier`, `later` and `view`."""
    swap = (found["one"] > found["two"]).to_numpy()
    earlier, later = np.minimum(found["one"], found["two"]), np.maximum(found["one"], found["two"])
    whole = found["of"] < TURNS
    back = np.where(whole, _BACK[found["of"] % TURNS] - 1, -found["of"])
    return found.assign(earlier=earlier, later=later, view=np.where(swap, back, found["of"]))
