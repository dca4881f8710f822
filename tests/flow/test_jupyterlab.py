"""The review live in a real JupyterLab: decided by keys, read in Python, and what is left of it without a kernel."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from test_reviewing import read_keys

from browser import browser  # noqa: F401
from lookalikes import read_decisions
from lookalikes.words import say

pytestmark = pytest.mark.slow
SOURCE = str(Path(__file__).parents[2] / "src")
PREPARE = """import lookalikes as la
hashed = la.hash_images(la.read_folds(la.make_sample(), label="is_laugh"))
clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed))
wide = la.find_pairs(hashed, below=la.widen(hashed))
looked = la.look_behind_twins(hashed, la.look_again(hashed, la.choose_pairs(hashed, clusters, wide)))
clusters = la.choose_keepers(hashed, la.measure_images(la.add_kinds(hashed, clusters, looked)), looked)"""
CELLS = [PREPARE, "review = la.review(hashed, clusters, wide, looked)\nreview", "review.decisions", "review.save()"]
HOST, CURRENT, STATIC = ".lk-host", ".lk-host .lk-current", "[data-lk-review]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, with its token, and the folder that it serves."""
    pytest.importorskip("jupyterlab")
    pytest.importorskip("anywidget")
    folder, token = tmp_path_factory.mktemp("lab"), secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / f".{name}") for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"), "IPYTHONDIR": str(folder / ".ipython")}
    paths = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))
    options = [
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", "--no-browser", "--allow-root", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with open(folder / ".log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], cwd=folder, stdout=log, stderr=log,
            env=os.environ | own | {"PYTHONPATH": paths},
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api?token={token}", server)
        yield f"{address}/lab/tree/{{name}}?reset&token={token}", folder
    finally:
        server.terminate()  # which ends its kernels too
        server.wait(30)


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(240):
        assert server.poll() is None, "JupyterLab has ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError("JupyterLab doesn't answer")


@pytest.fixture
def notebook(browser, lab, tmp_path) -> Iterator[tuple]:  # noqa: F811
    """A page with a notebook of `CELLS`, all of them run, with the review live; and its file."""
    address, folder = lab
    path = folder / f"{tmp_path.name}.ipynb"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, path)
    (folder / "decisions.csv").unlink(missing_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    try:
        page.goto(address.format(name=path.name))
        page.locator(".jp-Cell").nth(len(CELLS) - 1).wait_for(timeout=60_000)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        choose(page, "Run", "Run All Cells")
        page.locator(CURRENT).wait_for(timeout=120_000)
        yield page, path
    finally:
        context.close()


def choose(page, menu: str, item: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()


def run_cell(page, number: int) -> str:
    """Run that cell again; its output as text."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
    before = cell.locator(".jp-InputPrompt").inner_text()
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    prompt = cell.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[\d+\]")).filter(has_not_text=before)
    prompt.wait_for(timeout=30_000)
    return cell.locator(".jp-OutputArea").inner_text()


def save(page, path: Path) -> nbformat.NotebookNode:
    before = path.stat().st_mtime_ns
    choose(page, "File", "Save Notebook")
    for _ in range(100):
        if path.stat().st_mtime_ns != before:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(300)
    return nbformat.read(path, as_version=4)


def list_sources(page) -> list[str]:
    return [cell.inner_text() for cell in page.locator(".jp-Notebook .jp-InputArea-editor").all()]


def test_what_is_decided_by_keys_is_a_table_in_python_and_outlives_the_kernel(notebook, lab):
    page, path = notebook
    here = page.url
    assert not page.locator(STATIC).is_visible() and page.locator(".lk-host .lk-cluster").count() > 3
    assert "decision" in run_cell(page, 2) and page.locator(".lk-host .lk-done").count() == 0
    page.locator(CURRENT).focus()
    for key in ["1", "Shift+Digit2", "u", "j", "a"]:
        page.keyboard.press(key)
    told = run_cell(page, 2)
    assert "keep" in told and "drop" not in told.partition("keep")[0]
    run_cell(page, 3)
    table = read_decisions(lab[1] / "decisions.csv")
    shown = page.locator(".lk-host .lk-cluster").first.locator(".lk-name").all_inner_texts()
    assert shown[0] in table["filename"].tolist() and shown[1] not in table["filename"].tolist()
    assert len(table) > 1 and table["hash"].str.startswith("phash64:").all()
    assert page.url == here, "the review touched the address"

    kept = save(page, path)
    assert "widgets" not in kept.metadata
    outputs = [output.data for output in kept.cells[1].outputs if output.output_type != "stream"]
    assert [sorted(data) for data in outputs] == [
        ["text/html", "text/plain"],
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
    ]
    choose(page, "Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.locator(STATIC).wait_for(timeout=30_000)
    assert page.locator(".lk-host .lk-cluster").count() == 0
    assert page.locator(STATIC).locator(".lk-cluster").count() > 3
    assert say("live.run") in page.locator(STATIC).inner_text()
    left = page.locator(".lk-gone textarea").input_value()
    assert left.splitlines()[0].startswith("fold,filename,hash") and len(left.splitlines()) == len(table) + 1


def test_no_key_of_the_review_reaches_the_notebook(notebook):
    page, _ = notebook
    sources = list_sources(page)
    page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".lk-host .lk-title").first.click()
    assert page.evaluate("document.activeElement.closest('.lk-host') !== null")
    keys = {key.replace("1…9", digit) for table in read_keys().values() for key in table.values() for digit in "12"}
    for key in [*sorted(keys), "d", "d", "x", "z", "a", "b", "m", "y", "Enter", "Delete"]:
        page.keyboard.press(re.sub(r"^Shift\+(\d)$", r"Shift+Digit\1", key))
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
        if not page.evaluate("document.activeElement.matches('.lk-host, .lk-host *') || document.activeElement.blur()"):
            page.locator(CURRENT).focus()
    assert list_sources(page) == sources
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)
    assert page.locator(".jp-Notebook").evaluate("each => each.classList.contains('jp-mod-commandMode')")


def test_a_click_beside_the_buttons_keeps_the_keys_in_the_review(notebook):
    page, _ = notebook
    page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".lk-host .lk-count").first.click()
    for key in ["x", "d", "d"]:
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)


def test_a_page_that_is_loaded_again_shows_what_was_decided(notebook, lab):
    page, path = notebook
    page.locator(CURRENT).focus()
    page.keyboard.press("a")
    page.locator(".lk-host .lk-done").wait_for(state="attached")
    save(page, path)
    page.goto(lab[0].format(name=path.name))
    page.locator(".lk-host .lk-done").first.wait_for(state="attached", timeout=60_000)
    assert json.loads(page.locator(".lk-decided").inner_text().split()[0]) == 1
