"""Edit pictures: mildly, so that nothing but quality and frame differs; or so that a part of the picture differs.

`MILD` and `PARTS` are for tuning, `HELD_MILD` and `HELD_PARTS` are held back from it. An edit takes and returns an RGB
picture; all are JPEGs of quality 90 after it, unless they are saved by the edit itself.
"""

import io
from functools import partial

import numpy as np
from drawing import font
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

WHITE = (255, 255, 255)


def resave(image: Image.Image, kind: str, **options: object) -> Image.Image:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return Image.open(data).convert("RGB")


def resize(image: Image.Image, share: float) -> Image.Image:
    size = max(8, round(image.width * share)), max(8, round(image.height * share))
    return image.resize(size, Image.Resampling.LANCZOS)


def bend(image: Image.Image, gamma: float) -> Image.Image:
    return image.point([round(255 * (level / 255) ** gamma) for level in range(256)] * 3)


def tint(image: Image.Image, red: float, blue: float) -> Image.Image:
    levels = np.asarray(image) * np.array([red, 1, blue])
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def add_noise(image: Image.Image, spread: float) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, spread, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def crop(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    sides = left * image.width, top * image.height, (1 - right) * image.width, (1 - bottom) * image.height
    return image.crop(tuple(map(round, sides)))


def blur(image: Image.Image, share: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(share * max(image.size)))


def screenshoot(image: Image.Image) -> Image.Image:
    return resave(resize(ImageEnhance.Contrast(image).enhance(1.1), 0.83), "JPEG", quality=60)


def forward(image: Image.Image) -> Image.Image:
    """What a picture goes through when it is sent on and on."""
    for share, quality in ((0.8, 60), (0.9, 50), (1.0, 45)):
        image = resave(resize(image, share), "JPEG", quality=quality)
    return image


def darken_corners(image: Image.Image) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    shade = 1 - 0.25 * (x**2 + y**2)[..., None]
    return Image.fromarray((np.asarray(image) * shade).astype(np.uint8))


def write(image: Image.Image, text: str, x: float, y: float, size: float, fill: object, anchor: str) -> Image.Image:
    layer = Image.new("RGBA", image.size, (255, 255, 255, 0))
    face = font("DejaVuSans-Bold", max(9, round(image.width * size)))
    ImageDraw.Draw(layer).text((image.width * x, image.height * y), text, fill, face, anchor=anchor)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def tile(image: Image.Image) -> Image.Image:
    for step in range(12):
        x, y = step % 3 * 0.36 + 0.02, step // 3 * 0.25 + 0.13
        image = write(image, "stock", x, y, 0.08, (255, 255, 255, 110), "ls")
    return image


def bar(image: Image.Image, share: float, top: bool, fill: object, text: str = "") -> Image.Image:
    height = round(image.height * share)
    strip = Image.new("RGB", (image.width, height), fill)
    if text:
        strip = write(strip, text, 0.5, 0.5, 0.07, (255, 255, 255, 255), "mm")
    barred = image.copy()
    barred.paste(strip, (0, 0 if top else image.height - height))
    return barred


def stick(image: Image.Image, x: float, y: float, radius: float, fill: object, face: bool = False) -> Image.Image:
    stuck, side = image.copy(), image.width
    draw, x, y, radius = ImageDraw.Draw(stuck), image.width * x, image.height * y, side * radius
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill, (255, 255, 255), max(1, round(radius / 12)))
    if face:
        for dx in (-0.35, 0.35):
            eye = x + dx * radius, y - radius / 4
            draw.ellipse((eye[0] - radius / 8, eye[1] - radius / 6, eye[0] + radius / 8, eye[1] + radius / 6), "black")
        draw.arc(
            (x - radius / 2, y - radius / 3, x + radius / 2, y + radius / 1.8), 20, 160, "black", round(radius / 9) + 1
        )
    return stuck


def cover(image: Image.Image, box: tuple[float, float, float, float], how: str) -> Image.Image:
    place = crop_box = tuple(round(side * share) for side, share in zip(image.size * 2, box, strict=True))
    part = image.crop(crop_box)
    if how == "pixels":
        small = part.resize((6, 6), Image.Resampling.BOX)
        part = small.resize(part.size, Image.Resampling.NEAREST)
    else:
        part = Image.new("RGB", part.size, how)
    covered = image.copy()
    covered.paste(part, place[:2])
    return covered


