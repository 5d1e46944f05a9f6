"""How is a base used: a model of any photograph, which has no kind of picture of its own?

    editor = Editor.load("checkpoints/photo-base.safetensors")
    latent = editor.encode(Image.open("holiday.jpg"))
    [picture] = editor.decode(editor.move(latent, {"warmth": 1.5}))     # of the photograph's size

Whatever asks for pictures that the model knows by itself is refused with one sentence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, Self

from PIL import Image
from torch import Tensor
from typing_extensions import override

from genimg.checkpoint import Header
from genimg.editor.editor import Editor
from genimg.editor.effects import Effect, Strip, laid_out
from genimg.editor.library import read_maps
from genimg.editor.match import Match, judge_photograph
from genimg.editor.photo_coding import PhotoCoding
from genimg.edits import Recipe
from genimg.errors import ImageError, LatentError
from genimg.images import Picture, as_image, fit_image, images_to_array, in_colour
from genimg.latents import Latent, MapDirection, Scale, SpatialLatent, check_share
from genimg.latents.spatial import MOST_PLACES, between_spatial, move_spatial, places
from genimg.metrics import psnr, ssim
from genimg.models import Autoencoder, load_base
from genimg.models.autoencoder import FACTOR

LONGEST = 1024
"""Pixels; `fit` brings larger pictures to this."""
STRIP_SIDE = 96
"""Pixels; the longer side of the pictures of a strip."""
_SMALL_ONES = 8


def _refusal(reason: str) -> Callable[..., NoReturn]:
    """A method that says why a model without a kind cannot do what others do."""

    def refuse(self: PhotoEditor, *_: object, **__: object) -> NoReturn:
        self._refuse(reason)

    refuse.__doc__ = f"Never: LatentError, since {reason}."
    return refuse


class PhotoEditor(Editor):
    """One loaded base; see `Editor` for what can be done with it.

    Latents are `SpatialLatent` values, and each picture has a size of its own.
    """

    def __init__(
        self, model: Autoencoder, header: Header, directions: Sequence[MapDirection] = ()
    ) -> None:
        """Wrap a base that is already loaded; `Editor.load` is the usual way."""
        self.header = header
        self._source = None
        self._coding = PhotoCoding(model, header.id)
        self._maps = {direction.name: direction for direction in directions}
        # Strips and frames are asked for again and again, of the same picture.
        self._small = functools.lru_cache(_SMALL_ONES)(self._make_small)

    @classmethod
    @override
    def _read(cls, path: Path, device: str) -> Self:
        model, header, tensors = load_base(path, device)
        return cls(model, header, read_maps(path, header, tensors))

    # -- what the model is

    @property
    @override
    def has_kind(self) -> bool:
        return False

    @property
    @override
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the pictures that it learned from; it takes any other size, too."""
        return self.header.image_shape

    @property
    @override
    def directions(self) -> tuple[MapDirection, ...]:
        return tuple(self._maps.values())

    @property
    @override
    def scales(self) -> dict[str, Scale]:
        return {}

    @property
    @override
    def factors(self) -> dict[str, tuple[str, ...]]:
        return {}

    @property
    @override
    def choices(self) -> dict[str, tuple[str, ...]]:
        return {}

    @property
    @override
    def can_encode(self) -> bool:
        return True

    @property
    @override
    def keeps_details(self) -> bool:
        return False  # all of a picture is in its latent

    @property
    @override
    def refines(self) -> bool:
        return False

    @property
    @override
    def layers(self) -> int:
        return 1

    @property
    @override
    def mixable(self) -> tuple[str, ...]:
        return ()

    # -- between pictures and latents

    @override
    def fit(
        self, image: Picture, focus: tuple[float, float] = (0.5, 0.5), zoom: float = 1.0
    ) -> Image.Image:
        """A picture as the model takes it: upright, in colour, its longer side at most LONGEST
        pixels; by default the whole of it, of any shape.

        Args:
            focus, zoom: a part of it, of the same shape: see `Editor.fit`.

        Raises:
            ImageError: smaller than 8 pixels a side.
        """
        whole = in_colour(as_image(image))
        _check_large_enough(whole)
        wide, tall = (side / max(zoom, 1.0) for side in whole.size)
        return fit_image(whole, (3, *_within(tall, wide, LONGEST)), focus, zoom)

    @override
    def fit_to(self, image: Picture, latent: Latent) -> Image.Image:
        whole = in_colour(as_image(image))
        _check_large_enough(whole)
        return fit_image(whole, (3, *self._own(latent).size))

    @override
    def encode(self, image: Picture, details: float = 1.0) -> SpatialLatent:
        """A picture of any size from 8 x 8 to 1,024 x 1,024 pixels (or as many) to its latent.

        Args:
            details: makes no difference, as the latent holds them all.

        Raises:
            ImageError: a picture that is smaller or larger; `fit` makes one of any size fit.
            LatentError: a share of details that is not from 0 to 1.
        """
        check_share(details)
        plain = in_colour(as_image(image))
        _check_large_enough(plain)
        tall, wide = places((plain.height, plain.width))
        if tall * wide > MOST_PLACES:
            raise ImageError(
                f"A picture of {plain.width:,} x {plain.height:,} pixels is too large for this "
                f"model, which takes as many as {LONGEST:,} x {LONGEST:,}: make it smaller first "
                "(editor.fit does)."
            )
        return self._coding.encode(plain)

    @override
    def decode(self, *latents: Latent) -> list[Image.Image]:
        """Latents to pictures, each of the size of the photograph that it came from.

        Raises:
            LatentError: a latent of another model.
        """
        return [self._coding.decode(self._own(latent)) for latent in latents]

    @override
    def decode_together(self, *latents: Latent) -> list[Image.Image]:
        own = [self._own(latent) for latent in latents]
        if len({latent.size for latent in own}) != 1:
            return self.decode(*own)
        return self._coding.decode_together(own)

    @override
    def decode_pixels(self, latent: Latent) -> Tensor:
        return self._coding.decode_pixels([self._own(latent)])[0].clamp(-1, 1).cpu()

    # -- moving

    @override
    def move(self, latent: Latent, amounts: Mapping[str, float]) -> SpatialLatent:
        return move_spatial(self._own(latent), self._maps, amounts)

    @override
    def move_keeping(
        self, latent: Latent, amounts: Mapping[str, float], keep: Collection[str]
    ) -> SpatialLatent:
        if keep:
            self._refuse("no slider can be kept while others move")
        return self.move(latent, amounts)

    @override
    def edited(self, recipe: Recipe) -> SpatialLatent:
        self._own(recipe.latent)
        if recipe.locks:
            self._refuse("no slider can be kept while others move")
        return self._own(recipe.end(self))

    @override
    def between(self, a: Latent, b: Latent, t: float, method: str = "slerp") -> SpatialLatent:
        """The latent at `t` of the straight way from `a` (0) to `b` (1), of one size.

        Raises:
            LatentError: latents of another model, or of pictures of two sizes.
        """
        return between_spatial(self._own(a), self._own(b), t, method)

    # -- looking

    @override
    def match(self, original: Picture, reconstruction: Picture) -> Match:
        """How close two pictures of one size are. No photograph is outside what a base knows.

        Raises:
            ImageError: they have different sizes.
        """
        a, b = self.fit(original), self.fit(reconstruction)
        if a.size != b.size:
            raise ImageError(
                f"A picture of {a.width} x {a.height} pixels cannot be compared with one of "
                f"{b.width} x {b.height}: bring one to the size of the other first."
            )
        shown, made = images_to_array([a, b])
        return judge_photograph(psnr(shown, made), ssim(shown, made))

    @override
    def start(self, original: Picture) -> SpatialLatent:
        """The latent of a picture of any size, made to fit first."""
        return self.encode(self.fit(original))

    @override
    def effects(self, pairs: Sequence[tuple[Picture, Picture]]) -> list[list[Effect]]:
        """Nothing for any pair: which differences are worth naming is known only for one kind of
        picture.
        """
        return [[] for _ in pairs]

    @override
    def strip(
        self,
        recipe: Recipe,
        names: Sequence[str],
        low: float | Sequence[float],
        high: float | Sequence[float],
        columns: int = 7,
    ) -> Strip:
        """As `Editor.strip`, of a copy of the picture of at most STRIP_SIDE pixels a side."""
        amounts = laid_out(low, high, len(names), columns)
        small = self.reduced(recipe, STRIP_SIDE)
        rows = [
            self.decode_together(*(self.edited(small.pulled({name: total})) for total in totals))
            for name, totals in zip(names, amounts, strict=True)
        ]
        return Strip(rows, amounts, [[] for _ in names])

    @override
    def previews(self, recipes: Sequence[Recipe]) -> list[Image.Image]:
        """As `Editor.previews`, of copies of at most STRIP_SIDE pixels a side."""
        small = (self.reduced(recipe, STRIP_SIDE) for recipe in recipes)
        return self.decode(*map(self.edited, small))

    @override
    def reduced(self, recipe: Recipe, side: int) -> Recipe:
        latent = self._own(recipe.latent)
        if max(latent.size) <= side:
            return recipe
        return replace(recipe, latent=self._small(latent, side), lineage=(), parents=())

    def _make_small(self, latent: SpatialLatent, side: int) -> SpatialLatent:
        small = (3, *_within(*latent.size, side))
        return self._coding.encode(fit_image(self._coding.decode(latent), small))

    # -- what a model without a kind cannot do

    sample = _refusal("it draws none by itself")
    understand = _refusal("it cannot be asked for one in words")
    vary = _refusal("it draws no others like one")
    mix = _refusal("it mixes none")
    labels = _refusal("it has no labels to read")
    change = _refusal("it has no labels to exchange")
    numbers = shown = _refusal("it tells no numbers")
    brought = _refusal("it tells no numbers")
    with_numbers = _refusal("it tells no numbers")
    in_units = _refusal("it tells no numbers")
    refine = _refusal("it comes as close as it can at once, and nothing is refined")
    editable = _refusal("all of its latents are as easy to edit")
    soften = _refusal("there is nothing between faithful and easy to edit")
    novelty = oddness = _refusal("none of its latents is newer to it than the others")

    def _refuse(self, reason: str) -> NoReturn:
        raise LatentError(
            f"{self.header.name} takes any photograph and has no kind of picture of its own: "
            f"{reason}"
        )

    def _own(self, latent: Latent) -> SpatialLatent:
        latent.require_model(self.model_id)
        if not isinstance(latent, SpatialLatent):
            raise LatentError("this latent is no photograph's; encode the picture again")
        return latent


def _within(tall: float, wide: float, longest: int) -> tuple[int, int]:
    """(H, W) of a picture of this shape whose longer side is at most `longest` pixels."""
    shrink = min(1.0, longest / max(tall, wide))
    return max(FACTOR, round(tall * shrink)), max(FACTOR, round(wide * shrink))


def _check_large_enough(image: Image.Image) -> None:
    if min(image.size) < FACTOR:
        raise ImageError(
            f"A picture of {image.width} x {image.height} pixels is too small: this model takes "
            f"pictures from {FACTOR} pixels a side. Choose a larger one, or enlarge it."
        )
