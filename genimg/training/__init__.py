"""Making a model: `train(TrainOptions(...))` runs until the budget is spent and writes one file."""

from genimg.training.loop.stopping import Interrupted
from genimg.training.objectives import OBJECTIVES
from genimg.training.options import TrainOptions
from genimg.training.planning.plan import Plan
from genimg.training.run import default_out, dry_run, train
from genimg.training.snapshot import snapshot

__all__ = [
    "OBJECTIVES",
    "Interrupted",
    "Plan",
    "TrainOptions",
    "default_out",
    "dry_run",
    "snapshot",
    "train",
]
