"""More than one process: executors, a Dask cluster, runs at once and runs killed; and the memory of large pictures."""

import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path

import imagehash
import pandas as pd
import pytest
from PIL import Image

from lookalikes import cluster_sequentially, find_pairs, hash_images, hashing, look_again, read_folds, show_clusters

COUNT, COPIES = 160, 4
STATED_PEAK = 3.2e9  # bytes, as the README has it, of one process that works on the largest pictures allowed
SIDE = 13_000


def hash_slowly(image):
    time.sleep(0.01)
    return imagehash.phash(image)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory, paint):
    """Pictures, each of the last ten a copy of one of the first, and a file that can't be read; changed long ago."""
    folder = tmp_path_factory.mktemp("crowd")
    for number in range(COUNT - 1):
        paint(seed=number % (COUNT - 11)).save(folder / f"{number:03}.jpg", quality=90 - number // 100)
    (folder / f"{COUNT - 1}.jpg").write_bytes(b"no image")
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    return folder


@pytest.fixture(scope="module")
def images(crowd):
    return read_folds(crowd)


@pytest.fixture(scope="module")
def alone(images):
    return hash_images(images, cache=False)


def count_rows(place):
    if not place.exists():
        return 0
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=30)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'hashes'").fetchone():
            return 0
        return connection.execute("SELECT count(*) FROM hashes").fetchone()[0]


def start_hashing(folder, place, out):
    """A process that hashes the folder with `hash_slowly` and then writes the hashes to `out`."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from lookalikes import hash_images, read_folds; from test_scale import hash_slowly\n"
        "hashed = hash_images(read_folds(sys.argv[2]), hash=hash_slowly, cache=sys.argv[3])\n"
        "hashed[['hash']].to_csv(sys.argv[4])"
    )
    words = [sys.executable, "-c", script, str(Path(__file__).parent), str(folder), str(place), str(out)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def read_hashes(out):
    return pd.read_csv(out, dtype=str)["hash"].fillna("").tolist()


def test_a_gallery_made_by_another_process_is_the_same(alone):
    clusters = cluster_sequentially(alone, find_pairs(alone))
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        elsewhere = show_clusters(clusters, executor=executor)
    assert len(elsewhere.clusters) >= 10 and str(elsewhere.clusters) == str(show_clusters(clusters).clusters)


def test_two_runs_at_once_share_a_cache(crowd, alone, tmp_path):
    place = tmp_path / "hashes.sqlite"
    runs = [start_hashing(crowd, place, tmp_path / f"{number}.csv") for number in range(2)]
    messages = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert not any("Warning" in message for message in messages)
    for number in range(2):
        assert read_hashes(tmp_path / f"{number}.csv") == alone["hash"].fillna("").tolist()
    assert count_rows(place) == COUNT - 1


def test_after_kill_9_only_the_rest_is_hashed(crowd, images, alone, tmp_path, monkeypatch):
    place, many = tmp_path / "hashes.sqlite", tmp_path / "many"
    for number in range(COPIES):  # so that a run takes a while
        shutil.copytree(crowd, many / str(number))
    run = start_hashing(many, place, tmp_path / "never.csv")
    while count_rows(place) < 32 and run.poll() is None:
        time.sleep(0.02)
    run.kill()
    run.communicate()
    kept = count_rows(place)
    assert 32 <= kept < COPIES * (COUNT - 1), "killed too late to show anything"
    assert not (tmp_path / "never.csv").exists()
    opened = []
    open_image = hashing.images.open_image
    monkeypatch.setattr(hashing.images, "open_image", lambda path, **o: opened.append(path) or open_image(path, **o))
    again = hash_images(read_folds(many), hash=hash_slowly, cache=place)
    assert len(opened) == len(again) - kept
    assert sorted(again["hash"].dropna()) == sorted(COPIES * alone["hash"].dropna().tolist())
    assert count_rows(place) == COPIES * (COUNT - 1)


# Beyond one machine: whatever is a concurrent.futures.Executor.


class Weighing(Executor):
    """Another executor, and how many bytes travel to its workers and back."""

    def __init__(self, other):
        self.other, self.sent, self.futures = other, 0, []

    def submit(self, task, *args):
        self.sent += len(pickle.dumps((task, args)))
        self.futures.append(self.other.submit(task, *args))
        return self.futures[-1]

    @property
    def received(self):
        return sum(len(pickle.dumps(future.result())) for future in self.futures)


@contextmanager
def start_cluster():
    """A client of two Dask workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_and_no_picture_travels(images, alone):
    pairs = find_pairs(alone, below=16)
    with start_cluster() as client:
        weighing = Weighing(client.get_executor())
        hashed = hash_images(images, cache=False, executor=weighing)
        pd.testing.assert_frame_equal(hashed, alone)
        most = 155 + len(images["path"].iat[0])  # bytes
        assert weighing.sent / len(images) < most and weighing.received / len(images) < most
        looked = look_again(hashed, pairs, executor=client.get_executor())
        pd.testing.assert_frame_equal(looked, look_again(alone, pairs))
        clusters = cluster_sequentially(hashed, pairs[pairs["distance"] < 10])
        elsewhere = show_clusters(clusters, executor=client.get_executor())
        assert str(elsewhere.clusters) == str(show_clusters(clusters).clusters)
        assert len(set(client.run(os.getpid).values()) - {os.getpid()}) == 2


