"""Measure what a match is worth: which pairs are called near copies where a part differs, and which mild edits are not.

    python tests/benchmarks/calibrate_parts.py [--held] [--photos 20] [--layouts 8]

Draws pictures that share a template and differ in content (`drawing`), edits these and real photographs of
../shared/data (`editing`), saves all, runs the product's own `look_again` on the pairs, and prints two Markdown tables.
With `--held`, the drawers, edits and photographs that are held back from tuning. *Before* is what the score alone says.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pandas as pd
from calibrate import to_markdown
from drawing_more import DRAWERS
from editing import HELD_MILD, HELD_PARTS, MILD, PARTS
from PIL import Image

from lookalikes.judging.second_look import CUT, look_again

SHARED = Path(__file__).parents[3] / "shared" / "data"
CONTENTS = 3
EDITED = 3
Case = tuple[Image.Image, Image.Image, str, str, bool]


def list_photos(count: int, held: bool) -> list[tuple[str, Path]]:
    """`count` clothes of 400 pixels and as many pets of 180; others where held back."""
    found = []
    for kind, folder, step in (("clothes, 400 px", "clothing", 7), ("pets, 180 px", "pets", 31)):
        paths = sorted((SHARED / folder).glob("*/*.jpg"))[::step]
        found += [(kind, path) for path in paths[int(held) :: 2][:count]]
    return found


def make_cases(photos: int, layouts: int, held: bool) -> Iterator[Case]:
    """Two pictures, their kind, the edit, and whether a part differs."""
    mild, parts = (HELD_MILD, HELD_PARTS) if held else (MILD, PARTS)
    for kind, path in list_photos(photos, held):
        with Image.open(path) as image:
            photo = image.convert("RGB")
        for edits in (mild, parts):
            yield from ((photo, edit(photo), kind, name, edits is parts) for name, edit in edits.items())
    for kind, drawers in DRAWERS.items():
        for draw in drawers[2:] if held else drawers[:2]:
            for layout in range(layouts):
                drawn = [draw(Random(f"{layout}{held}"), Random(f"{layout} {content}")) for content in range(CONTENTS)]
                for place, first in enumerate(drawn):
                    yield from ((first, other, kind, "other content", True) for other in drawn[place + 1 :])
                if layout < EDITED:
                    yield from ((drawn[0], edit(drawn[0]), kind, name, False) for name, edit in mild.items())


def judge(cases: Iterator[Case]) -> pd.DataFrame:
    """A row for each case: `kind of picture`, `edit`, `differs`, `score`, `kind`, and `share` of the part."""
    with tempfile.TemporaryDirectory() as folder:
        paths, rows = [], []
        for number, (first, second, kind, edit, differs) in enumerate(cases):
            for place, picture in enumerate((first, second)):
                paths.append(f"{folder}/{number}-{place}.{'jpg' if place else 'png'}")
                picture.save(paths[-1], **({"quality": 90} if place else {"compress_level": 1}))
            rows.append((kind, edit, differs))
        table = pd.DataFrame(rows, columns=["kind of picture", "edit", "differs"])
        pairs = pd.DataFrame({"earlier": range(0, len(paths), 2), "later": range(1, len(paths), 2), "distance": 2})
        looked = look_again(pd.DataFrame({"filename": paths, "path": paths}), pairs)
    shares = [part.share if part else 0.0 for part in looked["part"]]
    return pd.concat([table, looked[["score", "kind"]]], axis=1).assign(share=shares)


def tell(judged: pd.DataFrame, differs: bool, by: str) -> pd.DataFrame:
    """For pairs where a part differs, or none: how many there are, how many were and are called near copies."""
    some = judged[judged["differs"] == differs]
    some = some.assign(
        before=some["score"] >= CUT, now=some["kind"] == "near copy", part=some["kind"] == "part differs"
    )
    groups = some.groupby(by, sort=False)
    return pd.DataFrame({
        "pairs": groups.size(), "near copy before": groups["before"].mean(), "near copy now": groups["now"].mean(),
        "part differs": groups["part"].mean(),
    })  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", action="store_true", help="those held back from tuning")
    parser.add_argument("--photos", type=int, default=20, help="photographs of each folder (default: 20)")
    parser.add_argument("--layouts", type=int, default=8, help="templates of each drawer (default: 8)")
    arguments = parser.parse_args()
    judged = judge(make_cases(arguments.photos, arguments.layouts, arguments.held))
    for differs, title in ((True, "Where a part differs"), (False, "Where nothing but quality and frame differs")):
        for by in ("kind of picture", "edit"):
            print(f"{title}, by {by}:\n\n{to_markdown(tell(judged, differs, by))}")


if __name__ == "__main__":
    sys.exit(main())
