"""Which copy to keep: tables for a person to act on. No image is ever moved or deleted here."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from lookalikes.judging.across import find_across_folds
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.reading.folds import OUR_COLUMNS
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import Unreadable, open_image
from lookalikes.saving import save_table
from lookalikes.words import make_visible, say

_MEASURES = ["width", "height", "bytes"]


def measure_images(clusters: pd.DataFrame, *, executor: Executor | None = None) -> pd.DataFrame:
    """`clusters` with `width` and `height` (pixels, as stored) and `bytes`, of the images in clusters of two or more.

    No picture is decoded. The three are missing for singletons, and for images that can't be read any more.
    """
    rows = np.flatnonzero(clusters["cluster_id"].duplicated(keep=False))
    found = np.zeros((len(clusters), 3), np.int64)
    paths = clusters["path"].iloc[rows].tolist()
    with closing(work_through(measure_files, paths, executor=executor, label=say("keep.progress"))) as batches:
        for part, measures in batches:
            found[rows[part]] = measures
    measured = pd.DataFrame(found, columns=_MEASURES, index=clusters.index, dtype="Int64")
    return clusters.assign(**measured.mask(measured == 0))


def measure_files(paths: Iterable[str]) -> list[tuple[int, int, int]]:
    """Of each image its width, height and bytes; zeros where it can't be read."""
    return [_measure_file(path) for path in paths]


def _measure_file(path: str) -> tuple[int, int, int]:
    try:
        with open_image(path) as image:
            return *image.size, os.path.getsize(path)
    except Unreadable:
        return 0, 0, 0


def choose_keepers(clusters: pd.DataFrame, *, prefer: str | None = None) -> pd.DataFrame:
    """`clusters`, as `measure_images` returns them, with one more column, `keep`: true for one image of each cluster.

    It is one of the fold `prefer`, if there are any; of those the largest in pixels; then in bytes; then the first to
    arrive. Images that can't be read any more come last. Raises ValueError without the columns of `measure_images`, or
    for an unknown fold.
    """
    if missing := [name for name in _MEASURES if name not in clusters]:
        raise ValueError(say("keep.error.measures", missing=", ".join(missing)))
    if prefer is not None:
        _check_fold(clusters, prefer, "keep.error.prefer")
    merits = pd.DataFrame({
        "cluster": clusters["cluster_id"],
        "lost": clusters["bytes"].isna(),
        "other": clusters["fold"] != prefer if prefer is not None else False,
        "pixels": -(clusters["width"] * clusters["height"]).fillna(0).astype("int64"),
        "bytes": -clusters["bytes"].fillna(0).astype("int64"),
    })  # fmt: skip
    best = merits.sort_values(list(merits), kind="stable").drop_duplicates("cluster").index
    return clusters.assign(keep=clusters.index.isin(best))


def save_keep_table(clusters: pd.DataFrame, path: str | Path) -> Path:
    """Write `cluster_id,filename,fold,keep` of the clusters that `choose_keepers` returns. Returns the path."""
    return save_table(clusters[["cluster_id", "filename", "fold", "keep"]], path)


def save_train_without_leaks(
    hashed: pd.DataFrame,
    groups: pd.DataFrame,
    pairs: pd.DataFrame,
    path: str | Path,
    *,
    looked: pd.DataFrame | None = None,
    train: str = "train",
) -> Path:
    """Write the readable images of `train` that no other fold shares: `filename`, `fold`, `label` where there is one,
    and the other columns of the person's CSV, in order of arrival.

    No row of it is within the threshold of `pairs` of an image of another fold, nor, with `looked`, in a pair of any
    distance with one that `look_again` confirmed. Prints how many images are kept, and how many of these share a group
    of `groups`, those of `group_images`, with another fold through others only. Raises ValueError for an unknown fold.
    Returns the path.
    """
    _check_fold(groups, train, "keep.error.train")
    fold, leaks = hashed["fold"].to_numpy(), [find_across_folds(hashed, pairs)]
    if looked is not None:
        leaks.append(looked[looked["kind"].isin(CONFIRMED)])
    leaking = [some[fold[some["earlier"]] != fold[some["later"]]][["earlier", "later"]].to_numpy() for some in leaks]
    is_clean = np.ones(len(hashed), bool)
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
        raise ValueError(say(key, folds=make_visible(", ".join(folds)), given=fold))
