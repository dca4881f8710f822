import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes.hashing import cache
from lookalikes.words import speak

PATTERN = r"[0-9a-f]{16} \d+"
FACTS = "ffd8a1b2c3d4e5f6 87"
LONG_AGO = 1_700_000_000_123_456_789


def store(place, recipe="phash", pattern=PATTERN):
    return cache.open_cache(place, recipe=recipe, pattern=pattern)


def make_file(path, content=b"image", mtime_ns=LONG_AGO):
    Path(path).write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return str(path)


def row(path, facts=FACTS):
    stat = os.stat(path)
    return path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, facts


def fill(place, paths, **options):
    with store(place, **options) as opened:
        opened.save(row(path) for path in paths)


def known(place, paths, **options):
    with store(place, **options) as opened:
        return opened.look_up(paths)


def change(place, statement, *values):
    with contextlib.closing(sqlite3.connect(place)) as connection, connection:
        connection.execute(statement, values)


def count(place):
    with contextlib.closing(sqlite3.connect(place)) as connection:
        return connection.execute("SELECT count(*) FROM hashes").fetchone()[0]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "hashes.sqlite"


@pytest.fixture
def image(tmp_path):
    return make_file(tmp_path / "image.jpg")


def test_facts_come_back_in_the_order_of_the_paths(place, tmp_path):
    paths = [make_file(tmp_path / f"{number}.jpg") for number in range(2000)]
    with store(place) as opened:
        assert opened.look_up(paths) == [None] * 2000
        opened.save((*row(path)[:4], f"{number:016x} {number}") for number, path in enumerate(paths))
    asked = [*reversed(paths), str(tmp_path / "unknown.jpg"), paths[7]]
    expected = [f"{number:016x} {number}" for number in range(2000)]
    assert known(place, asked) == [*reversed(expected), None, expected[7]]
    assert known(place, []) == []


def test_a_change_of_size_mtime_path_or_recipe_is_noticed(place, image, tmp_path):
    fill(place, [image])
    assert known(place, [image]) == [FACTS]
    assert known(place, [image], recipe="dhash") == [None]
    assert known(place, [make_file(tmp_path / "copy.jpg")]) == [None]
    make_file(image, b"another size")
    assert known(place, [image]) == [None]
    make_file(image, mtime_ns=LONG_AGO + 1)
    assert known(place, [image]) == [None]
    make_file(image)  # as it was, but written anew: its ctime tells
    assert known(place, [image]) == [None]
    os.remove(image)
    assert known(place, [image]) == [None]


def test_new_content_with_the_old_size_and_mtime_is_noticed(place, tmp_path):
    images = [make_file(tmp_path / f"{number}.jpg") for number in range(3)]
    fill(place, images)
    make_file(images[1], b"other")
    assert known(place, images) == [FACTS, None, FACTS]


@pytest.mark.parametrize("total, restored, trusted", [(100, 100, True), (99, 99, False), (120, 119, False)])
def test_a_hundred_images_all_with_a_new_ctime_were_restored(place, tmp_path, monkeypatch, total, restored, trusted):
    images = [make_file(tmp_path / f"{number}.jpg") for number in range(total)]
    fill(place, images)
    stat_file = cache.stat_file
    later = {path: 5_000_000_000 for path in images[:restored]}

    def stat_later(path):
        size, mtime_ns, ctime_ns = stat_file(path)
        return size, mtime_ns, ctime_ns + later.get(path, 0)

    monkeypatch.setattr(cache, "stat_file", stat_later)
    for _ in range(2):  # the second time by the ctimes that are kept since
        found = known(place, images)
        assert found == ([FACTS] * total if trusted else [None] * restored + [FACTS] * (total - restored))
    later[images[0]] += 1
    assert known(place, images)[0] is None


