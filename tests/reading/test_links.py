import os
import shutil
import sys

import pytest

from lookalikes import count_images, limit_pixels, list_notices, read_folds
from lookalikes.reading.links import check_folds_inside, find_links_out

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def data(tmp_path, picture):
    """train/a.png, test/b.png; and outside the folder, c.png and more/d.png."""
    for place in ("data/train/a.png", "data/test/b.png", "outside/c.png", "outside/more/d.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, tmp_path / place)
    return tmp_path / "data"


def names_of(images):
    return [f"{fold}: {name}" for fold, name in zip(images["fold"], images["filename"], strict=True)]


def test_links_that_lead_out_are_followed_and_named_once(data):
    (data / "train" / "c.png").symlink_to("../../outside/c.png")
    (data / "train" / "within.png").symlink_to("../test/b.png")
    (data / "val").symlink_to("../outside")
    (data / "train" / "back").symlink_to("../../data/test")
    images = read_folds(data)
    assert names_of(images) == [
        "train: a.png", "train: c.png", "train: within.png", "val: c.png", "val: more/d.png", "test: b.png"
    ]  # fmt: skip
    assert find_links_out(images["path"], data) == ["train/c.png", "val"]


def test_a_data_folder_that_is_itself_a_link_leads_nowhere(data, tmp_path):
    (tmp_path / "link").symlink_to("data")
    images = read_folds(tmp_path / "link")
    assert len(images) == 2 and find_links_out(images["path"], tmp_path / "link") == []
    assert find_links_out([str(tmp_path / "outside" / "c.png")], data) == []


def test_paths_below_the_working_folder(data, monkeypatch):
    monkeypatch.chdir(data)
    (data / "test" / "c.png").symlink_to("../../outside/c.png")
    assert find_links_out(read_folds(".")["path"], ".") == ["test/c.png"]


def test_a_file_that_a_folder_link_brings_in_again_is_one_image(data):
    (data / "train" / "up").symlink_to("..")
    (data / "train" / "out").symlink_to("../../outside")
    (data / "test" / "again").symlink_to("../../outside/more")
    images = read_folds(data)
    assert names_of(images) == ["train: a.png", "train: out/c.png", "train: out/more/d.png", "test: b.png"]
    assert count_images(images, data)["left_out"].sum() == 0
    told = list_notices(data).set_index("what")
    assert told.loc["images reached again", ["count", "example"]].tolist() == [2, "train/up/test/b.png"]
    assert told.loc["links that lead out", ["count", "example"]].tolist() == [1, "train/out"]


def test_folds_that_are_links_and_hard_links_are_images_of_their_own(data):
    os.link(data / "train" / "a.png", data / "test" / "hard.png")
    (data / "val").symlink_to("test")
    assert names_of(read_folds(data)) == [
        "train: a.png", "val: b.png", "val: hard.png", "test: b.png", "test: hard.png"
    ]  # fmt: skip


@pytest.mark.parametrize("fold", ["..", "../data", "train/../..", "/etc", "a\\..\\.."])
def test_folds_that_lead_out_are_refused(data, fold):
    with pytest.raises(ValueError, match="folds must be folders within data_dir, got"):
        read_folds(data, folds=[fold])
    check_folds_inside(["train", "a..b/c", ".hidden"])


@pytest.mark.parametrize("most", [0, -5])
def test_a_limit_that_refuses_every_picture_is_refused(most):
    with pytest.raises(ValueError, match=f"max_pixels must be 1 or more, got {most}"):
        limit_pixels(most)


def test_folders_that_can_not_be_opened_are_counted_in_words(data, monkeypatch):
    opened = os.scandir
    for name in ("one", "two"):
        (data / "train" / name).mkdir()

    def refuse(place):
        if os.path.basename(os.path.normpath(place)) in refused:
            raise PermissionError(place)
        return opened(place)

    monkeypatch.setattr(os, "scandir", refuse)
    refused = {"one"}
    assert count_images(read_folds(data), data)["reasons"].tolist() == ["1 folder that can't be opened", ""]
    refused = {"one", "two"}
    assert count_images(read_folds(data), data)["reasons"].tolist() == ["2 folders that can't be opened", ""]
