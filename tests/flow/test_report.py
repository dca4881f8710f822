"""The report: made by the command and from Python, opened in a real browser, and what is left when it can't be made."""

import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote

import imagehash
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from papermill.translators import PythonTranslator
from PIL import Image

import lookalikes.__main__ as command
from browser import browser, list_faint_texts, opened  # noqa: F401
from lookalikes import ReportError, make_report, make_sample
from lookalikes.reporting.export import export_report
from lookalikes.reporting.sample import MISSED
from lookalikes.showing.scripts import digest_script, read_script

ROOT = Path(__file__).parents[2]
SCRIPT = digest_script(read_script("review"))
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {}; base-uri 'none'; form-action 'none'"
)
NO_SCRIPT = POLICY.format("'none'")
OUTPUTS = {"report.html", "notebook.ipynb", "hash_clustering_result.csv", "problems.csv", "keep.csv"}
OUTPUTS |= {"notices.csv", "groups.csv", "findings.md", "summary.json"}
CLUSTERED = "hash_clustering_result.csv"
CLUSTERS = ".lk-cluster[id]"
EMBEDDED = re.compile(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+")


# The report on the sample, made once by the command.


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`python -m lookalikes` with nothing else given, but for where to write."""
    folder = tmp_path_factory.mktemp("run")
    words = [sys.executable, "-m", "lookalikes", "--output", str(folder / "out")]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding="utf-8")


@pytest.fixture(scope="module")
def report(run) -> Path:
    assert run.returncode == 0, run.stderr
    return Path(run.args[-1]) / "report.html"


@pytest.fixture(scope="module")
def html(report) -> str:
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def soup(html) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def read_sample() -> dict[str, dict[str, str]]:
    """The rows of the sample's CSVs by file name, each with its fold."""
    sample = make_sample()
    rows = [row | {"fold": fold} for fold in ("train", "test") for row in read_csv(sample / f"{fold}.csv")]
    return {row["odai_photo_file_name"]: row for row in rows}


def text_of(element) -> str:
    return " ".join(element.get_text().split())


def test_the_command_tells_its_steps_and_where_the_report_is(run, report):
    steps = re.findall(r"^▸ (.+)$", run.stderr, re.MULTILINE)
    awaited = ["The data", "Hashing and clustering", "The result"]
    assert [step for step in steps if step in awaited] == awaited
    assert run.stdout.splitlines() == [
        "! 1 CSV was not used, planted.csv: --csv planted.csv",
        "125 images, 1 of them a problem",
        "101 clusters, 19 groups of look-alikes",
        "13 of 37 test images (35 %) have a look-alike in train: 10 are confirmed copies",
        "4 of 87 labelled images (4.6 %) have a look-alike with another label: 4 are confirmed copies",
        f"The report is in {report}",
    ]
    assert "Traceback" not in run.stderr and "Warning" not in run.stderr


def test_a_run_leaves_its_outputs_and_nothing_else(report):
    assert {path.name for path in report.parent.iterdir()} == OUTPUTS
    notebook = nbformat.read(report.parent / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    problem = {"fold": "test", "filename": "pdgpqqiauo.jpg", "problem": "the file is cut short (truncated)"}
    assert read_csv(report.parent / "problems.csv") == [problem]


def list_groups(sections) -> list[frozenset]:
    """The images of each cluster or pair shown, by name and fold."""
    return [
        frozenset(
            (text_of(figure.select_one(".lk-name")), text_of(figure.select_one(".lk-fold")))
            for figure in section.select("figure")
        )
        for section in sections
    ]


def test_every_planted_cluster_is_shown_and_no_other(soup):
    groups = defaultdict(set)
    for row in read_csv(make_sample() / "planted.csv"):
        if row["story"] not in MISSED | {"truncated"}:
            groups[row["group"]].add((row["filename"], row["fold"]))
    planted = {frozenset(members) for members in groups.values() if len(members) > 1}
    shown = list_groups(soup.select(CLUSTERS))
    assert len(planted) > 10
    assert set(shown) == planted and len(shown) == len(planted)


def test_what_the_threshold_misses_is_shown_apart_and_was_planted(soup):
    group_of = {(row["filename"], row["fold"]): row["group"] for row in read_csv(make_sample() / "planted.csv")}
    pairs = list_groups(soup.select("details .lk-cluster"))
    assert pairs and all(len(pair) == 2 and len({group_of[image] for image in pair}) == 1 for pair in pairs)
    assert not set(pairs) & set(list_groups(soup.select(CLUSTERS)))
    assert len(soup.select(".lk-cluster")) == len(pairs) + len(soup.select(CLUSTERS))


def test_each_image_is_captioned_with_what_tells_it_from_the_others(soup):
    rows = read_sample()
    for cluster in soup.select(CLUSTERS):
        captions = [text_of(caption) for caption in cluster.select("figcaption")]
        for caption, figure in zip(captions, cluster.select("figure"), strict=True):
            row = rows[figure.select_one(".lk-name").get_text()]
            with Image.open(make_sample() / row["fold"] / row["odai_photo_file_name"]) as image:
                size = f"{image.width} × {image.height} px"
            said = [row["odai_photo_file_name"], row["fold"], row["text"], size]
            assert all(part in caption for part in said), caption
            assert ("label " + row.get("is_laugh", "") in caption) == ("is_laugh" in row)
        assert "founder" in captions[0]
        assert all(re.search(r"\d+ bits? away", caption) for caption in captions[1:])


def test_badges_tell_what_the_clusters_are(soup):
    def badges(name: str) -> list[str]:
        (cluster,) = [cluster for cluster in soup.select(CLUSTERS) if name in cluster.get_text()]
        return [text_of(badge) for badge in cluster.select(".lk-badge")]

    planted = {(row["group"], row["story"]): row["filename"] for row in read_csv(make_sample() / "planted.csv")}
    assert badges(planted["coffee", "exact copy"]) == ["same file", "leak: train + test"]
    assert any(badge.startswith("label conflict: ") for badge in badges(planted["shuttle", "other label"]))


def test_the_summary_comes_first_and_its_figures_are_right(soup, report):
    cards = {text_of(card.dt): text_of(card.dd) for card in soup.select("#results dl > div")}
    figures = {name: int(text) for name, text in cards.items() if " of " not in text}
    clustered = read_csv(report.parent / "hash_clustering_result.csv")
    assert figures["images"] == len(read_sample()) == len(clustered) + 1
    assert figures["clusters"] == len({row["cluster_id"] for row in clustered})
    assert figures["clusters of look-alikes"] == len(soup.select(CLUSTERS))
    assert figures["doubtful"] == len(soup.select(f"{CLUSTERS} .lk-doubt")) > 1
    assert cards["test images (35 %) have a look-alike in train"] == "13 of 37"
    assert cards["labelled images (4.6 %) have a look-alike with another label"] == "4 of 87"
    told = text_of(soup.select_one("#results"))
    assert f"{len(soup.select(f'{CLUSTERS} .lk-leak'))} clusters span folds" in told
    assert f"labels of {len(soup.select(f'{CLUSTERS} .lk-conflict'))} clusters differ" in told
    assert figures["pairs missed"] == len(soup.select("details .lk-cluster"))
    assert figures["flat images"] == len(soup.select(f"{CLUSTERS}.lk-has-flat figure"))
    assert figures["problem"] == 1
    assert soup.select_one("#results").find_parent("main") is None and soup.main.select_one(".lk-summary") is None


def test_the_page_holds_nothing_that_could_run_or_call(soup, html):
    assert [tag["content"] for tag in soup.select("meta[http-equiv='Content-Security-Policy']")] == [
        POLICY.format(SCRIPT)
    ]
    assert not soup.select("iframe, object, embed, link, base, form, video, audio, svg, [onload], [onclick], [srcset]")
    *blocks, known = soup.select("script")
    assert known["type"] == "module" and digest_script(known.string) == SCRIPT
    assert [(*block["class"], block["type"]) for block in blocks] == [
        (name, "application/json") for name in ("lk-facts", "lk-saved", "lk-source")
    ]
    assert all(image["src"].startswith("data:image/") for image in soup.select("img"))
    assert "http://" not in html and "https://" not in html
    assert not re.search(r"url\(|@import", html)
    assert "widget" not in html.lower()
    assert html.count("</html>") == 1


def test_each_chart_tells_its_own_numbers(soup, report):
    sizes, nearest = (chart["alt"] for chart in soup.select("img.chart"))
    counts = Counter(Counter(row["cluster_id"] for row in read_csv(report.parent / CLUSTERED)).values())
    bars = "; ".join(f"{size}: {counts[size]}" for size in sorted(counts))
    assert sizes == (
        "How many clusters there are of each size Number of clusters (log scale) by Cluster size: " + bars + "."
    )
    assert "images have no other within 14 bits. 24 pairs are below the threshold" in nearest
    assert re.search(r"Number of images .* by Distance to the nearest other image \(bits\): 0: \d+; 2: \d+; ", nearest)


def test_groups_hold_every_near_pair_and_group_k_fold_cuts_none(report):
    """Of all n² pairs of the sample, by hashes of this test's own."""
    model_selection = pytest.importorskip("sklearn.model_selection")
    rows = read_csv(report.parent / "groups.csv")
    with_hashes = [imagehash.phash(Image.open(make_sample() / row["fold"] / row["filename"])).hash for row in rows]
    bits = np.array([hash_.ravel() for hash_ in with_hashes])
    near = np.argwhere(np.triu((bits[:, None] != bits[None]).sum(2) < 10, 1))
    groups = np.array([row["group_id"] for row in rows])
    clusters = {row["filename"]: row["cluster_id"] for row in read_csv(report.parent / CLUSTERED)}
    clustered = np.array([clusters[row["filename"]] for row in rows])
    assert len(near) >= 24 and (groups[near[:, 0]] == groups[near[:, 1]]).all()
    assert (clustered[near[:, 0]] != clustered[near[:, 1]]).any(), "by clusters a near pair would be cut"
    for fit, check in model_selection.GroupKFold(5).split(rows, groups=groups):
        assert not {tuple(pair) for pair in near.tolist()} & {(one, two) for one in fit for two in check}
        assert not {tuple(pair) for pair in near.tolist()} & {(two, one) for one in fit for two in check}


def test_the_findings_tell_every_leak_of_the_report(report):
    text = (report.parent / "findings.md").read_text(encoding="utf-8")
    assert "13 of 37 `test` images (35 %) have a look-alike in `train`: 10 are confirmed copies" in text
    assert '`<b>cat & "co".jpg`' in text and "## 15 pairs of files" in text
    facts = json.loads((report.parent / "summary.json").read_text())
    assert facts["digest"] in text and facts["problems"] == {"the file is cut short (truncated)": 1}
    assert facts["digest"] in text_of(BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser").main)
    assert not {"DATA_DIR", "data_dir", "cache"} & {*facts["parameters"]} and str(ROOT) not in json.dumps(facts) + text


def test_links_lead_into_the_page_and_pictures_have_words(soup):
    ids = [tag["id"] for tag in soup.select("[id]")]
    links = [link["href"] for link in soup.select("a[href]")]
    assert len(ids) == len(set(ids))
    assert len(links) > 8 and all(link.startswith("#") and unquote(link[1:]) in ids for link in links)
    assert len(soup.select("img")) >= 40 and all(image["alt"].strip() for image in soup.select("img"))


def test_progress_bars_are_quiet_in_the_notebook(report):
    """What comes on the standard error is as red in Jupyter as an error is."""
    notebook = nbformat.read(report.parent / "notebook.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    streams = [output for output in outputs if output.output_type == "stream"]
    assert {output.name for output in streams} == {"stdout"}
    assert "Hashing: 100%" in "".join(output.text for output in streams)


def test_progress_bars_show_their_end_only_and_none_is_above_the_queue(html):
    assert "\r" not in html
    steps = ["Hashing", *3 * ["Second look"], "Thumbnails"]
    assert re.findall(r"([\w ]+: +\d+%)\|", html) == [f"{step}: 100%" for step in steps]


def test_no_path_of_the_machine_is_in_the_page(html, report, own_cache):
    text = EMBEDDED.sub("", html)
    for place in (
        report.parent,
        own_cache,
        make_sample(),
        Path.home(),
        sys.prefix,
        ROOT,
        Path(nbformat.__file__).parent,
    ):
        assert str(place) not in text


def test_thumbnails_carry_no_metadata(soup):
    for image in soup.select(".lk-members img"):
        with Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))) as picture:
            assert not picture.info.keys() & {"exif", "icc_profile", "xmp"}
            assert max(picture.size) <= 640


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_opened_it_fits_is_quiet_and_can_be_read(browser, report, width, scheme):  # noqa: F811
    with opened(browser, report, width=width, scheme=scheme) as (page, noticed):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        assert list_faint_texts(page) == []
        page.get_by_text("Show the code").click()
        for heading in page.locator("summary").all():
            heading.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert list_faint_texts(page) == []
        assert noticed == []


def test_light_and_dark_differ(browser, report):  # noqa: F811
    colors = set()
    for scheme in ("light", "dark"):
        with opened(browser, report, scheme=scheme) as (page, _):
            colors.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colors) == 2


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_code_is_folded_away_behind_a_switch(browser, report, script):  # noqa: F811
    with opened(browser, report, script=script) as (page, _):
        code = page.get_by_text("make_sample()").first
        assert not code.is_visible()
        if script:
            page.locator(".lk-current").wait_for()  # what it adds moves the switch
        switch = page.get_by_text("Show the code")
        for state in ("visible", "hidden"):
            switch.scroll_into_view_if_needed()
            page.wait_for_timeout(500)  # what comes into view is laid out, and moves it again
            switch.click()
            code.wait_for(state=state)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_switch_works_by_keyboard(browser, report, script):  # noqa: F811
    with opened(browser, report, script=script) as (page, _):
        page.get_by_label("Show the code").focus()
        page.keyboard.press("Space")
        assert page.get_by_text("make_sample()").first.is_visible()


