"""Say what was found, in the catalogue's sentences: for the notebook and the head of the report."""

import pandas as pd
from IPython.display import HTML, Markdown

from lookalikes.judging.facts import summarise
from lookalikes.judging.kinds import CONFIRMED, find_missed, find_weakest_links
from lookalikes.judging.second_look import KINDS
from lookalikes.judging.thresholds import ENOUGH, bound_share, pool_beyond_first, recommend_threshold
from lookalikes.showing.rendering import render
from lookalikes.words import say


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
    counts = {"confirmed": int(weakest.isin(CONFIRMED).sum()), "doubtful": int((weakest == KINDS[-1]).sum())}
    clusters = say("multiple.plain", count=len(weakest))
    if counts["confirmed"] == len(weakest):
        return Markdown(say("kinds.all", count=len(weakest), clusters=clusters))
    return Markdown(say("kinds.sentence", clusters=clusters, **counts))


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
    sample = say("thresholds.sample", looked_at=looked_at, count=added) if looked_at < added else ""
    return Markdown(f"{sentence} {sample}".strip())


def _explain_none(table: pd.DataFrame, below: int) -> str:
    """Whether every threshold has too many mistakes, or some of them too few pairs to tell."""
    highs = [bound_share(*pool_beyond_first(table.head(last)))[1] for last in range(2, len(table) + 1)]
    if max(highs, default=1.0) >= ENOUGH:
        return say("thresholds.few", evidence=_describe_evidence(table))
    any_match = table.loc[table["below"] == below, "pairs"].iloc[0] > 0
    sentence = say("thresholds.none", enough=ENOUGH, evidence=_describe_evidence(table))
    return f"{sentence} {say('thresholds.suspicion')}" if any_match else sentence


def _describe_evidence(table: pd.DataFrame) -> str:
    share, count = pool_beyond_first(table)
    confirmed, first = int(table["confirmed"].iloc[1:].sum()), int(table["below"].iloc[0])
    low, high = bound_share(share, count)
    return say("thresholds.evidence", count=count, confirmed=confirmed, first=first, low=low, high=high)


def show_summary(
    hashed: pd.DataFrame, clusters: pd.DataFrame, looked: pd.DataFrame | None = None, *, below: int = 10
) -> HTML:
    """The figures of the result as cards: what was read, how it groups, what leaks, what contradicts, what is doubtful.

    With `looked`, what `look_again` made of the pairs, also how many copies the threshold probably misses.
    """
    facts = summarise(hashed, clusters)
    keys = ["images", "clusters", "multiple"] + ["leaks"] * (facts["folds"] > 1) + ["conflicts"] * ("label" in clusters)
    if looked is not None:
        facts["doubtful"] = int((find_weakest_links(clusters)["kind"] == KINDS[-1]).sum())
        facts["missed"] = len(find_missed(hashed, clusters, looked, below=below))
        keys += ["doubtful", "missed"]
    keys += ["flat"] * bool(facts["flat"]) + ["problems"]
    cards = [
        {"value": facts[key], "name": say(f"card.{key}", count=facts[key]), "why": say(f"card.{key}.why")}
        for key in keys
    ]
    return HTML(render("summary.html.j2", cards=cards, sentence=_conclude(facts)))


def _conclude(facts: dict[str, int]) -> str:
    if not facts["images"]:
        return say("found.no_images")
    if not facts["readable"]:
        return say("found.unreadable")
    return say("found.multiple", count=facts["multiple"]) if facts["multiple"] else say("found.none")
