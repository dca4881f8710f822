"""The second look: read the images of near pairs once more, and say what kind of match each pair is."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from functools import partial

import numpy as np
import pandas as pd

from lookalikes.hashing.views import TURNS
from lookalikes.judging.likeness import LOOK, Scores, score_looks
from lookalikes.judging.looking import Seen, look_at
from lookalikes.judging.orienting import Box, list_turns, turn, turn_box_back
from lookalikes.judging.parts import LEAST, Fine, Part, are_equal_in_small, compare_closely
from lookalikes.judging.viewing import find_shared, locate_view, score_view
from lookalikes.reading.parallel import work_through
from lookalikes.words import say

CUT = 0.9
"""From this score on a pair is checked closely: a near copy, or one of which a part differs."""
KINDS = ("same file", "same pixels", "near copy", "part differs", "look-alike")
LIKELY = 8
"""Bits: images of pairs up to this distance are read in detail at once; of others only where they score as copies."""
_BLOCK = 32
Item = tuple[int, str, bool, bool, bool]
"""Of an image its number, its path, and whether it is cut short, to be compared exactly, wanted in detail."""
_IN_DETAIL = 4_000
"""Images held in detail at once, 0.1 MB each."""
_OTHER_FILM = 10.0
OTHER_FRAMES = Part(0.0, (), ())
"""The part that differs where the first frames agree and other frames don't."""


def look_again(hashed: pd.DataFrame, pairs: pd.DataFrame, *, executor: Executor | None = None) -> pd.DataFrame:
    """`pairs` with `score`, from 0 to 1, `kind`, `part` and `reframed`; missing where an image can't be read any more.

    The kinds: *same file* (all bytes are equal), *same pixels* (the decoded pictures are, as stored, in all frames),
    *near copy* (in the area that both show, nothing but quality differs), *part differs* (the same picture or template,
    but a part: `part`, a `Part`, says where), *look-alike* (the score is less than `CUT`). `reframed` says that one
    shows more than the other: a crop, a border, a band. Pictures of less than 96 pixels are *same pixels* (also when
    scaled) or *look-alike*.

    The score compares the pictures upright, and as stored as well where their EXIF orientations differ; the better
    counts. With a column `view`, as of `find_hidden_copies`, the comparing starts where that view is, turned as it is,
    and one more column, `shared`, holds two boxes: where in the earlier and in the later picture is what both show.

    Images are read on all cores or on `executor`, any `concurrent.futures.Executor`: each once, unless pairs far apart
    turn out to be alike or are very many, and files of equal bytes once together.
    """
    columns = {"score": np.full(len(pairs), np.nan), "kind": np.full(len(pairs), None, object)}
    columns |= {"part": np.full(len(pairs), None, object), "reframed": np.zeros(len(pairs), bool)}
    columns |= {"shared": np.full(len(pairs), None, object)} if "view" in pairs else {}
    cuts = hashed["truncated"].to_numpy(bool) if "truncated" in hashed else np.zeros(len(hashed), bool)
    for some in _cut_into_blocks(pairs):
        found = _judge(hashed["path"].to_numpy(), cuts, _locate_views(hashed, pairs.iloc[some]), executor)
        for name, values in found.items():
            columns[name][some] = values
    return pairs.assign(**columns)


