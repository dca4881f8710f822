"""Measure what views are for: which edited copies become candidates and are confirmed, with and without them.

    python tests/benchmarks/bench_views.py [--photos 60] [--seed 1] [--others]

Edits photographs of ../shared/data, runs the product's own steps on the files, and prints a Markdown table of recall by
edit: as the hash of the whole picture has it, as candidates of all views, and as the second look leaves them. With
`--others`, the pairs of different pictures of each folder, and of drawn ones, as well: candidates and confirmed ones.
"""

import argparse
import random
import tempfile
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from calibrate import SHARED, crop, list_pictures, to_markdown
from drawing_more import DRAWERS
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from lookalikes import cluster_sequentially, find_hidden_copies, find_pairs, hash_images, look_again
from lookalikes.judging.kinds import CONFIRMED

COLOURS = ("white", "black", (200, 30, 40), (240, 225, 190), (30, 60, 120), (128, 128, 128))


def seed_of(image: Image.Image) -> random.Random:
    return random.Random(image.resize((8, 8)).tobytes())


def border(image: Image.Image, share: float) -> Image.Image:
    return ImageOps.expand(image, round(share * max(image.size)), seed_of(image).choice(COLOURS))


def pad(image: Image.Image, aspect: float, blurred: bool = False) -> Image.Image:
    """The picture in the middle of a canvas of that aspect, of one colour or filled with the picture, blurred."""
    width, height = max(image.width, round(image.height * aspect)), max(image.height, round(image.width / aspect))
    if blurred:
        canvas = ImageOps.fit(image, (width, height)).filter(ImageFilter.GaussianBlur(max(image.size) / 25))
    else:
        canvas = Image.new("RGB", (width, height), seed_of(image).choice(COLOURS[:2]))
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return canvas


def caption(image: Image.Image, share: float, above: bool) -> Image.Image:
    added = round(share * image.height)
    canvas = Image.new("RGB", (image.width, image.height + added), "white")
    canvas.paste(image, (0, added if above else 0))
    place = image.width / 2, added / 2 + (0 if above else image.height)
    ImageDraw.Draw(canvas).text(place, "a line of text", "black", anchor="mm", font_size=max(10, added * 0.5))
    return canvas


def crop_sides(image: Image.Image, share: float) -> Image.Image:
    return crop(image, share, share, share, share)


def crop_one_side(image: Image.Image, share: float) -> Image.Image:
    cuts = [share, 0.0, 0.0, 0.0]
    seed_of(image).shuffle(cuts)
    return crop(image, *cuts)


def crop_anywhere(image: Image.Image, area: float) -> Image.Image:
    chance, rest = seed_of(image), 1 - area**0.5
    left, top = chance.uniform(0, rest), chance.uniform(0, rest)
    return crop(image, left, top, rest - left, rest - top)


def turn(image: Image.Image, how: Image.Transpose) -> Image.Image:
    return image.transpose(how)


def mirror_and_crop(image: Image.Image) -> Image.Image:
    return ImageOps.mirror(crop_sides(image, 0.05))


