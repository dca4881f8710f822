"""Say what was found, in the catalogue's sentences: for the notebook and the head of the report."""

from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown

from lookalikes.hashing.views import VIEWS, count_chances, find_views
from lookalikes.judging.decisions import apply_decisions, match_decisions
from lookalikes.judging.facts import summarise
from lookalikes.judging.groups import LARGE, count_joined, count_still_together
from lookalikes.judging.kinds import CONFIRMED, DOUBTED, count_doubts, find_weakest_links
from lookalikes.judging.second_look import KINDS
from lookalikes.judging.thresholds import (
    ENOUGH,
    bound_share,
    expect_chance_pairs,
    pool_beyond_first,
    recommend_threshold,
)
from lookalikes.showing.rendering import render
from lookalikes.words import format_share, join_clauses, join_sentences, say, translate

_VIEWS = {
    "multiple": "sort=rank",
    "leaks": "folds=across",
    "conflicts": "conflict=1",
    "doubtful": f"kind={DOUBTED}",
    "parts": f"kind={KINDS[-2]}",
    "flat": "flat=1",
}
"""By card, the filter of the review that shows what it counts."""
_LOST = 10
"""Verdicts that don't count, told one by one."""


def describe_clusters(clusters: pd.DataFrame) -> Markdown:
    """One sentence: how many clusters there are, and of how many images."""
    facts = summarise(clusters, clusters)
    if not facts["images"]:
        return Markdown(say("clusters.none"))
    return Markdown(say("clusters.sentence", count=facts["images"], clusters=say("clusters", count=facts["clusters"])))


def describe_sizes(clusters: pd.DataFrame) -> Markdown:
    """What the table and the histogram of sizes say, in a sentence or two."""
    facts = summarise(clusters, clusters)
    if not facts["multiple"]:
        return Markdown(say("sizes.sentence.none"))
    return Markdown(
        say(
            "sizes.sentence",
            singletons=say("singletons", count=facts["singletons"]),
            share=facts["singletons"] / facts["images"],
            multiple=say("multiple", count=facts["multiple"]),
            images=say("images", count=facts["in_multiple"]),
            largest=facts["largest"],
        )
    )


def describe_kinds(clusters: pd.DataFrame) -> Markdown:
    """What the second look makes of the clusters, in a sentence; `clusters` as `add_kinds` returns them."""
    weakest = find_weakest_links(clusters)["kind"]
    if weakest.empty:
        return Markdown(say("kinds.none"))
    counts = {"confirmed": int(weakest.isin(CONFIRMED).sum()), **count_doubts(clusters)}
    told = say("multiple.plain", count=len(weakest))
    if counts["confirmed"] == len(weakest):
        return Markdown(say("kinds.all", count=len(weakest), clusters=told))
    key = "kinds.sentence.parts" if counts["parts"] else "kinds.sentence"
    return Markdown(say(key, clusters=told, **counts))


def describe_decisions(hashed: pd.DataFrame, clusters: pd.DataFrame, decisions: pd.DataFrame | None) -> HTML:
    """How many clusters `decisions` of an earlier review cover, how many are left, and which verdicts don't count and
    why; nothing without decisions.
    """
    if decisions is None:
        return HTML("")
    clusters = apply_decisions(clusters, decisions)
    decided = clusters[clusters["cluster_id"].duplicated(keep=False)].groupby("cluster_id")["decided"].first()
    told = say("decided.sentence", decided=int(decided.sum()), count=len(decided), left=int((~decided).sum()))
    lost = match_decisions(hashed, decisions).dropna(subset="reason")
    lines = [
        say("decided.lost", name=f"{fold}/{name}", reason=translate(reason, "decision."))
        for fold, name, reason in lost[["fold", "filename", "reason"]].head(_LOST).itertuples(index=False)
    ]
    title = say("decided.lost.title", count=len(lost)) if len(lost) else ""
    return HTML(render("decisions.html.j2", told=told, title=title, lines=lines, more=len(lost) - len(lines)))


