"""How are points drawn: from a seed, with the labels that are wanted, or near another point?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from genimg.config import as_whole
from genimg.editor.library import Factors
from genimg.errors import LatentError
from genimg.latents import Labels, Latent, between, suggest
from genimg.models import LatentModel

MAX_SAMPLES = 1024
MAX_SEED = 2**32 - 1
MAX_TEMPERATURE = 10.0
VISIBLE_EFFECT = 0.1


def draw(
    model: LatentModel, seed: int, temperature: float = 1.0, wanted: Tensor | None = None
) -> tuple[Tensor, torch.Generator]:
    """The latent `[d]` that belongs to a seed, and the generator that has drawn it.

    `wanted` are labels as `wanted_labels` gives them. Noise is drawn on the CPU, one picture at a
    time: so it is the same on every machine, and for any number of pictures.
    """
    rng = torch.Generator().manual_seed(seed)
    return model.sample_prior(1, rng, temperature, wanted)[0], rng


def vary(
    latent: Latent,
    model: LatentModel,
    labels: Labels,
    seed: int,
    strength: float,
    wanted: Tensor | None = None,
) -> Latent:
    """A latent `strength` (0 to 1) of the way to the draw that belongs to a seed.

    Each factor of the labels has a threshold of its own, and they are spread evenly over 0 to 1: of
    five factors, a strength of 0.4 exchanges two, and more strength never takes an exchange back.
    The details of a photograph fade on the way: a fresh draw has none.
    """
    z, rng = draw(model, seed, 1.0, wanted)
    count = len(labels.factors)
    if strength in (0.0, 1.0) or not count:
        return between(latent, Latent(z, latent.model_id), strength)
    places = torch.randperm(count, generator=rng) + torch.rand(count, generator=rng)
    exchanged = [
        factor
        for factor, place in zip(labels.factors, places.tolist(), strict=True)
        if place < strength * count
    ]
    toward = labels.toward(latent.z, z, strength, exchanged)
    return latent.at(toward).showing(1.0 - strength)


def wanted_labels(choices: Factors, labels: Mapping[str, str]) -> Tensor | None:
    """{factor: value} as the numbers that `LatentModel.sample_prior` takes, `[1, F]`.

    Raises:
        LatentError: an unknown factor or value.
    """
    for factor, value in labels.items():
        if factor not in choices:
            known = ", ".join(choices) or "no labels"
            raise LatentError(
                f"this model cannot be asked for {factor!r}{_or_near(factor, choices)}; "
                f"it knows {known}"
            )
        values = choices[factor]
        if value not in values:
            raise LatentError(
                f"{factor} cannot be {value!r}{_or_near(value, values)}; choose {', '.join(values)}"
            )
    if not labels:
        return None
    row = [values.index(labels[f]) if f in labels else -1 for f, values in choices.items()]
    return torch.tensor([row])


def checked_draw(n: int, seed: int) -> tuple[int, int]:
    """A number of pictures and a seed; what is out of range is refused."""
    n, seed = checked_whole(n), checked_whole(seed)
    if not 1 <= n <= MAX_SAMPLES:
        raise LatentError(f"draw 1 to {MAX_SAMPLES} pictures at once, not {n}")
    if not 0 <= seed <= MAX_SEED:
        raise LatentError(f"a seed is a whole number from 0 to {MAX_SEED}, not {seed}")
    return n, seed


def checked_whole(number: object) -> int:
    """A whole number, also one of numpy's, as a plain one; anything else is refused."""
    whole = as_whole(number)
    if whole is None:
        raise LatentError(f"counts and seeds are whole numbers, not {number!r}")
    return whole


def _or_near(word: str, known: Iterable[str]) -> str:
    near = " or ".join(repr(name) for name in suggest(word, known))
    return f" (did you mean {near}?)" if near else ""


def mixable_layers(groups: Mapping[str, range], effect: object) -> tuple[str, ...]:
    """The groups of finer layers that can be seen when another picture gives them.

    Args:
        groups: {group: its layers}.
        effect: {group: how much of the change to another picture its layers and all finer ones
            make, 0 to 1}, from the model's file; a group of which nothing is known counts as one
            that can be seen.
    """
    known = effect if isinstance(effect, Mapping) else {}
    carried = {name: known.get(name, 1.0) for name, part in groups.items() if part.start}
    return tuple(
        name
        for name, share in carried.items()
        if isinstance(share, (int, float)) and share >= VISIBLE_EFFECT
    )


def check_mixable(names: Sequence[str], labels: Iterable[str], layers: Iterable[str]) -> None:
    """Refuse what a model cannot take from another picture: some labels, or one group of layers.

    Raises:
        LatentError: naming what it can.
    """
    known, groups = list(labels), list(layers)
    for name in names:
        if name not in known:
            can = [", ".join(map(repr, known)), " or ".join(map(repr, groups))]
            said = "; or ".join(part for part in can if part) or "nothing"
            raise LatentError(
                f"a mix of this model cannot take {name!r} from the other picture; it can {said}"
            )
