"""How are points got and moved: drawn, varied, mixed, pushed along directions, or on a path?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from genimg.editor.draws import (
    MAX_TEMPERATURE,
    check_mixable,
    checked_draw,
    checked_whole,
    draw,
    mixable_layers,
    vary,
    wanted_labels,
)
from genimg.editor.model import LoadedModel
from genimg.errors import LatentError
from genimg.latents import Latent, Wish, between, layer_groups, mix, move, understand


class Moving:
    """The ways to get latents of a model: drawn, varied, mixed, moved, or between two others."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

    def sample(
        self,
        n: int = 1,
        seed: int = 0,
        temperature: float = 1.0,
        labels: Mapping[str, str] | None = None,
    ) -> list[Latent]:
        """`n` latents drawn from the model's prior.

        Latent i depends on `seed + i` alone, so every picture of a grid can be drawn again by
        itself, and the same seed is the same picture whatever `n` is. Noise is drawn on the CPU.

        Args:
            temperature: spread around the commonest pictures; below 1 is safer, above 1 is wilder.
                For a GAN this is known as truncation.
            labels: {factor: value} that the pictures shall show, see `choices`; other factors are
                drawn. The same seed with other labels is a like picture with those labels.

        Raises:
            LatentError: a number out of range, or an unknown factor or value.
        """
        n, seed = checked_draw(n, seed)
        if not 0.0 <= temperature <= MAX_TEMPERATURE:
            raise LatentError(f"a temperature is from 0 to {MAX_TEMPERATURE:g}, not {temperature}")
        wanted = wanted_labels(self._model.choices, labels or {})
        drawn = [draw(self._model.network, seed + i, temperature, wanted)[0] for i in range(n)]
        return [self._model.latent(z) for z in drawn]

    def understand(self, text: str) -> Wish:
        """What a text such as "blue cat, glasses" asks `sample` for, and what is not understood.

        Never fails: any text will do.
        """
        data = self._model.header.data
        about = f"{data.get('name', '')} {data.get('title', '')}"
        return understand(text, self._model.choices, about, self._model.scales)

    def vary(
        self,
        latent: Latent,
        n: int = 1,
        seed: int = 0,
        strength: float = 0.4,
        labels: Mapping[str, str] | None = None,
    ) -> list[Latent]:
        """`n` latents like this one; variation i depends on `seed + i` alone.

        Each goes part of the way to a fresh draw. Where labels can be exchanged, a part of the way
        is some of the labels, each whole, and not half a hat.

        Args:
            strength: 0 is the latent itself, 1 a fresh draw.
            labels: {factor: value} that the draws shall show, see `choices`.

        Raises:
            LatentError: a number out of range, an unknown label, or a latent of another model.
        """
        self._model.require(latent)
        n, seed = checked_draw(n, seed)
        if not 0.0 <= strength <= 1.0:
            raise LatentError(f"a strength is from 0 to 1, not {strength}")
        wanted = wanted_labels(self._model.choices, labels or {})
        network, known = self._model.network, self._model.labels
        return [vary(latent, network, known, seed + i, strength, wanted) for i in range(n)]

    @property
    def mixable(self) -> tuple[str, ...]:
        """What `mix` can take from another picture so that it shows, see `Editor.mixable`."""
        groups = layer_groups(self._model.network.layers)
        effect = self._model.header.metrics.get("layer_effect")
        return tuple(self._model.labels.factors) or mixable_layers(groups, effect)

    def mix(
        self, base: Latent, other: Latent, take: int | str | Collection[str] | None = None
    ) -> Latent:
        """One latent with something of another: some of its labels, or its finer layers.

        Args:
            take: labels, such as ["fur colour"]; or where the layers of `other` begin: a layer, 1
                to `layers - 1`, or "middle" or "fine" (a style mix, Karras et al. 2019). By
                default the first half of `mixable`, or all layers but the coarsest.

        Raises:
            LatentError: nothing that this model can take, or a latent of another model.
        """
        self._model.require(base)
        self._model.require(other)
        factors = self._model.labels.factors
        if take is None:
            take = self.mixable[: -(-len(self.mixable) // 2)] if factors else ["middle"]
        if isinstance(take, (str, Collection)):
            names = [take] if isinstance(take, str) else list(take)
            groups = layer_groups(self._model.network.layers)
            starts = {name: part.start for name, part in groups.items() if part.start}
            if len(names) != 1 or names[0] not in starts:
                check_mixable(names, factors, starts)
                shown = self.labels(other)
                return self.change(base, {name: shown[name] for name in names})
            take = starts[names[0]]
        return mix(base, other, checked_whole(take), self._model.network.layers)

    def move(self, latent: Latent, amounts: Mapping[str, float]) -> Latent:
        """The latent moved by {direction name: amount in standard deviations}.

        Raises:
            LatentError: an unknown direction, a latent of another model, or an amount out of range.
        """
        return self.move_keeping(latent, amounts, ())

    def move_keeping(
        self, latent: Latent, amounts: Mapping[str, float], keep: Collection[str]
    ) -> Latent:
        """As `move`, while what the directions of `keep` mean stays as it is.

        Raises:
            LatentError: an unknown direction, a latent of another model, or an amount out of range.
        """
        self._model.require(latent)
        return move(
            latent, self._model.directions, amounts, partial(self._model.locks.held, keep=keep)
        )

    def labels(self, latent: Latent) -> dict[str, str]:
        """What a latent shows in plain words: {factor: value} for each of `factors`.

        The likeliest of the values that the model knows, whatever the picture: of an upload, ask
        `match` first whether it is of the model's kind (`Match.known`).

        Raises:
            LatentError: a latent of another model.
        """
        self._model.require(latent)
        return self._model.labels.read(latent.z)

    def change(self, latent: Latent, changes: Mapping[str, str]) -> Latent:
        """The latent with values exchanged, such as {"accessory": "red hat"}; all else stays.

        Raises:
            LatentError: an unknown factor or value, or a latent of another model.
        """
        self._model.require(latent)
        return latent.at(self._model.labels.change(latent.z, changes))

    def between(self, a: Latent, b: Latent, t: float, method: str = "slerp") -> Latent:
        """The latent at `t` of the way from `a` (0) to `b` (1); see `interpolate`."""
        self._model.require(a)
        self._model.require(b)
        return between(a, b, t, method)