def test_without_script_each_filter_leaves_as_many_clusters_as_it_says(browser, report):  # noqa: F811
    with opened(browser, report, script=False) as (page, noticed):
        clusters = page.locator(CLUSTERS)
        labels = page.locator(".lk-filter label").all()
        total = clusters.count()
        assert clusters.filter(visible=True).count() == total and len(labels) > 4
        for label in labels[1:]:
            kind = label.locator("input").get_attribute("class").removeprefix("lk-only-")
            label.click()
            left = clusters.filter(visible=True)
            assert left.count() == int(re.search(r"\((\d+)\)$", label.inner_text())[1]) < total
            assert left.locator(f".lk-badge.lk-{kind}").count() == left.count() > 0
        labels[0].click()
        assert clusters.filter(visible=True).count() == total
        labels[0].locator("input").press("ArrowRight")
        assert clusters.filter(visible=True).count() < total, "the keyboard filters as well"
        assert noticed == []


def test_the_details_open_by_a_click_and_their_pictures_are_there(browser, report):  # noqa: F811
    with opened(browser, report) as (page, noticed):
        picture = page.locator("details .lk-members img").first
        assert not picture.is_visible()
        page.get_by_role("heading", name="Copies that the hash of the whole picture can't see").click()
        assert picture.is_visible() and picture.evaluate("image => image.naturalWidth > 0")
        assert noticed == []


