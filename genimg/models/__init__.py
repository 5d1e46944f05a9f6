"""Which model families there are, and how one is built, saved and loaded.

To add a family: one file in this folder and one line in `MODELS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genimg import checkpoint
from genimg.checkpoint import Header
from genimg.config import config_from_mapping, config_to_mapping
from genimg.errors import CheckpointError, ConfigError, GenimgError
from genimg.models.base import DiagonalGaussian, LatentModel, Prior
from genimg.models.vae import VAE, VAEConfig, preset_config

__all__ = [
    "MODELS",
    "DiagonalGaussian",
    "Family",
    "LatentModel",
    "Prior",
    "build_model",
    "load_model",
    "model_digest",
    "save_model",
]


@dataclass(frozen=True)
class Family:
    """One family of models: its class, its config, and the presets a person can name."""

    model: Callable[[Any], LatentModel]
    config: type
    preset_config: Callable[[str, tuple[int, int, int], int | None], Any]
    presets: tuple[str, ...]


MODELS: dict[str, Family] = {
    "vae": Family(VAE, VAEConfig, preset_config, ("residual", "plain", "dense")),
}


def _family(name: str) -> Family:
    if name not in MODELS:
        raise ConfigError(f"unknown model family {name!r}; choose {', '.join(MODELS)}")
    return MODELS[name]


def build_model(
    name: str,
    image_shape: tuple[int, int, int],
    preset: str | None = None,
    latent_dim: int | None = None,
    seed: int | None = None,
) -> LatentModel:
    """A new model of family `name` for pictures of `image_shape` (C, H, W), in evaluation mode.

    Args:
        preset: one of the family's presets; its first by default.
        latent_dim: latent dimensions; by default as many as suit the size.
        seed: seeds the initial weights, leaving the global random state as it was.

    Raises:
        ConfigError: an unknown family or preset, or a shape that does not fit it.
    """
    family = _family(name)
    config = family.preset_config(preset or family.presets[0], image_shape, latent_dim)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        return family.model(config).eval()


def _network_tensors(model: LatentModel) -> dict[str, Tensor]:
    return {k: v for k, v in model.state_dict().items() if not k.startswith("prior.")}


def model_digest(model: LatentModel) -> str:
    """16 hex digits that name the weights: SHA-256 over names, shapes and bytes.

    The fitted prior does not count: a latent means the same picture under any prior.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(_network_tensors(model).items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def save_model(
    path: Path,
    model: LatentModel,
    family: str,
    *,
    name: str,
    extra: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
) -> Header:
    """Write a model as one checkpoint file, atomically, and return the header written.

    Args:
        extra: further `Header` fields (data, trained, metrics, directions).
        tensors: further tensors that ride along, such as "directions.vectors".
    """
    header = Header(
        family=family,
        name=name,
        id=model_digest(model),
        config=config_to_mapping(model.config),
        **dict(extra or {}),
    )
    everything = dict(_network_tensors(model))
    everything |= {f"prior.{k}": v for k, v in model.prior.state_dict().items()}
    everything |= dict(tensors or {})
    checkpoint.save(path, header, everything)
    return header


def load_model(
    path: Path, device: torch.device | str = "cpu"
) -> tuple[LatentModel, Header, dict[str, Tensor]]:
    """Load a checkpoint strictly: (model in evaluation mode, its header, the further tensors).

    Raises:
        CheckpointError: the file is missing, damaged, of another version, or does not fit its
        header.
    """
    header, tensors = checkpoint.load(path)
    try:
        family = _family(header.family)
        config: Any = config_from_mapping(family.config, header.config)
        with torch.device("meta"):
            expected = {k: v.shape for k, v in _network_tensors(family.model(config)).items()}
        missing = [
            k for k, shape in expected.items() if getattr(tensors.get(k), "shape", None) != shape
        ]
        if missing:
            raise CheckpointError(f"the weights do not fit the header (first: {missing[0]})")
        model = family.model(config)
        prior = {k: tensors.pop(f"prior.{k}").clone() for k in model.prior.state_dict()}
        model.prior = Prior(**prior)
        if model.prior.means.shape[1:] != model.latent_shape:
            raise CheckpointError("its prior is of another size than its latents")
        model.load_state_dict(
            {k: tensors.pop(k) for k in expected} | {f"prior.{k}": v for k, v in prior.items()},
            strict=True,
        )
    except (GenimgError, LookupError, RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path} is not a usable genimg model: {error}") from error
    if model_digest(model) != header.id:
        raise CheckpointError(f"{path} is damaged: its weights do not match its id; get it again")
    return model.eval().to(device), header, tensors
