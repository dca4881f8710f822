"""The nearest image of another fold, or of another label: equal to plain loops over all n² pairs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes import find_pairs
from lookalikes.judging.across import find_across_folds, find_across_labels
from oracle import distance
from worked import FAR, A, B, clumps, tabulate


def test_repeats_are_paired_themselves():
    """The second and third A have their only pair in the table with the first, of a fold that is neither's."""
    hashed = tabulate([A, A, A, B], ["train", "valid", "test", "test"])
    across = find_across_folds(hashed, find_pairs(hashed, below=3))
    assert across.to_numpy().tolist() == [[0, 1, 0], [0, 2, 0], [1, 2, 0], [0, 3, 2], [1, 3, 2]]


def test_a_missing_label_is_no_other_label():
    hashed = tabulate([A, A, A, A, FAR], label=[None, "cat", None, "dog", "dog"])
    pairs = find_pairs(hashed, below=9)
    assert find_across_labels(hashed, pairs).to_numpy().tolist() == [[1, 3, 0], [1, 4, 4]]
    assert find_across_labels(hashed.drop(columns="label"), pairs).empty
    assert find_across_folds(hashed, pairs).empty


def plain_across(hashed, marks, below, values):
    """For each image and each of the other `values`: its nearest with that mark below the threshold, as pairs."""
    hashes, found = hashed["hash"].tolist(), set()
    for row, hash_ in enumerate(hashes):
        for value in values:
            near = [
                (distance(hash_, hashes[other]), other)
                for other in range(len(hashes))
                if value(marks[row], marks[other]) and hash_ is not None and hashes[other] is not None
                if distance(hash_, hashes[other]) < below
            ]
            if near:
                found.add((min(row, min(near)[1]), max(row, min(near)[1]), min(near)[0]))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


@given(clumps())
@settings(deadline=None)
def test_across_folds_equals_plain_loops(case):
    hashed, below = case
    folds = hashed["fold"].tolist()
    of_fold = [lambda own, other, fold=fold: own != other == fold for fold in set(folds)]
    across = find_across_folds(hashed, find_pairs(hashed, below=below))
    expected = plain_across(hashed, folds, below, of_fold)
    assert [tuple(pair) for pair in across.to_numpy().tolist()] == expected


@given(clumps(), st.data())
@settings(deadline=None)
def test_across_labels_equals_plain_loops(case, data):
    hashed, below = case
    labels = data.draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=len(hashed), max_size=len(hashed)))
    across = find_across_labels(hashed.assign(label=labels), find_pairs(hashed, below=below))
    expected = plain_across(hashed, labels, below, [lambda own, other: None not in (own, other) and own != other])
    assert [tuple(pair) for pair in across.to_numpy().tolist()] == expected


@given(clumps(), st.permutations(range(14)))
@settings(deadline=None)
def test_folds_may_be_mixed(case, order):
    hashed, below = case
    hashed = hashed.iloc[[row for row in order if row < len(hashed)]].reset_index(drop=True)
    folds = hashed["fold"].tolist()
    of_fold = [lambda own, other, fold=fold: own != other == fold for fold in set(folds)]
    across = find_across_folds(hashed, find_pairs(hashed, below=below))
    assert [tuple(pair) for pair in across.to_numpy().tolist()] == plain_across(hashed, folds, below, of_fold)