def test_it_prints_with_its_pictures(browser, report, soup):  # noqa: F811
    with opened(browser, report, scheme="dark") as (page, noticed):
        printed = page.pdf()
        assert printed.count(b"/Subtype /Image") >= len({image["src"] for image in soup.select("img")})
        page.emulate_media(media="print")
        assert list_faint_texts(page) == []
        assert noticed == []


def test_the_watcher_sees_what_it_is_there_to_see(browser, tmp_path):  # noqa: F811
    bad = tmp_path / "bad.html"
    bad.write_text(f"""<!doctype html><html><head>
        <meta http-equiv="Content-Security-Policy" content="{NO_SCRIPT}"></head>
        <body style="background: #fff; color: #aaa">faint<img src="http://127.0.0.1:9/x.png"><script>alert(1)</script></body>""")
    loud = tmp_path / "loud.html"
    loud.write_text("<script>alert(2); console.log('here'); open('about:blank')</script><img src='other.png'>")
    with opened(browser, bad) as (page, noticed):
        assert list_faint_texts(page) == ["2.32: 'faint' in BODY."]
        page.wait_for_timeout(500)  # the browser tells of a violation when it has time
        assert sum("violation of" in line for line in noticed) == 2
    with opened(browser, loud) as (page, noticed):
        assert {line.partition(":")[0] for line in noticed} >= {"dialog", "console", "request", "window"}


