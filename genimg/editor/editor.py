"""How is a loaded model used: pictures to latents and back, and all the ways to get and move them?

An Editor holds a model and nothing about a person: `encode` (heavy, once) and `decode` (light,
often) are apart, and what belongs to somebody is a `Latent` value that the caller keeps. So one
Editor serves many.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, Literal, ParamSpec, Self, TypeVar

from PIL import Image

from genimg.checkpoint import Header, read_header
from genimg.config import as_whole
from genimg.editor.effects import Comparing
from genimg.editor.judging import Judging
from genimg.editor.library import Factors, notice, read_directions, read_labels, takes_any
from genimg.editor.model import LoadedModel
from genimg.editor.moving import Moving
from genimg.editor.numbering import Numbering
from genimg.editor.recognition import Watching
from genimg.editor.saved import read_recipe
from genimg.editor.whole import changed
from genimg.edits import TEXT_KEY, Recipe
from genimg.errors import CheckpointError, ImageError, LatentError, RecipeError
from genimg.images import (
    MAX_PIXELS,
    MAX_SIDE,
    Picture,
    encode_png,
    encode_webp,
    enlarge,
)
from genimg.latents import Direction, Labels, Latent, Scale, Slider, layer_groups, path_times
from genimg.models import LatentModel, load_model
from genimg.models.device import choose_device

WRITERS = {"png": encode_png, "webp": encode_webp}
"""What a picture can be saved as."""

P = ParamSpec("P")
R = TypeVar("R")


def _done_by(
    part: str, method: Callable[Concatenate[Any, P], R]
) -> Callable[Concatenate[Any, P], R]:
    """A method of Editor that calls the same method of one of its parts, `self.<part>`."""

    @functools.wraps(method)
    def do(self: Any, /, *arguments: P.args, **options: P.kwargs) -> R:
        return method(getattr(self, part), *arguments, **options)

    return do


class Editor:
    """One loaded model. Stateless after loading, so it may be shared between people and threads.

    What it can do is done by its parts: the model itself, `Moving` for getting and moving latents,
    `Comparing` for what differs between pictures, `Judging` for how well it knows a picture,
    `Numbering` for numbers such as an age. A base
    (see `genimg.editor.photo`) can do a part of that.
    """

    def __init__(
        self,
        network: LatentModel,
        header: Header,
        directions: tuple[Direction, ...] = (),
        labels: Labels | None = None,
        choices: Factors | None = None,
        watching: Watching | None = None,
    ) -> None:
        """Wrap a model that is already loaded; `Editor.load` is the usual way."""
        self.header = header
        self.model = LoadedModel(network, header, directions, labels, choices)
        self.moving = Moving(self.model)
        self.comparing = Comparing(self.model, self.moving, self.edited, watching or Watching())
        self.judging = Judging(self.model)
        self.numbering = Numbering(self.model, self.edited)
        self._source: tuple[str, str] | None = None

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Editor:
        """Load a checkpoint, a base too. `device` "auto" takes a CUDA device if there is one.

        Raises:
            CheckpointError: the file is missing, damaged or of another version.
            ConfigError: an unknown device.
        """
        path = Path(path)
        if cls is Editor and takes_any(read_header(path)):
            from genimg.editor.photo import PhotoEditor

            return PhotoEditor.load(path, device)
        editor = cls._read(path, choose_device(device))
        editor._source = str(path.absolute()), device
        return editor

    @classmethod
    def _read(cls, path: Path, device: str) -> Editor:
        network, header, tensors = load_model(path, device)
        directions = read_directions(path, header, tensors, network.latent_shape)
        labels = read_labels(path, header, network)
        data = str(header.data.get("name", ""))
        watching = Watching(None, path.parent, data, network.image_shape, device)
        return cls(network, header, directions, *labels, watching)

    # -- in other processes

    def __reduce__(self) -> tuple[Any, ...]:
        """An Editor travels to another process as the path of its file, which is loaded there."""
        if self._source is None:
            raise CheckpointError(
                "this Editor was not loaded from a file, so it cannot be pickled: write its model "
                "to a file and load that with Editor.load"
            )
        return _reload, (type(self), *self._source, self.model_id)

    def __copy__(self) -> Self:
        return self  # it never changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    # -- what the model is

    @property
    def model_id(self) -> str:
        """Digest of the weights; latents, directions and saved pictures carry it."""
        return self.header.id

    @property
    def has_kind(self) -> bool:
        """Whether the model draws pictures by itself, all of one kind and size. A base does not: it
        takes any photograph, and only edits it.
        """
        return True

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the model's pictures."""
        return self.model.network.image_shape

    @property
    def directions(self) -> tuple[Slider, ...]:
        """Numbers, named, measured and raw directions, the most reliable (raw: most telling)
        first.
        """
        return tuple(self.model.directions.values())

    @property
    def scales(self) -> dict[str, Scale]:
        """{direction: its unit, range and error} of those that are numbers, such as an age."""
        return dict(self.model.scales)

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `labels` reads and `change` exchanges.

        Empty where the training pictures had no labels, or the model's latents do not follow them.
        """
        return dict(self.model.labels.factors)

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """{labelled factor: names of its values} that `sample` can be asked for."""
        return dict(self.model.choices)

    @property
    def can_encode(self) -> bool:
        """Whether the model takes pictures, and does not only draw them."""
        return self.model.network.has_encoder

    @property
    def keeps_details(self) -> bool:
        """Whether `encode` keeps what the model itself does not understand of a picture, so that
        the photograph stays as it is while its latent moves.
        """
        return self.model.network.keeps_details

    @property
    def refines(self) -> bool:
        """Whether `refine` can bring the latent of a picture closer to it than `encode` does."""
        return not self.keeps_details

    @property
    def layers(self) -> int:
        """How many layers of the network can each have a latent of their own; 1 if none can."""
        return self.model.network.layers

    @property
    def layer_groups(self) -> dict[str, range]:
        """The layers as "coarse", "middle" and "fine"; empty where there is one."""
        return layer_groups(self.layers)

    @property
    def mixable(self) -> tuple[str, ...]:
        """What `mix` can take from another picture so that it shows: the labels that can be
        exchanged, else the groups of finer layers that change something.
        """
        return self.moving.mixable

    # -- what the parts do

    fit = _done_by("model", LoadedModel.fit)
    fit_to = _done_by("model", LoadedModel.fit_to)
    encode = _done_by("model", LoadedModel.encode)
    decode = _done_by("model", LoadedModel.decode)
    decode_together = _done_by("model", LoadedModel.decode_together)
    decode_pixels = _done_by("model", LoadedModel.decode_pixels)

    sample = _done_by("moving", Moving.sample)
    understand = _done_by("moving", Moving.understand)
    vary = _done_by("moving", Moving.vary)
    mix = _done_by("moving", Moving.mix)
    move = _done_by("moving", Moving.move)
    move_keeping = _done_by("moving", Moving.move_keeping)
    labels = _done_by("moving", Moving.labels)
    change = _done_by("moving", Moving.change)
    between = _done_by("moving", Moving.between)

    numbers = _done_by("numbering", Numbering.numbers)
    shown = _done_by("numbering", Numbering.shown)
    in_units = _done_by("numbering", Numbering.in_units)
    brought = _done_by("numbering", Numbering.brought)
    with_numbers = _done_by("numbering", Numbering.with_numbers)

    effects = _done_by("comparing", Comparing.effects)
    strip = _done_by("comparing", Comparing.strip)

    match = _done_by("judging", Judging.match)
    start = _done_by("judging", Judging.start)
    refine = _done_by("judging", Judging.refine)
    editable = _done_by("judging", Judging.editable)
    soften = _done_by("judging", Judging.soften)
    novelty = _done_by("judging", Judging.novelty)
    oddness = novelty  # its name until 0.7, which scripts may use

    # -- what they do together

    def edited(self, recipe: Recipe) -> Latent:
        """Where a recipe ends: its latent with its operations done one after the other. The same
        recipe ends at the same bits, always.

        Raises:
            LatentError: a word, direction or latent that does not belong to this model.
        """
        self.model.require(recipe.latent)
        for name in recipe.locks:
            self.model.locks.held(name)
        return recipe.end(self)

    def interpolate(self, a: Latent, b: Latent, n: int = 8, method: str = "slerp") -> list[Latent]:
        """`n` latents from `a` to `b`, both included. `method` is "slerp" or "lerp".

        Raises:
            LatentError: latents of another model, an unknown method, or `n` out of range.
        """
        return [self.between(a, b, t, method) for t in path_times(n)]

    def previews(self, recipes: Sequence[Recipe]) -> list[Image.Image]:
        """Where recipes end, as pictures for a list: a model of large pictures gives small ones.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
        """
        return self.decode(*(self.edited(recipe) for recipe in recipes))

    def reduced(self, recipe: Recipe, side: int) -> Recipe:
        """A recipe for a smaller copy of the same picture, at most `side` pixels a side, which is
        drawn in less time. Where all pictures of a model have one size, and where the picture is
        small already, it is the recipe itself.

        Raises:
            LatentError: a latent of another model.
        """
        return recipe

    def apply_to(
        self,
        photograph: Picture,
        recipe: Recipe,
        focus: tuple[float, float] = (0.5, 0.5),
        zoom: float = 1.0,
    ) -> Image.Image:
        """The whole photograph, at its own size, with what the edits of a recipe change.

        The difference between where the recipe ends and where it starts is enlarged, laid on the
        crop that the model saw, and blended at the crop's edges, see `genimg.editor.whole`. All
        else stays as it is, and without edits so does every pixel. Upright, "RGB", in sRGB.

        Args:
            photograph: what `fit` was given, of up to MAX_PIXELS.
            recipe: its latent is that of the photograph. What a cross with another picture has
                changed is no edit, as the child is a start of its own.
            focus, zoom: where the crop lies, see `fit`.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
            ImageError: no picture, one that is too large, or a crop that cannot be.
        """
        after = self.decode_pixels(self.edited(recipe))
        return changed(photograph, self.decode_pixels(recipe.latent), after, focus, zoom)

    def save_picture(
        self,
        recipe: Recipe,
        *,
        kind: Literal["png", "webp"] = "png",
        scale: int = 1,
        smooth: bool = False,
        bare: bool = False,
    ) -> bytes:
        """The picture that a recipe makes (see `edited`) as the bytes of a file.

        It carries the recipe: the picture is the save file, and what is read from it draws the very
        same pixels again, whatever it was saved as. Where nothing of a photograph is in it, it also
        carries the model's notice.

        Args:
            kind: a PNG or a WebP, both lossless.
            scale: how many times larger to save it, 1 to 16.
            smooth: whether larger ones are smooth; else each pixel becomes a square.
            bare: whether the picture goes without its recipe: then nobody sees how it was made.

        Raises:
            LatentError: a latent or direction that does not belong to this model.
            RecipeError: a recipe too long to be read again.
            ImageError: another kind or scale.
        """
        if kind not in WRITERS:
            raise ImageError(f"a picture is saved as {' or '.join(WRITERS)}, not {kind!r}")
        latent = self.edited(recipe)
        text = {} if bare else {TEXT_KEY: recipe.named(self.header.name).to_text()}
        if text and latent.details is None:
            text |= notice(self.header)
        [image] = self.decode(latent)
        times = as_whole(scale) or 1  # what is none is refused below
        wide, tall = image.width * times, image.height * times
        if max(wide, tall) > MAX_SIDE or wide * tall > MAX_PIXELS:
            raise ImageError(
                f"A picture of {wide:,} x {tall:,} pixels could not be opened again: save it at a "
                "smaller scale."
            )
        return WRITERS[kind](enlarge(image, scale, smooth), text)

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
            for each in (recipe, *(step.recipe for step in recipe.lineage)):
                self.edited(each)
        except LatentError as error:
            raise RecipeError(
                f"the recipe in this picture does not fit the model: {error}"
            ) from None
        return recipe


def _reload(kind: type[Editor], path: str, device: str, model_id: str) -> Editor:
    """A pickled Editor in the process that unpickles it.

    Raises:
        CheckpointError: the file is gone, or holds another model by now.
    """
    editor = kind.load(path, device)
    if editor.model_id != model_id:
        raise CheckpointError(
            f"{path} holds another model ({editor.model_id}) than when the Editor was pickled "
            f"({model_id})"
        )
    return editor
