"""Which copy to keep: tables for a person to act on. No image is ever moved or deleted here."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lookalikes.clustering.packing import pack_hashes
from lookalikes.clustering.sequential import locate
from lookalikes.judging.across import find_across_folds
from lookalikes.judging.decisions import cut_pairs, drop_pairs, find_verdicts
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.second_look import look_again
from lookalikes.reading.folds import OUR_COLUMNS
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, open_image, read_orientation
from lookalikes.saving import save_table
from lookalikes.words import join, make_visible, say

_MEASURES = ["width", "height", "bytes", "lossless"]
_MEASURED = [*_MEASURES, "turn"]
_LOSSLESS = {"PNG", "BMP", "PPM", "TGA", "QOI", "PCX", "SGI", "ICO"}
_MOST_KEPT = 8
"""Images kept of those that confirmed pairs connect, before all others are kept as well."""


def measure_images(clusters: pd.DataFrame, *, executor: Executor | None = None) -> pd.DataFrame:
    """`clusters` with `width` and `height` (pixels, as stored), `bytes`, `lossless` (or with transparency, which the
    usual lossy files have not) and `turn` (the EXIF orientation, 1 to 8), of the images in clusters of two or more.

    No picture is decoded. The five are missing for singletons, and for images that can't be read any more.
    """
    rows = np.flatnonzero(clusters["cluster_id"].duplicated(keep=False))
    found = np.zeros((len(clusters), len(_MEASURED)), np.int64)
    paths = clusters["path"].iloc[rows].tolist()
    with closing(work_through(measure_files, paths, executor=executor, label=say("keep.progress"))) as batches:
        for part, measures in batches:
            found[rows[part]] = measures
    measured = pd.DataFrame(found, columns=_MEASURED, index=clusters.index, dtype="Int64")
    return clusters.assign(**measured.mask(measured["bytes"] == 0))


def measure_files(paths: Iterable[str]) -> list[tuple[int, ...]]:
    """Of each image its width, height, bytes, whether it is lossless, its EXIF orientation; zeros where it can't be
    read.
    """
    return [_measure_file(path) for path in paths]


def _measure_file(path: str) -> tuple[int, ...]:
    try:
        with open_image(path) as image:
            turn = read_orientation(image)
            return *image.size, os.path.getsize(path), int(_is_lossless(image, path)), turn
    except Unreadable:
        return (0,) * len(_MEASURED)


def _is_lossless(image: Image.Image, path: str) -> bool:
    if image.format == "TIFF":
        return image.info.get("compression") not in ("jpeg", "tiff_jpeg", "webp")
    if image.format == "WEBP":
        with open(path, "rb") as file:
            return b"VP8L" in file.read(64) or image.has_transparency_data
    return image.format in _LOSSLESS or image.has_transparency_data


def choose_keepers(
    hashed: pd.DataFrame,
    clusters: pd.DataFrame,
    looked: pd.DataFrame,
    *,
    prefer: str | None = None,
    decisions: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """`clusters`, as `measure_images` returns them, with `keep`, and of what isn't kept `copy_of` (fold/filename of a
    kept image), `copy_kind` and `copy_score`.

    In order of merit each image is kept, unless it is a confirmed copy, by a look at that very pair, of one of its
    cluster that is kept already; pairs that this needs and that `looked`, of `look_again`, has not are looked at now.
    The order: those of the fold `prefer`; the larger in pixels; lossless ones or those with transparency; the larger
    in bytes; the first to arrive. Images that can't be read any more come last, and are kept. What `decisions` say
    stands: kept ones come first of all, dropped ones stand for no other, and none is a copy of one that it was called
    different from. Raises ValueError without the columns of `measure_images`, or for an unknown fold.
    """
    if missing := [name for name in _MEASURES if name not in clusters]:
        raise ValueError(say("keep.error.measures", missing=join(missing)))
    if prefer is not None:
        _check_fold(clusters, prefer, "keep.error.prefer")
    place = np.full(len(hashed), -1)
    place[locate(hashed, clusters)] = np.arange(len(clusters))
    row = np.argsort(place)[len(hashed) - len(clusters) :]
    verdict, apart = find_verdicts(hashed, decisions)
    dropped_by_hand = np.flatnonzero(verdict[row] == "drop")
    copies = drop_pairs(looked[looked["kind"].isin(CONFIRMED)], apart)
    one, other = place[copies["earlier"]], place[copies["later"]]
    cluster = clusters["cluster_id"].to_numpy()
    one, other = (side[cluster[one] == cluster[other]] for side in (one, other))
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(clusters), len(clusters)))
    components = connected_components(links, directed=False)[1]
    by_merit = _rank(clusters, prefer, verdict[row] == "keep")
    by_merit = by_merit[~np.isin(by_merit, dropped_by_hand)]
    waiting = [some for _, some in pd.Series(by_merit).groupby(components[by_merit]) if len(some) > 1]
    queues = [some.tolist() for some in waiting]
    known = _Known(hashed, looked, executor)
    found = pd.DataFrame({"keep": True, "copy_of": None, "copy_kind": None, "copy_score": np.nan}, clusters.index)
    found = found.astype({"copy_of": object, "copy_kind": object})
    found.iloc[dropped_by_hand, 0] = False
    different = {*map(tuple, apart.tolist())}
    names = [f"{fold}/{name}" for fold, name in zip(clusters["fold"], clusters["filename"], strict=True)]
    for _ in range(_MOST_KEPT):
        wanted = [(queue[0], each) for queue in queues for each in queue[1:]]
        judged = known.judge([(int(row[best]), int(row[each])) for best, each in wanted])
        dropped = set()
        for (best, each), (kind, score) in zip(wanted, judged, strict=True):
            pair = (min(row[best], row[each]), max(row[best], row[each]))
            if kind in CONFIRMED and verdict[row[each]] != "keep" and pair not in different:
                dropped.add(each)
                found.iloc[each] = [False, names[best], kind, score]
        queues = [[each for each in queue[1:] if each not in dropped] for queue in queues]
        queues = [queue for queue in queues if len(queue) > 1]
    return clusters.assign(**found)


def _rank(clusters: pd.DataFrame, prefer: str | None, kept_by_hand: np.ndarray) -> np.ndarray:
    """The places of the clusters' rows, the best to keep first."""
    pixels = (clusters["width"] * clusters["height"]).fillna(0).to_numpy(np.int64)
    measures = [clusters[name].fillna(0).to_numpy(np.int64) for name in ("bytes", "lossless")]
    preferred = (clusters["fold"] == prefer).to_numpy(np.int64) if prefer is not None else 0 * pixels
    keys = [*measures, pixels, preferred, clusters["bytes"].notna().to_numpy(np.int64), kept_by_hand.astype(np.int64)]
    return np.lexsort([-key for key in keys])


