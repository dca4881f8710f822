import inspect
import os
import stat
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFile

from lookalikes import add_kinds, cluster_sequentially, find_pairs, hashing, look_again, show_clusters
from lookalikes.hashing.images import hash_images
from lookalikes.reading.folds import read_folds

LONG_AGO = 1_700_000_000
FORMATS = {
    "jpg": ["L", "RGB", "CMYK"],
    "png": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "gif": ["1", "L", "P", "RGB", "RGBA"],
    "bmp": ["1", "L", "P", "RGB", "RGBA"],
    "tiff": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"],
    "webp": ["RGB", "RGBA"],
}
SIZES = [(1, 1), (2, 3), (31, 32), (32, 32), (33, 500), (640, 480), (7, 900), (900, 7), (1200, 50)]
HASHES = {
    "phash": imagehash.phash,
    "phash 16": partial(imagehash.phash, hash_size=16),
    "phash 7": partial(imagehash.phash, hash_size=7),
    "phash 4 of 8": partial(imagehash.phash, hash_size=4, highfreq_factor=8),
    "phash by another call": partial(imagehash.phash),
    "dhash": imagehash.dhash,
    "average": imagehash.average_hash,
    "whash": imagehash.whash,
    "colorhash": partial(imagehash.colorhash, binbits=3),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, paint):
    """Many modes, formats and sizes, as a folder: the paths."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for suffix, modes in FORMATS.items():
        for mode in modes:
            size = SIZES[len(paths) % len(SIZES)]
            paths.append(folder / f"{len(paths)} {mode.replace(';', '')} {size[0]}x{size[1]}.{suffix}")
            convert(paint(*size, seed=len(paths)), mode).save(paths[-1])
    for size in SIZES:
        paths.append(folder / f"{size[0]}x{size[1]}.png")
        paint(*size, seed=len(paths)).save(paths[-1])
    return paths


def convert(image, mode):
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    return image.convert("L").convert(mode) if mode == "LA" else image.convert(mode)


def hash_plainly(path, function=imagehash.phash):
    """The hash that imagehash itself gives; None where it fails."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            return str(function(image))
    except Exception:
        return None


def missing_as_none(column):
    return [None if pd.isna(value) else value for value in column]


@pytest.fixture
def no_reading(monkeypatch):
    """From here on, an image that is opened fails the test."""
    return lambda: monkeypatch.setattr(
        hashing.images, "open_image", lambda path, **o: pytest.fail(f"read again: {path}")
    )


def age(path):
    os.utime(path, (LONG_AGO, LONG_AGO))


def test_equal_to_imagehash_bit_for_bit(pictures, list_images):
    hashed = hash_images(list_images(pictures), cache=False)
    assert missing_as_none(hashed["hash"]) == [hash_plainly(path) for path in pictures]
    assert hashed["hash"].notna().all() and hashed["problem"].isna().all()


@pytest.mark.parametrize("function", HASHES.values(), ids=HASHES)
def test_other_hash_functions(pictures, list_images, function):
    paths = pictures[::4]
    hashed = hash_images(list_images(paths), hash=function, cache=False)
    expected = [hash_plainly(path, function) for path in paths]
    length = max(map(len, expected))
    assert set(hashed["hash"].str.len()) == {length + length % 2}  # whole bytes
    assert [int(text, 16) for text in hashed["hash"]] == [int(text, 16) for text in expected]


def test_padding_changes_no_distance(pictures, list_images):
    function = partial(imagehash.phash, hash_size=7)
    ours = hash_images(list_images(pictures[:8]), hash=function, cache=False)["hash"]
    theirs = [function(Image.open(path)) for path in pictures[:8]]
    for first in range(8):
        for second in range(8):
            assert (int(ours[first], 16) ^ int(ours[second], 16)).bit_count() == theirs[first] - theirs[second]


def test_blank_pictures(tmp_path, list_images):
    paths = [tmp_path / f"{value}.png" for value in (0, 7, 255)]
    for path in paths:
        Image.new("L", (50, 40), int(path.stem)).save(path)
    assert list(hash_images(list_images(paths), cache=False)["hash"]) == [hash_plainly(path) for path in paths]


