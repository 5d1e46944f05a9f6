"""Is a training run what the typed options say, and can it be stopped and continued?"""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genimg import Editor
from genimg.cli import main, train
from genimg.training import TrainOptions

ROOT = Path(__file__).parents[2]
SMALL = ["--data", "cats", "--size", "16", "--count", "400", "--device", "cpu"]
FIXED = ["--threads", "1", "--precision", "fp32", "--layout", "channels_last"]


def asked(words: list[str], monkeypatch: pytest.MonkeyPatch, family: str = "vae") -> TrainOptions:
    """The options that `train` passes on for these words."""
    seen: list[TrainOptions] = []
    monkeypatch.setattr("genimg.training.train", seen.append)
    assert main(["train", family, *words]) == 0
    (options,) = seen
    return options


def test_no_option_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked([], monkeypatch) == TrainOptions()


def test_every_field_has_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "data": "folder:here",
        "size": 32,
        "images": 1000,
        "preset": "dense",
        "latent_dim": 7,
        "batch_size": 8,
        "learning_rate": 0.01,
        "optimizer": "rmsprop",
        "seed": 5,
        "init_from": Path("a.safetensors"),
        "out": Path("there"),
        "name": "mine",
        "precision": "bf16",
        "layout": "contiguous",
        "threads": 2,
        "device": "cpu",
        "early_stopping": 3,
        "validate_every": 500,
        "snapshot_seconds": 5.0,
        "data_root": Path("root"),
        "count": 100,
        "width": 24,
        "crop": "subject",
        "keep": ("too small",),
        "leave_out": ("blurred/*",),
        "labels": "labels.csv",
        "title": "My cats",
        "credit": "me",
        "licence": "CC BY 4.0",
    }
    fields = {field.name for field in dataclasses.fields(TrainOptions)}
    assert values.keys() == fields - {
        "family", "minutes", "gamma", "augment", "folds", "freeze", "critic_from", "tensorboard",
        "from_nothing", "mixed_with",
    }  # fmt: skip
    assert train.HELP.keys() == fields - {"family", "mixed_with"}
    plain = {k: v[0] if isinstance(v, tuple) else v for k, v in values.items()}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in plain.items()]
    assert asked(words, monkeypatch) == TrainOptions(**values)


def test_options_of_one_family(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--gamma", "0.5", "--augment", "on", "--freeze", "0"]
    options = asked(words, monkeypatch, "gan")
    assert options == TrainOptions("gan", gamma=0.5, augment="on", freeze=0)
    options = asked(["--folds", "5"], monkeypatch, "classifier")
    assert options == TrainOptions("classifier", folds=5)


def test_special_words(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--minutes", "1.5", "--threads", "auto", "--early-stopping"]
    options = asked(words, monkeypatch)
    assert options.minutes == 1.5
    assert options.threads is None
    assert options.early_stopping == train.PATIENCE


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["diffusion"], "vae"),
        (["vae", "--gamma", "1"], "for a gan"),
        (["gan", "--gamma", "0"], "above 0"),
        (["gan", "--folds", "3"], "for a classifier"),
        (["vae", "--freeze", "1"], "for a gan"),
        (["vae", "--from-nothing", "--init-from", "a.safetensors"], "not both"),
        (["gan", "--freeze", "1", *SMALL, *FIXED], "needs --init-from or --critic-from"),
        (["classifier", "--folds", "1"], "2 to 20"),
        (["gan", "--preset", "dcgan", "--gamma", "1", *SMALL, *FIXED], "no penalties"),
        (["gan", "--preset", "deep", *SMALL, *FIXED], "style"),
        (["vae", "--minutes", "1", "--images", "5"], "not both"),
        (["vae", "--minutes", "0"], "above 0"),
        (["vae", "--minutes", "nan"], "finite"),
        (["vae", "--images", "-1"], "--images"),
        (["vae", "--threads", "0"], "--threads"),
        (["vae", "--optimizer", "sgd"], "rmsprop"),
        (["vae", "--precision", "fp16"], "bf16"),
        (["vae", "--name", "a/b"], "slashes"),
        (["vae", "--data", "dogs"], "dogs"),
        (["vae", "--device", "tpu"], "tpu"),
        (["vae", "--preset", "deep", *SMALL, *FIXED], "residual"),
        (["vae", "--init-from", "gone.safetensors", *SMALL, *FIXED], "gone.safetensors"),
    ],
)
def test_what_cannot_be_trained(
    words: list[str],
    reason: str,
    data_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("genimg: error: ")
    assert reason in told


def test_a_trained_model_is_installed_and_used_by_name(
    data_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "vae", *SMALL, *FIXED, "--images", "640", "--name", "mine"]
    assert main(words) == 0
    assert "installed as checkpoints/mine.safetensors" in capsys.readouterr().out
    assert Path("runs/cats-16-vae/model.safetensors").is_file()
    assert Editor.load("checkpoints/mine.safetensors").header.trained["images"] == 640
    assert main(["sample", "mine", "--n", "1"]) == 0
    assert Path("samples.png").is_file()


def start_run(folder: Path) -> subprocess.Popen[str]:
    """Start a run that would take for ever, in its own process."""
    endless = ["--images", "1000000000", "--snapshot-seconds", "0", "--out", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "genimg", "train", "vae", *SMALL, *FIXED, *endless],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupt_after_a_state(folder: Path, earlier: bytes = b"") -> tuple[int, str, str]:
    """Press Ctrl-C once a new state is written; return (exit code, stdout, stderr)."""
    process = start_run(folder)
    state = folder / "state" / "state.pt"
    try:
        deadline = time.monotonic() + 120
        while not state.is_file() or state.read_bytes() == earlier:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


def test_ctrl_c_keeps_the_state_and_the_same_command_continues(
    data_cache: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    code, _, told = interrupt_after_a_state(run)
    assert code == 130
    assert "the same command continues" in told
    assert "Traceback" not in told
    state = (run / "state" / "state.pt").read_bytes()
    code, out, _ = interrupt_after_a_state(run, state)
    assert code == 130
    assert f"continuing in {run}" in out


def test_a_base_is_given_several_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--data", "graphics", "cats", "folder:here"]
    options = asked(words, monkeypatch, "base")
    assert (options.data, options.mixed_with) == ("graphics", ("cats", "folder:here"))
    monkeypatch.undo()
    assert main(["train", "vae", *words]) == 2
