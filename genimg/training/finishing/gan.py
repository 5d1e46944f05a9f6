"""What turns a trained generator into a model for people: sliders on w, labels, numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from genimg.data import Dataset
from genimg.evaluation.calibration import add_calibration
from genimg.evaluation.coding import decode_all, test_split
from genimg.evaluation.evaluate import DEFAULT_COUNT, evaluate_drawing, evaluate_model, find_judge
from genimg.latents import Evidence, find_directions, fit_prior, layer_groups
from genimg.metrics import measure
from genimg.models import model_digest
from genimg.models.gan import GAN
from genimg.models.prior import draw_labels
from genimg.training.finishing.findings import Findings

DRAWN, HELD_OUT = 6_000, 1_000
QUICK_DRAWN, QUICK_HELD_OUT = 800, 200
PAIRS = 64


@torch.no_grad()
def finish_gan(
    model: GAN, dataset: Dataset, say: Callable[[str], None] = print, quick: bool = False
) -> Findings:
    """Find the directions of w, describe where pictures lie in it, and measure the samples.

    Directions are found on generated pictures, whose labels are those that were asked for; their
    reliability is measured on other draws. With `quick`, fewer pictures are drawn and none are
    measured.
    """
    say("drawing pictures to find directions from")
    evidence = gather(model, dataset, *((QUICK_DRAWN, QUICK_HELD_OUT) if quick else ()))
    directions = find_directions(evidence)
    model.prior = fit_prior(evidence).to(next(model.parameters()).device)
    metrics: dict[str, Any] = {}
    if model.layers > 1:
        metrics["layer_effect"] = layer_effect(model)
    if model.has_encoder:
        say("measuring on the test pictures")
        metrics |= evaluate_model(model, test_split(dataset).images[:DEFAULT_COUNT])
    factors = dataset.factors if model.label_sizes else ()
    if quick:
        return Findings(metrics, directions, factors, f"{len(directions)} directions")
    add_calibration(metrics, model, dataset, say)
    metrics |= evaluate_drawing(model, dataset, find_judge(dataset), say, quick=True)
    samples = metrics["samples"]
    words = f"{len(directions)} directions"
    if not isinstance(samples, str):
        words = (
            f"own-feature FD {samples['fd']:.1f} (real pictures {samples['fd_floor']:.1f}), "
            f"coverage {samples['coverage']:.3f}, diversity {samples['diversity']:.2f}, {words}"
        )
    return Findings(metrics, directions, factors, words)


@torch.no_grad()
def layer_effect(model: GAN) -> dict[str, float]:
    """{group: the part of the change from one picture to another that comes with its layers and
    all finer ones}, mean absolute pixels over pairs of samples.

    A generator that was started from a VAE draws nearly everything in its coarsest layer.
    """
    rng = torch.Generator().manual_seed(2)
    device = next(model.parameters()).device
    base, other = (model.sample_prior(PAIRS, rng).to(device) for _ in range(2))
    before = model.decode(base)
    whole = (model.decode(other) - before).abs().mean()
    effect = {}
    for name, part in layer_groups(model.layers).items():
        if part.start:
            mixed = base.unsqueeze(1).repeat(1, model.layers, 1)
            mixed[:, part.start :] = other.unsqueeze(1)
            change = (model.decode(mixed) - before).abs().mean() / whole.clamp_min(1e-9)
            effect[name] = round(float(change), 4)
    return effect


@torch.no_grad()
def gather(model: GAN, dataset: Dataset, drawn: int = DRAWN, held_out: int = HELD_OUT) -> Evidence:
    """Draws from the model as evidence for its directions: w, labels, measured attributes."""
    rng = torch.Generator().manual_seed(1)
    n = drawn + held_out
    labels = draw_labels(model.frequencies, model.label_sizes, n, rng)
    w = model.sample_prior(n, rng, labels=labels)
    images = decode_all(model, w)
    codes, columns = w.double().numpy(), labels.cpu().numpy()
    scores = measure(images)
    labelled = bool(model.label_sizes)
    return Evidence(
        model_id=model_digest(model),
        codes=codes[:drawn],
        held_out=codes[drawn:],
        kl=None,
        survival=None,
        factors=[(f.name, f.values) for f in dataset.factors] if labelled else [],
        labels=columns[:drawn] if labelled else None,
        held_out_labels=columns[drawn:] if labelled else None,
        scores={name: values[:drawn] for name, values in scores.items()},
        held_out_scores={name: values[drawn:] for name, values in scores.items()},
    )
