"""Which copy is kept, by the stated order, and the tables that say so."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalikes import (
    cluster_sequentially,
    find_bridges,
    find_missed,
    find_pairs,
    hash_images,
    look_again,
    make_sample,
    read_folds,
)
from lookalikes.judging import keeping
from lookalikes.judging.groups import group_images
from lookalikes.judging.keeping import (
    choose_keepers,
    measure_distance,
    measure_files,
    measure_images,
    save_keep_table,
    save_train_without_leaks,
)
from oracle import distance
from worked import FAR, A, B, C, D, bridged, clumps, looked_at, tabulate

NOTHING = pd.DataFrame({"earlier": [], "later": [], "distance": [], "kind": [], "score": []})


def measured(ids, sizes, folds=None):
    """Clusters whose images have those (width, height, bytes, lossless); None for one that can't be read any more."""
    sizes = [(*size, 0)[:4] if size else (None,) * 4 for size in sizes]
    table = pd.DataFrame(sizes, columns=["width", "height", "bytes", "lossless"], dtype="Int64")
    return tabulate([A] * len(ids), folds).assign(**table, cluster_id=ids)


@pytest.fixture
def keep(monkeypatch):
    """keep(clusters, copies): what is kept; `copies` are the pairs of rows that the second look confirms, the `links`
    among them known before.
    """

    def keep(clusters, copies, links=None, **options):
        def look(pairs):
            named = zip(pairs["earlier"], pairs["later"], strict=True)
            return pairs.assign(kind=["near copy" if pair in copies else "look-alike" for pair in named], score=0.95)

        asked = []
        monkeypatch.setattr(keeping, "look_again", lambda _, pairs, executor: asked.append(pairs) or look(pairs))
        links = copies if links is None else links
        looked = look(pd.DataFrame(sorted(links), columns=["earlier", "later"], dtype=int).assign(distance=0))
        found = choose_keepers(clusters, clusters, looked, **options)
        keep.asked = [tuple(pair) for pairs in asked for pair in pairs[["earlier", "later"]].to_numpy().tolist()]
        keep.found = found
        return found["keep"].tolist()

    return keep


def all_pairs(count):
    return set(itertools.combinations(range(count), 2))


@pytest.mark.parametrize(("sizes", "best"), [
    ([(10, 10, 900), (5, 21, 10), (100, 1, 999)], 1), ([(10, 10, 900), (20, 5, 950), (5, 20, 100)], 1),
    ([(10, 10, 900), (20, 5, 900), (5, 20, 900)], 0), ([(10, 10, 900), (20, 5, 100, 1), (5, 20, 90, 1)], 1),
    ([(10, 11, 9), (20, 5, 100, 1)], 0),
])  # fmt: skip
def test_the_largest_in_pixels_then_the_lossless_then_the_largest_in_bytes_then_the_first(keep, sizes, best):
    kept = keep(measured([0] * len(sizes), sizes), all_pairs(len(sizes)))
    assert kept == [place == best for place in range(len(sizes))]


def test_only_copies_of_what_is_kept_are_not_kept(keep):
    """0, the best, has a copy, 1, which has a copy, 2, that is none of 0; 3 is like none; 4 is in another cluster."""
    clusters = measured([0, 0, 0, 0, 1], [(9 - row, 1, 1) for row in range(5)])
    assert keep(clusters, {(0, 1), (1, 2), (3, 4)}) == [True, False, True, True, True]
    assert keep.asked == [(0, 2)]
    found = keep.found.astype(object).where(keep.found.notna(), None)
    columns = ["copy_of", "copy_kind", "copy_score"]
    assert found[columns].to_numpy().tolist() == [[None] * 3, ["train/0.png", "near copy", 0.95], *[[None] * 3] * 3]


