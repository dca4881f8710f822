"""Make a small sample dataset from free photographs, with planted copies whose truth is known."""

import hashlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import platformdirs
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookalikes.saving import save_table, save_whole
from lookalikes.words import say

MANIFEST = "sample.sha256"  # says that we made a folder, and each file's SHA-256
TITLE = "# lookalikes sample"
SCRATCH = ".lookalikes-"  # how the folder that a sample is made in, beside its place, begins
DATA = (files("lookalikes.reporting") / "sample.json").read_bytes()
TABLES = json.loads(DATA)
MISSED = set(TABLES["missed"])  # stories a plain run leaves alone
PHOTOS = TABLES["photos"]  # photograph: file in skimage/data, author, terms and source, as scikit-image states them
# Crops are written "photograph WIDTHxHEIGHT+X+Y". A group is the crop it starts from, then "fold story" of each member;
# a member with a crop of its own names it after "@". The crops of the last four groups were found by trying many,
# those of SINGLES by keeping what is at least 14 bits from all else (in all 8 orientations) and overlaps little.
GROUPS = TABLES["groups"]
SINGLES = TABLES["singles"]  # one picture per crop; a final L makes it grey
# Awkward names that people do have; Windows forbids some of the characters.
NAMES = TABLES["names"] | (TABLES["names on Windows"] if os.name == "nt" else {})
TEXTS = TABLES["texts"]  # what the captions of a photograph, or of one "group story", say
JPEG: dict[str, Any] = {"format": "JPEG", "quality": 88}
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6  # the orientation tag: turn by 90 degrees to show
OPTIONS: dict[str, dict[str, Any]] = {  # how a story's file is saved, where not as JPEG
    "re-encoded": {"format": "JPEG", "quality": 60},
    "as PNG": {"format": "PNG"},
    "as WebP": {"format": "WEBP", "quality": 80},
    "turned by EXIF": {**JPEG, "exif": SIDEWAYS},
}
EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "resized": lambda image: ImageOps.scale(image, 0.6),
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "stamped": lambda image: _stamp(image),
    "cropped": lambda image: ImageOps.crop(image, min(image.size) // 60),
    "cropped too far": lambda image: ImageOps.crop(image, min(image.size) // 9),
    "cropped on all sides": lambda image: ImageOps.crop(image, min(image.size) // 12),
    "bordered": lambda image: ImageOps.expand(image, min(image.size) // 16, "black"),
    "captioned": lambda image: _caption(image, "not before breakfast"),
    "letterboxed": lambda image: ImageOps.pad(image, (image.width, image.width * 16 // 9), color="black"),
    "in grey": ImageOps.grayscale,
    "mirrored": ImageOps.mirror,
    "rotated": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "turned by EXIF": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def make_sample(folder: str | Path | None = None) -> Path:
    """Write the sample into a new or empty folder, in the user's cache by default, and return the folder.

    It holds train.csv, test.csv, train/ and test/, planted.csv (filename, fold, story, group: the planted truth) and
    CREDITS.md. A sample that is there already is reused; one of another version, or with files missing, is replaced
    if nothing in it was changed. FileExistsError: the folder holds something else, which is left as it is.
    ModuleNotFoundError: the sample must be made, and scikit-image, whose photographs it is cut from, isn't installed.
    """
    folder = Path(folder) if folder is not None else platformdirs.user_cache_path("lookalikes") / "sample"
    if not _is_complete(folder):
        if folder.exists() and not _is_ours(folder):
            raise FileExistsError(say("error.sample.taken", folder=folder))
        _write_whole(folder.resolve())
    _remove_stale(folder.resolve().parent)
    return folder


def _write_whole(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=SCRATCH) as scratch:
        new = Path(scratch, "new")
        _write(new)
        try:
            if folder.exists():
                folder.rename(Path(scratch, "old"))
            new.rename(folder)
        except OSError:
            if not _is_complete(folder):  # else another run was faster
                raise


def _remove_stale(parent: Path) -> None:
    """Remove what runs that were killed over an hour ago left; a folder that holds anything else isn't such a one."""
    for scratch in parent.glob(f"{SCRATCH}*"):
        with suppress(OSError):  # another user's, or another run was faster
            held = {path.name for path in scratch.iterdir()}
            old = scratch.lstat().st_mtime < time.time() - 3600
            if old and held <= {"new", "old"} and not scratch.is_symlink():
                shutil.rmtree(scratch)


def _is_complete(folder: Path) -> bool:
    version, listed = _read_manifest(folder)
    return version == _version() and listed.items() <= _digest_files(folder).items()


def _is_ours(folder: Path) -> bool:
    """Whether replacing the folder loses nothing: it is empty, or each of its files is as we wrote it."""
    version, listed = _read_manifest(folder)
    if version:
        return _digest_files(folder).items() <= listed.items()
    return folder.is_dir() and not any(folder.iterdir())


def _read_manifest(folder: Path) -> tuple[str, dict[str, str]]:
    path = folder / MANIFEST
    version, _, lines = path.read_text("utf-8", "replace").partition("\n") if path.is_file() else ("", "", "")
    if not version.startswith(TITLE):
        return "", {}
    return version, {name: digest for digest, _, name in (line.partition("  ") for line in lines.splitlines())}


def _digest_files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _version() -> str:
    return f"{TITLE} {hashlib.sha256(Path(__file__).read_bytes() + DATA).hexdigest()}"


def _write(folder: Path) -> None:
    rows = pd.DataFrame(_make_rows())
    for fold in ("train", "test"):
        (folder / fold).mkdir(parents=True)
        inside = rows[rows["fold"] == fold]
        for name, content in zip(inside["odai_photo_file_name"], inside["content"], strict=True):
            (folder / fold / name).write_bytes(content)
        columns = ["id", "odai_photo_file_name", "text", "is_laugh"]
        save_table(inside[columns if fold == "train" else columns[:3]], folder / f"{fold}.csv")
    planted = rows[rows["group"] != ""].rename(columns={"odai_photo_file_name": "filename"})
    save_table(planted[["filename", "fold", "story", "group"]], folder / "planted.csv")
    credits = [f"- `{file}`: {author}, {terms}, {source}" for file, author, terms, source in PHOTOS.values()]
    title = "All images are cut from photographs in `skimage/data`, whose terms are those that scikit-image states:\n"
    save_whole("\n".join([title, *credits, ""]).encode(), folder / "CREDITS.md")
    manifest = [f"{digest}  {name}" for name, digest in _digest_files(folder).items()]
    save_whole("\n".join([_version(), *manifest, ""]).encode(), folder / MANIFEST)


def _make_rows() -> list[dict[str, Any]]:
    """One dict per image, in the order of the CSVs: their columns, and fold, content, story, group."""
    if find_spec("skimage") is None:
        raise ModuleNotFoundError(say("sample.photographs"), name="skimage")
    folder = Path(str(files("skimage"))) / "data"
    photos: dict[str, Image.Image] = {name: Image.open(folder / file) for name, (file, *_) in PHOTOS.items()}
    photos |= {color: Image.new("RGB", (480, 480), color) for color in ("white", "silver")}
    rows = []
    for group, (base, *members) in GROUPS.items():
        for member in members:
            fold_and_story, _, crop = member.partition(" @ ")
            fold, story = fold_and_story.split(" ", 1)
            rows.append(_make_row(photos, crop or base, fold, story, group))
    for photo, boxes in SINGLES.items():
        rows += [_make_row(photos, f"{photo} {box}", "train" if _number(box) % 4 else "test") for box in boxes.split()]
    return sorted(rows, key=lambda row: _number(row["id"]))


def _make_row(photos: dict[str, Image.Image], crop: str, fold: str, story: str = "", group: str = "") -> dict[str, Any]:
    key = f"{group} {story}" if group else crop
    texts = TEXTS.get(key) or TEXTS[crop.split()[0]]
    content, suffix = _draw(photos, crop, story)
    return {
        "id": _letters(f"id {key} {crop}", 9),
        "odai_photo_file_name": NAMES.get(key, _letters(f"{key} {crop}", 10) + suffix),
        "text": texts[_number(key) % len(texts)],
        "is_laugh": (_number(group or key) + (story == "other label")) % 2,
        "fold": fold,
        "content": content,
        "story": story,
        "group": group,
    }


def _draw(photos: dict[str, Image.Image], crop: str, story: str) -> tuple[bytes, str]:
    """The bytes and the suffix of one file; copies are made from the original's file, as people make them."""
    photo, box = crop.split()
    width, height, x, y = map(int, box.rstrip("L").replace("x", "+").split("+"))
    image = photos[photo].crop((x, y, x + width, y + height))
    image.thumbnail((480, 480))
    original = _encode(image.convert("L") if box.endswith("L") else image, JPEG)
    if story == "truncated":
        return original[: len(original) // 2], ".jpg"
    if story not in EDITS and story not in OPTIONS:
        return original, ".jpg"
    options = OPTIONS.get(story, JPEG)
    image = EDITS.get(story, Image.Image.copy)(Image.open(io.BytesIO(original)))
    return _encode(image, options), {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}[options["format"]]


def _encode(image: Image.Image, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def _stamp(image: Image.Image) -> Image.Image:
    size = image.height // 14
    ImageDraw.Draw(image).text((size, image.height - 2 * size), "lookalikes", "white", ImageFont.load_default(size))
    return image


def _caption(image: Image.Image, text: str) -> Image.Image:
    """On white above the picture, as memes have it."""
    space = image.height // 5
    captioned = ImageOps.expand(image.convert("RGB"), (0, space, 0, 0), "white")
    font = ImageFont.load_default(space // 2)
    ImageDraw.Draw(captioned).text((image.width // 2, space // 2), text, "black", font, anchor="mm")
    return captioned


def _number(key: str) -> int:
    """A number that looks random and is the same on every machine."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16)


def _letters(key: str, length: int) -> str:
    return "".join("abcdefghijklmnopqrstuvwxyz0123456789"[_number(f"{key} {place}") % 36] for place in range(length))
