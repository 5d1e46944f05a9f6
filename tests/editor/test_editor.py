"""The facade that everything above uses: a real small model, loaded and put to work."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import genimg
from genimg import Direction, Editor, Latent
from genimg.data import load_dataset
from genimg.editor import Recipe
from genimg.errors import CheckpointError, ConfigError, LatentError
from genimg.models import build_model, save_model


@pytest.fixture(scope="module")
def cats(data_cache: Path) -> list[Image.Image]:
    """Pictures of the test split of the data that the model learned."""
    images = load_dataset("cats", size=16, count=400).split("test").images[:20]
    return [Image.fromarray(np.asarray(image)) for image in images]


def array(image: Image.Image) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(image).astype(np.int64)


def photo(width: int = 90, height: int = 40) -> Image.Image:
    """A wide picture whose left half is red and right half blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image


# -- loading


def test_the_public_names_are_these() -> None:
    assert {"Direction", "Editor", "GenimgError", "Latent"} <= set(genimg.__all__)
    assert all(hasattr(genimg, name) for name in genimg.__all__)
    assert issubclass(CheckpointError, genimg.GenimgError)


def test_the_header_tells_what_the_model_is(editor: Editor) -> None:
    assert editor.image_shape == editor.header.image_shape == (3, 16, 16)
    assert editor.model_id == editor.header.id
    assert editor.header.family == "vae"
    assert editor.header.name == "tiny-cats"
    assert editor.header.data["title"]
    assert "David Revoy" in editor.header.data["credit"]
    assert editor.header.trained["images"] == 4800
    assert {"psnr", "ssim", "kl", "active_dimensions"} <= editor.header.metrics.keys()


def test_a_model_can_be_loaded_by_its_path_as_text(tiny_checkpoint: Path) -> None:
    again = Editor.load(str(tiny_checkpoint))
    assert again.model_id


@pytest.mark.parametrize("device", ["toaster", "", "meta", "mps"])
def test_a_device_that_cannot_be_used_is_refused(tiny_checkpoint: Path, device: str) -> None:
    with pytest.raises(ConfigError, match="cpu"):
        Editor.load(tiny_checkpoint, device)