def test_a_pair_that_was_not_looked_at_is_looked_at_now(keep):
    clusters = measured([0, 0, 0], [(1, 1, 1), (2, 2, 2), (3, 3, 3)])
    assert keep(clusters, all_pairs(3), links={(0, 1), (0, 2)}) == [False, False, True]
    assert keep.asked == [(1, 2)]


def test_a_preferred_fold_comes_before_size(keep):
    sizes = [(9, 9, 9), (3, 3, 3), (4, 4, 4), (1, 1, 1), (2, 2, 2)]
    clusters = measured([0, 0, 0, 1, 1], sizes, ["a", "b", "b", "a", "a"])
    assert keep(clusters, all_pairs(5), prefer="b") == [False, False, True, False, True]
    assert keep(clusters, all_pairs(5)) == [True, False, False, False, True]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_keepers_equal_a_plain_search(keep, data):
    count = data.draw(st.integers(0, 7))
    ids = sorted(data.draw(st.lists(st.integers(0, 1), min_size=count, max_size=count)))
    size = st.none() | st.tuples(*[st.integers(1, 3)] * 3, st.integers(0, 1))
    sizes = data.draw(st.lists(size, min_size=count, max_size=count))
    copies = data.draw(st.sets(st.sampled_from(sorted(all_pairs(count))))) if count > 1 else set()
    merit = [(size is not None, *((size[0] * size[1], size[3], size[2]) if size else (0, 0, 0))) for size in sizes]
    group = list(range(count))
    for one, other in sorted(copies):
        if ids[one] == ids[other]:
            group = [group[one] if each == group[other] else each for each in group]
    expected = [True] * count
    for place in sorted(range(count), key=lambda place: merit[place], reverse=True):
        better = [each for each in range(count) if (merit[each], -each) > (merit[place], -place) and expected[each]]
        near = [each for each in better if group[each] == group[place]]
        expected[place] = not any((min(each, place), max(each, place)) in copies for each in near)
    assert keep(measured(ids, sizes), copies) == expected


def test_images_in_multi_image_clusters_are_measured_as_stored(make_clusters, paint, tmp_path):
    turned, small = tmp_path / "turned.jpg", tmp_path / "small.png"
    exif = paint().getexif()
    exif[0x0112] = 6
    paint(90, 60).save(turned, exif=exif)
    paint(30, 20).save(small)
    clusters = make_clusters([0, 0, 0, 1], path=[str(turned), str(small), str(tmp_path / "gone.png"), str(small)])
    measures = measure_images(clusters)[["width", "height", "bytes"]]
    assert measures.iloc[:2].to_numpy().tolist() == [[90, 60, turned.stat().st_size], [30, 20, small.stat().st_size]]
    assert measures.iloc[2:].isna().all(axis=None)
    assert measure_images(clusters)["lossless"].fillna(-1).tolist() == [0, 1, -1, -1]


@pytest.mark.parametrize(("name", "mode", "options", "lossless"), [
    ("a.png", "RGB", {}, 1), ("a.jpg", "RGB", {}, 0), ("a.webp", "RGB", {}, 0),
    ("a.webp", "RGB", {"lossless": True}, 1), ("a.webp", "RGBA", {}, 1), ("a.tif", "RGB", {}, 1),
    ("a.tif", "RGB", {"compression": "jpeg"}, 0),
    ("a.gif", "P", {}, 0), ("a.bmp", "L", {}, 1),
])  # fmt: skip
def test_lossless_files_and_those_with_transparency_are_known(paint, tmp_path, name, mode, options, lossless):
    picture = paint()
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.convert(mode).save(tmp_path / name, **options)
    assert measure_files([str(tmp_path / name)])[0][3] == lossless


def test_measuring_can_run_on_an_executor(make_clusters):
    clusters = make_clusters([0, 0, 0])
    assert pickle.loads(pickle.dumps(measure_files)) is measure_files, "as processes and machines need it"
    with ThreadPoolExecutor(1) as executor:
        pd.testing.assert_frame_equal(measure_images(clusters, executor=executor), measure_images(clusters))


