"""The review: the sample's clusters looked through and decided in a real browser, by keyboard, mouse and touch."""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from browser import LOOKS, browser, list_faint_texts, opened  # noqa: F401
from lookalikes.showing.scripts import SCRIPTS, digest_script, read_script
from lookalikes.words import ENGLISH

CURRENT, SAID, COUNT = ".lk-current", ".lk-said", ".lk-decided"
SHOWN = ".lk-review .lk-cluster:not([hidden])"
TEMPLATES = Path(__file__).parents[2] / "src" / "lookalikes" / "showing" / "templates" / "review"
THROWING = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.fixture(scope="module")
def facts(report) -> dict:
    soup = BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")
    return json.loads(soup.select_one("script.lk-facts").string)


def read_table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def enter(page) -> None:
    page.locator(CURRENT).focus()


def name_current(page) -> str:
    return page.locator(CURRENT).get_attribute("id")


def fetch(page, act) -> list[dict[str, str]]:
    with page.expect_download() as download:
        act()
    assert download.value.suggested_filename == "decisions.csv"
    return read_table(Path(download.value.path()).read_text(encoding="utf-8"))


def count_decided(page) -> tuple[int, int, int]:
    return tuple(map(int, re.findall(r"\d+", page.locator(COUNT).inner_text())))


# What the page is made of.


def test_each_script_is_small_makes_no_markup_and_is_allowed_by_its_digest(report):
    for name in SCRIPTS["review"]:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        assert text.count("\n") < 200
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(|\bon\w+=", text)
        assert found == [], name
    assert {path.name for path in TEMPLATES.iterdir()} == set(SCRIPTS["review"])
    html = report.read_text(encoding="utf-8")
    assert f"script-src {digest_script(read_script('review'))};" in html and html.count("<script") == 4


def read_keys() -> dict[str, dict[str, str]]:
    text = (TEMPLATES / "keys.js").read_text(encoding="utf-8")
    tables = re.findall(r"^const (\w+)_KEYS = \{(.*?)\};", text, re.M | re.S)
    return {name: dict(re.findall(r'(\w+): "(.+?)"', body)) for name, body in tables if name != "SHOWN"}


def test_no_key_does_two_things_and_each_is_told():
    tables = read_keys()
    assert set(tables) == {"REVIEW", "COMPARE", "ENLARGE", "ASK", "HELP"}
    for keys in tables.values():
        assert len(set(keys.values())) == len(keys)
    told = {key.removeprefix("review.key.") for key in ENGLISH if key.startswith("review.key.")}
    assert told == {name for keys in tables.values() for name in keys}


def test_every_text_of_the_review_is_used():
    code = "".join(
        path.read_text(encoding="utf-8") for path in [*TEMPLATES.iterdir(), TEMPLATES.parent / "review.html.j2"]
    )
    code += (TEMPLATES.parents[1] / "review.py").read_text(encoding="utf-8")
    code += (TEMPLATES.parents[1] / "live.py").read_text(encoding="utf-8")
    code += (TEMPLATES.parent / "live" / "live.js").read_text(encoding="utf-8")
    stems = (
        "review.key.",
        "review.sort.",
        "review.filter.",
        "review.mode.",
        "review.keys.",
        "review.compare.",
        "review.exchange.",
        "review.suggest.",
    )
    for key in ENGLISH:
        if key.startswith("review.") and not key.startswith(stems):
            plain = re.sub(r"^review\.(keep|drop)\.title$", "review.${decision}.title", key)
            plain = re.sub(r"^review\.(keep|drop)$", "review.${decision}", plain)
            assert f'"{plain}"' in code or f"`{plain}`" in code, key


def test_the_facts_are_those_of_the_tables(report, facts):
    kept = read_table((report.parent / "keep.csv").read_text(encoding="utf-8"))
    by_name = {(row["fold"], row["filename"]): row for row in kept}
    images, clusters = facts["images"], facts["clusters"]
    for first, shown, cluster_id in zip(clusters["first"], clusters["shown"], clusters["id"], strict=True):
        for place in range(first, first + shown):
            row = by_name[images["fold"][place], images["filename"][place]]
            assert (str(cluster_id), str(images["keep"][place])) == (row["cluster_id"], row["keep"])
    assert sum(clusters["shown"]) == len(images["hash"]) and all(len(text) == 16 for text in images["hash"])
    assert facts["run"]["hash"] == "phash64" and facts["run"]["below"] == 10


def test_without_script_every_cluster_caption_and_badge_is_shown(browser, report, facts):  # noqa: F811
    with opened(browser, report, script=False) as (page, noticed):
        assert page.locator(SHOWN).count() == len(facts["clusters"]["id"])
        assert page.locator(f"{SHOWN} figcaption").count() == len(facts["images"]["hash"])
        for caption in page.locator(f"{SHOWN} .lk-name, {SHOWN} .lk-badge").all():
            caption.scroll_into_view_if_needed()
            assert caption.is_visible()
        assert page.locator(".lk-filter").is_visible() and not page.locator(".lk-bar").count()
        assert noticed == []


def test_the_same_picture_is_drawn_once(report, facts):
    soup = BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")
    stacks = soup.select(".lk-review .lk-stack")
    assert stacks
    for stack in stacks:
        assert len(stack.select("img")) == 1 and len(stack.select("figure")) > 1
        assert stack.select_one(".lk-times").get_text() == f"the same picture, × {len(stack.select('figure'))}"
    sources = [image["src"] for image in soup.select(".lk-review img")]
    assert len(sources) == len(set(sources))


# Decided by keys.


def test_the_whole_sample_is_decided_by_keyboard_alone(browser, report, facts):  # noqa: F811
    total = len(facts["clusters"]["id"])
    with opened(browser, report) as (page, noticed):
        for _ in range(60):
            press(page, "Tab")
            if page.evaluate("document.activeElement.matches('.lk-bar button')"):
                break
        assert count_decided(page) == (0, total, total)
        begun = time.perf_counter()
        for _ in range(total):
            press(page, "a")
        print(f"{total} clusters in {time.perf_counter() - begun:.2f} s")
        assert count_decided(page) == (total, total, 0)
        assert page.locator(SAID).inner_text() == ENGLISH["review.all_decided"]
        assert page.locator(f"{SHOWN}.lk-done").count() == page.locator(SHOWN).count() == total
        rows = fetch(page, lambda: press(page, "d"))
        images = facts["images"]
        wanted = {
            (images["fold"][place], images["filename"][place]): "keep" if images["keep"][place] else "drop"
            for place in range(len(images["hash"]))
        }
        assert {(row["fold"], row["filename"]): row["decision"] for row in rows} == wanted
        assert list(rows[0]) == ["fold", "filename", "hash", "decision", "with_fold", "with_filename", "decided_at"]
        hashes = dict(zip(zip(images["fold"], images["filename"], strict=True), images["hash"], strict=True))
        assert all(row["hash"] == f"phash64:{hashes[row['fold'], row['filename']]}" for row in rows)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["decided_at"]) for row in rows)
        assert noticed == []


