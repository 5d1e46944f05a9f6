"""Does a photograph stay the photograph that it is, wherever a model on a base moves it?"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from genimg import Editor, Latent
from genimg.editor import Recipe
from genimg.editor.library import NOTICE_KEY, notice
from genimg.edits.operations import Cross
from genimg.errors import LatentError
from genimg.images import read_text
from genimg.latents import SpatialLatent
from genimg.metrics import psnr
from genimg.models import load_base, round_weights, save_model
from genimg.models.photo_vae import PhotoVAE, PhotoVAEConfig

SHIPPED = Path(__file__).parents[2] / "checkpoints" / "photo-base.safetensors"


@pytest.fixture(scope="module")
def editor(photo_path: Path) -> Editor:
    return Editor.load(photo_path, "cpu")


def noise(seed: int = 0, side: int = 32) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))


def pixels(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image)


def drawn(editor: Editor, latent: Latent) -> npt.NDArray[np.uint8]:
    return pixels(editor.decode(latent)[0])


def grid(latent: Latent) -> torch.Tensor:
    assert latent.details is not None
    return latent.details.z


def test_a_photograph_comes_back_as_well_as_from_the_base(tmp_path: Path) -> None:
    base, _, _ = load_base(SHIPPED, "cpu")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = PhotoVAE(PhotoVAEConfig((3, 64, 64), 8, base.config, (8, 8), 1)).eval()
    model.base.load_state_dict(base.state_dict())
    round_weights(model, "vae")
    save_model(tmp_path / "photo.safetensors", model, "vae", name="photo")
    editor = Editor.load(tmp_path / "photo.safetensors", "cpu")
    assert editor.keeps_details and not editor.refines

    whole = Editor.load(SHIPPED, "cpu")
    rough = noise(side=5).resize((150, 90), Image.Resampling.BICUBIC)  # of no kind and any size
    seen = editor.fit(rough)
    by_base = psnr(pixels(seen), drawn(whole, whole.encode(seen)))
    kept = psnr(pixels(seen), drawn(editor, editor.encode(rough)))
    alone = psnr(pixels(seen), drawn(editor, editor.encode(rough, details=0.0)))
    assert kept > 28.0 and abs(kept - by_base) < 0.5
    assert alone < kept - 8.0


def test_without_details_it_is_what_the_model_understands(editor: Editor) -> None:
    z = editor.encode(noise())
    alone = editor.encode(noise(), details=0.0)
    assert alone.details is None and torch.equal(alone.z, z.z)
    assert torch.allclose(grid(editor.encode(noise(), details=0.5)), 0.5 * grid(z), atol=0.03)
    assert editor.encode(noise(), details=1.0) == z
    assert (drawn(editor, alone) != drawn(editor, z)).any()


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "all"])
def test_a_share_out_of_range_is_refused(editor: Editor, base_path: Path, share: object) -> None:
    for one in (editor, Editor.load(base_path, "cpu")):
        with pytest.raises(LatentError, match="own details are shown from 0"):
            one.encode(noise(), details=share)


def test_other_models_take_a_share_and_keep_nothing(tiny_checkpoint: Path, base_path: Path) -> None:
    for path in (tiny_checkpoint, base_path):
        other = Editor.load(path, "cpu")
        assert not other.keeps_details
        assert other.encode(noise(), details=0.0) == other.encode(noise())
        assert other.encode(noise()).details is None


MOVES: list[Callable[[Editor, Latent], Latent]] = [
    lambda editor, z: editor.move(z, {"warmth": 2.0}),
    lambda editor, z: editor.move_keeping(z, {"warmth": 2.0}, ["brightness"]),
    lambda editor, z: editor.change(z, {"kind": _other(editor, z)}),
    lambda editor, z: editor.mix(z, editor.sample(1, seed=_unlike(editor, z))[0], ["kind"]),
]


def _other(editor: Editor, z: Latent) -> str:
    return "pear" if editor.labels(z)["kind"] == "apple" else "apple"


def _unlike(editor: Editor, z: Latent) -> int:
    shown = editor.labels(z)
    return next(s for s in range(99) if editor.labels(editor.sample(1, seed=s)[0]) != shown)


@pytest.mark.parametrize("moved", MOVES)
def test_what_moves_keeps_its_details(
    editor: Editor, moved: Callable[[Editor, Latent], Latent]
) -> None:
    z = editor.encode(noise())
    after = moved(editor, z)
    assert not torch.equal(after.z, z.z)
    assert after.details is z.details
    assert torch.equal(after.origin, z.z), "and knows where they were taken"
    assert (drawn(editor, after) != drawn(editor, z)).any()


def test_between_two_photographs_details_are_mixed_and_the_ends_are_exact(editor: Editor) -> None:
    a, b = editor.encode(noise(1)), editor.encode(noise(2))
    assert editor.between(a, b, 0.0) == a and editor.between(a, b, 1.0) == b
    assert torch.allclose(grid(editor.between(a, b, 0.25)), 0.75 * grid(a) + 0.25 * grid(b))
    [c] = editor.sample(1)
    assert torch.allclose(grid(editor.between(a, c, 0.25)), 0.75 * grid(a))
    assert torch.allclose(grid(editor.between(c, a, 0.25)), 0.25 * grid(a))
    assert editor.between(c, c, 0.5).details is None
    moved = a.at(a.z + 1.0)
    start = editor.between(moved, b, 1e-4)
    assert torch.allclose(start.origin, a.z, atol=1e-2) and torch.equal(b.origin, b.z)
    end = editor.between(moved, b, 1.0 - 1e-4)
    assert torch.allclose(end.origin, b.z, atol=1e-2), "nothing jumps at either end"


def test_variations_lose_their_details_on_the_way_to_another_picture(editor: Editor) -> None:
    z = editor.encode(noise())
    assert editor.vary(z, 1, strength=0.0) == [z]
    assert torch.allclose(grid(editor.vary(z, 1, strength=0.4)[0]), 0.6 * grid(z))
    assert editor.vary(z, 1, strength=1.0)[0].details is None


def test_a_child_has_details_of_its_parents(editor: Editor) -> None:
    a, b = (Recipe(editor.encode(noise(seed)), model_name="x") for seed in (1, 2))
    child = Cross(b).onto(a, editor)
    assert child.latent.details is not None
    assert Recipe.from_text(child.to_text()) == child


def test_live_saved_and_opened_again_are_the_same_bits(editor: Editor, photo_path: Path) -> None:
    recipe = Recipe(editor.encode(noise()), origin="upload").pulled({"warmth": 1.7})
    shown = drawn(editor, editor.edited(recipe))
    png = editor.save_picture(recipe)
    assert (pixels(Image.open(io.BytesIO(png))) == shown).all()
    again = Editor.load(photo_path, "cpu")
    opened = again.open_picture(png)
    assert (drawn(again, again.edited(opened)) == shown).all()
    assert (drawn(editor, recipe.latent) == drawn(editor, editor.encode(noise()))).all()
    # Many at a time, some with and some without details.
    points = [editor.edited(recipe), editor.sample(1)[0], recipe.latent]
    together = editor.decode_together(*points, *points * 7)
    for point, image in zip(points, together, strict=False):
        apart = np.abs(pixels(image).astype(int) - drawn(editor, point).astype(int))
        assert apart.max() <= 3


def test_what_the_model_draws_carries_its_notice_and_a_photograph_does_not(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_by_it, photograph = Recipe(editor.sample(1)[0]), Recipe(editor.encode(noise()))
    assert NOTICE_KEY not in read_text(editor.save_picture(drawn_by_it), NOTICE_KEY)
    monkeypatch.setitem(editor.header.data, "notice", "Nobody\nlooks like this.")
    for kind in ("png", "webp"):
        text = read_text(editor.save_picture(drawn_by_it, kind=kind), NOTICE_KEY)
        assert text[NOTICE_KEY] == "Nobody looks like this."
        assert editor.open_picture(editor.save_picture(drawn_by_it, kind=kind)) is not None
    assert NOTICE_KEY not in read_text(editor.save_picture(drawn_by_it, bare=True), NOTICE_KEY)
    assert NOTICE_KEY not in read_text(editor.save_picture(photograph), NOTICE_KEY)
    monkeypatch.setitem(editor.header.data, "notice", ["no", "text"])
    assert notice(editor.header) == {}


def test_a_strip_shows_the_photograph(editor: Editor) -> None:
    recipe = Recipe(editor.encode(noise()))
    strip = editor.strip(recipe, ["warmth"], -2.0, 2.0, columns=3)
    middle = pixels(strip.rows[0][1]).astype(int)
    assert np.abs(middle - drawn(editor, recipe.latent).astype(int)).max() <= 3


def test_nothing_is_searched_for(editor: Editor) -> None:
    z = editor.encode(noise())
    assert editor.start(noise()) == z
    for search in (
        lambda: editor.refine(noise()),
        lambda: editor.editable(z),
        lambda: editor.soften(z, z, 0.5),
    ):
        with pytest.raises(LatentError, match="as close as it can at once"):
            search()


def test_details_of_another_model_or_size_are_refused(editor: Editor) -> None:
    z = editor.encode(noise())
    foreign = SpatialLatent(grid(z), "another", (32, 32))
    with pytest.raises(LatentError, match="belongs to model another"):
        Latent(z.z, z.model_id, details=foreign)
    with pytest.raises(LatentError, match="details of a picture are a grid"):
        Latent(z.z, z.model_id, details=Latent(z.z, z.model_id))  # type: ignore[arg-type]
    small = SpatialLatent(grid(z)[:, :2, :2], z.model_id, (16, 16))
    with pytest.raises(LatentError, match="details of another size"):
        editor.decode(Latent(z.z, z.model_id, details=small))


def test_a_model_without_a_base_refuses_details(tiny_checkpoint: Path) -> None:
    plain = Editor.load(tiny_checkpoint, "cpu")
    z = plain.encode(noise())
    details = SpatialLatent(torch.zeros(4, 2, 2), z.model_id, (16, 16))
    with pytest.raises(LatentError, match="details of another size"):
        plain.decode(Latent(z.z, z.model_id, details=details))
