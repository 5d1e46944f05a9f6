"""Making a model: `train(TrainOptions(...))` runs until the budget is spent and writes one file.

To add a family: one file in this folder and one line in `RECIPES`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from genimg import checkpoint
from genimg.config import config_from_mapping, config_to_mapping
from genimg.data import Dataset, load_dataset
from genimg.errors import ConfigError, DataError, TrainingError
from genimg.models import MODELS, Model, load_any_model
from genimg.models.device import choose_device
from genimg.training import finish, folds
from genimg.training.batches import Batch, make_batch
from genimg.training.classifier import ClassifierRecipe
from genimg.training.compute import Compute, choose_compute
from genimg.training.gan import GANRecipe
from genimg.training.loop import Interrupted, Trainer
from genimg.training.options import TrainOptions
from genimg.training.recipe import Recipe
from genimg.training.run import RunFolder
from genimg.training.vae import VAERecipe

__all__ = ["RECIPES", "Interrupted", "TrainOptions", "default_out", "train"]

RECIPES: dict[str, type[Recipe]] = {
    "vae": VAERecipe,
    "gan": GANRecipe,
    "classifier": ClassifierRecipe,
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
    dataset = RECIPES[options.family].lessons(options, dataset)
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
        model = _initial_model(options, dataset, state)
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
        trainer = Trainer(recipe, dataset, folds.share(options), folder, batch_size)
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
                    "config": json.dumps(config_to_mapping(model.config)),
                }
            )

        if not folder.model.is_file():
            if state is None and options.folds is not None:
                folds.forget(folder)
                save()  # so that a folder says from the start which run it holds
            crossed = folds.cross_validate(options, dataset, folder, compute, batch_size, say)
            trainer.run(save, say)
            with torch.no_grad():
                findings = recipe.finish(trainer.ema, dataset, say)
            findings = replace(findings, metrics=findings.metrics | crossed)
            finish.write(trainer, dataset, findings)
            say(findings.words)
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
    preset = options.preset or family.presets[0]
    family.preset_config(preset, (3, size, size), options.latent_dim, (2,))
    RECIPES[options.family].check(options)
    if options.init_from is not None:
        checkpoint.read_header(options.init_from)


def _initial_model(options: TrainOptions, dataset: Dataset, state: dict[str, Any] | None) -> Model:
    """The model as it is before the first step; a run that continues has its weights in `state`."""
    if state is not None:
        family = MODELS[options.family]
        make: Callable[[Any], Model] = family.model
        return make(config_from_mapping(family.config, json.loads(state["config"])))
    earlier = load_any_model(options.init_from)[0] if options.init_from else None
    return RECIPES[options.family].start(options, dataset, earlier)


def _placed(model: Model, compute: Compute) -> Model:
    return model.to(compute.device).to(memory_format=compute.memory_format)


def _timed_step(
    model: Model, dataset: Dataset, options: TrainOptions, compute: Compute, batch_size: int
) -> Callable[[], None]:
    """One real training step on a copy of the model, for timing."""
    recipe = RECIPES[options.family](_placed(copy.deepcopy(model), compute), options, compute)
    rows = dataset.splits["train"][:batch_size]
    labels = None if dataset.labels is None else dataset.labels[rows]
    made = make_batch(dataset.images[rows], labels)
    batch = Batch(compute.place(made.pixels), made.labels.to(compute.device))
    rng = torch.Generator(compute.device).manual_seed(0)
    recipe.schedule(0.5, 10**9)
    return lambda: (recipe.step(batch, rng), None)[1]


def _require_same(earlier: dict[str, object], now: dict[str, object], folder: RunFolder) -> None:
    changed = [name for name in now if earlier.get(name) != now[name]]
    if changed:
        told = ", ".join(f"{name}: {earlier.get(name)} then, {now[name]} now" for name in changed)
        raise TrainingError(
            f"{folder.path} holds a run with other options ({told}). Use the same command to "
            f"continue it, choose another --out, or delete {folder.path}"
        )
