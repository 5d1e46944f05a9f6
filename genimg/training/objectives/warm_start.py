"""How a GAN starts from a trained VAE: its decoder generates, its codes are the source.

The first samples are those of the VAE's prior, so the critic has only to sharpen them and to mend
the prior; and VAE and GAN share one latent space, so an upload can be edited in either.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from genimg.data import Dataset, Split
from genimg.errors import CheckpointError, ConfigError
from genimg.evaluation.coding import encode_all
from genimg.latents import Evidence, fit_prior
from genimg.models import LatentModel, Prior, textbook
from genimg.models.gan import GAN, preset_config
from genimg.models.vae import VAE
from genimg.training.options import TrainOptions

CODED_PICTURES = 20_000
HELD_OUT_PICTURES = 2_000
OF_ONE_VALUE = (1, 4, 8)
"""Candidates for the number of components of one value's mixture."""


@torch.no_grad()
def from_vae(options: TrainOptions, dataset: Dataset, earlier: LatentModel) -> GAN:
    """A generator whose samples are those of the VAE `earlier`, behind an identity mapping.

    The mixture that draws come from is fitted to the VAE's codes, less what their labels add; the
    labels' embeddings are those offsets. The encoder rides along, frozen.

    Raises:
        CheckpointError: the VAE has another network or shape than the generator needs.
    """
    shape = dataset.image_shape
    if not isinstance(earlier, VAE) or earlier.config.architecture != "residual":
        raise CheckpointError(
            f"{options.init_from} cannot start a GAN: that needs a VAE of the preset residual"
        )
    if earlier.image_shape != shape:
        raise CheckpointError(
            f"{options.init_from} is for pictures of {earlier.image_shape}, these are {shape}; "
            "choose the same --size"
        )
    if options.latent_dim not in (None, earlier.config.latent_dim):
        raise CheckpointError(
            f"{options.init_from} has {earlier.config.latent_dim} latent dimensions; leave out "
            "--latent-dim"
        )
    preset = options.preset or "style"
    if preset not in ("style", "plain"):
        raise ConfigError(f"the preset {preset} cannot start from a VAE; choose style or plain")
    evidence = _codes(dataset, earlier)
    by_value = len(evidence.factors) == 1 and _is_complete(evidence)
    prior, shares = _mixture_by_value(evidence) if by_value else (_prior(evidence), None)
    config = replace(
        preset_config(preset, shape, earlier.config.latent_dim),
        widths=earlier.config.widths,
        blocks=earlier.config.blocks,
        mapping="residual" if preset == "style" else "none",
        label_sizes=tuple(prior.sizes.tolist()),
        source_components=len(prior.weights),
        source_by_value=by_value,
        encoder_widths=earlier.config.widths,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        model = GAN(config).eval()
    assert model.encoder is not None
    model.encoder.load_state_dict(earlier.encoder.state_dict())
    own = model.synthesis.state_dict()
    model.synthesis.load_state_dict(own | earlier.decoder.state_dict())
    for name in ("weights", "means", "factors"):
        getattr(model.source, name).copy_(getattr(prior, name))
    model.embedding.copy_(prior.offsets)
    if shares is not None:
        model.shares.copy_(shares)
    return model


def _prior(evidence: Evidence) -> Prior:
    """One offset for each value of each factor, and a mixture for the rest."""
    return fit_prior(evidence, enough_explained=-math.inf)


def _mixture_by_value(evidence: Evidence) -> tuple[Prior, Tensor]:
    """A mixture for each value of the only factor, as a bag is no dress plus an offset.

    Gives all as one mixture of K components, and the weights of these for each value, `[V, K]`.
    """
    assert evidence.labels is not None and evidence.held_out_labels is not None
    count = len(evidence.factors[0][1])
    parts = []
    for value in range(count):
        has = evidence.labels[:, 0] == value
        codes = evidence.codes[has] if has.sum() > 1 else evidence.codes
        held_out = evidence.held_out[evidence.held_out_labels[:, 0] == value]
        plain = replace(
            evidence, codes=codes, held_out=held_out, factors=(), labels=None, held_out_labels=None
        )
        parts.append(fit_prior(plain, candidates=OF_ONE_VALUE))
    shares = torch.zeros(count, sum(len(part.weights) for part in parts))  # (V, K)
    start = 0
    for value, part in enumerate(parts):
        shares[value, start : start + len(part.weights)] = part.weights
        start += len(part.weights)
    together = Prior(
        shares.mean(dim=0),
        torch.cat([part.means for part in parts]),
        torch.cat([part.cholesky for part in parts]),
        torch.zeros(count, evidence.codes.shape[1]),
        torch.full((count,), 1.0 / count),
        torch.tensor([count]),
    )
    return together, shares


def _is_complete(evidence: Evidence) -> bool:
    """Whether every picture has its labels."""
    known = (evidence.labels, evidence.held_out_labels)
    return all(labels is not None and bool((labels >= 0).all()) for labels in known)


def from_gan(options: TrainOptions, dataset: Dataset, earlier: GAN) -> GAN:
    """The generator `earlier`, for pictures that may have other labels.

    Where they have, each new value starts where the earlier one's pictures lie on average.

    Raises:
        CheckpointError: it has another network, shape or size of latents than was asked for.
    """
    if earlier.image_shape != dataset.image_shape:
        raise CheckpointError(
            f"{options.init_from} is for pictures of {earlier.image_shape}, these are "
            f"{dataset.image_shape}; choose the same --size"
        )
    config = earlier.config
    if options.preset is not None:
        asked = preset_config(options.preset, dataset.image_shape)
        if (asked.architecture, asked.style) != (config.architecture, config.style):
            raise CheckpointError(f"{options.init_from} is no {options.preset}; leave out --preset")
    if options.latent_dim not in (None, config.latent_dim):
        raise CheckpointError(
            f"{options.init_from} has {config.latent_dim} latent dimensions; leave out --latent-dim"
        )
    sizes = tuple(len(factor.values) for factor in dataset.factors)
    if config.architecture in textbook.GANS:
        sizes = ()
    model = GAN(replace(config, label_sizes=sizes)).eval()
    skipped = ("prior.",) if sizes == config.label_sizes else ("prior.", "embedding", "frequencies")
    kept = {k: v for k, v in earlier.state_dict().items() if not k.startswith(skipped)}
    model.load_state_dict(model.state_dict() | kept)
    if sizes != config.label_sizes:
        mean = (earlier.frequencies.unsqueeze(1) * earlier.embedding.detach()).sum(dim=0)
        model.embedding.data.copy_(mean / max(1, len(sizes)))
    return model


def _codes(dataset: Dataset, vae: VAE) -> Evidence:
    """The codes of training and held-out pictures with their labels.

    Pictures of which a label is not known are left out, unless that leaves none.
    """
    train = _labelled(dataset.split("train"))
    held_out = train
    if "validation" in dataset.splits:
        held_out = _labelled(dataset.split("validation"))
    if len(held_out) < 2:
        held_out = train
    rows = np.linspace(0, len(train) - 1, min(len(train), CODED_PICTURES)).astype(np.int64)
    return Evidence(
        model_id="",
        codes=encode_all(vae, train.images[rows]).mode().double().numpy(),
        held_out=encode_all(vae, held_out.images[:HELD_OUT_PICTURES]).mode().double().numpy(),
        kl=None,
        survival=None,
        factors=[(factor.name, factor.values) for factor in dataset.factors],
        labels=None if train.labels is None else train.labels[rows],
        held_out_labels=None if held_out.labels is None else held_out.labels[:HELD_OUT_PICTURES],
    )


def _labelled(split: Split) -> Split:
    if split.labels is None:
        return split
    known = (split.labels >= 0).all(axis=1)
    if known.all() or known.sum() < 2:
        return split
    return Split(split.images[known], split.labels[known])


def set_frequencies(model: GAN, dataset: Dataset) -> None:
    """Write into the model how often each label value occurs among the training pictures."""
    labels = dataset.split("train").labels
    if labels is None or not model.label_sizes:
        return
    shares = []
    for column, size in enumerate(model.label_sizes):
        known = torch.from_numpy(labels[:, column].copy())
        counts = torch.bincount(known[known >= 0], minlength=size).double() + 1e-9
        shares.append(counts / counts.sum())
    model.frequencies.copy_(torch.cat(shares).float())
