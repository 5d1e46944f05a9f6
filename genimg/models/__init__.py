"""Which model families there are, and how one is built, saved and loaded.

To add a family: one file in this folder and one entry of `MODELS`; to add a network to a family, an
entry of its `others`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genimg import checkpoint
from genimg.checkpoint import Header, TensorInfo
from genimg.config import config_from_mapping, config_to_mapping
from genimg.errors import CheckpointError, ConfigError, GenimgError
from genimg.files import CHECKPOINTS, SUFFIX, model_files
from genimg.models import autoencoder, checks, classifier, gan, photo_vae, vae
from genimg.models.autoencoder import Autoencoder
from genimg.models.base import OF_PRIOR, DiagonalGaussian, LatentModel, Model
from genimg.models.classifier import Classifier
from genimg.models.flow import Flow
from genimg.models.photo_vae import PhotoVAE
from genimg.models.prior import FLOWING, Prior
from genimg.models.vae import MODEL_SIZES

__all__ = [
    "MODELS",
    "MODEL_SIZES",
    "Autoencoder",
    "Classifier",
    "DiagonalGaussian",
    "Family",
    "Flow",
    "LatentModel",
    "Model",
    "Network",
    "PhotoVAE",
    "Prior",
    "build_model",
    "find_base",
    "load_any_model",
    "load_base",
    "load_classifier",
    "load_model",
    "model_digest",
    "round_weights",
    "save_model",
]


BASE = "photo-base"


@dataclass(frozen=True)
class Network:
    """A class of models with its config. `stored` is the type of the weights in a file; a model
    computes in float32 whatever it is.
    """

    model: type[Model]
    config: type
    stored: torch.dtype = torch.float32


@dataclass(frozen=True)
class Family:
    """One family of models: its networks, and the presets a person can name.

    `preset_config` takes the preset, the shape (C, H, W) of the pictures, the number of latent
    dimensions (None: what suits the size) and the number of values of each labelled factor. The
    keys of `others` are what the "architecture" of their configs says.
    """

    network: Network
    preset_config: PresetConfig
    presets: tuple[str, ...]
    others: Mapping[str, Network] = field(default_factory=dict)

    @property
    def draws(self) -> bool:
        """Whether its models turn latents into pictures."""
        return issubclass(self.network.model, LatentModel)

    @property
    def takes_any(self) -> bool:
        """Whether its models are of no kind of picture, but take any photograph."""
        return issubclass(self.network.model, Autoencoder)

    @property
    def tells(self) -> bool:
        """Whether its models tell what pictures show."""
        return issubclass(self.network.model, Classifier)

    @property
    def opens(self) -> bool:
        """Whether an editor opens its models: those that draw, and those that take photographs."""
        return self.draws or self.takes_any

    def config_from(self, values: Mapping[str, Any]) -> Any:
        """The config that a file or a run has written down.

        Raises:
            ConfigError: it is of no network of this family.
        """
        network = self.others.get(str(values.get("architecture")), self.network)
        return config_from_mapping(network.config, values)

    def network_of(self, config: Any) -> Network:
        """The one that has such a config."""
        fitting = [each for each in self.others.values() if each.config is type(config)]
        return fitting[0] if fitting else self.network

    def construct(self, config: Any) -> Model:
        """A model with weights drawn from torch's generator."""
        make: Callable[[Any], Model] = self.network_of(config).model
        return make(config)


PresetConfig = Callable[[str, tuple[int, int, int], int | None, tuple[int, ...]], Any]


def _or_on_base(pixels: PresetConfig) -> PresetConfig:
    """Configs of a family with one preset more, which stands on a base."""

    def config(
        preset: str,
        image_shape: tuple[int, int, int],
        latent_dim: int | None = None,
        label_sizes: tuple[int, ...] = (),
    ) -> Any:
        if preset == photo_vae.PRESET:
            return photo_vae.photo_config(image_shape, latent_dim)
        return pixels(preset, image_shape, latent_dim, label_sizes)

    return config


