"""How is a model made, from options to one file, or an earlier run continued?"""

from __future__ import annotations

import copy
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from genimg import checkpoint
from genimg.config import as_size, config_to_mapping, sides_of, size_text
from genimg.data import Dataset, Progress, plain_name
from genimg.errors import ConfigError, GenimgError
from genimg.files import CHECKPOINTS
from genimg.models import MODELS, Model, load_any_model
from genimg.models.device import choose_device
from genimg.models.photo_vae import PRESET
from genimg.runs import FAILED, FINISHED, FINISHING, PREPARING, STOPPED
from genimg.training import cross_validation
from genimg.training.distributed.processes import ALONE, World, join
from genimg.training.finishing import write as finishing
from genimg.training.finishing.findings import Findings
from genimg.training.loop import memory, tensorboard
from genimg.training.loop.report import patient
from genimg.training.loop.state import Onlooker, RunFolder
from genimg.training.loop.step import timed_step
from genimg.training.loop.stopping import Interrupted
from genimg.training.loop.trainer import SHEET_PICTURES, Trainer
from genimg.training.objectives import OBJECTIVES, check_options, objective_of, planner_of
from genimg.training.options import TrainOptions
from genimg.training.pictures.augmentations import augmentation_sheet
from genimg.training.planning.compute import Compute, choose_compute
from genimg.training.planning.plan import Plan, Refused, continued, measure, to_state
from genimg.training.planning.planner import Choice
from genimg.training.planning.starting import ancestry, trained_before
from genimg.training.planning.vae import preset_of
from genimg.training.reading import read_pictures, telling_in


def default_out(options: TrainOptions, dataset: Dataset) -> Path:
    """runs/<data>-<size>-<family>, with the preset where it is not the usual one."""
    data = options.data
    if ":" in data:
        path = Path(data.removeprefix("folder:"))
        data = plain_name(path.stem if path.suffix == ".zip" else path.resolve().name)
    size = as_size(dataset.image_shape[1:])
    parts = [data, size_text(size or 0), options.family]
    return Path("runs") / "-".join(parts + ([options.preset] if options.preset else []))


def train(options: TrainOptions, say: Callable[[str], None] = print) -> Path:
    """Train a model, or continue the run of the same command, and return the finished file.

    Args:
        say: receives each line of text for a person.

    Raises:
        GenimgError: an option, data set, folder or checkpoint that cannot be used (its child says
        which). Interrupted: stopped by Ctrl-C or a request; the state is written and the same
        command continues.
    """
    _check(options)
    with ExitStack() as stack:
        world = stack.enter_context(join(choose_device(options.device)))
        say = patient(say) if world.main else _silent
        if not world.main:
            logging.getLogger("genimg").setLevel(logging.ERROR)
        if options.folds is not None and world.size > 1:
            raise ConfigError("--folds is for one process: cross-validate without torchrun")
        folder, begun = None, False
        if options.out is not None:  # so that those who watch see it from the start
            folder = stack.enter_context(_working_in(options.out, world))
            folder.tell_end(PREPARING, "reading the pictures")
            options, begun = _as_begun(options, folder, world)
        with nullcontext(None) if folder is None else telling_in(folder) as progress:
            options, dataset, chosen = read_pictures(options, world, begun, progress)
        if folder is None:
            out = default_out(options, dataset)
            options = replace(options, out=out)
            folder = stack.enter_context(_working_in(out, world))
        folder.tell_end(PREPARING, "trying a few steps")
        _run(options, dataset, chosen, folder, say, world)
        if options.name and world.main:
            finishing.install(folder.model, CHECKPOINTS / f"{options.name}.safetensors", say)
        folder.tell_end(FINISHED, "the model is ready")
    return folder.model


def dry_run(
    options: TrainOptions,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
) -> tuple[Plan, Image.Image]:
    """What `train` would do, with its speed and memory timed by a few real steps; writes nothing,
    and of a set that is still to be drawn draws only a few pictures.

    `progress` is told how far the pictures are, and then that nothing more is known of how far it
    is; for None a bar is shown in the terminal. Returns the plan, and a sheet of pictures as they
    would be changed at random.

    Raises:
        GenimgError: as `train`.
    """
    _check(options)
    options, dataset, chosen = read_pictures(options, progress=progress, few=True)
    if progress is not None:
        progress(0, 0, "")
    say(f"{dataset.card.title}: {dataset.train_count:,} pictures to train on")
    plan = _begin(options, dataset, chosen, say)[0]
    return plan, augmentation_sheet(dataset, plan.changes, options.seed)


def _silent(line: str) -> None:
    """Of several processes only one speaks."""


def _as_begun(options: TrainOptions, folder: RunFolder, world: World) -> tuple[TrainOptions, bool]:
    """With the size and the preset of the run that lies there, which may have begun on another
    machine or with an earlier version; and whether there is one.
    """
    state = world.decide(folder.load_state)
    if state is None:
        return options, False
    size = options.size or state["plan"]["options"].get("size")
    preset = options.preset or state["options"].get("preset")
    return replace(options, size=size, preset=preset), True


