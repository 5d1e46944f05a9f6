"""Do modules keep to the architecture: who imports whom, what is exported, no work at import?"""

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import genimg

ROOT = Path(__file__).parents[1]
TOP = {f"genimg.{module.name}" for module in pkgutil.iter_modules(genimg.__path__)}
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(genimg.__path__, "genimg.")
    if module.name != "genimg.__main__"
)
UI_MAY_USE = {"editor", "edits", "images", "runs", "files", "errors"}
ROOMS = {"ui", "training", "data"}
"""Packages with layers of their own inside."""


def contract(kind: str, word: str) -> dict[str, Any]:
    """The one import contract of this type whose name has this word."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (found,) = (c for c in settings["contracts"] if c["type"] == kind and word in c["name"])
    return dict(found)


def test_the_contracts_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out
    assert "7 kept, 0 broken" in capsys.readouterr().out


def test_every_module_has_its_layer() -> None:
    layers = contract("layers", "lower lines")
    assert layers["exhaustive"]
    placed = [name for line in layers["layers"] for name in re.split(r"\s*\|\s*", line)]
    assert {f"genimg.{name}" for name in placed} == TOP
    assert len(placed) == len(set(placed))


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_part_of_a_room_has_its_layer(room: str) -> None:
    layers = contract("layers", f"Inside {room}")
    assert layers["exhaustive"] and layers["containers"] == [f"genimg.{room}"]
    placed = [name for line in layers["layers"] for name in re.split(r"\s*\|\s*", line)]
    inside = {module.name for module in pkgutil.iter_modules([str(ROOT / "genimg" / room)])}
    assert sorted(placed) == sorted(inside)


def test_the_gradio_contract_names_all_but_the_interface() -> None:
    assert set(contract("forbidden", "gradio")["source_modules"]) == TOP - {"genimg.ui"}


def test_only_the_command_that_opens_the_page_knows_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    ignored = {edge for each in settings["contracts"] for edge in each.get("ignore_imports", [])}
    assert {edge.split(" -> ")[0] for edge in ignored} == {"genimg.cli.app"}


def test_the_interface_contract_names_all_below_the_editor() -> None:
    allowed = {f"genimg.{name}" for name in (*UI_MAY_USE, "ui", "cli", "__main__")}
    assert set(contract("forbidden", "interface")["forbidden_modules"]) == TOP - allowed


def test_the_tab_contract_names_every_tab() -> None:
    tabs = {
        f"genimg.ui.{path.parent.name}"
        for path in (ROOT / "genimg" / "ui").glob("*/tab.py")
        if re.search(r"^TITLE\b", path.read_text(), re.MULTILINE)
    }
    assert tabs
    assert set(contract("independence", "abs")["modules"]) == tabs


def test_public_names() -> None:
    assert {"Editor", "Latent", "Direction", "GenimgError"} <= set(genimg.__all__)


@pytest.mark.parametrize("name", ["genimg", *MODULES])
def test_every_exported_name_is_there(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert sorted(set(exported)) == sorted(exported)
    assert [word for word in exported if not hasattr(module, word)] == []


@pytest.mark.parametrize(
    ("method", "parameters"),
    {
        "load": ("path", "device"),
        "encode": ("self", "image", "details"),
        "decode": ("self", "latents"),
        "sample": ("self", "n", "seed", "temperature", "labels"),
        "vary": ("self", "latent", "n", "seed", "strength", "labels"),
        "mix": ("self", "base", "other", "take"),
        "move": ("self", "latent", "amounts"),
        "interpolate": ("self", "a", "b", "n", "method"),
    }.items(),
)
def test_the_editor_keeps_its_signatures(method: str, parameters: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(getattr(genimg.Editor, method)).parameters) == parameters


def test_errors_are_of_one_family() -> None:
    from genimg import errors

    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(kind, genimg.GenimgError) for kind in classes)
    assert {kind.__name__ for kind in classes} <= set(re.findall(r"\w+", errors.__doc__ or ""))


def run_python(code: str, folder: Path) -> str:
    """Run code in an empty folder that is also the home; return all that it printed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_core_loads_without_gradio_and_without_what_only_measuring_needs(
    tmp_path: Path,
) -> None:
    core = [name for name in MODULES if not name.startswith("genimg.ui")]
    late = {"gradio", "sklearn", "skimage", "scipy", "pandas", "torchvision", "torch._dynamo"}
    code = f"import sys, {', '.join(core)}\nassert not {late} & sys.modules.keys()"
    assert run_python(code, tmp_path) == ""


@pytest.mark.parametrize("words", [["--help"], ["app", "--help"]])
def test_help_needs_neither_gradio_nor_torch(words: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from genimg.cli import main
main({words})
assert not {{"gradio", "torch"}} & sys.modules.keys()
"""
    assert "usage: genimg" in run_python(code, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_work_at_import(tmp_path: Path) -> None:
    """Importing prints nothing, writes nothing, and leaves threads and random numbers alone."""
    code = f"""
import random, threading, numpy, torch
import gradio  # what it does itself is not asked here
def look():
    return (threading.active_count(), torch.get_num_threads(), torch.get_default_dtype(),
            random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().tolist())
before = look()
import {", ".join(MODULES)}
assert look() == before
"""
    assert run_python(code, tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def sources() -> list[Path]:
    folders = [ROOT / name for name in ("genimg", "tests", "benchmarks")]
    return [ROOT / "app.py", *(path for folder in folders for path in folder.rglob("*.py"))]


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_pixels_are_converted_in_one_place() -> None:
    scaled = [path for path in (ROOT / "genimg").rglob("*.py") if "127.5" in path.read_text()]
    assert scaled == [ROOT / "genimg" / "images" / "arrays.py"]
