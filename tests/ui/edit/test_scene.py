"""What the page is told of a picture, without a browser."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

from PIL import Image
from pydantic import TypeAdapter

from genimg.editor import Recipe, Step
from genimg.ui.edit.answers import SceneAnswer
from genimg.ui.edit.scene import match, refining, scene
from genimg.ui.shell import opening
from genimg.ui.shell.opening import Crop, Opened
from genimg.ui.shell.store import Store

SCENE = TypeAdapter(SceneAnswer)


def shown(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1])))


def test_a_scene_tells_all_that_the_page_needs(checkpoints_dir: Path) -> None:
    store = Store(checkpoints_dir)
    editor = store.get("tiny-cats")
    [latent] = editor.sample(1, seed=3)
    first, second = (d.name for d in editor.directions[:2])
    recipe = Recipe.of(latent, {first: 2.0}, locks=(second,), origin="seed 3")
    told = scene(store, Opened("tiny-cats", recipe, "a label", "a note"))
    assert SCENE.validate_json(json.dumps(told), strict=True) == told
    assert told["amounts"] == {first: 2.0} and told["locks"] == [second]
    assert told["shows"] == editor.labels(latent)
    assert (told["label"], told["note"]) == ("a label", "a note")
    assert Recipe.from_text(told["recipe"]) == recipe
    assert shown(told["picture"]).tobytes() == editor.decode(editor.edited(recipe))[0].tobytes()
    assert shown(told["plain"]).tobytes() == editor.decode(latent)[0].tobytes()
    assert shown(told["thumb"]).size == (16, 16)
    assert "upload" not in told and "match" not in told
    sheet = told["model"]
    assert sheet["id"] == editor.model_id and sheet["shape"] == (16, 16)
    on_pages = [name for page in sheet["pages"] for name in page["names"]]
    assert sorted(on_pages) == sorted(d.name for d in editor.directions)
    assert set(sheet["directions"]) == set(on_pages)
    assert sheet["factors"] == {factor: list(values) for factor, values in editor.factors.items()}
    later = scene(store, Opened("tiny-cats", recipe, ""))
    assert later["number"] > told["number"]


def test_the_steps_before_come_with_it(checkpoints_dir: Path) -> None:
    store = Store(checkpoints_dir)
    editor = store.get("tiny-cats")
    a, b = editor.sample(2, seed=1)
    name = editor.directions[0].name
    steps = (Step(Recipe(a), "seed 1"), Step(Recipe.of(a, {name: 1.0}), "moved", (0,)))
    recipe = Recipe(b, lineage=steps, parents=(1,), label="other")
    told = scene(store, Opened("tiny-cats", recipe, "other"))
    assert told["parents"] == [1]
    assert [(step["label"], step["parents"]) for step in told["earlier"]] == [
        ("seed 1", []),
        ("moved", [0]),
    ]
    assert Recipe.from_text(told["earlier"][1]["recipe"]) == steps[1].recipe
    assert Recipe.from_text(told["recipe"]).lineage == ()
    assert all(shown(step["thumb"]).size == (16, 16) for step in told["earlier"])


def test_an_upload_keeps_what_the_model_was_shown(checkpoints_dir: Path, tmp_path: Path) -> None:
    store = Store(checkpoints_dir)
    editor = store.get("tiny-cats")
    path = tmp_path / "wide.png"
    editor.decode(*editor.sample(1, seed=2))[0].resize((40, 20)).save(path)
    crop = Crop(str(path), (0.0, 0.5), 1.5)
    opened = opening.from_file(store, "tiny-cats", crop, "upload")
    told = SCENE.validate_python(scene(store, opened), strict=True)
    original = editor.fit(Image.open(path), (0.0, 0.5), 1.5)
    assert shown(told["upload"]["original"]).tobytes() == original.tobytes()
    assert opening.picture_of(told["upload"]["original"]).tobytes() == original.tobytes()
    assert told["upload"]["crop"] == {
        "path": str(path), "focus": (0.0, 0.5), "zoom": 1.5, "ratio": 1.0,
    }  # fmt: skip
    assert "editable" not in told["upload"]  # not searched for yet
    assert opened.recipe.latent == editor.encode(original)
    softer = scene(store, replace(opened, editable=editor.sample(1)[0]))
    both = SCENE.validate_python(softer, strict=True)["upload"]
    assert Recipe.from_text(both["faithful"]).latent == opened.recipe.latent
    assert Recipe.from_text(both["editable"]).latent == editor.sample(1)[0]
    assert opened.match is not None and opened.match.words.capitalize() == told["match"]["words"]


def test_a_name_for_an_upload_is_given_with_what_it_is_worth(
    checkpoints_dir: Path, tmp_path: Path
) -> None:
    store = Store(checkpoints_dir)
    editor = store.get("tiny-cats")
    path = tmp_path / "cat.png"
    editor.decode(*editor.sample(1, seed=2))[0].save(path)
    opened = opening.from_file(store, "tiny-cats", Crop(str(path)), "upload")
    assert opened.match is not None
    captions = match(replace(opened.match, known=True), "", editor)["captions"]
    shares = editor.header.metrics["labels_recognised"]
    assert set(captions) == set(editor.factors) and shares
    for factor, share in shares.items():
        assert f"right for {100 * share:.0f} of 100 pictures of its kind" in captions[factor]
    unknown = match(replace(opened.match, known=False), "", editor)["captions"]
    assert set(unknown) == set(captions)
    assert all(words.startswith("Nothing that this model knows") for words in unknown.values())
    assert scene(store, opened)["match"]["captions"] in (captions, unknown)


def test_refining_tells_how_far_it_is_and_ends_with_both_starts(checkpoints_dir: Path) -> None:
    editor = Store(checkpoints_dir).get("tiny-cats")
    wanted, start = editor.sample(2, seed=4)
    original = editor.decode(wanted)[0]
    news = list(refining(editor, Recipe(start), original))
    assert json.loads(json.dumps(news)) == news
    steps = [told["step"] for told in news]
    assert steps == sorted(steps) and all(told["of"] >= told["step"] for told in news)
    assert news[0]["better"] is None
    last = Recipe.from_text(news[-1]["better"]).latent
    before, after = (editor.match(original, editor.decode(z)[0]).psnr for z in (start, last))
    assert after > before
    assert f"{after:.1f} dB, was {before:.1f}" in news[-3]["words"]
    assert Recipe.from_text(news[-1]["editable"]).latent.model_id == editor.model_id


def test_sliders_of_numbers_tell_what_the_picture_shows(numbered_path: Path) -> None:
    store = Store(numbered_path.parent)
    editor = store.get("tiny-people")
    recipe = Recipe.of(editor.sample(1, seed=3)[0], {"age": 1.0, "smile": -0.5})
    told = SCENE.validate_python(scene(store, Opened("tiny-people", recipe, "")), strict=True)
    assert told["model"]["numbers"] == {
        "age": {"unit": "years", "low": 20, "high": 75, "off": "± 4 years", "digits": 0},
        "smile": {"unit": "", "low": 0, "high": 1, "off": "± 0.15", "digits": 2},
    }
    assert told["model"]["pages"][0]["names"] == ["age", "smile"]
    shown = editor.numbers(editor.edited(recipe))
    for name, stands in told["numbers"].items():
        at = stands["base"] + stands["step"] * recipe.amounts[name]
        assert abs(at - shown[name]) < 1e-3
    locked = scene(store, Opened("tiny-people", replace(recipe, locks=("age",)), ""))
    assert locked["numbers"]["age"] == told["numbers"]["age"]  # where it is kept
    assert locked["numbers"]["smile"]["step"] > 0
    values = [value for stands in told["numbers"].values() for value in stands.values()]
    assert {type(value) for value in values} == {float}  # numpy's are no numbers to every encoder
