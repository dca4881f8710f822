"""What pyproject.toml asks for: what the code imports and no more, from the versions that were tried."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]
NOT_IMPORTED = {"ipykernel"}  # the kernel that a notebook runs in is a program
IMPORTED_IF_THERE = {"anywidget", "pillow-heif"}


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def read_pins(name: str) -> dict[str, str]:
    """Of a file of ours with one `package==version` a line, the version of each package."""
    lines = (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {name_of(pin): next(iter(pin.specifier)).version for pin in pins}


def list_imports() -> set[str]:
    """The packages that the code imports anywhere in it, but for Python's own and itself."""
    names: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).split(".")[0])
    return names - sys.stdlib_module_names - {"lookalikes"}


def test_it_depends_on_what_it_imports_and_on_nothing_else():
    owners = packages_distributions()
    imported = {canonicalize_name(owners.get(name, [name.replace("_", "-")])[0]) for name in list_imports()}
    assert imported - IMPORTED_IF_THERE == {name_of(needed) for needed in NEEDED} - NOT_IMPORTED
    assert {name_of(extra) for extra in EXTRAS} >= IMPORTED_IF_THERE


def test_each_bound_is_the_version_that_the_lowest_run_has():
    pins = read_pins("lowest.txt")
    assert pins.keys() == {name_of(requirement) for requirement in NEEDED + EXTRAS}
    for requirement in NEEDED + EXTRAS:
        assert requirement.specifier == Requirement(f"x>={pins[name_of(requirement)]}").specifier, requirement


@pytest.mark.parametrize("name", ["lowest.txt", "colab.txt"])
def test_the_versions_tried_are_allowed(name):
    allowed = {name_of(requirement): requirement.specifier for requirement in NEEDED + EXTRAS}
    for package, version in read_pins(name).items():
        assert version in allowed.get(package, Requirement("x").specifier), package
