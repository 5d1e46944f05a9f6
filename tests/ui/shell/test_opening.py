"""What is there to see when a saved edit is opened again, without a browser."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from genimg.editor import Recipe
from genimg.errors import GenimgError, LatentError
from genimg.images import encode_png
from genimg.ui.edit import examples
from genimg.ui.edit.scene import scene
from genimg.ui.shell import opening
from genimg.ui.shell.store import Store

from ..conftest import save_gan


def test_a_saved_edit_comes_back_to_the_last_bit(checkpoints_dir: Path, tmp_path: Path) -> None:
    """Amounts between a slider's steps and beyond its usual ends, and exchanges."""
    store = Store(checkpoints_dir)
    editor = store.get("tiny-cats")
    [latent] = editor.sample(1, seed=5)
    first, second = (direction.name for direction in editor.directions[:2])
    amounts = {first: 6.54321, second: -0.123456789}
    factor, values = next(iter(editor.factors.items()))
    other = next(value for value in values if value != editor.labels(latent)[factor])
    saved = tmp_path / "saved.png"
    saved.write_bytes(editor.save_picture(Recipe.of(latent, amounts, changes={factor: other})))
    opened = opening.from_saved(store, "tiny-cats", str(saved))
    assert opened is not None
    assert opened.recipe.amounts == amounts
    assert dict(opened.recipe.changes) == {factor: other}
    again = editor.edited(opened.recipe)
    moved = editor.move(editor.change(latent, {factor: other}), amounts)
    assert again == moved
    assert "3 edits" in opened.note


def test_a_file_means_a_point(checkpoints_dir: Path, tmp_path: Path) -> None:
    """A picture saved with the model is the point where its edits end; others are encoded."""
    save_gan(checkpoints_dir / "gan.safetensors")
    store = Store(checkpoints_dir)
    cats, gan = store.get("tiny-cats"), store.get("gan")
    [latent] = cats.sample(1, seed=5)
    amounts = {cats.directions[0].name: 1.5}
    saved = tmp_path / "saved.png"
    saved.write_bytes(cats.save_picture(Recipe.of(latent, amounts)))
    assert opening.latent_of(store, "tiny-cats", str(saved)) == cats.move(latent, amounts)
    with pytest.raises(LatentError, match="only draws pictures"):
        opening.latent_of(store, "gan", str(saved))
    mixed = gan.mix(*gan.sample(2))
    other = tmp_path / "other.png"
    other.write_bytes(gan.save_picture(Recipe(mixed)))
    assert opening.latent_of(store, "gan", str(other)) == mixed
    [picture] = gan.decode(mixed)
    assert opening.latent_of(store, "tiny-cats", str(other)) == cats.encode(picture)


def test_a_model_that_only_draws_begins_with_what_it_draws(
    checkpoints_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_gan(checkpoints_dir / "gan.safetensors")
    models = Store(checkpoints_dir)
    assert models.examples("gan"), "there are examples for its data"
    opened = examples.first(models, "gan")
    assert opened.original is None
    assert opened.recipe.latent == models.get("gan").sample(1, 0)[0]
    assert examples.thumbs(models, "gan").count("seed ") == 7


@pytest.mark.parametrize(
    ("format", "copied"), [("TIFF", True), ("HEIF", True), ("PNG", False), ("JPEG", False)]
)
def test_what_a_browser_cannot_show_comes_with_a_copy(
    checkpoints_dir: Path, tmp_path: Path, format: str, copied: bool
) -> None:
    store = Store(checkpoints_dir)
    path = str(tmp_path / "wide")
    Image.linear_gradient("L").resize((2000, 500)).convert("RGB").save(path, format)
    opened = opening.from_file(store, "tiny-cats", opening.Crop(path, zoom=2.0), "upload")
    told = scene(store, opened)["upload"]["crop"]
    assert ("preview" in told) == copied
    if copied:
        head, _, body = told["preview"].partition(",")
        with Image.open(BytesIO(base64.b64decode(body))) as shown:
            assert head == "data:image/webp;base64" and shown.size == (840, 210)


def test_a_picture_with_the_work_of_another_program_opens(
    checkpoints_dir: Path, tmp_path: Path
) -> None:
    """Megabytes of text: of others they are passed over, of ours they are too much."""
    store = Store(checkpoints_dir)
    picture, path = Image.new("RGB", (40, 30), "red"), tmp_path / "made.png"
    path.write_bytes(encode_png(picture, {"workflow": "x" * 3_000_000, "prompt": "{}"}))
    assert opening.from_saved(store, "tiny-cats", str(path)) is None
    latent = opening.latent_of(store, "tiny-cats", str(path))
    editor = store.get("tiny-cats")
    assert latent == editor.encode(editor.fit(picture))
    saved = editor.save_picture(Recipe(latent))
    other = path.read_bytes()[33 : 33 + 12 + len("workflow") + 5 + 3_000_000]  # its text alone
    path.write_bytes(saved[:33] + other + saved[33:])
    opened = opening.from_saved(store, "tiny-cats", str(path))
    assert opened is not None and opened.recipe.latent == latent


def test_what_a_page_says_is_open_is_checked(checkpoints_dir: Path) -> None:
    [latent] = Store(checkpoints_dir).get("tiny-cats").sample(1, seed=3)
    recipe = Recipe(latent, origin="seed 3")
    told = {"model": "tiny-cats", "recipe": recipe.to_text()}
    assert opening.work_of(told) == opening.Work("tiny-cats", recipe)
    for nothing in (None, [], "tiny-cats", {}, {"model": 3, "recipe": recipe.to_text()}):
        assert opening.work_of(nothing) == opening.Work()
    for wrong in (None, 3, {"path": "/etc/passwd"}, "no recipe"):
        with pytest.raises(GenimgError):
            opening.work_of({**told, "recipe": wrong})
