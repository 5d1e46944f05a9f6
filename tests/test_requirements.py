"""Are the pinned packages those that the program imports, and those that are installed?"""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
FILES = ("requirements.txt", "requirements-dev.txt")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    """{package: version}; a line that does not pin exactly raises ValueError."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    found = {}
    for line in lines:
        if line and not line.startswith("-r "):
            name, version = line.split("==")
            found[canonical(name)] = version
    return found


@pytest.mark.parametrize("file", FILES)
def test_what_is_installed_is_what_is_pinned(file: str) -> None:
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in pins(file)}
    assert installed == pins(file)


def test_the_package_asks_for_what_is_pinned_in_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = {canonical(each.name): each for each in map(Requirement, project["dependencies"])}
    pinned = pins("requirements.txt")
    assert set(ranges) == set(pinned)
    assert [name for name, each in ranges.items() if pinned[name] not in each.specifier] == []
    assert [name for name, each in ranges.items() if "<" not in str(each.specifier)] == []


def test_everything_imported_is_pinned() -> None:
    owners = importlib.metadata.packages_distributions()
    pinned = set(pins("requirements.txt"))
    for path in [*(ROOT / "genimg").rglob("*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            else:
                continue
            for module in {name.partition(".")[0] for name in modules}:
                if module != "genimg" and module not in sys.stdlib_module_names:
                    packages = {canonical(name) for name in owners[module]}
                    assert packages & pinned, f"{path} imports {module}, which is not pinned"
