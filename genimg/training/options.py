"""What a person can ask of a training run, in one checked value that every layer passes on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from genimg.config import Size, as_size, sides_of
from genimg.errors import ConfigError

Precision = Literal["auto", "fp32", "bf16"]
Layout = Literal["auto", "contiguous", "channels_last"]
Optimizer = Literal["adam", "rmsprop"]
Augment = Literal["auto", "on", "off"]
Crop = Literal["auto", "centre", "subject"]

PLANNED = ("size", "minutes", "latent_dim", "width", "init_from", "critic_from", "freeze")
"""What is chosen for a person who does not; a run that continues keeps what was chosen."""


@dataclass(frozen=True)
class TrainOptions:
    """A training run. With none but the defaults it trains a VAE on the drawn cats.

    Attributes:
        family: what to train, a key of `genimg.training.OBJECTIVES`.
        data: a data set as `genimg.data.load_dataset` names them.
        mixed_with: further data sets, for a base, which learns from all together.
        size: side of the pictures in pixels, or (height, width); by default the data set's own,
            and for a folder what suits its pictures and the machine.
        minutes: how long to train; by default what suits the number of pictures and the machine.
        images: how many training pictures to see instead. Only such a budget repeats bit for bit,
            as a clock does not.
        preset: one of the family's presets.
        latent_dim: latent dimensions; by default what suits the size.
        width: channels at the finest resolution of a residual network; 48 by default.
        batch_size: pictures in a step, of all processes together; by default 32 for each process
            on a CPU and 128 on a GPU.
        learning_rate: peak of the schedule; by default the family's own.
        optimizer: "adam" or "rmsprop".
        seed: initial weights, order of the pictures, noise.
        init_from: a checkpoint of the same architecture to start from; a GAN can start from a VAE,
            too.
        from_nothing: start from no model, also where one would be chosen.
        out: folder of the run, by default runs/<data>-<size>-<family>.
        name: also install the finished model as checkpoints/<name>.safetensors.
        precision, layout, threads: "auto" (threads: None) is chosen by timing a few steps.
        device: "auto" takes a CUDA device if there is one.
        early_stopping: stop after this many validations without a better loss.
        validate_every: pictures between two validations.
        snapshot_seconds: seconds between two written states.
        gamma: weight of a GAN's gradient penalties at the start; by default what suits the size.
        augment: whether pictures are shown changed at random (mirrored, shifted, recoloured), and
            to a GAN's critic more strongly; "auto": where there are few, and as their kind bears.
        critic_from: a GAN whose critic a GAN begins with; by default that of `init_from`, if it has
            one, or for few pictures one of the same size.
        freeze: resolution stages of that critic that stay as they are; by default some where there
            are few pictures.
        folds: a classifier is cross-validated in so many parts before it is trained.
        crop, keep, leave_out, labels: how a folder is prepared, see `genimg.data.FolderOptions`.
        title, credit, licence: what the person says of a folder's pictures, for the model's card.
        tensorboard: write the curves for TensorBoard, too, to <out>/tensorboard.
        data_root, count: passed to `load_dataset`.
    """

    family: str = "vae"
    data: str = "cats"
    size: Size | None = None
    minutes: float | None = None
    images: int | None = None
    preset: str | None = None
    latent_dim: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: Optimizer = "adam"
    seed: int = 0
    init_from: Path | None = None
    from_nothing: bool = False
    out: Path | None = None
    name: str | None = None
    precision: Precision = "auto"
    layout: Layout = "auto"
    threads: int | None = None
    device: str = "auto"
    early_stopping: int | None = None
    validate_every: int = 10_000
    snapshot_seconds: float = 60.0
    gamma: float | None = None
    augment: Augment = "auto"
    critic_from: Path | None = None
    freeze: int | None = None
    folds: int | None = None
    width: int | None = None
    crop: Crop = "auto"
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    labels: str | None = None
    title: str | None = None
    credit: str | None = None
    licence: str | None = None
    tensorboard: bool = False
    data_root: Path | None = None
    count: int | None = None
    mixed_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ConfigError: two budgets, or a number out of range.
        """
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.generic):  # numpy's own numbers
                object.__setattr__(self, field.name, value.item())
        for name, kind in (
            ("precision", Precision),
            ("layout", Layout),
            ("optimizer", Optimizer),
            ("augment", Augment),
            ("crop", Crop),
        ):
            if getattr(self, name) not in get_args(kind):
                raise ConfigError(
                    f"{name} cannot be {getattr(self, name)!r}; choose {', '.join(get_args(kind))}"
                )
        if self.minutes is not None and self.images is not None:
            raise ConfigError("give a budget in minutes or in images, not both")
        if self.from_nothing and (self.init_from or self.critic_from):
            raise ConfigError("start from a model or from nothing, not both")
        for name in (
            "minutes", "images", "latent_dim", "batch_size", "learning_rate", "threads",
            "early_stopping", "validate_every", "count", "gamma", "width",
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(f"{name.replace('_', ' ')} must be above 0, not {value}")
        if self.size is not None:
            size = as_size(self.size)
            if size is None or min(sides_of(size)) < 1:
                raise ConfigError(f"size must be above 0, not {self.size}")
            object.__setattr__(self, "size", size)
        if self.name is not None and (not self.name or Path(self.name).name != self.name):
            raise ConfigError(f"a model's name is one word without slashes, not {self.name!r}")
        if self.freeze is not None and self.freeze < 0:
            raise ConfigError(f"freeze cannot be {self.freeze}")
        if self.folds is not None and not 2 <= self.folds <= 20:
            raise ConfigError(f"folds must be from 2 to 20, not {self.folds}")
        if not self.snapshot_seconds >= 0:
            raise ConfigError(f"snapshot seconds cannot be {self.snapshot_seconds}")

    @property
    def budget(self) -> tuple[float | None, int | None]:
        """(minutes, images), exactly one of them given; an hour where nobody has chosen."""
        if self.images is None:
            return (60.0 if self.minutes is None else self.minutes), None
        return None, self.images

    def identity(self) -> dict[str, Any]:
        """The options that a continued run must share with the run it continues, JSON-ready.

        Its budget may grow, see `genimg.training.planning.plan.continued`.
        """
        own = _OWN if self.mixed_with else _OWN | {"mixed_with"}  # earlier versions had none
        return {k: v for k, v in self.to_mapping().items() if k not in own}

    def to_mapping(self) -> dict[str, Any]:
        """All options, JSON-ready."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


_OWN = frozenset(
    (
        "out", "name", "snapshot_seconds", "data_root", "minutes", "images", "title", "credit",
        "licence", "tensorboard", "batch_size",
    )
)  # fmt: skip
"""Options that may differ when a run is continued."""
