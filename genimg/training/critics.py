"""Where does the critic of a trained GAN stay, for a run that starts from that GAN?

The editor has no use for it, so it is no part of the model's file: that of FOLDER/NAME.safetensors
is FOLDER/critics/NAME.safetensors, and has the id of the generator that it judged.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import Tensor, nn

from genimg import checkpoint
from genimg.checkpoint import Header
from genimg.errors import CheckpointError, TrainingError
from genimg.files import critic_beside
from genimg.models.critic import Critic, build_critic, freeze_stages
from genimg.models.gan import GAN
from genimg.training.options import TrainOptions

FAMILY = "critic"


def begin(model: GAN, options: TrainOptions) -> nn.Module:
    """The critic of a run before the first step: a new one, or that of the GAN
    `options.critic_from`, with `options.freeze` stages frozen.

    Raises:
        CheckpointError: that one is damaged, or of another architecture.
        ConfigError: it has not so many stages.
    """
    critic = build_critic(model.config)
    if isinstance(critic, Critic) and options.critic_from and is_there(options.critic_from):
        adopt(critic, options.critic_from)
    if options.freeze:
        freeze_stages(critic, options.freeze)
    return critic


def save(model: Path, critic: Critic, model_id: str, name: str) -> None:
    """Write the critic that goes with the generator `model_id` beside its file `model`.

    Raises:
        TrainingError: the disk is full or the folder cannot be written.
    """
    path = critic_beside(model)
    header = Header(
        family=FAMILY,
        name=name,
        id=model_id,
        config={"image_shape": critic.config.image_shape, "widths": critic.config.widths},
    )
    _save(path, header, critic.state_dict())


def copy(model: Path, target: Path, name: str) -> None:
    """Copy what lies beside one model file to another's place; nothing if there is no critic.

    Raises:
        CheckpointError: it is damaged.
        TrainingError: the disk is full or the folder cannot be written.
    """
    if critic_beside(model).is_file():
        header, tensors = checkpoint.load(critic_beside(model))
        _save(critic_beside(target), replace(header, name=name), tensors)


def _save(path: Path, header: Header, tensors: dict[str, Tensor]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.save(path, header, tensors)
    except OSError as error:
        raise TrainingError(
            f"the critic could not be written to {path} ({error.strerror}); nothing is lost: free "
            "some space and run the same command again"
        ) from error


def is_there(model: Path) -> bool:
    """Whether the critic of this very model lies beside its file."""
    try:
        return checkpoint.read_header(critic_beside(model)).id == checkpoint.read_header(model).id
    except CheckpointError:
        return False


def fits(model: Path, image_shape: tuple[int, int, int]) -> bool:
    """Whether there is a critic of this very model, for pictures of this shape (C, H, W)."""
    return (
        is_there(model) and checkpoint.read_header(critic_beside(model)).image_shape == image_shape
    )


def adopt(critic: Critic, model: Path) -> None:
    """Give a fresh critic the weights of the one beside a model file, whatever its labels mean.

    Raises:
        CheckpointError: that one is damaged, or of another architecture.
    """
    path = critic_beside(model)
    _, tensors = checkpoint.load(path)
    own = critic.state_dict()
    kept = {name: tensor for name, tensor in tensors.items() if name != "embedding"}
    shapes = {name: tensor.shape for name, tensor in own.items() if name != "embedding"}
    if {name: tensor.shape for name, tensor in kept.items()} != shapes:
        raise CheckpointError(f"{path} is no critic of {model}; delete it to start with a new one")
    if tensors["embedding"].shape == own["embedding"].shape:
        kept["embedding"] = tensors["embedding"]
    critic.load_state_dict(own | kept)
