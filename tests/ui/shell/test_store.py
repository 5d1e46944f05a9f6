"""The folder of models behind the menu, and what is kept in memory of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from genimg.editor import Recipe
from genimg.errors import CheckpointError, ImageError
from genimg.models import build_model, save_model
from genimg.ui.shell import opening, store
from genimg.ui.shell.store import Store


def add(folder: Path, name: str, seed: int, data: str = "") -> None:
    model = build_model("vae", image_shape=(1, 16, 16), latent_dim=4, seed=seed)
    save_model(
        folder / f"{name}.safetensors", model, "vae", name=name, extra={"data": {"name": data}}
    )


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="genimg train vae"):
        Store(tmp_path).get("")


def test_new_and_replaced_models_are_seen_after_a_refresh(tmp_path: Path) -> None:
    add(tmp_path, "one", seed=1)
    models = Store(tmp_path)
    old = models.get("one")
    assert models.get("one") is old
    add(tmp_path, "one", seed=2)
    add(tmp_path, "two", seed=3)
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    models.refresh()
    assert models.names == ("one", "two")
    assert models.get("one").model_id != old.model_id
    assert models.name_of(models.get("two").model_id) == "two"
    assert models.name_of(old.model_id) is None
    assert len(models.problems) == 1 and "bad" in models.problems[0]
    with pytest.raises(CheckpointError, match="one, two"):
        models.get("three")


def test_one_model_comes_before_all_others(tmp_path: Path) -> None:
    for seed, name in enumerate(("a", store.FIRST, "z")):
        add(tmp_path, name, seed)
    models = Store(tmp_path)
    assert models.names == (store.FIRST, "a", "z")
    assert [name for _, name in models.choices] == list(models.names)


def test_only_a_few_models_stay_loaded(tmp_path: Path) -> None:
    for seed in range(3):
        add(tmp_path, f"m{seed}", seed)
    models = Store(tmp_path, capacity=2)
    first = models.get("m0")
    models.get("m1")
    assert models.get("m0") is first  # used last, so m1 makes room
    models.get("m2")
    assert models.get("m0") is first


def test_uploads_are_reduced_and_bad_ones_refused(tmp_path: Path) -> None:
    add(tmp_path, "one", seed=1)
    models = Store(tmp_path)
    Image.new("RGB", (3000, 1500), "red").save(tmp_path / "large.png")
    assert models.picture(str(tmp_path / "large.png")).size == (1024, 512)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnope")
    with pytest.raises(ImageError):
        models.picture(str(tmp_path / "bad.png"))


def test_examples_are_found_by_the_name_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples" / "cats").mkdir(parents=True)
    Image.new("L", (4, 4)).save(tmp_path / "examples" / "cats" / "1.png")
    monkeypatch.setattr(store, "EXAMPLES", tmp_path / "examples")
    add(tmp_path, "cat", seed=1, data="cats")
    Image.new("L", (4, 4)).save(tmp_path / "outside.png")
    for seed, sly in enumerate(("../examples/cats", "..", ".", "/", "x" * 5000), 2):
        add(tmp_path, f"sly-{seed}", seed=seed, data=sly)
    models = Store(tmp_path)
    assert [path.name for path in models.examples("cat")] == ["1.png"]
    assert [models.examples(name) for name in models.names if name != "cat"] == [[]] * 5


def test_a_saved_edit_is_restored_with_its_own_model(tmp_path: Path) -> None:
    add(tmp_path, "one", seed=1)
    add(tmp_path, "two", seed=2)
    models = Store(tmp_path)
    editor = models.get("two")
    [latent] = editor.sample(1, seed=5)
    (tmp_path / "saved.png").write_bytes(editor.save_picture(Recipe(latent, origin="seed 5")))
    opened = opening.from_saved(models, "one", str(tmp_path / "saved.png"))
    assert opened is not None
    assert (opened.model, opened.recipe.latent) == ("two", latent)
    assert "now chosen" in opened.note
    (tmp_path / "two.safetensors").unlink()
    models.refresh()
    with pytest.raises(opening.RecipeError, match="'two', which is not in the folder"):
        opening.from_saved(models, "one", str(tmp_path / "saved.png"))


def test_a_plain_picture_holds_no_saved_edit(tmp_path: Path) -> None:
    add(tmp_path, "one", seed=1)
    Image.new("L", (40, 20), 200).save(tmp_path / "plain.png")
    models = Store(tmp_path)
    assert opening.from_saved(models, "one", str(tmp_path / "plain.png")) is None
    opened = opening.from_file(models, "one", opening.Crop(str(tmp_path / "plain.png")), "upload")
    assert opened.original is not None and opened.original.size == (16, 16)
    assert opened.match is not None