def view_in_frame(image: Image.Image) -> Image.Image:
    """As a plain viewer shows it on a screen: a bar with a title above, a grey ground around."""
    width, height = round(image.width * 1.2), round(image.height * 1.25)
    canvas = Image.new("RGB", (width, height), (43, 43, 43))
    draw = ImageDraw.Draw(canvas)
    bar = round(height * 0.06)
    draw.rectangle((0, 0, width, bar), (225, 225, 225))
    draw.text((width / 2, bar / 2), "picture.jpg", "black", anchor="mm", font_size=max(9, bar * 0.6))
    canvas.paste(image, ((width - image.width) // 2, bar + (height - bar - image.height) // 2))
    return canvas


EDITS = {
    **{f"crop {x} % on each side": partial(crop_sides, share=x / 100) for x in (5, 8, 10, 12, 15)},
    **{f"{x} % cut off one side": partial(crop_one_side, share=x / 100) for x in (10, 15, 20, 25)},
    **{f"border {x} %": partial(border, share=x / 100) for x in (3, 5, 10, 15)},
    "padded to a square": partial(pad, aspect=1.0),
    **{f"caption {x} % {'above' if up else 'below'}": partial(caption, share=x / 100, above=up)
       for x, up in ((10, True), (15, False), (20, True), (30, False))},
    "mirrored": partial(turn, how=Image.Transpose.FLIP_LEFT_RIGHT),
    **{f"rotated by {90 * n}°": partial(turn, how=how) for n, how in enumerate(
        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270), start=1)},
    "letterbox 16:9": partial(pad, aspect=16 / 9), "letterbox 9:16": partial(pad, aspect=9 / 16),
    "16:9, blurred fill": partial(pad, aspect=16 / 9, blurred=True),
    "9:16, blurred fill": partial(pad, aspect=9 / 16, blurred=True),
    "crop to 70 % of the area": partial(crop_anywhere, area=0.7),
    "mirrored, crop 5 %": mirror_and_crop, "in a viewer's frame": view_in_frame,
}  # fmt: skip


def make_copies(photos: int, seed: int, folder: str) -> pd.DataFrame:
    """Photographs of both folders and all edits of them, as JPEGs: `filename`, `path`, `fold`, `photo`, `edit`."""
    pictures = list_pictures([SHARED / "pets", SHARED / "clothing"]).drop_duplicates("group")
    chosen = pictures.sample(frac=1, random_state=seed).groupby("folder").head(photos // 2)
    rows = []
    for photo, path in enumerate(chosen["path"]):
        with Image.open(path) as stored:
            picture = ImageOps.exif_transpose(stored).convert("RGB")
        for edit, change in {"": lambda image: image, **EDITS}.items():
            rows.append((f"{folder}/{photo}-{len(rows)}.jpg", photo, edit))
            change(picture).save(rows[-1][0], quality=90)
    table = pd.DataFrame(rows, columns=["path", "photo", "edit"])
    return table.assign(filename=table["path"], fold="all")


def measure(images: pd.DataFrame) -> pd.DataFrame:
    """By edit: the share within the threshold as a whole, of candidates, of confirmed ones, and of those of which a
    part is said to differ."""
    hashed = hash_images(images, views="all", cache=False)
    apart = hashed.assign(cluster_id=range(len(hashed)))
    hidden = find_hidden_copies(hashed, apart)
    photo, edit = images["photo"].to_numpy(), images["edit"].to_numpy()
    whole = find_pairs(hashed)
    original = np.array([np.flatnonzero((photo == each) & (edit == ""))[0] for each in photo])
    rows = []
    for table, found in ((whole, "whole"), (hidden, "candidates")):
        own = table[(table["earlier"].to_numpy() == original[table["later"]]) & (edit[table["later"]] != "")]
        rows.append(own.assign(found=found))
    looked = look_again(hashed, pd.concat(rows).assign(view=lambda pairs: pairs["view"].fillna(0).astype(int)))
    looked["edit"], looked["sure"] = edit[looked["later"]], looked["kind"].isin(CONFIRMED)
    looked["told"] = looked["sure"] | (looked["kind"] == "part differs")
    count = images.groupby("edit").size()
    share = lambda some: (some.drop_duplicates("later").groupby("edit").size() / count).reindex(EDITS).fillna(0)  # noqa: E731
    return pd.DataFrame({
        "copies": count.reindex(EDITS), "whole picture": share(looked[looked["found"] == "whole"]),
        "with all views": share(looked), "and confirmed": share(looked[looked["sure"]]),
        "or a part differs": share(looked[looked["told"]]),
    })  # fmt: skip


def draw_others(folder: str) -> pd.DataFrame:
    """Pictures that share templates and differ in content, as `list_pictures` lists photographs."""
    paths = []
    for draw in (draw for drawers in DRAWERS.values() for draw in drawers):
        for layout, content in product(range(8), range(3)):
            paths.append(f"{folder}/{len(paths)}.png")
            draw(random.Random(layout), random.Random(f"{layout} {content}")).save(paths[-1], compress_level=1)
    return pd.DataFrame({"path": paths, "group": range(len(paths))})


def count_others(drawn: str) -> pd.DataFrame:
    """Of each folder's different pictures, and of some drawn into the folder `drawn`: pairs, candidates, and those
    confirmed, which the eye must judge."""
    sets = {name: list_pictures([SHARED / name]) for name in ("pets", "clothing")} | {"drawn": draw_others(drawn)}
    rows = {}
    for name, pictures in sets.items():
        hashed = hash_images(pictures.assign(filename=pictures["path"], fold="all"), views="all", cache=False)
        hidden = find_hidden_copies(hashed, cluster_sequentially(hashed, find_pairs(hashed)))
        looked = look_again(hashed, hidden)
        group = pictures["group"].to_numpy()
        looked = looked[group[looked["earlier"]] != group[looked["later"]]]
        sure = looked[looked["kind"].isin(CONFIRMED)]
        for row in sure.itertuples():
            print(name, row.view, row.score, hashed["path"][row.earlier], hashed["path"][row.later])
        parts = int((looked["kind"] == "part differs").sum())
        rows[name] = (len(hashed) * (len(hashed) - 1) // 2, len(looked), len(sure), parts)
    return pd.DataFrame(rows, index=["pairs", "candidates", "confirmed", "a part differs"]).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=60, help="photographs to edit (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="which photographs (default: 1)")
    parser.add_argument("--others", action="store_true", help="pairs of different pictures as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(to_markdown(measure(make_copies(arguments.photos, arguments.seed, folder))))
    if arguments.others:
        with tempfile.TemporaryDirectory() as folder:
            print(to_markdown(count_others(folder)))


if __name__ == "__main__":
    main()