def grey(image: Image.Image) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def keep(image: Image.Image) -> Image.Image:
    return image


MILD = {
    "saved again": keep, **{f"resize {x:.0%}": partial(resize, share=x) for x in (0.55, 0.75, 1.5)},
    **{f"JPEG {quality}": partial(resave, kind="JPEG", quality=quality) for quality in (30, 50, 75)},
    "WebP 50": partial(resave, kind="WEBP", quality=50),
    **{f"brightness × {x}": lambda image, x=x: ImageEnhance.Brightness(image).enhance(x) for x in (0.7, 1.2)},
    "contrast × 0.7": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    **{f"gamma {x}": partial(bend, gamma=x) for x in (0.7, 1.5)}, "grey": grey,
    "tint": partial(tint, red=1.1, blue=0.85), "noise": partial(add_noise, spread=8),
    "blur 0.3 %": partial(blur, share=0.003),
    "sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(2, 120, 0)),
    "crop 2 %": partial(crop, left=0.02, top=0.02, right=0.02, bottom=0.02),
    "crop 5 %": partial(crop, left=0.05, top=0.05, right=0.05, bottom=0.05),
    "border 4 %": lambda image: ImageOps.expand(image, round(0.04 * max(image.size)), "black"),
}  # fmt: skip
HELD_MILD = {
    "screenshot": screenshoot, "sent on three times": forward, "resize 62 %": partial(resize, share=0.62),
    "JPEG 40": partial(resave, kind="JPEG", quality=40), "WebP 35": partial(resave, kind="WEBP", quality=35),
    "brightness × 0.85": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "gamma 1.3": partial(bend, gamma=1.3),
    "cold": partial(tint, red=0.88, blue=1.08),
    "saturation × 1.4": lambda image: ImageEnhance.Color(image).enhance(1.4),
    "noise and JPEG 60": lambda image: resave(add_noise(image, 6), "JPEG", quality=60),
    "darker corners": darken_corners,
    "blur 0.2 %": partial(blur, share=0.002),
    "crop 4 % of the left": partial(crop, left=0.04, top=0, right=0, bottom=0),
    "crop 3 % of each side": partial(crop, left=0.03, top=0.03, right=0.03, bottom=0.03),
    "turned by 1°": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
}  # fmt: skip
PARTS = {
    "stamp": partial(stick, x=0.2, y=0.25, radius=0.07, fill=(220, 30, 30)),
    "sticker": partial(stick, x=0.72, y=0.7, radius=0.1, fill=(250, 220, 60), face=True),
    "bar over the bottom": partial(bar, share=0.12, top=False, fill="black", text="a caption"),
    "red bar across the top": partial(bar, share=0.1, top=True, fill=(200, 20, 20)),
    "text in the middle": partial(write, text="SAMPLE", x=0.5, y=0.5, size=0.13, fill=(*WHITE, 170), anchor="mm"),
    "text in a corner": partial(write, text="example.org", x=0.97, y=0.97, size=0.06, fill=WHITE, anchor="rs"),
    "tiled watermark": tile, "face in pixels": partial(cover, box=(0.35, 0.25, 0.6, 0.5), how="pixels"),
}  # fmt: skip
HELD_PARTS = {
    "blue stamp": partial(stick, x=0.78, y=0.2, radius=0.08, fill=(30, 60, 200)),
    "white sticker": partial(stick, x=0.3, y=0.68, radius=0.09, fill=(245, 245, 245), face=True),
    "bar with a line": partial(bar, share=0.1, top=False, fill=(20, 60, 120), text="breaking news"),
    "white bar across the top": partial(bar, share=0.12, top=True, fill="white"),
    "black box": partial(cover, box=(0.45, 0.3, 0.7, 0.38), how="black"),
    "date": partial(write, text="12.08.2026", x=0.95, y=0.94, size=0.055, fill=(255, 140, 20, 255), anchor="rs"),
}  # fmt: skip
"""Stamped, barred, stickered, covered: on photographs, where all of these can be seen."""
