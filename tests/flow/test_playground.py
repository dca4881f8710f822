"""The playground in a real browser: its hash is that of imagehash, bit for bit, and everything there can be used."""

import base64
import json
import re
from contextlib import contextmanager
from importlib.resources import files

import imagehash
import nbformat
import numpy as np
import pandas as pd
import pytest
import scipy.fftpack
from PIL import Image

import lookalikes as la
from browser import LOOKS, browser, list_faint_texts, opened  # noqa: F401
from lookalikes import words
from lookalikes.hashing.shrinking import ORDERS, find_order
from lookalikes.reporting.export import export_report

FOLDER = files("lookalikes.showing") / "templates" / "playground"
HASH = (FOLDER / "hash.js").read_text(encoding="utf-8")
SIZES = [
    (32, 32), (1, 1), (1, 900), (900, 1), (31, 33), (32, 200), (200, 32), (20, 32), (20, 33), (2, 201), (40, 49),
    (100, 169), (150, 269), (640, 480), (333, 1001), (1024, 17), (5, 7), (64, 64),
]  # fmt: skip


@pytest.fixture(scope="module")
def hash_picture(browser):  # noqa: F811
    """hash_picture(image): what the page's script makes of the picture's pixels."""
    page = browser.new_page()
    page.evaluate(HASH + "\nglobalThis.hashPixels = hashPixels; null")  # a function would be called
    order = list(ORDERS.values()).index(find_order())

    def hash_picture(image):
        pixels = base64.b64encode(image.convert("RGBA").tobytes()).decode()
        return page.evaluate(
            """([text, width, height, order]) =>
            ({...hashPixels(Uint8Array.from(atob(text), byte => byte.charCodeAt(0)), width, height, order), grey: null})
            """,
            [pixels, *image.size, order],
        )

    yield hash_picture
    page.close()


def differ(image, told):
    """What the script told of a picture that is otherwise than `imagehash` has it; nothing where it is undecided."""
    pixels = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
    waves = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)[:8, :8].ravel()
    assert np.abs(waves - told["waves"]).max() < 1e-9
    assert told["undecided"] == (np.abs(waves - np.median(waves)) < 1e-6).sum()
    return not told["undecided"] and told["text"] != str(imagehash.phash(image))


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_the_hash_of_each_photo_of_the_sample_is_that_of_imagehash(hash_picture, step):
    hashed = la.hash_images(la.read_folds(la.make_sample()), cache=False).dropna(subset="hash")
    decided = 0
    for path in hashed["path"][::step]:
        image = Image.open(path).convert("RGB")
        told = hash_picture(image)
        assert not differ(image, told), path
        decided += not told["undecided"]
    assert decided >= 115 // step


