"""What is there to see when a saved edit is opened again, without a browser."""

from __future__ import annotations

from pathlib import Path

from genimg.ui import opening
from genimg.ui.store import Store


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
    saved.write_bytes(editor.save_picture(latent, amounts, changes={factor: other}))
    opened = opening.from_saved(store, "tiny-cats", str(saved))
    assert opened is not None
    assert opened.sitting.amounts == amounts
    assert opened.sitting.shown(editor)[factor] == other
    again = editor.edited(opened.sitting.recipe())
    assert editor.save_picture(again) == editor.save_picture(
        editor.move(editor.change(latent, {factor: other}), amounts)
    )
    assert "3 edits" in opened.note
