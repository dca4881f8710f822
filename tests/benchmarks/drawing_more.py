"""Slides, memes and packshots, and the list of all drawers; see `drawing`."""

import math
from random import Random

import numpy as np
from drawing import (
    FACES,
    colour,
    draw_bar_chart,
    draw_form_in_boxes,
    draw_form_in_rows,
    draw_form_with_ticks,
    draw_line_chart,
    draw_long_receipt,
    draw_pie_chart,
    draw_receipt_on_a_table,
    draw_till_receipt,
    fit_text,
    font,
    say_words,
)
from PIL import Image, ImageDraw, ImageFilter


def paint(layout: Random, width: int, height: int) -> Image.Image:
    """Something like a photograph: blotches of all sizes, an edge or two, and grain."""
    random = np.random.default_rng(layout.randrange(2**32))
    picture = np.zeros((height, width, 3))
    for cells in (3, 6, 12, 24, 48):
        blotches = random.integers(256, size=(cells, cells, 3), dtype=np.uint8)
        layer = Image.fromarray(blotches).resize((width, height), Image.Resampling.BICUBIC)
        picture += np.asarray(layer, float) * 3 / cells**0.7
    picture = (picture - picture.min()) / np.ptp(picture) * 255
    image = Image.fromarray(picture.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(layout.randint(3, 8)):
        x, y, radius = layout.uniform(0, width), layout.uniform(0, height), layout.uniform(10, width / 4)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius * layout.uniform(0.3, 1)), fill=colour(layout))
    image = image.filter(ImageFilter.GaussianBlur(1))
    grain = random.normal(0, 5, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def draw_list_slide(layout: Random, content: Random) -> Image.Image:
    width, height = layout.choice([(800, 450), (960, 540), (720, 540)])
    image = Image.new("RGB", (width, height), "white")
    draw, tint = ImageDraw.Draw(image), colour(layout, 0, 150)
    draw.rectangle((0, 0, width, 14), tint)
    draw.rectangle((0, height - 34, width, height), tint)
    draw.text((width - 20, height - 17), say_words(layout, 2, 2), "white", font("DejaVuSans", 14), anchor="rm")
    fit_text(draw, (50, 50), say_words(content, 2, 4).title(), "DejaVuSans-Bold", 34, width - 100, fill=tint)
    for row in range(content.randint(3, 5)):
        y = 130 + 56 * row
        draw.ellipse((52, y + 8, 62, y + 18), tint)
        fit_text(draw, (80, y), say_words(content, 3, 6), "DejaVuSans", 22, width - 130, fill=(40, 40, 40))
    return image


def draw_picture_slide(layout: Random, content: Random) -> Image.Image:
    image = Image.new("RGB", (960, 540), colour(layout, 10, 60))
    draw = ImageDraw.Draw(image)
    image.paste(paint(layout, 400, 360), (520, 110))
    fit_text(draw, (40, 34), say_words(layout, 2, 3).title(), "DejaVuSerif", 36, 880, fill="white")
    for row in range(6):
        fit_text(draw, (40, 130 + 52 * row), say_words(content, 2, 4), "DejaVuSerif", 24, 450, fill=(220, 220, 220))
    return image


def draw_big_word_slide(layout: Random, content: Random) -> Image.Image:
    ramp = (
        Image.linear_gradient("L")
        .resize((800, 600))
        .rotate(layout.choice([0, 90, 180]), expand=True)
        .resize((800, 600))
    )
    image = Image.composite(
        Image.new("RGB", (800, 600), colour(layout, 0, 120)),
        Image.new("RGB", (800, 600), colour(layout, 60, 200)),
        ramp,
    )
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 740, 540), outline="white", width=3)
    draw.text((400, 250), say_words(content, 1, 1).upper(), "white", font("DejaVuSans-Bold", 72), anchor="mm")
    draw.text((400, 360), say_words(content, 2, 3), "white", font("DejaVuSerif", 28), anchor="mm")
    draw.text((400, 500), say_words(layout, 2, 2), (220, 220, 220), font("DejaVuSans", 18), anchor="mm")
    return image


def write_outlined(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int, anchor: str) -> None:
    draw.text((x, y), text, "white", font("DejaVuSans-Bold", size), anchor=anchor, stroke_width=3, stroke_fill="black")


