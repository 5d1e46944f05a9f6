"""Does each number of a latent stand for one thing that portraits show? After equal minutes.

genimg's presets are the real command `python -m genimg train vae ...` from nothing; the others
are trained by disentangle_learners.py. Each is a process of its own with one thread. Runs stay in
runs/bench/disentangle, so that a benchmark that was stopped goes on where it was, and what is
finished is only measured.

Two codes are scored for each learner: its latent, and what directions read off it, one number for
each, which were found with the labels and numbers of the training pictures
(`genimg.latents.find_directions`). While they learn, genimg's presets alone are told the numbers.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import ROOT, Settings, result_alone, run_alone, say
from benchmarks.disentangle_learners import BATCH, OTHERS, UNTOLD
from benchmarks.learners import Job, job_to_json
from genimg import Editor
from genimg.checkpoint import read_header
from genimg.data import Dataset, load_dataset
from genimg.edits import Locks
from genimg.errors import GenimgError
from genimg.evaluation.coding import encode_all
from genimg.evaluation.evaluate import evaluate_model
from genimg.evaluation.numbers import numbered
from genimg.latents import Direction, Evidence, find_directions
from genimg.metrics import score_disentanglement
from genimg.metrics.properties import Floats
from genimg.models import load_model
from genimg.models.vae import default_latent_dim

DATA, SIZE, COUNT = "portraits", 64, 4_000
"""What is learned: the set, the side of its pictures in pixels, and how many there are to train.
Besides, 1,000 help to find directions, and 2,000 are scored.
"""
MINUTES = 4.0
OURS = ("residual", "photo")
"""Presets of genimg's VAE."""
LEARNERS = (*OURS, UNTOLD, *OTHERS)
RUNS = ROOT / "runs" / "bench" / "disentangle"
SCORES = {
    "mig": "MIG",
    "disentanglement": "DCI disentanglement",
    "completeness": "DCI completeness",
    "informativeness": "DCI informativeness",
    "sap": "SAP",
    "factor_vae": "FactorVAE",
}
KINDS = {"labels": "named", "numbers": "number"}
"""What portraits are known by, and the group of the directions that say so."""

Part = dict[str, Any]
Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def run_disentangle(settings: Settings) -> Part:
    """Train every learner for the same time, and score its codes of held-out portraits.

    Raises GenimgError for a learner that there is not.
    """
    learners = settings.learners or LEARNERS
    if unknown := sorted(set(learners) - set(LEARNERS)):
        raise GenimgError(f"unknown learners {', '.join(unknown)}; choose {', '.join(LEARNERS)}")
    torch.set_num_threads(1)
    size, count = (settings.sizes or (SIZE,))[0], settings.count or COUNT
    minutes = settings.minutes or MINUTES
    dataset = load_dataset(DATA, size, settings.data_root, count=count)  # before any clock runs
    rows, left_out = [], {}
    for learner in learners:
        name = f"{size}-{learner}-{minutes:g}m-{count}-{settings.seed}"
        say(f"  {name}")
        if learner.startswith("pythae") and importlib.util.find_spec("pythae") is None:
            left_out[learner] = "pythae is not installed"
            continue
        job = Job(
            learner, DATA, size, default_latent_dim(size), minutes, BATCH, settings.seed,
            data_root=settings.data_root and str(settings.data_root), count=count,
        )  # fmt: skip
        do = _ours if learner in OURS else _other
        rows.append({"learner": learner, **do(job, RUNS / name, dataset)})
        _tell(rows[-1])
    return {
        "pictures": dataset.card.title,
        "training": len(dataset.splits["train"]),
        "test": len(dataset.splits["test"]),
        "labels": len(dataset.factors),
        "numbers": len(dataset.numbers),
        "size": size,
        "minutes": minutes,
        "rows": rows,
        "left_out": left_out,
    }


def _tell(row: Part) -> None:
    for code, found in row["scores"].items():
        for kind, scores in found.items():
            words = "no directions" if scores is None else f"MIG {scores['mig']:.3f}, "
            words += "" if scores is None else f"DCI {scores['disentanglement']:.3f}"
            say(f"    {code}, {kind}: {words}")


# -- learners


def _ours(job: Job, out: Path, dataset: Dataset) -> Part:
    command = [
        sys.executable, "-m", "genimg", "train", "vae", "--preset", job.learner, "--from-nothing",
        "--data", job.data, "--size", str(job.size), "--count", str(job.count),
        "--minutes", f"{job.minutes:g}", "--seed", str(job.seed),
        "--threads", "1", "--device", "cpu", "--out", str(out),
    ]  # fmt: skip
    run_alone([*command, *(["--data-root", job.data_root] if job.data_root else [])])
    path = out / "model.safetensors"
    model = load_model(path)[0]
    found = evaluate_model(model, dataset.split("test").images[: job.pictures])
    return {
        "network": f"genimg {job.learner}",
        "parameters": sum(p.numel() for p in model.parameters()),
        "images": read_header(path).trained["images"],
        "psnr": found.get("psnr_model", found["psnr"]),
        **score_editor(Editor.load(path, "cpu"), dataset),
    }