ON_BASE: Mapping[str, Network] = {
    photo_vae.PRESET: Network(PhotoVAE, photo_vae.PhotoVAEConfig, torch.float16)
}

MODELS: dict[str, Family] = {
    "vae": Family(
        Network(vae.VAE, vae.VAEConfig),
        _or_on_base(vae.preset_config),
        (*vae.PRESETS, photo_vae.PRESET),
        ON_BASE,
    ),
    "gan": Family(
        Network(gan.GAN, gan.GANConfig),
        _or_on_base(gan.preset_config),
        (*gan.PRESETS, photo_vae.PRESET),
        ON_BASE,
    ),
    "classifier": Family(
        Network(Classifier, classifier.ClassifierConfig),
        classifier.preset_config,
        classifier.PRESETS,
    ),
    "base": Family(
        Network(Autoencoder, autoencoder.AutoencoderConfig, torch.float16),
        autoencoder.preset_config,
        autoencoder.PRESETS,
    ),
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
    label_sizes: tuple[int, ...] = (),
    width: int | None = None,
) -> Model:
    """A new model of family `name` for pictures of `image_shape` (C, H, W), in evaluation mode.

    Args:
        preset: one of the family's presets; its first by default.
        latent_dim: latent dimensions; by default as many as suit the size.
        seed: seeds the initial weights, leaving the global random state as it was.
        label_sizes: the number of values of each labelled factor, for families that use labels.
        width: channels at the finest resolution of a residual network, which grow to four times
            as many (of a base, three times); 48 by default (64).

    Raises:
        ConfigError: an unknown family or preset, or a shape or width that does not fit it.
    """
    family = _family(name)
    preset = preset or family.presets[0]
    config = family.preset_config(preset, image_shape, latent_dim, label_sizes)
    kind = family.network_of(config).model
    if width is not None and kind is Autoencoder:
        config = replace(config, widths=(width, 3 * width))
    elif width is not None and kind is PhotoVAE:
        config = photo_vae.photo_config(image_shape, latent_dim, width)
    elif width is not None:
        if getattr(config, "architecture", None) != "residual":
            raise ConfigError(f"the preset {preset} of a {name} has no width to choose")
        widths = tuple(min(width * 2**i, 4 * width) for i in range(len(config.widths)))
        config = replace(config, widths=widths)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        return family.construct(config).eval()


def _network_tensors(model: Model) -> dict[str, Tensor]:
    return {k: v for k, v in model.state_dict().items() if not k.startswith(OF_PRIOR)}


def _stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def model_digest(model: Model) -> str:
    """16 hex digits that name the weights: SHA-256 over names, shapes and bytes.

    The fitted prior does not count: a latent means the same picture under any prior.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(_network_tensors(model).items()):
        array = tensor.detach().cpu().contiguous().numpy()
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def round_weights(model: Model, family: str) -> None:
    """Round the weights of a model, in place, to what a file of its family holds."""
    stored = _family(family).network_of(model.config).stored
    with torch.no_grad():
        for tensor in _network_tensors(model).values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(stored))


def save_model(
    path: Path,
    model: Model,
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

    The weights must be numbers that the family's files can hold, see `round_weights`.
    """
    stored = _family(family).network_of(model.config).stored
    header = Header(
        family=family,
        name=name,
        id=model_digest(model),
        config=config_to_mapping(model.config),
        **dict(extra or {}),
    )
    everything = {name: _stored(t, stored) for name, t in _network_tensors(model).items()}
    if isinstance(model, LatentModel):
        for part, tensor in model.prior.state_dict().items():
            kept = tensor.half() if part.startswith(FLOWING) else tensor
            everything[f"{OF_PRIOR}{part}"] = kept
    everything |= dict(tensors or {})
    checkpoint.save(path, header, everything)
    return header


