"""Make a small sample dataset from free photographs, with planted copies whose truth is known."""

import hashlib
import io
import os
import tempfile
from importlib.resources import files
from pathlib import Path

import pandas as pd
import platformdirs
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookalikes.saving import save_table, save_whole

MANIFEST = "sample.sha256"  # says that we made a folder, and each file's SHA-256
TITLE = "# lookalikes sample"
MISSED = {"mirrored", "rotated", "turned by EXIF", "cropped too far", "bridged"}  # stories a plain run leaves alone
CC0, PUBLIC = "CC0", "public domain"
PHOTOS = {  # photograph: file in skimage/data, author, terms and source, as scikit-image's docstrings state them
    "astronaut": ("astronaut.png", "NASA", PUBLIC, "https://flic.kr/p/r9qvLn"),
    "brick": ("brick.png", "CC0Textures", CC0, "https://cc0textures.com/view.php?tex=Bricks25"),
    "camera": ("camera.png", "Lav Varshney", CC0, "https://github.com/scikit-image/scikit-image/issues/3927"),
    "chelsea": ("chelsea.png", "Stefan van der Walt", CC0, "skimage.data.chelsea"),
    "coffee": ("coffee.png", "Rachel Michetti, courtesy of Pikolo Espresso Bar", CC0, "skimage.data.coffee"),
    "grass": ("grass.png", "linolafett", CC0, "https://www.deviantart.com/linolafett/art/Grass-01-434853879"),
    "gravel": ("gravel.png", "CC0Textures", CC0, "https://cc0textures.com/view.php?tex=Gravel04"),
    "hubble": ("hubble_deep_field.jpg", "NASA", PUBLIC,
               "http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/"),
    "retina": ("retina.jpg", "Mikael Häggström", CC0,
               "https://commons.wikimedia.org/wiki/File:Fundus_photograph_of_normal_left_eye.jpg"),
    "rocket": ("rocket.jpg", "SpaceX", PUBLIC, "https://www.flickr.com/photos/spacexphotos/16511594820"),
}
# Crops are written "photograph WIDTHxHEIGHT+X+Y". A group is the crop it starts from, then "fold story" of each member;
# a member with a crop of its own names it after "@". The crops of the last four groups were found by trying many,
# those of SINGLES by keeping what is at least 14 bits from all else (in all 8 orientations) and overlaps little.
GROUPS = {
    "cat": ("chelsea 440x294+5+3", "train original", "train re-encoded", "train resized", "test brightened",
            "test stamped"),
    "smile": ("astronaut 192x240+120+5", "train original", "train exact copy", "test re-encoded"),
    "coffee": ("coffee 480x360+60+20", "train original", "test exact copy"),
    "launch": ("rocket 480x400+80+10", "train original", "train as PNG"),
    "cameraman": ("camera 480x480+0+16", "train original", "test as WebP"),
    "badge": ("astronaut 180x160+100+310", "train original", "train other label"),
    "spoon": ("coffee 180x180+320+180", "train original", "train cropped"),
    "lights": ("rocket 240x180+290+240", "train original", "test brightened"),
    "galaxies": ("hubble 400x300+20+560", "train original", "test resized"),
    "eye": ("retina 1300x1300+50+50", "train original", "train stamped"),
    "profile": ("camera 200x200+130+50", "train original", "test cropped"),
    "shuttle": ("astronaut 180x260+330+0", "train original", "train other label"),
    "helmet": ("astronaut 240x180+265+330", "test original", "test in grey"),
    "wall": ("brick 320x320+100+150", "test original", "test re-encoded"),
    "whiskers": ("chelsea 240x160+150+140", "train original", "test mirrored"),
    "flag": ("astronaut 160x200+0+0", "train original", "train rotated"),
    "cup": ("coffee 240x320+170+0", "train original", "test turned by EXIF"),
    "blank": ("white 320x240+0+0", "train blank", "test blank @ silver 240x320+0+0"),
    "broken": ("rocket 320x240+0+187", "test truncated"),
    "tower": ("rocket 240x320+190+40", "train original", "test cropped too far"),
    "suit": ("astronaut 320x240+10+150", "train original", "train panned @ astronaut 320x240+18+150",
             "test panned further @ astronaut 320x240+26+150"),
    "saucer": ("coffee 320x240+50+160", "train original", "train bridged @ coffee 320x240+62+160",
               "test panned @ coffee 320x240+56+160"),
    "cup or eye": ("coffee 242x170+143+58", "train original", "test different picture @ retina 432x420+65+875"),
}
SINGLES = {  # one picture per crop; a final L makes it grey
    "astronaut": "160x220+300+200 200x160+200+105 360x480+125+30 180x240+195+220 160x160+30+110 200x160+0+270L "
        "240x180+210+15 160x160+0+350 160x160+130+160 200x160+160+350 160x160+10+185 160x160+70+40L 240x180+265+130 "
        "180x240+70+90",
    "chelsea": "220x160+230+85 160x160+160+5 160x160+90+65 160x160+50+5 220x160+225+5 200x160+155+70L 200x200+30+95",
    "coffee": "200x160+35+0 160x160+330+10 200x200+25+85 200x160+390+100 200x160+0+240 160x160+140+130L "
        "160x160+265+120 160x160+250+10 320x240+260+0 160x220+340+70 240x360+360+40 160x160+285+60L",
    "rocket": "200x160+305+150 200x160+175+230 160x160+185+135 160x160+10+220 320x320+10+5 360x240+270+115L "
        "160x160+140+265",
    "camera": "240x180+205+185 200x160+110+280 160x160+310+125 220x160+250+320 240x360+265+45 200x160+175+350 "
        "160x160+275+260 160x160+80+335 240x320+140+110 160x160+200+260 160x160+185+130",
    "hubble": "400x300+25+130 240x320+0+345 320x240+510+440 240x360+415+110 240x240+335+595 480x360+235+370L",
    "retina": "480x720+220+25 420x560+965+665 720x480+210+925 360x480+1010+165 320x320+20+450 480x640+90+590L",
    "brick": "240x240+130+15 240x360+10+30 240x180+260+125",
    "grass": "320x320+45+145 240x360+245+15",
    "gravel": "360x480+95+25 240x180+255+40",
}
NAMES = {  # awkward names that people do have; Windows forbids some of the characters
    "smile exact copy": "cat & 'co'.jpg" if os.name == "nt" else '<b>cat & "co".jpg',
    "coffee exact copy": "cost$_{5$.jpg",
    "cat resized": "ねこの写真.jpg",
}
TEXTS = {  # what the captions of a photograph, or of one "group story", say
    "astronaut": "宇宙より遠い食堂／中は寝ぐせです／忘れ物は地球に全部", "brick": "一個だけ豆腐です／壁に耳あり",
    "camera": "動かないでください、芝生さん／三脚の方が姿勢がいい／撮っているのは自分の靴", "white": "雪の日の白うさぎ",
    "chelsea": "ごはんの音がした／見てない。寝てただけ／その箱、わたしのです／近い近い", "silver": "霧の日のねこ",
    "coffee": "もう一杯だけと言って三時間／スプーンは留守番／苦い。でも好き", "grass": "四つ葉が一枚あります",
    "gravel": "全部に名前をつけました", "hubble": "掃除していない窓／願いごとが足りない／それぞれの晩ごはん",
    "retina": "夕焼けの地図／にらめっこは負けません／川が多い国", "rocket": "遅刻しそうなので／上へまいります",
    "cat stamped": '<b>太字</b>のねこ & "引用"',
}
JPEG = {"format": "JPEG", "quality": 88}
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6  # the orientation tag: turn by 90 degrees to show
OPTIONS = {  # how a story's file is saved, where not as JPEG
    "re-encoded": {"format": "JPEG", "quality": 60},
    "as PNG": {"format": "PNG"},
    "as WebP": {"format": "WEBP", "quality": 80},
    "turned by EXIF": {**JPEG, "exif": SIDEWAYS},
}
EDITS = {
    "resized": lambda image: ImageOps.scale(image, 0.6),
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "stamped": lambda image: _stamp(image),
    "cropped": lambda image: ImageOps.crop(image, min(image.size) // 60),
    "cropped too far": lambda image: ImageOps.crop(image, min(image.size) // 9),
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
    """
    folder = Path(folder) if folder is not None else platformdirs.user_cache_path("lookalikes") / "sample"
    if not _is_complete(folder):
        if folder.exists() and not _is_ours(folder):
            raise FileExistsError(f"{folder} holds something else than an unchanged sample; name a new or empty folder")
        _write_whole(folder.resolve())
    return folder


def _write_whole(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".lookalikes-") as scratch:
        new = Path(scratch, "new")
        _write(new)
        try:
            if folder.exists():
                folder.rename(Path(scratch, "old"))
            new.rename(folder)
        except OSError:
            if not _is_complete(folder):  # else another run was faster
                raise


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
    return f"{TITLE} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


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


def _make_rows() -> list[dict]:
    """One dict per image, in the order of the CSVs: their columns, and fold, content, story, group."""
    photos = {name: Image.open(files("skimage") / "data" / file) for name, (file, *_) in PHOTOS.items()}
    photos |= {color: Image.new("RGB", (480, 480), color) for color in ("white", "silver")}
    rows = []
    for group, (base, *members) in GROUPS.items():
        for member in members:
            fold_and_story, _, crop = member.partition(" @ ")
            rows.append(_make_row(photos, crop or base, *fold_and_story.split(" ", 1), group))
    for photo, boxes in SINGLES.items():
        rows += [_make_row(photos, f"{photo} {box}", "train" if _number(box) % 4 else "test") for box in boxes.split()]
    return sorted(rows, key=lambda row: _number(row["id"]))


def _make_row(photos: dict[str, Image.Image], crop: str, fold: str, story: str = "", group: str = "") -> dict:
    key = f"{group} {story}" if group else crop
    texts = (TEXTS.get(key) or TEXTS[crop.split()[0]]).split("／")
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


def _encode(image: Image.Image, options: dict) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def _stamp(image: Image.Image) -> Image.Image:
    size = image.height // 14
    ImageDraw.Draw(image).text((size, image.height - 2 * size), "lookalikes", "white", ImageFont.load_default(size))
    return image


def _number(key: str) -> int:
    """A number that looks random and is the same on every machine."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16)


def _letters(key: str, length: int) -> str:
    return "".join("abcdefghijklmnopqrstuvwxyz0123456789"[_number(f"{key} {place}") % 36] for place in range(length))