@pytest.mark.slow
def test_what_a_killed_dask_worker_had_is_done_again(images, alone):
    with start_cluster() as client:
        victim = next(iter(client.run(os.getpid).values()))
        killed = []

        class Killing(Weighing):
            """Kills one worker when a fifth of the work has come back."""

            def submit(self, task, *args):
                future = super().submit(task, *args)
                future.add_done_callback(self.kill)
                return future

            def kill(self, future):
                if sum(each.done() for each in self.futures) >= len(self.futures) // 5 and not killed:
                    killed.append(victim)
                    os.kill(victim, signal.SIGKILL)

        hashed = hash_images(images, hash=hash_slowly, cache=False, executor=Killing(client.get_executor()))
        assert killed and victim not in client.run(os.getpid).values()
    pd.testing.assert_frame_equal(hashed, alone)


# Memory: one large picture at a time decides it.


@pytest.fixture(scope="module")
def giants(tmp_path_factory):
    """Eight pictures of 169 megapixels, of the kinds that take most, in small files."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    if sys.platform != "linux" or memory < 2 * STATED_PEAK:
        pytest.skip("needs Linux and 6.4 GB of free memory")
    folder = tmp_path_factory.mktemp("giants")
    colours = Image.new("RGB", (SIDE, SIDE), (10, 120, 200))
    colours.save(folder / "colours.png", compress_level=1)
    colours.save(folder / "colours.jpg")
    colours.save(folder / "colours.tiff", compression="tiff_deflate")
    colours.putalpha(128)
    colours.save(folder / "clear.png", compress_level=1)
    colours.save(folder / "clear.webp", lossless=True, method=0)
    Image.new("I;16", (SIDE, SIDE), 3000).save(folder / "deep.png", compress_level=1)
    for number, name in enumerate(["clear.webp", "clear.png"]):
        os.link(folder / name, folder / f"{number}.{name}")
    return folder


MEASURE = """
import resource, sys
import pandas as pd
import lookalikes as la
step, *paths = sys.argv[1:]
columns = {"filename": paths, "fold": "all", "path": paths, "hash": "0" * 16, "problem": None}
hashed = pd.DataFrame(columns, dtype=object)
if step == "hash":
    done = la.hash_images(hashed[["filename", "fold", "path"]], cache=False)["hash"].notna().all()
elif step == "look":
    pairs = pd.DataFrame({"earlier": 0, "later": range(1, len(paths)), "distance": 0})
    done = la.look_again(hashed, pairs)["kind"].notna().all()
else:
    clusters = hashed.assign(cluster_id=0, distance=pd.Series(0, hashed.index, "Int64"))
    done = all(member["src"] for member in la.show_clusters(clusters).clusters[0]["members"])
print(bool(done), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def measure_peak(step, paths):
    run = subprocess.run([sys.executable, "-c", MEASURE, step, *map(str, paths)], capture_output=True, text=True)
    done, peak = run.stdout.split()
    assert done == "True", run.stderr
    return int(peak)


@pytest.mark.slow
def test_one_large_picture_at_a_time_decides_the_peak(giants):
    one, all_eight = (measure_peak("hash", paths) for paths in ([giants / "clear.webp"], sorted(giants.iterdir())))
    print(f"peak of hashing one: {one / 1e9:.2f} GB, eight: {all_eight / 1e9:.2f} GB")
    assert all_eight < 1.2 * one and all_eight < STATED_PEAK


@pytest.mark.slow
@pytest.mark.parametrize("step", ["look", "show"])
def test_looking_at_large_pictures_stays_within_the_stated_memory(giants, step):
    peak = measure_peak(step, [giants / name for name in ("clear.webp", "0.clear.webp", "clear.png", "colours.png")])
    print(f"peak of {step}: {peak / 1e9:.2f} GB")
    assert peak < STATED_PEAK