def test_a_system_without_a_true_ctime_does_without(place, image, monkeypatch):
    fill(place, [image])
    monkeypatch.setattr(cache, "TRUE_CTIME", False)
    assert cache.stat_file(image)[2] == 0
    make_file(image, b"other")
    assert known(place, [image]) == [FACTS]


def test_a_cache_of_the_version_before_is_still_used_and_learns_ctimes(place, image):
    fill(place, [image])
    change(place, "ALTER TABLE hashes DROP COLUMN ctime_ns")
    change(place, "PRAGMA user_version = 1")
    assert known(place, [image]) == [FACTS]
    make_file(image, b"other")
    assert known(place, [image]) == [None]


def test_two_recipes_share_the_file(place, image):
    fill(place, [image])
    with store(place, recipe="dhash") as opened:
        opened.save([row(image, "0" * 16 + " 1")])
    assert known(place, [image]) == [FACTS]
    assert known(place, [image], recipe="dhash") == ["0" * 16 + " 1"]


def test_a_row_is_replaced_and_not_doubled(place, image):
    fill(place, [image])
    make_file(image, b"another size")
    fill(place, [image])
    assert known(place, [image]) == [FACTS]
    assert count(place) == 1


def test_an_image_just_changed_is_not_trusted(place, image):
    make_file(image, mtime_ns=time.time_ns() - 1_000_000_000)
    fill(place, [image])
    assert known(place, [image]) == [None]
    make_file(image, mtime_ns=time.time_ns() + 10**18)
    fill(place, [image])
    assert known(place, [image]) == [None]


def test_slow_file_systems_are_asked_at_once_with_the_same_answer(place, tmp_path, monkeypatch):
    paths = [make_file(tmp_path / f"{number}.jpg", b"x" * number) for number in range(40)]
    fill(place, paths)
    os.remove(paths[20])
    quick = os.stat
    monkeypatch.setattr(cache.os, "stat", lambda path, **options: time.sleep(0.002) or quick(path, **options))
    assert known(place, paths) == [FACTS] * 20 + [None] + [FACTS] * 19


NAMES = ["a' OR '1'='1", '"; DROP TABLE hashes; --', "%_?:x@$1", "写真.jpg", "new\nline", os.fsdecode(b"\xff\xfe.jpg")]


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_is_only_a_name(place, tmp_path, name):
    try:
        paths = [make_file(tmp_path / name), make_file(tmp_path / "b.jpg")]
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system has no such names")
    fill(place, paths[:1])
    assert known(place, paths) == [FACTS, None]
    assert known(place, paths, recipe=name.encode("ascii", "replace").decode()) == [None, None]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(
    st.text(st.characters(), max_size=30),
    st.tuples(
        st.integers(0, 2**63 - 1), st.integers(-(2**70), LONG_AGO), st.text(st.characters(exclude_categories=["Cs"]))
    ), max_size=20,
))  # fmt: skip
def test_any_paths_and_facts_survive(rows):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "stat_file", lambda path: (*rows[path][:2], 0))
        place = Path(folder) / "hashes.sqlite"
        with store(place, pattern="(?s).*") as opened:
            opened.save((path, *values[:2], 0, values[2]) for path, values in rows.items())
        expected = [facts if mtime_ns >= -(2**63) else None for _, mtime_ns, facts in rows.values()]
        assert known(place, list(rows), pattern="(?s).*") == expected


def test_paths_that_cannot_be_asked_for_are_unknown(place):
    assert known(place, ["/nul\0inside", "/lone\ud800surrogate", ""]) == [None] * 3


def test_false_turns_it_off(tmp_path, image, monkeypatch):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    fill(False, [image])
    assert known(False, [image]) == [None]
    assert not (tmp_path / "lookalikes").exists()


def test_the_default_place_is_the_users_cache_folder(tmp_path, image, monkeypatch):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda name: tmp_path / "deeper" / name)
    fill(None, [image])
    assert (tmp_path / "deeper" / "lookalikes" / "hashes.sqlite").is_file()
    assert known(True, [image]) == [FACTS]


