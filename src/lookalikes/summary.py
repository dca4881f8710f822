"""Say what was found, in the catalogue's sentences: for the notebook and the head of the report."""

import pandas as pd
from IPython.display import HTML, Markdown

from lookalikes.facts import summarise
from lookalikes.rendering import render
from lookalikes.words import say


def describe_clusters(clusters: pd.DataFrame) -> Markdown:
    """One sentence: how many clusters there are, and of how many images."""
    facts = summarise(clusters, clusters)
    if not facts["images"]:
        return Markdown(say("clusters.none"))
    return Markdown(say("clusters.sentence", images=say("images", count=facts["images"]), clusters=say("clusters", count=facts["clusters"])))


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


def show_summary(hashed: pd.DataFrame, clusters: pd.DataFrame) -> HTML:
    """The figures of the result as cards: what was read, how it groups, what leaks and what contradicts."""
    facts = summarise(hashed, clusters)
    keys = ["images", "clusters", "multiple", "identical"]
    keys += ["leaks"] * (facts["folds"] > 1) + ["conflicts"] * ("label" in clusters) + ["problems"]
    cards = [{"value": facts[key], "name": say(f"card.{key}", count=facts[key]), "why": say(f"card.{key}.why")} for key in keys]
    return HTML(render("summary.html.j2", cards=cards, sentence=_conclude(facts)))


def _conclude(facts: dict[str, int]) -> str:
    if not facts["images"]:
        return say("found.no_images")
    if not facts["readable"]:
        return say("found.unreadable")
    return say("found.multiple", count=facts["multiple"]) if facts["multiple"] else say("found.none")
