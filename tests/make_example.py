"""Refresh the example reports and the pictures in the READMEs, in each language, from the sample: `make example`."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from browser import opened, start_browser
from lookalikes import make_report

ROOT = Path(__file__).parents[1]
SUFFIXES = {"en": "", "ja": ".ja"}
LARGEST_REPORT, LARGEST_PICTURE = 1_500_000, 400_000
# The head of the report and, right below it, the galleries.
GALLERIES_FIRST = """nav, main > *:not(:has(.lk-review)) { display: none }
.lk-panel, .lk-review > details { display: none !important }
body { padding-top: 1rem } header { margin: 0 } h1 { margin-bottom: .8rem } main { margin-top: 1.4rem }"""


def make_example(language: str) -> None:
    """Write both files; RuntimeError where one is too large to be committed."""
    suffix = SUFFIXES[language]
    with tempfile.TemporaryDirectory() as folder:
        report = make_report(output=folder, language=language)
        write(ROOT / "reports" / f"example{suffix}.html", report.read_bytes(), LARGEST_REPORT)
        write(ROOT / "docs" / f"report{suffix}.png", take_picture(report), LARGEST_PICTURE)


def write(path: Path, data: bytes, largest: int) -> None:
    if len(data) > largest:
        raise RuntimeError(f"{path.name} must have at most {largest:,} bytes, but has {len(data):,}")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    print(f"{path.relative_to(ROOT)}: {len(data):,} bytes")


def take_picture(report: Path) -> bytes:
    """The report's head and the galleries of near copies as a PNG of 256 colours."""
    with start_browser() as browser, opened(browser, report) as (page, _):
        page.set_viewport_size({"width": 1280, "height": 1500})
        page.locator(".lk-panel select").first.select_option("near copy")
        page.add_style_tag(content=GALLERIES_FIRST)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    data = io.BytesIO()
    picture.quantize(palette=picture.quantize(256), dither=Image.Dither.FLOYDSTEINBERG).save(data, "PNG", optimize=True)
    return data.getvalue()


if __name__ == "__main__":
    for each in SUFFIXES:
        make_example(each)
