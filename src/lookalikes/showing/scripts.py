"""The page's own scripts: plain files under `templates/`, put together, and known to its policy by their digests."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

SCRIPTS: dict[str, tuple[str, ...]] = {
    "playground": ("hash.js", "pictures.js", "edits.js", "page.js", "start.js"),
    "review": (
        "words.js", "facts.js", "verdicts.js", "delivered.js", "store.js", "filters.js", "queue.js", "members.js",
        "keys.js", "stage.js", "why.js", "compare.js", "start.js", "asking.js", "rules.js", "exchange.js", "regroup.js",
        "threshold.js", "report.js",
    )
}  # fmt: skip
"""The files of each script, in the order in which they are put together, by the tag of the cell that it brings to life;
they stand in the folder of that name."""


@cache
def read_script(name: str) -> str:
    """The script of that name as one module; the names that its files define at their top are known to all of them."""
    folder = files("lookalikes.showing") / "templates" / name
    return "\n".join((folder / file).read_text(encoding="utf-8") for file in SCRIPTS[name])


@cache
def read_live_script() -> str:
    """The review's script for a notebook, as a module for anywidget: its end alone is another than in the report."""
    folder = files("lookalikes.showing") / "templates"
    paths = [*(f"review/{file}" for file in SCRIPTS["review"][:-1]), "live/live.js"]
    return "\n".join((folder / path).read_text(encoding="utf-8") for path in paths)


def digest_script(script: str) -> str:
    """What a Content-Security-Policy calls an inline script: `'sha256-…'` of its text."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