def test_keys_move_decide_and_take_back(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        enter(page)
        first = name_current(page)
        press(page, "j")
        second = name_current(page)
        assert second != first and page.evaluate("document.activeElement.id") == second
        press(page, "k")
        assert name_current(page) == first
        press(page, "j", "b")
        assert name_current(page) == first
        press(page, "1")
        assert page.locator(CURRENT).locator("[aria-pressed=true]").all_inner_texts() == ["Keep"]
        assert name_current(page) == first and "1 to keep, 0 to drop" in page.locator(SAID).inner_text()
        place = page.locator(f"#{second}").bounding_box()
        press(page, "Shift+2")
        assert name_current(page) == second, "decided, so on to the next"
        assert page.locator(f"#{first}.lk-done").locator("[aria-pressed=true]").all_inner_texts() == ["Keep", "Drop"]
        assert page.locator(f"#{second}").bounding_box()["height"] == place["height"], "nothing reflows"
        press(page, "u", "u")
        assert not page.locator("[aria-pressed=true]").count() and count_decided(page)[0] == 0
        assert name_current(page) == first
        press(page, "r", "r", "r")
        assert count_decided(page)[0] == 1 and page.locator(SAID).inner_text() == ENGLISH["review.no_step"]
        press(page, "n", "e")
        assert count_decided(page)[0] == 2
        assert noticed == []


def test_not_the_same_is_a_row_for_each_two_and_is_kept(browser, report, facts):  # noqa: F811
    size = max(facts["clusters"]["shown"])
    with opened(browser, report) as (page, _):
        page.locator(".lk-panel select").nth(2).select_option("largest")
        page.locator(SHOWN).first.focus()
        press(page, "x")
        assert count_decided(page)[0] == 1
        rows = fetch(page, lambda: press(page, "d"))
        assert len(rows) == size * (size - 1) // 2 and {row["decision"] for row in rows} == {"different"}
        twos = {frozenset([(row["fold"], row["filename"]), (row["with_fold"], row["with_filename"])]) for row in rows}
        assert len(twos) == len(rows) and all(len(two) == 2 for two in twos)
        press(page, "k", "a")
        assert not [row for row in fetch(page, lambda: press(page, "d")) if row["decision"] == "drop"]


def test_not_the_same_is_pressed_and_taken_back_by_the_same_key(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        first = f"#{name_current(page)}"
        enter(page)
        press(page, "x")
        button = page.locator(f"{first} .lk-different")
        assert button.get_attribute("aria-pressed") == "true" and count_decided(page)[0] == 1
        hints = page.locator(f"{first} .lk-verdict > span")
        assert set(hints.all_inner_texts()) == {""}, "nothing is suggested any more"
        press(page, "k", "x")
        assert button.get_attribute("aria-pressed") == "false" and count_decided(page)[0] == 0
        assert "" not in hints.all_inner_texts()
        assert fetch(page, lambda: press(page, "d")) == [] and noticed == []


def test_what_is_kept_and_what_is_dropped_look_different(browser, report):  # noqa: F811
    def read_opacity(figure) -> float:
        return float(figure.locator(".lk-picture").evaluate("each => getComputedStyle(each).opacity"))

    with opened(browser, report) as (page, _):
        page.locator(".lk-clusters .lk-cluster:not(:has(.lk-stack))").first.focus()
        first = f"#{name_current(page)}"
        press(page, "1", "Shift+2")
        kept, dropped = (page.locator(f"{first} figure").nth(place) for place in (0, 1))
        assert read_opacity(kept) == 1 > 0.5 > read_opacity(dropped)
        assert {figure.locator(".lk-verdict > span").inner_text() for figure in (kept, dropped)} == {""}
        colors = {
            figure.locator("button[aria-pressed=true]").evaluate("each => getComputedStyle(each).backgroundColor")
            for figure in (kept, dropped)
        }
        assert len(colors) == 2
        page.locator(".lk-clusters .lk-cluster:has(.lk-stack)").first.focus()
        stack = page.locator(f"#{name_current(page)} .lk-stack").first
        number = stack.locator(".lk-number").first.inner_text()
        press(page, f"Shift+{number}")
        assert read_opacity(stack) == 1, "one picture stands for several images, of which one is left"


def test_keys_act_only_within_the_review_and_letters_can_be_turned_off(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        first = name_current(page)
        page.locator("h1").first.click()
        press(page, "a", "j", "x")
        assert count_decided(page)[0] == 0 and name_current(page) == first
        page.get_by_label("letter keys").uncheck()
        enter(page)
        press(page, "a", "j", "1", "Shift+1", "?")
        assert count_decided(page)[0] == 0 and name_current(page) == first
        page.get_by_label("letter keys").check()
        page.locator(".lk-panel input[type=search]").focus()
        press(page, "a", "x")
        assert count_decided(page)[0] == 0 and page.locator(".lk-panel input[type=search]").input_value() == "ax"
        assert noticed == []


def test_the_help_sheet_lists_every_key(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        enter(page)
        press(page, "?")
        sheet = page.get_by_role("dialog", name="Keys")
        keys = [key for table in read_keys().values() for key in table.values()]
        assert sheet.locator("kbd").count() == len(keys)
        press(page, "a", "j")
        assert count_decided(page)[0] == 0, "an open dialog has its own table"
        press(page, "Escape")
        assert not sheet.is_visible() and page.evaluate("document.activeElement.classList.contains('lk-current')")
        for name in ("Next undecided", "Undo", "Download decisions.csv"):
            assert re.search(r"\(.\)$", page.get_by_role("button", name=name).first.get_attribute("title"))


# Filters, and the view in the address.


def test_filters_combine_and_a_link_opens_the_same_view(browser, report, facts):  # noqa: F811
    clusters = facts["clusters"]
    with opened(browser, report) as (page, noticed):
        before = page.url
        assert "#" not in before
        folds, kind = page.locator(".lk-panel select").nth(1), page.locator(".lk-panel select").nth(0)
        folds.select_option("across")
        assert page.locator(SHOWN).count() == sum(clusters["leak"])
        kind.select_option("near copy")
        both = [leak and kind == "near copy" for leak, kind in zip(clusters["leak"], clusters["kind"], strict=True)]
        assert 0 < page.locator(SHOWN).count() == sum(both) < sum(clusters["leak"])
        assert count_decided(page)[2] == sum(both)
        page.locator(".lk-panel select").nth(2).select_option("name")
        shown = [section.get_attribute("id") for section in page.locator(SHOWN).all()]
        enter(page)
        press(page, "j")
        page.wait_for_timeout(400)
        link, current = page.url, name_current(page)
        assert "folds=across" in link and noticed == []
        page.goto("about:blank")
        page.goto(link)
        assert [section.get_attribute("id") for section in page.locator(SHOWN).all()] == shown
        assert name_current(page) == current
        page.locator(".lk-panel").get_by_role("button", name="Show all").click()
        assert page.locator(SHOWN).count() == len(clusters["id"])


@pytest.mark.parametrize("flag", ["conflict", "chain", "flat", "missed"])
def test_each_flag_shows_as_many_as_it_says(browser, report, facts, flag):  # noqa: F811
    with opened(browser, report) as (page, _):
        label = page.locator(".lk-panel label").filter(has_text=ENGLISH[f"review.filter.{flag}"])
        label.click()
        assert page.locator(SHOWN).count() == sum(map(bool, facts["clusters"][flag]))
        assert label.inner_text().strip().endswith(f"({sum(map(bool, facts['clusters'][flag]))})")


def test_search_and_undecided(browser, report, facts):  # noqa: F811
    name = facts["images"]["filename"][3]
    with opened(browser, report) as (page, _):
        page.locator(".lk-panel input[type=search]").fill(name.upper())
        assert page.locator(SHOWN).count() >= 1
        assert all(name in text for text in page.locator(SHOWN).all_inner_texts())
        page.locator(".lk-panel input[type=search]").fill("no such name")
        assert page.locator(SHOWN).count() == 0 and page.get_by_text(ENGLISH["review.none_left"]).is_visible()
        page.get_by_role("button", name="Show all").click()
        page.get_by_label("undecided").check()
        enter(page)
        press(page, "a")
        assert page.locator(SHOWN).count() == len(facts["clusters"]["id"]), "what is decided stays in its place"


def test_the_cards_are_filters(browser, report, facts):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        page.get_by_role("link", name="doubtful").click()
        page.wait_for_timeout(200)
        assert page.locator(SHOWN).count() == facts["clusters"]["kind"].count("look-alike") > 0
        assert page.locator(".lk-review").bounding_box()["y"] < 200
        page.get_by_role("link", name="pairs missed").click()
        missed = page.locator("#missed .lk-cluster")
        assert missed.count() == 2 and missed.first.is_visible() and noticed == []
    with opened(browser, report, script=False) as (page, _):
        assert page.get_by_role("link", name="doubtful").get_attribute("href") == "#review"


def test_a_cluster_of_a_table_leads_to_its_pictures_and_keys_act_there(browser, report, facts):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        link = page.locator(".lk-table a[href*='view:cluster']").last
        number = link.inner_text()
        assert int(number) in facts["clusters"]["id"]
        page.get_by_label("undecided").check()
        for _ in range(2):  # the second time the address is the same
            link.click()
            page.wait_for_timeout(300)
            assert name_current(page) == f"cluster-{number}" and page.locator(CURRENT).is_visible()
            assert 0 <= page.locator(CURRENT).bounding_box()["y"] < 450
        press(page, "e")
        assert count_decided(page)[0] == 1 and noticed == []
    with opened(browser, report, script=False) as (page, _):
        assert page.locator(".lk-table a").count() == 0 and page.locator(".lk-table [data-cluster]").count() > 20


# No verdict is lost.


def test_verdicts_are_there_again_but_only_where_the_hash_agrees(browser, report, facts):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        enter(page)
        press(page, "a", "a", "a")
        page.reload()
        assert count_decided(page)[0] == 3
        page.evaluate("""() => { for (const [key, text] of Object.entries(localStorage))
            localStorage.setItem(key, text.replace(/"[0-9a-f]{16}"/g, '"0123456789abcdef"')) }""")
        page.reload()
        assert count_decided(page)[0] == 0
        page.evaluate("key => localStorage.setItem(key, '{')", f"lookalikes:{facts['run']['name']}:0")
        page.reload()
        assert count_decided(page)[0] == 0 and noticed == []


@pytest.mark.parametrize("fault", [THROWING, FULL], ids=["throwing", "full"])
def test_without_storage_it_says_so_at_once_and_leaving_warns(browser, report, fault):  # noqa: F811
    with opened(browser, report, before=fault) as (page, noticed):
        assert page.get_by_role("alert").inner_text() == ENGLISH["review.unkept"]
        page.reload()
        assert noticed == [], "nothing is lost yet"
        enter(page)
        press(page, "a")
        assert count_decided(page)[0] == 1
        page.close(run_before_unload=True)
        page.wait_for_timeout(300)
        assert any(line.startswith("dialog") for line in noticed)


def test_after_a_download_leaving_does_not_warn(browser, report):  # noqa: F811
    with opened(browser, report, before=FULL) as (page, noticed):
        enter(page)
        press(page, "a")
        assert fetch(page, lambda: press(page, "d"))
        page.reload()
        assert noticed == []


# Compared in place.


def test_comparing_explains_each_way_and_why_the_two_matched(browser, report, facts):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        enter(page)
        for _ in range(4):
            press(page, "c")
            dialog = page.get_by_role("dialog", name="Compare")
            told = dialog.locator(".lk-told").inner_text()
            distance = int(re.search(r"(\d+) bits? apart", told)[1])
            assert dialog.locator(".lk-bits").count() == 2 and dialog.locator(".lk-bit").count() == 128
            assert dialog.locator(".lk-bits").first.locator(".lk-ringed").count() == distance
            bits = dialog.locator(".lk-bits").all()
            first, second = (
                ["lk-one" in bit.get_attribute("class") for bit in each.locator("i").all()] for each in bits
            )
            assert sum(a != b for a, b in zip(first, second, strict=True)) == distance
            assert dialog.locator(".lk-greys").count() == 2 and "approximate" in dialog.inner_text()
            press(page, "Escape", "j")
        press(page, "c")
        for number, mode in enumerate(("side", "swipe", "onion", "blink", "difference"), start=1):
            press(page, str(number))
            assert dialog.locator(".lk-stage").get_attribute("data-mode") == mode
            assert dialog.locator(".lk-explained").inner_text() == ENGLISH[f"review.mode.{mode}"]
        press(page, "Space")
        assert dialog.locator(".lk-stage.lk-flipped[data-mode=blink]").count() == 1
        press(page, "+", "ArrowLeft")
        style = dialog.locator(".lk-stage").get_attribute("style")
        assert "--zoom: 1.5" in style and "--x: 10%" in style
        press(page, "0")
        assert "--zoom: 1;" in dialog.locator(".lk-stage").get_attribute("style")
        press(page, "x")
        assert not dialog.is_visible() and "1 pairs called different" in page.locator(SAID).inner_text()
        assert noticed == []


def test_a_notice_tells_that_the_stored_sizes_differ(browser, report, facts):  # noqa: F811
    images, clusters = facts["images"], facts["clusters"]
    with opened(browser, report) as (page, _):
        enter(page)
        for first in clusters["first"]:
            press(page, "c")
            one, other = ((images["width"][place], images["height"][place]) for place in (first, first + 1))
            assert bool(page.locator(".lk-notice").inner_text()) == (one != other)
            press(page, "Escape", "j")


def test_laying_turns_as_exif_orientations_do(browser, tmp_path):  # noqa: F811
    """A picture of six cells, turned in the browser, beside the same turned by numpy."""
    import numpy as np

    from lookalikes.judging.orienting import turn

    page_file = tmp_path / "lay.html"
    script = "".join((TEMPLATES / name).read_text() for name in ("words.js", "stage.js"))
    page_file.write_text(f"<meta charset=utf-8><script>{script}</script>")
    cells = np.arange(6).reshape(2, 3)
    with opened(browser, page_file) as (page, _):
        for orientation in range(1, 9):
            wanted = turn(cells, orientation)
            found = page.evaluate(
                """([orientation, width, height]) => {
                    const source = make("canvas", {width: 30, height: 20})
                    const pen = source.getContext("2d")
                    for (let cell = 0; cell < 6; cell++) {
                        pen.fillStyle = `rgb(${cell * 40}, 0, 0)`
                        pen.fillRect(10 * (cell % 3), 10 * Math.floor(cell / 3), 10, 10)
                    }
                    const laid = lay(source, {width: 10 * width, height: 10 * height}, orientation).getContext("2d")
                    return Array.from({length: 6}, (_, at) =>
                        laid.getImageData(10 * (at % width) + 5, 10 * Math.floor(at / width) + 5, 1, 1).data[0] / 40)
                }""",
                [orientation, wanted.shape[1], wanted.shape[0]],
            )
            assert found == wanted.ravel().tolist(), orientation


# By mouse, by touch, on paper, and for those who don't see it.


def test_all_of_it_works_by_mouse_and_a_click_enlarges(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        cluster = page.locator(SHOWN).nth(1)
        cluster.get_by_role("button", name="Keep: ").first.click()
        assert cluster.evaluate("section => section.classList.contains('lk-current')")
        assert cluster.locator("[aria-pressed=true]").count() == 1
        cluster.get_by_role("button", name="Keep all").click()
        assert count_decided(page)[0] == 1
        page.get_by_role("button", name="Undo").click()
        assert count_decided(page)[0] == 0
        cluster.locator("img").first.click()
        large = page.get_by_role("dialog", name="Enlarge")
        assert large.is_visible() and large.locator("img").evaluate("image => image.naturalWidth > 0")
        press(page, "ArrowRight", "Escape")
        assert not large.is_visible()
        cluster.get_by_role("button", name="Compare").click()
        page.get_by_role("dialog", name="Compare").get_by_role("button", name="Difference").click()
        page.get_by_role("button", name="Close").locator("visible=true").click()
        assert noticed == []


def test_it_works_by_touch_on_a_phone(browser, report):  # noqa: F811
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator(SHOWN).first.scroll_into_view_if_needed()  # its buttons are made as it comes near
    page.locator(SHOWN).first.get_by_role("button", name="Accept the suggestion").tap()
    assert count_decided(page)[0] == 1
    page.locator(".lk-bar").get_by_role("button", name="Undo").tap()
    assert count_decided(page)[0] == 0
    page.locator(SHOWN).first.get_by_role("button", name="Compare").tap()
    assert page.get_by_role("dialog", name="Compare").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_bar_covers_no_picture_of_the_current_cluster(browser, report, facts, width):  # noqa: F811
    with opened(browser, report, width=width) as (page, _):
        page.emulate_media(reduced_motion="reduce")
        enter(page)
        for _ in facts["clusters"]["id"][:-3]:
            press(page, "j")
            bar = page.locator(".lk-bar").bounding_box()
            assert abs(bar["y"]) < 1, "it stays in sight"
            for picture in page.locator(f"{CURRENT} img").all():
                assert picture.bounding_box()["y"] >= bar["y"] + bar["height"]
            heights = {picture.bounding_box()["height"] for picture in page.locator(f"{CURRENT} img").all()}
            assert len(heights) == 1, "side by side at one height"


@LOOKS
def test_no_rule_of_accessibility_is_broken(browser, report, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def list_violations() -> list:
        found = axe.run(page).response["violations"]
        return [(each["id"], node["html"][:120]) for each in found for node in each["nodes"][:3]]

    with opened(browser, report, width=width, scheme=scheme) as (page, _):
        assert list_violations() == []
        enter(page)
        press(page, "a", "1")
        assert list_violations() == []
        press(page, "c")
        assert list_violations() == []
        assert list_faint_texts(page) == []
        press(page, "Escape", "?")
        assert list_violations() == []


def test_it_prints_without_controls_and_splits_no_cluster(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.emulate_media(media="print")
        assert page.locator(".lk-review button:visible, .lk-panel:visible, .lk-bar:visible").count() == 0
        for section in page.locator(SHOWN).all():
            assert section.evaluate("section => getComputedStyle(section).breakInside") == "avoid"


def test_motion_respects_the_setting(browser, report):  # noqa: F811
    with opened(browser, report) as (page, _):
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        moving = (
            "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0)"
        )
        assert page.evaluate(f"{moving}.length") == 0
