import json
import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

import lookalikes as la
from lookalikes.judging.orienting import find_turn, list_turns, turn


def review(folder, **options):
    hashed = la.hash_images(la.read_folds(folder), cache=False)
    pairs = la.find_pairs(hashed)
    clusters = la.cluster_sequentially(hashed, pairs)
    looked = la.look_behind_twins(hashed, la.look_again(hashed, pairs))
    clusters = la.add_kinds(hashed, clusters, looked)
    kept = la.choose_keepers(hashed, la.measure_images(clusters), looked)
    return la.show_review(hashed, kept, looked, **options)


def parse(shown):
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def test_the_same_file_or_pixels_share_a_picture_but_not_under_another_exif_orientation(paint, tmp_path):
    paint(300, 200, seed=1).save(tmp_path / "a.png")
    paint(300, 200, seed=1).save(tmp_path / "c.png", compress_level=0)
    paint(300, 200, seed=1).resize((150, 100)).save(tmp_path / "b.png")
    exif = Image.Exif()
    exif[0x112] = 3
    paint(300, 200, seed=1).save(tmp_path / "d.png", exif=exif)
    shown = review(tmp_path)
    (cluster,) = shown.clusters
    assert [(each["filename"], each["twin"], each["times"]) for each in cluster["members"]] == [
        ("a.png", False, 2),
        ("c.png", True, 2),
        ("b.png", False, 1),
        ("d.png", False, 1),
    ]
    assert [len(figure.select("img")) for figure in parse(shown).select("figure")] == [1, 0, 1, 1]
    assert cluster["members"][0]["apart"] == {"size"} and cluster["members"][2]["apart"] == set()


def test_the_page_stays_within_its_budget_and_says_what_is_left_out(paint, tmp_path):
    for seed in range(100):
        paint(640, 480, seed=seed).save(tmp_path / f"{seed:03}_a.jpg", quality=90)
        paint(640, 480, seed=seed).save(tmp_path / f"{seed:03}_b.jpg", quality=60)
    for budget in (0.7, 3):
        shown = review(tmp_path, budget=budget)
        html = shown._repr_html_()
        assert len(html) + 300_000 <= budget * 1e6
        count = sum(member["src"] is None for cluster in shown.clusters for member in cluster["members"])
        assert shown.left_out["count"] == count and (count > 0) == (budget == 0.7)
        told = re.search(r"(\d+) pictures are not drawn, those that rank least: the page has its fill, 0.7 MB", html)
        assert (told and int(told[1])) == (count or None)


def test_a_budget_that_holds_nothing_is_refused(make_clusters):
    with pytest.raises(ValueError, match=r"budget must be 0.5 MB or more, got 0"):
        la.show_review(make_clusters([0]), make_clusters([0]), pd.DataFrame(), budget=0)


def test_the_facts_end_no_element_and_hold_names_exactly(paint, tmp_path):
    for name in ("a</script><b>.png", "b\udcff.png"):
        paint(seed=1).save(tmp_path / name.replace("/", "\u2215"), "PNG")
    shown = review(tmp_path, name="</script>")
    block = parse(shown).select_one("script").string
    assert json.loads(block) == shown.facts and "<" not in block and "</script>" not in block
    assert shown.facts["images"]["filename"][1] == "b\udcff.png"


def test_nothing_to_review_is_said(paint, tmp_path):
    paint(seed=1).save(tmp_path / "a.png")
    page = parse(review(tmp_path))
    assert "No two images are look-alikes" in page.text and not page.select("figure")


def test_one_orientation_does_what_three_steps_do():
    import numpy as np

    cells = np.arange(6).reshape(2, 3)
    for stored, told, upright in np.ndindex(8, 8, 8):
        steps = (stored + 1, told + 1, upright + 1)
        turned = cells
        for each in list_turns(*steps):
            turned = turn(turned, each)
        assert np.array_equal(turn(cells, find_turn(*steps)), turned)
