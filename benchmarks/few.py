"""Few pictures: what does it bring to start from a trained model, and from a trained critic?

Folders of 300 picture files. A VAE learns from each, started from the shipped cats or not;
then a GAN starts from the VAE of the monsters, with a new critic, with that of the cats' GAN, or
with that one and two of its stages as they are. All see the same number of pictures, so that the
results are those of any machine. GANs are judged in the features of the cats' classifier, which has
seen no monster, against monsters that nobody has trained on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import ROOT, Settings, say
from benchmarks.pictures import folder_of_pictures
from genimg.checkpoint import read_header
from genimg.data import load_dataset
from genimg.errors import GenimgError
from genimg.evaluation.classifier import Judge
from genimg.evaluation.recognition import evaluate_recognised, look_at_reals
from genimg.models import load_classifier, load_model

VAE_IMAGES, GAN_IMAGES = 30_000, 10_000
SIZE, COUNT = 64, 1_000
VAE, GAN, CLASSIFIER = (f"cats-64-{family}.safetensors" for family in ("vae", "gan", "classifier"))
FIXED = ("--size", "64", "--threads", "1", "--precision", "bf16", "--layout", "channels_last")
Command = tuple[str, list[str]]


def run_few(settings: Settings) -> dict[str, Any]:
    """VAEs of robots and monsters from the cats and from nothing; GANs of the monsters."""
    with tempfile.TemporaryDirectory() as place:
        out, models = Path(place), settings.checkpoints.resolve()
        starts = {"the cats": ["--init-from", str(models / VAE)], "nothing": ["--from-nothing"]}
        vaes = {
            (kind, start): (f"{kind}-{start}", ["vae", *_of(kind, VAE_IMAGES), *words])
            for kind in ("robots", "monsters")
            for start, words in starts.items()
        }
        _train(out, list(vaes.values()), settings)
        own = out / vaes["monsters", "the cats"][0] / "model.safetensors"
        critic = ["--critic-from", str(models / GAN)]
        critics: dict[str, list[str]] = {
            "new": [],
            "the cats'": [*critic, "--freeze", "0"],
            "the cats', 2 stages as they are": [*critic, "--freeze", "2"],
        }
        gans = {
            words: (
                f"gan-{i}",
                ["gan", *_of("monsters", GAN_IMAGES), "--init-from", str(own), *more],
            )
            for i, (words, more) in enumerate(critics.items())
        }
        _train(out, list(gans.values()), settings)
        return {
            "vae_images": VAE_IMAGES,
            "gan_images": GAN_IMAGES,
            "vaes": [
                {"pictures": kind, "start": start, **_scores(out / name)}
                for (kind, start), (name, _) in vaes.items()
            ],
            "gans": _judged(models, own, {words: out / name for words, (name, _) in gans.items()}),
        }


def _of(kind: str, images: int) -> list[str]:
    return ["--data", f"folder:{folder_of_pictures(kind)}", "--images", str(images)]


def _train(out: Path, commands: list[Command], settings: Settings) -> None:
    with ThreadPoolExecutor(settings.parallel) as pool:
        list(pool.map(lambda command: _train_one(out, command, settings), commands))


def _train_one(out: Path, command: Command, settings: Settings) -> None:
    name, words = command
    say(f"  {name}")
    with tempfile.TemporaryDirectory() as empty:  # so that nothing but what is named is chosen
        done = subprocess.run(
            [sys.executable, "-m", "genimg", "train", *words, *FIXED, "--seed", str(settings.seed),
             "--out", str(out / name)],
            cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1", "GENIMG_CHECKPOINTS": empty},
            capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode:
        raise GenimgError(f"{name} ended with {done.returncode}: {done.stderr[-500:]}")
    say(f"  {name}: done at {time.strftime('%H:%M:%S')}")


def _scores(run: Path) -> dict[str, Any]:
    header = read_header(run / "model.safetensors")
    return {key: header.metrics[key] for key in ("psnr", "ssim")} | {
        "minutes": header.trained["minutes"]
    }


def _judged(models: Path, own: Path, runs: dict[str, Path]) -> list[dict[str, Any]]:
    torch.set_num_threads(1)
    monsters = load_dataset("monsters", size=SIZE)
    judge = Judge(*load_classifier(models / CLASSIFIER))
    real = look_at_reals(monsters, judge, COUNT)
    drawn = {"(the VAE itself)": own}
    drawn |= {words: run / "model.safetensors" for words, run in runs.items()}
    rows = []
    for words, path in drawn.items():
        scores = evaluate_recognised(load_model(path)[0], monsters, judge, COUNT, reference=real)
        kept = ("fd", "fd_std", "fd_floor", "precision", "recall", "coverage")
        rows.append({"critic": words, **{key: scores[key] for key in kept}})
    return rows
