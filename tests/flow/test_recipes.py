"""The README's recipes, run as they stand there on a small folder, each where its library is installed; and the
groups of larger folders.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import lookalikes as la
from oracle import plain_groups_of_all

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## Splitting and cleaning") :].split("\n## ")[0]
RECIPES = re.findall(r"```python\n(.+?)```", SECTION, re.S)


def pick(word):
    (recipe,) = [recipe for recipe in RECIPES if word in recipe]
    assert 1 <= len(recipe.splitlines()) <= 5
    return recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory, paint):
    """A folder of two folds with CSVs, the report's tables of it, and what `hash_images` and the like return."""
    folder = tmp_path_factory.mktemp("recipes")
    data = folder / "competition"
    # 0 is repeated within train and in test; ten more in train, two labels.
    for fold, seeds in {"train": [0, 0, *range(1, 11)], "test": [0, 20, 21]}.items():
        (data / fold).mkdir(parents=True)
        rows = []
        for number, seed in enumerate(seeds):
            paint(seed=seed).save(data / fold / f"{fold}{number}.png")
            rows.append((f"{fold}{number}.png", number % 2, f"text {number}"))
        table = pd.DataFrame(rows, columns=["filename", "label", "text"])
        table.to_csv(data / f"{fold}.csv", index=False)
    images = la.read_folds(data, label="label")
    hashed = la.hash_images(images, cache=False)
    pairs = la.find_pairs(hashed)
    looked = la.look_again(hashed, pairs)
    groups = la.group_images(hashed, pairs, looked=looked)
    la.save_groups(groups, folder / "reports" / "competition" / "groups.csv")
    values = {"images": images, "hashed": hashed, "pairs": pairs, "looked": looked, "groups": groups}
    return folder, values | {"la": la, "os": os, "pd": pd, "Path": Path}


def test_scikit_learn_splits_by_the_groups(run, monkeypatch):
    selection = pytest.importorskip("sklearn.model_selection")
    folder, names = run
    monkeypatch.chdir(folder)
    shutil.copy(folder / "competition" / "train.csv", "train.csv")
    shutil.copy(folder / "reports" / "competition" / "groups.csv", "groups.csv")
    values = names | {"StratifiedGroupKFold": selection.StratifiedGroupKFold}
    exec(pick("StratifiedGroupKFold"), values)
    train = values["train"]
    assert len(train) == 12 and set(train["part"]) == set(range(5))
    assert train.loc[train["filename"].isin(["train0.png", "train1.png"]), "part"].nunique() == 1


def test_the_clean_list_and_yolos_list(run, monkeypatch, tmp_path):
    folder, names = run
    monkeypatch.chdir(tmp_path)
    exec(pick("save_train_without_leaks"), dict(names))
    exec(pick("train.txt"), dict(names))
    clean = pd.read_csv("train_clean.csv")
    assert list(clean) == ["filename", "fold", "label", "csv_label", "text"] and len(clean) == 10
    listed = Path("train.txt").read_text().splitlines()
    assert listed == [f"{folder}/competition/train/train{number}.png" for number in range(2, 12)]


def test_hugging_face_loads_the_groups(run, monkeypatch, tmp_path):
    folder, names = run
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    paths = [path.replace(os.fspath(folder), os.getcwd()) for path in names["groups"]["path"]]
    names = names | {"groups": names["groups"].assign(path=paths)}
    recipe = pick("load_dataset")
    exec(recipe.replace(recipe.splitlines()[-1], ""), dict(names))
    metadata = pd.read_csv("competition/train/metadata.csv")
    assert list(metadata) == ["file_name", "group_id"]
    assert all((tmp_path / "copy" / "competition" / "train" / name).is_file() for name in metadata["file_name"])
    datasets = pytest.importorskip("datasets")
    values = names | {"load_dataset": datasets.load_dataset}
    exec(recipe, values)
    assert values["dataset"]["group_id"][:3] == [0, 0, 1]


def test_fiftyone_gets_tags(run, monkeypatch):
    """With a stand-in for its dataset, which has samples with `filepath` and `tags`."""
    folder, names = run
    monkeypatch.chdir(folder)

    class Sample:
        def __init__(self, path):
            self.filepath, self.tags = str(path), []

    samples = [Sample(path) for path in sorted((folder / "competition").glob("*/*.png"))]

    class Dataset:
        def iter_samples(self, autosave):
            return samples

    exec(pick("iter_samples"), names | {"dataset": Dataset()})
    tags = {Path(sample.filepath).name: sample.tags for sample in samples}
    assert tags["test0.png"] == tags["train0.png"] == tags["train1.png"] == ["group 0"]
    assert sum(tag == ["group 0"] for tag in tags.values()) == 3 and all(tags.values())


