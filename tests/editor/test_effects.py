"""Is what else changes named, and are a slider's pictures the ones it would draw?"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg import Editor
from genimg.data import load_dataset
from genimg.editor import Effect, Recipe
from genimg.editor.recognition import Watching
from genimg.errors import LatentError
from genimg.metrics import measure

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def watched(
    tiny_checkpoint: Path, classifier_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Editor:
    """The tiny VAE with a tiny classifier in the same folder."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copy(tiny_checkpoint, folder / "vae.safetensors")
    shutil.copy(classifier_path, folder / "classifier.safetensors")
    return Editor.load(folder / "vae.safetensors", "cpu")


@pytest.fixture(scope="module")
def shipped() -> Editor:
    return Editor.load(CHECKPOINTS / "cats-64-vae.safetensors", "cpu")


def near(a: Image.Image, b: Image.Image) -> bool:
    """The same but for a few levels: pictures that were drawn together and alone."""
    return a.mode == b.mode and int(np.abs(np.asarray(a, int) - np.asarray(b, int)).max()) <= 3


def grey(level: int) -> Image.Image:
    return Image.new("RGB", (16, 16), (level, level, level))


# -- effects


def test_attributes_are_said_in_standard_deviations_of_draws(editor: Editor) -> None:
    [effects] = editor.effects([(grey(60), grey(200))])
    brightness = next(effect for effect in effects if effect.what == "brightness")
    images = editor.decode(*editor.sample(64))
    std = measure(np.stack([np.asarray(image) for image in images]))["brightness"].std()
    assert brightness.by == pytest.approx(140 / 255 / std, rel=0.01)
    assert brightness.to_mapping() == {"what": "brightness", "by": round(brightness.by, 2)}
    [back] = editor.effects([(grey(200), grey(60))])
    assert {e.what: e.by for e in back} == {e.what: -(e.by or 0) for e in effects}


def test_the_strongest_comes_first_and_small_ones_are_left_out(editor: Editor) -> None:
    first, second = editor.decode(*editor.sample(2, seed=4))
    [effects] = editor.effects([(first, second)])
    sizes = [abs(effect.by or 0.0) for effect in effects]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= 0.5 for size in sizes)
    assert editor.effects([(first, first)]) == [[]]
    assert editor.effects([]) == []


def test_pairs_looked_at_together_are_as_alone(watched: Editor) -> None:
    images = watched.decode(*watched.sample(12, seed=4))
    pairs = list(zip(images[:6], images[6:], strict=True))
    for pair, together in zip(pairs, watched.effects(pairs), strict=True):
        [alone] = watched.effects([pair])
        assert [(e.what, e.before, e.after) for e in alone] == [
            (e.what, e.before, e.after) for e in together
        ]


def test_a_classifier_says_what_has_become_something_else(
    shipped: Editor, data_cache: Path
) -> None:
    """Drawn cats, whose labels are known, to the shipped classifier."""
    dataset = load_dataset("cats", size=64, count=24)
    labels = dataset.labels
    assert labels is not None
    images = [Image.fromarray(np.asarray(image)) for image in dataset.images]
    pairs = [(images[2 * i], images[2 * i + 1]) for i in range(12)]
    wrong = 0
    for i, effects in enumerate(shipped.effects(pairs)):
        told = {e.what: (e.before, e.after) for e in effects if e.by is None}
        for column, factor in enumerate(dataset.factors):
            before, after = (factor.values[labels[2 * i + j, column]] for j in (0, 1))
            expected = None if before == after else (before, after)
            if factor.name != "mouth":  # a scarf may hide it
                wrong += told.get(factor.name) != expected
        assert [e.by is None for e in effects] == sorted(
            (e.by is None for e in effects), reverse=True
        )
    assert wrong <= 1


def test_a_changed_verdict_is_written_as_from_and_to() -> None:
    effect = Effect("fur colour", None, "grey fur", "brown fur", 0.9)
    assert effect.to_mapping() == {"what": "fur colour", "from": "grey fur", "to": "brown fur"}


def test_without_a_classifier_attributes_are_told(editor: Editor) -> None:
    assert Editor(editor.model.network, editor.header).comparing._watching.judge is None
    effects = Editor(editor.model.network, editor.header).effects([(grey(0), grey(255))])[0]
    assert effects and all(effect.by is not None for effect in effects)


def test_pictures_of_other_sizes_are_fitted(editor: Editor) -> None:
    large = [image.resize((48, 48), Image.Resampling.NEAREST) for image in (grey(60), grey(200))]
    assert editor.effects([(large[0], large[1])]) == editor.effects([(grey(60), grey(200))])


# -- strips