def _other(job: Job, out: Path, dataset: Dataset) -> Part:
    few = None if job.learner == UNTOLD else OTHERS[job.learner].latents
    job = job if few is None else Job(**(asdict(job) | {"latent_dim": few}))
    facts = result_alone("benchmarks.disentangle_learners", job_to_json(job), out)
    with np.load(out / "codes.npz") as codes:
        train, validation, test = (codes[name] for name in ("train", "validation", "test"))
    rows = np.arange(len(train))
    evidence = Evidence(
        model_id="",
        codes=train,
        held_out=validation,
        kl=None,
        survival=None,
        factors=[(factor.name, factor.values) for factor in dataset.factors],
        labels=dataset.split("train").labels[rows],
        held_out_labels=dataset.split("validation").labels,
        **numbered(dataset, rows, len(validation)),
    )
    directions = [d for d in find_directions(evidence) if d.group in KINDS.values()]
    known = {direction.name: direction for direction in directions}
    locks = Locks(torch.from_numpy(np.cov(train.T)), known)
    kept = ("network", "parameters", "images", "psnr")
    return {**{name: facts[name] for name in kept}, **_scored(test, directions, locks, dataset)}


# -- scores


@torch.no_grad()
def score_editor(editor: Editor, dataset: Dataset) -> Part:
    """The scores of a finished model on the test pictures of a data set."""
    codes = encode_all(editor.model.network, dataset.split("test").images).mode().double().numpy()
    directions = list(editor.model.directions.values())
    return _scored(codes, directions, editor.model.locks, dataset)


def _scored(codes: Floats, directions: Sequence[Direction], locks: Locks, dataset: Dataset) -> Part:
    """{"latents": numbers in the latent, "scores": {code: {kind of property: its scores, or None
    where no direction was found}}}, of codes `[N, d]` of the test pictures.
    """
    true = {"labels": dataset.visible_labels("test"), "numbers": dataset.visible_values("test")}
    latent = {kind: _scores(codes, factors) for kind, factors in true.items()}
    read = {
        kind: _scores(coordinates(codes, directions, locks, KINDS[kind]), factors)
        for kind, factors in true.items()
    }
    return {"latents": codes.shape[1], "scores": {"latent": latent, "directions": read}}


def coordinates(codes: Floats, directions: Sequence[Direction], locks: Locks, group: str) -> Floats:
    """What the K directions of a group read off codes `[N, d]`: float64 `[N, K]`. Numbers are told
    as parts of their range, named values in standard deviations of what latents say of them.
    """
    vectors = []
    for direction in directions:
        if direction.group == group and direction.scale is not None:
            scale = direction.scale
            vectors.append(scale.weights.double() / (scale.high - scale.low))
        elif direction.group == group:
            vectors.append(locks.reading(direction.name))
    if not vectors:
        return np.zeros((len(codes), 0))
    read: Floats = codes @ torch.stack(vectors, dim=1).numpy()
    return read


def _scores(codes: Floats, factors: Any) -> Part | None:
    """The scores of SCORES, and "columns", how many numbers the code has."""
    if factors is None or not codes.shape[1]:
        return None
    found = score_disentanglement(codes, factors)
    values = {**asdict(found.dci), **asdict(found)}
    return {
        "columns": codes.shape[1],
        "chance": round(found.chance, 4),
        **{name: round(values[name], 4) for name in SCORES},
    }


# -- its tables


def table(part: Part, draw: Table) -> str:
    """The results in Markdown: see tables.py."""
    trained = draw(
        ["learner", "network", "latents", "parameters", "pictures seen", "PSNR, dB"],
        [
            [
                row["learner"], row["network"], str(row["latents"]),
                f"{row['parameters'] / 1e6:.1f} M", f"{row['images']:,}", f"{row['psnr']:.2f}",
            ]
            for row in part["rows"]
        ],
    )  # fmt: skip
    pieces = [
        f"**{part['pictures']}, {part['size']} px, {part['minutes']:g} minutes each**, "
        f"{part['training']:,} training pictures:\n\n{trained}",
        score_tables(part, part["rows"], draw),
    ]
    missing = [f"{name} was left out: {why}." for name, why in part["left_out"].items()]
    return "\n\n".join([*pieces, *missing])


def score_tables(part: Part, rows: Sequence[Part], draw: Table) -> str:
    """A table of scores for labels, and one for numbers."""
    pieces = []
    for kind in KINDS:
        lines = []
        for row in rows:
            for code, found in row["scores"].items():
                lines.append([row["learner"], code, *_cells(found[kind])])
        chances = [
            found[kind]["chance"]
            for row in rows
            for found in row["scores"].values()
            if found[kind] is not None
        ]
        about = f"**The {part[kind]} {kind}**, {part['test']:,} held-out pictures"
        if chances:
            about += f" (FactorVAE by chance: {chances[0]:.3f})"
        head = ["learner", "code", "numbers in it", *SCORES.values()]
        pieces.append(f"{about}:\n\n{draw(head, lines)}")
    return "\n\n".join(pieces)


def _cells(scores: Part | None) -> list[str]:
    if scores is None:
        return ["none found", *[""] * len(SCORES)]
    return [str(scores["columns"]), *(f"{scores[name]:.3f}" for name in SCORES)]
