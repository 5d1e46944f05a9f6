"""The facade that the browser app, the command line and scripts share: load a model and use it.

editor = Editor.load("checkpoints/cats-64-vae.safetensors")
latent = editor.encode(Image.open("cat.png"))
[picture] = editor.decode(editor.move(latent, {"glasses": 3.0}))
"""

from genimg.editor.editor import Editor, read_recipe
from genimg.editor.effects import Effect, Strip
from genimg.editor.installing import Installed, install_checkpoint, remove_checkpoint
from genimg.editor.library import CheckpointInfo, list_checkpoints
from genimg.editor.match import Match
from genimg.latents import (
    MAX_STEPS,
    TEXT_KEY,
    Doubt,
    Moves,
    Recipe,
    Step,
    Wish,
    ease,
    path_times,
)

__all__ = [
    "MAX_STEPS",
    "TEXT_KEY",
    "CheckpointInfo",
    "Doubt",
    "Editor",
    "Effect",
    "Installed",
    "Match",
    "Moves",
    "Recipe",
    "Step",
    "Strip",
    "Wish",
    "ease",
    "install_checkpoint",
    "list_checkpoints",
    "path_times",
    "read_recipe",
    "remove_checkpoint",
]
