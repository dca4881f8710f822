import base64
import io
import os
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from html.parser import HTMLParser
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from lookalikes.judging.parts import Part
from lookalikes.showing import gallery
from lookalikes.showing.gallery import Gallery, show_clusters, show_pairs
from lookalikes.words import speak

VOID = {"img", "br", "hr", "meta", "link", "input"}


def write(shown):
    return shown._repr_html_()


def parse(shown):
    return BeautifulSoup(write(shown), "html.parser")


def captions(shown):
    """The captions' parts, image by image."""
    return [
        [part.get_text(" ", strip=True) for part in caption.find_all(recursive=False)]
        for caption in parse(shown).find_all("figcaption")
    ]


def decode(src):
    prefix, _, data = src.partition(",")
    assert prefix == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


def badges(shown):
    return [[badge.text for badge in cluster.find_all("b")] for cluster in parse(shown).find_all("section")]


class Balance(HTMLParser):
    """Fails where a tag isn't closed in its turn, or an attribute comes twice."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def assert_well_formed(text):
    balance = Balance()
    balance.feed(text)
    balance.close()
    assert balance.open == []
    ids = re.findall(r'<section[^>]* id="([^"]*)"', text)
    assert len(ids) == len(set(ids))


def test_every_cluster_of_two_or_more_is_there(make_clusters):
    shown = show_clusters(make_clusters([0, 1, 1, 2, 3, 3, 3, 4]))
    sections = parse(shown).find_all("section")
    assert [section["id"] for section in sections] == ["cluster-1", "cluster-3"]
    assert [len(section.find_all("img")) for section in sections] == [2, 3]
    assert [section.select_one(".lk-title").get_text(" ", strip=True) for section in sections] == [
        "Cluster 1 2 images identical hashes",
        "Cluster 3 3 images identical hashes",
    ]
    assert "2 clusters of two or more images" in parse(shown).text
    assert repr(shown) == "Gallery(2 clusters of two or more images)"
    assert write(shown) == write(shown)
    assert_well_formed(write(shown))


@pytest.mark.parametrize("ids", [[], [0], [0, 1, 2]])
def test_none_is_said_in_a_sentence(make_clusters, ids):
    shown = show_clusters(make_clusters(ids))
    assert "No two images are look-alikes at this threshold" in parse(shown).text
    assert not parse(shown).find_all(["section", "img"])
    assert_well_formed(write(shown))


def test_captions_tell_one_image_from_the_other(make_clusters, picture):
    clusters = make_clusters(
        [0, 0, 0],
        filename=["a.png", "sub/写真.png", "c.png"],
        fold=["train", "train", "test"],
        distance=pd.array([None, 8, 1], "Int64"),
        label=pd.Series(["1", None, "0"], dtype=object),
        text=pd.Series(["笑って", None, "two words"], dtype=object),
    )
    size = f"96 × 72 px, {os.path.getsize(picture) / 1000:.1f} kB"
    assert captions(show_clusters(clusters)) == [
        ["a.png", "train founder", "label 1", size, "笑って"],
        ["sub/写真.png", "train 8 bits away", size],
        ["c.png", "test 1 bit away", "label 0", size, "two words"],
    ]
    images = parse(show_clusters(clusters)).find_all("img")
    assert [image["alt"] for image in images] == [
        "a.png (train), in Cluster 0",
        "sub/写真.png (train), in Cluster 0",
        "c.png (test), in Cluster 0",
    ]
    assert [(image["width"], image["height"]) for image in images] == [("96", "72")] * 3


def test_no_path_shows(make_clusters, picture):
    assert os.path.dirname(picture) not in write(show_clusters(make_clusters([0, 0])))


def test_badges_of_leaks_and_conflicts(make_clusters):
    clusters = make_clusters(
        [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
        hash=["00", "00", "ff", "fc", "0f", "0c", "f0", "c0", "33", "30"],
        fold=["train", "train", "train", "test", "test", "test", "train", "train", "test", "test"],
        distance=pd.array([None, 0, None, 2, None, 2, None, 2, None, 2], "Int64"),
        label=pd.Series(["a", "a", "a", "a", "a", "b", "a", None, None, None], dtype=object),
    )
    assert badges(show_clusters(clusters)) == [
        ["leak: train + test"],
        ["label conflict: a, b"],
        ["identical hashes"],
        [],
        [],
    ]


@pytest.fixture
def judged(make_clusters):
    """Five clusters after the second look, in 8 bits: a doubtful leak, a chain, flat ones, a conflict, one unseen."""
    nothing = [None] * 3
    return make_clusters(
        [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5],
        hash=["00", "03", "00", "0f", "ff", "00", "00", "f0", "f0", "33", "33", "55"],
        fold=["train", "test", *["train"] * 10],
        distance=pd.array([None, 2, None, 4, 4, None, 0, None, 0, None, 0, None], "Int64"),
        kind=[None, "look-alike", None, "near copy", "same pixels", None, "same file", None, "same pixels", *nothing],
        score=[None, 0.404, None, 0.956, 1, None, 1, None, 1, *nothing],
        quality=[100, 100, 19, 20, 0, 19, 0, 100, 100, 100, 100, 100],
        label=pd.array([None] * 7 + [1, 0, 1, 1, 0], "Int64"),
    )


def test_badges_say_how_sure_a_match_is_and_what_is_odd_about_it(judged):
    assert badges(show_clusters(judged, below=5)) == [
        ["look-alike (0.40)", "leak: train + test"],
        ["same pixels", "label conflict: 1, 0"],
        ["near copy", "chain: 8 bits wide"],
        ["same file", "flat"],
        ["identical hashes"],
    ]
    assert badges(show_clusters(judged, below=9))[2] == ["near copy"]
    sections = parse(show_clusters(judged, below=5)).find_all("section")
    assert [[name for name in section["class"] if name.startswith("lk-has-")] for section in sections] == [
        ["lk-has-doubt", "lk-has-leak"],
        ["lk-has-sure", "lk-has-conflict"],
        ["lk-has-sure", "lk-has-chain"],
        ["lk-has-sure", "lk-has-flat"],
        ["lk-has-identical"],
    ]


def test_each_badge_explains_itself_and_has_a_colour_of_its_style(judged):
    page = parse(show_clusters(judged, below=5))
    kinds = {badge["class"][1] for badge in page.find_all("b")}
    assert kinds == {"lk-doubt", "lk-sure", "lk-identical", "lk-leak", "lk-conflict", "lk-chain", "lk-flat"}
    assert all(len(badge["title"]) > 20 for badge in page.find_all("b"))
    assert all(re.search(rf"\.{kind} {{ --lk-hue: #", page.style.text) for kind in kinds)


def test_each_image_says_how_it_joined(judged):
    told = [caption[1] for caption in captions(show_clusters(judged, below=5))]
    assert told == [
        "train founder",
        "test 2 bits away, look-alike (0.40)",
        "train founder",
        "train 0 bits away, same pixels",
        "train founder",
        "train 4 bits away, near copy (0.96)",
        "train 4 bits away, same pixels",
        "train founder",
        "train 0 bits away, same file",
        "train founder",
        "train 0 bits away",
    ]


@pytest.mark.parametrize(
    ("orientation", "said"),
    [(1, None), (2, "mirrored"), (3, "turned by 180°"), (6, "turned by 90°"), (8, "turned by 270°"), (None, None)],
)
def test_a_turned_image_says_how_it_is_turned(make_clusters, orientation, said):
    hashed, pairs = make_clusters([0, 0]), pd.DataFrame({"earlier": [0], "later": [1], "distance": [2]})
    view = None if orientation is None else orientation - 1
    whole = (0.0, 0.0, 1.0, 1.0)
    plain, told = (
        captions(show_pairs(hashed, pairs.assign(**more)))
        for more in ({}, {"view": [view], "shared": [(whole, whole)]})
    )
    assert told[0] == plain[0]
    assert told[1] == [*plain[1][:2], *([said] if said else []), *plain[1][2:]]


@pytest.mark.parametrize(
    ("earlier", "later", "said"),
    [
        ((0.1, 0.1, 0.91, 0.9), (0, 0, 1, 1), "cropped to 81 % × 80 %"),
        ((0, 0, 1, 1), (0.05, 0.05, 0.95, 0.95), "a border of 5 %"),
        ((0, 0, 1, 1), (0.07, 0.05, 0.93, 0.95), "a border of 7 % of its width, 5 % of its height"),
        ((0, 0, 1, 1), (0.0, 0.2, 1.0, 0.8), "framed: the picture is 100 % × 60 % of it"),
        ((0, 0, 1, 1), (0.05, 0.15, 0.95, 0.95), "framed: the picture is 90 % × 80 % of it"),
        ((0, 0, 0.8, 1), (0.2, 0, 1, 1), "both show 80 % × 100 % of this"),
        ((0, 0, 1, 1), (0, 0, 1, 1), None),
    ],
)
def test_what_was_done_to_a_copy_is_told(make_clusters, earlier, later, said):
    hashed, pairs = make_clusters([0, 0]), pd.DataFrame({"earlier": [0], "later": [1], "distance": [2]})
    plain, told = (
        captions(show_pairs(hashed, pairs.assign(**more))) for more in ({}, {"view": [8], "shared": [(earlier, later)]})
    )
    assert told[1] == [*plain[1][:2], *([said] if said else []), *plain[1][2:]]


def outlines(shown):
    """The style of each outline, image by image."""
    return [[box["style"] for box in picture.find_all("i")] for picture in parse(shown).find_all(class_="lk-picture")]


@pytest.fixture
def parted(make_clusters):
    """Three images of one template: a part of the second and another one of the third differ from the first."""
    part = Part(0.042, ((0.5, 0.75, 1.0, 1.0),), ((0.4, 0.7, 0.9, 0.95),))
    tiny = Part(0.004, ((0.0, 0.0, 0.1, 0.125),), ((0.0, 0.0, 0.1, 0.1),))
    return make_clusters(
        [0, 0, 0],
        kind=[None, "part differs", "part differs"],
        score=[None, 0.97, 0.99],
        part=[None, part, tiny],
        reframed=[None, False, True],
        partner=[None, "0.png", "0.png"],
        partner_fold=[None, "all", "all"],
    )


def test_a_part_that_differs_is_told_and_outlined_on_both_pictures(parted):
    shown = show_clusters(parted)
    assert [caption[1:3] for caption in captions(shown)[1:]] == [
        ["all 0 bits away, a part differs: 4.2 %, bottom right", "matched with 0.png"],
        ["all 0 bits away, a part differs: 0.4 %, top left, other frame", "matched with 0.png"],
    ]
    there = "left: 50.0%; top: 75.0%; width: 50.0%; height: 25.0%"
    tiny = "left: 0.0%; top: 0.0%; width: 10.0%; height: 12.5%"
    assert outlines(shown) == [
        [there, tiny],
        ["left: 40.0%; top: 70.0%; width: 50.0%; height: 25.0%"],
        ["left: 0.0%; top: 0.0%; width: 10.0%; height: 10.0%"],
    ]
    assert badges(shown) == [["a part differs"]]
    assert "a part differs (1)" in parse(shown).fieldset.text


def test_pairs_are_outlined_too(parted):
    pairs = pd.DataFrame({"earlier": [0], "later": [1], "distance": [0], "kind": "part differs", "score": 0.97})
    shown = show_pairs(parted, pairs.assign(part=[parted["part"][1]], reframed=False))
    assert [len(boxes) for boxes in outlines(shown)] == [1, 1]
    assert captions(shown)[1][1] == "all 0 bits away, a part differs: 4.2 %, bottom right"


def test_other_frames_that_differ_are_told_without_an_outline(parted):
    shown = show_clusters(parted.head(2).assign(part=[None, Part(0.0, (), ())]))
    assert captions(shown)[1][1] == "all 0 bits away, the other frames differ"
    assert outlines(shown) == [[], []]


def test_what_is_most_worth_looking_at_is_drawn_and_met_first(make_clusters, monkeypatch):
    monkeypatch.setattr(gallery, "_PICTURES_SHOWN", 2)
    clusters = make_clusters([0, 0, 1, 1], fold=["train", "train", "train", "test"])
    page = parse(show_clusters(clusters))
    assert [section["aria-label"] for section in page.find_all("section")] == ["Cluster 1", "Cluster 0"]
    assert [len(section.find_all("img")) for section in page.find_all("section")] == [2, 0]


@pytest.mark.parametrize("columns", [{}, {"quality": 100}, {"kind": None, "score": np.nan}, {"label": None}])
def test_no_step_but_clustering_is_needed(make_clusters, columns):
    shown = show_clusters(make_clusters([0, 0], **{name: [value] * 2 for name, value in columns.items()}))
    assert badges(shown) == [["identical hashes"]]


def test_a_cluster_too_large_to_be_measured_is_a_chain_or_unknown(make_clusters):
    numbers = [f"{number:016x}" for number in range(5_001)]
    clusters = make_clusters([0] * 5_001 + [1] * 5_000, hash=numbers + numbers[1:])
    assert badges(show_clusters(clusters, below=12)) == [["chain"], ["chain: 13 bits wide"]]
    assert badges(show_clusters(clusters, below=13)) == [[], ["chain: 13 bits wide"]]


def list_filters(shown):
    return [label.get_text(" ", strip=True) for label in parse(shown).find_all("label")]


def test_filters_count_the_clusters_that_they_leave(judged):
    shown = show_clusters(judged, below=5)
    filters = ["all", "look-alikes only (1)", "leaks (1)", "label conflicts (1)", "chains (1)", "flat (1)"]
    assert list_filters(shown) == filters
    assert parse(shown).fieldset.legend.text == "5 clusters of two or more images"
    inputs = parse(shown).find_all("input")
    assert len({(radio["type"], radio["name"]) for radio in inputs}) == 1
    assert [radio.has_attr("checked") for radio in inputs] == [True] + [False] * 5
    assert list_filters(show_clusters(judged[judged["cluster_id"].isin([0, 1])], below=99)) == [
        "all", "look-alikes only (1)", "leaks (1)",
    ]  # fmt: skip
    assert_well_formed(write(shown))


def test_without_anything_to_choose_there_are_no_filters(make_clusters):
    assert list_filters(show_clusters(make_clusters([0, 0, 1, 1]))) == []


def test_two_galleries_on_a_page_choose_apart(judged, make_clusters):
    other = show_clusters(make_clusters([7, 7], fold=["a", "b"]))
    names = [{radio["name"] for radio in parse(shown).find_all("input")} for shown in (show_clusters(judged), other)]
    assert len(names[0] | names[1]) == 2


def test_the_same_gallery_is_the_same_text_each_time(judged):
    assert write(show_clusters(judged, below=5)) == write(show_clusters(judged.copy(), below=5))


@pytest.fixture
def hashed(make_clusters):
    return make_clusters(range(4), fold=["train", "train", "test", "test"], label=["a", None, "b", "c"])


def test_pairs_stand_side_by_side_like_clusters(hashed):
    pairs = pd.DataFrame({"earlier": [0, 0], "later": [3, 1], "distance": [10, 1]})
    kinds = {"score": [0.93, np.nan], "kind": ["near copy", None], "view": [1, 0]}
    kinds["shared"] = [((0.0, 0.0, 1.0, 1.0),) * 2] * 2
    shown = show_pairs(hashed, pairs.assign(**kinds))
    sections = parse(shown).find_all("section")
    assert [section.select_one(".lk-title").get_text(" ", strip=True) for section in sections] == [
        "Pair 1 2 images",
        "Pair 2 2 images",
    ]
    assert [[line for line in caption if "px" not in line] for caption in captions(shown)] == [
        ["0.png", "train", "label a"],
        ["3.png", "test 10 bits away, near copy (0.93)", "mirrored", "label c"],
        ["0.png", "train", "label a"],
        ["1.png", "train 1 bit away"],
    ]
    assert [image["alt"] for image in parse(shown).find_all("img")][1] == "3.png (test), in Pair 1"
    assert not any(section.has_attr("id") for section in sections) and list_filters(shown) == []
    assert repr(shown) == "Gallery(2 pairs)"
    assert len(parse(show_pairs(hashed, pairs)).find_all("figure")) == 4
    assert_well_formed(write(shown))


def test_a_worker_tells_problems_in_english_and_the_page_in_the_language_shown(make_clusters, picture, tmp_path):
    (tmp_path / "no.png").write_bytes(b"no image")
    clusters = make_clusters([0, 0], path=[picture, str(tmp_path / "no.png")])
    with speak("ja"), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        told = parse(show_clusters(clusters, executor=pool)).get_text()
    assert "画像ではないか、Pillowで開けない形式" in told and "not an image" not in told


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 pairs"), (1, "1 pair"), (3, "3 pairs"), (1_234, "1,234 pairs, 3 of them shown")]
)
def test_of_many_pairs_the_first_are_shown_and_all_are_counted(hashed, count, said):
    pairs = pd.DataFrame({"earlier": 0, "later": 1, "distance": range(1, count + 1)}, index=range(7, 7 + count))
    shown = show_pairs(hashed, pairs, most=3)
    told = ["train 1 bit away", "train 2 bits away", "train 3 bits away"]
    assert parse(shown).p.text == said
    assert [caption[1] for caption in captions(shown)[1::2]] == told[:count]


def test_whole_numbers_as_labels(make_clusters):
    clusters = make_clusters([0, 0, 0], label=pd.array([1, None, 0], "Int64"), fold=["train", "test", "train"])
    assert [caption[2] for caption in captions(show_clusters(clusters)) if len(caption) > 3] == ["label 1", "label 0"]
    assert badges(show_clusters(clusters)) == [["identical hashes", "leak: train + test", "label conflict: 1, 0"]]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='x",
    "</figcaption></section>",
    "{{ 7 * 7 }}",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "$_{x}$",
    "../../etc/passwd",
    "写真 😀",
    "n" * 255,
    "-->",
    "</style>",
]


def describe_hostile(make_clusters, text):
    columns = {name: pd.Series([text, "x"], dtype=object) for name in ("filename", "fold", "label", "text")}
    return show_clusters(make_clusters([0, 0], **columns))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_read_as_what_they_are(make_clusters, text):
    shown, harmless = (describe_hostile(make_clusters, name) for name in (text, "harmless"))
    assert [tag.name for tag in parse(shown).find_all()] == [tag.name for tag in parse(harmless).find_all()]
    assert [sorted(tag.attrs) for tag in parse(shown).find_all()] == [
        sorted(tag.attrs) for tag in parse(harmless).find_all()
    ]
    first = parse(shown).figcaption
    assert [part.text for part in first.find_all("bdi")] == [text] * 4
    assert parse(shown).img["alt"] == f"{text} ({text}), in Cluster 0"
    assert badges(shown) == [["identical hashes", f"leak: {text} + x", f"label conflict: {text}, x"]]
    assert_well_formed(write(shown))


def test_what_cannot_be_seen_is_spelled(make_clusters):
    shown = describe_hostile(make_clusters, "cod\u202egpj\n" + os.fsdecode(b"\xff"))
    write(shown).encode("utf-8")
    assert "\u202e" not in write(shown)
    assert [part.text for part in parse(shown).figcaption.find_all("bdi")] == ["cod‹U+202E›gpj‹U+000A›‹0xFF›"] * 4


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), min_size=1))
def test_any_text_leaves_the_page_whole(text):
    texts = dict.fromkeys(["filename", "fold", "label", "text"], text)
    member = texts | dict.fromkeys(["src", "problem", "distance", "told", "partner_shown", "done"])
    badge = {"kind": "leak", "text": text, "why": "why"}
    cluster = {"cluster_id": 0, "size": 2, "title": "Cluster 0", "badges": [badge], "members": [member], "more": 1}
    page = write(Gallery([cluster], "1 cluster"))
    page.encode("utf-8")
    assert_well_formed(page)
    harmless = cluster | {"badges": [badge | {"text": "x"}], "members": [member | dict.fromkeys(texts, "x")]}
    harmless = write(Gallery([harmless], "1 cluster"))
    assert [tag.name for tag in BeautifulSoup(page, "html.parser").find_all()] == [
        tag.name for tag in BeautifulSoup(harmless, "html.parser").find_all()
    ]


def test_no_metadata_reaches_the_page(make_clusters, tmp_path, paint):
    exif = Image.Exif()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (35.0, 41.0, 22.0)
    exif[ExifTags.Base.Artist] = "A. Secret"
    paint(400, 300).save(
        tmp_path / "told.jpg", exif=exif, icc_profile=b"my secret profile", comment=b"my secret comment"
    )
    with Image.open(tmp_path / "told.jpg") as stored:
        assert stored.getexif() and stored.info["icc_profile"]  # else there is nothing to lose
    shown = show_clusters(make_clusters([0, 0], path=[str(tmp_path / "told.jpg")] * 2))
    for image in parse(shown).find_all("img"):
        thumbnail = decode(image["src"])
        thumbnail.load()
        assert not thumbnail.getexif() and not {"exif", "icc_profile", "xmp", "comment"} & set(thumbnail.info)
        assert b"ecret" not in base64.b64decode(image["src"].partition(",")[2])


def test_thumbnails_look_like_their_pictures(make_clusters, tmp_path, paint):
    paint(900, 600, seed=4).save(tmp_path / "large.png")
    paint(60, 40, seed=4).save(tmp_path / "small.png")
    shown = show_clusters(make_clusters([0, 0], path=[str(tmp_path / "large.png"), str(tmp_path / "small.png")]))
    large, small = (decode(image["src"]) for image in parse(shown).find_all("img"))
    assert (large.size, small.size) == ((240, 160), (60, 40))  # never above their own size
    for thumbnail in (large, small):
        expected = np.asarray(paint(*thumbnail.size, seed=4), int)
        assert np.abs(np.asarray(thumbnail.convert("RGB"), int) - expected).mean() < 12


@pytest.mark.parametrize(("orientation", "turn"), list(enumerate([None, 0, 3, 1, 5, 2, 6, 4], start=1)))
def test_thumbnails_are_upright_and_both_sizes_are_told(make_clusters, tmp_path, paint, orientation, turn):
    upright = paint(160, 100, seed=2)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = upright if turn is None else upright.transpose(turn)
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    shown = show_clusters(make_clusters([0, 0], path=[str(tmp_path / "turned.jpg")] * 2))
    image = parse(shown).img
    assert (image["width"], image["height"]) == ("160", "100")
    assert np.abs(np.asarray(decode(image["src"]).convert("RGB"), int) - np.asarray(upright, int)).mean() < 12
    told = captions(shown)[0][2]
    assert told.startswith("100 × 160 px (shown 160 × 100)," if orientation >= 5 else "160 × 100 px,")


def test_a_vanished_file_leaves_its_reason(make_clusters, tmp_path, picture):
    shown = show_clusters(make_clusters([0, 0], path=[picture, str(tmp_path / "gone.png")]))
    first, second = parse(shown).find_all("figure")
    assert first.img and not second.img
    assert second.p.text == "there is no such file"
    assert second.figcaption.bdi.text == "1.png" and "px" not in second.figcaption.text
    assert str(tmp_path) not in write(shown)


def test_large_clusters_say_how_many_are_not_drawn(make_clusters, monkeypatch):
    monkeypatch.setattr(gallery, "MEMBERS_SHOWN", 3)
    shown = show_clusters(make_clusters([0] * 5 + [1] * 4 + [2] * 3))
    sections = parse(shown).find_all("section")
    assert [len(section.find_all("figure")) for section in sections] == [3, 3, 3]
    assert [[line.text for line in section.find_all(class_="lk-more")] for section in sections] == [
        ["and 2 more images, not drawn here; the CSV names them"],
        ["and 1 more image, not drawn here; the CSV names it"],
        [],
    ]
    assert [section.select_one(".lk-title span").text for section in sections] == ["5 images", "4 images", "3 images"]


def test_a_page_with_its_fill_of_pictures_still_names_the_rest(make_clusters, monkeypatch):
    monkeypatch.setattr(gallery, "_PICTURES_SHOWN", 3)
    figures = parse(show_clusters(make_clusters([0, 0, 1, 1, 2, 2]))).find_all("figure")
    assert [bool(figure.img) for figure in figures] == [True] * 3 + [False] * 3
    assert {figure.p.text for figure in figures[3:]} == {"not drawn: the page has its fill of pictures"}
    assert [figure.figcaption.bdi.text for figure in figures] == [f"{number}.png" for number in range(6)]


def test_leaks_and_conflicts_among_images_not_drawn_are_told(make_clusters, monkeypatch):
    monkeypatch.setattr(gallery, "MEMBERS_SHOWN", 2)
    shown = show_clusters(make_clusters([0, 0, 0], fold=["train", "train", "test"], label=["a", "a", "b"]))
    assert badges(shown) == [["identical hashes", "leak: train + test", "label conflict: a (×2), b"]]


def test_an_executor_gives_the_same(make_clusters):
    clusters = make_clusters([0, 0, 1, 1, 1])
    with ThreadPoolExecutor(2) as executor:
        assert write(show_clusters(clusters, executor=executor)) == write(show_clusters(clusters))


def test_the_facts_are_there_as_data(make_clusters):
    (cluster,) = show_clusters(make_clusters([0, 5, 5])).clusters
    facts = {"cluster_id": 5, "title": "Cluster 5", "size": 2, "more": 0, "folds": "all", "leak": False, "widest": 0}
    assert {name: cluster[name] for name in facts} == facts
    assert [badge["kind"] for badge in cluster["badges"]] == ["identical"]
    assert [member["filename"] for member in cluster["members"]] == ["1.png", "2.png"]


def test_the_page_asks_nothing_of_the_network(make_clusters):
    page = parse(show_clusters(make_clusters([0, 0])))
    assert not page.find_all(["script", "link", "iframe", "object", "a"])
    assert all(value.startswith("data:") for tag in page.find_all(src=True) for value in [tag["src"]])
    assert not [name for tag in page.find_all() for name in tag.attrs if name.startswith("on") or name == "style"]
