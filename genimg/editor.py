"""The facade that the browser app, the command line and scripts share: load a model and use it.

    editor = Editor.load("checkpoints/cats-64-vae.safetensors")
    latent = editor.encode(Image.open("cat.png"))
    [picture] = editor.decode(editor.move(latent, {"glasses": 3.0}))

An Editor holds a model and nothing about a person: `encode` (heavy, once) and `decode` (light,
often) are apart, and what belongs to somebody is a `Latent` value that the caller keeps. So one
Editor serves many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genimg.checkpoint import Header, read_header
from genimg.errors import CheckpointError, GenimgError, LatentError, RecipeError
from genimg.images import encode_png, fit_image, read_text, to_images, to_pixels
from genimg.latents import (
    TEXT_KEY,
    Direction,
    Labels,
    Latent,
    Recipe,
    between,
    ease,
    move,
    path_times,
)
from genimg.metrics import psnr, ssim
from genimg.models import LatentModel, Prior, load_model
from genimg.models.device import choose_device

__all__ = [
    "TEXT_KEY",
    "CheckpointInfo",
    "Editor",
    "Match",
    "Recipe",
    "ease",
    "list_checkpoints",
    "path_times",
    "read_recipe",
]

MAX_SAMPLES = 1024
MAX_SEED = 2**32 - 1
MAX_TEMPERATURE = 10.0
ROUGH_PSNR, CLOSE_PSNR = 24.0, 32.0
"""dB; below the first nobody calls small pictures close, above the second few see a difference."""


@dataclass(frozen=True)
class Match:
    """How close a reconstruction is to its original.

    Attributes:
        psnr: dB, higher is closer.
        ssim: structural similarity, at most 1.
        words: the same for people.
    """

    psnr: float
    ssim: float
    words: str


@dataclass(frozen=True)
class CheckpointInfo:
    """A model file that can be offered: its path, its name and what its header says."""

    path: Path
    name: str
    title: str
    header: Header


class Editor:
    """One loaded model. Stateless after loading, so it may be shared between people and threads."""

    def __init__(
        self,
        model: LatentModel,
        header: Header,
        directions: tuple[Direction, ...] = (),
        labels: Labels | None = None,
    ) -> None:
        """Wrap a model that is already loaded; `Editor.load` is the usual way."""
        self._model = model.eval().requires_grad_(False)
        self._device = next(model.parameters()).device
        self._directions = {direction.name: direction for direction in directions}
        self._labels = labels or Labels.from_prior(Prior.standard(model.latent_shape[0]), ())
        self.header = header

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Editor:
        """Load a checkpoint. `device` "auto" takes a CUDA device if there is one.

        Raises:
            CheckpointError: the file is missing, damaged or of another version.
            ConfigError: an unknown device.
        """
        model, header, tensors = load_model(Path(path), choose_device(device))
        directions = _directions(Path(path), header, tensors, model.latent_shape)
        return cls(model, header, directions, _labels(Path(path), header, model))

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
        """Latents to pictures, one each, in one batch.

        Raises:
            LatentError: a latent of another model or size.
        """
        if not latents:
            return []
        for latent in latents:
            self._require(latent)
        z = torch.stack([latent.z for latent in latents]).to(self._device)
        return to_images(self._model.decode(z))

    def _require(self, latent: Latent) -> None:
        latent.require_model(self.model_id)
        if tuple(latent.z.shape) != self._model.latent_shape:
            raise LatentError(
                f"this model's latents have {self._model.latent_shape[0]} numbers, "
                f"not {len(latent.z)}"
            )

    # -- getting and moving points

    def sample(self, n: int = 1, seed: int = 0, temperature: float = 1.0) -> list[Latent]:
        """`n` latents drawn from the model's prior.

        Latent i depends on `seed + i` alone, so every picture of a grid can be drawn again by
        itself, and the same seed is the same picture whatever `n` is. Noise is drawn on the CPU.

        Args:
            temperature: spread around the commonest pictures; below 1 is safer, above 1 is wilder.

        Raises:
            LatentError: a number out of range.
        """
        for number in (n, seed):
            _check_whole(number)
        if not 1 <= n <= MAX_SAMPLES:
            raise LatentError(f"draw 1 to {MAX_SAMPLES} pictures at once, not {n}")
        if not 0 <= seed <= MAX_SEED:
            raise LatentError(f"a seed is a whole number from 0 to {MAX_SEED}, not {seed}")
        if not 0.0 <= temperature <= MAX_TEMPERATURE:
            raise LatentError(f"a temperature is from 0 to {MAX_TEMPERATURE:g}, not {temperature}")
        drawn = [
            self._model.sample_prior(1, torch.Generator().manual_seed(seed + i), temperature)[0]
            for i in range(n)
        ]
        return [Latent(z, self.model_id) for z in drawn]

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
        """How close two pictures are, both fitted to the model first.

        The words compare the PSNR with what can be expected: this model's own on held-out pictures
        (from its header), from ROUGH_PSNR to CLOSE_PSNR. Within 3 dB of it is "very close", within
        8 "close", within 13 "only roughly like it".
        """
        a, b = (
            np.asarray(self.fit(i)).reshape(*self.image_shape[1:], -1)
            for i in (original, reconstruction)
        )
        decibels = psnr(a, b)
        own = self.header.metrics.get("psnr")
        usual = float(own) if isinstance(own, (int, float)) else CLOSE_PSNR
        usual = min(max(usual, ROUGH_PSNR), CLOSE_PSNR)
        steps = ((3.0, "very close"), (8.0, "close"), (13.0, "only roughly like it"))
        words = next(
            (words for gap, words in steps if decibels >= usual - gap),
            "not what this model knows",
        )
        return Match(decibels, ssim(a, b), words)

    def save_picture(
        self,
        latent: Latent,
        amounts: Mapping[str, float] | None = None,
        *,
        changes: Mapping[str, str] | None = None,
        origin: str = "",
    ) -> bytes:
        """A PNG of the latent with `changes` made (see `change`) and moved by `amounts`.

        It carries its own recipe: the picture is the save file.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        recipe = Recipe(latent, dict(amounts or {}), origin, self.header.name, dict(changes or {}))
        [image] = self.decode(self.edited(recipe))
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


