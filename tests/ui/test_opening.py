"""What is there to see when a saved edit is opened again, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from genimg.editor import Recipe
from genimg.errors import LatentError
from genimg.ui import examples, opening
from genimg.ui.store import Store

from .conftest import save_gan


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
