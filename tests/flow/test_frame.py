"""The live review in a frame without storage, downloads or clipboard, as Colab's outputs are, with Python behind it."""

import base64
import json

import pytest
from test_reviewing import press

import lookalikes as la
from browser import browser  # noqa: F401
from lookalikes.showing import live
from lookalikes.showing.scripts import read_live_script
from lookalikes.words import say

CURRENT, HOST = "#widget .lk-current", "#widget"
# What Jupyter gives a widget: its element, and a model that talks to the kernel, here to the function `ask`.
SHIM = """import(URL.createObjectURL(new Blob([atob("%s")], {type: "text/javascript"}))).then(({default: widget}) => {
    const listeners = {}
    const model = {
        on: (name, act) => (listeners[name] = act),
        off: name => delete listeners[name],
        send: async content => {
            const [message, facts] = await ask(JSON.stringify(content))
            if (message) listeners["msg:custom"]?.(message, [new DataView(new TextEncoder().encode(facts).buffer)])
        },
    }
    globalThis.gone = () => listeners.comm_live_update.call({model: {comm_live: false}})
    globalThis.end = widget.render({model, el: document.querySelector("#widget")})
})"""


@pytest.fixture
def review(paint, tmp_path, monkeypatch):
    """Three clusters of two; a name is no UTF-8, and one is markup."""
    for name, seed in (("a\udcff.png", 1), ("<b>x.png", 1), ("c.png", 2), ("d.png", 2), ("e.png", 3), ("f.png", 3)):
        paint(200, 150, seed=seed).save(tmp_path / name, "PNG")
    hashed = la.hash_images(la.read_folds(tmp_path), cache=False)
    pairs = la.find_pairs(hashed)
    clusters = la.cluster_sequentially(hashed, pairs)
    looked = la.look_again(hashed, pairs)
    kept = la.choose_keepers(hashed, la.measure_images(clusters), looked)
    return la.review(hashed, kept, pairs, looked)


@pytest.fixture
def frame(browser, review, monkeypatch, tmp_path):  # noqa: F811
    """The frame with both outputs of the cell, and what its page must not do."""
    shown = []
    monkeypatch.setattr(live, "display", shown.append)
    review._ipython_display_()
    script = SHIM % base64.b64encode(read_live_script().encode()).decode()
    outputs = f'{shown[0].data}<div id="widget"></div><script type="module">{script}</script>'
    context, noticed = browser.new_context(), []
    context.on("weberror", lambda error: noticed.append(str(error.error)))
    context.on("download", lambda _: noticed.append("download"))
    page = context.new_page()

    def ask(content):
        heard = []
        widget = type("Widget", (), {"send": lambda _, message, buffers: heard.extend([message, buffers[0].decode()])})
        review.answer(widget(), json.loads(content), [])
        return heard or [None, None]

    page.expose_function("ask", ask)
    (tmp_path / "outputs.html").write_text(f'<!DOCTYPE html><meta charset="utf-8">{outputs}', encoding="utf-8")
    host = tmp_path / "host.html"
    host.write_text('<iframe sandbox="allow-scripts" width="1000" height="800" src="outputs.html"></iframe>')
    page.goto(host.as_uri())
    frame = page.frames[1]
    try:
        frame.locator(CURRENT).wait_for()
        yield page, frame
        assert noticed == []
    finally:
        context.close()


def hear(page) -> None:
    """Let what the frame has sent arrive."""
    page.wait_for_timeout(300)


def test_each_key_is_in_python_at_once_without_storage_or_downloads(frame, review):
    page, inside = frame
    with pytest.raises(Exception, match="sandboxed"):
        inside.evaluate("localStorage.length")
    assert not inside.locator("[data-lk-review]").is_visible() and inside.locator(".lk-unkept").count() == 0
    inside.locator(CURRENT).focus()
    press(page, "1", "Shift+Digit2", "x")
    hear(page)
    table = review.decisions
    assert table["decision"].tolist() == ["keep", "drop", "different"]
    assert set(table["filename"][:2]) == {"a\udcff.png", "<b>x.png"}
    press(page, "u", "u")
    hear(page)
    assert review.decisions["decision"].tolist() == ["keep"]
    press(page, "d")
    assert "downloads" in inside.locator(".lk-said").inner_text()
    assert inside.evaluate("location.hash") == "" and page.url.endswith("/host.html")


def test_where_the_kernel_goes_the_gallery_is_back_with_what_was_decided(frame, review):
    page, inside = frame
    inside.locator(CURRENT).focus()
    press(page, "e")
    hear(page)
    inside.evaluate("gone()")
    assert inside.locator("[data-lk-review]").is_visible() and inside.locator(f"{HOST} .lk-cluster").count() == 0
    text = inside.locator(".lk-gone textarea").input_value()
    read = la.read_decisions(text)
    assert read["filename"].tolist() == review.decisions["filename"].tolist()
    assert say("review.live.gone", count=2) in inside.locator("[data-lk-review]").inner_text()


def test_an_output_that_is_cleared_gives_the_gallery_back(frame):
    _, inside = frame
    inside.evaluate("end()")
    assert inside.locator("[data-lk-review]").is_visible() and inside.locator(HOST).inner_text() == ""
