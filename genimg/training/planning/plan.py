"""What is chosen for a person who gives no options, and why; what a run will take before it starts.

Nothing here is decided by a hidden rule: each choice is a `Choice` with its reason, which the
terminal prints, the Train tab shows, and the run keeps. What a person gives is never changed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from genimg.checkpoint import read_header
from genimg.config import Size, sides_of, size_text
from genimg.data import Dataset, FolderOptions, load_dataset, load_tiles, native_side
from genimg.errors import TrainingError
from genimg.models import MODELS
from genimg.models.photo_vae import PRESET, fits_base
from genimg.models.photo_vae import default_latent_dim as latent_dim_on_base
from genimg.models.vae import default_latent_dim
from genimg.training.options import PLANNED, TrainOptions
from genimg.training.pictures.augmentation_test import choose_augmentations
from genimg.training.pictures.augmentations import Augmentations
from genimg.training.planning.compute import Compute, seconds_of
from genimg.training.planning.starting import (
    as_started,
    choose_critic,
    choose_start,
    preset_of,
)

SIZES = (16, 32, 48, 64, 96, 128, 192, 256)
LARGEST = {"cpu": 64, "cuda": 128, "mps": 64}
"""The largest side that is chosen, by kind of device: at 128 pixels a CPU sees a quarter of the
pictures that it sees at 64.
"""
LARGEST_ON_BASE = {"cpu": 128, "cuda": 256, "mps": 128}
"""The same for a model on a base, which does most of the work for good."""
WIDTHS = {"cpu": 48, "cuda": 64, "mps": 48}
NARROW, FEW_MINUTES = 24, 5.0
"""After a minute and a half on a CPU a width of 24 is 3.6 dB ahead of 48, see benchmarks/README.md.
"""
LEAST_MINUTES, MOST_MINUTES = 5.0, 60.0
MINUTES_ON_BASE = 20.0
"""After these a few thousand photographs are drawn sharply, see benchmarks/README.md."""
SEEN_BY_ROOT = 8_000
"""Pictures to see for each root of the number of pictures: 300 are seen 460 times each, 10,000
eighty times; the held-out error of a VAE is flat by then, see benchmarks/README.md.
"""
FINISHING = "about a minute to find sliders and to measure it"


class Refused(TrainingError):
    """A folder holds another run than the one that was asked for; that one stays as it is."""


@dataclass(frozen=True)
class Choice:
    """One thing that was chosen: what it is, the value in words, and why."""

    what: str
    value: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What a run will be.

    Attributes:
        options: those of the person, with what was chosen filled in.
        choices: what was chosen and why.
        changes: how training pictures are changed at random before they are shown.
        speed: pictures a second, timed; 0 before that.
        memory: bytes at the peak of a step, as far as the system tells; 0 if it does not.
        pictures: training pictures.
        started_from: what the model that the run starts from says of the pictures that it has
            learned from, and so on back: name, title, credit and licence of each.
    """

    options: TrainOptions
    choices: tuple[Choice, ...]
    changes: Augmentations
    speed: float = 0.0
    memory: int = 0
    pictures: int = 0
    started_from: tuple[dict[str, str], ...] = ()

    @property
    def minutes(self) -> float:
        """Minutes of training, 0 if not known."""
        minutes, images = self.options.budget
        if images is None:
            return float(minutes or 0.0)
        return images / self.speed / 60 if self.speed else 0.0

    def is_longer_than(self, state: dict[str, Any]) -> bool:
        """Whether the budget is larger than the one in the state of the same run."""
        minutes, images = self.options.budget
        before = state["plan"]["budget"]
        return (images or 0) > (before["images"] or 0) or (minutes or 0) > (before["minutes"] or 0)

    def lines(self) -> list[str]:
        """For a terminal: what was chosen, and what it will take."""
        chosen = [f"{choice.what}: {choice.value} ({choice.why})" for choice in self.choices]
        memory = [f"memory: {self.memory / 1e9:.1f} GB"] if self.memory else []
        return [*chosen, *self.hints(), *memory]

    def hints(self) -> list[str]:
        """What it will take, beside the choices and the memory."""
        if not self.speed:
            return []
        seen = 60 * self.minutes * self.speed
        return [
            f"{self.speed:,.0f} pictures a second; {_span(self.minutes)} {seen:,.0f} "
            f"pictures, {_share(seen, max(1, self.pictures))}; then {FINISHING}"
        ]

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready."""
        family = self.options.family
        return {
            "network": f"{family} {self.options.preset or MODELS[family].presets[0]}",
            "choices": [asdict(choice) for choice in self.choices],
            "varied": bool(self.changes),
            "speed": round(self.speed, 1),
            "memory": self.memory,
            "minutes": round(self.minutes, 1),
            "pictures": self.pictures,
            "hints": self.hints(),
        }


def _span(minutes: float) -> str:
    if round(minutes) < 1:
        return "in under a minute"
    return "1 minute is" if round(minutes) == 1 else f"{minutes:,.0f} minutes are"


def _share(seen: float, pictures: int) -> str:
    times = seen / pictures
    if times < 0.75:
        return f"{max(times, 0.01):.0%} of all {pictures:,}"
    often = "once" if times < 1.5 else f"{times:,.0f} times"
    return f"each of the {pictures:,} about {often}"


def choose_size(options: TrainOptions, device: str) -> tuple[TrainOptions, list[Choice]]:
    """Fill in the side of a folder's pictures; other sets, and tiles for a base, have their own."""
    kind, _, path = options.data.partition(":")
    if options.size is not None or kind != "folder" or not path or options.family == "base":
        return options, []
    side = native_side(path)
    on_base = options.family == "vae" and options.preset in (None, PRESET)
    largest = (LARGEST_ON_BASE if on_base else LARGEST)[device.partition(":")[0]]
    if side is None:
        return options, []
    size: Size = max((s for s in SIZES if s <= min(side, largest)), default=SIZES[0])
    if options.init_from is not None:
        _, height, width = read_header(options.init_from).image_shape
        size = height if height == width else (height, width)
        why = f"as {options.init_from.stem} has"
    elif min(sides_of(size)) < largest:
        why = f"your pictures have about {side}"
    else:
        why = f"your pictures have about {side}; more would train too slowly on this machine"
    return replace(options, size=size), [Choice("size", f"{size_text(size)} pixels", why)]


