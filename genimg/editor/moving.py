"""How are points got and moved: drawn, varied, mixed, pushed along directions, or on a path?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from genimg.editor.draws import (
    MAX_TEMPERATURE,
    check_draw,
    check_mixable,
    check_whole,
    draw,
    vary,
    wanted_labels,
)
from genimg.editor.loaded import Loaded
from genimg.errors import LatentError
from genimg.latents import (
    Latent,
    Recipe,
    Wish,
    between,
    mix,
    move,
    path_times,
    understand,
)


class Moving(Loaded):
    """One loaded model: the ways to get a latent, and to another one."""

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
        check_draw(n, seed)
        if not 0.0 <= temperature <= MAX_TEMPERATURE:
            raise LatentError(f"a temperature is from 0 to {MAX_TEMPERATURE:g}, not {temperature}")
        wanted = wanted_labels(self._choices, labels or {})
        drawn = [draw(self._model, seed + i, temperature, wanted)[0] for i in range(n)]
        return [Latent(z, self.model_id) for z in drawn]

    def understand(self, text: str) -> Wish:
        """What a text such as "blue cat, glasses" asks `sample` for, and what is not understood.

        Never fails: any text will do.
        """
        data = self.header.data
        return understand(text, self._choices, f"{data.get('name', '')} {data.get('title', '')}")

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
        self._require(latent)
        check_draw(n, seed)
        if not 0.0 <= strength <= 1.0:
            raise LatentError(f"a strength is from 0 to 1, not {strength}")
        wanted = wanted_labels(self._choices, labels or {})
        return [
            vary(latent, self._model, self._labels, seed + i, strength, wanted) for i in range(n)
        ]

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
        self._require(base)
        self._require(other)
        if take is None:
            take = self.mixable[: -(-len(self.mixable) // 2)] if self.factors else ["middle"]
        if isinstance(take, (str, Collection)):
            names = [take] if isinstance(take, str) else list(take)
            starts = {name: part.start for name, part in self.layer_groups.items() if part.start}
            if len(names) != 1 or names[0] not in starts:
                check_mixable(names, self.factors, starts)
                shown = self.labels(other)
                return self.change(base, {name: shown[name] for name in names})
            take = starts[names[0]]
        check_whole(take)
        return mix(base, other, take, self.layers)

    def move(self, latent: Latent, amounts: Mapping[str, float]) -> Latent:
        """The latent moved by {direction name: amount in standard deviations}.

        Raises:
            LatentError: an unknown direction, a latent of another model, or an amount out of range.
        """
        self._require(latent)
        return move(latent, self._directions, amounts)

    def edited(self, recipe: Recipe) -> Latent:
        """Where a recipe ends: its latent with its changes made, then its moves, each with what was
        kept meanwhile. The same recipe ends at the same bits, always.

        Raises:
            LatentError: a word, direction or latent that does not belong to this model.
        """
        latent = recipe.latent
        self._require(latent)
        for name in recipe.locks:
            self._locks.held(name)
        if recipe.changes:
            latent = self.change(latent, recipe.changes)
        for part in recipe.moves:
            held = partial(self._locks.held, keep=part.keep)
            latent = move(latent, self._directions, part.amounts, held)
        return latent

    def labels(self, latent: Latent) -> dict[str, str]:
        """What a latent shows in plain words: {factor: value} for each of `factors`.

        Raises:
            LatentError: a latent of another model.
        """
        self._require(latent)
        return self._labels.read(latent.z)

    def change(self, latent: Latent, changes: Mapping[str, str]) -> Latent:
        """The latent with values exchanged, such as {"accessory": "red hat"}; all else stays.

        Raises:
            LatentError: an unknown factor or value, or a latent of another model.
        """
        self._require(latent)
        return Latent(self._labels.change(latent.z, changes), self.model_id)

    def interpolate(self, a: Latent, b: Latent, n: int = 8, method: str = "slerp") -> list[Latent]:
        """`n` latents from `a` to `b`, both included. `method` is "slerp" or "lerp".

        Raises:
            LatentError: latents of another model, an unknown method, or `n` out of range.
        """
        return [self.between(a, b, t, method) for t in path_times(n)]

    def between(self, a: Latent, b: Latent, t: float, method: str = "slerp") -> Latent:
        """The latent at `t` of the way from `a` (0) to `b` (1); see `interpolate`."""
        self._require(a)
        self._require(b)
        return between(a, b, t, method)