def load_model(
    path: Path, device: torch.device | str = "cpu"
) -> tuple[LatentModel, Header, dict[str, Tensor]]:
    """Load a checkpoint strictly: (model in evaluation mode, its header, the further tensors).

    Raises:
        CheckpointError: the file is missing, damaged, of another version, or does not fit its
        header; or its model draws no pictures.
    """
    model, header, tensors = load_any_model(path, device)
    if not isinstance(model, LatentModel):
        any_one = MODELS[header.family].takes_any
        what = "takes any photograph" if any_one else "tells what a picture shows"
        raise CheckpointError(
            f"{path} is a {header.family}: it {what} and draws none; choose a vae or a gan"
        )
    return model, header, tensors


def load_classifier(path: Path, device: torch.device | str = "cpu") -> tuple[Classifier, Header]:
    """Load a classifier strictly, in evaluation mode, with its header.

    Raises:
        CheckpointError: as `load_model`, or the model is of another family.
    """
    model, header, _ = load_any_model(path, device)
    if not isinstance(model, Classifier):
        raise CheckpointError(
            f"{path} is a {header.family}, not a classifier; train one with: "
            "python -m genimg train classifier"
        )
    return model, header


def load_base(
    path: Path, device: torch.device | str = "cpu"
) -> tuple[Autoencoder, Header, dict[str, Tensor]]:
    """As `load_model`, for a base.

    Raises:
        CheckpointError: as `load_model`, or the model is of another family.
    """
    model, header, tensors = load_any_model(path, device)
    if not isinstance(model, Autoencoder):
        raise CheckpointError(f"{path} is a {header.family}, not a base; choose a base")
    return model, header, tensors


def find_base() -> Path:
    """The file of the base on which new models are built.

    Raises:
        CheckpointError: it is nowhere among the models.
    """
    files = {path.stem: path for path in model_files(CHECKPOINTS)}
    if BASE not in files:
        raise CheckpointError(
            f"the base {BASE}{SUFFIX} is not there, on which models of photographs are built: get "
            "it again with genimg, or choose another --preset, such as residual"
        )
    return files[BASE]


def load_any_model(
    path: Path, device: torch.device | str = "cpu"
) -> tuple[Model, Header, dict[str, Tensor]]:
    """As `load_model`, for a model of any family."""
    header, tensors = checkpoint.load(path, partial(_check_fits, path))
    family = _family(header.family)
    try:
        model = family.construct(family.config_from(header.config))
        names = list(_network_tensors(model))
        if isinstance(model, LatentModel):
            names += [name for name in tensors if name.startswith(OF_PRIOR)]
        model.load_state_dict({name: tensors.pop(name) for name in names}, strict=True)
        model.eval()
        checks.require_working(model)
    except (GenimgError, LookupError, RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path} is not a usable genimg model: {error}") from error
    if model_digest(model) != header.id:
        raise CheckpointError(f"{path} is damaged: its weights do not match its id; get it again")
    return model.to(device), header, tensors


def _check_fits(path: Path, header: Header, found: Mapping[str, TensorInfo]) -> None:
    """Refuse a file whose config cannot be, or whose tensors are not those of its config, before
    any memory is taken for either.
    """
    try:
        family = _family(header.family)
        config = family.config_from(header.config)
        stored = family.network_of(config).stored
        with torch.device("meta"):
            networks = _network_tensors(family.construct(config))
        expected = {name: _stored(t, stored) for name, t in networks.items()}
        further: dict[str, tuple[int, ...]] = {}
        if family.draws:
            numbers = config.latent_dim
            further["directions.vectors"] = (len(header.directions), numbers)
            readings = sum("number" in row for row in header.directions)
            further["directions.readings"] = (readings, numbers + 1)
            further["directions.responses"] = (readings, numbers)
            prior = checks.require_prior(numbers, found)
            found = {name: info for name, info in found.items() if name not in prior}
        elif not family.draws and family.opens:
            channels = config.latent_channels
            further["directions.maps"] = (len(header.directions), channels, channels + 1)
        checks.require_tensors(expected, found, further)
    except (GenimgError, LookupError, RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path} is not a usable genimg model: {error}") from error