def test_the_keep_table_holds_every_image(keep, tmp_path):
    keep(measured([0, 0, 1], [(1, 1, 1), (2, 2, 2), None], ["train", "test", "test"]), {(0, 1)})
    saved = save_keep_table(keep.found, tmp_path / "new" / "keep.csv")
    assert saved.read_text() == (
        "cluster_id,filename,fold,keep,kind,score,copy_of\n"
        "0,0.png,train,False,near copy,0.95,test/1.png\n0,1.png,test,True,,,\n1,2.png,test,True,,,\n"
    )


def test_the_distance_of_any_pair_is_that_of_find_pairs(paint, list_images, tmp_path):
    for number in range(3):
        paint(seed=number).save(tmp_path / f"{number}.png")
    images = list_images([tmp_path / f"{number}.png" for number in range(3)])
    hashed = hash_images(images, cache=False)
    pairs = find_pairs(hashed, below=65)
    pd.testing.assert_frame_equal(measure_distance(hashed, pairs[["earlier", "later"]]), pairs)


def save_train(hashed, path, below=3, looked=None, **options):
    pairs = find_pairs(hashed, below=below)
    groups = group_images(hashed, pairs, looked=looked)
    return save_train_without_leaks(hashed, groups, pairs, path, looked=looked, **options).read_text().splitlines()[1:]


def test_the_train_list_leaves_out_a_near_pair_that_the_clusters_keep_apart(tmp_path):
    """t2 is 8 bits from s, and in another cluster."""
    assert save_train(bridged(), tmp_path / "train.csv", below=10) == []
    assert save_train(bridged(), tmp_path / "train.csv", below=8) == ["1.png,train"]


def test_the_train_list_leaves_out_confirmed_copies_beyond_the_threshold(tmp_path):
    hashed = tabulate([A, D, FAR], ["train", "train", "test"])
    looked = looked_at(hashed, 9, {(0, 2): "near copy", (1, 2): "look-alike"})
    assert save_train(hashed, tmp_path / "train.csv") == ["0.png,train", "1.png,train"]
    assert save_train(hashed, tmp_path / "train.csv", looked=looked) == ["1.png,train"]


def test_images_connected_through_others_are_kept_and_counted(tmp_path, capsys):
    """C is near B, B near A of test, and C not near A; two train images are alone; one can't be read."""
    hashed = tabulate([C, B, FAR, "55", None, A], ["train"] * 5 + ["test"])
    assert save_train(hashed, tmp_path / "train.csv") == ["0.png,train", "2.png,train", "3.png,train"]
    assert capsys.readouterr().out == (
        "3 of the 4 images of train are in no pair with another fold; "
        "1 of these share a group with one through others only.\n"
    )


def test_the_train_list_has_the_columns_that_the_person_gave(tmp_path):
    hashed = tabulate(
        [A, FAR, A], ["train", "train", "test"], label=[1, 0, 1], text=["a", "b", "c"], csv_hash=[7, 8, 9]
    )
    hashed = hashed.assign(quality=100)
    pairs = find_pairs(hashed, below=3)
    saved = save_train_without_leaks(hashed, group_images(hashed, pairs), pairs, tmp_path / "a.csv")
    assert saved.read_text() == "filename,fold,label,text,csv_hash\n1.png,train,0,b,8\n"
    assert save_train(hashed, tmp_path / "b.csv", train="test") == []


