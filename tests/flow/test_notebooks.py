"""The notebooks: committed clean, read as an argument, and run as they stand."""

import importlib.util
import re
import shutil
import statistics
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
PROGRESS = re.compile(r"(\r|^)[\w ]+: +\d+%\|[^\r\n]*\| \d+/\d+ \[[^\r\n]*\] *(?=\r|\n|$)")

LESSON = ("02_how_it_works", "03_why_it_is_fast", "02_how_it_works.ja", "03_why_it_is_fast.ja")
each = pytest.mark.parametrize("notebook", NOTEBOOKS.values(), ids=list(NOTEBOOKS))


def is_lesson(notebook) -> bool:
    """The lesson's notebooks are about the fixed sample, and define what they explain."""
    return any(notebook is NOTEBOOKS[name] or notebook.cells[0] == NOTEBOOKS[name].cells[0] for name in LESSON)


def tagged(notebook, tag: str) -> list:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def list_code(notebook) -> list:
    """The code cells but for the parameters and the set-up."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in code if not {"parameters", "setup"} & set(cell.metadata.get("tags", []))]


def lines(cell) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def test_the_report_has_its_notebook():
    assert "01_find_lookalikes" in NOTEBOOKS


@each
def test_it_is_valid_and_committed_without_results(notebook):
    nbformat.validate(notebook)
    assert not {"widgets", "papermill"} & notebook.metadata.keys()
    for cell in notebook.cells:
        assert cell.metadata.keys() <= {"tags"}
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@each
def test_it_begins_with_its_question(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# .+[?？]$", first.source.splitlines()[0])
    assert len(first.source.split()) > 40 or len(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", first.source)) > 100


@each
def test_its_parameters_stand_in_one_cell_and_are_explained(notebook):
    (cell,) = tagged(notebook, "parameters")
    assert len(lines(cell)) <= 15
    assert all(re.fullmatch(r"[A-Z_]+ = [^#]+  # .{10,}", line) for line in lines(cell))
    names = {line.split(" = ")[0] for line in lines(cell)}
    for other in notebook.cells:
        if other.cell_type == "code" and other is not cell:
            assert not names & set(re.findall(r"^([A-Z_]+) =", other.source, re.MULTILINE))


@each
def test_its_code_is_short_and_stands_among_prose(notebook):
    code = list_code(notebook) + tagged(notebook, "setup")
    assert statistics.median(len(lines(cell)) for cell in code) <= 4
    assert max(len(lines(cell)) for cell in code) <= 20
    assert "ccc" not in "".join(cell.cell_type[0] for cell in notebook.cells)


def test_the_reports_notebook_defines_nothing():
    code = list_code(NOTEBOOKS["01_find_lookalikes"])
    assert not re.search(r"^\s*(def|class) ", "\n".join(cell.source for cell in code), re.MULTILINE)


@each
def test_no_path_or_count_of_somebody_is_left_in_it(notebook):
    for cell in notebook.cells:
        assert not re.search(r"/home/|/Users/|/tmp/|C:\\", cell.source)
        if cell.cell_type == "markdown" and not is_lesson(notebook):
            assert not re.search(r"\b\d{2,} (images|clusters|pairs|singletons)\b", cell.source)


# The set-up cell, on a machine without the package, with stand-ins for what only Colab has.


def run_set_up(monkeypatch, *, package: str = "", data_dir: str = "", installed: bool = False) -> list[tuple]:
    """What the set-up cell does, as a list of calls."""
    (cell,) = tagged(NOTEBOOKS["01_find_lookalikes"], "setup")
    calls: list[tuple] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: installed or None)
    colab = ModuleType("google.colab")
    colab.drive = ModuleType("drive")
    colab.drive.mount = lambda place: calls.append(("mount", place))
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    shell = ModuleType("shell")
    shell.run_line_magic = lambda magic, line: calls.append((magic, line))
    shell.system = lambda line: calls.append(("system", line))
    source = TransformerManager().transform_cell(cell.source)
    exec(compile(source, "set-up", "exec"), {"DATA_DIR": data_dir, "PACKAGE": package, "get_ipython": lambda: shell})
    return calls


def test_without_the_package_the_set_up_says_what_to_do(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match=r"lookalikes is not installed: put the address .* in PACKAGE"):
        run_set_up(monkeypatch)


def test_the_set_up_installs_only_from_the_address_given(monkeypatch):
    ((magic, line),) = run_set_up(monkeypatch, package="https://example.org/lookalikes.whl")
    assert magic == "pip" and line.split()[0] == "install" and line.split()[-1] in ("{PACKAGE}", '"{PACKAGE}"')
    assert run_set_up(monkeypatch, package="https://example.org/lookalikes.whl", installed=True) == []


def test_drive_is_mounted_only_when_the_data_are_there(monkeypatch):
    assert run_set_up(monkeypatch, data_dir="/content/drive/MyDrive/x", installed=True) == [("mount", "/content/drive")]
    assert run_set_up(monkeypatch, data_dir="/content/x", installed=True) == []


slow_in_japanese = [
    pytest.param(name, marks=pytest.mark.slow if name.endswith(".ja") else ()) for name in NOTEBOOKS
]  # the same code


@pytest.fixture(scope="module", params=slow_in_japanese)
def executed(request, tmp_path_factory):
    """A notebook run top to bottom as it stands, in a copy of its folder, in what looks like a checkout."""
    folder = tmp_path_factory.mktemp("checkout") / "notebooks"
    (folder.parent / "src" / "lookalikes").mkdir(parents=True)
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".*"))
    notebook = nbformat.read(folder / f"{request.param}.ipynb", as_version=4)
    NotebookClient(
        notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook, folder


def test_it_runs_as_it_stands(executed):
    notebook, folder = executed
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    assert [path.name for path in folder.parent.iterdir() if path.name not in ("notebooks", "reports", "src")] == []
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in PATHS)


def test_it_prints_nothing_but_progress(executed):
    for cell in executed[0].cells:
        printed = "".join(output.text for output in cell.get("outputs", []) if output.output_type == "stream")
        assert PROGRESS.sub("", printed).strip() == ""


def test_its_steps_end_in_something_to_see(executed):
    for cell in list_code(executed[0]):
        kinds = {output.output_type for output in cell.outputs}
        last = cell.source.splitlines()[-1]
        # A function, a check, what the next cell shows.
        prepares = re.match(r"\s|assert |[\]}]|[\w\[\]\", .]+ = ", last)
        seen = kinds & {"execute_result", "display_data"} or cell.source.startswith(("import", "from"))
        assert seen or (is_lesson(executed[0]) and prepares), cell.source


def test_what_it_saves_goes_beside_the_notebooks_folder(executed):
    notebook, folder = executed
    if not any("la.save_clusters" in cell.source for cell in notebook.cells):
        pytest.skip("this notebook saves nothing")
    saved = {path.name for path in (folder.parent / "reports" / "sample").iterdir()}
    assert saved == {
        "hash_clustering_result.csv",
        "problems.csv",
        "notices.csv",
        "keep.csv",
        "groups.csv",
        "findings.md",
        "summary.json",
    }