def choose_preset(options: TrainOptions, dataset: Dataset) -> tuple[TrainOptions, list[Choice]]:
    """Fill in the preset of a VAE: that of the model it starts from, and for photographs of one's
    own a model on the base. What is drawn by a program comes back better from pixels.
    """
    if options.family != "vae" or options.preset is not None:
        return options, []
    if options.init_from is not None:
        return replace(options, preset=preset_of(options.init_from)), []
    channels, *sides = dataset.image_shape
    own = options.data.startswith("folder:")
    if not own or channels != 3 or not fits_base(*sides):
        return options, []
    why = "colour pictures are sharp where a model stands on a base that knows photographs"
    return replace(options, preset=PRESET), [Choice("network", f"the preset {PRESET}", why)]


def read_pictures(options: TrainOptions) -> Dataset:
    """The data set of a run, as `genimg.data.load_dataset` gives it; for a base, tiles of all that
    it names.
    """
    wanted: dict[str, Any] = {
        "size": options.size,
        "root": options.data_root,
        "count": options.count,
        "folder": FolderOptions(
            crop=options.crop,
            keep=options.keep,
            leave_out=options.leave_out,
            labels=options.labels,
            title=options.title,
            credit=options.credit,
            licence=options.licence,
        ),
    }
    if options.family == "base":
        return load_tiles((options.data, *options.mixed_with), **wanted)
    return load_dataset(options.data, **wanted)


def choose_model(
    options: TrainOptions, dataset: Dataset, device: str, models: Path
) -> tuple[TrainOptions, list[Choice], Augmentations]:
    """Fill in what is trained: its width, its latents, what it starts from, and the changes.

    A model to start from is looked for in the folder `models`.
    """
    choices = []
    size = min(dataset.image_shape[1:])
    if options.family == "vae":
        why = "it takes your pictures, not only draws"
        if options.preset != PRESET:
            why += "; a GAN can be started from it afterwards"
        choices.append(Choice("model", "VAE", why))
    options, start = choose_start(options, dataset, models)
    options, kept = choose_critic(options, dataset, models)
    choices += [Choice(*reason) for reason in (*start, *kept)]
    preset = options.preset or MODELS[options.family].presets[0]
    started = options.init_from is not None
    if started and options.family == "vae" and preset in ("residual", PRESET):
        options = as_started(options)
    elif options.family == "vae" and preset == PRESET:
        options, latent = _latent_on_base(options, size)
        choices += latent
    elif options.family == "vae" and preset == "residual":
        if options.width is None:
            kind = device.partition(":")[0]
            hasty = kind == "cpu" and options.minutes is not None and options.minutes <= FEW_MINUTES
            width = NARROW if hasty else WIDTHS[kind]
            options = replace(options, width=width)
            why = "a narrow network gets further in so little time" if hasty else f"suits a {kind}"
            choices.append(Choice("width", f"{width} channels", why))
        if options.latent_dim is None:
            numbers = default_latent_dim(size)
            options = replace(options, latent_dim=numbers)
            why = f"what suits {size} pixels; those that are not needed stay unused"
            choices.append(Choice("latent", f"{numbers} numbers", why))
    changes, findings = _choose_changes(options, dataset)
    value = str(changes) if changes else "none"
    choices.append(Choice("changes at random", value, findings))
    return options, choices, changes