def describe_hidden(
    hashed: pd.DataFrame, candidates: pd.DataFrame, hidden: pd.DataFrame, *, below: int = 10
) -> Markdown:
    """What other views found, in a sentence: `candidates` of `find_hidden_copies`, and those of them looked at; or what
    they would find.
    """
    told = []
    if "views" in hashed:
        chance = expect_chance_pairs(len(hashed), below - 1, views=count_chances(find_views(hashed)))
        counts = {"candidates": len(candidates), "looked": len(hidden), "chance": float(f"{chance:.2g}")}
        told.append(say("hidden.sentence", confirmed=int(hidden["kind"].isin(CONFIRMED).sum()), **counts))
        rest = len(candidates) - len(hidden)
        told += [say("hidden.rest", count=rest)] if rest else []
    if (views := find_views(hashed)) != VIEWS[-1]:
        told.append(say("hidden.off" if views == VIEWS[0] else "hidden.turned"))
    return Markdown(join_sentences(told))


def describe_recommendation(table: pd.DataFrame, *, below: int = 10) -> Markdown:
    """A sentence or two on the table of `compare_thresholds`: which threshold to use, and on what evidence."""
    added, looked_at = (int(table[name].sum()) for name in ("added", "looked_at"))
    if not looked_at:
        return Markdown(say("thresholds.unseen" if added else "thresholds.no_pairs"))
    recommended = recommend_threshold(table)
    if recommended is None:
        return Markdown(_explain_none(table, below))
    used, best = (table[table["below"] == threshold].iloc[0] for threshold in (below, recommended))
    key = "raise" if recommended > below else "same" if best["pairs"] == used["pairs"] else "lower"
    key = "keep" if recommended == below else key
    evidence = _describe_evidence(table[table["below"] <= recommended])
    sentence = say(f"thresholds.{key}", enough=ENOUGH, recommended=recommended, below=below, evidence=evidence)
    sample = [say("thresholds.sample", looked_at=looked_at, count=added)] if looked_at < added else []
    return Markdown(join_sentences([sentence, *sample]))


def _explain_none(table: pd.DataFrame, below: int) -> str:
    """Whether every threshold has too many mistakes, or some of them too few pairs to tell."""
    highs = [bound_share(*pool_beyond_first(table.head(last)))[1] for last in range(2, len(table) + 1)]
    if max(highs, default=1.0) >= ENOUGH:
        return say("thresholds.few", evidence=_describe_evidence(table))
    any_match = table.loc[table["below"] == below, "pairs"].iloc[0] > 0
    sentence = say("thresholds.none", enough=ENOUGH, evidence=_describe_evidence(table))
    return join_sentences([sentence, *([say("thresholds.suspicion")] if any_match else [])])


def _describe_evidence(table: pd.DataFrame) -> str:
    share, count = pool_beyond_first(table)
    confirmed, first = int(table["confirmed"].iloc[1:].sum()), int(table["below"].iloc[0])
    low, high = bound_share(share, count)
    return say("thresholds.evidence", count=count, confirmed=confirmed, first=first, low=low, high=high)


def describe_groups(clusters: pd.DataFrame, groups: pd.DataFrame, decisions: pd.DataFrame | None = None) -> Markdown:
    """How many groups `group_images` made, where they join what the sequential rule left apart or `decisions` called
    different, and whether one is so large that another way to group helps.
    """
    sizes, joined = groups["group_id"].value_counts(), count_joined(clusters, groups)
    told = [
        say("groups.sentence", count=int((sizes > 1).sum()), images=say("images", count=int(sizes[sizes > 1].sum())))
    ]
    if joined:
        told.append(say("groups.joined", count=joined))
    if decisions is not None and (together := count_still_together(groups, decisions)):
        told.append(say("groups.together", count=together))
    if len(sizes) and sizes.iloc[0] > max(LARGE * len(groups), 2):
        share = format_share(int(sizes.iloc[0]), len(groups))
        told.append(say("groups.large", id=sizes.index[0], images=say("images", count=int(sizes.iloc[0])), share=share))
    return Markdown(join_sentences(told))