def _check_whole(number: object) -> None:
    if not isinstance(number, Integral):
        raise LatentError(f"counts and seeds are whole numbers, not {number!r}")


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


def _directions(
    path: Path, header: Header, tensors: Mapping[str, Tensor], latent_shape: tuple[int, ...]
) -> tuple[Direction, ...]:
    vectors = tensors.get("directions.vectors")
    if not header.directions:
        return ()
    if vectors is None or vectors.shape != (len(header.directions), *latent_shape):
        raise CheckpointError(f"{path} is damaged: its directions and their vectors do not fit")
    try:
        return tuple(
            Direction(vector=vector, model_id=header.id, **row)
            for row, vector in zip(header.directions, vectors, strict=True)
        )
    except (TypeError, GenimgError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None


def _labels(path: Path, header: Header, model: LatentModel) -> Labels:
    rows = header.data.get("factors", [])
    try:
        factors = [(str(row["name"]), [str(value) for value in row["values"]]) for row in rows]
        return Labels.from_prior(model.prior, factors)
    except (TypeError, KeyError, ValueError, RuntimeError, GenimgError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None


def list_checkpoints(folder: str | Path) -> tuple[list[CheckpointInfo], dict[Path, str]]:
    """The models in a folder, by name, and {file: what is wrong with it} for those that cannot be
    read.

    Only headers are read, so this is quick.
    """
    good: list[CheckpointInfo] = []
    bad: dict[Path, str] = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        if path.name.startswith("."):  # a file that is being written, or was when a program died
            continue
        try:
            header = read_header(path)
        except CheckpointError as error:
            bad[path] = str(error)
            continue
        good.append(CheckpointInfo(path, path.stem, _title(path, header), header))
    return good, bad


def _title(path: Path, header: Header) -> str:
    data: Mapping[str, Any] = header.data
    title = str(data.get("title") or header.name)
    return f"{title} · {path.stem}"
