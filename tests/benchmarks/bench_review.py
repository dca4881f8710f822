"""Measure the report of many clusters: how long it takes to make, how large it is, and how a browser bears it.

`run.py` calls this. 5,000 pictures with 9,971 hard links to them, 14,971 images in 5,000 clusters, are drawn, reported
on, and the report is opened in Chromium: milliseconds to the first content, and of the longest task while something is
done.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lookalikes import make_report

sys.path.insert(0, str(Path(__file__).parents[1]))

CLUSTERS, IMAGES = 5_000, 14_971
WATCH = """window.tasks = [];
new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(each => each.duration)))
    .observe({type: "longtask", buffered: true})"""
FIRST = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SCROLL = "window.scrollTo(0, document.body.scrollHeight * {})"


def draw_set(folder: Path) -> None:
    """Pictures of random blotches, each with one to three more names, in two folds."""
    random = np.random.default_rng(0)
    for number in range(IMAGES):
        fold = folder / ("train" if number % 7 else "test")
        fold.mkdir(parents=True, exist_ok=True)
        path = fold / f"{number % CLUSTERS:05}_{number // CLUSTERS}.jpg"
        first = folder / ("train" if number % CLUSTERS % 7 else "test") / f"{number % CLUSTERS:05}_0.jpg"
        if number < CLUSTERS:
            blotches = random.integers(256, size=(8, 8, 3), dtype=np.uint8)
            Image.fromarray(blotches).resize((500, 375), Image.Resampling.BICUBIC).save(path, quality=90)
        else:
            path.hardlink_to(first)


def measure_page(report: Path) -> Iterator[tuple[str, float]]:
    """What is done, and the milliseconds that it takes, or that its longest task takes."""
    from browser import opened, start_browser  # of the tests; needs pytest and Playwright

    with start_browser() as browser, opened(browser, report, before=WATCH) as (page, _):
        yield "first content", page.evaluate(FIRST)

        def find_longest() -> float:
            page.wait_for_timeout(500)
            return page.evaluate("Math.max(0, ...window.tasks.splice(0))")

        yield "opening", find_longest()
        for part in range(1, 20):
            page.evaluate(SCROLL.format(part / 20))
            page.wait_for_timeout(100)
        yield "scrolling", find_longest()
        for name, act in {
            "filtering by folds": lambda: page.locator(".lk-panel select").nth(1).select_option("across"),
            "filtering back": lambda: page.locator(".lk-panel select").nth(1).select_option(""),
            "sorting by name": lambda: page.locator(".lk-panel select").nth(2).select_option("name"),
            "searching": lambda: page.locator(".lk-panel input[type=search]").fill("0123"),
            "showing all": lambda: page.locator(".lk-panel > button").first.click(),
        }.items():
            act()
            yield name, find_longest()
        page.locator(".lk-current").focus()
        for key in "aaaexjknuur":
            page.keyboard.press(key)
            page.wait_for_timeout(100)
        yield "deciding", find_longest()


def measure(scratch: Path, rounds: int) -> Iterator[dict]:
    """Rows for the report itself and for the page in a browser; without Playwright or a browser, one that says so."""
    data = scratch / "many"
    draw_set(data)
    begun = time.perf_counter()
    report = make_report(data, scratch / "out-many")
    size = f"{IMAGES:,} images"
    yield {"what": "report of 5,000 clusters", "size": size, "ours": [time.perf_counter() - begun]}
    yield {"what": "the page of 5,000 clusters", "size": size, "ours": [report.stat().st_size / 1e6], "unit": "MB"}
    try:
        found = [list(measure_page(report)) for _ in range(rounds)]
    except (ImportError, FileNotFoundError) as error:
        yield {"what": "the page of 5,000 clusters in a browser", "size": size, "ours": [], "failed": str(error)}
        return
    for each in zip(*found, strict=True):
        row = {"size": size, "ours": [milliseconds for _, milliseconds in each], "unit": "ms"}
        name = each[0][0]
        told = name if name == "first content" else f"longest task, {name}"
        yield {"what": f"the page of 5,000 clusters: {told}", **row}
