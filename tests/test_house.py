"""The rules of the house: imports run downwards only, files stay small, and type checkers see what we export."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lookalikes

PACKAGE = Path(lookalikes.__file__).parent
# Top floor first: a wing, or a file of the ground, imports only what stands below it.
FLOORS = [
    ["__main__"], ["reporting"], ["showing"], ["judging"], ["clustering"], ["hashing"], ["reading"],
    ["words", "saving", "compiling"],
]  # fmt: skip
LARGEST = 260


def list_modules(package):
    """The name below the package, and the path, of each of its modules."""
    paths = sorted(path for path in package.rglob("*.py") if path.name != "__init__.py")
    return {".".join(path.relative_to(package).with_suffix("").parts): path for path in paths}


def list_imports(path, modules):
    """Which of the package's modules a module imports, anywhere in its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in named:
            inside = name.removeprefix("lookalikes.")
            while inside and inside not in modules:
                inside = inside.rpartition(".")[0]
            if name.startswith("lookalikes.") and inside:
                found.add(inside)
    return found


def find_floor(module):
    return next(number for number, floor in enumerate(FLOORS) if module.split(".")[0] in floor)


def find_faults(package):
    """The imports that lead upwards, or sideways on the ground, and the circles within a wing, each in words."""
    modules = list_modules(package)
    imports = {name: list_imports(path, modules) for name, path in modules.items()}
    faults = [
        f"{name} imports {other}, which stands above or beside it"
        for name in imports
        for other in sorted(imports[name])
        if find_floor(other) < find_floor(name)
        or (find_floor(other) == find_floor(name) and other.split(".")[0] != name.split(".")[0])
    ]
    left = dict(imports)
    while free := [name for name in left if not left[name] & left.keys()]:
        for name in free:
            del left[name]
    return faults + [f"a circle of imports: {', '.join(sorted(left))}"] * bool(left)


def test_imports_lead_downwards_and_never_in_a_circle():
    assert find_faults(PACKAGE) == []


@pytest.mark.parametrize(
    ("place", "line", "fault"),
    [
        ("hashing/one.py", "from lookalikes.judging.two import three", "hashing.one imports judging.two"),
        ("hashing/one.py", "def f():\n    import lookalikes.showing.four", "hashing.one imports showing.four"),
        ("words.py", "from lookalikes import saving", "words imports saving"),
        ("judging/two.py", "from lookalikes.judging import five", "a circle of imports: judging.five, judging.two"),
    ],
)
def test_what_leads_upwards_is_named(tmp_path, place, line, fault):
    files = {
        "hashing/one.py": "", "judging/two.py": "", "showing/four.py": "", "words.py": "", "saving.py": "",
        "judging/five.py": "from lookalikes.judging.two import three", "reading/six.py": "import lookalikes.words",
    }  # fmt: skip
    for name, text in (files | {place: line}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (told,) = find_faults(tmp_path)
    assert told.startswith(fault)


def test_no_file_is_large():
    lines = {name: path.read_text(encoding="utf-8").count("\n") for name, path in list_modules(PACKAGE).items()}
    assert {name: count for name, count in lines.items() if count > LARGEST} == {}


def test_what_is_exported_can_be_loaded():
    stub = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    named = re.findall(r"^from \.\S+ import (\w+) as \1$", stub, flags=re.MULTILINE)
    assert sorted(named) == sorted(lookalikes.__all__)
    assert all(getattr(lookalikes, name) is not None for name in named)


@pytest.mark.slow
def test_type_checkers_find_the_parameters(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "asks.py").write_text(
        "import lookalikes as la\nreveal_type(la.hash_images)\nla.hash_images(1, hsh=2)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "asks.py"],
        cwd=tmp_path, env={"PATH": "", "MYPYPATH": str(PACKAGE.parent)}, capture_output=True, text=True,
    )  # fmt: skip
    assert "views: str" in done.stdout and "executor: concurrent.futures._base.Executor | None" in done.stdout
    assert 'Unexpected keyword argument "hsh"' in done.stdout
