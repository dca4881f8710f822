import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalikes.reading import parallel, pictures
from lookalikes.reading.parallel import work_through
from lookalikes.reading.pictures import list_slow_images, open_image


def square(numbers):
    return [number * number for number in numbers]


def square_in_any_order(numbers):
    time.sleep(random.random() / 200)
    return square(numbers)


def collect(work, items, **options):
    """The results in the order of the items, whatever the order in which they came."""
    results = [None] * len(items)
    for part, found in work_through(work, items, label="Squares", **options):
        assert results[part] == [None] * (part.stop - part.start)
        results[part] = found
    return results


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3000))
def test_every_item_is_worked_once(count):
    assert collect(square, range(count)) == [number * number for number in range(count)]


@pytest.mark.parametrize("count", [1, 63, 64, 65, 127, 129, 64 * 256 + 1, 20_000])
def test_counts_around_the_sizes_of_batches(count):
    assert collect(square, list(range(count))) == [number * number for number in range(count)]


def test_the_order_in_which_work_ends_does_not_matter():
    assert collect(square_in_any_order, range(700)) == [number * number for number in range(700)]


def test_slow_work_comes_in_smaller_pieces(monkeypatch):
    monkeypatch.setattr(parallel, "_SECONDS_PER_BATCH", 0)
    assert [part for part, _ in work_through(square, range(5), label="Slow")]
    assert collect(square_in_any_order, range(700)) == [number * number for number in range(700)]


def test_an_error_reaches_the_caller_and_nothing_hangs():
    def work(numbers):
        return [1 // (500 - number) for number in numbers]

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(work_through(work, range(5000), label="Failing"))
    assert threading.active_count() == before


def test_closing_early_drops_what_has_not_begun(monkeypatch):
    monkeypatch.setattr(parallel, "THREADS", 4)
    monkeypatch.setattr(parallel, "_SECONDS_PER_BATCH", 1000)
    worked, go_on = [], threading.Event()

    def work(numbers):
        done = []
        for number in numbers:
            worked.append(number)
            if number >= 16:
                go_on.wait()
            done.append(number)
        return done

    before = threading.active_count()
    timer = threading.Timer(0.3, go_on.set)
    with closing(work_through(work, range(4000), label="Closed")) as batches:
        part, _ = next(batches)
        timer.start()
    timer.join()
    assert part.stop <= 16  # those done by then come in any order
    assert len(worked) <= 16 + 4  # the first batch, and of each thread's next one the item under way
    assert threading.active_count() == before


def test_an_executor_is_used_and_left_open():
    names = []

    def work(numbers):
        names.append(threading.current_thread().name)
        return square(numbers)

    with ThreadPoolExecutor(2, thread_name_prefix="mine") as executor:
        assert collect(work, range(100), executor=executor) == [number * number for number in range(100)]
        assert executor.submit(abs, -1).result() == 1
    assert all(name.startswith("mine") for name in names)


def test_closing_early_leaves_an_executor_open_and_empty():
    begun, go_on = [], threading.Event()

    def work(numbers):
        numbers = list(numbers)
        begun.append(numbers)
        if 0 not in numbers:
            go_on.wait()
        return numbers

    with ThreadPoolExecutor(1) as executor:
        with closing(work_through(work, range(5000), executor=executor, label="Closed")) as batches:
            next(batches)
        go_on.set()
        assert executor.submit(abs, -1).result() == 1
    assert len(begun) <= 2


def test_no_more_than_some_batches_wait_at_once(monkeypatch):
    monkeypatch.setattr(parallel, "_BATCHES_UNDER_WAY", 5)
    submitted = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *args):
            submitted.append(args)
            return super().submit(*args)

    with Counting(1) as executor:
        for done, _ in enumerate(work_through(square, range(2000), executor=executor, label="Counted"), start=1):
            assert len(submitted) <= done + 5
    assert len(submitted) == len(list(parallel._cut(2000, singles=0)))


@given(st.integers(0, 50_000))
def test_batches_grow_and_shrink_again(count):
    parts = list(parallel._cut(count, singles=64))
    assert [item for part in parts for item in range(part.start, part.stop)] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert set(sizes[:64]) <= {1} and max(sizes, default=0) <= 64
    assert sizes[64:] == sorted(sizes[64:], reverse=True) and set(sizes[-32:]) <= {1, 2}


class Counter:
    """Counts how many threads are at work at once, at most."""

    def __init__(self, wait):
        self.wait, self.lock, self.now, self.most = wait, threading.Lock(), 0, 0

    def __call__(self, numbers):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        results = [self.wait(number) for number in numbers]
        with self.lock:
            self.now -= 1
        return results


def test_where_all_items_wait_many_are_at_work():
    counter = Counter(lambda number: time.sleep(0.03))
    list(work_through(counter, range(600), label="Slow disk"))
    assert counter.most == parallel.THREADS


def test_a_single_long_wait_sets_no_more_threads_to_work(monkeypatch):
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 2)
    counter = Counter(lambda number: time.sleep(0.1 if number in (0, 1, 200) else 0))
    list(work_through(counter, range(2000), label="Fast disk"))
    assert counter.most <= 2


def test_the_bar_says_what_is_done(capsys):
    collect(square, range(50))
    printed = capsys.readouterr()
    assert "Squares: 100%" in printed.err and "50/50" in printed.err and printed.out == ""
    collect(square, [])
    assert capsys.readouterr() == ("", "")


def test_the_bar_counts_what_was_finished_before(capsys):
    assert collect(square, range(50), done=150) == [number * number for number in range(50)]
    assert "200/200" in capsys.readouterr().err
    assert collect(square, [], done=150) == []
    printed = capsys.readouterr().err
    assert "Squares: 100%" in printed and "150/150" in printed


def test_an_image_that_takes_long_is_named_once(tmp_path, paint, monkeypatch, capsys):
    for name in ("slow.png", "swift.png"):
        paint().save(tmp_path / name)
    monkeypatch.setattr(parallel, "_SLOW", 0.5)

    def work(paths):
        done = []
        for path in paths:
            with open_image(path):
                time.sleep(3 if path.endswith("slow.png") else 0)
            done.append(path)
        return done

    paths = [str(tmp_path / name) for name in ("slow.png", "swift.png")]
    assert collect(work, paths) == paths
    printed = capsys.readouterr()
    assert f"\nStill reading {tmp_path.name}/slow.png after 0.5 seconds\n" in printed.err.replace("\r", "\n")
    assert printed.err.count("Still reading") == 1 and printed.out == ""


def test_an_image_that_waits_for_its_turn_is_not_called_slow(tmp_path, paint, monkeypatch):
    paint().save(tmp_path / "picture.png")
    monkeypatch.setattr(pictures, "_LARGE_PIXELS", 10)
    begun, seen = threading.Event(), []

    def wait_for_a_turn():
        begun.set()
        with open_image(str(tmp_path / "picture.png")):
            seen.append(list_slow_images(0.2))

    waiting = threading.Thread(target=wait_for_a_turn)
    with pictures._DECODING_LARGE:
        waiting.start()
        begun.wait()
        time.sleep(0.5)
        assert list_slow_images(0.2) == []
    waiting.join()
    assert seen == [[]] and list_slow_images(0) == []
