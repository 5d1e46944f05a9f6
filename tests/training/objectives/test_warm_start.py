"""A GAN that starts from a trained model: its first pictures are those of that model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genimg.data import Dataset, Factor
from genimg.errors import CheckpointError, ConfigError
from genimg.images import array_to_pixels
from genimg.models import build_model, load_any_model
from genimg.models.gan import GAN
from genimg.models.vae import VAE
from genimg.training import TrainOptions
from genimg.training.loop.step import take_step
from genimg.training.objectives.gan import GANObjective
from genimg.training.pictures.batches import Batches, make_batch
from genimg.training.planning.compute import Compute

LATE = 10**6


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def wanted(init_from: Path | None, **changes: object) -> TrainOptions:
    settings = {"family": "gan", "init_from": init_from, "augment": "off", **changes}
    return TrainOptions(**settings)  # type: ignore[arg-type]


def started(data: Dataset, earlier: Path, **changes: object) -> GAN:
    model = GANObjective.start(wanted(earlier, **changes), data, load_any_model(earlier)[0])
    assert isinstance(model, GAN)
    return model


@pytest.fixture(scope="module")
def few(cats: Dataset) -> Dataset:
    """The cats with three of their factors: enough to ask for, quick to fit."""
    assert cats.labels is not None
    names = [factor.name for factor in cats.factors]
    keep = [i for i in range(len(names)) if not cats.factors[i].hidden_by][:3]
    factors = tuple(cats.factors[i] for i in keep)
    return replace(cats, factors=factors, labels=np.ascontiguousarray(cats.labels[:, keep]))


@pytest.fixture(scope="module")
def vae(tiny_checkpoint: Path) -> VAE:
    model = load_any_model(tiny_checkpoint)[0]
    assert isinstance(model, VAE)
    return model


@pytest.fixture(scope="module")
def warm(few: Dataset, tiny_checkpoint: Path) -> GAN:
    return started(few, tiny_checkpoint)


@pytest.fixture(scope="module")
def codes(few: Dataset, vae: VAE) -> Tensor:
    """The VAE's codes of all training pictures."""
    with torch.no_grad():
        return vae.encode(array_to_pixels(few.split("train").images.copy())).mode()


# -- from a VAE


@torch.no_grad()
def test_it_decodes_and_encodes_as_the_vae_to_the_last_bit(
    warm: GAN, vae: VAE, few: Dataset
) -> None:
    z = torch.randn(9, vae.config.latent_dim, generator=seeded())
    assert torch.equal(warm.decode(z), vae.decode(z))
    rows = z[:, None].repeat(1, warm.layers, 1)
    assert warm.layers > 1
    assert torch.equal(warm.decode(rows), vae.decode(z))
    pixels = array_to_pixels(few.split("test").images[:9].copy())
    assert warm.has_encoder
    assert torch.equal(warm.encode(pixels).mean, vae.encode(pixels).mean)
    assert torch.equal(warm.encode(pixels).logvar, vae.encode(pixels).logvar)


@torch.no_grad()
def test_its_samples_lie_where_the_codes_lie(warm: GAN, codes: Tensor) -> None:
    drawn = warm.sample_prior(4000, seeded())
    deviations = codes.std(dim=0)
    shift = (drawn.mean(dim=0) - codes.mean(dim=0)).abs() / deviations
    assert float(shift.max()) < 0.15
    assert float((drawn.std(dim=0) / deviations).min()) > 0.8
    assert float((drawn.std(dim=0) / deviations).max()) < 1.25
    correlations = torch.corrcoef(drawn.T) - torch.corrcoef(codes.T)
    assert float(correlations.abs().max()) < 0.25


@torch.no_grad()
def test_a_label_asked_for_moves_samples_as_it_moves_codes(
    warm: GAN, codes: Tensor, few: Dataset
) -> None:
    """By what least squares finds that the value adds to a code."""
    assert warm.label_sizes == tuple(len(factor.values) for factor in few.factors)
    labels = few.split("train").labels
    assert labels is not None
    known = torch.cat(
        [
            torch.nn.functional.one_hot(torch.from_numpy(labels[:, column]), size).float()
            for column, size in enumerate(warm.label_sizes)
        ],
        dim=1,
    )
    fitted = torch.linalg.lstsq(known, codes - codes.mean(dim=0), driver="gelsd").solution
    for column, parts in enumerate(torch.split(fitted, list(warm.label_sizes))):
        means = []
        for value in range(len(parts)):
            asked = torch.full((50, len(few.factors)), -1)
            asked[:, column] = value
            means.append(warm.sample_prior(50, seeded(), labels=asked).mean(dim=0))
        drawn = torch.stack(means)
        differences = [(rows - rows.mean(dim=0)).flatten() for rows in (drawn, parts)]
        likeness = torch.nn.functional.cosine_similarity(*differences, dim=0)
        assert float(likeness) > 0.95, few.factors[column].name


