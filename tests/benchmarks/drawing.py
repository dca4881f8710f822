"""Draw pictures that share a template and differ in content: forms, receipts, charts, slides, memes and packshots.

`DRAWERS` holds for each kind of picture its drawers; the last of each kind is held back from tuning. A drawer takes
two `random.Random`, one for what all pictures of a template share, one for the content of its own. The same numbers
give the same picture.
"""

import math
from functools import cache
from pathlib import Path
from random import Random

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono")
WORDS = [
    "amber", "anchor", "autumn", "basket", "beacon", "border", "bottle", "bridge", "butter", "candle", "canyon",
    "carpet", "castle", "cellar", "circle", "copper", "corner", "cotton", "desert", "dinner", "donkey",
    "dragon", "engine", "fabric", "falcon", "feather", "filter", "finger", "forest", "garden", "ginger",
    "harbor", "hammer", "hollow", "insect", "island", "jacket", "jungle", "kettle", "ladder", "lantern",
    "lemon", "magnet", "marble", "meadow", "mirror", "needle", "office", "orange", "oyster", "packet", "pepper",
    "pillow", "planet", "pocket", "puzzle", "rabbit", "ribbon", "river", "saddle", "salmon", "sample", "school",
    "silver", "spider", "spring", "stable", "summer", "supper", "tablet", "temple", "ticket", "timber",
    "tunnel", "turtle", "valley", "velvet", "violet", "walnut", "window", "winter", "wizard", "yellow", "zipper",
]  # fmt: skip


@cache
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{face}.ttf", size)


def say_words(random: Random, least: int, most: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))


def colour(random: Random, low: int = 0, high: int = 255) -> tuple[int, int, int]:
    return random.randint(low, high), random.randint(low, high), random.randint(low, high)


def fit_text(draw: ImageDraw.ImageDraw, place: tuple, text: str, face: str, size: int, width: float, **options) -> None:
    """The text on one line, smaller where it would be wider than `width`."""
    while size > 8 and font(face, size).getlength(text) > width:
        size -= 1
    draw.text(place, text, font=font(face, size), **options)


def draw_form_in_rows(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(620, 877), (700, 900), (500, 700)])
    image = Image.new("RGB", (width, height), "white")
    draw, size = ImageDraw.Draw(image), layout.randint(13, 17)
    draw.text((40, 30), say_words(layout, 2, 4).title(), "black", font(layout.choice(FACES), 26))
    step = layout.randint(38, 56)
    for y in range(100, height - 60, step):
        draw.text((40, y), say_words(layout, 1, 2) + ":", (60, 60, 60), font("DejaVuSans", size))
        draw.line((220, y + size + 6, width - 40, y + size + 6), (120, 120, 120))
        draw.text((230, y), say_words(content, 1, 3), (20, 20, 90), font("DejaVuSerif", size + 2))
    return image


def draw_form_in_boxes(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(900, 640), (800, 1000), (640, 900)])
    image = Image.new("RGB", (width, height), colour(layout, 235, 255))
    draw, tint = ImageDraw.Draw(image), colour(layout, 0, 140)
    draw.rectangle((0, 0, width, 60), tint)
    draw.text((20, 14), say_words(layout, 2, 3).upper(), "white", font("DejaVuSans-Bold", 24))
    columns, rows = layout.randint(2, 3), layout.randint(5, 9)
    for row in range(rows):
        for column in range(columns):
            x, y = 20 + column * (width - 20) / columns, 80 + row * (height - 100) / rows
            box = (x, y, x + (width - 20) / columns - 20, y + (height - 100) / rows - 12)
            draw.rectangle(box, "white", tint)
            draw.text((x + 5, y + 3), say_words(layout, 1, 2), tint, font("DejaVuSans", 11))
            if content.random() < 0.8:
                fit_text(
                    draw, (x + 8, y + 20), say_words(content, 1, 3), "DejaVuSansMono", 16, box[2] - x, fill="black"
                )
    return image


def draw_form_with_ticks(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(600, 820), (720, 980)])
    image = Image.new("L", (width, height), 250)
    draw = ImageDraw.Draw(image)
    draw.rectangle((15, 15, width - 15, height - 15), outline=60, width=2)
    draw.text((width / 2, 50), say_words(layout, 2, 3).title(), 0, font("DejaVuSerif", 24), anchor="mm")
    for y in range(100, height - 170, layout.randint(28, 36)):
        draw.text((40, y), say_words(layout, 2, 4), 40, font("DejaVuSerif", 15))
        chosen = content.randrange(3)
        for place in range(3):
            x = width - 180 + place * 50
            draw.rectangle((x, y, x + 16, y + 16), outline=0)
            if place == chosen:
                draw.line((x + 3, y + 3, x + 13, y + 13), 0, 2)
                draw.line((x + 13, y + 3, x + 3, y + 13), 0, 2)
    points = [(60 + 9 * k, height - 90 + 28 * math.sin(k * content.uniform(0.4, 1.2))) for k in range(20)]
    draw.line(points, 30, 3)
    draw.text((40, height - 50), say_words(content, 2, 2).title(), 20, font("DejaVuSans", 18))
    return image.convert("RGB")


