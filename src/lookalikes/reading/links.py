"""Where the paths of a data folder really lead: links are followed, for splits are made of them, but counted."""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from lookalikes.words import say


def check_folds_inside(folds: Sequence[str]) -> None:
    """Raise ValueError for a fold whose name leads out of the data folder; its links may."""
    for fold in folds:
        if ".." in fold.replace("\\", "/").split("/") or os.path.isabs(fold):
            raise ValueError(say("error.fold_outside", given=fold))


def find_links_out(paths: Iterable[str], data_dir: str | os.PathLike[str]) -> list[str]:
    """The links by which some of these absolute paths lead out of the data folder, relative to it, in order, each once.

    Of links on one way the first that leads out. Paths that aren't below the data folder lead nowhere.
    """
    root, inside = os.path.abspath(data_dir), os.path.realpath(data_dir)

    def leads_out(place: str) -> bool:
        real = os.path.realpath(place)
        return os.path.islink(place) and real != inside and not real.startswith(os.path.join(inside, ""))

    @cache
    def find_on_the_way(folder: str) -> str | None:
        if len(folder) <= len(root):
            return None
        return find_on_the_way(os.path.dirname(folder)) or (folder if leads_out(folder) else None)

    found: dict[str, None] = {}
    for path in paths:
        if path.startswith(os.path.join(root, "")):
            link = find_on_the_way(os.path.dirname(path)) or (path if leads_out(path) else None)
            if link is not None:
                found[os.path.relpath(link, root).replace(os.sep, "/")] = None
    return list(found)


def drop_reached_again(folders: Mapping[str, str], listings: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The listings of the folds' `folders` without what a folder link brings in a second time.

    A fold that is itself a link is as good as a folder, and links to files are images of their own.
    """
    real = {
        (fold, below): os.path.realpath(f"{folders[fold]}/{below}")
        for fold, listing in listings.items()
        for below in {os.path.dirname(name) for name in listing}
    }
    plain = {
        key: os.path.normpath(f"{os.path.realpath(folders[key[0]])}/{key[1]}") == place for key, place in real.items()
    }
    taken: dict[str, tuple[str, str]] = {}
    for key in sorted(real, key=lambda key: not plain[key]):
        taken.setdefault(real[key], key)
    return {
        fold: [name for name in listing if plain[key := (fold, os.path.dirname(name))] or taken[real[key]] == key]
        for fold, listing in listings.items()
    }