@pytest.mark.parametrize("count", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_the_hash_of_random_pictures_of_many_sizes_is_that_of_imagehash(hash_picture, paint, count):
    rng = np.random.default_rng(0)
    sizes = SIZES + [tuple(map(int, rng.integers(1, 700, 2))) for _ in range(count)]
    decided = 0
    for seed, (width, height) in enumerate(sizes):
        noise = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for image in (noise, paint(width, height, seed=seed)):
            told = hash_picture(image)
            assert not differ(image, told), (width, height)
            decided += not told["undecided"]
    assert decided > len(sizes)


@pytest.mark.parametrize("color", ["black", "white", "#7f1234"])
def test_a_blank_picture_is_told_as_undecided(hash_picture, color):
    assert hash_picture(Image.new("RGB", (50, 40), color))["undecided"] > 50


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo of the sample, as a file that keeps its pixels."""
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    planted = pd.read_csv(la.make_sample() / "planted.csv")
    cat = planted[(planted["group"] == "cat") & (planted["story"] == "original")].iloc[0]
    Image.open(la.make_sample() / cat["fold"] / cat["filename"]).convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def lesson(photo):
    """The page of a notebook with nothing but a playground."""
    cell = nbformat.v4.new_code_cell("la.show_playground(photo)", metadata={"tags": ["playground"]})
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/html": la.show_playground(photo).data})]
    cells = [nbformat.v4.new_markdown_cell(text) for text in ("# A lesson", "## The playground")]
    path = photo.with_name("lesson.html")
    path.write_text(export_report(nbformat.v4.new_notebook(cells=[*cells, cell]), name="x"), encoding="utf-8")
    return path


@contextmanager
def playing(browser, lesson, **options):  # noqa: F811
    """The page, once it stands still; whatever it did that it must not fails the test."""
    with opened(browser, lesson, **options) as (page, noticed):
        wait(page)
        yield page
        assert noticed == []


def wait(page):
    page.wait_for_timeout(50)  # what was just done reaches the page a little later
    page.wait_for_selector('.lk-playground[aria-busy="false"]')


def read(page):
    """The distance, and the text of the hash of each row."""
    verdict = page.inner_text(".lk-play-verdict")
    hashes = [text.rpartition(" ")[2] for text in page.locator(".lk-play-bits figcaption").all_inner_texts()]
    distance = int(re.search(r"\d+", verdict)[0])
    assert distance == imagehash.hex_to_hash(hashes[0]) - imagehash.hex_to_hash(hashes[1])
    assert page.locator(".lk-play-differs").count() == distance
    return distance, hashes


def give(page, *files):
    page.evaluate(
        """() => {
            const input = document.querySelector("#lk-play-files")
            window.taken = new Promise(go => input.addEventListener("change", () => go(), {once: true}))
        }"""
    )
    page.set_input_files("#lk-play-files", files)
    page.evaluate("() => window.taken")  # on a crowded machine the page may hear of them late
    wait(page)


def drop(page, *files):
    """As a person drops files from a folder."""
    given = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files]
    page.evaluate(
        """given => {
            const dataTransfer = new DataTransfer()
            for (const [name, text] of given) {
                dataTransfer.items.add(new File([Uint8Array.from(atob(text), byte => byte.charCodeAt(0))], name))
            }
            const zone = document.querySelector(".lk-play-drop")
            for (const kind of ["dragover", "drop"]) {
                const event = new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true})
                if (zone.dispatchEvent(event)) throw new Error("the browser would have opened the files")
            }
        }""",
        given,
    )
    wait(page)


def list_notes(page):
    return " ".join(page.locator(".lk-play-notes p").all_inner_texts())


def test_the_playground_shows_an_edited_copy_before_anything_is_touched(browser, lesson, photo):  # noqa: F811
    with opened(browser, lesson, script=False) as (page, noticed):
        still, cells = read(page), page.locator("td").all_inner_texts()
        assert page.is_visible(".lk-play-static") and not page.is_visible(".lk-play-controls")
        assert page.evaluate("[...document.images].every(image => image.naturalWidth >= 32)") and noticed == []
    with playing(browser, lesson) as page:
        live = read(page)
        assert page.locator("td").all_inner_texts()[:64] == cells[:64]
        assert page.is_visible(".lk-play-controls") and not page.is_visible(".lk-play-static")
        assert list_notes(page) == ""
    assert still[1][0] == live[1][0] == str(imagehash.phash(Image.open(photo)))
    assert still[0] > 0 and live[0] > 0


@pytest.mark.parametrize("name", ["brightness", "contrast", "blur", "crop", "turn", "quality"])
def test_each_slider_changes_the_copy_by_keyboard_and_by_mouse(browser, lesson, name):  # noqa: F811
    with playing(browser, lesson) as page:
        page.click("[name=plain]")
        wait(page)
        assert read(page)[0] == 0
        slider = page.locator(f"#lk-play-{name}")
        value = page.locator(f"output[for=lk-play-{name}]")
        plain = value.inner_text()
        slider.focus()
        for key in ["Home"] + ["ArrowRight"] * 4 if name == "quality" else ["End"]:
            page.keyboard.press(key)
        wait(page)
        assert read(page)[0] > 0 and value.inner_text() != plain
        assert slider.get_attribute("aria-valuetext") == value.inner_text()
        box = slider.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        wait(page)
        assert slider.input_value() != slider.get_attribute("data-plain")
        photos = page.locator(".lk-play-photo img")
        assert photos.nth(0).get_attribute("src") != photos.nth(1).get_attribute("src")
        page.click("[name=again]")
        wait(page)
        assert page.locator("#lk-play-brightness").input_value() == "160" and read(page)[0] > 0


@pytest.mark.parametrize("bring", [give, drop])
def test_two_pictures_of_ones_own_are_compared_as_imagehash_does(browser, lesson, paint, tmp_path, bring):  # noqa: F811
    pictures = [paint(300, 330, seed=6), paint(800, 500, seed=5)]
    files = [tmp_path / "one.png", tmp_path / "<b>two.png"]
    for picture, file in zip(pictures, files, strict=True):
        picture.save(file)
    with playing(browser, lesson) as page:
        bring(page, *files)
        assert read(page)[1] == [str(imagehash.phash(picture)) for picture in pictures]
        assert page.locator(".lk-play-row h3").all_inner_texts() == ["Your first picture", "Your second picture"]
        notes = list_notes(page)
        assert "second picture: hashed at its full size" in notes and "first picture: hashed" not in notes
        page.locator("#lk-play-turn").press("End")
        wait(page)
        assert page.locator(".lk-play-row h3").all_inner_texts()[1] == "Your second picture, edited"
        assert read(page)[1][1] != str(imagehash.phash(pictures[1]))


def test_one_picture_of_ones_own_is_edited(browser, lesson, paint, tmp_path):  # noqa: F811
    picture = paint(500, 200, seed=7)
    picture.save(tmp_path / "one.png")
    with playing(browser, lesson) as page:
        give(page, tmp_path / "one.png")
        distance, hashes = read(page)
        assert hashes[0] == str(imagehash.phash(picture)) and distance > 0
        page.click("[name=plain]")
        wait(page)
        assert read(page) == (0, [hashes[0]] * 2)


def test_pictures_that_need_a_word_get_it(browser, lesson, paint, tmp_path):  # noqa: F811
    clear = paint(100, 100, seed=8).convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 50, 50))
    for name, picture in {"clear": clear, "blank": Image.new("RGB", (60, 60), "grey"), "fine": paint()}.items():
        picture.save(tmp_path / f"{name}.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    clear, blank, fine, text = (tmp_path / f"{name}.png" for name in ("clear", "blank", "fine", "text"))
    on_white = Image.new("RGBA", (100, 100), "white")
    on_white.alpha_composite(Image.open(clear))
    with playing(browser, lesson) as page:
        give(page, clear, blank)
        notes, before = list_notes(page), read(page)
        assert before[1][0] == str(imagehash.phash(on_white))
        assert "first picture: what is transparent was painted white" in notes and "second picture: what" not in notes
        assert re.search(r"second picture: 6\d coefficients lie so near", notes)
        give(page, fine, text)
        assert "File 2 of 2: this browser can't read it" in list_notes(page) and read(page) == before
        give(page, fine, clear, blank)
        assert "Only the first two" in list_notes(page) and "can't read" not in list_notes(page)
        assert read(page)[1][0] == str(imagehash.phash(paint()))


def test_a_browser_that_hands_out_other_pixels_is_told(browser, lesson):  # noqa: F811
    with playing(browser, lesson) as page:
        page.context.add_init_script(
            """const read = CanvasRenderingContext2D.prototype.getImageData
            CanvasRenderingContext2D.prototype.getImageData = function (...place) {
                const pixels = read.apply(this, place)
                return new ImageData(pixels.data.map((level, at) => at % 4 == 3 ? 255 : (level * at) % 256), place[2])
            }"""
        )
        page.reload()
        wait(page)
        assert "This browser hands out pixels other" in list_notes(page)


@LOOKS
def test_everyone_can_use_the_playground(browser, lesson, scheme, width):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with playing(browser, lesson, width=width, scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        cut = (
            "[...document.querySelectorAll('td, .lk-play-bits span')].filter(one => one.scrollWidth > one.clientWidth)"
        )
        assert page.evaluate(cut + ".map(one => one.textContent)") == []
        assert list_faint_texts(page) == []
        found = axe.run(page, context=".lk-playground").response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_texts_never_become_markup(monkeypatch, photo):
    text = "</script><b>{name}: {count}"
    monkeypatch.setattr(words, "_shown", words.ENGLISH | {"playground.note.undecided": text})
    html = la.show_playground(photo).data
    assert html.count("</script>") == 1 and "<b>{name}" not in html
    told = json.loads(html.partition('<script type="application/json">')[2].partition("</script>")[0])
    assert told["texts"]["note.undecided"] == text
