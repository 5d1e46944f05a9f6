"""Drawing: from a seed, with labels, in words, near another picture, and as a mix of two."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg import Editor, Latent
from genimg.editor import Recipe
from genimg.errors import LatentError, RecipeError
from genimg.models import build_model, load_model, save_model

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(params=["editor", "gan"])
def any_editor(request: pytest.FixtureRequest) -> Editor:
    """The trained VAE, then the GAN."""
    found: Editor = request.getfixturevalue(request.param)
    return found


def same(a: Image.Image, b: Image.Image) -> bool:
    return a.mode == b.mode and np.array_equal(np.asarray(a), np.asarray(b))


# -- what a model offers


def test_what_a_gan_can_do(gan: Editor) -> None:
    assert gan.choices == {
        "fur": ("black fur", "white fur", "pink fur"),
        "hat": ("no hat", "red hat"),
    }
    assert gan.factors == {}, "nobody has described its w"
    assert not gan.can_encode
    assert gan.layers == 3
    assert list(gan.layer_groups) == ["coarse", "middle", "fine"]
    gan.choices.clear()
    assert gan.choices, "nobody can change them from outside"


def test_what_a_vae_can_do(editor: Editor, other: Editor) -> None:
    assert editor.choices == editor.factors != {}
    assert editor.can_encode
    assert (editor.layers, editor.layer_groups) == (1, {})
    assert other.choices == {}


def test_a_gan_without_an_encoder_says_so(gan: Editor) -> None:
    with pytest.raises(LatentError, match="only draws pictures: it has no encoder"):
        gan.encode(Image.new("RGB", (16, 16)))


def test_a_gan_with_an_encoder_takes_pictures(tmp_path: Path) -> None:

    from genimg.models.gan import GAN, preset_config

    torch.manual_seed(0)
    model = GAN(replace(preset_config("style", (3, 16, 16)), encoder_widths=(8, 8))).eval()
    save_model(tmp_path / "warm.safetensors", model, "gan", name="warm")
    warm = Editor.load(tmp_path / "warm.safetensors", "cpu")
    assert warm.can_encode
    latent = warm.encode(Image.new("RGB", (40, 30), "red"))
    assert warm.decode(latent)[0].size == (16, 16)


# -- seeds


def test_a_picture_of_a_grid_is_the_one_that_is_drawn_alone(any_editor: Editor) -> None:
    latents = any_editor.sample(64, seed=9)
    grid = any_editor.decode(*latents)
    for i in (0, 1, 31, 63):
        [latent] = any_editor.sample(1, seed=9 + i)
        assert latent == latents[i]
        assert same(any_editor.decode(latent)[0], grid[i])


def test_the_shipped_model_draws_the_same_bytes_alone_and_in_a_grid() -> None:
    cats = Editor.load(CHECKPOINTS / "cats-64-vae.safetensors", "cpu")
    latents = cats.sample(64, seed=1)
    alone = [cats.decode(*cats.sample(1, seed=1 + i))[0] for i in range(64)]
    assert all(map(same, cats.decode(*latents), alone))


def test_truncation_takes_a_gan_to_the_mean_of_its_labels(gan: Editor) -> None:
    labels = {"fur": "pink fur", "hat": "red hat"}
    middles = gan.sample(3, 0, 0.0, labels)
    for middle in middles[1:]:
        torch.testing.assert_close(middle.z, middles[0].z)
    assert len(set(gan.sample(3, 0, 1.0, labels))) == 3


# -- labels


def test_a_gan_draws_what_it_is_asked_for(gan: Editor, gan_path: Path) -> None:
    model, _, _ = load_model(gan_path)
    for fur in range(3):
        wanted = torch.tensor([[fur, -1]])
        expected = model.sample_prior(1, torch.Generator().manual_seed(7), 1.0, wanted)[0]
        [latent] = gan.sample(1, 7, labels={"fur": gan.choices["fur"][fur]})
        assert torch.equal(latent.z, expected)
    assert gan.sample(2, 7, labels={}) == gan.sample(2, 7)


def test_asking_for_what_was_drawn_anyway_changes_nothing(any_editor: Editor) -> None:
    """What is drawn does not depend on what is wanted: one of the values is the drawn one."""
    factor, values = next(iter(any_editor.choices.items()))
    for seed in range(5):
        [plain] = any_editor.sample(1, seed)
        asked = [any_editor.sample(1, seed, labels={factor: value})[0] for value in values]
        assert asked.count(plain) == 1
        assert len(set(asked)) == len(values)


def test_a_vae_shows_what_it_was_asked_for(labelled: Editor) -> None:
    wishes = {"fur": "pink", "hat": "red hat"}
    assert all(labelled.labels(latent) == wishes for latent in labelled.sample(20, labels=wishes))
    some = [labelled.labels(latent) for latent in labelled.sample(40, labels={"fur": "pink"})]
    assert {shown["fur"] for shown in some} == {"pink"}
    assert {shown["hat"] for shown in some} == {"none", "red hat"}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"furr": "pink fur"}, r"'furr' \(did you mean 'fur'\?\); it knows fur, hat"),
        ({"shoes": "red"}, r"asked for 'shoes'; it knows fur, hat"),
        (
            {"hat": "red het"},
            r"hat cannot be 'red het' \(did you mean 'red hat'.*choose no hat, red",
        ),
        ({"hat": "pink fur"}, "hat cannot be 'pink fur'"),
        ({"fur": ""}, "fur cannot be ''"),
    ],
    ids=str,
)
def test_unknown_labels_are_refused_with_near_ones(
    gan: Editor, labels: dict[str, str], message: str
) -> None:
    with pytest.raises(LatentError, match=message):
        gan.sample(1, labels=labels)
    with pytest.raises(LatentError, match=message):
        gan.vary(gan.sample()[0], labels=labels)


def test_a_model_without_labels_cannot_be_asked(other: Editor) -> None:
    with pytest.raises(LatentError, match="it knows no labels"):
        other.sample(labels={"fur": "pink"})


def test_a_wish_in_words(gan: Editor, other: Editor) -> None:
    wish = gan.understand("a pink cat, red hats and wings")
    assert dict(wish.labels) == {"fur": "pink fur", "hat": "red hat"}
    assert [doubt.words for doubt in wish.doubts] == ["wings"]
    gan.sample(labels=wish.labels)
    assert other.understand("pink").labels == {}


# -- more like this


@pytest.mark.parametrize("seed", [0, 5])
def test_the_ends_of_a_variation_are_exact(any_editor: Editor, seed: int) -> None:
    [latent] = any_editor.sample(1, seed=100)
    assert any_editor.vary(latent, 3, seed, 0.0) == [latent] * 3
    assert any_editor.vary(latent, 3, seed, 1.0) == any_editor.sample(3, seed)


def test_variation_i_depends_on_seed_plus_i_alone(any_editor: Editor) -> None:
    [latent] = any_editor.sample(1, seed=100)
    several = any_editor.vary(latent, 6, seed=20)
    assert len(set(several)) == 6
    assert [any_editor.vary(latent, 1, seed=20 + i)[0] for i in range(6)] == several
    torch.manual_seed(1)
    assert any_editor.vary(latent, 6, seed=20) == several


def test_more_strength_goes_further(any_editor: Editor) -> None:
    [latent] = any_editor.sample(1, seed=100)

    def distance(strength: float) -> float:
        varied = any_editor.vary(latent, 40, 0, strength)
        return float(torch.stack([v.z - latent.z for v in varied]).norm(dim=1).mean())

    ways = [distance(strength) for strength in (0.0, 0.1, 0.3, 0.6, 1.0)]
    assert all(a < b for a, b in pairwise(ways))


def test_where_labels_can_be_exchanged_each_is_taken_whole(labelled: Editor) -> None:
    """Of F factors a strength of k / F exchanges k, and those that it exchanges stay exchanged."""
    editor = labelled
    [latent] = editor.sample(1, seed=100)
    shown = editor.labels(latent)
    count = len(shown)
    for seed in range(10):
        drawn = editor.labels(editor.sample(1, seed)[0])
        before: set[str] = set()
        for k in range(1, count):
            seen = editor.labels(editor.vary(latent, 1, seed, k / count)[0])
            changed = {factor for factor in seen if seen[factor] != shown[factor]}
            assert all(seen[factor] in (shown[factor], drawn[factor]) for factor in seen)
            assert len(changed) <= k
            assert before <= changed
            before = changed


def test_a_variation_of_a_mix_keeps_its_layers(gan: Editor) -> None:
    mixed = gan.mix(*gan.sample(2))
    [varied] = gan.vary(mixed, 1, 3, 0.5)
    assert varied.layers == gan.layers
    assert gan.vary(mixed, 1, 3, 0.0) == [mixed]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strength": -0.1}, "a strength is from 0 to 1"),
        ({"strength": 1.1}, "a strength is from 0 to 1"),
        ({"strength": float("nan")}, "a strength is from 0 to 1"),
        ({"n": 0}, "1 to 1024"),
        ({"seed": -1}, "a seed is a whole number"),
        ({"seed": 1.5}, "whole numbers, not 1.5"),
    ],
    ids=str,
)
def test_what_cannot_be_varied(
    any_editor: Editor, arguments: dict[str, float], message: str
) -> None:
    with pytest.raises(LatentError, match=message):
        any_editor.vary(any_editor.sample()[0], **arguments)  # type: ignore[arg-type]


def test_another_models_latent_is_not_varied(editor: Editor, gan: Editor) -> None:
    with pytest.raises(LatentError, match=gan.model_id):
        editor.vary(gan.sample()[0])


# -- style mix


def test_a_mix_takes_shape_from_one_and_colour_from_the_other(gan: Editor) -> None:
    a, b = gan.sample(2)
    for cut, start in (("middle", 1), ("fine", 2), (1, 1), (2, 2)):
        mixed = gan.mix(a, b, cut)
        assert torch.equal(mixed.z, torch.stack([*[a.z] * start, *[b.z] * (3 - start)]))
        assert not same(gan.decode(mixed)[0], gan.decode(a)[0])
        assert not same(gan.decode(mixed)[0], gan.decode(b)[0])
    assert gan.mix(a, b) == gan.mix(a, b, "middle")
    assert same(gan.decode(gan.mix(a, a))[0], gan.decode(a)[0])


def test_a_mix_takes_labels_where_they_can_be_exchanged(editor: Editor) -> None:
    a, b = editor.sample(2, seed=3)
    taken, *left = editor.mixable
    assert editor.mixable == tuple(editor.factors)
    mixed = editor.mix(a, b, [taken])
    shown = editor.labels(mixed)
    assert shown[taken] == editor.labels(b)[taken]
    assert all(shown[name] == editor.labels(a)[name] for name in left)
    assert editor.mix(a, b, []) == a
    half = editor.mixable[: -(-len(editor.mixable) // 2)]
    assert editor.mix(a, b) == editor.mix(a, b, half)


def test_layers_that_hardly_change_anything_are_not_offered(gan: Editor) -> None:
    assert gan.mixable == ("middle", "fine")
    told = replace(gan.header, metrics={"layer_effect": {"middle": 0.4, "fine": 0.02}})
    assert Editor(gan.model.network, told).mixable == ("middle",)
    odd = replace(gan.header, metrics={"layer_effect": {"middle": "much", "fine": None}})
    assert Editor(gan.model.network, odd).mixable == ()


def test_a_mix_can_be_decoded_beside_others_moved_walked_and_saved(gan: Editor) -> None:
    a, b = gan.sample(2)
    mixed = gan.mix(a, b)
    pictures = gan.decode(a, mixed, b)
    assert [same(gan.decode(x)[0], p) for x, p in zip((a, mixed, b), pictures, strict=True)]
    amounts = {"component 1": 2.0}
    recipe = gan.open_picture(gan.save_picture(Recipe.of(mixed, amounts, origin="style mix")))
    assert (recipe.latent, recipe.amounts) == (mixed, amounts)
    assert same(gan.decode(gan.edited(recipe))[0], gan.decode(gan.move(mixed, amounts))[0])
    path = gan.interpolate(mixed, a, 4)
    assert (path[0], path[-1]) == (mixed, a)
    assert gan.labels(mixed) == {}


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (0, "from 1 to 2, not 0"),
        (3, "from 1 to 2, not 3"),
        ("coarse", "cannot take 'coarse' .* it can 'middle' or 'fine'"),
        ("", "it can 'middle' or 'fine'"),
        (["middle", "fine"], "cannot take 'middle'"),
        (1.5, "whole numbers"),
    ],
)
def test_what_cannot_be_mixed(gan: Editor, cut: int | str | list[str], message: str) -> None:
    a, b = gan.sample(2)
    with pytest.raises(LatentError, match=message):
        gan.mix(a, b, cut)


def test_a_model_of_one_layer_mixes_nothing(editor: Editor, gan: Editor) -> None:
    a, b = editor.sample(2)
    with pytest.raises(LatentError, match="a single layer"):
        editor.mix(a, b, 1)
    with pytest.raises(LatentError, match="cannot take 'fine'"):
        editor.mix(a, b, "fine")
    with pytest.raises(LatentError, match=gan.model_id):
        editor.mix(a, gan.sample()[0])


def test_a_latent_of_other_layers_is_refused(editor: Editor, gan: Editor) -> None:
    numbers = editor.sample()[0].z
    layered = Latent(torch.stack([numbers, numbers]), editor.model_id)
    with pytest.raises(LatentError, match="for 2 layers of a network, this model has 1"):
        editor.decode(layered)
    foreign = Latent(torch.zeros(2, len(gan.sample()[0].z)), gan.model_id)
    uses = [gan.decode, gan.labels, gan.vary, lambda latent: gan.save_picture(Recipe(latent))]
    for use in uses:
        with pytest.raises(LatentError, match="for 2 layers of a network, this model has 3"):
            use(foreign)
    text = gan.save_picture(Recipe(gan.mix(*gan.sample(2))))
    assert gan.open_picture(text).latent.layers == 3
    with pytest.raises(RecipeError, match="choose that model first"):
        editor.open_picture(text)


def test_a_classifier_is_refused_in_plain_words(tmp_path: Path) -> None:
    from genimg.errors import CheckpointError

    path = tmp_path / "judge.safetensors"
    model = build_model("classifier", (3, 16, 16), label_sizes=(3,), seed=0)
    save_model(path, model, "classifier", name="judge")
    with pytest.raises(CheckpointError, match="draws none; choose a vae or a gan"):
        Editor.load(path, "cpu")
