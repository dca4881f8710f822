"""What the tests share: a cache of their own, the shared data where they are, builders of small pictures and tables."""

import os
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from PIL import Image

import lookalikes as la

SHARED = Path(__file__).parents[2] / "shared"
matplotlib.use("Agg")
settings.register_profile("patient", deadline=None)  # on a crowded machine any example may take long
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The user's cache folder is an empty one: here and in every process and kernel that a test starts."""
    folder = tmp_path_factory.mktemp("cache")
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        # These two look there as well, for the index of fonts and for the browsers.
        for variable, name in (("MPLCONFIGDIR", "matplotlib"), ("PLAYWRIGHT_BROWSERS_PATH", "ms-playwright")):
            if variable not in os.environ and (usual / name).is_dir():
                patch.setenv(variable, str(usual / name))
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def shared():
    """The folder of shared data beside the repository; where it is absent, the test is skipped."""
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here: ../shared, beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """The report on the sample, in English."""
    return la.make_report(output=tmp_path_factory.mktemp("out") / "sample")


@pytest.fixture(scope="session")
def paint():
    """paint(width, height, seed=0, mode="RGB"): smooth random blotches, unlike those of any other seed."""

    def paint(width=96, height=72, *, seed=0, mode="RGB"):
        blotches = np.random.default_rng(seed).integers(256, size=(8, 8, 3), dtype=np.uint8)
        return Image.fromarray(blotches).resize((width, height), Image.Resampling.BICUBIC).convert(mode)

    return paint


@pytest.fixture(scope="session")
def list_images():
    """list_images(paths): the table of images that `read_folds` would give for them; more columns by keyword."""

    def list_images(paths, **columns):
        names = [os.path.basename(path or "") for path in paths]
        paths = [None if path is None else str(path) for path in paths]
        return pd.DataFrame({"filename": names, "fold": "all", "path": paths} | columns, dtype=object)

    return list_images


@pytest.fixture(scope="session")
def picture(tmp_path_factory, paint):
    """The path of a small picture."""
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    paint().save(path)
    return str(path)


@pytest.fixture(scope="session")
def make_clusters(picture):
    """make_clusters([0, 0, 1]): a table of clusters whose images are all the same picture; other columns by keyword."""

    def make_clusters(ids, **columns):
        ids = pd.Series(ids, dtype="int64")
        usual = {
            "filename": [f"{number}.png" for number in range(len(ids))],
            "fold": ["all"] * len(ids),
            "path": [picture] * len(ids),
            "hash": ["00ff00ff00ff00ff"] * len(ids),
            "problem": [None] * len(ids),
            "cluster_id": ids,
            "distance": pd.Series(0, index=ids.index, dtype="Int64").where(ids.duplicated()),
        }
        return pd.DataFrame(usual | columns)

    return make_clusters
