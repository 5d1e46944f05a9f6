"""A run that is killed or stopped at any moment ends as one that was never disturbed, bit for bit.

The runs are processes of their own, started as a person starts them and killed for real.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageOps

from genimg.checkpoint import load
from genimg.errors import TrainingError
from genimg.training import TrainOptions, train
from genimg.training.loop.state import RunFolder
from tests.training import kills
from tests.training.kills import draw_pictures

ROOT = Path(__file__).parents[2]
IMAGES, WIDTH = 2000, 24
TIMINGS = ("seconds", "speed")
PATIENCE = 120.0  # seconds that anything here may take on a busy machine


def wanted(out: Path) -> TrainOptions:
    """The run of all tests here; `command` says the same in a terminal's words."""
    return TrainOptions(
        data="cats",
        size=16,
        count=400,
        images=IMAGES,
        width=WIDTH,
        seed=3,
        precision="fp32",
        layout="channels_last",
        threads=1,
        device="cpu",
        validate_every=400,
        out=out,
    )


def command(out: Path, snapshot_seconds: float) -> list[str]:
    words = "-m genimg train vae --data cats --size 16 --count 400 --seed 3 --precision fp32"
    words += " --layout channels_last --threads 1 --device cpu --validate-every 400"
    return [
        sys.executable, *words.split(), "--images", str(IMAGES), "--width", str(WIDTH),
        "--out", str(out), "--snapshot-seconds", str(snapshot_seconds),
    ]  # fmt: skip


@pytest.fixture
def start(data_cache: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts training processes, and leaves none behind."""
    started: list[subprocess.Popen[str]] = []

    def run(out: Path, snapshot_seconds: float) -> subprocess.Popen[str]:
        log = (tmp_path / f"log{len(started)}.txt").open("w+")
        process = subprocess.Popen(
            command(out, snapshot_seconds), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CACHE": str(data_cache)}, text=True,
        )  # fmt: skip
        process.log = log  # type: ignore[attr-defined]
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.log.close()  # type: ignore[attr-defined]


def said(process: subprocess.Popen[str]) -> str:
    process.log.seek(0)  # type: ignore[attr-defined]
    return str(process.log.read())  # type: ignore[attr-defined]


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + PATIENCE
    while not ready():
        assert process.poll() is None, f"it ended too soon:\n{said(process)}"
        assert time.monotonic() < limit, f"it took too long:\n{said(process)}"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def undisturbed(data_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    train(wanted(out), lambda line: None)
    return out


def lines(out: Path) -> list[dict[str, float]]:
    """The progress lines without what depends on the clock of the wall."""
    read = [json.loads(line) for line in (out / "progress.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in read]


def differences(a: Any, b: Any, where: str = "state") -> list[str]:
    """Where two states differ: every bit of every tensor, and every value but timings."""
    if isinstance(a, torch.Tensor):
        same = a.dtype == b.dtype and torch.equal(a, b)
    elif isinstance(a, dict):
        if a.keys() != b.keys():
            return [f"{where}: {a.keys() ^ b.keys()}"]
        parts = [differences(a[k], b[k], f"{where}.{k}") for k in a if k not in TIMINGS]
        return [line for part in parts for line in part]
    elif isinstance(a, list):
        if len(a) != len(b):
            return [f"{where}: {len(a)} and {len(b)}"]
        parts = [differences(x, b[i], f"{where}[{i}]") for i, x in enumerate(a)]
        return [line for part in parts for line in part]
    else:
        same = a == b
    return [] if same else [where]


def assert_same_run(out: Path, undisturbed: Path) -> None:
    (header, tensors), (expected_header, expected) = (
        load(folder / "model.safetensors") for folder in (out, undisturbed)
    )
    assert tensors.keys() == expected.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], expected[name])] == []
    assert header.id == expected_header.id
    assert header.metrics == expected_header.metrics
    assert header.directions == expected_header.directions

    states = [RunFolder(folder).load_state() for folder in (out, undisturbed)]
    assert differences(*states) == []
    assert lines(out) == lines(undisturbed)
    sheets = [
        {path.name: path.read_bytes() for path in (folder / "samples").glob("*.png")}
        for folder in (out, undisturbed)
    ]
    assert sheets[0] == sheets[1]


def test_a_command_killed_at_any_moment_ends_as_one_that_was_not(
    start: Callable[..., subprocess.Popen[str]], undisturbed: Path, tmp_path: Path
) -> None:
    """As people start it; `test_kills.py` has many more kills, of every family."""
    out = tmp_path / "run"
    folder = RunFolder(out)
    whole = RunFolder(undisturbed).load_state()
    assert whole is not None
    seconds = whole["clock"]["seconds"]
    delay = random.uniform(0.0, 0.5 * seconds)
    print(f"killed {delay:.3f} s after the first state of about {seconds:.1f} s")

    killed = start(out, snapshot_seconds=seconds / 10)
    wait_for(folder.state.is_file, killed)
    time.sleep(delay)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(PATIENCE) == -signal.SIGKILL, f"it had ended:\n{said(killed)}"
    assert not folder.model.exists()
    state = folder.load_state()
    assert state is not None
    assert 0 <= state["clock"]["images"] < IMAGES

    resumed = start(out, snapshot_seconds=seconds / 10)
    assert resumed.wait(PATIENCE) == 0, said(resumed)
    assert f"continuing in {out} with cpu, fp32, channels_last, 1 thread" in said(resumed)
    for word in ("pictures", "/s", "left", "loss", "held-out PSNR"):
        assert word in said(resumed), "a progress bar for people"
    assert_same_run(out, undisturbed)


def test_other_pictures_than_before_are_refused_and_nothing_is_changed(
    data_cache: Path, tmp_path: Path
) -> None:
    draw_pictures(tmp_path / "pictures")
    options = replace(kills.wanted("vae", tmp_path / "a" / "b"), images=32, name=None)
    assert options.out is not None
    folder = RunFolder(options.out)
    train(options, lambda line: None)
    before = folder.state.read_bytes()
    picture = tmp_path / "pictures" / "dark" / "7.png"
    content = picture.read_bytes()
    ImageOps.invert(Image.open(picture)).save(picture)
    longer = replace(options, images=64)
    with pytest.raises(TrainingError, match=r"learned from other pictures.*another --out"):
        train(longer, lambda line: None)
    assert folder.state.read_bytes() == before
    picture.write_bytes(content)
    train(longer, lambda line: None)
    state = folder.load_state()
    assert state is not None
    assert state["clock"]["images"] == 64


def test_ctrl_c_writes_the_state_and_the_same_command_continues(
    start: Callable[..., subprocess.Popen[str]],
    undisturbed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    folder = RunFolder(out)
    process = start(out, snapshot_seconds=600.0)
    wait_for(folder.progress.exists, process)

    monkeypatch.setattr("genimg.runs.folder.LOCK_SECONDS", 0.1)  # it shall not be over by then
    with pytest.raises(TrainingError, match="another process is training in"):
        train(wanted(out), lambda line: None)

    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130, said(process)
    assert "the same command continues" in said(process)
    assert "Traceback" not in said(process)
    state = folder.load_state()
    assert state is not None
    assert 400 <= state["clock"]["images"] < IMAGES
    assert not folder.model.exists()

    heard: list[str] = []
    train(wanted(out), heard.append)
    assert any(line.startswith("continuing") for line in heard)
    assert_same_run(out, undisturbed)
