import base64

import numpy as np
import pandas as pd

import lookalikes as la
from lookalikes.showing import steps
from lookalikes.showing.steps import collect_steps, pack_pairs
from lookalikes.words import say

HASHES = ["00000000ffffffff", "00000000ffffffff", "00000000fffffff0", "00000000ffffff00", "f0f0f0f0f0f0f0f0"]


def tabulate(hashes):
    names = [f"{number}.png" for number in range(len(hashes))]
    return pd.DataFrame({"filename": names, "fold": "all", "hash": hashes, "problem": None}, dtype=object)


def collect(hashes, below, room=2e6, reach=None):
    hashed = tabulate(hashes)
    clusters = la.cluster_sequentially(hashed, la.find_pairs(hashed, below=below))
    wide = la.find_pairs(hashed, below=reach or la.widen(hashed, below=below))
    return collect_steps(hashed, clusters, wide, below=below, room=room)


def test_the_steps_lead_through_the_runs_threshold_up_to_six_bits_more():
    for below, most in ((10, 16), (3, 9), (7, 13), (4, 10)):
        facts = collect(HASHES, below)
        assert (facts["least"], facts["most"], facts["step"]) == ((below - 1) % 2 + 1, most, 2)


def test_of_each_image_only_the_nearest_is_carried_and_who_is_alone_is_named():
    facts = collect(HASHES, 3)
    # The second repeats the first; the third is 4 bits from the first, the fourth 4 from the third, 8 from the first.
    assert list(base64.b64decode(facts["near"])) == [1, 1, 0, 1, 2, 4, 1, 1, 4]
    assert (facts["images"], facts["count"], facts["alone"]) == (5, 4, {"2": "all/2.png", "3": "all/3.png"})


def test_pairs_that_end_at_the_threshold_are_found_again_beyond_it():
    assert collect(HASHES, 3, reach=3) == collect(HASHES, 3) and collect(HASHES, 3)["near"] != ""
    assert collect(HASHES[:1], 4)["most"] == 10


def test_numbers_of_several_bytes():
    packed = base64.b64decode(pack_pairs(np.array([0, 5]), np.array([300, 300]), np.array([0, 64])))
    assert list(packed) == [0xAC, 2, 0xAC, 2, 0, 0, 0xA7, 2, 64]


def test_too_many_pairs_are_counted_and_not_carried(monkeypatch):
    assert collect(HASHES, 10, room=10) == {"many": 3}
    monkeypatch.setattr(steps, "MOST_PAIRS", 2)
    assert collect(HASHES, 10) == {"many": 3}
    assert "3 pairs" in say("review.threshold.many", count=3)