# Whatever is wrong with the file: one warning, no error, no wrong facts.


def assert_goes_on(place, image, match):
    with pytest.warns(UserWarning, match=match) as caught:
        assert known(place, [image]) in ([None], [FACTS])
        fill(place, [image])
    assert all("hashes.sqlite" in str(warning.message) and str(place) not in str(warning.message) for warning in caught)


def bytes_of(place):
    return place.read_bytes() if place.is_file() else sorted(place.iterdir())


def foreign_database(place):
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE hashes (mine)")


FOREIGN = {
    "random": lambda place: place.write_bytes(os.urandom(20_000)),
    "text": lambda place: place.write_text("my notes\n" * 100),
    "short": lambda place: place.write_text("x"),
    "folder": lambda place: place.mkdir(),
    "database": foreign_database,
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_ours_is_never_touched(place, image, make):
    make(place)
    before = bytes_of(place), os.stat(place).st_mtime_ns
    with pytest.warns(UserWarning, match="is left alone") as caught, store(place) as opened:
        assert opened.look_up([image]) == [None]
        opened.save([row(image)])
    assert len(caught) == 1
    assert (bytes_of(place), os.stat(place).st_mtime_ns) == before
    assert sorted(os.listdir(place.parent)) == ["hashes.sqlite", "image.jpg"]


def test_the_warning_speaks_the_language_shown(place, image):
    place.write_text("my notes")
    with speak("ja"), pytest.warns(UserWarning, match="キャッシュではないファイル.*`cache=False`"):
        fill(place, [image])


def test_an_empty_file_is_a_new_cache(place, image):
    place.touch()
    fill(place, [image])
    assert known(place, [image]) == [FACTS]


@pytest.mark.parametrize("make", [FOREIGN["random"], FOREIGN["text"], foreign_database])
def test_a_damaged_file_in_the_default_place_is_started_anew(tmp_path, image, monkeypatch, make):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda name: tmp_path)
    make(tmp_path / "hashes.sqlite")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fill(None, [image])
        now = known(None, [image])
    assert len(caught) == 1
    assert "damaged and has been started anew" in str(caught[0].message)
    assert now == [FACTS]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