def test_cuda_is_refused_where_there_is_none(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no device 'cuda' here; use cpu"):
        Editor.load(tiny_checkpoint, "cuda")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no model file .*gone\.safetensors"):
        Editor.load(tmp_path / "gone.safetensors")


def test_directions_that_do_not_fit_their_vectors_are_refused(tmp_path: Path) -> None:
    row = {"name": "pink", "group": "named", "factor": "", "std": 1.0, "reliability": 0.5}
    vector = torch.eye(16)[:1]
    bad = {
        "no vectors": (row, {}),
        "too many": (row, {"directions.vectors": torch.eye(16)[:2]}),
        "another group": ({**row, "group": "best"}, {"directions.vectors": vector}),
        "another field": ({**row, "colour": 1}, {"directions.vectors": vector}),
        "not a unit": (row, {"directions.vectors": 2 * vector}),
        "another size": (row, {"directions.vectors": torch.eye(5)[:1]}),
    }
    model = build_model("vae", (3, 16, 16), seed=0)
    path = tmp_path / "m.safetensors"

    def load(row: dict[str, object], tensors: dict[str, torch.Tensor]) -> Editor:
        save_model(path, model, "vae", name="m", extra={"directions": (row,)}, tensors=tensors)
        return Editor.load(path)

    assert [d.name for d in load(row, {"directions.vectors": vector}).directions] == ["pink"]
    for what, (changed, tensors) in bad.items():
        with pytest.raises(CheckpointError, match=r"m\.safetensors"):
            load(changed, tensors)
            pytest.fail(what)


# -- pictures and latents


def test_a_reconstruction_is_nearer_to_its_picture_than_to_others(
    editor: Editor, cats: list[Image.Image]
) -> None:
    made = np.stack([array(image) for image in editor.decode(*map(editor.encode, cats))])
    errors = ((made[:, None] - np.stack([array(cat) for cat in cats])) ** 2).mean(axis=(2, 3, 4))
    own = errors.diagonal()
    assert own.mean() < 0.85 * errors.mean(), "for unrelated pictures they are equal"
    assert (own < np.median(errors, axis=1)).mean() >= 0.6


def test_one_picture_decodes_as_in_a_grid(editor: Editor) -> None:
    latents = editor.sample(64, seed=3)
    together = editor.decode(*latents)
    assert len(together) == 64
    for latent, image in zip(latents, together, strict=True):
        [alone] = editor.decode(latent)
        assert np.array_equal(array(alone), array(image))


def test_decoding_gives_pictures_of_the_models_shape(editor: Editor) -> None:
    [image] = editor.decode(*editor.sample())
    assert (image.mode, image.size) == ("RGB", (16, 16))
    assert editor.decode() == []


def test_a_grey_model_takes_colour_pictures_and_gives_grey_ones(tmp_path: Path) -> None:
    path = tmp_path / "grey.safetensors"
    save_model(path, build_model("vae", (1, 28, 28), seed=0), "vae", name="grey")
    grey = Editor.load(path)
    [image] = grey.decode(grey.encode(photo()))
    assert (image.mode, image.size) == ("L", (28, 28))
    assert grey.match(photo(), image).psnr > 0
    recipe = grey.open_picture(grey.save_picture(Recipe(grey.sample()[0])))
    assert recipe.latent == grey.sample()[0]


def test_encoding_is_the_same_every_time_and_changes_nothing(
    editor: Editor, cats: list[Image.Image]
) -> None:
    first = editor.encode(cats[0])
    editor.encode(cats[1])
    editor.decode(*editor.sample(3))
    assert editor.encode(cats[0]) == first
    assert first.model_id == editor.model_id


def test_encode_crops_the_middle_and_fit_chooses(editor: Editor) -> None:
    image = photo()
    assert editor.encode(image) == editor.encode(editor.fit(image))
    left, right = (editor.fit(image, focus=(x, 0.5)) for x in (0.0, 1.0))
    assert (left.size, right.size) == ((16, 16), (16, 16))
    assert (left.getpixel((8, 8)), right.getpixel((8, 8))) == ((255, 0, 0), (0, 0, 255))
    assert editor.encode(left) != editor.encode(right)
    assert editor.fit(left) == left, "a picture of the model's size is left as it is"
    middle = editor.fit(image, zoom=2.0)
    assert middle.getpixel((0, 8)) == (255, 0, 0)


# -- sampling


def test_picture_i_depends_on_seed_plus_i_alone(editor: Editor) -> None:
    latents = editor.sample(6, seed=10)
    for i, latent in enumerate(latents):
        assert editor.sample(1, seed=10 + i) == [latent]
    assert editor.sample(3, seed=12) == latents[2:5]
    assert len(set(latents)) == 6


def test_sampling_uses_and_leaves_no_global_state(editor: Editor) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = editor.sample(2, seed=5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert editor.sample(2, seed=5) == first


def test_temperature_moves_a_sample_away_from_the_middle(editor: Editor) -> None:
    cold, usual, hot = (editor.sample(1, 4, t)[0].z for t in (0.0, 1.0, 3.0))
    torch.testing.assert_close(hot - cold, 3.0 * (usual - cold), atol=1e-4, rtol=1e-4)
    assert float((usual - cold).norm()) > 0.01
    assert editor.sample(1, 4) == [Latent(usual, editor.model_id)]


def test_samples_lie_where_the_codes_of_real_pictures_lie(
    editor: Editor, cats: list[Image.Image]
) -> None:
    """The fitted prior is used, and not N(0, I), which is wrong for this model."""
    codes = torch.stack([editor.encode(image).z for image in cats])
    drawn = torch.stack([latent.z for latent in editor.sample(200)])
    assert float(drawn.norm(dim=1).median()) == pytest.approx(
        float(codes.norm(dim=1).median()), rel=0.25
    )
    assert float(drawn.std(dim=0).min()) < 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "1 to 1024"),
        ({"n": 1025}, "1 to 1024"),
        ({"seed": -1}, "a seed is a whole number"),
        ({"seed": 2**32}, "a seed is a whole number"),
        ({"temperature": -0.1}, "a temperature is from 0"),
        ({"temperature": 11.0}, "a temperature is from 0"),
        ({"temperature": float("nan")}, "a temperature is from 0"),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(
    editor: Editor, arguments: dict[str, float], message: str
) -> None:
    with pytest.raises(LatentError, match=message):
        editor.sample(**arguments)  # type: ignore[arg-type]


# -- moving


def test_directions_are_usable_unique_and_in_order(editor: Editor) -> None:
    directions = editor.directions
    assert all(isinstance(direction, Direction) for direction in directions)
    assert len({direction.name for direction in directions}) == len(directions)
    groups = ["named", "measured", "raw"]
    order = [groups.index(direction.group) for direction in directions]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    for group in ("named", "measured"):
        reliability = [d.reliability for d in directions if d.group == group]
        assert reliability == sorted(reliability, reverse=True)
        assert min(reliability) >= 0.1
    assert all(d.factor for d in directions if d.group == "named")


def test_a_move_by_zero_is_the_identity(editor: Editor) -> None:
    latent = editor.sample(1, seed=1)[0]
    assert editor.move(latent, {}) == latent
    assert editor.move(latent, {d.name: 0.0 for d in editor.directions}) == latent


def test_moving_along_brightness_makes_brighter_pictures(
    editor: Editor, cats: list[Image.Image]
) -> None:
    latents = [editor.encode(image) for image in cats]

    def brightness(amount: float) -> float:
        moved = [editor.move(latent, {"brightness": amount}) for latent in latents]
        return float(np.mean([array(image).mean() for image in editor.decode(*moved)]))

    levels = [brightness(amount) for amount in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    assert levels == sorted(levels)
    assert levels[-1] - levels[0] > 10


def test_what_cannot_be_moved_is_refused(editor: Editor, other: Editor) -> None:
    latent = editor.sample()[0]
    with pytest.raises(LatentError, match="no direction 'wings'"):
        editor.move(latent, {"wings": 1.0})
    with pytest.raises(LatentError, match="use -100 to 100"):
        editor.move(latent, {"brightness": float("inf")})
    with pytest.raises(LatentError, match=other.model_id):
        editor.move(other.sample()[0], {})


# -- paths


@pytest.mark.parametrize("method", ["slerp", "lerp"])
def test_a_path_starts_and_ends_exactly(editor: Editor, method: str) -> None:
    a, b = editor.sample(2)
    path = editor.interpolate(a, b, 5, method)
    assert len(path) == 5
    assert (path[0], path[-1]) == (a, b)
    assert path[1:-1] == [editor.between(a, b, t, method) for t in (0.25, 0.5, 0.75)]
    assert len(editor.interpolate(a, b)) == 8


def test_the_two_methods_differ_and_slerp_is_usual(editor: Editor) -> None:
    a, b = editor.sample(2)
    assert editor.interpolate(a, b, 3) == editor.interpolate(a, b, 3, "slerp")
    assert editor.interpolate(a, b, 3) != editor.interpolate(a, b, 3, "lerp")


def test_what_cannot_be_interpolated_is_refused(editor: Editor, other: Editor) -> None:
    a, b = editor.sample(2)
    with pytest.raises(LatentError, match="2 to 1000 pictures"):
        editor.interpolate(a, b, 1)
    with pytest.raises(LatentError, match="slerp or lerp"):
        editor.interpolate(a, b, 3, "spline")
    with pytest.raises(LatentError, match=other.model_id):
        editor.between(a, other.sample()[0], 0.5)


# -- belonging together


def test_a_latent_of_another_model_or_size_is_refused(editor: Editor, other: Editor) -> None:
    foreign = other.sample()[0]
    with pytest.raises(LatentError, match=f"{other.model_id}, not to {editor.model_id}"):
        editor.decode(editor.sample()[0], foreign)
    with pytest.raises(LatentError, match="16 numbers, not 15"):
        editor.decode(Latent(torch.zeros(15), editor.model_id))