@torch.no_grad()
def test_labels_are_drawn_as_often_as_they_occur(warm: GAN, few: Dataset) -> None:
    labels = few.split("train").labels
    assert labels is not None
    for column, shares in enumerate(torch.split(warm.frequencies, list(warm.label_sizes))):
        counts = np.bincount(labels[:, column], minlength=len(shares))
        assert shares.tolist() == pytest.approx((counts / counts.sum()).tolist(), abs=1e-6)


@torch.no_grad()
def test_plain_is_the_vae_without_mapping_and_scales(
    few: Dataset, tiny_checkpoint: Path, vae: VAE
) -> None:
    plain = started(few, tiny_checkpoint, preset="plain")
    assert (plain.config.style, plain.config.mapping, plain.layers) == (False, "none", 1)
    z = torch.randn(3, vae.config.latent_dim, generator=seeded())
    assert torch.equal(plain.decode(z), vae.decode(z))


def test_pictures_without_labels_start_too(few: Dataset, tiny_checkpoint: Path) -> None:
    bare = replace(few, labels=None, factors=())
    model = started(bare, tiny_checkpoint)
    assert model.label_sizes == ()
    assert model.sample_prior(4, seeded()).shape == (4, *model.latent_shape)


def test_the_seed_decides_what_is_new_and_the_global_state_stays(
    few: Dataset, tiny_checkpoint: Path, warm: GAN
) -> None:
    earlier = load_any_model(tiny_checkpoint)[0]
    state = torch.get_rng_state()
    again, other = (
        GANObjective.start(wanted(tiny_checkpoint, seed=seed), few, earlier) for seed in (0, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
    first = warm.state_dict()
    assert all(torch.equal(first[name], tensor) for name, tensor in again.state_dict().items())
    different = {k for k, v in other.state_dict().items() if not torch.equal(first[k], v)}
    assert different
    assert all(name.startswith("mapping.") for name in different)


# -- learning goes on


def test_the_encoder_stays_and_the_generator_waits_for_its_critic(
    few: Dataset, tiny_checkpoint: Path
) -> None:
    model = started(few, tiny_checkpoint)
    objective = GANObjective(model, wanted(tiny_checkpoint), Compute())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def changed() -> set[str]:
        now = model.state_dict()
        return {name.split(".")[0] for name in now if not torch.equal(now[name], before[name])}

    batches, rng = Batches(few, 8, 0), seeded()
    objective.schedule(0.0, 0)
    terms = take_step(objective, batches.next(rng), rng)
    assert "generator_loss" not in terms
    assert changed() == set()
    for _ in range(2):
        objective.schedule(0.2, LATE)
        terms = take_step(objective, batches.next(rng), rng)
    assert changed() == {"synthesis", "mapping", "embedding"}
    assert model.encoder is not None
    assert all(parameter.grad is None for parameter in model.encoder.parameters())


def test_the_anchor_is_the_error_of_pictures_brought_there_and_back(
    few: Dataset, tiny_checkpoint: Path, vae: VAE
) -> None:
    """Of pictures from everywhere in the batch, whose rows come in order."""
    objective = GANObjective(started(few, tiny_checkpoint), wanted(tiny_checkpoint), Compute())
    objective.schedule(0.2, LATE)
    split = few.split("train")
    batch = make_batch(split.images[:16], None if split.labels is None else split.labels[:16])
    with torch.no_grad():
        error = (vae.decode(vae.encode(batch.pixels).mode()) - batch.pixels).square()
    terms = take_step(objective, batch, seeded())
    each = error.mean(dim=(1, 2, 3))
    assert float(terms["anchor"]) == pytest.approx(float(each[::4].mean()), rel=1e-4)


@torch.no_grad()
def test_validation_also_says_how_well_uploads_come_back(warm: GAN, few: Dataset, vae: VAE) -> None:
    objective = GANObjective(warm, wanted(Path("vae")), Compute())
    objective.prepare(few)
    split = few.split("validation")
    batch = make_batch(split.images[:32], None if split.labels is None else split.labels[:32])
    scores = objective.validate(warm.eval(), batch)
    error = (vae.decode(vae.encode(batch.pixels).mode()) - batch.pixels).square()
    psnr = (10 * torch.log10(4 / error.mean(dim=(1, 2, 3)))).mean()
    assert scores["psnr"] == pytest.approx(float(psnr), abs=0.3)
    assert scores["diversity"] > 0.4, "its first samples are a trained model's"


# -- from a GAN


def trained(preset: str | None, data: Dataset, **changes: object) -> GAN:
    """A GAN with weights as if it had learned."""
    sizes = tuple(len(factor.values) for factor in data.factors)
    model = build_model("gan", data.image_shape, preset, seed=7, label_sizes=sizes)
    assert isinstance(model, GAN)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=seeded(2)))
    return model


