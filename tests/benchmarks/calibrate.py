"""Measure the second look: which edited copies it finds, and which pairs of different pictures it takes for copies.

    python tests/benchmarks/calibrate.py                       # the folders of ../shared/data
    python tests/benchmarks/calibrate.py FOLDER ... [--pictures 200]

Edits some pictures of each folder in 40 ways, runs the product's own `hash_images` and `look_again` on the files, and
prints Markdown tables. All pictures of the folders must be different ones, but for the groups that a folder's
`copies.json` lists. Takes some minutes.
"""

import argparse
import json
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from lookalikes.clustering.pairs import pack_hashes
from lookalikes.hashing.images import hash_images
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.second_look import CUT, look_again

SHARED = Path(__file__).parents[3] / "shared" / "data"
MOST = 16
"""The largest distance of a negative pair, in bits."""


def resize(image: Image.Image, across: float, down: float) -> Image.Image:
    size = max(8, round(image.width * across)), max(8, round(image.height * down))
    return image.resize(size, Image.Resampling.LANCZOS)


def bend(image: Image.Image, gamma: float) -> Image.Image:
    return image.point([round(255 * (level / 255) ** gamma) for level in range(256)] * 3)


def crop(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    sides = left * image.width, top * image.height, (1 - right) * image.width, (1 - bottom) * image.height
    return image.crop(tuple(map(round, sides)))


def crop_anyhow(image: Image.Image) -> Image.Image:
    chance = random.Random(image.tobytes()[:3000])
    return crop(image, *(chance.uniform(0, 0.08) for _ in range(4)))


def frame(image: Image.Image, share: float, colour: str) -> Image.Image:
    return ImageOps.expand(image, round(share * max(image.size)), colour)


def write(
    image: Image.Image, text: str, x: float, y: float, size: float, anchor: str, opacity: int = 255
) -> Image.Image:
    layer = Image.new("RGBA", image.size, (255, 255, 255, 0))
    font = ImageFont.load_default(max(9, image.width * size))
    place = image.width * x, image.height * y
    ImageDraw.Draw(layer).text(place, text, anchor=anchor, font=font, fill=(255, 255, 255, opacity))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def write_all_over(image: Image.Image) -> Image.Image:
    for step in range(12):
        image = write(image, "stock", step % 3 * 0.36 + 0.02, step // 3 * 0.25 + 0.13, 0.08, "ls", opacity=90)
    return image


def bar(image: Image.Image, share: float, top: bool, invert: bool) -> Image.Image:
    height = round(image.height * share)
    strip = write(Image.new("RGB", (image.width, height)), "a caption", 0.5, 0.5, 0.07, "mm")
    barred = image.copy()
    barred.paste(ImageOps.invert(strip) if invert else strip, (0, 0 if top else image.height - height))
    return barred


def bar_below(image: Image.Image, share: float) -> Image.Image:
    extended = Image.new("RGB", (image.width, round(image.height * (1 + share))))
    extended.paste(image)
    return write(extended, "a caption", 0.02, 0.99, 0.06, "ls")


def stamp(image: Image.Image) -> Image.Image:
    stamped, side = image.copy(), image.width * 0.12
    ImageDraw.Draw(stamped).ellipse((side, side, 2 * side, 2 * side), fill=(220, 30, 30))
    return stamped


def blur(image: Image.Image, share: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(share * max(image.size)))


def combine(image: Image.Image) -> Image.Image:
    image = ImageEnhance.Brightness(crop(image, 0.03, 0.04, 0.02, 0.05)).enhance(1.15)
    return write(resize(image, 0.6, 0.6), "example.org", 0.97, 0.97, 0.07, "rs")


def keep(image: Image.Image) -> Image.Image:
    return image


EDITS = {
    "resize 50 %": partial(resize, across=0.5, down=0.5),
    "resize 30 %": partial(resize, across=0.3, down=0.3),
    "resize 150 %": partial(resize, across=1.5, down=1.5),
    "squeeze to 85 % width": partial(resize, across=0.85, down=1),
    **{f"JPEG quality {quality}": keep for quality in (30, 50, 70, 90)},
    **dict.fromkeys(("WebP quality 50", "PNG", "GIF, 64 colours"), keep),
    **{f"brightness × {x}": lambda image, x=x: ImageEnhance.Brightness(image).enhance(x) for x in (0.7, 1.3, 1.5)},
    **{f"contrast × {x}": lambda image, x=x: ImageEnhance.Contrast(image).enhance(x) for x in (0.6, 1.5)},
    **{f"gamma {x}": partial(bend, gamma=x) for x in (0.6, 1.6)},
    **{f"saturation × {x}": lambda image, x=x: ImageEnhance.Color(image).enhance(x) for x in (0.5, 1.6)},
    "grey": ImageOps.grayscale,
    "text in the middle": partial(write, text="© SAMPLE", x=0.5, y=0.5, size=0.15, anchor="mm", opacity=150),
    "text all over": write_all_over,
    "text in a corner": partial(write, text="www.example.org", x=0.97, y=0.97, size=0.07, anchor="rs"),
    "stamp": stamp,
    "bar over the bottom 15 %": partial(bar, share=0.15, top=False, invert=False),
    "bar over the top 10 %": partial(bar, share=0.1, top=True, invert=True),
    "bar added below, 10 %": partial(bar_below, share=0.1),
    "border 3 %, white": partial(frame, share=0.03, colour="white"),
    "border 5 %, black": partial(frame, share=0.05, colour="black"),
    "border 8 %, white": partial(frame, share=0.08, colour="white"),
    **{f"crop {x} % of each side": lambda image, x=x / 100: crop(image, x, x, x, x) for x in (2, 5, 8)},
    "crop 0 to 8 % of each side": crop_anyhow,
    "crop 8 % of the left": partial(crop, left=0.08, top=0, right=0, bottom=0),
    "blur 0.5 % of the side": partial(blur, share=0.005),
    "blur 1 % of the side": partial(blur, share=0.01),
    "sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(2, 150, 0)),
    "crop, brighten, resize, text, JPEG 50": combine,
}
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
OPTIONS = {"PNG": ("png", {}), "WebP quality 50": ("webp", {"quality": 50}), "GIF, 64 colours": ("gif", {})}


def save_edits(path: str, row: int, folder: str) -> list[str]:
    """Save all edits of the picture; a JPEG has the quality that the edit's name ends with, or 90."""
    saved = []
    with Image.open(path) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    for place, (name, edit) in enumerate(EDITS.items()):
        quality = int(name.split()[-1]) if "JPEG" in name else 90
        suffix, options = OPTIONS.get(name, ("jpg", {"quality": quality}))
        edited = edit(picture).quantize(64) if suffix == "gif" else edit(picture)
        saved.append(f"{folder}/{row}-{place}.{suffix}")
        edited.save(saved[-1], **options)
    return saved


def list_pictures(folders: list[Path]) -> pd.DataFrame:
    """The pictures of the folders: `path`, `folder`, and `group`, equal for copies of one another."""
    rows = []
    for folder in folders:
        copies = folder / "copies.json"
        groups = json.loads(copies.read_text())["groups"] if copies.exists() else []
        group_of = {name: f"{folder} {place}" for place, names in enumerate(groups) for name in names}
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        names = [path.relative_to(folder).as_posix() for path in paths]
        groups = [group_of.get(name, str(path)) for name, path in zip(names, paths, strict=True)]
        rows += [(str(path), folder.name, group) for path, group in zip(paths, groups, strict=True)]
    return pd.DataFrame(rows, columns=["path", "folder", "group"])


def make_edits(pictures: pd.DataFrame, count: int, folder: str) -> pd.DataFrame:
    """The same columns for edits of `count` pictures per folder, and `edit` and `original` (a row of `pictures`)."""
    chosen = pictures.sample(frac=1, random_state=1).groupby("folder").head(count)
    with ProcessPoolExecutor() as pool:
        saved = list(pool.map(partial(save_edits, folder=folder), chosen["path"], chosen.index, chunksize=4))
    edits = chosen.assign(original=chosen.index, path=saved, edit=[list(EDITS)] * len(chosen))
    return edits.explode(["path", "edit"], ignore_index=True)


def list_pairs(hashed: pd.DataFrame) -> pd.DataFrame:
    """Each original with its edits and its known copies, and with every other picture or edit within `MOST` bits."""
    bits = np.unpackbits(pack_hashes(hashed["hash"]), axis=1).astype(np.float32)
    ones, group = bits.sum(1), pd.factorize(hashed["group"])[0]
    original, found = hashed["edit"].isna().to_numpy(), []
    for row in np.flatnonzero(original):
        distance = (ones[row] + ones - 2 * bits @ bits[row]).astype(int)
        own = hashed["original"].to_numpy() == row
        same = own | (original & (group == group[row]))
        near = ~same & (group != group[row]) & (distance <= MOST)
        later = np.flatnonzero((same | near) & (~original | (np.arange(len(hashed)) > row)))
        found.append(pd.DataFrame({"earlier": row, "later": later, "distance": distance[later], "copy": same[later]}))
    return pd.concat(found, ignore_index=True)


def measure_area(copies: pd.Series, others: pd.Series) -> float:
    """The area under the ROC curve: how often a copy scores above a pair of different pictures."""
    ranks = pd.concat([copies, others]).rank().iloc[: len(copies)]
    return (ranks.sum() - len(copies) * (len(copies) + 1) / 2) / (len(copies) * len(others))


def tell_recall(copies: pd.DataFrame) -> pd.DataFrame:
    copies = copies.assign(confirmed=copies["score"] >= CUT, near=copies["distance"] <= MOST)
    copies["sure"] = copies["kind"].isin(CONFIRMED)
    by_edit = copies.groupby("edit", sort=False)
    near = copies[copies["near"]].groupby("edit", sort=False)["confirmed"].mean()
    return pd.DataFrame({
        "copies": by_edit.size(), "found": by_edit["confirmed"].mean(), "near copy": by_edit["sure"].mean(),
        f"within {MOST} bits": by_edit["near"].mean(), "found of those": near,
        "lowest score": by_edit["score"].min(),
    }).reindex([name for name in ("as found", *EDITS) if name in near])  # fmt: skip


def tell_false(others: pd.DataFrame) -> pd.DataFrame:
    wrong = others.assign(wrong=others["kind"].isin(CONFIRMED), part=others["kind"] == "part differs").groupby("pairs")
    return pd.DataFrame({
        "pairs of different pictures": wrong.size(), "taken for copies": wrong["wrong"].sum(),
        "called a part that differs": wrong["part"].sum(),
        "share": wrong["wrong"].mean(), "highest score": wrong["score"].max(),
    })  # fmt: skip


def to_markdown(table: pd.DataFrame) -> str:
    texts = table.map(lambda value: f"{value:.4f}" if isinstance(value, float) else f"{value:,}").reset_index()
    lines = [list(texts.columns), ["---"] + ["---:"] * len(table.columns), *texts.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def print_tables(scored: pd.DataFrame) -> None:
    copies, others = scored[scored["copy"]], scored[~scored["copy"]]
    near = copies[copies["distance"] <= MOST]
    print(to_markdown(tell_recall(copies)), to_markdown(tell_false(others)), sep="\n")
    for name, some in (("all copies", copies), (f"the copies within {MOST} bits", near)):
        area = measure_area(some["score"], others["score"])
        print(f"Of {name}, {len(some):,}: {(some['score'] >= CUT).mean():.2%} score {CUT} or more; AUC {area:.5f}.")
    refused = (others["score"] < CUT).mean()
    print(f"Of the pairs of different pictures, {len(others):,}: {refused:.2%} score less.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", default=[SHARED / "pets", SHARED / "clothing"])
    parser.add_argument("--pictures", type=int, default=200, help="pictures of each folder to edit (default: 200)")
    arguments = parser.parse_args()
    pictures = list_pictures(arguments.folders)
    with tempfile.TemporaryDirectory() as folder:
        images = pd.concat([pictures, make_edits(pictures, arguments.pictures, folder)], ignore_index=True)
        hashed = hash_images(images.assign(filename=images["path"]))
        scored = look_again(hashed, list_pairs(hashed))
    folders, edit = hashed["folder"].to_numpy(), hashed["edit"].to_numpy()[scored["later"]]
    earlier, later = folders[scored["earlier"]], folders[scored["later"]]
    between = np.where(earlier == later, later, "both") + np.where(pd.isna(edit), "", ", one edited")
    print_tables(scored.assign(edit=pd.Series(edit).fillna("as found"), pairs=between))


if __name__ == "__main__":
    main()
