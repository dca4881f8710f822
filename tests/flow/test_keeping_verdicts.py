"""No verdict is lost: the page saved with them, and what a browser allows told in each case."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from browser import browser, opened  # noqa: F401

CURRENT, COUNT = ".lk-current", ".lk-decided"
SAVE = "Save this page with my decisions"


def count_decided(page) -> int:
    return int(re.search(r"\d+", page.locator(COUNT).inner_text())[0])


def save(page, place: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=SAVE).click()
    assert download.value.suggested_filename == "report-with-decisions.html"
    download.value.save_as(place)
    return place


def read_block(path: Path, name: str) -> str:
    return re.search(rf'<script class="lk-{name}" type="application/json">(.*?)</script>', path.read_text("utf-8"))[1]


def test_saved_without_a_verdict_the_page_is_the_very_same_file(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        assert save(page, tmp_path / "a.html").read_bytes() == report.read_bytes()
        page.locator(".lk-panel select").nth(2).select_option("name")
        page.locator(".lk-panel input[type=search]").fill("0")
        page.get_by_role("button", name="Show all").click()
        page.locator(CURRENT).focus()
        page.keyboard.press("a")
        page.keyboard.press("u")
        assert save(page, tmp_path / "b.html").read_bytes() == report.read_bytes()
        assert "this page with 0 decisions in it, is on its way" in page.locator(".lk-said").inner_text()
        assert page.locator(".lk-said").bounding_box()["height"] > 10, "to be seen, not only heard"
        assert noticed == []


def test_saved_with_verdicts_it_opens_with_them_and_can_be_saved_again(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.locator(CURRENT).focus()
        page.keyboard.press("a")
        page.keyboard.press("x")
        page.locator(".lk-panel input[type=search]").fill("0")  # typed, with clusters hidden by it
        page.locator(CURRENT).focus()
        page.keyboard.press("c")
        with page.expect_download() as download:
            page.locator(".lk-panel button[title$='(s)']").dispatch_event("click")
        download.value.save_as(tmp_path / "saved.html")
    saved, delivered = tmp_path / "saved.html", report.read_text("utf-8")
    block = read_block(saved, "saved")
    assert saved.read_text("utf-8") == delivered.replace(
        '<script class="lk-saved" type="application/json">null<',
        f'<script class="lk-saved" type="application/json">{block}<',
    )
    rows = json.loads(block)
    assert len(rows) >= 3 and {"different"} < {row[3] for row in rows}
    with opened(browser, saved) as (page, noticed):  # a browser that has kept nothing
        assert count_decided(page) == 2
        assert page.locator("dialog[open]").count() == 0
        assert page.locator(".lk-panel input[type=search]").input_value() == ""
        assert save(page, tmp_path / "same.html").read_bytes() == saved.read_bytes()
        page.locator(CURRENT).focus()
        page.keyboard.press("n")
        page.keyboard.press("a")
        again = save(page, tmp_path / "again.html")
        assert noticed == []
    with opened(browser, again) as (page, _):
        assert count_decided(page) == 3
        page.locator(CURRENT).focus()
        page.keyboard.press("e")
        for _ in range(9):
            page.keyboard.press("u")
        assert count_decided(page) == 3, "what came with the page stays"


def test_a_colleague_can_take_back_what_came_with_the_page(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.locator(CURRENT).focus()
        page.keyboard.press("1")
        page.keyboard.press("2")
        first = save(page, tmp_path / "first.html")
        assert count_decided(page) == 1
    with opened(browser, first) as (page, _):
        assert page.locator(".lk-done:not([hidden])").count() == 0, "it opens on what is left"
        page.get_by_role("button", name="Show all").click()
        page.locator(".lk-cluster.lk-done").first.focus()
        page.keyboard.press("1")
        page.keyboard.press("2")
        assert count_decided(page) == 0
        second = save(page, tmp_path / "second.html")
    assert json.loads(read_block(second, "saved")) == []
    with opened(browser, second) as (page, _):
        assert count_decided(page) == 0 and page.locator("[aria-pressed=true]").count() == 0


def test_the_policy_allows_the_saved_page_its_script(browser, report, tmp_path):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.locator(CURRENT).focus()
        page.keyboard.press("a")
        saved = save(page, tmp_path / "saved.html")
    policies = [
        BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one("meta[http-equiv]")["content"]
        for path in (report, saved)
    ]
    assert policies[0] == policies[1]
    with opened(browser, saved) as (page, noticed):
        assert page.locator(".lk-review.lk-live").count() == 1 and noticed == []


# In frames that forbid.


@pytest.mark.parametrize(
    "allowed", ["allow-scripts", "allow-scripts allow-downloads", "allow-scripts allow-same-origin"]
)
def test_in_a_frame_every_way_out_is_offered_and_told(browser, report, tmp_path, allowed):  # noqa: F811
    frame_file = tmp_path / "frame.html"
    (tmp_path / "report.html").write_bytes(report.read_bytes())
    frame_file.write_text(f'<iframe sandbox="{allowed}" src="report.html" width="1200" height="800"></iframe>')
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, downloads, errors = context.new_page(), [], []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page.goto(frame_file.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator(CURRENT).focus()
    page.keyboard.press("a")
    said = frame.locator(".lk-said")
    page.keyboard.press("d")
    said.filter(has_text="decisions.csv with").filter(has_text="If it isn't there").wait_for()
    page.keyboard.press("s")
    said.filter(has_text="report-with-decisions.html, this page with").wait_for()
    frame.get_by_text("Decisions as text").click()
    text = frame.locator(".lk-exchange textarea").input_value()
    assert text.startswith("fold,filename,hash,decision") and text.count("\n") > 1
    frame.get_by_role("button", name="Copy").click()
    said.filter(has_text=re.compile("Copied. Paste it|copy it by hand")).wait_for()
    page.wait_for_timeout(300)
    assert downloads == (["decisions.csv", "report-with-decisions.html"] if "downloads" in allowed else [])
    assert frame.locator(".lk-unkept").count() == ("same-origin" not in allowed)
    assert errors == []
    context.close()


# The last copy.


def test_dropping_the_last_copy_is_asked_about(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        page.locator(CURRENT).focus()
        size = page.locator(f"{CURRENT} figure").count()
        for number in range(1, size):
            page.keyboard.press(f"Shift+{number}")
        dropped = page.locator(f"{CURRENT} .lk-dropped")
        assert dropped.count() == size - 1
        question = page.get_by_role("dialog", name="Drop the last copy?")
        page.keyboard.press(f"Shift+{size}")
        assert question.is_visible() and dropped.count() == size - 1
        assert page.evaluate("document.activeElement.textContent") == "No, leave it"
        page.keyboard.press("Enter")
        assert not question.is_visible() and dropped.count() == size - 1 and count_decided(page) == 0
        page.keyboard.press(f"Shift+{size}")
        page.keyboard.press("Escape")
        assert not question.is_visible() and dropped.count() == size - 1
        page.keyboard.press(f"Shift+{size}")
        page.keyboard.press("n")
        assert not question.is_visible() and count_decided(page) == 0
        page.keyboard.press(f"Shift+{size}")
        page.keyboard.press("y")
        assert not question.is_visible() and count_decided(page) == 1
        page.keyboard.press("u")
        page.keyboard.press("a")
        page.keyboard.press("k")
        assert dropped.count() == size - 1, "the suggestion keeps what is left"
        assert noticed == []


def test_an_image_called_different_from_all_others_is_the_last_of_its_own(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.locator(CURRENT).focus()
        name = page.locator(CURRENT).get_attribute("id")
        page.keyboard.press("x")
        page.locator(f"#{name}").focus()
        page.keyboard.press("Shift+1")
        assert "called different from all" in page.get_by_role("dialog").inner_text()
        page.keyboard.press("y")
        assert page.locator(f"#{name} .lk-dropped").count() == 1