def show_summary(facts: dict[str, Any]) -> HTML:
    """The facts of `collect_facts` as cards: what was read, how it groups, what leaks, what contradicts, what is
    doubtful.
    """
    counts, labelled = facts["counts"], facts["conflicts"]["labelled"]
    cards = [_lay_card(key, counts[key]) for key in ("images", "clusters", "multiple")]
    shares = choose_shares(facts)
    cards += [_lay_leak_card(row, counts["leaks"] if len(shares) == 1 else None) for row in shares]
    cards += [_lay_conflict_card(facts["conflicts"], counts["conflicts"])] if labelled else []
    cards += [
        _lay_card(key, counts[key])
        for key in ("doubtful", "parts", "missed", "flat", "deep", "problems")
        if _is_told(key, counts)
    ]
    return HTML(render("summary.html.j2", cards=cards, sentence=_conclude(counts)))


def choose_shares(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of leaks to tell first: of the three pairs of folds that share most; of one where none shares any."""
    leaking = sorted((row for row in facts["leaks"] if row["leaks"]), key=lambda row: -row["leaks"])
    return leaking[:3] or facts["leaks"][:1]


def _is_told(key: str, counts: dict[str, int]) -> bool:
    return key not in ("parts", "flat", "deep") or counts[key] > 0


def _lay_card(key: str, count: int) -> dict[str, str | None]:
    """`view` is the filter of the review that shows what the card counts; missed pairs, mostly of images that are in no
    cluster of the review, have a `place` of their own on the page.
    """
    told = {"value": f"{count:,}", "name": say(f"card.{key}", count=count), "why": say(f"card.{key}.why")}
    return told | {"view": _VIEWS.get(key) if count else None, "place": "missed" if key == "missed" and count else None}


def _lay_leak_card(row: dict[str, Any], clusters: int | None) -> dict[str, str | None]:
    """`clusters`: those that span folds, None where not all of them are of these two."""
    share = format_share(row["leaks"], row["images"])
    name = say("card.share.leaks", count=row["leaks"], fold=row["fold"], other=row["other_fold"], share=share)
    why = [tell_confirmed(row)] + ([] if clusters is None else [say("card.leaks.why", count=clusters)])
    return {"value": _of(row["leaks"], row["images"]), "name": name, "why": join_clauses(why), "view": _VIEWS["leaks"]}


def _lay_conflict_card(row: dict[str, Any], clusters: int) -> dict[str, str | None]:
    share = format_share(row["conflicts"], row["labelled"])
    name = say("card.share.conflicts", count=row["conflicts"], share=share)
    why = [tell_confirmed(row), say("card.conflicts.why", count=clusters)]
    return {
        "value": _of(row["conflicts"], row["labelled"]),
        "name": name,
        "why": join_clauses(why),
        "view": _VIEWS["conflicts"],
    }


def _of(part: int, whole: int) -> str:
    return say("card.of", part=part, whole=whole)


def tell_confirmed(row: dict[str, Any]) -> str:
    """How many of the images of a share are confirmed copies, how many of these by another view of the picture alone,
    and how many more are connected through others only.
    """
    more = [say(f"share.{key}", count=row[key]) for key in ("hidden", "connected") if row.get(key)]
    return join_clauses([say("share.confirmed", count=row["confirmed"]), *more])


def _conclude(counts: dict[str, int]) -> str:
    if not counts["images"]:
        return say("found.no_images")
    if not counts["readable"]:
        return say("found.unreadable")
    return say("found.multiple", count=counts["multiple"]) if counts["multiple"] else say("found.none")
