"""What a person decided is read exactly or refused, counts only for the picture it was made of, and is obeyed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import find_conflicts, find_leaks, find_pairs
from lookalikes.judging.decisions import COLUMNS, apply_decisions, match_decisions, read_decisions
from lookalikes.judging.groups import count_still_together, group_images
from lookalikes.judging.keeping import choose_keepers, save_train_without_leaks
from lookalikes.saving import save_table
from oracle import distance
from worked import FAR, A, B, clumps, cluster, looked_at, tabulate

NOON = "2026-11-26T12:00:00Z"


def verdict(hashed, row, decision, other=None, at=NOON):
    image = hashed.iloc[row]
    names = ("", "") if other is None else (hashed["fold"].iloc[other], hashed["filename"].iloc[other])
    bits = 4 * len(hashed["hash"].dropna().iloc[0])
    return (image["fold"], image["filename"], f"phash{bits}:{image['hash']}", decision, *names, at)


def write(rows, sep=","):
    return "".join(sep.join(row) + "\n" for row in [COLUMNS, *rows])


def decide(hashed, *verdicts):
    return read_decisions(write([verdict(hashed, *each) for each in verdicts]))


def test_a_file_is_read_as_it_stands(tmp_path):
    names = ["a, b.png", 'say "x".png', "line\nbreak.png", "=1+1.png", "日本.png", "caf\udce9.png", " spaced .png"]
    table = pd.DataFrame(
        [("train", name, "phash64:00ff00ff00ff00ff", "drop", "", "", NOON) for name in names], columns=COLUMNS
    )
    read = read_decisions(save_table(table, tmp_path / "decisions.csv"))
    assert read["filename"].tolist() == names and list(read) == COLUMNS
    assert (read["decided_at"] == pd.Timestamp(NOON)).all()


@pytest.mark.parametrize("write_as", [
    lambda text: text.replace(",", ";").encode("utf-8-sig"), lambda text: text.encode("utf-16"),
    lambda text: text.replace("\n", "\r\n").encode(), lambda text: ("sep=;\r\n" + text.replace(",", ";")).encode(),
])  # fmt: skip
def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path, write_as):
    hashed = tabulate(["00", "01"])
    path = tmp_path / "decisions.csv"
    path.write_bytes(write_as(write([verdict(hashed, 0, "keep"), verdict(hashed, 1, "Drop ")])))
    assert read_decisions(path)["decision"].tolist() == ["keep", "drop"]


def test_of_several_verdicts_the_latest_counts():
    hashed = tabulate(["00", "01", "03"])
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00+09:00"
    decisions = decide(
        hashed, (0, "drop", None, late), (0, "keep", None, early), (1, "keep"), (1, "drop"),
        (2, "different", 0, early), (0, "different", 2, late),
    )  # fmt: skip
    assert decisions[["filename", "decision"]].to_numpy().tolist() == [
        ["0.png", "drop"], ["0.png", "different"], ["1.png", "drop"],
    ]  # fmt: skip


GOOD = ("train", "a.png", "phash64:00ff", "keep", "", "", NOON)


@pytest.mark.parametrize(("place", "value", "told"), [
    (0, "", "fold and filename must name an image"), (1, "", "fold and filename must name an image"),
    (2, "00ff", "hash must be such as phash64:ff00"), (2, "", "hash must be such as"),
    (3, "delete", "decision must be keep, drop or different, got 'delete'"), (3, "different", "must name its other"),
    (5, "b.png", "keep is about one image"), (6, "26.11.2026", "decided_at must be a time such as"), (6, "", "a time"),
])  # fmt: skip
def test_what_is_no_verdict_is_refused_with_its_row(place, value, told):
    bad = [*GOOD]
    bad[place] = value
    with pytest.raises(ValueError, match=f"the text, row 3: .*{told}"):
        read_decisions(write([GOOD, bad]))


def test_other_ways_to_go_wrong_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"must have the columns fold, .*, but hash, decided_at is missing"):
        read_decisions("fold,filename,decision,with_fold,with_filename\na,b,keep,,\n")
    with pytest.raises(ValueError, match=r"row 2: 'a.png' can't be different from itself"):
        read_decisions(write([("t", "a.png", "phash64:00", "different", "t", "a.png", NOON)]))
    with pytest.raises(ValueError, match="line 2: 3 values"):
        read_decisions(write([GOOD[:3]]))
    with pytest.raises(ValueError, match=r"there is no file none\.csv"):
        read_decisions(tmp_path / "none.csv")


def test_a_verdict_counts_where_fold_name_and_hash_agree():
    hashed = tabulate(["00", "01", "03"]).assign(filename=["007.png", "1.png", "2.png"])
    rows = [
        verdict(hashed, 0, "keep"), ("train", "7.png", "phash8:00", "keep", "", "", NOON),
        ("test", "1.png", "phash8:01", "drop", "", "", NOON), ("train", "1.png", "phash8:ff", "drop", "", "", NOON),
        ("train", "2.png", "phash64:0000000000000003", "drop", "", "", NOON),
        ("train", "2.png", "phash8:03", "different", "train", "'1.png", NOON),
    ]  # fmt: skip
    matched = match_decisions(hashed, read_decisions(write(rows)))
    assert matched["reason"].fillna("").tolist() == [
        "", "no such image; a spreadsheet may have changed the name of train/007.png", "no such image",
        "the picture has changed", "made with another hash",
        "no such image; a spreadsheet may have changed the name of train/1.png",
    ]  # fmt: skip
    assert matched["row"].tolist() == [0, -1, -1, 1, 2, 2] and matched["with_row"].tolist() == [-1] * 6


def test_a_cluster_comes_back_when_an_image_has_joined_or_changed():
    hashed = tabulate([A, A, B, FAR])
    decisions = decide(hashed, (0, "keep"), (1, "drop"), (2, "drop"))
    clusters = apply_decisions(cluster(hashed)[0], decisions)
    assert clusters["decision"].fillna("").tolist() == ["keep", "drop", "drop", ""]
    assert clusters["decided"].tolist() == [True, True, True, False]
    joined = pd.concat([hashed, tabulate([A]).assign(filename="new.png")], ignore_index=True)
    assert apply_decisions(cluster(joined)[0], decisions)["decided"].tolist() == [False] * 5
    changed = hashed.assign(hash=[A, B, B, FAR])
    assert apply_decisions(cluster(changed)[0], decisions)["decision"].fillna("").tolist() == ["keep", "", "drop", ""]


def test_images_called_different_from_all_others_are_decided():
    hashed = tabulate([A, A, A])
    pairs = [(0, "different", 1), (1, "different", 2), (2, "different", 0)]
    assert apply_decisions(cluster(hashed)[0], decide(hashed, *pairs))["decided"].all()
    assert not apply_decisions(cluster(hashed)[0], decide(hashed, *pairs[:2]))["decided"].any()


def test_a_different_takes_away_its_own_edge_alone():
    """Three equal hashes: the first and the second are called different, and the third connects them."""
    hashed = tabulate([A, A, A, B])
    pairs = find_pairs(hashed, below=3)
    one = decide(hashed, (0, "different", 1))
    groups = group_images(hashed, pairs, decisions=one)
    assert groups["group_id"].tolist() == [0] * 4 and count_still_together(groups, one) == 1
    every = decide(hashed, *((0, "different", other) for other in (1, 2, 3)))
    groups = group_images(hashed, pairs, decisions=every)
    assert groups["group_id"].tolist() == [0, 1, 1, 1] and count_still_together(groups, every) == 0


@settings(deadline=None)
@given(clumps(), st.data())
def test_no_near_pair_crosses_two_groups_but_those_called_different(drawn, data):
    hashed, below = drawn
    pairs, readable = find_pairs(hashed, below=below), np.flatnonzero(hashed["hash"].notna())
    every = [(a, b) for a in readable.tolist() for b in readable.tolist() if a < b]
    apart = data.draw(st.sets(st.sampled_from(every), max_size=8)) if every else set()
    decisions = decide(hashed, *((a, "different", b) for a, b in apart)) if apart else None
    hashes, group_of = hashed["hash"].tolist(), {row: row for row in readable.tolist()}
    for a, b in every:
        if distance(hashes[a], hashes[b]) < below and (a, b) not in apart:
            old, new = group_of[b], group_of[a]
            group_of = {row: new if group == old else group for row, group in group_of.items()}
    numbers = list(dict.fromkeys(group_of.values()))
    found = group_images(hashed, pairs, decisions=decisions)["group_id"].tolist()
    assert found == [numbers.index(group) for group in group_of.values()]
    leaks = find_leaks(hashed, pairs, decisions=decisions)
    folds = hashed["fold"].tolist()
    near = [(a, b) for a, b in every if distance(hashes[a], hashes[b]) < below and (a, b) not in apart]
    assert set(zip(leaks["earlier"], leaks["later"], strict=True)) <= set(near)
    assert {(row, folds[other]) for other, row in zip(leaks["earlier"], leaks["later"], strict=True)} == {
        (b, folds[a]) for a, b in near if folds[a] != folds[b]
    }


def test_leaks_and_conflicts_name_the_next_nearest_of_an_image_called_different():
    hashed = tabulate([A, B, A], ["train", "train", "test"], label=["x", "x", "y"])
    pairs, decisions = find_pairs(hashed, below=3), decide(hashed, (0, "different", 2))
    assert find_leaks(hashed, pairs)[["earlier", "later"]].to_numpy().tolist() == [[0, 2]]
    for find in (find_leaks, find_conflicts):
        found = find(hashed, pairs, decisions=decisions)
        assert [1, 2] in found[["earlier", "later"]].to_numpy().tolist()
        assert [0, 2] not in found[["earlier", "later"]].to_numpy().tolist()


def measured(hashed):
    return cluster(hashed)[0].assign(width=10, height=10, bytes=[100, 90, 80, 70][: len(hashed)], lossless=0)


@pytest.mark.parametrize(("verdicts", "kept"), [
    ([], [True, False, False]),
    ([(1, "keep")], [False, True, False]),
    ([(1, "keep"), (2, "keep")], [False, True, True]),
    ([(0, "drop")], [False, True, False]),
    ([(0, "drop"), (1, "drop"), (2, "drop")], [False] * 3),
    ([(0, "different", 1)], [True, True, False]),
    ([(0, "different", 1), (0, "different", 2)], [True, True, False]),
])  # fmt: skip
def test_what_a_person_decided_is_never_overridden(verdicts, kept):
    hashed = tabulate([A, A, A])
    looked = pd.DataFrame({"earlier": [0, 0, 1], "later": [1, 2, 2], "distance": 0, "kind": "same file", "score": 1.0})
    decisions = decide(hashed, *verdicts) if verdicts else None
    found = choose_keepers(hashed, measured(hashed), looked, decisions=decisions)
    assert found["keep"].tolist() == kept


def test_a_copy_of_what_was_dropped_by_hand_stays():
    """Its other copy is kept, and the dropped one is no reason to drop it too."""
    hashed = tabulate([A, A])
    looked = looked_at(hashed, 3, {(0, 1): "same file"})
    found = choose_keepers(hashed, measured(hashed), looked, decisions=decide(hashed, (0, "drop")))
    assert found["keep"].tolist() == [False, True] and found["copy_of"].isna().all()


def test_train_without_leaks_obeys(tmp_path):
    hashed = tabulate([A, FAR, B, A], ["train", "train", "train", "test"])
    pairs = find_pairs(hashed, below=2)
    groups = group_images(hashed, pairs)
    decisions = decide(hashed, (0, "different", 3), (1, "drop"))
    path = save_train_without_leaks(hashed, groups, pairs, tmp_path / "train.csv", decisions=decisions)
    assert pd.read_csv(path)["filename"].tolist() == ["0.png", "2.png"]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(*[texts] * 7), max_size=4))
def test_any_text_is_read_or_refused_with_a_sentence(rows):
    try:
        read_decisions(pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False) + "\n")
    except ValueError as error:
        assert str(error).startswith("the text")