# A folder of one's own: what is written, replaced, and left alone.


@pytest.fixture(scope="module")
def small(tmp_path_factory, paint) -> Path:
    """Six images in two folds and one that is none: 0 = 2 = 5 and 1 = 4, under awkward names."""
    folder = tmp_path_factory.mktemp("data") / "small"
    names = {"train": ['b "1".png', "a,2.png", "写真.png"], "test": ["0012.png", "c.png", "=1.png", "broken.png"]}
    pictures = [0, 1, 0, 2, 1, 0]
    for fold, listed in names.items():
        (folder / fold).mkdir(parents=True)
        for name in listed[:3]:
            paint(seed=pictures.pop(0)).save(folder / fold / name)
        with open(folder / f"{fold}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "odai_photo_file_name"], *enumerate(listed)])
    (folder / "test" / "broken.png").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def output(small, tmp_path_factory, paint) -> Path:
    """A folder with a file of the person's, where a report was made on one image, and then one on the small folder."""
    single, output = tmp_path_factory.mktemp("single"), tmp_path_factory.mktemp("output")
    (output / "notes.txt").write_text("mine")
    (single / "a.dicom").write_text("")
    with pytest.raises(ReportError, match=r"no image found below single0; there is 1 \.dicom, which can't be read"):
        make_report(single, output)
    assert [path.name for path in output.iterdir()] == ["notes.txt"]
    paint().save(single / "1.png")
    assert make_report(single, output) == output / "report.html"
    assert "1 DICOM picture can&#39;t be read" in (output / "report.html").read_text(encoding="utf-8")
    assert (output / "hash_clustering_result.csv").read_text() == "cluster_id,filename,fold\n0,1.png,all\n"
    assert make_report(small, output) == output / "report.html"
    return output


def test_the_csv_holds_the_exact_values(output):
    assert (output / "hash_clustering_result.csv").read_text(encoding="utf-8") == (
        'cluster_id,filename,fold\n0,"b ""1"".png",train\n0,写真.png,train\n0,=1.png,test\n'
        '1,"a,2.png",train\n1,c.png,test\n2,0012.png,test\n'
    )
    assert (output / "problems.csv").read_text(encoding="utf-8") == (
        'fold,filename,problem\ntest,broken.png,"not an image, or of a kind that Pillow can\'t open"\n'
    )


def test_a_second_run_replaces_the_first_and_nothing_else(output, small):
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "Look-alikes in small" in page and "There are no images here." not in page
    assert {path.name for path in output.iterdir()} == OUTPUTS | {"notes.txt"}
    assert (output / "notes.txt").read_text() == "mine"


def test_the_name_of_the_data_shows_and_its_place_does_not(output, small):
    page = EMBEDDED.sub("", (output / "report.html").read_text(encoding="utf-8"))
    assert str(small) not in page and str(small.parent) not in page and str(output) not in page


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--below", "0"], "below must be from 1 to 65 for 64-bit hashes, got 0"),
        (["--below", "66"], "below must be from 1 to 65 for 64-bit hashes, got 66"),
        (["--max-pixels", "0"], "max_pixels must be 1 or more, got 0"),
        (["--max-pixels", "-5"], "max_pixels must be 1 or more, got -5"),
        (["--folds", "train", "../other"], "folds must be folders within data_dir, got '../other'"),
        (["--folds", "/etc"], "folds must be folders within data_dir, got '/etc'"),
        ([], "the name of the data folder is empty"),
    ],
    ids=" ".join,
)
def test_an_option_that_can_not_be_is_refused_before_anything_is_read(output, small, capfd, words, reason):
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    assert command.main([str(small) if words else "", "--output", str(output), *words]) == 1
    printed = capfd.readouterr()
    assert printed.err.startswith(f"No report was made: {reason}") and printed.err.count("\n") == 1
    assert printed.out == ""
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before


