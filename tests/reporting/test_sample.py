"""The sample: made the same each time, with the truth it claims, from free photographs only."""

import csv
import hashlib
import importlib.resources
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

import imagehash
import pytest
import skimage.data
from PIL import Image, ImageChops, ImageOps, ImageStat

from lookalikes.reporting import sample
from lookalikes.reporting.sample import MISSED, PHOTOS, make_sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_sample(tmp_path_factory.mktemp("made") / "sample")


@pytest.fixture(scope="module")
def hashes(folder) -> dict[tuple[str, str], imagehash.ImageHash]:
    """The hash of each readable image by (fold, filename), in arrival order."""
    found = {}
    for key in list_images(folder):
        try:
            found[key] = imagehash.phash(Image.open(folder / key[0] / key[1]))
        except OSError:
            continue
    return found


def read_csv(path: Path) -> list[dict]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def list_images(folder: Path) -> list[tuple[str, str]]:
    folds = {fold: read_csv(folder / f"{fold}.csv") for fold in ("train", "test")}
    return [(fold, row["odai_photo_file_name"]) for fold, rows in folds.items() for row in rows]


def digest(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def planted(folder: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Group to story to (fold, filename); the story of the two blanks is one, so they get a number."""
    groups: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in read_csv(folder / "planted.csv"):
        members = groups[row["group"]]
        story = row["story"] if row["story"] not in members else f"{row['story']} 2"
        members[story] = (row["fold"], row["filename"])
    return groups


def cluster_plainly(hashes: dict, below: int) -> list[list]:
    clusters: list[list] = []
    for key, new in hashes.items():
        distances = [min(new - hashes[member] for member in members) for members in clusters]
        if distances and min(distances) < below:
            clusters[distances.index(min(distances))].append(key)
        else:
            clusters.append([key])
    return clusters


def test_layout(folder):
    train, test = read_csv(folder / "train.csv"), read_csv(folder / "test.csv")
    assert list(train[0]) == ["id", "odai_photo_file_name", "text", "is_laugh"]
    assert list(test[0]) == ["id", "odai_photo_file_name", "text"]
    assert {row["is_laugh"] for row in train} == {"0", "1"}
    assert 100 <= len(train) + len(test) <= 200
    names = [name for _, name in list_images(folder)]
    assert len(set(map(str.lower, names))) == len(names)  # some file systems don't tell A from a
    assert len({row["id"] for row in train + test}) == len(names)
    for fold, rows in (("train", train), ("test", test)):
        assert {path.name for path in (folder / fold).iterdir()} == {row["odai_photo_file_name"] for row in rows}


def test_small(folder):
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 4_000_000
    for fold, name in list_images(folder):
        with Image.open(folder / fold / name) as image:
            assert min(image.size) >= 80 and max(image.size) <= 480


def test_same_bytes_each_time(folder, tmp_path):
    assert digest(make_sample(tmp_path / "again")) == digest(folder)


def test_planted_truth_is_what_the_plain_algorithm_finds(folder, hashes):
    expected = set()
    for members in planted(folder).values():
        found = frozenset(key for story, key in members.items() if story not in MISSED and key in hashes)
        expected |= {found} if len(found) > 1 else set()
    clusters = cluster_plainly(hashes, 10)
    assert {frozenset(members) for members in clusters if len(members) > 1} == expected
    assert sorted(map(len, expected))[-3:] == [3, 3, 5]


def test_different_pictures_are_far_from_the_threshold(folder, hashes):
    group = {key: name for name, members in planted(folder).items() for key in members.values()}
    keys = list(hashes)
    near = [
        (first, second)
        for place, first in enumerate(keys)
        for second in keys[:place]
        if group.get(first, first) != group.get(second, second) and hashes[first] - hashes[second] < 12
    ]
    assert near == []


def test_each_story_is_told(folder, hashes):
    groups = planted(folder)
    assert {story for members in groups.values() for story in members} == {
        "original", "exact copy", "other label", "re-encoded", "as PNG", "as WebP", "resized", "brightened", "stamped",
        "cropped", "in grey", "mirrored", "rotated", "turned by EXIF", "cropped too far", "cropped on all sides",
        "bordered", "captioned", "letterboxed", "panned", "panned further", "bridged", "different picture", "blank",
        "blank 2", "truncated",
    }  # fmt: skip
    folds = [tuple(sorted(fold for fold, _ in members.values())) for members in groups.values()]
    assert {("train", "train"), ("test", "train"), ("test", "test")} <= set(folds)


def test_copies_are_what_they_say(folder):
    def load(group: str, story: str) -> Path:
        return folder.joinpath(*planted(folder)[group][story])

    assert load("coffee", "original").read_bytes() == load("coffee", "exact copy").read_bytes()
    assert load("launch", "original").read_bytes() != load("launch", "as PNG").read_bytes()
    assert Image.open(load("launch", "original")).tobytes() == Image.open(load("launch", "as PNG")).tobytes()
    turned = Image.open(load("cup", "turned by EXIF"))
    assert turned.size == Image.open(load("cup", "original")).size[::-1]
    assert ImageOps.exif_transpose(turned).size == Image.open(load("cup", "original")).size
    assert all(len(Image.open(load("blank", story)).getcolors()) == 1 for story in ("blank", "blank 2"))


def test_edits_are_seen(folder):
    groups = planted(folder)

    def pair(group: str, story: str) -> tuple[Path, Path]:
        return folder.joinpath(*groups[group]["original"]), folder.joinpath(*groups[group][story])

    def brightness(path: Path) -> float:
        return ImageStat.Stat(Image.open(path).convert("L")).mean[0]

    for group, story in (("cat", "resized"), ("spoon", "cropped"), ("tower", "cropped too far")):
        original, copy = (Image.open(path).size for path in pair(group, story))
        assert copy[0] < original[0] and copy[1] < original[1]
    for group in ("cat", "lights"):
        original, copy = map(brightness, pair(group, "brightened"))
        assert copy > 1.1 * original
    for group in ("cat", "smile", "wall"):
        original, copy = (path.stat().st_size for path in pair(group, "re-encoded"))
        assert copy < 0.8 * original
    for group in ("cat", "eye"):
        original, copy = map(Image.open, pair(group, "stamped"))
        box = ImageChops.difference(original, copy).point(lambda value: 255 * (value > 60)).getbbox()
        assert box and box[1] > 0.8 * original.height  # the text, near the lower edge
    assert [Image.open(path).mode for path in pair("helmet", "in grey")] == ["RGB", "L"]


def test_orientations_are_found_by_turning(folder, hashes):
    groups = planted(folder)
    for group, story, turn in (
        ("whiskers", "mirrored", Image.Transpose.FLIP_LEFT_RIGHT),
        ("flag", "rotated", Image.Transpose.ROTATE_270),
        ("cup", "turned by EXIF", Image.Transpose.ROTATE_270),
    ):
        turned = Image.open(folder.joinpath(*groups[group][story])).transpose(turn)
        assert imagehash.phash(turned) - hashes[groups[group]["original"]] < 10


def test_labels_contradict_only_where_planted(folder):
    labels = {("train", row["odai_photo_file_name"]): row["is_laugh"] for row in read_csv(folder / "train.csv")}
    for members in planted(folder).values():
        told = {labels[key] for key in members.values() if key in labels}
        assert len(told) == 2 if "other label" in members else len(told) <= 1


def test_distances_of_the_found_groups(folder, hashes):
    groups = planted(folder)

    def distance(group: str, first: str, second: str) -> int:
        return hashes[groups[group][first]] - hashes[groups[group][second]]

    assert distance("cup or eye", "original", "different picture") < 8
    assert 10 <= distance("tower", "original", "cropped too far") <= 14
    for group, middle, end in (("suit", "panned", "panned further"), ("saucer", "panned", "bridged")):
        assert distance(group, "original", middle) < 10 and distance(group, middle, end) < 10
        assert distance(group, "original", end) >= 10


def test_what_other_views_find_is_far_by_the_whole_picture(folder, hashes):
    groups, hidden = planted(folder), {"cropped on all sides", "bordered", "captioned", "letterboxed"}
    told = [(members, story) for members in groups.values() for story in hidden & set(members)]
    assert len(told) == 4
    for members, story in told:
        others = [hashes[key] for key in hashes if key != members[story]]
        assert min(hashes[members[story]] - other for other in others) >= 14


def test_truncated_file_cannot_be_read(folder, hashes):
    assert set(list_images(folder)) - set(hashes) == {planted(folder)["broken"]["truncated"]}


def test_awkward_names_and_texts(folder):
    names = " ".join(name for _, name in list_images(folder))
    assert "&" in names and "$_{" in names and "ねこ" in names
    texts = [row["text"] for fold in ("train", "test") for row in read_csv(folder / f"{fold}.csv")]
    assert any("<b>" in text and '"' in text for text in texts)
    assert sum(any("ぁ" <= letter <= "ヿ" for letter in text) for text in texts) > len(texts) / 2


@pytest.mark.parametrize("photo", PHOTOS)
def test_only_photographs_stated_free(photo):
    function = {"hubble": "hubble_deep_field"}.get(photo, photo)
    docstring = getattr(skimage.data, function).__doc__
    file, author, terms, _ = PHOTOS[photo]
    assert {"CC0": "CC0", "public domain": "public domain"}[terms] in docstring
    assert (importlib.resources.files("skimage") / "data" / file).is_file()
    assert author


def test_credits_name_every_photograph(folder):
    text = (folder / "CREDITS.md").read_text(encoding="utf-8")
    assert all(part in text for photo in PHOTOS.values() for part in photo)


def test_no_metadata_but_the_planted_orientation(folder):
    turned = planted(folder)["cup"]["turned by EXIF"]
    for key in list_images(folder):
        image = Image.open(folder.joinpath(*key))
        assert dict(image.getexif()) == ({0x0112: 6} if key == turned else {})
        assert "icc_profile" not in image.info


def test_reused_when_complete(folder, tmp_path, monkeypatch):
    made = make_sample(tmp_path / "sample")
    monkeypatch.setattr(sample, "_write", lambda folder: pytest.fail("written again"))
    (made / "notes.txt").write_text("mine")
    assert make_sample(made) == made
    assert (made / "notes.txt").read_text() == "mine"


def test_default_folder_is_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(sample.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    assert make_sample() == tmp_path / "lookalikes" / "sample"
    assert [path.name for path in (tmp_path / "lookalikes").iterdir()] == ["sample"]  # nothing left beside it


def test_empty_folder_is_filled_and_text_path_accepted(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert digest(make_sample(str(tmp_path / "empty"))) == digest(folder)


def test_refuses_what_it_did_not_make(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train.csv").write_text("mine")
    with pytest.raises(FileExistsError, match="mine holds something else"):
        make_sample(tmp_path / "mine")
    with pytest.raises(FileExistsError, match="name a new or empty folder"):
        make_sample(tmp_path / "mine" / "train.csv")
    assert [path.read_text() for path in (tmp_path / "mine").iterdir()] == ["mine"]


def test_incomplete_or_older_sample_is_made_anew(folder, tmp_path, monkeypatch):
    made = make_sample(tmp_path / "sample")
    (made / "planted.csv").unlink()
    assert digest(make_sample(made)) == digest(folder)
    monkeypatch.setattr(sample, "_version", lambda: f"{sample.TITLE} newer")
    assert (make_sample(made) / sample.MANIFEST).read_text(encoding="utf-8").startswith(f"{sample.TITLE} newer\n")
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]


@pytest.mark.parametrize("name", ["train.csv", "notes.txt"])
def test_older_sample_with_changes_is_left_alone(name, tmp_path, monkeypatch):
    made = make_sample(tmp_path / "sample")
    (made / name).write_text("mine")
    monkeypatch.setattr(sample, "_version", lambda: f"{sample.TITLE} newer")
    with pytest.raises(FileExistsError):
        make_sample(made)
    assert (made / name).read_text() == "mine"


def test_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def fill_up(table, path):
        raise OSError("No space left on device")

    monkeypatch.setattr(sample, "save_table", fill_up)
    with pytest.raises(OSError, match="No space"):
        make_sample(tmp_path / "sample")
    assert list(tmp_path.iterdir()) == []


def test_without_its_photographs_it_says_what_to_do(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)  # as Python itself marks a module that can't be imported
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-image, or name your own folder"):
        make_sample(tmp_path / "sample")
    assert list(tmp_path.iterdir()) == []
    assert make_sample(folder) == folder  # one that is there needs none


def test_leftovers_of_killed_runs_are_removed(tmp_path):
    an_hour_ago = time.time() - 4000
    for name, inside, changed in (
        (".lookalikes-killed", "new", an_hour_ago),
        (".lookalikes-running", "new", time.time()),
        (".lookalikes-mine", "notes", an_hour_ago),
    ):
        (tmp_path / name / inside).mkdir(parents=True)
        os.utime(tmp_path / name, (changed, changed))
    make_sample(tmp_path / "sample")
    assert {path.name for path in tmp_path.iterdir()} == {".lookalikes-running", ".lookalikes-mine", "sample"}


def test_version_follows_the_tables(monkeypatch):
    before = sample._version()
    monkeypatch.setattr(sample, "DATA", sample.DATA + b" ")
    assert sample._version() != before
