"""Does a picture that an earlier genimg has saved open to the very same point and pixels?

`golden/` holds pictures with recipes of versions 1 to 4, written by the program that wrote those
versions (1 and 2: by its reader's rules), the tiny models that drew them, and in `ends.json` where
their edits, and those of the steps before, ended then.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genimg import Editor, Latent
from genimg.editor import Recipe
from genimg.images import load_image, read_text
from genimg.latents import move
from genimg.latents.spatial import SpatialLatent, move_spatial

GOLDEN = Path(__file__).parent / "golden"
ENDS: Mapping[str, Any] = json.loads((GOLDEN / "ends.json").read_text())
NAMES = list(ENDS)


@functools.cache
def editor_of(name: str) -> Editor:
    return Editor.load(GOLDEN / f"{ENDS[name]['model']}.safetensors", "cpu")


def numbers(text: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), "<f4").copy())


def states(recipe: Recipe) -> list[Recipe]:
    return [recipe, *(step.recipe for step in recipe.lineage)]


def as_it_was_drawn(editor: Any, values: Mapping[str, Any], latent: Latent) -> Latent:
    """Where a state ended in versions 1 to 4: its changes at once, then each of its moves."""
    if isinstance(latent, SpatialLatent):
        [amounts] = [part["amounts"] for part in values["moves"]] or [{}]
        return move_spatial(latent, editor._maps, amounts)
    if values.get("changes"):
        latent = editor.change(latent, values["changes"])
    for part in values.get("moves") or [{"amounts": values.get("amounts", {}), "keep": []}]:
        held = functools.partial(editor.model.locks.held, keep=tuple(part["keep"]))
        latent = move(latent, editor.model.directions, part["amounts"], held)
    return latent


@pytest.mark.parametrize("name", NAMES)
def test_an_old_picture_opens_to_the_same_pixels(name: str) -> None:
    editor, path = editor_of(name), GOLDEN / f"{name}.png"
    assert json.loads(read_text(path)["genimg"])["format_version"] == ENDS[name]["version"]
    recipe = editor.open_picture(path)
    shown = np.asarray(load_image(path).convert("RGB"), np.int16)
    [drawn] = editor.decode(editor.edited(recipe))
    # Another processor may round a channel the other way, or a photograph's in half precision.
    most = 1 if editor.has_kind else 8
    assert np.abs(np.asarray(drawn.convert("RGB"), np.int16) - shown).max() <= most
    wanted = [numbers(text) for text in (ENDS[name]["latent"], *ENDS[name]["steps"])]
    for state, end in zip(states(recipe), wanted, strict=True):
        assert torch.allclose(editor.edited(state).z.flatten(), end, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_an_old_recipe_ends_at_the_same_bits_as_it_did(name: str) -> None:
    editor, path = editor_of(name), GOLDEN / f"{name}.png"
    values = json.loads(read_text(path)["genimg"])
    recipe = editor.open_picture(path)
    for state, written in zip(states(recipe), [values, *values.get("lineage", [])], strict=True):
        end = as_it_was_drawn(editor, written, state.latent)
        assert editor.edited(state).z.numpy().tobytes() == end.z.numpy().tobytes()
        assert state.changes == written.get("changes", {})


@pytest.mark.parametrize("name", NAMES)
def test_an_old_picture_is_saved_anew_without_loss(name: str) -> None:
    editor = editor_of(name)
    recipe = editor.open_picture(GOLDEN / f"{name}.png")
    again = editor.open_picture(editor.save_picture(recipe))
    assert again == recipe.named(editor.header.name)
    assert [editor.edited(state) for state in states(again)] == [
        editor.edited(state) for state in states(recipe)
    ]