def test_a_train_set_in_two_folders_becomes_one_fold(tmp_path, paint):
    for fold, seeds in {"train_1": [0, 1], "train_2": [0, 2], "test": [2]}.items():
        (tmp_path / fold).mkdir()
        for number, seed in enumerate(seeds):
            paint(seed=seed).save(tmp_path / fold / f"{number}.png")
    images = la.read_folds(tmp_path)
    exec(pick("replace({"), {"images": images})
    assert images["fold"].tolist() == ["train"] * 4 + ["test"] and images["filename"].is_unique
    hashed = la.hash_images(images, cache=False)
    leaks = la.find_leaks(hashed, la.find_pairs(hashed))
    assert la.list_pairs(hashed, la.cluster_sequentially(hashed, la.find_pairs(hashed)), leaks)[
        ["filename", "other_filename"]
    ].to_numpy().tolist() == [["test/0.png", "train_2/1.png"]]


AFTER = re.findall(r"```python\n(.+?)```", README[README.index("## After deciding") :].split("\n## ")[0], re.S)
AWKWARD = ["a[1].png", "b*.png", "b?2\\3.png", "#c.png", "写真 4.png"]


@pytest.fixture
def decided(tmp_path, paint, monkeypatch):
    """A folder of awkward names, all of one picture, of which the awkward ones were dropped."""
    monkeypatch.chdir(tmp_path)
    names = [*AWKWARD, "b.png", "bb2.png", "keep.png"]
    for name in names:
        path = tmp_path / "competition" / "deep" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        paint(seed=1).save(path)
    hashed = la.hash_images(la.read_folds("competition"), cache=False)
    clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed))
    decisions = clusters[["fold", "filename"]].assign(hash="phash64:" + clusters["hash"])
    awkward = clusters["filename"].str.rpartition("/")[2].isin(AWKWARD)
    decisions = decisions.assign(decision=np.where(awkward, "drop", "keep"), with_fold="", with_filename="")
    decisions.assign(decided_at="2026-11-26T12:00:00Z").to_csv("decisions.csv", index=False)
    values = {"la": la, "os": os, "re": re, "subprocess": subprocess, "Path": Path, "Image": Image}
    values |= {"clusters": clusters, "data": "competition"}
    exec(AFTER[0], values)
    assert sorted(values["dropped"]) == sorted(f"deep/{name}" for name in AWKWARD)
    assert len(AFTER) == 4 and all(len(recipe.splitlines()) == 3 for recipe in AFTER)
    return values


def list_names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_what_was_dropped_is_moved_aside_and_not_read_again(decided):
    exec(AFTER[1], decided)
    assert list_names("competition/_dropped") == sorted(f"deep/{name}" for name in AWKWARD)
    assert sorted(la.read_folds("competition")["filename"].str.rpartition("/")[2]) == ["b.png", "bb2.png", "keep.png"]


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
def test_rsync_copies_all_but_what_was_dropped(decided):
    exec(AFTER[2], decided)
    assert list_names("clean") == ["deep/b.png", "deep/bb2.png", "deep/keep.png"]
    assert len(list_names("competition")) == 8


def test_a_loader_is_given_what_is_left(decided):
    exec(AFTER[3], decided)
    assert [picture.size for picture in decided["pictures"]] and len(decided["listed"]) == 3


def search_plainly(hashed):
    """The groups of all n² pairs, by hashes of imagehash's own."""
    hashes = [str(imagehash.phash(Image.open(path))) for path in hashed["path"]]
    return plain_groups_of_all(hashes, 10), hashes


@pytest.mark.slow
@pytest.mark.parametrize("data", ["pets", "drawn"])
def test_groups_equal_a_plain_search_of_all_pairs(shared, tmp_path, data):
    if data == "drawn":
        draw = [sys.executable, shared / "make_dataset.py", tmp_path, "--train", "2400", "--test", "600"]
        subprocess.run(draw, check=True)
    folder = tmp_path if data == "drawn" else shared / "data" / "pets"
    hashed = la.hash_images(la.read_folds(folder), cache=False)
    groups = la.group_images(hashed, la.find_pairs(hashed))
    la.save_groups(groups, tmp_path / "groups.csv")
    expected, hashes = search_plainly(hashed)
    saved = pd.read_csv(tmp_path / "groups.csv", dtype={"filename": str})
    assert saved["group_id"].tolist() == expected and len(saved) == len(hashed)
    bits = np.unpackbits(np.array([list(bytes.fromhex(hash_)) for hash_ in hashes], np.uint8), axis=1)
    for start in range(0, len(bits), 100):
        near = (bits[start : start + 100, None] != bits[None]).sum(2) < 10
        one, other = np.nonzero(near)
        assert (saved["group_id"].to_numpy()[one + start] == saved["group_id"].to_numpy()[other]).all()


def test_pictures_of_more_than_8_bits_are_hashed_scaled(tmp_path):
    (recipe,) = [text for text in re.findall(r"```python\n(.+?)```", README, re.S) if "hash_scaled" in text]
    random = np.random.default_rng(1)
    for number in range(2):
        levels = random.integers(1_000, 60_000, (12, 12)).astype(np.uint16).repeat(20, 0).repeat(20, 1)
        Image.fromarray(levels).save(tmp_path / f"{number}.png")
    images = la.read_folds(tmp_path)
    names = {"la": la, "np": np, "Image": Image, "imagehash": imagehash, "images": images}
    assert la.hash_images(images, cache=False)["hash"].nunique() == 1
    exec(textwrap.dedent(recipe), names)
    assert names["hashed"]["hash"].nunique() == 2