def test_the_command_fails_with_one_sentence_and_leaves_the_earlier_outputs(output, small, capfd):
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    assert command.main([str(small), "--output", str(output), "--label", "laughs"]) == 1
    printed = capfd.readouterr()
    (sentence,) = [line for line in printed.err.splitlines() if line.startswith("No report was made: ")]
    assert "the step “The data” failed: ValueError: label must be a column of a CSV" in sentence
    assert "Traceback" not in printed.err and printed.out == ""
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "step", "reason"),
    [
        ({"label": "laughs"}, "The data", "label must be a column of a CSV, other"),
        ({"data_dir": "nowhere"}, "The data", "data_dir must be the folder that holds the images"),
        ({"file_column": "x"}, "The data", "file_column must be a column of a CSV, got 'x'"),
    ],
)
def test_a_step_that_fails_says_which_and_why_and_leaves_the_earlier_outputs(
    output, small, capfd, change, step, reason
):
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    with pytest.raises(ReportError) as raised:
        make_report(**{"data_dir": small, "output": output} | change)
    message = str(raised.value)
    assert message.startswith(f"the step “{step}” failed: ") and reason in message
    assert "Traceback" not in message and "\x1b" not in message and len(message) < 500
    assert "Traceback" not in capfd.readouterr().err
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before


