"""Say what the reading noticed: above the results of the notebook and the report, and on the terminal."""

import pandas as pd
from IPython.display import HTML

from lookalikes.showing.rendering import render
from lookalikes.words import make_visible, say


def show_notices(notices: pd.DataFrame) -> HTML:
    """The table of `list_notices` as sentences, each with an example and the option that changes it."""
    return HTML(render("notices.html.j2", notices=_word(notices)))


def tell_notices(notices: pd.DataFrame) -> list[str]:
    """The sentences of `show_notices` as plain lines, for a terminal."""
    lines = []
    for notice in _word(notices):
        line = notice["text"]
        if notice["example"]:
            line += notice["joint"] + make_visible(notice["example"])
        lines.append(
            make_visible(say("notices.option", text=line, option=notice["option"]) if notice["option"] else line)
        )
    return lines


def _word(notices: pd.DataFrame) -> list[dict[str, str]]:
    rows = notices.astype(object).where(notices.notna(), "").to_dict("records")
    return [
        {
            "text": say(f"notice.{row['what']}", count=row["count"], fold=make_visible(row["fold"])),
            "joint": say("notices.only" if row["count"] == 1 else "notices.such_as"),
            "example": row["example"],
            "option": row["option"],
        }
        for row in rows
    ]
