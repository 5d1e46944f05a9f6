"""Is an operation one file and one line in OPERATIONS? All else follows, for any kind of model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genimg import Editor
from genimg.cli import main
from genimg.editor import Recipe
from genimg.edits import OPERATIONS, read_operation
from genimg.errors import GenimgError, LatentError, RecipeError
from genimg.images import load_image
from genimg.ui.edit.acts import act
from genimg.ui.edit.scene import scene
from genimg.ui.shell.opening import Opened, from_saved
from genimg.ui.shell.store import Store

from .mirror import Mirror

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(OPERATIONS, "mirror", Mirror)


@pytest.fixture(params=["vae", "base"])
def editor(request: pytest.FixtureRequest) -> Editor:
    return Editor.load(GOLDEN / f"{request.param}.safetensors", "cpu")


@pytest.fixture
def start(editor: Editor) -> Recipe:
    noise = Image.effect_noise((40, 30), 60).convert("RGB")
    return Recipe(editor.encode(editor.fit(noise)), origin="upload")


def file_of(editor: Editor) -> Path:
    return GOLDEN / f"{editor.header.name.removeprefix('golden-')}.safetensors"


def mirrored_before(start: Recipe) -> Recipe:
    return replace(start, operations=[Mirror(0.5)])


def mirrored(editor: Editor, start: Recipe) -> Recipe:
    """Among sliders: one was pulled before, one after, and the first again."""
    before = start.pulled({"brightness": 1.0})
    after, label = act(editor, "mirror", before, {"share": 0.5, "act": "mirror", "number": 7})
    assert label == "50 % mirrored"
    return after.pulled({"dim 3": -1.0, "brightness": 2.0})


def test_it_is_done_where_it_stands(editor: Editor, start: Recipe) -> None:
    recipe = mirrored(editor, start)
    moved = editor.move(start.latent, {"brightness": 2.0, "dim 3": -1.0})
    assert editor.edited(recipe) == Mirror(0.5).apply(editor, moved)
    assert recipe.edits == ["brightness +2", "dim 3 -1", "50 % mirrored"]
    twice, _ = act(editor, "mirror", recipe, {"share": 1, "upside_down": True})
    assert twice.operations[-2:] == (Mirror(0.5), Mirror(1.0, True))
    none, _ = act(editor, "reset", twice, {})
    assert editor.edited(none) == start.latent


def test_what_is_saved_is_what_was_drawn(editor: Editor, start: Recipe) -> None:
    recipe = mirrored(editor, start).named(editor.header.name)
    [drawn] = editor.decode(editor.edited(recipe))
    for kind in ("png", "webp"):
        data = editor.save_picture(recipe.after(start, "mirrored"), kind=kind)
        opened = editor.open_picture(data)
        assert replace(opened, lineage=(), parents=(), label="") == recipe
        assert editor.edited(opened) == editor.edited(recipe)
        assert np.array_equal(np.asarray(load_image(data)), np.asarray(drawn))
    assert json.loads(recipe.to_text())["operations"][1] == {
        "operation": "mirror", "share": 0.5, "upside_down": False,
    }  # fmt: skip


def test_a_recipe_written_before_it_had_all_its_parameters_is_read(start: Recipe) -> None:
    values = json.loads(mirrored_before(start).to_text())
    values["operations"] = [{"operation": "mirror", "share": 0.5}]
    assert Recipe.from_text(json.dumps(values)).operations == (Mirror(0.5),)


@pytest.mark.parametrize(
    "wrong",
    [{"share": "0.5"}, {"share": True}, {"share": None}, {"share": 1e999}, {"share": 1.5}, {},
     {"share": 0.5, "upside_down": 1}, {"share": 0.5, "more": 1}, {"upside_down": True}],
    ids=str,
)  # fmt: skip
def test_what_it_cannot_be_is_refused_everywhere(
    start: Recipe, editor: Editor, wrong: dict[str, object]
) -> None:
    values = json.loads(start.to_text())
    values["operations"] = [{"operation": "mirror", **wrong}]
    with pytest.raises(RecipeError, match="the recipe in this picture is damaged"):
        Recipe.from_text(json.dumps(values))
    with pytest.raises((RecipeError, LatentError), match=r"mirror|a share"):
        read_operation({"operation": "mirror", **wrong})
    if "more" not in wrong:  # a page says other things, too
        with pytest.raises(GenimgError):
            act(editor, "mirror", start, wrong)


def test_without_it_the_picture_is_refused_by_its_name(
    editor: Editor, start: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = editor.save_picture(mirrored(editor, start))
    monkeypatch.delitem(OPERATIONS, "mirror")
    with pytest.raises(RecipeError, match="no operation 'mirror' here"):
        editor.open_picture(saved)
    with pytest.raises(RecipeError, match="Mirror is not in OPERATIONS"):
        editor.save_picture(mirrored_before(start))
    with pytest.raises(GenimgError, match="Load the page again"):
        act(editor, "mirror", start, {"share": 0.5})


def test_the_page_shows_it(editor: Editor, start: Recipe, tmp_path: Path) -> None:
    store = Store(GOLDEN)
    recipe = mirrored(editor, start)
    shown = scene(store, Opened(file_of(editor).stem, recipe, "50 % mirrored"))
    assert Recipe.from_text(shown["recipe"]).operations == recipe.operations
    assert shown["picture"] != shown["plain"] and shown["amounts"] == recipe.amounts
    small = editor.previews([recipe])[0]
    assert small.size == editor.decode(editor.edited(recipe))[0].size
    strip = editor.strip(recipe, ["dim 3"], -1.0, 1.0, 3)
    assert len(strip.rows[0]) == 3
    path = tmp_path / "saved.png"
    path.write_bytes(editor.save_picture(recipe))
    opened = from_saved(store, "", str(path))
    assert opened is not None and "with 3 edits" in opened.note


def test_the_command_line_has_it(
    editor: Editor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "p.png", tmp_path / "out.png"
    Image.effect_noise((40, 30), 60).convert("RGB").save(path)

    def edit(*words: str) -> int:
        return main(
            ["edit", str(file_of(editor)), str(path), *words, "--out", str(out), "--device", "cpu"]
        )

    assert edit("--move", "brightness=1", "--do", "mirror", "share=0.25") == 0
    assert "edits: brightness +1, 25 % mirrored" in capsys.readouterr().out
    recipe = editor.open_picture(out)
    assert recipe.operations[-1] == Mirror(0.25)
    assert recipe.label == "brightness +1, 25 % mirrored"
    for wrong in (["mirror"], ["mirror", "share"], ["mirror", "share=2"], ["no such", "a=1"]):
        assert edit("--do", *wrong) == 2