@torch.no_grad()
@pytest.mark.parametrize("preset", ["style", "plain", "conv-gan"])
def test_a_gan_goes_on_with_its_own_weights(preset: str, few: Dataset) -> None:
    earlier = trained(preset, few)
    model = GANObjective.start(wanted(Path("gan"), preset=preset), few, earlier)
    assert isinstance(model, GAN)
    w = earlier.sample_prior(5, seeded())
    assert torch.equal(model.eval().decode(w), earlier.eval().decode(w))
    assert torch.equal(model.embedding, earlier.embedding)


@torch.no_grad()
def test_a_warm_started_gan_can_be_fine_tuned(warm: GAN, few: Dataset) -> None:
    """Its mapping, source and encoder are of no preset, and all of them are kept."""
    model = GANObjective.start(wanted(Path("gan")), few, warm)
    kept = warm.state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, kept[name]), name


@torch.no_grad()
@pytest.mark.parametrize("preset", ["style", "plain"])
def test_other_labels_start_where_the_earlier_pictures_lie(preset: str, few: Dataset) -> None:
    earlier = trained(preset, few)
    labels = np.arange(len(few))[:, None] % 2
    other = replace(few, factors=(Factor("folder", ("a", "b")),), labels=labels.astype(np.int64))
    model = GANObjective.start(wanted(Path("gan")), other, earlier)
    assert isinstance(model, GAN)
    assert model.label_sizes == (2,)
    assert model.frequencies.tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    assert torch.equal(model.embedding[0], model.embedding[1])
    z = torch.randn(4000, 16, generator=seeded())
    before = earlier.sample_prior(4000, seeded(1)).mean(dim=0)
    after = model.map(z, torch.zeros(4000, 1, dtype=torch.int64)).mean(dim=0)
    torch.testing.assert_close(after, before, rtol=0, atol=0.15)


def test_fine_tuning_has_the_rates_of_what_is_trained_already(few: Dataset) -> None:
    model = trained("style", few)
    fresh = GANObjective(model, wanted(None), Compute()).options
    tuned = GANObjective(model, wanted(Path("gan")), Compute()).options
    assert tuned.generator_rate < 0.2 * fresh.generator_rate
    assert tuned.critic_first > 0 == fresh.critic_first
    assert tuned.anchor == 0.0, "there is no encoder"


# -- refused


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"latent_dim": 7}, CheckpointError, "has 16 latent dimensions; leave out --latent-dim"),
        ({"preset": "dcgan"}, ConfigError, "dcgan cannot start from a VAE; choose style or plain"),
    ],
    ids=str,
)
def test_options_that_a_vae_cannot_serve_are_refused(
    changes: dict[str, object],
    error: type[Exception],
    message: str,
    few: Dataset,
    tiny_checkpoint: Path,
) -> None:
    with pytest.raises(error, match=message):
        started(few, tiny_checkpoint, **changes)
    started(few, tiny_checkpoint, latent_dim=16)


@pytest.mark.parametrize(
    ("family", "preset", "shape", "message"),
    [
        ("vae", "residual", (3, 28, 28), r"for pictures of \(3, 28, 28\).*choose the same --size"),
        ("vae", "plain", (3, 16, 16), "needs a VAE of the preset residual"),
        ("vae", "dense", (3, 16, 16), "needs a VAE of the preset residual"),
        ("gan", "style", (3, 28, 28), r"for pictures of \(3, 28, 28\).*choose the same --size"),
        ("classifier", "residual", (3, 16, 16), "another architecture"),
    ],
)
def test_models_that_cannot_become_this_gan_are_refused(
    family: str, preset: str, shape: tuple[int, int, int], message: str, few: Dataset
) -> None:
    earlier = build_model(family, shape, preset, seed=0, label_sizes=(3,))
    with pytest.raises(CheckpointError, match=message):
        GANObjective.start(wanted(Path("earlier")), few, earlier)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "plain"}, "is no plain; leave out --preset"),
        ({"preset": "dcgan"}, "is no dcgan; leave out --preset"),
        ({"latent_dim": 7}, "has 16 latent dimensions; leave out --latent-dim"),
    ],
    ids=str,
)
def test_a_gan_of_another_kind_is_refused(
    changes: dict[str, object], message: str, few: Dataset
) -> None:
    with pytest.raises(CheckpointError, match=message):
        GANObjective.start(wanted(Path("gan"), **changes), few, trained("style", few))