def test_a_truncated_cache_of_ours_is_started_anew(place, tmp_path, share):
    paths = [make_file(tmp_path / f"{number}.jpg") for number in range(3000)]
    fill(place, paths)
    os.truncate(place, int(place.stat().st_size * share))
    with pytest.warns(UserWarning, match="damaged and has been started anew"):
        assert set(known(place, paths)) <= {None, FACTS}
    fill(place, paths)
    assert known(place, paths) == [FACTS] * 3000


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bytes_changed_at_random_never_give_wrong_facts(data):
    with tempfile.TemporaryDirectory() as folder:
        place, facts = Path(folder) / "hashes.sqlite", {f"/{n}.jpg": f"{n:016x} {n}" for n in range(300)}
        with store(place) as opened:
            opened.save((path, 5, LONG_AGO, 0, text) for path, text in facts.items())
        content = bytearray(place.read_bytes())
        for _ in range(data.draw(st.integers(1, 30))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        place.write_bytes(content)
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            patch.setattr(cache, "stat_file", lambda path: (5, LONG_AGO, 0))
            for _ in range(2):
                with store(place) as opened:
                    answers = opened.look_up(facts)
                    assert all(answer in (None, text) for answer, text in zip(answers, facts.values(), strict=True))
                    opened.save((path, 5, LONG_AGO, 0, text) for path, text in facts.items())


TAMPERED = ["facts = '0000000000000000 99'", "facts = x'fffe'", "facts = NULL", "facts = 12", "facts = 'no hash'",
            "checksum = NULL", "checksum = ''", "size = 'x'", "mtime_ns = NULL", "used = '', checksum = 0"]  # fmt: skip


@pytest.mark.parametrize("tampered", TAMPERED)
def test_tampered_rows_are_not_known(place, image, tampered):
    fill(place, [image])
    change(place, f"UPDATE hashes SET {tampered}")
    assert known(place, [image]) == [None]
    fill(place, [image])
    assert known(place, [image]) == [FACTS]


def test_facts_that_do_not_match_the_pattern_are_not_known(place, image):
    with store(place, pattern=".*") as opened:
        opened.save([row(image, "0123 not a hash")])
    assert known(place, [image]) == [None]


def test_a_cache_of_another_version_is_started_anew(place, image):
    fill(place, [image])
    change(place, "PRAGMA user_version = 99")
    with pytest.warns(UserWarning, match="of another version"):
        assert known(place, [image]) == [None]
    fill(place, [image])
    assert known(place, [image]) == [FACTS]


OTHER_TABLES = ["DROP TABLE hashes", "DROP TABLE pruned", "ALTER TABLE hashes RENAME COLUMN facts TO text"]


@pytest.mark.parametrize("statement", OTHER_TABLES)
def test_a_cache_with_other_tables_is_a_warning(place, image, statement):
    fill(place, [image])
    change(place, "UPDATE pruned SET day = 0")
    change(place, statement)
    assert_goes_on(place, image, "no such")


def test_a_locked_cache_is_a_warning(place, image, monkeypatch):
    fill(place, [image])
    monkeypatch.setattr(cache, "PATIENCE", 0.1)
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.warns(UserWarning, match="locked") as caught:
            assert known(place, [image]) == [None]
        assert len(caught) == 1
        other.execute("ROLLBACK")
        with store(place) as opened, pytest.warns(UserWarning, match="locked") as caught:
            other.execute("BEGIN IMMEDIATE")
            assert opened.look_up([image]) == [FACTS]
            opened.save([row(image)])
            opened.close()
        assert len(caught) == 1
        other.execute("ROLLBACK")
    assert known(place, [image]) == [FACTS]


def test_a_folder_that_is_missing_or_a_file_is_a_warning(tmp_path, image):
    for place in (tmp_path / "missing" / "hashes.sqlite", Path(image) / "hashes.sqlite"):
        with pytest.warns(UserWarning, match="can't be used") as caught:
            fill(place, [image])
        assert len(caught) == 1
    assert not (tmp_path / "missing").exists()


def test_a_default_place_that_cannot_be_made_is_a_warning(image, monkeypatch):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda name: Path(image) / name)
    with pytest.warns(UserWarning, match="can't be used"):
        fill(None, [image])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions don't bind this user")
def test_a_read_only_cache_still_answers(place, image):
    fill(place, [image])
    place.chmod(0o444)
    assert known(place, [image]) == [FACTS]
    with pytest.warns(UserWarning, match="readonly"):
        fill(place, [image])


def test_a_full_disk_is_a_warning(place, tmp_path, monkeypatch):
    paths = [make_file(tmp_path / f"{number}.jpg") for number in range(3000)]
    fill(place, paths[:10])
    connect = sqlite3.connect

    def connect_to_full(*values, **options):
        connection = connect(*values, **options)
        connection.execute("PRAGMA max_page_count = 10")
        return connection

    monkeypatch.setattr(cache.sqlite3, "connect", connect_to_full)
    with pytest.warns(UserWarning, match="full") as caught:
        fill(place, paths)
    assert len(caught) == 1
    assert known(place, paths) == [FACTS] * 10 + [None] * 2990


# Several processes.

# The module is loaded alone, for the whole package takes seconds to import.
WRITER = f"""
import sys, time
sys.path.insert(0, {os.path.dirname(cache.__file__)!r})
import cache
place, first, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with cache.open_cache(place, recipe="phash", pattern=".*") as store:
    for number in range(first, first + 100):
        store.save([(f"/{{number}}.jpg", 5, 1_700_000_000_000_000_000, 0, str(number))])
        print(number, flush=True)
        time.sleep(pause)
"""