def _latent_on_base(options: TrainOptions, size: int) -> tuple[TrainOptions, list[Choice]]:
    if options.latent_dim is not None:
        return options, []
    numbers = latent_dim_on_base(size)
    why = f"what suits {size} pixels; those that are not needed stay unused"
    return replace(options, latent_dim=numbers), [Choice("latent", f"{numbers} numbers", why)]


def _choose_changes(options: TrainOptions, dataset: Dataset) -> tuple[Augmentations, str]:
    if options.augment == "off":
        return Augmentations(), "you asked for none"
    if options.family == "base":
        return Augmentations(flip=True), "a base is to take any picture"
    if not options.data.startswith("folder:"):
        return Augmentations(flip=dataset.flip), "what this set is known to bear"
    changes, tested = choose_augmentations(dataset)
    reasons: dict[str, list[str]] = {}
    for what, _, why in sorted(tested, key=lambda choice: not choice[1]):  # what fits comes first
        reasons.setdefault(why, []).append(what)
    return changes, "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())


def choose_budget(
    options: TrainOptions, dataset: Dataset, speed: float
) -> tuple[TrainOptions, list[Choice]]:
    """Fill in the minutes, from the number of pictures and the speed (pictures a second)."""
    if options.minutes is not None or options.images is not None:
        return options, []
    if options.preset == PRESET:
        why = "photographs become sharp in the second half of it; more time helps"
        minutes = MINUTES_ON_BASE
        return replace(options, minutes=minutes), [Choice("time", f"{minutes:.0f} minutes", why)]
    count = len(dataset.splits["train"])
    wanted = SEEN_BY_ROOT * math.sqrt(count) / max(speed, 1e-9) / 60
    minutes = float(round(min(max(wanted, LEAST_MINUTES), MOST_MINUTES)))
    why = f"{count:,} pictures at {speed:,.0f} a second"
    if wanted > MOST_MINUTES:
        why += "; more time would help, and can be given later"
    return replace(options, minutes=minutes), [Choice("time", f"{minutes:.0f} minutes", why)]


def measure(step: Callable[[], None], batch_size: int, compute: Compute) -> tuple[float, int]:
    """(pictures a second, bytes at the peak) of a training step.

    The memory is that of the process on a CPU, and that of the card on CUDA.
    """
    cuda = compute.device.startswith("cuda")
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    speed = batch_size / seconds_of(step, compute)
    return speed, int(torch.cuda.max_memory_allocated()) if cuda else _peak_bytes()


def _peak_bytes() -> int:
    """The most memory that this process has had, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def to_state(plan: Plan) -> dict[str, Any]:
    """What a run that continues must know of its plan: plain values."""
    options = plan.options.to_mapping()
    minutes, images = plan.options.budget
    return {
        "options": {name: options[name] for name in PLANNED},
        "choices": [asdict(choice) for choice in plan.choices],
        "changes": plan.changes.to_mapping(),
        "budget": {"minutes": minutes, "images": images},
        "started_from": list(plan.started_from),
    }


def continued(options: TrainOptions, state: dict[str, Any], dataset: Dataset, out: Path) -> Plan:
    """The plan of a run that goes on: what was chosen then, with the budget of now if it is larger.

    Raises:
        Refused: the budget is of another kind, or smaller than before.
    """
    planned = state["plan"]
    chosen = dict(planned["options"])
    for name in ("init_from", "critic_from"):
        if chosen[name] is not None:
            chosen[name] = Path(chosen[name])
    before = planned["budget"]
    if options.minutes is None and options.images is None:
        chosen["minutes"], images = before["minutes"], before["images"]
    else:
        chosen["minutes"], images = options.minutes, options.images
        now = {"minutes": options.minutes, "images": options.images}
        for kind, value in before.items():
            if value is not None and (now[kind] is None or now[kind] < value):
                raise Refused(
                    f"{out} holds a run of {value:g} {kind}: give as much or more, choose another "
                    f"--out, or delete {out}"
                )
    return Plan(
        replace(options, **chosen, images=images),
        tuple(Choice(**row) for row in planned["choices"]),
        Augmentations.from_mapping(planned["changes"]),
        pictures=len(dataset.splits["train"]),
        started_from=tuple(planned["started_from"]),
    )
