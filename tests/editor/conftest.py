"""Editors of tiny models: a trained VAE, an untrained one, and untrained GANs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genimg import Editor
from genimg.models import Prior, build_model, save_model
from genimg.models.gan import GAN

FACTORS = [
    {"name": "fur", "values": ["black fur", "white fur", "pink fur"]},
    {"name": "hat", "values": ["no hat", "red hat"]},
]


@pytest.fixture(scope="module")
def editor(tiny_checkpoint: Path) -> Editor:
    return Editor.load(tiny_checkpoint, "cpu")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    """An untrained model of the same shapes."""
    path = tmp_path_factory.mktemp("other") / "other.safetensors"
    save_model(path, build_model("vae", (3, 16, 16), seed=77), "vae", name="other-model")
    return Editor.load(path, "cpu")


def save_labelled(path: Path, factors: object, seed: int = 0) -> Path:
    """An untrained model whose prior is a sum of offsets along the first five dimensions."""
    model = build_model("vae", (3, 16, 16), seed=seed)
    model.prior = Prior(
        weights=torch.ones(1),
        means=torch.full((1, 16), 0.5),
        cholesky=0.1 * torch.eye(16)[None],
        offsets=3.0 * torch.eye(16)[:5],
        frequencies=torch.tensor([0.5, 0.5, 0.2, 0.3, 0.5]),
        sizes=torch.tensor([2, 3]),
    )
    save_model(path, model, "vae", name=path.stem, extra={"data": {"factors": factors}})
    return path


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    """A VAE whose labels can be read without a mistake."""
    factors = [
        {"name": "hat", "values": ["none", "red hat"]},
        {"name": "fur", "values": ["black", "white", "pink"]},
    ]
    return Editor.load(
        save_labelled(tmp_path_factory.mktemp("l") / "l.safetensors", factors), "cpu"
    )


@pytest.fixture(scope="module")
def gan_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GAN that can be asked for labels, whose w nobody has described, with a direction."""
    model = build_model("gan", (3, 16, 16), "style", label_sizes=(3, 2), seed=5)
    assert isinstance(model, GAN)
    rng = torch.Generator().manual_seed(0)
    for name, weights in model.named_parameters():
        if "scale" in name or "conv2" in name:  # they start at zero: as if it had been trained
            weights.data = 0.3 * torch.randn(weights.shape, generator=rng)
    direction = {"name": "component 1", "group": "component", "factor": "", "std": 1.0}
    path = tmp_path_factory.mktemp("gan") / "tiny-gan.safetensors"
    save_model(
        path,
        model,
        "gan",
        name="tiny-gan",
        extra={
            "data": {"name": "cats", "title": "Cats", "factors": FACTORS},
            "directions": ({**direction, "reliability": 0.5},),
        },
        tensors={"directions.vectors": torch.eye(model.latent_shape[0])[:1]},
    )
    return path


@pytest.fixture(scope="module")
def gan(gan_path: Path) -> Editor:
    return Editor.load(gan_path, "cpu")
