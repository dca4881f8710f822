"""Copies by other views: joined with what the whole picture shows, counted once, and told apart."""

import pandas as pd

from lookalikes import (
    add_hidden,
    find_conflicts,
    find_hidden_copies,
    find_leaks,
    find_missed,
    find_pairs,
    group_images,
    hash_images,
    look_again,
    make_sample,
    measure_conflicts,
    measure_leaks,
    read_folds,
)
from lookalikes.judging.hidden import count_hidden
from lookalikes.judging.kinds import CONFIRMED
from worked import FAR, A, B, cluster, tabulate

WHOLE, WINDOW = (0.0, 0.0, 1.0, 1.0), (0.1, 0.1, 0.9, 0.9)


def judged(*rows, views=False):
    pairs = pd.DataFrame(rows, columns=["earlier", "later", "distance", "kind"]).assign(score=0.95)
    return pairs.assign(view=8, shared=[(WHOLE, WINDOW)] * len(pairs)) if views else pairs


def test_a_pair_that_both_confirm_is_the_whole_picture_s_and_told_as_cropped():
    looked = judged((0, 1, 12, "near copy"), (0, 2, 14, "look-alike"), (1, 2, 8, "near copy"))
    hidden = judged((0, 1, 2, "near copy"), (0, 2, 4, "near copy"), (0, 3, 6, "part differs"), views=True)
    found = add_hidden(looked, hidden)
    assert found[["earlier", "later", "distance"]].to_numpy().tolist() == [[0, 1, 12], [0, 2, 4], [1, 2, 8]]
    assert found["view"].tolist() == [8, 8, pd.NA]
    assert found["shared"].tolist()[:2] == [(WHOLE, WINDOW)] * 2
    assert found["hidden"].tolist() == [False, True, False]
    assert count_hidden(found) == 1 and count_hidden(looked) == 0


def test_nothing_confirmed_changes_nothing():
    looked = judged((0, 1, 12, "near copy"))
    assert add_hidden(looked, judged((0, 2, 4, "look-alike"), views=True)) is looked


def test_leaks_and_conflicts_say_how_many_other_views_alone_confirm():
    hashed = tabulate([A, FAR, B], ["train", "test", "test"], label=["x", "y", "x"])
    pairs = find_pairs(hashed, below=3)
    looked = pairs.assign(kind="near copy", score=0.95)
    assert pairs[["earlier", "later"]].to_numpy().tolist() == [[0, 2]]
    found = add_hidden(looked, judged((0, 1, 0, "near copy"), (0, 2, 0, "near copy"), views=True))
    leaks = find_leaks(hashed, pairs, found)
    [share] = measure_leaks(hashed, group_images(hashed, pairs, looked=found), leaks).to_dict("records")
    assert (share["leaks"], share["confirmed"], share["hidden"], share["connected"]) == (2, 2, 1, 0)
    conflicts = measure_conflicts(hashed, find_conflicts(hashed, pairs, found))
    assert (conflicts["conflicts"], conflicts["confirmed"], conflicts["hidden"]) == (2, 2, 2)
    clusters, _ = cluster(hashed)
    assert find_missed(hashed, clusters, found, below=3)[["earlier", "later"]].to_numpy().tolist() == [[0, 1]]


def test_a_copy_of_the_whole_picture_counts_before_a_nearer_one_by_another_view():
    hashed = tabulate([A, FAR, B], ["train", "train", "test"])
    pairs = find_pairs(hashed, below=3)
    found = add_hidden(pairs.assign(kind="near copy", score=0.95), judged((1, 2, 0, "near copy"), views=True))
    assert found["distance"].tolist() == [pairs["distance"][0], 0]
    leaks = find_leaks(hashed, pairs, found)
    assert leaks[["earlier", "later", "hidden"]].to_numpy().tolist() == [[0, 2, False]]


def test_all_views_find_each_hidden_copy_of_the_sample_and_nothing_else():
    folder = make_sample()
    planted = pd.read_csv(folder / "planted.csv")
    hashed = hash_images(read_folds(folder), views="all")
    clusters, _ = cluster(hashed, below=10)
    hidden = look_again(hashed, find_hidden_copies(hashed, clusters))
    told = hashed.merge(planted, on=["fold", "filename"], how="left")
    assert len(told) == len(hashed)
    group, story = told["group"].to_numpy(), told["story"].to_numpy()
    sure = hidden[hidden["kind"].isin(CONFIRMED)]
    assert (group[sure["earlier"]] == group[sure["later"]]).all()
    found = {story[row] for row in sure[["earlier", "later"]].to_numpy().ravel()}
    sought = {"mirrored", "rotated", "turned by EXIF", "cropped on all sides", "bordered", "captioned", "letterboxed"}
    assert sought <= found
