"""Zips are unpacked once, into the cache folder, and never beyond it."""

import os
import re
import stat
import zipfile
from types import SimpleNamespace

import pytest

from lookalikes import list_notices, read_folds
from lookalikes.reading import archives


def make_zip(path, files, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "lookalikes" / "unpacked"


def test_a_zip_is_unpacked_once_and_anew_when_it_changed(tmp_path, cache, monkeypatch):
    path = make_zip(tmp_path / "set.zip", {"set/train/1.jpg": "a", "set/test/2.jpg": "b", "__MACOSX/set/._1.jpg": "c"})
    images = read_folds(path)
    assert images["fold"].tolist() == ["train", "test"]
    assert all(os.path.isfile(place) and str(cache) in place for place in images["path"])
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "extractall", lambda *_: pytest.fail("unpacked again"))
        assert read_folds(path)["path"].tolist() == images["path"].tolist()
    os.utime(make_zip(path, {"train/1.jpg": "a", "train/3.jpg": "c", "test/2.jpg": "b"}), ns=(1, 1))
    assert len(read_folds(path)) == 3
    assert not os.path.exists(images["path"][0]) and len(list(cache.glob("*/*"))) == 1


def test_zips_beside_csvs_are_folders_and_others_are_told(tmp_path, cache):
    data = tmp_path / "data"
    (data / "test").mkdir(parents=True)
    (data / "test" / "9.jpg").touch()
    (data / "train.csv").write_text("id,y\n1,0\n2,1\n")
    make_zip(data / "train.zip", {"1.jpg": "a", "2.jpg": "b"})
    make_zip(data / "test.zip", {"9.jpg": "c"})  # which the person has unpacked
    make_zip(data / "code.zip", {"main.py": "pass"})
    images = read_folds(data, label="y")
    assert images["fold"].tolist() == ["train", "train", "test"] and images["label"].tolist()[:2] == [0, 1]
    notices = list_notices(data, label="y").set_index("what")
    assert notices.loc["zips not unpacked", "count"] == 2
    (data / "train.csv").unlink()
    assert "train" not in set(read_folds(data)["fold"])  # a zip among pictures is only a zip


def link_entry(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "names, told",
    [
        (["../out.jpg"], "holds '../out.jpg', which is no plain file within it"),
        (["/etc/x.jpg"], "holds '/etc/x.jpg', which is no plain file"),
        (["a\\..\\..\\x.jpg"], "holds 'a"),
        (["C:/x.jpg"], "holds 'C:/x.jpg', which is no plain file"),
        ([link_entry("link.jpg")], "holds 'link.jpg', which is no plain file"),
    ],
)
def test_a_zip_that_leads_out_is_refused_and_leaves_nothing(tmp_path, cache, names, told):
    path = make_zip(tmp_path / "bad.zip", {"ok.jpg": "a"} | dict.fromkeys(names, "x"))
    with pytest.raises(ValueError, match=r"bad\.zip " + re.escape(told)):
        read_folds(path)
    assert not list(cache.glob("*/*")) and not (tmp_path / "out.jpg").exists()


def test_a_zip_that_would_fill_the_disk_is_refused_before_it_is_unpacked(tmp_path, cache, monkeypatch):
    path = make_zip(tmp_path / "big.zip", {"1.jpg": bytes(30_000_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"big\.zip would grow from .* to 30,000,000 bytes"):
        read_folds(path)
    path = make_zip(tmp_path / "full.zip", {"1.jpg": bytes(1_000)})
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda place: SimpleNamespace(free=9))
    with pytest.raises(ValueError, match=r"full\.zip needs 1,000 bytes in the cache folder, where 9 are free"):
        read_folds(path)
    assert not list(cache.glob("*/*"))


def test_what_is_no_zip_is_said(tmp_path):
    (tmp_path / "torn.zip").write_bytes(b"PK\3\4 torn")
    with pytest.raises(ValueError, match=r"torn\.zip can't be unpacked .*; get it anew, or unpack it yourself"):
        read_folds(tmp_path / "torn.zip")
