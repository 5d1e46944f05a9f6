"""The facade that the browser app, the command line and scripts share: load a model and use it.

editor = Editor.load("checkpoints/cats-64-vae.safetensors")
latent = editor.encode(Image.open("cat.png"))
[picture] = editor.decode(editor.move(latent, {"glasses": 3.0}))
"""

from genimg.editor.editor import Editor
from genimg.editor.effects import Effect, Strip
from genimg.editor.installation import Installed, install_checkpoint, remove_checkpoint
from genimg.editor.library import CheckpointInfo, data_sets, families, list_checkpoints
from genimg.editor.match import Match
from genimg.editor.saved import read_recipe
from genimg.edits import MAX_STEPS, TEXT_KEY, Moves, Recipe, Step
from genimg.latents import Doubt, Scale, Slider, Wish, ease, path_times
from genimg.models import MODEL_SIZES

__all__ = [
    "MAX_STEPS",
    "MODEL_SIZES",
    "TEXT_KEY",
    "CheckpointInfo",
    "Doubt",
    "Editor",
    "Effect",
    "Installed",
    "Match",
    "Moves",
    "Recipe",
    "Scale",
    "Slider",
    "Step",
    "Strip",
    "Wish",
    "data_sets",
    "ease",
    "families",
    "install_checkpoint",
    "list_checkpoints",
    "path_times",
    "read_recipe",
    "remove_checkpoint",
]
