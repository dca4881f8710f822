"""A real browser: a page opened from its file, and all that it did besides being read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
LOOKS = pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (390, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
    ],
)
"""A laptop's and a phone's width, in light and dark."""
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation",
    event => console.error("violation of " + event.violatedDirective + " by " + event.blockedURI))"""
# Each piece of text that can be seen: itself, its colour, the backgrounds behind it from the page's up, its opacity.
LIST_TEXTS = """() => {
    const pixel = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true})
    const read = color => {
        pixel.clearRect(0, 0, 1, 1)
        pixel.fillStyle = color
        pixel.fillRect(0, 0, 1, 1)
        return [...pixel.getImageData(0, 0, 1, 1).data]
    }
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement
        if (!walker.currentNode.data.trim() || element.tagName == "STYLE" || !element.checkVisibility()) continue
        const backgrounds = []
        let opacity = 1
        for (let above = element; above; above = above.parentElement) {
            const style = getComputedStyle(above)
            backgrounds.unshift(read(style.backgroundColor))
            opacity *= Number(style.opacity)
        }
        const text = walker.currentNode.data.trim().slice(0, 40)
        texts.push({text, color: read(getComputedStyle(element).color), backgrounds, opacity,
                    place: element.tagName + "." + element.className})
    }
    return texts
}"""


@contextmanager
def start_browser() -> Iterator:
    """Chromium without a window; ImportError or FileNotFoundError where Playwright or the browser is missing."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        raise FileNotFoundError(f"there is no browser at {CHROMIUM}; the variable CHROMIUM names another place")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """The browser, for the tests of one module; they are skipped where there is none."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        pytest.skip("no browser to look with: the package playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser to look with: {CHROMIUM} is missing, and the variable CHROMIUM names no other")
    with start_browser() as started:
        yield started


@contextmanager
def opened(
    browser, path: Path, *, width: int = 1280, scheme: str = "light", script: bool = True, before: str = ""
) -> Iterator[tuple]:
    """The page of a file, and a list that fills with what it must not do: messages, requests, dialogs, windows.

    The script `before` runs before the page's own.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        reduced_motion="reduce",  # a page that still scrolls smoothly moves from under a click
    )
    noticed: list[str] = []
    address = path.as_uri()
    context.on("console", lambda message: noticed.append(f"console: {message.text}"))
    context.on("weberror", lambda error: noticed.append(f"error: {error.error}"))
    context.on(
        "request", lambda request: _is_elsewhere(request.url, address) and noticed.append(f"request: {request.url}")
    )
    context.on("dialog", lambda dialog: (noticed.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    context.add_init_script(f"{TELL_VIOLATIONS};\n{before}")
    page = context.new_page()
    context.on("page", lambda window: noticed.append(f"window: {window.url}"))
    try:
        page.goto(address, wait_until="load")
        page.wait_for_timeout(100)  # what goes wrong while loading is told a little later
        yield page, noticed
    finally:
        context.close()


def _is_elsewhere(url: str, address: str) -> bool:
    return not url.startswith("data:image/") and url.partition("#")[0] != address


def list_faint_texts(page, least: float = 4.5) -> list[str]:
    """The texts that can be seen whose contrast, as WCAG 2 defines it, is below `least`."""
    faint = []
    for text in page.evaluate(LIST_TEXTS):
        behind = [255.0, 255.0, 255.0]
        for *color, alpha in text["backgrounds"]:
            behind = _lay_over(color, alpha / 255, behind)
        *color, alpha = text["color"]
        contrast = _contrast(_lay_over(color, alpha / 255 * text["opacity"], behind), behind)
        if contrast < least:
            faint.append(f"{contrast:.2f}: {text['text']!r} in {text['place']}")
    return faint


def _lay_over(color: list[float], alpha: float, behind: list[float]) -> list[float]:
    return [alpha * above + (1 - alpha) * below for above, below in zip(color, behind, strict=True)]


def _contrast(one: list[float], other: list[float]) -> float:
    darker, lighter = sorted([_luminance(one), _luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: list[float]) -> float:
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
