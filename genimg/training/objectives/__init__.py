"""What each model family minimises, how its networks start, and what it watches meanwhile.

To add a family: one file in this folder and one line in `OBJECTIVES`; to add a preset that learns
in another way than its family, one in `PRESETS`.
"""

from genimg.errors import ConfigError
from genimg.models.photo_vae import PRESET
from genimg.training.objectives.base_autoencoder import BaseObjective
from genimg.training.objectives.classifier import ClassifierObjective
from genimg.training.objectives.gan import GANObjective
from genimg.training.objectives.objective import Objective
from genimg.training.objectives.photo_gan import PhotoGANObjective
from genimg.training.objectives.photo_vae import PhotoVAEObjective
from genimg.training.objectives.vae import VAEObjective
from genimg.training.options import TrainOptions
from genimg.training.planning.planner import Planner

OBJECTIVES: dict[str, type[Objective]] = {
    "vae": VAEObjective,
    "gan": GANObjective,
    "classifier": ClassifierObjective,
    "base": BaseObjective,
}

PRESETS: dict[tuple[str, str], type[Objective]] = {
    ("vae", PRESET): PhotoVAEObjective,
    ("gan", PRESET): PhotoGANObjective,
}


def objective_of(family: str, preset: str | None) -> type[Objective]:
    """What a preset of a family minimises."""
    return PRESETS.get((family, preset or ""), OBJECTIVES[family])


def planner_of(options: TrainOptions) -> Planner:
    """Who chooses what is not given of a run."""
    return OBJECTIVES[options.family].planner


def families_with(option: str) -> list[str]:
    """The families that have a use for an option; all, for what is not only of some."""
    own = [family for family, kind in OBJECTIVES.items() if option in kind.own_options]
    return own or list(OBJECTIVES)


def check_options(options: TrainOptions) -> None:
    """Refuse what only other families have a use for. Raises ConfigError."""
    for name in vars(options):
        families = families_with(name)
        if options.family not in families and getattr(options, name) is not None:
            raise ConfigError(
                f"--{name.replace('_', '-')} is for a {' or a '.join(families)}, not for a "
                f"{options.family}"
            )
    if options.mixed_with and not planner_of(options).mixes:
        raise ConfigError(
            f"a {options.family} learns from one data set; put the pictures into one folder"
        )