def test_a_strip_shows_where_each_slider_goes(watched: Editor) -> None:
    names = [direction.name for direction in watched.directions[:3]]
    recipe = Recipe.of(watched.sample(1, seed=2)[0], {names[0]: 1.0})
    strip = watched.strip(recipe, names, [-2, -1, 0], [2, 3, 1.5], columns=5)
    assert strip.amounts == [
        [-2, -1, 0, 1, 2], [-1, 0, 1, 2, 3], [0, 0.375, 0.75, 1.125, 1.5]
    ]  # fmt: skip
    for name, row, amounts in zip(names, strip.rows, strip.amounts, strict=True):
        for image, amount in zip(row, amounts, strict=True):
            expected = watched.decode(watched.edited(recipe.pulled({name: amount})))[0]
            assert near(image, expected)
    assert strip.rows[0][3] is strip.rows[1][1], "the picture as it is, drawn once"


def test_the_sprite_holds_the_rows(editor: Editor) -> None:
    names = [direction.name for direction in editor.directions[:2]]
    strip = editor.strip(Recipe(editor.sample()[0]), names, -2.0, 2.0)
    sprite = strip.sprite()
    assert sprite.size == (7 * 16, 2 * 16)
    cell = sprite.crop((6 * 16, 16, 7 * 16, 32))
    assert cell.tobytes() == strip.rows[1][6].tobytes()


def test_a_strip_tells_what_else_changes_between_its_ends(watched: Editor) -> None:
    names = [d.name for d in watched.directions if d.group in ("named", "measured")][:16]
    recipe = Recipe(watched.sample(1, seed=2)[0])
    strip = watched.strip(recipe, names, -3, 3)
    seen = 0
    for name, row, effects in zip(names, strip.rows, strip.effects, strict=True):
        direction = next(d for d in watched.directions if d.name == name)
        assert not {name, direction.factor} & {effect.what for effect in effects}
        everything = watched.effects([(row[0], row[-1])])[0]
        others = [e for e in everything if e.what not in (name, direction.factor)]
        assert [e.to_mapping() for e in effects] == [e.to_mapping() for e in others]
        seen += len(effects)
    assert seen > 0


def test_a_locked_slider_moves_nothing(watched: Editor) -> None:
    names = [direction.name for direction in watched.directions[:2]]
    recipe = replace(Recipe(watched.sample(1, seed=2)[0]), locks=(names[0],))
    strip = watched.strip(recipe, names, -3, 3)
    assert all(image is strip.rows[0][0] for image in strip.rows[0])
    assert strip.effects[0] == []
    free = watched.strip(replace(recipe, locks=()), names, -3, 3)
    assert not near(strip.rows[1][0], free.rows[1][0]), "the lock holds the other one back"


def test_every_layer_of_a_mix_is_in_the_strip(gan: Editor) -> None:
    mixed = Recipe(gan.mix(*gan.sample(2)))
    strip = gan.strip(mixed, ["component 1"], -2, 2, columns=3)
    expected = gan.decode(gan.edited(mixed.pulled({"component 1": 2.0})))[0]
    assert near(strip.rows[0][2], expected)


@pytest.mark.parametrize(
    ("names", "low", "high", "columns", "message"),
    [
        ([], -1, 1, 7, "1 to 16 directions"),
        (["brightness"] * 17, -1, 1, 7, "1 to 16 directions"),
        (["brightness"], -1, 1, 1, "2 to 32 pictures"),
        (["brightness"], -1, 1, 33, "2 to 32 pictures"),
        (["brightness"], [-1, -1], 1, 7, "a low and a high end for each"),
        (["wings"], -1, 1, 7, "no direction 'wings'"),
        (["wings"], 0, 0, 7, "no direction 'wings'"),
        (["brightness"], -101, 1, 7, "cannot move by"),
        (["brightness"], float("nan"), 1, 7, "cannot move by"),
    ],
)
def test_a_strip_that_cannot_be(
    names: list[str], low: float, high: float, columns: int, message: str, editor: Editor
) -> None:
    with pytest.raises(LatentError, match=message):
        editor.strip(Recipe(editor.sample()[0]), names, low, high, columns)


# -- drawn together


def test_pictures_drawn_together_are_those_drawn_alone(editor: Editor, gan: Editor) -> None:
    for each in (editor, gan):
        latents = each.sample(40, seed=3)
        assert all(map(near, each.decode_together(*latents), each.decode(*latents)))
        assert each.decode_together() == []
    with pytest.raises(LatentError):
        editor.decode_together(gan.sample()[0])


def test_a_model_is_watched_with_what_lies_beside_it(watched: Editor, editor: Editor) -> None:
    assert isinstance(watched.comparing._watching, Watching)
    assert watched.comparing._watching.judge is not None
    assert editor.comparing._watching.judge is None