def draw_meme(layout: Random, content: Random) -> Image.Image:
    side = layout.choice([400, 500, 600])
    image = paint(layout, side, side)
    draw = ImageDraw.Draw(image)
    write_outlined(draw, side / 2, 30, say_words(content, 2, 3).upper(), side // 20, "mm")
    write_outlined(draw, side / 2, side - 30, say_words(content, 2, 3).upper(), side // 20, "mm")
    return image


def draw_captioned_meme(layout: Random, content: Random) -> Image.Image:
    """A caption in black on a white band above the picture."""
    picture = paint(layout, 520, layout.choice([390, 480]))
    image = Image.new("RGB", (520, picture.height + 90), "white")
    image.paste(picture, (0, 90))
    for row in range(2):
        fit_text(
            ImageDraw.Draw(image), (14, 10 + 38 * row), say_words(content, 3, 4), "DejaVuSans", 28, 490, fill="black"
        )
    return image


def draw_two_panel_meme(layout: Random, content: Random) -> Image.Image:
    image = Image.new("RGB", (560, 560), "white")
    for row in range(2):
        image.paste(paint(layout, 280, 280), (0, 280 * row))
        for line in range(2):
            place = 420, 110 + 280 * row + 50 * line
            ImageDraw.Draw(image).text(
                place, say_words(content, 2, 2), "black", font("DejaVuSans-Bold", 22), anchor="mm"
            )
    return image


def shade(image: Image.Image, mask: Image.Image, tint: tuple[int, int, int], light: float) -> None:
    """Fill the mask with the tint, darker towards one side, as a round thing in light is."""
    x = np.linspace(0, 1, image.width)[None, :, None]
    shading = 0.65 + 0.35 * np.cos((x - light) * math.pi)
    filled = np.broadcast_to(np.clip(np.array(tint) * shading, 0, 255), (image.height, image.width, 3))
    image.paste(Image.fromarray(filled.astype(np.uint8)), mask=mask)


def start_packshot(side: int) -> tuple[Image.Image, Image.Image, ImageDraw.ImageDraw]:
    mask = Image.new("L", (side, side))
    return Image.new("RGB", (side, side), (252, 252, 252)), mask, ImageDraw.Draw(mask)


def draw_mug(layout: Random, content: Random) -> Image.Image:
    side, light = layout.choice([320, 400, 480]), layout.uniform(0.2, 0.5)
    image, mask, draw = start_packshot(side)
    top, bottom = content.uniform(0.2, 0.3) * side, content.uniform(0.72, 0.82) * side
    left, right = content.uniform(0.22, 0.3) * side, content.uniform(0.58, 0.68) * side
    draw.rounded_rectangle((left, top, right, bottom), content.uniform(5, 30), fill=255)
    draw.arc(
        (right - 30, top + 40, right + content.uniform(40, 80), bottom - 50), -100, 100, 255, content.randint(12, 24)
    )
    shade(image, mask, colour(content, 20, 230), light)
    ImageDraw.Draw(image).ellipse((left, top - 12, right, top + 12), fill=colour(content, 80, 200))
    return image


def draw_bottle(layout: Random, content: Random) -> Image.Image:
    """Bottles of one shape, with another label and another colour."""
    side, light, neck = 420, layout.uniform(0.3, 0.6), layout.uniform(0.05, 0.09)
    image, mask, draw = start_packshot(side)
    draw.rectangle((side * (0.5 - neck), 40, side * (0.5 + neck), 180), fill=255)
    width = layout.uniform(0.14, 0.2)
    draw.rounded_rectangle((side * (0.5 - width), 140, side * (0.5 + width), 400), 30, fill=255)
    shade(image, mask, colour(content, 30, 200), light)
    label = ImageDraw.Draw(image)
    label.rectangle((side * (0.5 - width), 230, side * (0.5 + width), 340), colour(content, 150, 255))
    fit_text(
        label,
        (side / 2, 285),
        say_words(content, 1, 1).upper(),
        content.choice(FACES),
        26,
        2 * width * side,
        fill="black",
        anchor="mm",
    )
    return image


def draw_shirt(layout: Random, content: Random) -> Image.Image:
    """Shirts of one cut, with another print on the breast or another colour."""
    side = layout.choice([360, 450])
    image, mask, draw = start_packshot(side)
    cut = [
        (0.32, 0.2),
        (0.42, 0.24),
        (0.58, 0.24),
        (0.68, 0.2),
        (0.9, 0.36),
        (0.8, 0.48),
        (0.7, 0.42),
        (0.7, 0.85),
        (0.3, 0.85),
        (0.3, 0.42),
        (0.2, 0.48),
        (0.1, 0.36),
    ]
    draw.polygon([(x * side, y * side) for x, y in cut], fill=255)
    tint = colour(layout, 60, 200)
    shade(image, mask, colour(content, 60, 200) if content.random() < 0.5 else tint, layout.uniform(0.3, 0.6))
    draw, x, y = ImageDraw.Draw(image), side / 2, side * 0.45
    for _ in range(content.randint(2, 4)):
        radius = content.uniform(0.03, 0.09) * side
        shape = content.choice([draw.ellipse, draw.rectangle])
        dx, dy = content.uniform(-0.08, 0.08) * side, content.uniform(-0.08, 0.08) * side
        shape((x + dx - radius, y + dy - radius, x + dx + radius, y + dy + radius), fill=colour(content))
    return image.filter(ImageFilter.GaussianBlur(0.6))


DRAWERS = {
    "form": (draw_form_in_rows, draw_form_in_boxes, draw_form_with_ticks),
    "receipt": (draw_till_receipt, draw_long_receipt, draw_receipt_on_a_table),
    "chart": (draw_bar_chart, draw_line_chart, draw_pie_chart),
    "slide": (draw_list_slide, draw_picture_slide, draw_big_word_slide),
    "meme": (draw_meme, draw_captioned_meme, draw_two_panel_meme),
    "packshot": (draw_mug, draw_bottle, draw_shirt),
}
"""The drawers of each kind of picture; the last one of each is held back from tuning."""