def _locate_views(hashed: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """`pairs` with the `View` at which each matched, where there is one, as `located`."""
    if "view" not in pairs:
        return pairs
    views = hashed["views"].tolist() if "views" in hashed else [None] * len(hashed)
    columns = (pairs[name].tolist() for name in ("view", "earlier", "later"))
    located = [locate_view(view, views[one], views[other]) for view, one, other in zip(*columns, strict=True)]
    return pairs.assign(located=pd.Series(located, index=pairs.index, dtype=object))


def _cut_into_blocks(pairs: pd.DataFrame) -> Iterator[np.ndarray]:
    """The rows of the pairs in blocks of not too many images; those that share an image mostly in one."""
    order = np.lexsort((pairs["later"].to_numpy(), pairs["earlier"].to_numpy()))
    for start in range(0, len(order), _IN_DETAIL // 2):
        yield np.sort(order[start : start + _IN_DETAIL // 2])


def _judge(
    paths: np.ndarray, cuts: np.ndarray, pairs: pd.DataFrame, executor: Executor | None
) -> dict[str, np.ndarray]:
    """The columns that `look_again` adds, for some pairs."""
    rows, places = np.unique(pairs[["earlier", "later"]].to_numpy(np.int64), return_inverse=True)
    earlier, later = places.reshape(-1, 2).T
    cut_short = cuts[rows]
    names = paths[rows].tolist()
    exact, likely = (_mark(pairs["distance"].to_numpy() <= most, earlier, later) for most in (0, LIKELY))
    located = dict(enumerate(pairs["located"])) if "located" in pairs else {}
    likely |= bool(located)
    looks, read, twin, fines = _look_at_all(names, cut_short, exact, likely, executor)
    earlier, later = twin[earlier], twin[later]
    known = np.flatnonzero(read[earlier] & read[later])
    turns = np.array([located[place].turned if located else 1 for place in known.tolist()], np.int64)
    views = pairs["view"].to_numpy()[known] if located else np.zeros(len(known), int)
    # Where many files have equal bytes, many pairs are the same one.
    keys = np.stack([earlier[known], later[known], turns, views], axis=1)
    (earlier, later, turns, views), places, first = _transpose_unique(keys)
    scores, film = _score_all(looks, earlier, later, turns), _agree_in_frames(looks, earlier, later)
    for place in np.flatnonzero(np.abs(views) >= TURNS):
        one, other = earlier[place], later[place]
        if one in fines and other in fines:
            turned = list_turns(int(looks["turn"][other]), int(turns[place]), int(looks["turn"][one]))
            view = located[int(known[first[place]])]
            seen = score_view(fines[one], _turn_fine(fines[other], turned), view, turned)
            scores.score[place], scores.fit[place] = seen
            scores.as_stored[place] = True
    same_file, same_pixels = (_are_equal(looks[name], earlier, later) for name in ("file", "pixels"))
    kind = np.select([same_file, same_pixels & film, scores.score >= CUT], KINDS[:3], KINDS[4]).astype(object)
    close = np.flatnonzero(kind == KINDS[2])
    fines |= _read_in_detail(
        names, cut_short, {*earlier[close].tolist(), *later[close].tolist()} - fines.keys(), executor
    )

    def check(place: int) -> tuple[str | None, Part | None, bool]:
        one, other = earlier[place], later[place]
        if one not in fines or other not in fines:
            return None, None, False
        turned = list_turns(int(looks["turn"][other]), int(turns[place]), int(looks["turn"][one]))
        turned = turned if scores.as_stored[place] else (1, 1, 1)
        return _check_closely(fines[one], fines[other], turned, scores.fit[place], bool(film[place]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = list(pool.map(check, close))
    part, reframed = np.full(len(kind), None, object), np.zeros(len(kind), bool)
    for place, result in zip(close, checked, strict=True):
        kind[place], part[place], reframed[place] = result
    found = {"score": scores.score, "kind": kind, "part": part, "reframed": reframed}
    if located:
        shared = [_share(looks, *each) for each in zip(earlier, later, turns, scores.fit, strict=True)]
        found["shared"] = np.empty(len(kind), object)
        found["shared"][:] = shared
    return {name: _spread(values[places], known, len(pairs)) for name, values in found.items()}


def _share(looks: np.ndarray, one: int, other: int, told: int, fit: np.ndarray) -> tuple[Box, Box]:
    turned = list_turns(int(looks["turn"][other]), int(told), int(looks["turn"][one]))
    own, others = find_shared(fit)
    return own, turn_box_back(others, turned)


def _transpose_unique(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of the different rows, for each row its place among these, and the first row of each."""
    rows, first, places = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return rows.T, places.ravel(), first


def _turn_fine(fine: Fine, turned: tuple[int, int, int]) -> Fine:
    grey, tints = fine
    for orientation in turned:
        grey, tints = turn(grey, orientation), turn(tints, orientation)
    return Fine(np.ascontiguousarray(grey), np.ascontiguousarray(tints))


def _check_closely(
    first: Fine, second: Fine, turned: tuple[int, int, int], fit: np.ndarray, film: bool
) -> tuple[str, Part | None, bool]:
    """The kind of a pair that scores as copies, the part that differs, and whether one shows more than the other."""
    second = _turn_fine(second, turned)
    if min(max(first.grey.shape), max(second.grey.shape)) < LEAST:
        return KINDS[1] if film and are_equal_in_small(first, second) else KINDS[4], None, False
    part, reframed = compare_closely(first, second, fit)
    if part:
        part = part._replace(other_boxes=tuple(turn_box_back(box, turned) for box in part.other_boxes))
    elif not film:
        part = OTHER_FRAMES
    return KINDS[3 if part else 2], part, reframed


def _mark(pairs: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Which images are in one of the pairs marked."""
    marked = np.zeros(max(earlier.max(initial=-1), later.max(initial=-1)) + 1, bool)
    marked[earlier[pairs]] = marked[later[pairs]] = True
    return marked


def _spread(values: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    """The values at their places among all pairs; missing where an image couldn't be read."""
    spread = np.full(count, {"f": np.nan, "b": False}.get(values.dtype.kind), values.dtype)
    spread[known] = values
    return spread


def _look_at_all(
    paths: list[str], cut_short: np.ndarray, exact: np.ndarray, likely: np.ndarray, executor: Executor | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[int, Fine]]:
    """The `LOOK`s; which were read; for each image the one whose look is its own, another one of equal bytes; and the
    pictures in detail.
    """
    looks, read, twin = np.zeros(len(paths), LOOK), np.zeros(len(paths), bool), np.arange(len(paths))
    fines: dict[int, Fine] = {}
    items = list(zip(range(len(paths)), paths, cut_short.tolist(), exact.tolist(), likely.tolist(), strict=True))
    work = partial(_look_at_some, first={})
    with closing(work_through(work, items, executor=executor, label=say("progress.second_look"))) as batches:
        for part, found in batches:
            for place, seen in enumerate(found, part.start):
                if isinstance(seen, int):
                    twin[place] = seen
                elif seen is not None:
                    looks[place], read[place] = seen.look, True
                    fines |= {} if seen.fine is None else {place: seen.fine}
    return looks, read, twin, fines


def _look_at_some(items: Iterable[Item], first: dict[bytes, int]) -> list[Seen | int | None]:
    return [
        look_at(number, path, cut_short=cut_short, exact=exact, fine=fine, first=first)
        for number, path, cut_short, exact, fine in items
    ]


def _read_in_detail(
    paths: list[str], cut_short: np.ndarray, places: set[int], executor: Executor | None
) -> dict[int, Fine]:
    """The pictures in detail of those images that weren't read so the first time."""
    wanted = sorted(places)
    named = [paths[place] for place in wanted]
    none, all_ = np.zeros(len(wanted), bool), np.ones(len(wanted), bool)
    fines = _look_at_all(named, cut_short[wanted], none, all_, executor)[3]
    return {wanted[place]: fine for place, fine in fines.items()}


def _agree_in_frames(looks: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Whether both have as many frames, and the same ones: exactly where the first are equal, else by small greys."""
    one, other = looks[earlier], looks[later]
    apart = one["film"].astype(float) - other["film"]
    apart = np.abs(apart - apart.mean((2, 3), keepdims=True)).mean((2, 3)).max(1, initial=0)
    first = _are_equal(looks["pixels"], earlier, later)
    same: np.ndarray = (one["others"] == other["others"]).all(1)
    agree: np.ndarray = (one["frames"] == other["frames"]) & np.where(first, same, apart < _OTHER_FILM)
    return agree


def _are_equal(digests: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    equal: np.ndarray = (digests[earlier] == digests[later]).all(1) & digests[earlier].any(1)
    return equal


def _score_all(looks: np.ndarray, earlier: np.ndarray, later: np.ndarray, turns: np.ndarray) -> Scores:
    blocks = [slice(start, start + _BLOCK) for start in range(0, max(len(earlier), 1), _BLOCK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        scores = pool.map(lambda block: score_looks(looks[earlier[block]], looks[later[block]], turns[block]), blocks)
        return Scores(*map(np.concatenate, zip(*scores, strict=True)))
