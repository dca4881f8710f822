"""What stands behind the live review in Python; tests/flow/test_jupyterlab.py looks at it in a notebook."""

import json

import pandas as pd
import pytest
from bs4 import BeautifulSoup

import lookalikes as la
from lookalikes.showing import live
from lookalikes.words import say

AT = "2026-11-26T12:00:00Z"


class Heard(list):
    """In the place of a widget: what was sent to the page."""

    def send(self, message, buffers):
        self.append((message, json.loads(buffers[0])))


@pytest.fixture
def tables(paint, tmp_path):
    """Two clusters of two, one with a name that isn't UTF-8 and one with what a CSV must quote."""
    for name, seed in (("a\udcff.png", 1), ('b, "b"\n.png', 1), ("c.png", 2), ("d.png", 2)):
        paint(seed=seed).save(tmp_path / name, "PNG")
    hashed = la.hash_images(la.read_folds(tmp_path), cache=False)
    pairs = la.find_pairs(hashed)
    return hashed, la.cluster_sequentially(hashed, pairs), pairs, la.look_again(hashed, pairs)


def decide(review, image, decision, at=AT, **other):
    review.answer(None, {"rows": [{"image": image, "decision": decision, "at": at, **other}]}, [])


def name_images(review):
    heard = Heard()
    review.answer(heard, {"open": True}, [])
    return heard[0][1]["images"]["filename"]


def test_each_verdict_is_in_the_table_at_once_and_can_be_taken_back(tables):
    review = la.review(*tables)
    names = name_images(review)
    assert list(review.decisions) == [
        "fold",
        "filename",
        "hash",
        "decision",
        "with_fold",
        "with_filename",
        "decided_at",
    ]
    assert review.decisions.empty
    decide(review, 0, "keep")
    decide(review, 1, "drop", "2026-11-26T12:00:01Z")
    decide(review, 2, "different", "2026-11-26T12:00:02Z", other=3)
    table = review.decisions
    assert table["filename"].tolist() == names[:3] and table["with_filename"].tolist() == ["", "", names[3]]
    assert table["decision"].tolist() == ["keep", "drop", "different"]
    decide(review, 0, "drop", "2026-11-26T12:00:03Z")
    decide(review, 3, "", "2026-11-26T12:00:04Z", other=2)
    assert review.decisions["filename"].tolist() == [names[1], names[0]]
    assert la.match_decisions(tables[0], review.decisions)["reason"].isna().all()


def test_what_is_saved_is_what_is_read_and_carried_on(tables, tmp_path):
    review = la.review(*tables)
    for image, decision in enumerate(["keep", "drop"]):
        decide(review, image, decision)
    path = review.save(tmp_path / "out" / "decisions.csv")
    read = la.read_decisions(path)
    pd.testing.assert_frame_equal(read, review.decisions)
    assert b"a\xff.png" in path.read_bytes() and b'"b, ""b""\n.png"' in path.read_bytes()
    again = la.review(*tables, decisions=read)
    pd.testing.assert_frame_equal(again.decisions, review.decisions)
    assert again.save(tmp_path / "again.csv").read_bytes() == path.read_bytes()
    heard = Heard()
    again.answer(heard, {"open": True}, [])
    assert len(heard[0][1]["decided"]) == 2 and all(":" not in row[2] for row in heard[0][1]["decided"])


def show(review, monkeypatch):
    """The outputs of the cell."""
    shown = []
    monkeypatch.setattr(live, "display", shown.append)
    review._ipython_display_()
    return shown


def test_the_cell_shows_the_gallery_and_then_the_widget(tables, monkeypatch):
    pytest.importorskip("anywidget")
    gallery, widget = show(la.review(*tables), monkeypatch)
    page = BeautifulSoup(gallery.data, "html.parser")
    assert len(page.select(".lk-cluster")) == 2 and not page.select("script")
    assert say("live.run") in page.text
    assert not page.select("h1, h2, h3, h4, h5, h6"), "JupyterLab lists the headings of outputs, for minutes"
    assert len(page.select("[role=heading][aria-level='3']")) == 2
    assert "application/vnd.jupyter.widget-view+json" in widget._repr_mimebundle_()[0]


def test_without_anywidget_the_gallery_names_the_line_that_installs_it(tables, monkeypatch):
    monkeypatch.setattr(live, "find_spec", lambda name: None)
    review = la.review(*tables)
    (gallery,) = show(review, monkeypatch)
    assert "%pip install anywidget" in gallery.data and gallery.data.count("<figure") == 4
    assert review.decisions.empty


def test_where_there_is_nothing_to_decide_nothing_is_said_of_it(paint, tmp_path, monkeypatch):
    paint(seed=1).save(tmp_path / "a.png")
    hashed = la.hash_images(la.read_folds(tmp_path), cache=False)
    pairs = la.find_pairs(hashed)
    (gallery,) = show(
        la.review(hashed, la.cluster_sequentially(hashed, pairs), pairs, la.look_again(hashed, pairs)), monkeypatch
    )
    assert say("live.run") not in gallery.data and say("gallery.none") in gallery.data
