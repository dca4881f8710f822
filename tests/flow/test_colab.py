"""Installed from its wheel over what people have in Colab and Kaggle, and run there as they would."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_notebooks import PROGRESS

from lookalikes.reporting.sample import make_sample

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "01_find_lookalikes.ipynb"
RESULTS = {"hash_clustering_result.csv", "problems.csv", "keep.csv"}
MOST_ADDED = 12  # packages, beside this one

pytestmark = pytest.mark.slow


def run(*words: str | Path, **options) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, encoding="utf-8", **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def list_packages(python: Path) -> dict[str, str]:
    told = run(python, "-m", "pip", "list", "--format=json")
    return {package["name"].lower().replace("_", "-"): package["version"] for package in json.loads(told)}


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, dict[str, str], dict[str, str]]:
    """The Python of the base with the wheel over it, and its packages before and after."""
    folder = tmp_path_factory.mktemp("colab")
    run(sys.executable, "-m", "venv", folder / "base")
    python = folder / "base" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet"]
    run(*install, "--requirement", ROOT / "tests" / "colab.txt")
    before = list_packages(python)
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(".*", "reports", "tests", "__pycache__"))
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, folder / "source")
    run(*install, *folder.glob("lookalikes-*.whl"))
    return python, before, list_packages(python)


def test_no_package_of_the_base_is_changed(installed):
    _, before, after = installed
    changed = {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}
    assert changed == {}


def test_few_packages_are_added(installed):
    _, before, after = installed
    added = sorted(after.keys() - before.keys() - {"lookalikes"})
    print(f"{len(added)} packages are added:", *added)
    assert len(added) <= MOST_ADDED, added
    assert not {"jupyterlab", "notebook"} & after.keys()


def execute(python: Path, folder: Path, data_dir: str) -> nbformat.NotebookNode:
    """The notebook as executed in `folder`, where nothing is of ours, with nothing but its DATA_DIR filled in."""
    folder.mkdir(parents=True)
    text = NOTEBOOK.read_text(encoding="utf-8")
    line = r"DATA_DIR = \"\""
    assert text.count(line) == 1
    (folder / "notebook.ipynb").write_text(text.replace(line, rf"DATA_DIR = \"{data_dir}\""), encoding="utf-8")
    run(python, "-m", "nbconvert", "--execute", "--to=notebook", "--inplace", "notebook.ipynb", cwd=folder)
    return nbformat.read(folder / "notebook.ipynb", as_version=4)


def list_words(notebook: nbformat.NotebookNode) -> str:
    """All that its cells printed, but for progress bars."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return PROGRESS.sub("", "".join(output.text for output in outputs if output.output_type == "stream")).strip()


def test_it_runs_as_in_colab(installed, tmp_path):
    notebook = execute(installed[0], tmp_path / "content", "")
    assert list_words(notebook) == ""
    assert {path.name for path in (tmp_path / "content").iterdir()} == {"notebook.ipynb", "reports"}
    assert {path.name for path in (tmp_path / "content" / "reports" / "sample").iterdir()} >= RESULTS


def test_it_runs_as_in_kaggle_and_leaves_the_input_as_it_is(installed, tmp_path):
    data = make_sample(tmp_path / "kaggle" / "input" / "pictures")
    paths = sorted([data, *data.rglob("*")], reverse=True)
    before = {path: path.stat().st_mtime_ns for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        notebook = execute(installed[0], tmp_path / "kaggle" / "working", data.as_posix())
        assert {path: path.stat().st_mtime_ns for path in [data, *data.rglob("*")]} == before
    finally:
        for path in reversed(paths):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert list_words(notebook) == ""
    assert sorted(path.name for path in (tmp_path / "kaggle").iterdir()) == ["input", "working"]
    assert {path.name for path in (tmp_path / "kaggle" / "working" / "reports" / "pictures").iterdir()} >= RESULTS
