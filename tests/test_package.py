"""Does `pip install .` give the program with its models, pages and the command `genimg`?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image

import genimg
from genimg.runs import RunFiles, launch

from .ui.train.training_site import until

ROOT = Path(__file__).parents[1]
PAGE_FILES = {".js", ".css", ".html", ".json"}
SHIPPED = {path.relative_to(ROOT) for path in (ROOT / "checkpoints").rglob("*.safetensors")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with the build backend that is installed here: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder]
    subprocess.run([sys.executable, "-m", "pip", *words, ROOT], check=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `genimg` of a fresh environment, which has the packages of this one besides."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=os.name != "nt")
    paths = sysconfig.get_paths("venv", vars={"base": str(place), "platbase": str(place)})
    packages = Path(paths["purelib"])
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    words = ["--quiet", "--python", place, "install", "--no-deps", "--no-index"]
    words += ["--no-compile", wheel]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=120)
    return Path(paths["scripts"]) / "genimg"


def environment(**more: str) -> dict[str, str]:
    """This one without what would lead to the checkout."""
    ours = ("PYTHONPATH", "GENIMG_CHECKPOINTS")
    return {**{key: value for key, value in os.environ.items() if key not in ours}, **more}


def said(program: Path, folder: Path, *words: str, **more: str) -> str:
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def app(program: Path, folder: Path) -> Iterator[str]:
    """`genimg app` on a free port; gives its address."""
    running = subprocess.Popen(
        [program, "app", "--no-open", "--port", "0"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    try:
        told = ""
        while (address := re.search(r"genimg is at (\S+)", told)) is None:
            line = running.stdout.readline()
            assert line, f"it ended: {told}"
            told += line
        yield address[1]
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)


def test_the_wheel_holds_code_pages_models_and_examples(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    page = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "genimg").rglob("*")
        if path.suffix in {".py", ".npz", ".webp", *PAGE_FILES} and "__pycache__" not in path.parts
    }
    examples = (ROOT / "assets" / "examples").rglob("*.png")
    shipped = {f"genimg/shipped/{path}" for path in SHIPPED}
    shipped |= {f"genimg/shipped/{path.relative_to(ROOT)}" for path in examples}
    assert page | shipped <= names
    assert {name.split("/")[0] for name in names} == {
        "genimg",
        f"genimg-{genimg.__version__}.dist-info",
    }


def test_the_command_runs_anywhere(program: Path, tmp_path: Path) -> None:
    assert "genimg app" in said(program, tmp_path, "app", "--help")
    assert re.search(r"^  train +train a model", said(program, tmp_path, "--help"), re.MULTILINE)
    words = ("sample", "fashion-32-vae", "--n", "2", "--seed", "0", "--out", "drawn.png")
    said(program, tmp_path, *words)
    with Image.open(tmp_path / "drawn.png") as drawn:
        assert drawn.width >= 64


def test_the_app_opens_in_an_empty_folder_with_the_shipped_models(
    program: Path, tmp_path: Path
) -> None:
    with app(program, tmp_path) as address:
        told = httpx.post(f"{address}/gradio_api/call/list_models", json={"data": []}, timeout=30)
        event = told.json()["event_id"]
        answer = httpx.get(f"{address}/gradio_api/call/list_models/{event}", timeout=30).text
        draws = {path.stem for path in SHIPPED if "classifier" not in path.stem}
        assert [name for name in draws if name not in answer] == []
        # A run is a process of its own, which has to find the package, too.
        wanted = {"title": "Shapes", "data": "cats", "size": 16, "minutes": 1}
        started = httpx.post(f"{address}/genimg/training/runs", json=wanted, timeout=30).json()
        run = RunFiles(tmp_path / "runs" / started["name"])
        until(lambda: run.alive, bool)
        launch.stop(run)
        until(lambda: run.alive, lambda alive: not alive)
        assert "error" not in run.log_file.read_text()