def test_quality_tells_blank_pictures_from_full_ones(tmp_path, paint, list_images):
    Image.new("RGB", (60, 60), "white").save(tmp_path / "blank.png")
    paint(300, 300).save(tmp_path / "full.png")
    (tmp_path / "empty.png").touch()
    quality = hash_images(
        list_images([tmp_path / name for name in ("blank.png", "full.png", "empty.png")]), cache=False
    )["quality"]
    assert str(quality.dtype) == "Int64" and quality[0] == 0 and quality[1] > 50 and quality.isna()[2]


@pytest.mark.parametrize("size", [8, 16])
def test_turned_views_from_the_one_decode(tmp_path, list_images, size):
    function = partial(imagehash.phash, hash_size=size)
    grain = np.random.default_rng(0).integers(256, size=(150, 200, 3), dtype=np.uint8)
    picture = Image.fromarray(grain)
    picture.save(tmp_path / "grain.png")
    hashed = hash_images(list_images([tmp_path / "grain.png", None]), hash=function, views="turned", cache=False)
    assert hashed["hash"][0] == str(function(picture)) and hashed["views"].isna()[1]
    text = hashed["views"][0].hex()
    turned = [text[start : start + len(text) // 8] for start in range(0, len(text), len(text) // 8)]
    transposes = [None, 0, 3, 1, 5, 4, 6, 2]  # those that the EXIF orientations 1 to 8 ask for
    for ours, transpose in zip(turned, transposes, strict=True):
        expected = str(function(picture if transpose is None else picture.transpose(transpose)))
        differing = (int(ours, 16) ^ int(expected, 16)).bit_count()
        assert differing <= (0 if transpose in (None, 0, 1, 3) else size // 2)


@pytest.mark.parametrize(
    "function", [lambda image: "00ff", lambda image: None, partial(imagehash.crop_resistant_hash, min_segment_size=9)]
)
def test_what_is_no_hash_function_is_refused(list_images, picture, function):
    with pytest.raises(
        TypeError, match=r"hash must return an imagehash.ImageHash, as imagehash.phash does; .* returned a "
    ):
        hash_images(list_images([picture]), hash=function, cache=False)


def test_the_table_keeps_its_rows_columns_and_order(pictures, list_images):
    images = list_images(pictures[::-1], text="笑", is_laugh=pd.array([1] * len(pictures), "Int64"))
    images["is_laugh"] = images["is_laugh"].astype("Int64")
    before = images.copy()
    hashed = hash_images(images, cache=False)
    pd.testing.assert_frame_equal(images, before)
    pd.testing.assert_frame_equal(hashed[list(images)], before)
    assert list(hashed) == [*images, "hash", "problem", "quality", "deep"]


def test_no_images(list_images):
    hashed = hash_images(list_images([]))
    assert len(hashed) == 0
    assert list(hashed) == ["filename", "fold", "path", "hash", "problem", "quality", "deep"]


def test_pictures_of_more_than_8_bits_are_told_from_the_cache_too(paint, list_images, tmp_path):
    levels = np.arange(40 * 30).reshape(30, 40)
    for name, dtype in (("a.png", np.uint16), ("b.tif", np.int32), ("c.tif", np.float32), ("d.png", np.uint8)):
        Image.fromarray(levels.astype(dtype)).save(tmp_path / name)
        os.utime(tmp_path / name, (1e9, 1e9))  # too new a file is not kept
    (tmp_path / "e.png").write_bytes(b"")
    images = list_images([tmp_path / name for name in ("a.png", "b.tif", "c.tif", "d.png", "e.png")])
    for _ in range(2):
        hashed = hash_images(images, cache=tmp_path / "hashes.sqlite")
        assert hashed["deep"].tolist() == [True, True, True, False, False]
        assert hashed["hash"].isna().tolist() == [False] * 4 + [True]


@pytest.fixture
def faulty(tmp_path, paint):
    """Paths of files that can't be read, each with the beginning of its reason; among them good ones, with None."""
    names = ["missing", "empty", "cut", "garbage", "folder", "pipe", "dangling"]
    path = {name: str(tmp_path / f"{name}.jpg") for name in [*names, "first", "last"]}
    for seed, name in enumerate(["first", "last", "cut"]):
        paint(200, 150, seed=seed).save(path[name])
        age(path[name])
    os.truncate(path["cut"], os.path.getsize(path["cut"]) // 2)
    open(path["empty"], "w").close()
    with open(path["garbage"], "wb") as file:
        file.write(np.random.default_rng(0).bytes(1000))
    os.mkdir(path["folder"])
    os.mkfifo(path["pipe"])
    os.symlink(path["missing"], path["dangling"])
    return [
        (path["first"], None),
        (path["missing"], "there is no such file"),
        (path["empty"], "the file is empty"),
        (path["cut"], "the file is cut short"),
        (path["garbage"], "not an image"),
        (path["folder"], "a folder, not a file"),
        (path["pipe"], "not a regular file"),
        (path["dangling"], "a link that leads nowhere"),
        (None, "the CSV names no file"),
        (path["last"], None),
    ]


def test_what_cannot_be_read_is_a_problem_and_the_others_go_on(faulty, list_images):
    paths, reasons = zip(*faulty, strict=True)
    hashed = hash_images(list_images(paths), cache=False)
    for row, reason in zip(hashed.itertuples(), reasons, strict=True):
        if reason is None:
            assert row.hash == hash_plainly(row.path) and pd.isna(row.problem)
        else:
            assert pd.isna(row.hash) and row.problem.startswith(reason) and "\n" not in row.problem
            assert os.sep not in row.problem


def test_a_name_that_leads_outside_is_told_from_no_name(list_images):
    images = list_images([None, None]).assign(filename=["../../secret.jpg", ""])
    outside, unnamed = hash_images(images, cache=False)["problem"]
    assert "outside the fold's folder" in outside and "names no file" in unnamed


def test_all_unreadable(faulty, list_images):
    paths = [path for path, reason in faulty if reason]
    hashed = hash_images(list_images(paths), cache=False)
    assert hashed["hash"].isna().all() and hashed["problem"].notna().all()


def test_an_error_of_the_hash_function_is_a_problem_of_that_image(pictures, list_images):
    hashed = hash_images(list_images(pictures), hash=_fail_on_small, cache=False)
    small = [Image.open(path).width < 3 for path in pictures]
    assert any(small) and list(hashed["problem"].notna()) == small
    assert "too small" in hashed["problem"].dropna().iloc[0]


def _fail_on_small(image):
    if image.width < 3:
        raise ValueError("too small")
    return imagehash.dhash(image)


@pytest.mark.parametrize(
    "make_executor",
    [partial(ProcessPoolExecutor, 1, get_context("spawn")), partial(ThreadPoolExecutor, 3)],
    ids=["processes", "threads"],
)
def test_any_executor_gives_the_same(
    faulty, pictures, list_images, palette, tmp_path, no_reading, capfd, make_executor
):
    images = list_images([*map(str, pictures), palette, *(path for path, _ in faulty)])
    for path in [*pictures, palette]:
        age(path)
    alone = hash_images(images, cache=False)
    with make_executor() as executor:
        pd.testing.assert_frame_equal(hash_images(images, cache=tmp_path / "hashes", executor=executor), alone)
        assert executor.submit(abs, -1).result() == 1  # it is not ours to shut down
    assert "Warning" not in capfd.readouterr().err
    no_reading()
    readable = images[alone["hash"].notna()].reset_index(drop=True)
    assert list(hash_images(readable, cache=tmp_path / "hashes")["hash"]) == list(alone["hash"].dropna())


def test_a_second_run_reads_nothing(pictures, list_images, tmp_path, no_reading):
    for path in pictures:
        age(path)
    images = list_images(pictures)
    first = hash_images(images, cache=tmp_path / "hashes")
    no_reading()
    pd.testing.assert_frame_equal(hash_images(images, cache=tmp_path / "hashes"), first)


def test_a_second_run_reads_only_what_is_new_or_could_not_be_read(faulty, list_images, tmp_path, monkeypatch):
    paths = [path for path, _ in faulty]
    first = hash_images(list_images(paths), cache=tmp_path / "hashes")
    opened, open_image = [], hashing.images.open_image
    monkeypatch.setattr(hashing.images, "open_image", lambda path, **o: opened.append(path) or open_image(path, **o))
    pd.testing.assert_frame_equal(hash_images(list_images(paths), cache=tmp_path / "hashes"), first)
    assert sorted(opened) == sorted(path for path, reason in faulty if reason and path)


def test_a_changed_picture_is_hashed_again(tmp_path, paint, list_images):
    for seed in (1, 2):
        paint(seed=seed).save(tmp_path / "picture.png")
        os.utime(tmp_path / "picture.png", (LONG_AGO + seed, LONG_AGO + seed))
        hashed = hash_images(list_images([tmp_path / "picture.png"]), cache=tmp_path / "hashes")
        assert hashed["hash"][0] == str(imagehash.phash(paint(seed=seed)))


def test_hash_functions_share_a_cache_without_mixing(pictures, list_images, tmp_path):
    for path in pictures[:6]:
        age(path)
    functions = [
        imagehash.phash,
        imagehash.dhash,
        partial(imagehash.dhash, hash_size=8),
        partial(imagehash.phash, hash_size=16),
    ]
    for function in functions * 2:
        hashes = hash_images(list_images(pictures[:6]), hash=function, cache=tmp_path / "hashes")["hash"]
        assert list(hashes) == [hash_plainly(path, function) for path in pictures[:6]]


def test_a_function_without_a_lasting_name_is_not_cached(picture, list_images, tmp_path):
    age(picture)
    for size in (8, 16):
        hashed = hash_images(
            list_images([picture]),
            hash=lambda image, size=size: imagehash.phash(image, size),
            cache=tmp_path / "hashes",
        )
        assert hashed["hash"][0] == str(imagehash.phash(Image.open(picture), size))
    assert not (tmp_path / "hashes").exists()


def test_what_was_hashed_before_an_interruption_is_kept(tmp_path, paint, list_images, monkeypatch):
    paths = [tmp_path / f"{seed:03}.png" for seed in range(200)]
    for seed, path in enumerate(paths):
        paint(30, 20, seed=seed).save(path)
        age(path)
    work_through, kept = hashing.images.work_through, []

    def interrupted(*args, **options):
        for part, results in work_through(*args, **options):
            if len(kept) >= 40:
                raise KeyboardInterrupt
            kept.extend(range(len(paths))[part])
            yield part, results

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(hashing.images, "work_through", interrupted)
        hash_images(list_images(paths), cache=tmp_path / "hashes")
    opened, open_image = [], hashing.images.open_image
    monkeypatch.setattr(hashing.images, "open_image", lambda path, **o: opened.append(path) or open_image(path, **o))
    hashed = hash_images(list_images(paths), cache=tmp_path / "hashes")
    assert sorted(opened) == sorted(str(path) for row, path in enumerate(paths) if row not in kept)
    assert list(hashed["hash"]) == [str(imagehash.phash(paint(30, 20, seed=seed))) for seed in range(200)]


@pytest.fixture
def palette(tmp_path, paint):
    """The path of a picture of which Pillow warns."""
    path = tmp_path / "palette.png"
    paint().convert("P").save(path, transparency=bytes(range(200)))
    with pytest.warns(UserWarning, match="Palette images"):
        Image.open(path).convert("L")
    return str(path)


def test_warnings_of_pillow_are_silent_and_its_filters_are_put_back(
    tmp_path, palette, paint, list_images, recwarn, monkeypatch
):
    paint(300, 300).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60_000)  # a warning from here on, an error from twice as many on
    hashed = hash_images(list_images([tmp_path / "large.png", palette]), cache=False)
    assert hashed["problem"].isna().all()
    assert not recwarn.list
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(tmp_path / "large.png")


def test_the_progress_bar_alone_is_printed_and_to_stderr(picture, list_images, capfd):
    hash_images(list_images([picture] * 3), cache=False)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "Hashing: 100%" in printed.err and "3/3" in printed.err
    assert not [line for line in printed.err.replace("\r", "\n").splitlines() if line.strip() and "Hashing" not in line]
    hash_images(list_images([]), cache=False)
    assert capfd.readouterr() == ("", "")


def list_odd(shared):
    with warnings.catch_warnings(action="ignore"):
        return read_folds(shared / "data" / "odd")


def compare_with_pillow(images):
    hashed = hash_images(images, cache=False)
    expected = [hash_plainly(path) for path in images["path"]]
    differing = [
        name
        for name, ours, theirs in zip(images["filename"], missing_as_none(hashed["hash"]), expected, strict=True)
        if ours != theirs
    ]
    assert differing == []
    assert list(hashed["problem"].notna()) == [text is None for text in expected]
    reasons = hashed["problem"].dropna()
    assert reasons.str.len().between(5, 200).all() and not reasons.str.contains("\n|/data/", regex=True).any()
    return hashed


def test_odd_files_end_as_pillow_alone_would_have_them_without_noise(shared, capfd):
    images = list_odd(shared)
    sizes = images["path"].map(lambda path: os.stat(path).st_size if stat.S_ISREG(os.stat(path).st_mode) else 0)
    quick = images[(sizes < 15_000) & ~images["filename"].str.endswith(".blp")].iloc[::2].reset_index(drop=True)
    hash_images(quick, cache=False)
    assert not [
        line
        for line in capfd.readouterr().err.replace("\r", "\n").splitlines()
        if line.strip() and "Hashing" not in line
    ]
    hashed = compare_with_pillow(quick)
    assert 20 < hashed["problem"].notna().sum() < len(quick) / 2


@pytest.mark.slow
def test_all_odd_files_end_as_pillow_alone_would_have_them(shared):
    compare_with_pillow(list_odd(shared))


def test_shared_photographs(shared):
    images = pd.concat(
        [read_folds(shared / "data" / name).iloc[::12] for name in ("pets", "clothing")], ignore_index=True
    )
    hashed = hash_images(images, cache=False)
    assert list(hashed["hash"]) == [hash_plainly(path) for path in images["path"]]


def test_options_are_by_keyword():
    kinds = [parameter.kind.name for parameter in inspect.signature(hash_images).parameters.values()]
    assert kinds == ["POSITIONAL_OR_KEYWORD"] + ["KEYWORD_ONLY"] * (len(kinds) - 1)


def test_what_can_be_seen_of_files_cut_short_is_hashed_where_asked(tmp_path, paint, list_images):
    whole, cut, lost = (tmp_path / name for name in ("whole.jpg", "cut.jpg", "lost.jpg"))
    paint(200, 150, seed=1).save(whole, quality=90)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 95 // 100])
    lost.write_bytes(b"no image")
    images = list_images([whole, cut, lost])
    strict = hash_images(images, cache=False)
    assert "truncated" not in strict and strict["problem"][1] == "the file is cut short (truncated)"
    cache = tmp_path / "hashes.sqlite"
    for _ in range(2):
        hashed = hash_images(images, truncated=True, cache=cache)
        assert hashed["truncated"].tolist() == [False, True, False]
        assert hashed["problem"][:2].isna().all() and "not an image" in hashed["problem"][2]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
            assert hashed["hash"][1] == str(imagehash.phash(Image.open(cut)))
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    assert pd.isna(hash_images(images, cache=cache)["hash"][1])
    pairs = find_pairs(hashed)
    pairs = pairs if len(pairs) else pd.DataFrame({"earlier": [0], "later": [1], "distance": [10]})
    looked = look_again(hashed, pairs)
    assert looked["kind"].notna().all()
    clusters = add_kinds(hashed, cluster_sequentially(hashed, pairs[pairs["distance"] < 10]), looked)
    assert len(clusters) == 2
    page = show_clusters(clusters)._repr_html_()
    assert page.count(">cut short</span>") == 1 and page.count("<img ") == 2
