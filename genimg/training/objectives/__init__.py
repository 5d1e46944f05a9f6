"""What each model family minimises, how its networks start, and what it watches meanwhile.

To add a family: one file in this folder and one line in `OBJECTIVES`.
"""

from genimg.training.objectives.base_autoencoder import BaseObjective
from genimg.training.objectives.classifier import ClassifierObjective
from genimg.training.objectives.gan import GANObjective
from genimg.training.objectives.objective import Objective
from genimg.training.objectives.vae import VAEObjective

OBJECTIVES: dict[str, type[Objective]] = {
    "vae": VAEObjective,
    "gan": GANObjective,
    "classifier": ClassifierObjective,
    "base": BaseObjective,
}
