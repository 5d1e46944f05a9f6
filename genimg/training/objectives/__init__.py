"""What each model family minimises, how its networks start, and what it watches meanwhile.

To add a family: one file in this folder and one line in `OBJECTIVES`; to add a preset that learns
in another way than its family, one in `PRESETS`.
"""

from genimg.training.objectives.base_autoencoder import BaseObjective
from genimg.training.objectives.classifier import ClassifierObjective
from genimg.training.objectives.gan import GANObjective
from genimg.training.objectives.objective import Objective
from genimg.training.objectives.photo_vae import PhotoVAEObjective
from genimg.training.objectives.vae import VAEObjective

OBJECTIVES: dict[str, type[Objective]] = {
    "vae": VAEObjective,
    "gan": GANObjective,
    "classifier": ClassifierObjective,
    "base": BaseObjective,
}

PRESETS: dict[tuple[str, str], type[Objective]] = {("vae", "photo"): PhotoVAEObjective}


def objective_of(family: str, preset: str | None) -> type[Objective]:
    """What a preset of a family minimises."""
    return PRESETS.get((family, preset or ""), OBJECTIVES[family])