def _begin(
    options: TrainOptions,
    dataset: Dataset,
    chosen: list[Choice],
    say: Callable[[str], None],
    world: World = ALONE,
) -> tuple[Plan, Model, Compute, int]:
    """Plan a new run: (the plan, its model before the first step, the arithmetic, the batch)."""
    planner, device = planner_of(options), choose_device(options.device)
    options, more, changes = world.decide(
        lambda: planner.choose_model(options, dataset, device, CHECKPOINTS)
    )
    model = _initial_model(options, dataset)
    kind = objective_of(options.family, options.preset)
    usual = kind.usual_batch(device.partition(":")[0])
    batch_size = options.batch_size or usual * world.size
    own = max(1, batch_size // world.size)

    paces = kind.paces()

    def make_step(compute: Compute, progress: float = paces[-1][1]) -> Callable[[], None]:
        objective = kind(_placed(copy.deepcopy(model), compute), options, compute)
        return timed_step(objective, dataset, own, progress)

    with memory.enough_for(batch_size):
        compute = choose_compute(options, make_step, say, world)
        timed = [measure(make_step(compute, progress), own, compute) for _, progress in paces]
        speed = sum(part * pace for (part, _), (pace, _) in zip(paces, timed, strict=True))
        speed, peak = world.broadcast((speed, max(bytes_ for _, bytes_ in timed)))
    speed *= world.size
    options, last = planner.choose_budget(options, dataset, speed)
    origin = ancestry(options.init_from, options.critic_from, *kind.stands_on())
    plan = Plan(
        options, (*chosen, *more, *last), changes, speed, peak, dataset.train_count, origin,
        dataset.undrawn, trained_before(options.init_from),
    )  # fmt: skip
    for line in plan.lines():
        say(f"  {line}")
    return plan, model, compute, batch_size


def _run(
    options: TrainOptions,
    dataset: Dataset,
    chosen: list[Choice],
    folder: RunFolder,
    say: Callable[[str], None],
    world: World,
) -> None:
    """Train in a folder until there is a model, from the state that lies there or from nothing."""
    state = world.decide(folder.load_state)
    finished = world.decide(folder.model.is_file)
    if state is not None:
        _require_same(state["options"], options.identity(), folder)
    elif finished:
        raise Refused(
            f"{folder.path} holds a finished model without the state of its run; choose "
            f"another --out, or delete {folder.path} to train anew"
        )
    say(f"{dataset.card.title}: {len(dataset.splits['train']):,} pictures to train on")
    identity = options.identity()
    if state is not None:
        plan = continued(options, state, dataset, folder.path)
        done = finished and not plan.is_longer_than(state)
        batch_size = memory.batch_of_continued(options, state, folder, done, say)
        compute = Compute.from_mapping(state["compute"])
        kind = compute.device.partition(":")[0]
        compute = replace(compute, device=world.device(choose_device(kind)))  # if it is there
        compute.apply()
        say(f"continuing in {folder.path} with {compute}")
        model = _model_of(options, state)
    else:
        plan, model, compute, batch_size = _begin(options, dataset, chosen, say, world)
    options = plan.options
    objective = objective_of(options.family, options.preset)(
        _placed(model, compute), options, compute
    )
    trainer = Trainer(
        objective, dataset, cross_validation.share(options), folder, batch_size, plan.changes, world
    )
    if state is not None:
        trainer.load_state_dict(state)
        if plan.is_longer_than(state):  # who gives more time wants it to go on
            trainer.clock.stopped_early, trainer.clock.bad_validations = False, 0
    folder.forget_after(trainer.clock.images, trainer.clock.validated_step)

    def save() -> None:
        folder.save_state(
            trainer.state_dict()
            | {
                "options": identity,
                "plan": to_state(plan),
                "compute": compute.to_mapping(),
                "batch_size": batch_size,
                "config": json.dumps(config_to_mapping(model.config)),
            }
        )

    if not finished or (trainer.progress < 1.0 and not trainer.clock.stopped_early):
        folder.describe(_description(plan, dataset, trainer))
        if state is None and options.folds is not None:
            cross_validation.forget(folder)
            save()  # so that a folder says from the start which run it holds
        with memory.enough_for(batch_size, folder):
            crossed = cross_validation.cross_validate(
                options, dataset, folder, compute, batch_size, say
            )
            trainer.run(save, say)
        world.leave()
        if not world.main:
            return
        folder.tell(
            FINISHING, "finding sliders and measuring", progress=1.0,
            images=trainer.clock.images, seconds=trainer.clock.seconds,
        )  # fmt: skip
        with torch.no_grad():
            findings = objective.finish(trainer.ema, dataset, say)
        findings = replace(findings, metrics=findings.metrics | crossed)
        _write(trainer, dataset, findings, plan)
        say(findings.words)
    say(f"the model is {folder.model}")


def _write(trainer: Trainer, dataset: Dataset, findings: Findings, plan: Plan) -> None:
    """Write the run's model.safetensors."""
    options, clock = trainer.options, trainer.clock
    minutes, images = options.budget
    trained: dict[str, Any] = {
        "images": clock.images,
        "minutes": round(clock.seconds / 60, 2),
        "steps": clock.step,
        "batch_size": trainer.batches.batch_size,
        "budget": {"minutes": minutes} if images is None else {"images": images},
        "preset": trainer.objective.preset(),
        "seed": options.seed,
        "compute": str(trainer.objective.compute),
        "torch": version("torch"),
    }
    if options.init_from:
        trained["init_from"] = plan.before[-1]["name"] if plan.before else options.init_from.stem
    if plan.before:
        trained["before"] = list(plan.before)
    if trainer.objective.retries:
        trained["restarts"] = trainer.objective.retries
    name = options.name or trainer.folder.path.name
    path = trainer.folder.model
    trainer.objective.keep(path, trainer.ema, name)  # before the model, which ends the run
    family = trainer.objective.files_of or options.family
    finishing.write_model(
        path, trainer.ema, family, name, dataset, trained, findings, plan.started_from
    )


@contextmanager
def _working_in(path: Path, world: World) -> Iterator[RunFolder]:
    """The folder of a run, locked; those who watch are told how the work in it ends."""
    folder = RunFolder(path) if world.main else Onlooker(path)
    try:
        with folder.locked(), _telling(folder):
            yield folder
    except GenimgError:
        folder.leave()
        raise


@contextmanager
def _telling(folder: RunFolder) -> Iterator[None]:
    earlier = folder.status()
    try:
        yield
    except Refused:
        folder.tell_again(earlier)
        raise
    except (Interrupted, KeyboardInterrupt):
        folder.tell_end(STOPPED, "stopped; it can go on from there")
        raise
    except BaseException as error:
        fault = str(error) if isinstance(error, GenimgError) else f"a fault: {error!r}"
        folder.tell_end(FAILED, "it could not go on", fault)
        raise


def _description(plan: Plan, dataset: Dataset, trainer: Trainer) -> dict[str, Any]:
    """What run.json says."""
    options = plan.options
    return {
        "name": options.name or trainer.folder.path.name,
        "family": options.family,
        "kind": trainer.objective.kind.to_mapping(),
        "data": dataset.card.name,
        "title": dataset.card.title,
        "options": options.to_mapping(),
        "plan": plan.to_mapping()["choices"],
        "image_shape": list(dataset.image_shape),
        "pictures": len(dataset.splits["train"]),
        "created": time.time(),
        "sheet": {"columns": SHEET_PICTURES, "rows": list(trainer.objective.sheet_rows())},
    }


def _check(options: TrainOptions) -> None:
    """Refuse what the networks cannot be before a data set is prepared or a folder made."""
    if options.family not in OBJECTIVES:
        raise ConfigError(f"cannot train {options.family!r}; choose {', '.join(OBJECTIVES)}")
    check_options(options)
    choose_device(options.device)
    if options.tensorboard:
        tensorboard.require()
    begun = options.out is not None and os.path.isfile(RunFolder(options.out).state)
    if options.init_from is not None and not begun:  # a run that goes on has its weights
        checkpoint.read_header(options.init_from)
    family = MODELS[options.family]
    preset = options.preset or _preset_of_start(options, begun) or family.presets[0]
    size = sides_of(options.size or 64)
    family.preset_config(preset, (3, *size), options.latent_dim, (2,))
    objective_of(options.family, preset).check(options)


def _preset_of_start(options: TrainOptions, begun: bool) -> str | None:
    """The preset for photographs, where a run that names none can only be of that."""
    if PRESET not in MODELS[options.family].presets:
        return None
    if options.init_from is not None and not begun:
        return PRESET if preset_of(options.init_from) == PRESET else None
    oblong = isinstance(options.size, tuple)
    return PRESET if oblong and (options.family == "vae" or begun) else None


def _initial_model(options: TrainOptions, dataset: Dataset) -> Model:
    """The model as it is before the first step."""
    earlier = load_any_model(options.init_from)[0] if options.init_from else None
    return objective_of(options.family, options.preset).start(options, dataset, earlier)


def _model_of(options: TrainOptions, state: dict[str, Any]) -> Model:
    """The model of a run that continues, with what it has learned."""
    family = MODELS[options.family]
    model = family.construct(family.config_from(json.loads(state["config"])))
    model.load_state_dict(state["ema"])
    return model


def _placed(model: Model, compute: Compute) -> Model:
    return model.to(compute.device).to(memory_format=compute.memory_format)


def _require_same(earlier: dict[str, object], now: dict[str, object], folder: RunFolder) -> None:
    changed = [name for name in now if earlier.get(name) != now[name]]
    if changed:
        told = ", ".join(f"{name}: {earlier.get(name)} then, {now[name]} now" for name in changed)
        raise Refused(
            f"{folder.path} holds a run with other options ({told}). Use the same command to "
            f"continue it, choose another --out, or delete {folder.path}"
        )
