"""Findings to post or to act on: a text in Markdown for a forum or an issue, the method to cite, the last lines of the
command and its verdict.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import Markdown

from lookalikes.hashing.views import find_views
from lookalikes.judging.across import merge_pairs
from lookalikes.judging.kinds import CONFIRMED
from lookalikes.judging.leaks import find_conflicts, find_leaks
from lookalikes.judging.second_look import CUT
from lookalikes.saving import save_whole
from lookalikes.showing.summary import choose_shares, tell_confirmed
from lookalikes.words import format_share, join, join_sentences, make_visible, say, translate

MOST = 50
"""File pairs told one by one."""


def describe_method(facts: dict[str, Any]) -> Markdown:
    """How the result came about, in a paragraph to cite, with the figures of the run."""
    parts = {name: facts["versions"][name] for name in ("lookalikes", "imagehash", "pillow")}
    counts = {"images": facts["counts"]["readable"], "pairs": facts["pairs"]["below"]}
    below, chance = facts["parameters"]["below"], facts["pairs"]["by_chance"]
    by_chance = f"{chance:,.0f}" if chance >= 10 else f"{chance:.2g}"
    told = say("findings.method", **parts, **counts, below=below, chance=by_chance, cut=CUT, digest=facts["digest"])
    return Markdown(told)


def write_findings(
    facts: dict[str, Any],
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    looked: pd.DataFrame | None = None,
    *,
    decisions: pd.DataFrame | None = None,
) -> str:
    """The findings of `collect_facts` as Markdown: each two folds, labels, up to 50 file pairs, the method and its
    limits. Names are set as code, so that none is taken for markup, a link, a mention or an issue.
    """
    leaks, conflicts = (find(hashed, pairs, looked, decisions=decisions) for find in (find_leaks, find_conflicts))
    found = merge_pairs(leaks, conflicts)
    found["doubt"] = ~found["kind"].isin(CONFIRMED)
    listed = found.sort_values(["doubt", "distance", "later", "earlier"]).head(MOST)
    key = "findings.pairs.some" if len(found) > MOST else "findings.pairs"
    problems = facts["counts"]["problems"]
    limits = say("findings.limits", unseen=say(f"findings.unseen.{find_views(hashed)}"))
    unread = [set_as_code(line) for line in facts["unread"]]
    parts = [
        f"# {say('findings.title')}",
        "\n".join(f"- {line}" for line in [*unread, *tell_shares(facts, facts["leaks"], name=set_as_code)]),
        _lay_shares(facts["leaks"]),
        f"## {say(key, count=len(found), shown=MOST)}" if len(found) else "",
        _lay_pairs(hashed, listed),
        f"## {say('findings.made')}",
        str(describe_method(facts).data),
        join_sentences([*([say("findings.problems", count=problems)] if problems else []), limits]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def save_findings(
    facts: dict[str, Any],
    hashed: pd.DataFrame,
    pairs: pd.DataFrame,
    path: str | Path,
    *,
    looked: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
) -> Path:
    """Write what `write_findings` says. Returns the path."""
    return save_whole(write_findings(facts, hashed, pairs, looked, decisions=decisions).encode(), path)


def tell_result(facts: dict[str, Any]) -> list[str]:
    """What was found in a few plain lines, for a terminal."""
    counts = facts["counts"]
    images, problems = (say(f"closing.{name}", count=counts[name]) for name in ("images", "problems"))
    clusters, groups = (say(f"closing.{name}", count=counts[name]) for name in ("clusters", "groups"))
    shares = tell_shares(facts, choose_shares(facts), name=make_visible)
    return [join([images, problems]), join([clusters, groups]), *shares]


def judge(facts: dict[str, Any], asked: Sequence[str]) -> tuple[int, list[str]]:
    """Whether what is `asked` (of `leaks`, `conflicts`) holds: exit status 3 where a confirmed copy says no, 4 where it
    can't be judged, else 0; and the reasons, a line each.
    """
    bad = {
        "leaks": sum(row["confirmed"] for row in facts["leaks"]),
        "conflicts": facts["conflicts"]["confirmed"],
    }
    told = [say(f"judge.{name}", count=bad[name]) for name in asked if bad[name]]
    unknown = [reason for name in asked for reason in _find_unknown(facts, name)]
    return 3 if told else 4 if unknown else 0, told + list(dict.fromkeys(unknown))


def _find_unknown(facts: dict[str, Any], asked: str) -> list[str]:
    """Why what is asked can't be answered with no."""
    reasons = [say("judge.unread", what=make_visible(line)) for line in facts["unread"]]
    if asked == "leaks":
        reasons += [say("judge.one_fold")] if not facts["leaks"] else []
        empty = {
            row[side] for row in facts["leaks"] for side in ("fold", "other_fold") if not facts["folds"][row[side]]
        }
        reasons += [say("judge.unreadable", fold=make_visible(fold)) for fold in sorted(empty)]
    elif not facts["conflicts"]["labelled"]:
        reasons += [say("judge.no_labels")]
    unseen = facts["unseen"][asked]
    return reasons + ([say("judge.unseen", count=unseen)] if unseen else [])