def write_elsewhere(place, first, pause):
    command = [sys.executable, "-c", WRITER, str(place), str(first), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kept(place, monkeypatch):
    monkeypatch.setattr(cache, "stat_file", lambda path: (5, 1_700_000_000_000_000_000, 0))
    with store(place, pattern=".*") as opened:
        return [number for number, facts in enumerate(opened.look_up(f"/{n}.jpg" for n in range(200))) if facts]


def test_two_runs_at_once_share_it(place, monkeypatch):
    runs = [write_elsewhere(place, first, 0.015) for first in (0, 100)]
    for run in runs:
        run.communicate()
        assert run.returncode == 0
    assert kept(place, monkeypatch) == list(range(200))


def test_a_killed_run_loses_at_most_the_last_second(place, monkeypatch):
    run = write_elsewhere(place, 0, 0.05)
    for line in run.stdout:
        if line.strip() == "45":
            run.kill()
            break
    run.communicate()
    assert run.returncode != 0
    answer = kept(place, monkeypatch)
    assert answer == list(range(len(answer)))
    assert len(answer) >= 45 - 1 / 0.05


def test_a_run_killed_while_it_commits_leaves_a_sound_cache(place, monkeypatch):
    program = WRITER.replace("import cache", "import cache; cache.COMMIT_EVERY = 0")
    for delay in (0, 0.01, 0.02):
        run = subprocess.Popen([sys.executable, "-c", program, str(place), "0", "0"], stdout=subprocess.PIPE, text=True)
        seen = int(run.stdout.readline())
        time.sleep(delay)
        run.kill()
        out, _ = run.communicate()
        seen = int(out.split("\n")[-2]) if "\n" in out else seen
        assert kept(place, monkeypatch)[: seen + 1] == list(range(seen + 1))


def test_an_interrupted_run_keeps_what_it_has(place, image):
    with pytest.raises(KeyboardInterrupt), store(place) as opened:
        opened.save([row(image)])
        raise KeyboardInterrupt
    assert known(place, [image]) == [FACTS]


# Pruning.


def test_rows_unused_for_long_are_deleted_and_used_ones_stay(place, tmp_path):
    paths = [make_file(tmp_path / f"{number}.jpg") for number in range(2000)]
    fill(place, paths)
    size = place.stat().st_size
    change(place, "UPDATE hashes SET used = used - 91")
    change(place, "UPDATE pruned SET day = 0")
    assert known(place, paths[:10]) == [FACTS] * 10
    assert count(place) == 10
    assert place.stat().st_size < size / 4
    assert known(place, paths[:11]) == [FACTS] * 10 + [None]


def test_pruning_waits_for_the_next_day(place, image, tmp_path):
    fill(place, [image])
    change(place, "UPDATE hashes SET used = used - 91")
    fill(place, [make_file(tmp_path / "other.jpg")])
    assert count(place) == 2


def test_a_file_that_grew_too_large_keeps_only_recent_rows(place, tmp_path, monkeypatch):
    paths = [make_file(tmp_path / f"{number}.jpg") for number in range(2000)]
    fill(place, paths)
    change(place, "UPDATE hashes SET used = used - 40")
    change(place, "UPDATE pruned SET day = 0")
    fill(place, paths[:10])
    assert count(place) == 2000
    change(place, "UPDATE pruned SET day = 0")
    monkeypatch.setattr(cache, "MAX_PAGES", 20)
    fill(place, paths[:10])
    assert count(place) == 10


def test_a_run_that_finds_everything_writes_nothing(place, image):
    fill(place, [image])
    change(place, "UPDATE hashes SET used = used - 3")
    before = place.read_bytes()
    assert known(place, [image]) == [FACTS]
    assert place.read_bytes() == before