@pytest.mark.slow
def test_a_first_run_that_fails_leaves_no_folder(small, tmp_path, capfd):
    """Two columns name the files, so the person has to say which."""
    shutil.copytree(small, tmp_path / "data")
    (tmp_path / "data" / "train.csv").write_text('one,two\n"a,2.png","a,2.png"\n')
    assert command.main([str(tmp_path / "data"), "--output", str(tmp_path / "out")]) == 1
    printed = capfd.readouterr()
    (sentence,) = [line for line in printed.err.splitlines() if line.startswith("No report was made: ")]
    assert (
        "“The data”" in sentence and "more than one column names image files" in sentence and "file_column" in sentence
    )
    assert "Traceback" not in printed.err and printed.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "said", "figures"),
    [
        ("one image", "No two of the readable images are look-alikes at this threshold.", (1, 1, 0, 0)),
        ("all different", "No two of the readable images are look-alikes at this threshold.", (3, 3, 0, 0)),
        (
            "all unreadable",
            "None of the images could be read; the reasons are listed among the problems.",
            (2, 0, 0, 2),
        ),
    ],
)
def test_with_nothing_to_find_the_report_ends_well_and_says_so(browser, paint, tmp_path, case, said, figures):  # noqa: F811
    data = tmp_path / "data"
    (data / "train").mkdir(parents=True)
    for seed in range({"one image": 1, "all different": 3}.get(case, 0)):
        paint(seed=seed).save(data / "train" / f"{seed}.png")
    for name in ("a.jpg", "b.png") if case == "all unreadable" else ():
        (data / "train" / name).write_bytes(b"no image")
    report = make_report(data, tmp_path / "out")
    soup = BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")
    cards = {text_of(card.dt).removesuffix("s"): text_of(card.dd) for card in soup.select("#results dl > div")}
    counts = {name: int(text) for name, text in cards.items() if " of " not in text}
    assert text_of(soup.select_one(".lk-conclusion")) == said
    assert (counts["image"], counts["cluster"], counts["clusters of look-alike"], counts["problem"]) == figures
    assert "so there is nothing to set side by side" in soup.main.get_text()
    assert "nan" not in soup.get_text().lower().split()
    with opened(browser, report, width=390) as (page, noticed):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert noticed == []


@pytest.mark.slow
def test_without_any_image_it_says_what_is_there_instead(tmp_path):
    (tmp_path / "data" / "train").mkdir(parents=True)
    (tmp_path / "data" / "train.csv").write_text("id,file\n")
    with pytest.raises(ReportError, match=r"no image found below data; there is 1 \.csv$"):
        make_report(tmp_path / "data", tmp_path / "out")


# The command line, without a run.