def tell_shares(facts: dict[str, Any], rows: Sequence[dict[str, Any]], *, name: Callable[[object], str]) -> list[str]:
    """A line for each of those `rows` of leaks, and one for the labels: how many images, what share, how many of them
    confirmed. `name` makes a fold's name safe to show.
    """
    told = [_tell_leaks(row, name) for row in rows] or [say("share.one_fold")]
    row = facts["conflicts"]
    share = {"share": format_share(row["conflicts"], row["labelled"]), "confirmed": tell_confirmed(row)}
    conflicts = say("share.conflicts", count=row["conflicts"], labelled=row["labelled"], **share)
    return [*told, conflicts if row["labelled"] else say("share.no_labels")]


def _tell_leaks(row: dict[str, Any], name: Callable[[object], str]) -> str:
    names = {"fold": name(row["fold"]), "other": name(row["other_fold"])}
    if not row["images"]:
        return say("share.unreadable", **names)
    share = {"share": format_share(row["leaks"], row["images"]), "confirmed": tell_confirmed(row)}
    return say("share.leaks", count=row["leaks"], images=row["images"], **names, **share)


def _lay_shares(rows: Sequence[dict[str, Any]]) -> str:
    names = ("fold", "other_fold", "images", "leaks", "share", "confirmed", "connected")
    cells = [
        [set_as_code(row["fold"]), set_as_code(row["other_fold"])]
        + [f"{row[name]:,}" if name != "share" else format_share(row["leaks"], row["images"]) for name in names[2:]]
        for row in rows
    ]
    return _lay_table(names, cells)


def _lay_pairs(hashed: pd.DataFrame, pairs: pd.DataFrame) -> str:
    fold, name = hashed["fold"].to_numpy(), hashed["filename"].to_numpy()
    labels = hashed["label"].astype(object) if "label" in hashed else pd.Series(None, hashed.index, object)
    labels = labels.where(labels.notna(), None).to_numpy()
    cells = []
    for row in pairs.to_dict("records"):
        one, other = row["later"], row["earlier"]
        agree = None in (labels[one], labels[other]) or ("yes" if labels[one] == labels[other] else "no")
        cells.append(
            [
                *(set_as_code(text) for text in (fold[one], name[one], fold[other], name[other])),
                str(row["distance"]),
                _tell_kind(row),
                "" if agree is True else say(f"findings.{agree}"),
            ]
        )
    return _lay_table(("fold", "filename", "other_fold", "other_filename", "distance", "kind", "labels_agree"), cells)


def _tell_kind(row: dict[Hashable, Any]) -> str:
    told = translate(row["kind"], "kind.") if isinstance(row["kind"], str) else ""
    return say("findings.hidden", kind=told) if row.get("hidden") is True else str(told)


def _lay_table(names: Sequence[str], cells: list[list[str]]) -> str:
    if not cells:
        return ""
    header = [str(translate(name, "column.")) for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(names), *cells])


def set_as_code(text: object) -> str:
    """Any name as a code span of Markdown, also in a table: nothing in it is markup, and it reads as what it is.

    A `|` stands between two spans, for those who show Markdown don't agree on how to write one within.
    """
    return "\\|".join(part and _fence(part) for part in make_visible(text).split("|"))


def _fence(text: str) -> str:
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.strip(" ") and (text[0] in " `" or text[-1] in " `") else ""
    return f"{fence}{space}{text}{space}{fence}"
