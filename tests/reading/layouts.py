"""Layouts as people have them, drawn small, and what reading each must give: `python tests/reading/layouts.py`.

Each holds a leak (the first test image is the first train image saved again) and a copy (the last train image is the
one before it saved again). The command prints a row for each layout, and for each folder of cases that it is given.
"""

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

import lookalikes as la

Files = dict[str, bytes | str]
TRAIN, TEST = 8, 4


@dataclass
class Layout:
    """Files to write, and what is expected of them: the folds in order, the labels (None: no column), what is said."""

    files: Files
    folds: list[str]
    labels: set[str] | None = None
    said: set[str] = field(default_factory=set)
    options: dict[str, object] = field(default_factory=dict)
    leaks: int = 1
    copies: int = 1
    zipped: bool = False


def draw(seed: int, quality: int = 92) -> bytes:
    blotches = np.random.default_rng(seed).integers(256, size=(8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blotches).resize((96, 72), Image.Resampling.BICUBIC).save(file, "JPEG", quality=quality)
    return file.getvalue()


def pictures() -> tuple[list[bytes], list[bytes]]:
    """Those of train and of test, with the leak and the copy among them."""
    train = [draw(seed) for seed in range(TRAIN - 1)] + [draw(TRAIN - 2, 60)]
    return train, [draw(0, 60)] + [draw(100 + number) for number in range(1, TEST)]


def place(train: Callable[[int], str], test: Callable[[int], str], **others: bytes | str) -> Files:
    """The pictures at the paths that the two functions give for their numbers, and other files."""
    of_train, of_test = pictures()
    return (
        {train(number): data for number, data in enumerate(of_train)}
        | {test(number): data for number, data in enumerate(of_test)}
        | others
    )


def rows(header: str, row: Callable[[int], str], count: int) -> str:
    return "\n".join([header, *map(row, range(count))]) + "\n"


def pack(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def pet(number: int) -> str:
    return "cat" if number % 4 < 2 else "dog"


def make_layouts() -> dict[str, Layout]:
    """The layouts by name."""
    plain = place("train/{}.jpg".format, "test/{}.jpg".format)
    masks = {f"train_masks/{number}_mask.gif": draw(200 + number) for number in range(TRAIN)}
    submission = {"sample_submission.csv": rows("id,y", "{},0".format, TEST)}
    stem_said = {"files found by their stem"}
    return {
        "unzipped sets with classes": Layout(
            place(
                lambda n: f"training_set/training_set/{pet(n)}s/{pet(n)}.{n}.jpg",
                lambda n: f"test_set/test_set/{pet(n)}s/{pet(n)}.{n}.jpg",
            ),
            ["training_set", "test_set"],
            {"cats", "dogs"},
        ),
        "one level down": Layout(
            place(
                lambda n: f"Dataset/Train/{pet(n)}/Image_{n}.jpg",
                lambda n: f"Dataset/Validation/{pet(n)}/Image_{n}.jpg",
            ),
            ["Train", "Validation"],
            {"cat", "dog"},
        ),
        "two levels down": Layout(
            place("archive/jpeg/train/{}.jpg".format, "archive/jpeg/test/{}.jpg".format), ["train", "test"]
        ),
        "classes with a folder of images each": Layout(
            place(lambda n: f"train/n0{n % 2}/images/{n}.JPEG", "val/images/v{}.JPEG".format, **{"words.txt": "n00"}),
            ["train", "val"],
            {"n00", "n01"},
        ),
        "two domains": Layout(
            place(lambda n: f"train{'AB'[n % 2]}/{n}.jpg", lambda n: f"test{'AB'[n % 2]}/{n}.jpg"),
            ["trainA", "trainB", "testA", "testB"],
            copies=0,
            leaks=2,
        ),
        "folders of masks beside the folds": Layout(plain | masks, ["train", "test"], said={"masks left out"}),
        "masks below": Layout(
            place(
                "train/images/{}.jpg".format,
                "test/images/{}.jpg".format,
                **{f"train/masks/{n}.png": draw(300 + n) for n in range(TRAIN)},
            ),
            ["train", "test"],
            said={"masks left out"},
        ),
        "masks as classes": Layout(
            place(lambda n: f"Train/{['WithMask', 'WithoutMask'][n % 2]}/{n // 2}.jpg", "Test/WithMask/{}.jpg".format),
            ["Train", "Test"],
            {"WithMask", "WithoutMask"},
        ),
        "a table of boxes within each fold": Layout(
            place(
                "train/{}_jpg.rf.0a.jpg".format,
                "valid/{}_jpg.rf.0a.jpg".format,
                **{
                    f"{fold}/_annotations.csv": rows(
                        "filename,width,class", lambda n: f"{n // 2}_jpg.rf.0a.jpg,9,{'ab'[n % 2]}", 2 * count
                    )
                    for fold, count in (("train", TRAIN), ("valid", TEST))
                },
            ),
            ["train", "valid"],
            set(),
            {"rows of a file named before", "rows that disagree", "names in several folds"},
            {"label": "class"},
        ),
        "one table of labels for one of two folds": Layout(
            place(
                "train/{}a.jpg".format,
                "test/{}b.jpg".format,
                **{"labels.csv": rows("id,breed", lambda n: f"{n}a,{pet(n)}", TRAIN)} | submission,
            ),
            ["train", "test"],
            {"cat", "dog"},
            {*stem_said, "CSVs not used"},
            {"label": "breed"},
        ),
        "one table for both folds": Layout(
            plain
            | {
                "metadata.csv": rows("file_name,kind", lambda n: f"train/{n}.jpg,{pet(n)}", TRAIN)
                + "".join(f"test/{n}.jpg,fish\n" for n in range(TEST))
            },
            ["train", "test"],
            {"cat", "dog", "fish"},
            options={"label": "kind"},
        ),
        "tables of three splits for one folder": Layout(
            place("images/a{}.jpg".format, "images/b{}.jpg".format)
            | {
                "train_labels.csv": rows("image_id,y", lambda n: f"a{n},{n}", TRAIN),
                "test_labels.csv": rows("image_id,y", lambda n: f"b{n},{n}", TEST - 2),
                "val_labels.csv": rows("image_id,y", lambda n: f"b{n + 2},{n}", 2),
            },
            ["train", "val", "test"],
            said={*stem_said, "columns not used as label"},
        ),
        "a column of splits and ids": Layout(
            place("data/imgs/a{}.jpg".format, "data/imgs/b{}.jpg".format)
            | {
                "data/labels.csv": rows("uid,Set", lambda n: f"a{n},Training", TRAIN)
                + "".join(f"b{n},Test\n" for n in range(TEST))
            },
            ["Training", "Test"],
            said={*stem_said, "columns not used as label"},
        ),
        "tables in capitals with paths": Layout(
            place(
                lambda n: f"Train/{n % 2}/0000{n}.jpg",
                "Test/0000{}.jpg".format,
                **{
                    "Train.csv": rows("Width,ClassId,Path", lambda n: f"9,{n % 2},Train/{n % 2}/0000{n}.jpg", TRAIN),
                    "Test.csv": rows("Width,ClassId,Path", lambda n: f"9,1,Test/0000{n}.jpg", TEST),
                    "Meta/0.jpg": draw(900),
                    "Meta/1.jpg": draw(901),
                },
            ),
            ["Train", "Test"],
            {"0", "1"},
            {"images in no fold"},
            {"label": "ClassId"},
        ),
        "paths of Windows": Layout(
            plain | {"train.csv": rows("path,y", lambda n: f"C:\\Users\\me\\set\\train\\{n}.jpg,{n}", TRAIN)},
            ["train", "test"],
            said={"files found by their base name", "columns not used as label"},
        ),
        "addresses": Layout(
            plain | {"train.csv": rows("url,y", lambda n: f"https://example.org/a%20b/{n}.JPG?size=l,{n}", TRAIN)},
            ["train", "test"],
            said={"files found by their base name", "columns not used as label"},
        ),
        "zeros eaten by a spreadsheet": Layout(
            place(
                "train/000{}.jpg".format,
                "test/100{}.jpg".format,
                **{"train.csv": rows("id,y", "{0},{0}".format, TRAIN)},
            ),
            ["train", "test"],
            said={"files found with leading zeros", "columns not used as label"},
        ),
        "paths through a folder of another name": Layout(
            place(
                lambda n: f"train/{pet(n)}/{n}.jpg",
                "test/{}.jpg".format,
                **{"train.csv": rows("img,y", lambda n: f"train_images/{pet(n)}/{n}.jpg,{n}", TRAIN)},
            ),
            ["train", "test"],
            {"cat", "dog"},
            {"files found by their base name", "columns not used as label"},
        ),
        "digits as classes": Layout(
            place(lambda n: f"training/{n % 2}/{n}.jpg", lambda n: f"testing/{n % 2}/{n}.jpg"),
            ["training", "testing"],
            {"0", "1"},
        ),
        "files spread by their hash": Layout(
            place(lambda n: f"images/{n % 2}a/{n % 2}a{n}.jpg", lambda n: f"images/{n % 2}f/{n % 2}f{n}.jpg"),
            ["all"],
            leaks=0,
            copies=2,
        ),
        "years and months": Layout(
            place(lambda n: f"2019/0{n % 2 + 1}/{n}.jpg", lambda n: f"Photos from 2020/{n}.jpg"),
            ["all"],
            leaks=0,
            copies=2,
        ),
        "query and gallery": Layout(
            place("bounding_box_train/{}.jpg".format, "query/{}.jpg".format, **{"gallery/1.jpg": draw(77)}),
            ["bounding_box_train", "query", "gallery"],
        ),
        "a folder within its like": Layout(
            place("chest/train/{}.jpg".format, "chest/test/{}.jpg".format, **{"chest/chest/train/0.jpg": draw(0)}),
            ["train", "test"],
            said={"images in no fold"},
        ),
        "objects with good and bad": Layout(
            place(
                "bottle/train/good/{}.jpg".format,
                lambda n: f"bottle/test/{['good', 'bad'][n % 2]}/00{n}.jpg",
                **{f"bottle/ground_truth/bad/00{n}_mask.png": draw(400 + n) for n in (1, 3)},
            ),
            ["train", "test"],
            {"good", "bad"},
            {"masks left out"},
        ),
        "numbered folders of images": Layout(
            place(lambda n: f"images_00{n % 3 + 1}/images/{n}.jpg", "images_001/images/t{}.jpg".format),
            ["all"],
            leaks=0,
            copies=2,
        ),
        "a class called train": Layout(
            place(
                lambda n: f"{['bus', 'car', 'train'][n % 3]}/{n}.jpg",
                lambda n: f"{['bus', 'car', 'train'][n % 3]}/x{n}.jpg",
            ),
            ["all"],
            {"bus", "car"},
            leaks=0,
            copies=2,
        ),
        "classes two deep and a foreign table": Layout(
            place(
                lambda n: f"imgs/train/c{n % 2}/img_{n}.jpg",
                "imgs/test/img_9{}.jpg".format,
                **{"driver_imgs_list.csv": rows("subject,classname,img", lambda n: f"p1,c{n % 2},img_{n}.jpg", TRAIN)},
            ),
            ["train", "test"],
            {"c0", "c1"},
            {"CSVs not used"},
        ),
        "train alone": Layout(
            place("train/{}.jpg".format, "train/t{}.jpg".format) | submission,
            ["all"],
            said={"CSVs not used"},
            leaks=0,
            copies=2,
        ),
        "two folders of other names": Layout(
            place("Photos/{}.jpg".format, "eval/{}.jpg".format), ["all"], leaks=0, copies=2
        ),
        "a fold that can't be read": Layout(
            plain | {"val/1.dcm": b"....DICM", "val/2.dcm": b"....DICM"},
            ["train", "test"],
            said={"folds without images", "DICOM pictures not read"},
        ),
        "accents of Excel": Layout(
            plain | {"train.csv": rows("Datei;Größe;Art", lambda n: f"{n}.jpg;1,5;Käse’s", TRAIN).encode("cp1252")},
            ["train", "test"],
            {"Käse’s"},
            {"CSVs read as cp1252"},
            {"label": "Art"},
        ),
        "copies of a browser": Layout(
            place("train/{}.jpg_large".format, "test/photo {}".format, **{"train/labels.txt": "0"}), ["train", "test"]
        ),
        "a zip of folders": Layout(
            place("competition/train/{}.jpg".format, "competition/test/{}.jpg".format), ["train", "test"], zipped=True
        ),
        "zips within a zip": Layout(
            {
                "train.zip": pack({name: data for name, data in plain.items() if name.startswith("train/")}),
                "test1.zip": pack({name[5:]: data for name, data in plain.items() if name.startswith("test/")}),
            }
            | submission,
            ["train", "test1"],
            said={"CSVs not used"},
            zipped=True,
        ),
        "sets with a word of masks": Layout(
            place(
                lambda n: f"seg_train/seg_train/{pet(n)}/{n}.jpg",
                lambda n: f"seg_test/seg_test/{pet(n)}/{n}.jpg",
                **{"seg_pred/seg_pred/1.jpg": draw(50)},
            ),
            ["seg_train", "seg_test"],
            {"cat", "dog"},
            {"images in no fold"},
        ),
        "DICOM beside JPEG": Layout(
            place("jpeg/train/a{}.jpg".format, "jpeg/test/b{}.jpg".format)
            | {f"train/a{n}.dcm": b"DICM" for n in range(3)}
            | {"train.csv": rows("image_name,y", lambda n: f"a{n},{n}", TRAIN)},
            ["train", "test"],
            said={*stem_said, "columns not used as label", "DICOM pictures not read"},
        ),
        "CSVs in folders of their own": Layout(
            place("train_images/a{}-1.jpg".format, "test_images/b{}-1.jpg".format)
            | {"train/train.csv": rows("kind,pet", "1,a{}".format, 3), "test/test.csv": rows("pet", "b{}".format, 3)},
            ["train_images", "test_images"],
            said={"CSVs not used"},
        ),
        "a column of words for splits": Layout(
            place("faces/{}.jpg".format, "faces/t{}.jpg".format)
            | {
                "labels.csv": rows("name,Usage", "{}.jpg,Training".format, TRAIN)
                + "".join(f"t{n}.jpg,{'PublicTest' if n % 2 else 'PrivateTest'}\n" for n in range(TEST))
            },
            ["Training", "PrivateTest", "PublicTest"],
            said={"files found without their folder", "columns not used as label"},
        ),
        "pictures of segments elsewhere": Layout(
            place(
                lambda n: f"birds/images/00{n % 2}.Kind/k_{n}.jpg",
                lambda n: f"birds/images/00{n % 2}.Kind/t_{n}.jpg",
                **{f"segmentations/00{n % 2}.Kind/k_{n}.png": draw(60 + n) for n in range(TRAIN)},
            ),
            ["all"],
            {"000.Kind", "001.Kind"},
            {"masks left out"},
            leaks=0,
            copies=2,
        ),
        "Excel's own first line and columns of numbers": Layout(
            plain | {"train.csv": "sep=;\n" + rows("index;id;y", lambda n: f"{n + 1};{n};0", TRAIN)},
            ["train", "test"],
            said={*stem_said, "columns not used as label"},
        ),
    }


def write(files: Files, folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def examine(data: Path, **options: object) -> dict[str, object]:
    """What reading and clustering give: the folds and their images, leaks, copies within a fold, labels, what is said;
    or the `error`.
    """
    try:
        images = la.read_folds(data, **options)
        said = set(la.list_notices(data, **options)["what"]) if hasattr(la, "list_notices") else set()
    except (OSError, ValueError) as error:
        return {"error": str(error)}
    hashed = la.hash_images(images, cache=False)
    clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed))
    groups = clusters.groupby("cluster_id")["fold"]
    return {
        "folds": images["fold"].value_counts(sort=False).to_dict(),
        "read": len(clusters),
        "leaks": int((groups.nunique() > 1).sum()),
        "copies": int((groups.size() > groups.nunique()).sum()),
        "labels": set(images["label"].dropna().astype(str)) if "label" in images else None,
        "conflicts": len(la.list_conflicts(clusters)),
        "said": said,
    }


def describe(found: dict[str, object]) -> str:
    if "error" in found:
        return f"error: {found['error']}"
    folds = ", ".join(f"{fold} {count}" for fold, count in found["folds"].items())
    labels = "none" if found["labels"] is None else ", ".join(sorted(found["labels"])[:6]) or "all missing"
    said = "; ".join(sorted(found["said"])) or "nothing"
    return (
        f"{folds} | read {found['read']} | leaks {found['leaks']} | copies {found['copies']} | "
        f"conflicts {found['conflicts']} | labels {labels} | said: {said}"
    )


def main(folders: Sequence[str]) -> None:
    """A row for each layout drawn here and each `CASES/NAME/data`."""
    with tempfile.TemporaryDirectory() as temporary:
        for name, layout in make_layouts().items():
            data = write(layout.files, Path(temporary) / name.replace(" ", "_"))
            if layout.zipped:
                (data.with_suffix(".zip")).write_bytes(pack(layout.files))
                data = data.with_suffix(".zip")
            print(f"| {name} | {describe(examine(data, **layout.options))}", flush=True)
    for folder in folders:
        for data in sorted(Path(folder).glob("*/data")):
            print(f"| {data.parent.name} | {describe(examine(data))}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
