"""The review in Firefox, where that is installed: the page's own script runs there as well."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lookalikes import make_report

websocket = pytest.importorskip("websocket")  # comes with Jupyter
FIREFOX = shutil.which("firefox-esr")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FIREFOX, reason="firefox-esr is not installed"),
]


class Firefox:
    """A page in Firefox, driven by the W3C's WebDriver BiDi."""

    def __init__(self, address: str) -> None:
        self.socket, self.count = websocket.create_connection(address, timeout=60, suppress_origin=True), 0
        self.send("session.new", capabilities={})
        self.context = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, **params: object) -> dict:
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, path: Path) -> None:
        self.send("browsingContext.navigate", context=self.context, url=path.as_uri(), wait="complete")

    def ask(self, expression: str) -> object:
        target = {"context": self.context}
        answer = self.send("script.evaluate", expression=expression, target=target, awaitPromise=True)
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        keys = {"type": "key", "id": "keyboard", "actions": actions}
        self.send("input.performActions", context=self.context, actions=[keys])


@pytest.fixture
def firefox(tmp_path) -> Iterator[Firefox]:
    command = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        told = iter(process.stderr.readline, "")
        address = next(found[1] for line in told if (found := re.search(r"listening on (ws://\S+)", line)))
        page = Firefox(f"{address}/session")
        with closing(page.socket):
            yield page
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_review_runs_in_firefox(firefox, tmp_path_factory):
    report = make_report(output=tmp_path_factory.mktemp("out") / "sample")
    firefox.open(report)
    assert firefox.ask("document.querySelector('.lk-review').classList.contains('lk-live')") is True
    assert firefox.ask("document.querySelector('.lk-decided').textContent").startswith("0 of ")
    firefox.ask("document.querySelector('.lk-current').focus()")
    firefox.press("a")
    assert firefox.ask("document.querySelector('.lk-decided').textContent").startswith("1 of ")
    firefox.press("c")
    assert firefox.ask("document.querySelector('dialog[open]') !== null") is True


def test_the_page_is_saved_as_it_came_in_firefox(firefox, tmp_path_factory):
    report = make_report(output=tmp_path_factory.mktemp("out") / "sample")
    firefox.open(report)
    save = """new Promise(resolve => {
        URL.createObjectURL = blob => (resolve(blob.text()), "#")
        document.querySelector(".lk-panel button[title$='(s)']").click()
    })"""
    delivered = report.read_bytes().decode("utf-8")
    assert firefox.ask(save) == delivered
    firefox.ask("document.querySelector('.lk-current').focus()")
    firefox.press("a")
    saved = firefox.ask(save)
    rows = re.search(r'class="lk-saved" type="application/json">(.+?)<', saved)[1]
    assert saved == delivered.replace('type="application/json">null<', f'type="application/json">{rows}<')
    other = report.with_name("saved.html")
    other.write_bytes(saved.encode("utf-8"))
    firefox.open(other)
    firefox.ask("localStorage.clear()")
    firefox.open(other)
    assert firefox.ask("document.querySelector('.lk-decided').textContent").startswith("1 of ")
