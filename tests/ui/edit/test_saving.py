"""What somebody takes home, without a browser."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from genimg.editor import Recipe, read_recipe
from genimg.errors import GenimgError
from genimg.ui.edit import saving
from genimg.ui.shell import opening
from genimg.ui.shell.store import Store

from ..conftest import save_gan


@pytest.fixture
def store(checkpoints_dir: Path) -> Store:
    save_gan(checkpoints_dir / "gan.safetensors")
    return Store(checkpoints_dir)


def steps_of(store: Store) -> tuple[Recipe, list[dict[str, Any]]]:
    """A picture with two steps before it, as a page tells of them."""
    editor = store.get("tiny-cats")
    start = Recipe(editor.sample(1, seed=3)[0], origin="seed 3")
    name = editor.directions[0].name
    moved = start.pulled({name: 1.5})
    rows = [
        {"recipe": start.to_text(), "label": "seed 3", "parents": []},
        {"recipe": moved.to_text(), "label": "moved", "parents": [0]},
    ]
    return moved.pulled({name: 2.5}), rows


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_bare_picture_holds_nothing_but_pixels(store: Store, kind: str) -> None:
    recipe, rows = steps_of(store)
    told = {"recipe": recipe.to_text(), "label": "x", "steps": rows, "parents": [1], "kind": kind}
    bare = saving.picture(store, {**told, "bare": True})
    full = saving.picture(store, told)
    assert b"genimg" in full.data and b"genimg" not in bare.data and bare.name == full.name
    pictures = [Image.open(io.BytesIO(made.data)) for made in (bare, full)]
    assert pictures[0].convert("RGB").tobytes() == pictures[1].convert("RGB").tobytes()
    assert not {"exif", "genimg", "icc_profile"} & pictures[0].info.keys()
    assert not pictures[0].getexif()


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize(("scale", "smooth"), [(1, False), (4, False), (16, True)])
def test_a_picture_is_its_own_save_file(
    store: Store, tmp_path: Path, kind: str, scale: int, smooth: bool
) -> None:
    editor = store.get("tiny-cats")
    recipe, rows = steps_of(store)
    told = {"recipe": recipe.to_text(), "label": "Moved, more!", "steps": rows, "parents": [1]}
    made = saving.picture(store, {**told, "kind": kind, "scale": scale, "smooth": smooth})
    assert made.name == f"tiny-cats-moved-more.{kind}" and made.kind == f"image/{kind}"
    picture = Image.open(io.BytesIO(made.data))
    assert picture.format == kind.upper() and picture.size == (16 * scale, 16 * scale)
    path = tmp_path / made.name
    path.write_bytes(made.data)
    opened = opening.from_saved(store, "gan", str(path))
    assert opened is not None and opened.model == "tiny-cats"
    assert [step.label for step in opened.recipe.lineage] == ["seed 3", "moved"]
    assert opened.recipe.parents == (1,) and opened.label == "Moved, more!"
    assert "1 edit and the 2 steps before" in opened.note and "now chosen" in opened.note
    again, wanted = (editor.decode(editor.edited(r))[0] for r in (opened.recipe, recipe))
    assert again.tobytes() == wanted.tobytes()
    if scale == 1:
        assert picture.convert("RGB").tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "exe"},
        {"kind": []},
        {"scale": [4]},
        {"scale": 3},
        {"scale": 10**9},
        {"scale": "4"},
        {"recipe": "../../etc/passwd"},
        {"recipe": None},
    ],
)
def test_what_cannot_be_saved_is_said(store: Store, wrong: dict[str, Any]) -> None:
    recipe, _ = steps_of(store)
    with pytest.raises(GenimgError):
        saving.picture(store, {"recipe": recipe.to_text(), **wrong})


def test_steps_that_cannot_be_kept_do_not_lose_the_picture(store: Store) -> None:
    """Those of another model, for instance: a picture remembers one model's alone."""
    recipe, rows = steps_of(store)
    foreign = Recipe(store.get("gan").sample(1)[0]).to_text()
    for bad in (
        [{"recipe": foreign, "parents": []}],
        [{"recipe": "no"}],
        [{**rows[0], "parents": [7]}],
    ):
        made = saving.picture(store, {"recipe": recipe.to_text(), "steps": bad})
        read = read_recipe(made.data)
        assert read.lineage == () and read.amounts == recipe.amounts


def test_all_steps_come_in_an_archive(store: Store) -> None:
    recipe, rows = steps_of(store)
    gan = Recipe(store.get("gan").sample(1)[0], model_name="gan")
    gone = json.loads(recipe.to_text())
    gone["model_id"] = "f" * 64
    told = [
        {"id": "a", "time": 5, **rows[0], "parents": []},
        {"id": "b", "time": 6, **rows[1], "parents": ["a"], "star": True},
        {"id": "c", "recipe": gan.to_text(), "label": "../../evil\\name", "parents": []},
        {"id": "d", "recipe": json.dumps(gone), "label": "gone", "time": float("inf")},
    ]
    made = saving.archive(store, {"steps": told})
    assert made.name == "genimg-history.zip"
    with zipfile.ZipFile(io.BytesIO(made.data)) as files:
        names = files.namelist()
        assert names == ["001-seed-3.png", "002-moved.png", "003-evil-name.png", "history.json"]
        listed = json.loads(files.read("history.json"))["steps"]
        assert [row["file"] for row in listed] == [*names[:3], ""]
        assert [row["id"] for row in listed] == ["a", "b", "c", "d"]
        assert [row["parents"] for row in listed] == [[], ["a"], [], []]
        assert [row["time"] for row in listed] == [5, 6, 0, 0]
        assert [row["starred"] for row in listed] == [False, True, False, False]
        for row, name in zip(listed[:3], names[:3], strict=True):
            kept = Recipe.from_text(json.dumps(row["recipe"]))
            assert read_recipe(files.read(name)).latent == kept.latent
    for wrong in (None, "all", [1, 2], [{}]):
        if wrong in (None, "all"):
            assert json.loads(_history(saving.archive(store, {"steps": wrong})))["steps"] == []
        else:
            with pytest.raises(GenimgError):
                saving.archive(store, {"steps": wrong})
    with pytest.raises(GenimgError, match="At most"):
        saving.archive(store, {"steps": [rows[0]] * (saving.MOST_STEPS + 1)})


def _history(made: saving.Download) -> bytes:
    with zipfile.ZipFile(io.BytesIO(made.data)) as files:
        return files.read("history.json")
