"""Which folders are folds: those whose names hold a word for a split, wherever people put them."""

import os
import re
from collections.abc import Sequence

from lookalikes.reading.listing import FOREIGN, UNREAD
from lookalikes.reading.sources import Source, find_own_sources, is_twin
from lookalikes.reading.splits import PLAIN, RANKS, WEAK, arrival_order, is_plain, rank_of, split_words, words_of
from lookalikes.reading.tree import Tree

_DEEPEST = 3
_MASKS = {
    "mask", "masks", "label", "labels", "annotation", "annotations", "annot", "gt", "groundtruth",
    "segmentation", "segmentations", "trimap", "trimaps",
}  # fmt: skip
_BESIDE_MASKS = {"ground", "truth", "class", "object", "instance", "instances", "semantic"}


def detect_folds(tree: Tree, sources: Sequence[Source]) -> list[str]:
    """The folders that are folds, in order: those named for a split, and those at the top beside a CSV of the
    same name.

    The shallowest level that makes a split is taken; where none does alone, all of them together.
    """
    named = _find_named(tree, "", 1)
    holding = {folder for folder in named if tree.below(folder).images}
    parents = {os.path.dirname(folder) for folder in holding}
    owners = {folder for folder in named if find_own_sources(folder, sources)}
    found = [folder for folder in named if folder in holding or _stands_for_a_fold(tree, folder, parents)]
    twins = {folder for folder in tree.children("") if any(is_twin(folder, source) for source in sources)}
    twins = {folder for folder in twins if folder in found or tree.below(folder).images}
    by_level = [[folder for folder in found if folder.count("/") == level] for level in range(_DEEPEST)]
    for folders in [*by_level, found]:
        if split := _choose(folders, owners, twins):
            outer = {folder for folder in twins if any(other.startswith(f"{folder}/") for other in split)}
            return sorted(split | twins - outer, key=arrival_order)
    return sorted(twins, key=arrival_order)


def _stands_for_a_fold(tree: Tree, folder: str, parents: set[str]) -> bool:
    """Whether a folder without images, beside folds, is one all the same: empty, or full of what can't be read."""
    reasons = set(tree.below(folder).left_out.values())
    kinds = UNREAD.union(*FOREIGN.values())
    return (
        os.path.dirname(folder) in parents
        and not set(words_of(folder)) & _MASKS
        and (not reasons or bool(reasons & kinds))
    )


def _find_named(tree: Tree, folder: str, level: int) -> list[str]:
    """The folders at this level and below that are named for a split and are no containers of others."""
    found = []
    for child in tree.children(folder):
        path = f"{folder}/{child}" if folder else child
        ranks = {rank_of(below) for below in tree.children(path)} - {None} if level < _DEEPEST else set()
        if rank_of(child) is not None and len(ranks) < 2:
            found.append(path)
        elif level < _DEEPEST:
            found += _find_named(tree, path, level + 1)
    return found


def _choose(folders: list[str], owners: set[str], twins: set[str]) -> set[str]:
    """Those of the folders that make a split together; none where a single one has no CSV of its own."""
    strong = any(rank_of(folder) in (0, 2) and split_words(folder) - WEAK for folder in folders)
    split = {folder for folder in folders if strong or split_words(folder) - WEAK}
    return split if len(split | twins) > 1 or split & owners else set()


def name_folds(folders: Sequence[str]) -> list[str]:
    """The paths of the folds' folders, less the folders common to all."""
    if len(folders) < 2:
        return [os.path.basename(folder) for folder in folders]
    common = os.path.commonpath([os.path.dirname(folder) for folder in folders])
    return [folder[len(common) + 1 :] if common else folder for folder in folders]


def find_masks(tree: Tree) -> list[str]:
    """The folders of masks beside images (`masks` beside `images`, `train_masks` beside `train`): pictures of where
    something is, not pictures to compare.
    """
    suspects = [folder for folder in tree.folders if _is_named_for_masks(os.path.basename(folder))]
    return [folder for folder in suspects if tree.below(folder).images and _belongs_to_images(tree, folder)]


def _is_named_for_masks(name: str) -> bool:
    words = set(words_of(name))
    return (
        bool(words & _MASKS) or {"ground", "truth"} <= words
    ) and words <= _MASKS | _BESIDE_MASKS | PLAIN | RANKS.keys()


def _belongs_to_images(tree: Tree, folder: str) -> bool:
    """Whether the folder's pictures bear the names of images beside it, or anywhere else in folders of the same name;
    perhaps with an ending such as `_mask`.
    """
    parent, start = os.path.dirname(folder), f"{folder}/"
    prefix = f"{parent}/" if parent else ""
    outside = [name for name in tree.images if not name.startswith(start)]
    near = (name.removeprefix(prefix) for name in outside if name.startswith(prefix))
    known = {_stem(name) for name in near if _is_beside(name)}
    if rank_of(folder) is None:
        known |= {"/".join(_end(name)) for name in outside}
    masks = tree.below(folder).images
    shared = 0
    for name in masks:
        place, stem = _end(name)
        stems = (stem, re.sub(r"[-_. ](?!.*[-_. ]).*$", "", stem))
        shared += any(one in known or (place and f"{place}/{one}" in known) for one in stems)
    return shared * 2 >= len(masks)


def _end(name: str) -> tuple[str, str]:
    """The last folder of a path and the name without its suffix."""
    return os.path.basename(os.path.dirname(name)), _stem(name)


def _is_beside(name: str) -> bool:
    """Whether a picture, by its path below the folder that holds the masks, is one that masks may belong to."""
    first, _, rest = name.partition("/")
    return not rest or (is_plain(first) and not set(words_of(first)) & _MASKS)


def _stem(name: str) -> str:
    return os.path.splitext(os.path.basename(name))[0]