def test_help_names_every_option_and_its_default(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    words = "DATA_DIR --output --below --label --views --folds --file-column --max-pixels --cache --fail-on (10)"
    assert all(word in shown for word in words.split())
    groups = ["what to read:", "how to match:", "what to write, and where:", "about the command:"]
    assert [line for line in shown.splitlines() if line in groups] == groups
    (example,) = [line for line in shown.splitlines() if line.startswith("  lookalikes ")]
    assert command._make_parser().parse_args(example.split()[1:]).views == "all"


@pytest.fixture
def made(monkeypatch, tmp_path, small_facts):
    """What the command asked of `make_report`, which is not run: it leaves facts with a leak and without labels."""
    calls = []
    (tmp_path / "summary.json").write_text(json.dumps(small_facts))
    noticed = "images in no fold,,2,extra/<b>.jpg,--folds train extra\nrows without a file,train,1,9.jpg → train/9.jpg,"
    (tmp_path / "notices.csv").write_text(f"what,fold,count,example,option\n{noticed}\n", encoding="utf-8")
    monkeypatch.setattr(command, "make_report", lambda **options: calls.append(options) or tmp_path / "report.html")
    return calls


@pytest.fixture
def small_facts():
    counts = {"images": 1_234, "problems": 0, "clusters": 1_200, "groups": 30}
    row = {"fold": "test", "other_fold": "train", "images": 234, "leaks": 3, "confirmed": 2, "connected": 1}
    conflicts = {"labelled": 0, "conflicts": 0, "confirmed": 0}
    unseen = {"leaks": 0, "conflicts": 0}
    folds = {"train": 1_000, "test": 234}
    return {"counts": counts, "leaks": [row], "conflicts": conflicts, "unseen": unseen, "folds": folds, "unread": []}


def test_the_command_ends_with_what_it_found_and_the_status_asked_for(made, capsys, tmp_path, small_facts):
    lines = [
        "! 2 images lie in no fold and were not read, such as extra/<b>.jpg: --folds train extra",
        "! 1 row of train names a file that isn't there, 9.jpg → train/9.jpg",
        "1,234 images, 0 of them problems",
        "1,200 clusters, 30 groups of look-alikes",
        "3 of 234 test images (1.3 %) have a look-alike in train: 2 are confirmed copies; "
        "1 more connected through others only",
        "There are no labels, so none can contradict",
        f"The report is in {tmp_path / 'report.html'}",
    ]
    for words, status, reasons in [
        ([], 0, []),
        (["--fail-on", "leaks"], 3, ["Failed on leaks: 2 images have a confirmed copy in an earlier fold"]),
        (["--fail-on", "conflicts"], 4, ["Conflicts can't be judged: there are no labels"]),
    ]:
        assert command.main(words) == status
        printed = capsys.readouterr()
        assert printed.out.splitlines() == lines and printed.err.splitlines() == reasons
    small_facts["leaks"][0]["confirmed"] = 0
    (tmp_path / "summary.json").write_text(json.dumps(small_facts))
    assert command.main(["--fail-on", "leaks"]) == 0 and command.main(["--fail-on", "leaks,conflicts"]) == 4


@pytest.mark.parametrize("asked", ["leak", "", "leaks,", "leaks conflicts"])
def test_what_it_can_not_fail_on_is_refused_before_anything_runs(made, capsys, asked):
    with pytest.raises(SystemExit) as left:
        command.main(["--fail-on", asked])
    assert left.value.code == 2 and made == []
    assert "must be leaks, conflicts or leaks,conflicts" in capsys.readouterr().err


def test_the_command_hands_on_what_it_was_given(made):
    calls = made
    assert command.main([]) == 0
    words = "data --below 5 --label kind --views all --folds a b --file-column f --max-pixels 9 --output o --cache c"
    words += " --decisions d.csv --csv d.csv e.csv --encoding cp1252 --language ja --exclude *_mask.png thumbs"
    assert command.main(words.split()) == 0
    assert command.main(["--no-cache"]) == 0
    usual = {
        "data_dir": None,
        "output": None,
        "below": 10,
        "label": None,
        "views": "whole",
        "folds": None,
        "file_column": None,
        "csv": None,
        "encoding": None,
        "exclude": [],
        "max_pixels": None,
        "decisions": None,
        "cache": None,
        "language": "en",
    }
    given = {
        "data_dir": "data",
        "output": "o",
        "below": 5,
        "label": "kind",
        "views": "all",
        "folds": ["a", "b"],
        "file_column": "f",
        "csv": ["d.csv", "e.csv"],
        "encoding": "cp1252",
        "exclude": ["*_mask.png", "thumbs"],
        "max_pixels": 9,
        "decisions": "d.csv",
        "cache": "c",
        "language": "ja",
    }
    assert calls == [usual, given, usual | {"cache": False}]


@pytest.mark.parametrize("words", [["--below", "ten"], ["one", "two"], ["--nonsense"]])
def test_words_it_does_not_know_are_refused(words, capsys):
    with pytest.raises(SystemExit) as left:
        command.main(words)
    assert left.value.code == 2
    assert "usage: lookalikes" in capsys.readouterr().err


def test_it_tells_its_version(capsys):
    with pytest.raises(SystemExit) as left:
        command.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"lookalikes {version('lookalikes')}\n"


# The export alone, of a notebook written by hand.


def make_notebook(*outputs: dict, source: str = "1", tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    code = nbformat.v4.new_code_cell(
        source, metadata={"tags": list(tags)}, outputs=[nbformat.from_dict(output) for output in outputs]
    )
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Why?"), code])


def stream(text: str) -> dict:
    return {"output_type": "stream", "name": "stderr", "text": text}


def export(notebook: nbformat.NotebookNode, **options) -> BeautifulSoup:
    return BeautifulSoup(export_report(notebook, **{"name": "x"} | options), "html.parser")


def test_the_page_is_named_after_the_data_and_the_question():
    soup = export(make_notebook(), name="cats & <b>dogs</b>")
    assert soup.title.get_text() == "Look-alikes in cats & <b>dogs</b>"
    assert text_of(soup.header.h1) == "Why?"
    assert re.search(r"made \d{4}-\d\d-\d\d \d\d:\d\d", text_of(soup.select_one(".kicker")))


def test_of_a_progress_bar_only_the_end_is_left():
    soup = export(
        make_notebook(stream("\rwork:   0%|  | 0/2"), stream("\rwork:  50%|█ | 1/2"), stream("\rwork: 100%|██| 2/2\n"))
    )
    assert [text_of(part) for part in soup.select(".stream")] == ["work: 100%|██| 2/2"]


def test_streams_texts_and_code_are_escaped():
    plain = {
        "output_type": "execute_result",
        "metadata": {},
        "execution_count": 1,
        "data": {"text/plain": "<script>2</script>"},
    }
    soup = export(make_notebook(stream("<script>1</script>\x1b[31mred"), plain, source="'</script><img src=x>'"))
    assert [part.get_text() for part in soup.select("pre.stream")] == ["<script>1</script>red", "<script>2</script>"]
    assert "'</script><img src=x>'" in soup.select_one(".code").get_text()
    assert not soup.select("script, img")


def test_of_other_outputs_only_known_kinds_are_shown():
    odd = {
        "application/javascript": "alert(1)",
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
        "image/svg+xml": "<svg/>",
    }
    output = {"output_type": "display_data", "metadata": {}, "data": odd | {"text/plain": "AnyWidget()"}}
    drawing = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/svg+xml": "<svg/>", "text/plain": "drawn"},
    }
    soup = export(make_notebook(output, drawing))
    assert not soup.select("script, svg") and "model_id" not in str(soup) and "AnyWidget" not in str(soup)
    assert text_of(soup.select_one("pre.stream")) == "drawn"


@pytest.mark.parametrize("folder", ["plain", "データ", 'with "quotes" and \\', "new\nline", "ünïcode"])
def test_paths_are_hidden_in_parameters_and_messages(tmp_path, folder):
    data = tmp_path / folder / "cats"
    source = f"DATA_DIR = {PythonTranslator.translate(str(data))}"  # as papermill writes it
    warning = f"{sys.prefix}/lib/module.py:12: UserWarning: odd\n"
    soup = export(
        make_notebook(stream(warning + f"read {data}"), source=source, tags=("injected-parameters",)), hidden=[data]
    )
    text = soup.get_text()
    assert "UserWarning: odd" in text and "read cats" in text and "cats" in soup.select_one(".code").get_text()
    assert str(tmp_path) not in text and sys.prefix not in text


def test_a_home_at_the_root_hides_nothing(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    soup = export(make_notebook(stream("12/121 images")), hidden=[Path("/")])
    assert text_of(soup.select_one(".stream")) == "12/121 images"


# The package, installed from its wheel.


@pytest.mark.slow
def test_the_wheel_makes_the_report_far_from_the_repository(tmp_path, small):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("src", "notebooks"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, source], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", installed, wheel], check=True)
    environment = os.environ | {"PYTHONPATH": str(installed)}
    words = [installed / "bin" / "lookalikes", small]
    made = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / "reports" / "small").iterdir()} == OUTPUTS
    where = subprocess.run(
        [sys.executable, "-c", "import lookalikes; print(lookalikes.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)
