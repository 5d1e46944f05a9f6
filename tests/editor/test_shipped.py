"""Does a picture of any shipped model come back to the last bit, however it was saved?"""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg import Editor, Latent
from genimg.data.drawn.graphics import draw_graphic
from genimg.editor import Recipe, Step, list_checkpoints
from genimg.errors import ImageError

SHIPPED = [info.path for info in list_checkpoints(Path(__file__).parents[2] / "checkpoints")[0]]


def worked_on(editor: Editor, rng: random.Random) -> Recipe:
    """A picture that somebody has worked on: edits, exchanges, locks, and where it came from."""
    recipe = Recipe(start(editor, rng), origin=f"sample, Ünïcode {rng.random()}")
    steps = [Step(recipe, "start")]
    kinds = ["pull", "pull", "pull", "lock", "change", "take", "another"]
    if not editor.has_kind:  # nothing is kept while others move, and there is no other picture
        kinds = ["pull", "take"]
    names = [direction.name for direction in editor.directions]
    for _ in range(8):
        parents = (len(steps) - 1,)
        kind = rng.choice(kinds)
        if kind == "pull":
            totals = {name: round(rng.uniform(-3, 3), 1) for name in rng.sample(names, 2)}
            recipe = recipe.pulled(totals)
        elif kind == "lock":
            recipe = replace(recipe, locks=tuple(rng.sample(names, rng.randrange(1, 4))))
        elif kind == "change" and editor.factors:
            factor, values = rng.choice(list(editor.factors.items()))
            recipe = replace(recipe, changes={**recipe.changes, factor: rng.choice(values)})
        elif kind == "take" and recipe.amounts:
            recipe = recipe.without(rng.choice(list(recipe.amounts)))
        elif kind == "another":
            recipe, parents = replace(recipe, latent=start(editor, rng)), ()
        steps.append(Step(recipe, kind, parents))
    parents = tuple(rng.sample(range(len(steps)), 2))
    return replace(recipe, lineage=tuple(steps), label="mixed", parents=parents)


def start(editor: Editor, rng: random.Random) -> Latent:
    if not editor.has_kind:
        return editor.encode(draw_graphic(rng.randrange(10**6), rng.randrange(40, 90)))
    seeds = [rng.randrange(2**32) for _ in range(2)]
    first, second = (editor.sample(1, seed)[0] for seed in seeds)
    return editor.mix(first, second) if editor.layers > 1 and rng.random() < 0.5 else first


def levels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_model_opens_what_it_has_saved(path: Path) -> None:
    editor, later = (Editor.load(path, "cpu") for _ in range(2))
    rng = random.Random(path.stem)
    for _ in range(4):
        recipe = worked_on(editor, rng).named(editor.header.name)
        [drawn] = editor.decode(editor.edited(recipe))
        pixels = np.asarray(drawn.convert("RGB"))
        for kind in ("png", "webp"):
            for scale, smooth in ((1, False), (4, False), (4, True)):
                data = editor.save_picture(recipe, kind=kind, scale=scale, smooth=smooth)
                opened = later.open_picture(data)
                assert opened == recipe
                [again] = later.decode(later.edited(opened))
                assert np.array_equal(np.asarray(again), np.asarray(drawn))
                assert [later.edited(step.recipe) for step in opened.lineage] == [
                    editor.edited(step.recipe) for step in recipe.lineage
                ]
                saved = levels(data)
                assert saved.shape[:2] == (scale * drawn.height, scale * drawn.width)
                if not smooth:
                    assert np.array_equal(saved, pixels.repeat(scale, 0).repeat(scale, 1))


def test_every_model_that_draws_is_there() -> None:
    assert len(SHIPPED) >= 4
    layers = {Editor.load(path, "cpu").layers > 1 for path in SHIPPED}
    assert layers == {True, False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "jpeg"}, "saved as png or webp"),
        ({"kind": "PNG"}, "saved as png or webp"),
        ({"scale": 0}, "1 to 16 times"),
        ({"scale": 17}, "1 to 16 times"),
        ({"scale": 1.5}, "1 to 16 times"),
    ],
    ids=str,
)
def test_what_cannot_be_saved(options: dict[str, object], message: str, editor: Editor) -> None:
    with pytest.raises(ImageError, match=message):
        editor.save_picture(Recipe(editor.sample()[0]), **options)  # type: ignore[arg-type]
