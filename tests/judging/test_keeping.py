"""Which copy is kept, by the stated order, and the tables that say so."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from lookalikes.judging.groups import group_images
from lookalikes.judging.keeping import (
    choose_keepers,
    measure_files,
    measure_images,
    save_keep_table,
    save_train_without_leaks,
)
from oracle import distance
from worked import FAR, A, B, C, D, bridged, clumps, looked_at, tabulate


def measured(ids, sizes, folds=None):
    """Clusters whose images have those (width, height, bytes); None for one that can't be read any more."""
    sizes = [size or (None, None, None) for size in sizes]
    table = pd.DataFrame(sizes, columns=["width", "height", "bytes"], dtype="Int64")
    names = [f"{number}.png" for number in range(len(ids))]
    return table.assign(cluster_id=ids, filename=names, fold=folds or ["train"] * len(ids))


def kept(clusters, **options):
    return choose_keepers(clusters, **options)["keep"].tolist()


def test_the_largest_in_pixels_then_in_bytes_then_the_first_is_kept():
    assert kept(measured([0, 0, 0], [(10, 10, 900), (5, 21, 10), (100, 1, 999)])) == [False, True, False]
    assert kept(measured([0, 0, 0], [(10, 10, 900), (20, 5, 950), (5, 20, 100)])) == [False, True, False]
    assert kept(measured([0, 0, 0], [(10, 10, 900), (20, 5, 900), (5, 20, 900)])) == [True, False, False]


def test_every_cluster_keeps_one():
    clusters = measured([0, 0, 1, 2, 2], [(1, 1, 1), (2, 2, 2), None, (3, 3, 3), (2, 2, 2)])
    assert kept(clusters) == [False, True, True, True, False]


def test_a_preferred_fold_comes_before_size():
    sizes = [(9, 9, 9), (3, 3, 3), (4, 4, 4), (1, 1, 1), (2, 2, 2)]
    clusters = measured([0, 0, 0, 1, 1], sizes, ["a", "b", "b", "a", "a"])
    assert kept(clusters, prefer="b") == [False, False, True, False, True]
    assert kept(clusters) == [True, False, False, False, True]


def test_what_can_not_be_read_any_more_is_not_kept_unless_alone():
    assert kept(measured([0, 0], [None, (1, 1, 1)], ["a", "b"]), prefer="a") == [False, True]
    assert kept(measured([0, 0, 1], [None, None, None])) == [True, False, True]


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4, st.booleans()), max_size=12))
def test_keepers_equal_a_plain_search(rows):
    rows = sorted(rows, key=lambda row: row[0])
    sizes = [(width + 1, height + 1, size + 1) if readable else None for _, width, height, size, readable in rows]
    folds = ["ab"[size[2] % 2] if size else "a" for size in sizes]
    clusters = measured([row[0] for row in rows], sizes, folds)
    best = {}
    for place, (row, size, fold) in enumerate(zip(rows, sizes, folds, strict=True)):
        merit = (size is not None, fold == "a", size[0] * size[1] if size else 0, size[2] if size else 0)
        if row[0] not in best or merit > best[row[0]][0]:
            best[row[0]] = merit, place
    expected = {place for _, place in best.values()}
    prefer = "a" if "a" in folds else None
    assert kept(clusters, prefer=prefer) == [place in expected for place in range(len(rows))]


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
    assert kept(measure_images(clusters)) == [True, False, False, True]


def test_measuring_can_run_on_an_executor(make_clusters):
    clusters = make_clusters([0, 0, 0])
    assert pickle.loads(pickle.dumps(measure_files)) is measure_files, "as processes and machines need it"
    with ThreadPoolExecutor(1) as executor:
        pd.testing.assert_frame_equal(measure_images(clusters, executor=executor), measure_images(clusters))


def test_the_keep_table_holds_every_image(tmp_path):
    clusters = choose_keepers(measured([0, 0, 1], [(1, 1, 1), (2, 2, 2), None], ["train", "test", "test"]))
    saved = save_keep_table(clusters, tmp_path / "new" / "keep.csv")
    assert saved.read_text() == (
        "cluster_id,filename,fold,keep\n0,0.png,train,False\n0,1.png,test,True\n1,2.png,test,True\n"
    )


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
    clusters = choose_keepers(measure_images(clusters))
    save_keep_table(clusters, tmp_path / "keep.csv")
    save_train(clusters, tmp_path / "train.csv")
    assert before == ((tmp_path / "image.png").read_bytes(), (tmp_path / "image.png").stat().st_mtime_ns)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.png", "keep.csv", "train.csv"]


def test_no_images_make_empty_tables(make_clusters, tmp_path):
    clusters = choose_keepers(measure_images(make_clusters([])), prefer="train")
    assert save_keep_table(clusters, tmp_path / "a.csv").read_text() == "cluster_id,filename,fold,keep\n"
    assert save_train(clusters, tmp_path / "b.csv") == []


def test_errors_say_what_to_do(make_clusters, tmp_path):
    clusters = make_clusters([0, 0])
    with pytest.raises(ValueError, match=r"bytes is missing: call measure_images\(clusters\) first"):
        choose_keepers(clusters.assign(width=1, height=1))
    with pytest.raises(ValueError, match=r"prefer must be one of the folds here \(all\), got 'tset'"):
        choose_keepers(measure_images(clusters), prefer="tset")
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