@given(clumps(), st.data())
@settings(deadline=None)
def test_no_row_of_the_train_list_is_near_another_fold(tmp_path_factory, case, data):
    """Of all n² pairs, repeats included; and nothing is left out that could stay."""
    hashed, below = case
    hashes, folds = hashed["hash"].tolist(), hashed["fold"].tolist()
    rows = [row for row, hash_ in enumerate(hashes) if hash_ is not None]
    if not rows:
        return
    every = [(one, two) for two in rows for one in rows if one < two]
    copies = set(data.draw(st.lists(st.sampled_from(every), max_size=3))) if every else set()
    looked = pd.DataFrame(list(copies), columns=["earlier", "later"], dtype=int).assign(kind="near copy", distance=0)
    train = folds[rows[0]]
    shared = set()
    for one, two in every:
        if folds[one] != folds[two] and (distance(hashes[one], hashes[two]) < below or (one, two) in copies):
            shared |= {one, two}
    path = tmp_path_factory.mktemp("train") / "train.csv"
    kept = save_train(hashed, path, below, looked, train=train)
    assert kept == [f"{row}.png,{train}" for row in rows if folds[row] == train and row not in shared]


def test_nothing_is_done_to_the_images(make_clusters, paint, tmp_path):
    paint().save(tmp_path / "image.png")
    before = (tmp_path / "image.png").read_bytes(), (tmp_path / "image.png").stat().st_mtime_ns
    clusters = make_clusters([0, 0], path=[str(tmp_path / "image.png")] * 2, fold="train")
    clusters = choose_keepers(clusters, measure_images(clusters), looked_at(clusters, 3, {}))
    save_keep_table(clusters, tmp_path / "keep.csv")
    save_train(clusters, tmp_path / "train.csv")
    assert before == ((tmp_path / "image.png").read_bytes(), (tmp_path / "image.png").stat().st_mtime_ns)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.png", "keep.csv", "train.csv"]


def test_no_images_make_empty_tables(make_clusters, tmp_path):
    clusters = choose_keepers(make_clusters([]), measure_images(make_clusters([])), NOTHING, prefer="train")
    assert (
        save_keep_table(clusters, tmp_path / "a.csv").read_text()
        == "cluster_id,filename,fold,keep,kind,score,copy_of\n"
    )
    assert save_train(clusters, tmp_path / "b.csv") == []


def test_errors_say_what_to_do(make_clusters, tmp_path):
    clusters = make_clusters([0, 0])
    with pytest.raises(ValueError, match=r"bytes, lossless is missing: call measure_images\(clusters\) first"):
        choose_keepers(clusters, clusters.assign(width=1, height=1), NOTHING)
    with pytest.raises(ValueError, match=r"prefer must be one of the folds here \(all\), got 'tset'"):
        choose_keepers(clusters, measure_images(clusters), NOTHING, prefer="tset")
    with pytest.raises(ValueError, match=r"train must be one of the folds here \(all\), got 'train'"):
        save_train(clusters, tmp_path / "train.csv")


def test_of_the_sample_no_image_stays_by_a_bridge_or_a_copy_beyond_the_threshold(tmp_path):
    hashed = hash_images(read_folds(make_sample()))
    wide = find_pairs(hashed, below=16)
    pairs = wide[wide["distance"] < 10]
    clusters = cluster_sequentially(hashed, pairs)
    looked = look_again(hashed, wide)
    groups = group_images(hashed, pairs, looked=looked)
    kept = pd.read_csv(save_train_without_leaks(hashed, groups, pairs, tmp_path / "train.csv", looked=looked))
    bridges, missed = find_bridges(hashed, clusters, pairs), find_missed(hashed, clusters, looked, below=10)
    for between, bits in ((bridges, 6), (missed, 12)):
        folds = hashed["fold"].to_numpy()[between[["earlier", "later"]].to_numpy()]
        across = between[folds[:, 0] != folds[:, 1]]
        named = hashed["filename"].iloc[across["earlier"]]
        assert bits in across["distance"].tolist() and not set(named) & set(kept["filename"])
        clusters_of_test = clusters.loc[clusters["fold"] == "test", "cluster_id"]
        by_cluster = clusters[(clusters["fold"] == "train") & ~clusters["cluster_id"].isin(clusters_of_test)]
        assert set(named) & set(by_cluster["filename"])  # which is why clusters are no safe list