class _Known:
    """What the second look says of any pair of row positions; pairs not looked at yet are looked at when asked for."""

    def __init__(self, hashed: pd.DataFrame, looked: pd.DataFrame, executor: Executor | None) -> None:
        self.hashed, self.executor = hashed, executor
        self.kinds: dict[tuple[int, int], tuple[str | None, float]] = {}
        self._add(looked)

    def judge(self, pairs: list[tuple[int, int]]) -> list[tuple[str | None, float]]:
        keys = [(min(pair), max(pair)) for pair in pairs]
        new = pd.DataFrame(sorted({*keys} - self.kinds.keys()), columns=["earlier", "later"])
        if len(new):
            self._add(look_again(self.hashed, measure_distance(self.hashed, new), executor=self.executor))
        return [self.kinds[key] for key in keys]

    def _add(self, looked: pd.DataFrame) -> None:
        columns = (looked[name].tolist() for name in ("earlier", "later", "kind", "score"))
        for earlier, later, kind, score in zip(*columns, strict=True):
            self.kinds[earlier, later] = kind, score


def measure_distance(hashed: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """`pairs` of row positions with `distance`, as in `find_pairs`."""
    one, other = (pack_hashes(hashed["hash"].iloc[pairs[side]]) for side in ("earlier", "later"))
    distance = np.bitwise_count(one ^ other).sum(1, dtype=np.int16)
    return pairs.reset_index(drop=True).assign(distance=distance)


def save_keep_table(clusters: pd.DataFrame, path: str | Path) -> Path:
    """Write `cluster_id,filename,fold,keep,kind,score,copy_of` of the clusters that `choose_keepers` returns: of what
    isn't kept the kept image (fold/filename) whose copy it is, and what the second look said of the two. Returns the
    path.
    """
    table = clusters[["cluster_id", "filename", "fold", "keep", "copy_kind", "copy_score", "copy_of"]]
    return save_table(table.rename(columns={"copy_kind": "kind", "copy_score": "score"}), path)


def save_train_without_leaks(
    hashed: pd.DataFrame,
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    path: str | Path,
    *,
    looked: pd.DataFrame | None = None,
    train: str = "train",
    decisions: pd.DataFrame | None = None,
) -> Path:
    """Write the readable images of `train` that no other fold shares: `filename`, `fold`, `label` where there is one,
    and the other columns of the person's CSV, in order of arrival.

    No row of it is within the threshold of `pairs` of an image of another fold, nor, with `looked`, in a pair of any
    distance with one that `look_again` confirmed; with `decisions`, dropped images aren't written, and two called
    different are no pair. Prints how many images are kept, and how many of these share a group of `groups`, those of
    `group_images`, with another fold through others only. Raises ValueError for an unknown fold. Returns the path.
    """
    _check_fold(groups, train, "keep.error.train")
    verdict, apart = find_verdicts(hashed, decisions)
    fold = hashed["fold"].to_numpy()
    leaks = [cut_pairs(hashed, pairs, apart, of=find_across_folds(hashed, pairs))]
    if looked is not None:
        leaks.append(drop_pairs(looked[looked["kind"].isin(CONFIRMED)], apart))
    leaking = [some[fold[some["earlier"]] != fold[some["later"]]][["earlier", "later"]].to_numpy() for some in leaks]
    is_clean = verdict != "drop"
    is_clean[np.concatenate(leaking).ravel()] = False
    of_train = groups["fold"] == train
    kept = groups[of_train & is_clean[hashed["hash"].notna()]]
    connected = int(kept["group_id"].isin(groups.loc[~of_train, "group_id"]).sum())
    print(say("keep.train", train=make_visible(train), count=len(kept), all=int(of_train.sum()), connected=connected))
    ours = OUR_COLUMNS - {"filename", "fold", "label"}
    return save_table(kept[[name for name in kept if name not in ours]], path)


def _check_fold(clusters: pd.DataFrame, fold: str, key: str) -> None:
    """Raise ValueError for a fold that isn't there; where there are no clusters at all, nothing can be said."""
    folds = clusters["fold"].unique()
    if len(folds) and fold not in folds:
        raise ValueError(say(key, folds=make_visible(join(folds)), given=fold))
