"""How is a loaded model used: pictures to latents and back, and all the ways to get and move them?

An Editor holds a model and nothing about a person: `encode` (heavy, once) and `decode` (light,
often) are apart, and what belongs to somebody is a `Latent` value that the caller keeps. So one
Editor serves many.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image

from genimg.checkpoint import Header
from genimg.editor.draws import (
    MAX_TEMPERATURE,
    check_draw,
    check_mixable,
    check_whole,
    draw,
    mixable_layers,
    vary,
    wanted_labels,
)
from genimg.editor.library import Factors, read_directions, read_labels
from genimg.editor.match import Match, judge
from genimg.errors import LatentError, RecipeError
from genimg.images import encode_png, fit_image, read_text, to_images, to_pixels
from genimg.latents import (
    TEXT_KEY,
    Direction,
    Labels,
    Latent,
    Recipe,
    Wish,
    between,
    layer_groups,
    mix,
    move,
    path_times,
    understand,
)
from genimg.models import LatentModel, Prior, load_model
from genimg.models.device import choose_device


class Editor:
    """One loaded model. Stateless after loading, so it may be shared between people and threads."""

    def __init__(
        self,
        model: LatentModel,
        header: Header,
        directions: tuple[Direction, ...] = (),
        labels: Labels | None = None,
        choices: Factors | None = None,
    ) -> None:
        """Wrap a model that is already loaded; `Editor.load` is the usual way."""
        self._model = model.eval().requires_grad_(False)
        self._device = next(model.parameters()).device
        self._directions = {direction.name: direction for direction in directions}
        self._labels = labels or Labels.from_prior(Prior.standard(model.latent_shape[0]), ())
        self._choices = choices or {}
        self.header = header

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Editor:
        """Load a checkpoint. `device` "auto" takes a CUDA device if there is one.

        Raises:
            CheckpointError: the file is missing, damaged or of another version.
            ConfigError: an unknown device.
        """
        model, header, tensors = load_model(Path(path), choose_device(device))
        directions = read_directions(Path(path), header, tensors, model.latent_shape)
        return cls(model, header, directions, *read_labels(Path(path), header, model))

    # -- what the model is

    @property
    def model_id(self) -> str:
        """Digest of the weights; latents, directions and saved pictures carry it."""
        return self.header.id

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the model's pictures."""
        return self._model.image_shape

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Named, measured and raw directions, the most reliable (raw: most telling) first."""
        return tuple(self._directions.values())

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `labels` reads and `change` exchanges.

        Empty where the training pictures had no labels, or the model's latents do not follow them.
        """
        return dict(self._labels.factors)

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `sample` can be asked for."""
        return dict(self._choices)

    @property
    def can_encode(self) -> bool:
        """Whether the model takes pictures, and does not only draw them."""
        return self._model.has_encoder

    @property
    def layers(self) -> int:
        """How many layers of the network can each have a latent of their own; 1 if none can."""
        return self._model.layers

    @property
    def layer_groups(self) -> dict[str, range]:
        """The layers as "coarse", "middle" and "fine"; empty where there is one."""
        return layer_groups(self.layers)

    @property
    def mixable(self) -> tuple[str, ...]:
        """What `mix` can take from another picture so that it shows: the labels that can be
        exchanged, else the groups of finer layers that change something.
        """
        effect = self.header.metrics.get("layer_effect")
        return tuple(self.factors) or mixable_layers(self.layer_groups, effect)

    # -- between pictures and latents

    def fit(
        self, image: Image.Image, focus: tuple[float, float] = (0.5, 0.5), zoom: float = 1.0
    ) -> Image.Image:
        """The part of a picture that the model will see, at its size and in its colours.

        Args:
            focus: where the crop lies, (x, y) from 0 (left, top) to 1 (right, bottom).
            zoom: 1 takes the largest crop, 2 half its side.
        """
        return fit_image(image, self.image_shape, focus, zoom)

    @torch.inference_mode()
    def encode(self, image: Image.Image) -> Latent:
        """A picture to its most probable latent.

        A picture that does not have the model's size is centre-cropped to it; call `fit` to choose
        the crop.

        Raises:
            LatentError: this model has no encoder.
        """
        pixels = to_pixels([self.fit(image)]).to(self._device)
        return Latent(self._model.encode(pixels).mode()[0].clone(), self.model_id)

    @torch.inference_mode()
    def decode(self, *latents: Latent) -> list[Image.Image]:
        """Latents to pictures, one each.

        Each goes through the network by itself: the last bits of a convolution depend on how many
        pictures there are, and a picture of a grid shall be the very same when it is drawn alone.

        Raises:
            LatentError: a latent of another model or size.
        """
        for latent in latents:
            self._require(latent)
        made = [self._model.decode(latent.z[None].to(self._device)) for latent in latents]
        return to_images(torch.cat(made)) if made else []

    def _require(self, latent: Latent) -> None:
        latent.require_model(self.model_id)
        [numbers] = self._model.latent_shape
        if latent.z.shape[-1] != numbers:
            raise LatentError(
                f"this model's latents have {numbers} numbers, not {latent.z.shape[-1]}"
            )
        if latent.layers not in (1, self.layers):
            raise LatentError(
                f"this latent is for {latent.layers} layers of a network, this model has "
                f"{self.layers}"
            )

    # -- getting and moving points

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

    # -- judging, saving, restoring

    def match(self, original: Image.Image, reconstruction: Image.Image) -> Match:
        """How close two pictures are, both fitted to the model first."""
        channels, height, width = self.image_shape
        a, b = (
            np.asarray(self.fit(image)).reshape(height, width, channels)
            for image in (original, reconstruction)
        )
        return judge(a, b, self.header.metrics)

    def save_picture(
        self,
        latent: Latent,
        amounts: Mapping[str, float] | None = None,
        *,
        changes: Mapping[str, str] | None = None,
        origin: str = "",
        scale: int = 1,
    ) -> bytes:
        """A PNG of the latent with `changes` made (see `change`) and moved by `amounts`.

        It carries its own recipe: the picture is the save file. `scale` makes each pixel that
        many pixels wide.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        recipe = Recipe(latent, dict(amounts or {}), origin, self.header.name, dict(changes or {}))
        [image] = self.decode(self.edited(recipe))
        size = (image.width * scale, image.height * scale)
        image = image.resize(size, Image.Resampling.NEAREST)
        return encode_png(image, {TEXT_KEY: recipe.to_text()})

    def edited(self, recipe: Recipe) -> Latent:
        """Where a recipe ends: its latent with its changes made, moved by its amounts.

        Raises:
            LatentError: a word, direction or latent that does not belong to this model.
        """
        return self.move(self.change(recipe.latent, recipe.changes), recipe.amounts)

    def open_picture(self, source: str | Path | bytes | BinaryIO) -> Recipe:
        """The recipe inside a picture that `save_picture` made with this model.

        Raises:
            ImageError: not a readable picture.
            RecipeError: no recipe, a damaged one, or one for another model.
        """
        recipe = read_recipe(source)
        if recipe.latent.model_id != self.model_id:
            raise RecipeError(
                f"this picture was made with the model {recipe.model_name!r} "
                f"({recipe.latent.model_id}), not with {self.header.name!r} ({self.model_id}); "
                "choose that model first"
            )
        try:
            self.edited(recipe)
        except LatentError as error:
            raise RecipeError(
                f"the recipe in this picture does not fit the model: {error}"
            ) from None
        return recipe


def read_recipe(source: str | Path | bytes | BinaryIO) -> Recipe:
    """The recipe inside a saved picture, of whichever model.

    Raises:
        ImageError: not a readable picture.
        RecipeError: no recipe in it, or a damaged one.
    """
    text = read_text(source).get(TEXT_KEY)
    if text is None:
        raise RecipeError("this picture holds no genimg recipe; upload it as a picture instead")
    return Recipe.from_text(text)
