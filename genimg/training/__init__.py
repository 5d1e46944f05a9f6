"""Making a model: `train(TrainOptions(...))` runs until the budget is spent and writes one file.

To add a family: one file in this folder and one line in `RECIPES`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from genimg import checkpoint
from genimg.data import Dataset, load_dataset
from genimg.errors import CheckpointError, ConfigError, DataError, TrainingError
from genimg.images import array_to_pixels
from genimg.models import MODELS, LatentModel, build_model, load_model
from genimg.models.device import choose_device
from genimg.training.compute import Compute, choose_compute
from genimg.training.finish import finish
from genimg.training.loop import Interrupted, Trainer
from genimg.training.options import TrainOptions
from genimg.training.recipe import Recipe
from genimg.training.run import RunFolder
from genimg.training.vae import VAERecipe

__all__ = ["RECIPES", "Interrupted", "TrainOptions", "default_out", "train"]

RECIPES: dict[str, Callable[[LatentModel, TrainOptions, Compute], Recipe]] = {
    "vae": VAERecipe,
}

CHECKPOINTS = Path("checkpoints")
MIN_PICTURES = 4


def default_out(options: TrainOptions, dataset: Dataset) -> Path:
    """runs/<data>-<size>-<family>, with the preset where it is not the usual one."""
    data = Path(options.data.removeprefix("folder:")).name if ":" in options.data else options.data
    parts = [data, str(dataset.image_shape[1]), options.family]
    return Path("runs") / "-".join(parts + ([options.preset] if options.preset else []))


def train(options: TrainOptions, say: Callable[[str], None] = print) -> Path:
    """Train a model, or continue the run of the same command, and return the finished file.

    Args:
        say: receives each line of text for a person.

    Raises:
        GenimgError: an option, data set, folder or checkpoint that cannot be used (its child says
        which). Interrupted: stopped by Ctrl-C; the state is written and the same command continues.
    """
    if options.family not in RECIPES:
        raise ConfigError(f"cannot train {options.family!r}; choose {', '.join(RECIPES)}")
    device = choose_device(options.device)
    _check(options)
    dataset = load_dataset(
        options.data, size=options.size, root=options.data_root, count=options.count
    )
    if len(dataset.splits["train"]) < MIN_PICTURES:
        raise DataError(f"{options.data} has too few pictures to train on; give it {MIN_PICTURES}")
    folder = RunFolder(options.out or default_out(options, dataset))
    with folder.locked():
        state = folder.load_state()
        if state is not None:
            _require_same(state["options"], options.identity(), folder)
        elif folder.model.is_file():
            raise TrainingError(
                f"{folder.path} holds a finished model without the state of its run; choose "
                f"another --out, or delete {folder.path} to train anew"
            )
        say(f"{dataset.card.title}: {len(dataset.splits['train']):,} pictures to train on")
        model = _initial_model(options, dataset, fresh=state is None)
        batch_size = options.batch_size or (128 if device.startswith("cuda") else 32)
        if state is not None:
            batch_size = int(state["batch_size"])
            compute = Compute.from_mapping(state["compute"])
            choose_device(compute.device)  # it must still be there
            compute.apply()
            say(f"continuing in {folder.path} with {compute}")
        else:
            compute = choose_compute(
                options, lambda c: _timed_step(model, dataset, options, c, batch_size), say
            )
        recipe = RECIPES[options.family](_placed(model, compute), options, compute)
        trainer = Trainer(recipe, dataset, options, folder, batch_size)
        if state is not None:
            trainer.load_state_dict(state)
        folder.forget_after(trainer.clock.images)

        def save() -> None:
            folder.save_state(
                trainer.state_dict()
                | {
                    "options": options.identity(),
                    "compute": compute.to_mapping(),
                    "batch_size": batch_size,
                }
            )

        if not folder.model.is_file():
            trainer.run(save)
            finish(trainer, dataset, say)
        say(f"the model is {folder.model}")
        if options.name:
            install(folder.model, options.name, say)
    return folder.model


def install(model: Path, name: str, say: Callable[[str], None] = print) -> Path:
    """Copy a finished model to checkpoints/<name>.safetensors, where the app finds it by that name.

    Raises:
        TrainingError: the folder cannot be written.
    """
    target = CHECKPOINTS / f"{name}.safetensors"
    try:
        header, tensors = checkpoint.load(model)
        checkpoint.save(target, replace(header, name=name), tensors)
    except OSError as error:
        raise TrainingError(
            f"cannot install {target}: {error.strerror}; the model is {model}"
        ) from error
    say(f"installed as {target}")
    return target


def _check(options: TrainOptions) -> None:
    """Refuse what the networks cannot be before a data set is prepared or a folder made."""
    family = MODELS[options.family]
    size = options.size or 64
    family.preset_config(options.preset or family.presets[0], (3, size, size), options.latent_dim)
    if options.init_from is not None:
        checkpoint.read_header(options.init_from)


def _initial_model(options: TrainOptions, dataset: Dataset, fresh: bool) -> LatentModel:
    """The model as it is before the first step; a run that continues has its weights elsewhere."""
    model = build_model(
        options.family, dataset.image_shape, options.preset, options.latent_dim, seed=options.seed
    )
    if options.init_from is not None and fresh:
        earlier, header, _ = load_model(options.init_from)
        if header.family != options.family or earlier.config != model.config:
            raise CheckpointError(
                f"{options.init_from} is a {header.family} for pictures of {earlier.image_shape} "
                f"with another architecture than this run; choose the same --size and --preset"
            )
        earlier.prior = model.prior
        model.load_state_dict(earlier.state_dict())
    return model


def _placed(model: LatentModel, compute: Compute) -> LatentModel:
    return model.to(compute.device).to(memory_format=compute.memory_format)


def _timed_step(
    model: LatentModel, dataset: Dataset, options: TrainOptions, compute: Compute, batch_size: int
) -> Callable[[], None]:
    """One real training step on a copy of the model, for timing."""
    recipe = RECIPES[options.family](_placed(copy.deepcopy(model), compute), options, compute)
    rows = dataset.splits["train"][:batch_size]
    pixels = compute.place(array_to_pixels(np.asarray(dataset.images[rows])))
    rng = torch.Generator(compute.device).manual_seed(0)
    recipe.schedule(0.5, 0)
    return lambda: (recipe.step(pixels, rng), None)[1]


def _require_same(earlier: dict[str, object], now: dict[str, object], folder: RunFolder) -> None:
    changed = [name for name in now if earlier.get(name) != now[name]]
    if changed:
        told = ", ".join(f"{name}: {earlier.get(name)} then, {now[name]} now" for name in changed)
        raise TrainingError(
            f"{folder.path} holds a run with other options ({told}). Use the same command to "
            f"continue it, choose another --out, or delete {folder.path}"
        )
