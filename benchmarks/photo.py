"""Who draws photographs best after equal minutes: a VAE on the base, one in pixels, or a GAN?

Each learner of genimg is the real command `python -m genimg train ...` from nothing, in a process
of its own with one thread; `gan` is half of the minutes for the VAE that it starts from. Runs stay
in runs/bench/photo, so that a benchmark that was stopped goes on where it was, and what is finished
is only measured. pythae's VAE is trained by photo_pythae.py, where pythae is installed.
lightweight-gan is not among them: as published it does not even import without an NVIDIA GPU.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.common import ROOT, Settings, result_alone, run_alone, say
from benchmarks.learners import Job, job_to_json
from genimg import Editor
from genimg.checkpoint import read_header
from genimg.data import load_dataset
from genimg.errors import GenimgError
from genimg.evaluation.evaluate import evaluate
from genimg.evaluation.feature_distances import COUNT, SEEDS, compare
from genimg.evaluation.samples import look_at_reals
from genimg.files import write_atomically
from genimg.images.sheets import contact_sheet
from genimg.models import load_model
from genimg.models.features import load_features
from genimg.models.vae import default_latent_dim

LEARNERS = ("photo", "residual", "gan", "pythae")
MINUTES = (5.0, 20.0)
SIZES = (64, 128)
"""Pixels."""
FIXED = ("--threads", "1", "--precision", "bf16", "--layout", "channels_last", "--device", "cpu")
"""Arithmetic is fixed, so that no learner is unlucky when it is chosen by timing."""
DRAWN = 48
"""Seeds of a sheet, from 0."""
COLUMNS, QUALITY = 8, 80
RUNS = ROOT / "runs" / "bench" / "photo"
KEPT = ("fd", "fd_std", "fd_floor", "coverage", "coverage_floor", "diversity", "diversity_floor",
        "memorisation")  # fmt: skip
BARS = {"minutes": 20.0, "size": 128, "ratio": 0.5, "diversity": 0.9}

Part = dict[str, Any]
Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def run_photo(settings: Settings) -> Part:
    """Train and measure every learner on every set, at each size and for each time.

    Raises GenimgError where no data are named, or a learner that there is not.
    """
    if not settings.data:
        raise GenimgError("name folders of photographs, such as --data folder:PATH")
    learners = settings.learners or LEARNERS
    if unknown := sorted(set(learners) - set(LEARNERS)):
        raise GenimgError(f"unknown learners {', '.join(unknown)}; choose {', '.join(LEARNERS)}")
    torch.set_num_threads(1)
    found = [
        _one_set(data, size, minutes, learners, settings)
        for data in settings.data
        for size in settings.sizes or SIZES
        for minutes in ((settings.minutes,) if settings.minutes else MINUTES)
    ]
    return {"features": "EfficientNet-Lite2", "seeds": list(SEEDS), "sets": found}


def _one_set(
    data: str, size: int, minutes: float, learners: Sequence[str], settings: Settings
) -> Part:
    dataset = load_dataset(data, size=size, root=settings.data_root)  # before any clock runs
    rows, left_out = [], {}
    for learner in learners:
        name = f"{Path(data.rpartition(':')[2]).name}-{size}-{learner}-{minutes:g}m"
        say(f"  {name}")
        if learner == "pythae" and importlib.util.find_spec("pythae") is None:
            left_out[learner] = "it is not installed"
            continue
        out = RUNS / f"{name}-{settings.seed}"
        do = _pythae if learner == "pythae" else _genimg
        row, sheet = do(learner, data, size, minutes, out, settings)
        rows.append({"learner": learner, **row})
        folder = settings.sheets or RUNS / "sheets"
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{name}.webp", sheet)
        say(f"    FD {row['fd']:.1f} (floor {row['fd_floor']:.1f}), PSNR {row['psnr']:.2f} dB")
    return {
        "pictures": dataset.card.title,
        "training": len(dataset.splits["train"]),
        "test": min(COUNT, len(dataset.splits["test"])),
        "size": size,
        "minutes": minutes,
        "rows": rows,
        "left_out": left_out,
    }


# -- genimg


def _genimg(
    learner: str, data: str, size: int, minutes: float, out: Path, settings: Settings
) -> tuple[Part, bytes]:
    """The learner's numbers, and its sheet."""
    common = ["--data", data, "--size", str(size), "--seed", str(settings.seed), *FIXED]
    if settings.data_root is not None:
        common += ["--data-root", str(settings.data_root)]
    if learner == "gan":
        start, half = out.with_name(f"{out.name}-vae"), minutes / 2
        _train(start, "vae", *common, "--preset", "residual", "--from-nothing", minutes=half)
        warm = str(start / "model.safetensors")
        _train(out, "gan", *common, "--preset", "style", "--init-from", warm, minutes=half)
    else:
        _train(out, "vae", *common, "--preset", learner, "--from-nothing", minutes=minutes)
    path = out / "model.safetensors"
    scores = evaluate(path, data=data, data_root=settings.data_root, samples=COUNT, say=say)
    samples = scores["samples"]
    if isinstance(samples, str):
        raise GenimgError(f"{learner}: {samples}")
    row = {
        "images": read_header(path).trained["images"],
        "parameters": sum(p.numel() for p in load_model(path)[0].parameters()),
        **{name: samples[name] for name in KEPT},
        "psnr": scores["psnr"],
        "psnr_model": scores.get("psnr_model", scores["psnr"]),
    }
    editor = Editor.load(path, device="cpu")
    return row, _sheet(editor.decode(*editor.sample(DRAWN, seed=0)))


