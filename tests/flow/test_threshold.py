"""Other thresholds looked at in the page: the browser's clusters are Python's, and nothing is decided meanwhile."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_reviewing import CURRENT, count_decided, press

import lookalikes as la
from browser import browser, opened  # noqa: F401
from lookalikes.clustering.sequential import find_cluster_of
from lookalikes.showing import steps
from lookalikes.showing.steps import collect_steps
from lookalikes.words import say

SCRIPT = Path(steps.__file__).parent / "templates" / "review" / "regroup.js"
REGROUP = """([steps, thresholds]) => {
    %s
    const near = unpackNear(steps.near)
    return thresholds.map(below => {
        const clusterOf = regroup(near, steps.count, below)
        return {clusterOf: [...clusterOf], counts: [...countSizes(clusterOf, steps.images).counts]}
    })
}"""
SLIDER, BACK = ".lk-threshold input", ".lk-looking button"


def tabulate(hashes: list) -> pd.DataFrame:
    names = [f"{number}.png" for number in range(len(hashes))]
    problem = [None if text else "unreadable" for text in hashes]
    return pd.DataFrame({"filename": names, "fold": "all", "hash": hashes, "problem": problem}, dtype=object)


def draw_hashes(seed: int, count: int, centres: int, most: int) -> list:
    """Hashes that differ from one of a few in up to `most` bits: near, tied and repeated; and some images unread."""
    random = np.random.default_rng(seed)
    centre = random.integers(2**63, size=centres).astype(np.uint64)
    hashes = []
    for number in range(count):
        bits = random.choice(64, size=random.integers(most + 1), replace=False).astype(np.uint64)
        value = centre[random.integers(centres)] ^ np.bitwise_or.reduce(np.uint64(1) << bits, initial=np.uint64(0))
        hashes.append(None if number % 17 == 5 else f"{int(value):016x}")
    return hashes


def compare(page, hashed: pd.DataFrame, below: int) -> int:
    """Every threshold in the browser and in Python; how many clusterings differ from one another."""
    clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed, below=below))
    wide = la.find_pairs(hashed, below=la.widen(hashed, below=below))
    facts = collect_steps(hashed, clusters, wide, below=below, room=2e6)
    thresholds = list(range(facts["least"], facts["most"] + 1, facts["step"]))
    assert below in thresholds and thresholds[-1] == below + 6
    nearest = la.find_nearest_earlier(hashed, below=thresholds[-1])
    rows = np.unique(nearest[["earlier", "later"]].to_numpy())
    seen = set()
    page.goto("about:blank")
    for below, found in zip(
        thresholds, page.evaluate(REGROUP % SCRIPT.read_text(encoding="utf-8"), [facts, thresholds]), strict=True
    ):
        expected = la.cluster_sequentially(hashed, la.find_pairs(hashed, below=below))
        cluster_of = find_cluster_of(hashed, expected)[rows]
        founder = pd.Series(np.arange(len(rows))).groupby(cluster_of).transform("first")
        assert found["clusterOf"] == founder.tolist(), below
        assert found["counts"] == la.count_cluster_sizes(expected).to_numpy().tolist(), below
        seen.add(tuple(cluster_of))
    return len(seen)


@pytest.mark.parametrize("seed", range(12))
def test_random_images_are_grouped_as_in_python(browser, seed):  # noqa: F811
    hashed = tabulate(draw_hashes(seed, count=400, centres=[3, 40, 150][seed % 3], most=[4, 9, 14][seed // 4]))
    with browser.new_context() as context:
        assert compare(context.new_page(), hashed, below=[10, 7][seed % 2]) > 3


def test_the_sample_is_grouped_as_in_python(browser):  # noqa: F811
    with browser.new_context() as context:
        assert compare(context.new_page(), la.hash_images(la.read_folds(la.make_sample())), below=10) > 3


@pytest.mark.parametrize("below", [16, 4])
def test_while_another_threshold_is_looked_at_nothing_is_decided(browser, report, below):  # noqa: F811
    hashed = la.hash_images(la.read_folds(la.make_sample()))
    clusters = [la.cluster_sequentially(hashed, la.find_pairs(hashed, below=each)) for each in (10, below)]
    grouped = [set(each.loc[each["cluster_id"].duplicated(keep=False), "filename"]) for each in clusters]
    with opened(browser, report) as (page, noticed):
        page.locator(CURRENT).focus()
        press(page, "a")
        decided = count_decided(page)
        assert decided[0] == 1
        page.locator(".lk-threshold summary").click()
        page.locator(".lk-sizes td").first.wait_for()
        drawn = page.locator(".lk-threshold").inner_text()
        page.locator(SLIDER).fill(str(below))
        told = page.locator(".lk-threshold").inner_text()
        sizes = la.count_cluster_sizes(clusters[1])
        assert f"{clusters[1]['cluster_id'].nunique()} clusters, " in told and f"with {len(grouped[1])} images" in told
        lines = page.locator(".lk-sizes tr").all_inner_texts()[1:]
        assert [list(map(int, line.split())) for line in lines] == sizes.to_numpy().tolist()
        named = page.locator(".lk-joining li").all_inner_texts()
        assert sorted(name.rpartition("/")[2] for name in named) == sorted(grouped[1] - grouped[0])
        assert (len(named) > 0) == (below > 10)
        page.locator(CURRENT).focus()
        press(page, "a", "e", "x", "u", "1", "Shift+Digit1")
        assert say("review.threshold.locked") in page.locator(".lk-said").inner_text()
        assert not page.locator(".lk-verdict button, .lk-acts button, .lk-rules, .lk-exchange").first.is_visible()
        assert count_decided(page) == decided
        page.locator(BACK).click()
        assert page.locator(".lk-threshold").inner_text() == drawn and not page.locator(BACK).is_visible()
        press(page, "u")
        assert count_decided(page)[0] == 0
        assert noticed == []