def draw_receipt(layout: Random, content: Random, *, face: str, width: int, grey: bool, lines: int) -> Image.Image:
    height = 170 + 24 * lines + 110
    paper = layout.randint(232, 255)
    image = Image.new("RGB", (width, height), (paper, paper, paper if grey else paper - 14))
    draw, ink = ImageDraw.Draw(image), (40, 40, 50)
    draw.text((width / 2, 34), say_words(layout, 1, 2).upper(), ink, font("DejaVuSans-Bold", 24), anchor="mm")
    draw.text((width / 2, 66), say_words(layout, 3, 3), ink, font(face, 13), anchor="mm")
    draw.text((width / 2, 86), f"tel {layout.randint(10**8, 10**9)}", ink, font(face, 13), anchor="mm")
    day, month, hour, minute = (content.randint(*ends) for ends in ((1, 28), (1, 12), (8, 21), (0, 59)))
    date = f"{day:02}.{month:02}.2026 {hour:02}:{minute:02}"
    draw.text((16, 116), date, ink, font(face, 14))
    draw.line((12, 146, width - 12, 146), ink)
    total, bought = 0, content.randint(max(2, lines - 2), lines)
    for row in range(bought):
        cents = content.randint(50, 4000)
        total += cents
        fit_text(draw, (16, 160 + 24 * row), say_words(content, 1, 2), face, 15, width - 110, fill=ink)
        draw.text((width - 16, 160 + 24 * row), f"{cents / 100:.2f}", ink, font(face, 15), anchor="ra")
    y = 170 + 24 * lines
    draw.line((12, y, width - 12, y), ink)
    draw.text((16, y + 12), "TOTAL", ink, font("DejaVuSans-Bold", 18))
    draw.text((width - 16, y + 12), f"{total / 100:.2f}", ink, font("DejaVuSans-Bold", 18), anchor="ra")
    draw.text((width / 2, y + 70), say_words(layout, 2, 3), ink, font(face, 14), anchor="mm")
    return image


def draw_till_receipt(layout: Random, content: Random) -> Image.Image:
    return draw_receipt(layout, content, face="DejaVuSansMono", width=320, grey=True, lines=layout.randint(8, 18))


def draw_long_receipt(layout: Random, content: Random) -> Image.Image:
    return draw_receipt(layout, content, face="DejaVuSans", width=360, grey=False, lines=layout.randint(18, 26))


def draw_receipt_on_a_table(layout: Random, content: Random) -> Image.Image:
    receipt = draw_receipt(layout, content, face="DejaVuSerif", width=330, grey=True, lines=layout.randint(9, 14))
    table = tuple(layout.randint(60, 150) for _ in range(3))
    image = Image.new("RGB", (receipt.width + 90, receipt.height + 90), table)
    grain = np.random.default_rng(layout.randrange(2**32)).normal(0, 6, (image.height, image.width, 1))
    image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    image.paste(receipt, (layout.randint(20, 60), layout.randint(20, 60)))
    return image.filter(ImageFilter.GaussianBlur(0.7))


def draw_axes(layout: Random, width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.text((width / 2, 24), say_words(layout, 2, 4).title(), "black", font("DejaVuSans", 20), anchor="mm")
    for k in range(6):
        y = height - 60 - k * (height - 120) / 5
        draw.line((60, y, width - 30, y), (215, 215, 215))
        draw.text((52, y), str(20 * k), (60, 60, 60), font("DejaVuSans", 13), anchor="rm")
    draw.line((60, 60, 60, height - 60), "black")
    draw.line((60, height - 60, width - 30, height - 60), "black")
    return image, draw


def draw_bar_chart(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(640, 400), (720, 480), (560, 420)])
    image, draw = draw_axes(layout, width, height)
    count, tint = layout.randint(5, 9), colour(layout, 20, 190)
    for k in range(count):
        x, step = 70 + k * (width - 110) / count, (width - 110) / count
        top = height - 60 - content.uniform(0.1, 1) * (height - 120)
        draw.rectangle((x, top, x + 0.7 * step, height - 60), tint)
        draw.text(
            (x + 0.35 * step, height - 44), layout.choice(WORDS)[:6], "black", font("DejaVuSans", 12), anchor="mm"
        )
    return image


def draw_line_chart(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(640, 440), (800, 500)])
    image, draw = draw_axes(layout, width, height)
    for _ in range(layout.randint(1, 3)):
        level, points = content.uniform(0.3, 0.7), []
        for k in range(25):
            level = min(max(level + content.gauss(0, 0.07), 0.03), 0.97)
            points.append((62 + k * (width - 95) / 24, height - 60 - level * (height - 120)))
        draw.line(points, colour(layout, 0, 200), 3)
    return image


def draw_pie_chart(layout: Random, content: Random) -> Image.Image:
    side = layout.choice([420, 520])
    image = Image.new("RGB", (side + 180, side), colour(layout, 240, 255))
    draw = ImageDraw.Draw(image)
    tints = [colour(layout, 30, 230) for _ in range(layout.randint(4, 6))]
    shares = [content.uniform(0.3, 1) for _ in tints]
    start = -90.0
    for place, (share, tint) in enumerate(zip(shares, tints, strict=True)):
        end = start + 360 * share / sum(shares)
        draw.pieslice((40, 60, side - 40, side - 20), start, end, tint, "white", 2)
        start = end
        draw.rectangle((side + 5, 90 + 34 * place, side + 23, 108 + 34 * place), tint)
        label = f"{layout.choice(WORDS)[:7]} {100 * share / sum(shares):.0f}%"
        draw.text((side + 30, 99 + 34 * place), label, "black", font("DejaVuSans", 14), anchor="lm")
    draw.text((20, 18), say_words(layout, 2, 3).title(), "black", font("DejaVuSans-Bold", 20))
    return image