def _train(out: Path, *words: str, minutes: float) -> None:
    """`python -m genimg train`, to the end; a run that is finished is left as it is."""
    command = [sys.executable, "-m", "genimg", "train", *words, "--minutes", f"{minutes:g}"]
    run_alone([*command, "--out", str(out)])


def _sheet(pictures: Sequence[Image.Image]) -> bytes:
    """Pictures of the seeds from 0, as WebP."""
    sheet = contact_sheet(pictures, COLUMNS, [str(seed) for seed in range(len(pictures))])
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()


# -- pythae


def _pythae(
    learner: str, data: str, size: int, minutes: float, out: Path, settings: Settings
) -> tuple[Part, bytes]:
    """The same of pythae's VAE: with its networks for CelebA at 64 px, else those it makes."""
    kind = f"{learner}-{'resnet' if size == 64 else 'mlp'}"
    root = None if settings.data_root is None else str(settings.data_root)
    job = Job(kind, data, size, default_latent_dim(size), minutes, seed=settings.seed,
              data_root=root)  # fmt: skip
    facts = result_alone("benchmarks.photo_pythae", job_to_json(job), out)
    dataset = load_dataset(data, size=size, root=settings.data_root)
    features = load_features("lite2")
    drawn = [features.rows(np.load(out / f"samples-{seed}.npy")) for seed in SEEDS]
    samples = compare(look_at_reals(dataset, features, COUNT), drawn)
    row = {
        **{name: facts[name] for name in ("images", "parameters", "network")},
        **{name: samples[name] for name in KEPT},
        "psnr": facts["psnr"],
        "psnr_model": facts["psnr"],
    }
    return row, _sheet([Image.fromarray(image) for image in np.load(out / "sheet.npy")])


# -- its tables


def table(part: Part, draw: Table) -> str:
    """The results in Markdown: see tables.py."""
    head = ["learner", "parameters", "pictures seen", "FD", "coverage", "diversity",
            "copies (floor)", "PSNR of uploads, dB", "by the latent alone, dB"]  # fmt: skip
    pieces = []
    for found in part["sets"]:
        rows = found["rows"]
        floor = ["*real pictures*", "", "", f"{rows[0]['fd_floor']:.1f}"]
        floor += [f"{rows[0][f'{name}_floor']:.2f}" for name in ("coverage", "diversity")]
        about = (
            f"**{found['pictures']}, {found['size']} px, {found['minutes']:g} minutes**, "
            f"{found['training']:,} training pictures; {found['test']:,} samples for each of the "
            f"seeds {', '.join(map(str, part['seeds']))} against as many test pictures"
        )
        drawn = draw(head, [*map(_row, rows), [*floor, "", "", ""]])
        notes = [
            _ratio(found),
            *(f"{k} was left out: {why}." for k, why in found["left_out"].items()),
        ]
        pieces.append(f"{about}:\n\n{drawn}\n\n{' '.join(filter(None, notes))}".rstrip())
    pieces.append(
        f"One after another, one thread each, bfloat16, temperature 1, in the features of "
        f"{part['features']}. Own features, not Inception: not comparable with published FID."
    )
    return "\n\n".join(pieces)


def _row(row: Part) -> list[str]:
    copies = row["memorisation"]
    told = f"{copies['share_nearer']:.1%} ({copies['held_out_share']:.1%})"
    return [
        row["learner"] + (f" ({row['network']})" if "network" in row else ""),
        f"{row['parameters'] / 1e6:.1f} M",
        f"{row['images']:,}",
        f"{row['fd']:.1f} ± {row['fd_std']:.1f}",
        f"{row['coverage']:.2f}",
        f"{row['diversity']:.2f}",
        told + (", **suspicious**" if copies["suspicious"] else ""),
        f"{row['psnr']:.2f}",
        f"{row['psnr_model']:.2f}",
    ]


def _ratio(found: Part) -> str:
    """How `photo` stands beside the best of the others, with the bars where they hold."""
    distances = {row["learner"]: row["fd"] for row in found["rows"]}
    diversity = {row["learner"]: row["diversity"] for row in found["rows"]}
    if "photo" not in distances or len(distances) < 2:
        return ""
    best = min((name for name in distances if name != "photo"), key=lambda name: distances[name])
    ratio = distances["photo"] / distances[best]
    text = f"The distance of photo is {ratio:.2f} times that of {best}, the best of the others"
    if (found["size"], found["minutes"]) != (BARS["size"], BARS["minutes"]):
        return f"{text}."
    met = {True: "met", False: "**missed**"}
    return (
        f"{text}, against a bar of {BARS['ratio']:g}: {met[ratio <= BARS['ratio']]}. Diversity "
        f"against a bar of {BARS['diversity']:g}: "
        f"{met[diversity['photo'] >= BARS['diversity']]}."
    )
