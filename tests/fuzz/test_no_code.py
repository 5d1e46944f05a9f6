"""No file that genimg reads can run code: nothing in the program would unpickle or evaluate it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sorted([*(ROOT / "genimg").rglob("*.py"), ROOT / "app.py"])

MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
BUILTINS = {"eval", "exec", "compile", "__import__"}


def dangers(text: str) -> Iterator[str]:
    """Each place of a program that could run what is in a file: line, and what it is."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]}
        else:
            names = set()
        for name in names & MODULES:
            yield f"{node.lineno}: import {name}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            yield from _calls(node)


def _calls(call: ast.Call) -> Iterator[str]:
    said = ast.unparse(call.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if said in BUILTINS:
        yield f"{call.lineno}: {said}()"
    if said == "torch.load" and options.get("weights_only") != "True":
        yield f"{call.lineno}: torch.load without weights_only=True"
    if said in ("np.load", "numpy.load") and options.get("allow_pickle") != "False":
        yield f"{call.lineno}: np.load without allow_pickle=False"
    if said.endswith(("read_pickle", "torch.hub.load", "jit.load", "package.PackageImporter")):
        yield f"{call.lineno}: {said}()"


def test_the_program_neither_unpickles_nor_evaluates() -> None:
    found = [f"{path.relative_to(ROOT)}:{d}" for path in PROGRAM for d in dangers(path.read_text())]
    assert len(PROGRAM) > 50
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, mmap_mode='r', allow_pickle=True)",
        "eval(text)",
        "torch.jit.load(path)",
    ],
)
def test_what_could_is_found(text: str) -> None:
    assert list(dangers(text))


def test_what_cannot_is_not() -> None:
    safe = "model.eval(); re.compile(x); np.load(p, allow_pickle=False); json.loads(text)"
    assert list(dangers(safe)) == []
