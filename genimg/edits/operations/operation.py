"""What is an operation: one thing that is done to a picture, as plain data?

A new one is a file beside this one with a frozen dataclass, and a line in OPERATIONS:

    from __future__ import annotations
    ...
    @dataclass(frozen=True)
    class Fade(Operation):
        share: float

        def apply(self, tools: Tools, latent: Latent) -> Latent: ...

        @property
        def words(self) -> str:
            return f"{100 * self.share:.0f} % faded"

Its parameters are read, checked and written by their types, as they are spelled in READERS; ranges
are checked in `__post_init__`, with a LatentError.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from PIL import Image

from genimg.edits import checks
from genimg.errors import RecipeError
from genimg.latents.points import Latent

if TYPE_CHECKING:
    from genimg.edits.recipe import Recipe


class Tools(Protocol):
    """What operations use of a loaded model: a part of `genimg.editor.Editor`, which tells more."""

    @property
    def model_id(self) -> str:
        """Digest of its weights."""

    @property
    def mixable(self) -> tuple[str, ...]:
        """What `mix` takes from another picture; empty where nothing is mixed."""

    def encode(self, image: Image.Image) -> Latent:
        """A picture to its latent."""

    def decode(self, *latents: Latent) -> list[Image.Image]:
        """Latents to pictures, one each."""

    def edited(self, recipe: Recipe) -> Latent:
        """Where a recipe ends."""

    def move_keeping(
        self, latent: Latent, amounts: Mapping[str, float], keep: Collection[str]
    ) -> Latent:
        """The latent moved by {direction name: amount} while other directions are kept."""

    def labels(self, latent: Latent) -> dict[str, str]:
        """What a latent shows: {factor: value}."""

    def change(self, latent: Latent, changes: Mapping[str, str]) -> Latent:
        """The latent with values exchanged."""

    def mix(self, base: Latent, other: Latent) -> Latent:
        """One latent with something of another."""

    def between(self, a: Latent, b: Latent, t: float) -> Latent:
        """The latent at `t` of the way from `a` (0) to `b` (1)."""

    def soften(self, faithful: Latent, editable: Latent, t: float) -> Latent:
        """The latent at `t` of the way from the editable one (0) to the faithful one (1)."""


class Operation(ABC):
    """One thing that is done to a picture; a frozen dataclass whose fields are its parameters."""

    stays: ClassVar[bool] = True
    """Whether recipes list it, and it is done anew whenever the picture is drawn. Else what comes
    of it is written down as another start.
    """

    @abstractmethod
    def apply(self, tools: Tools, latent: Latent) -> Latent:
        """The latent after it; the same bits for the same latent, always.

        Raises:
            LatentError: the model cannot do that.
        """

    @property
    @abstractmethod
    def words(self) -> str:
        """What is done, in a few words for people."""

    @property
    def idle(self) -> bool:
        """Whether it does nothing, and need not be listed."""
        return False

    def onto(self, recipe: Recipe, tools: Tools) -> Recipe:
        """The recipe after this was done to its picture."""
        return replace(recipe, operations=(*recipe.operations, self))

    def write(self) -> dict[str, Any]:
        """The parameters, JSON-ready."""
        values = {name: getattr(self, name) for name in self.parameters()}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """The operation with these parameters, which anybody may have written.

        Raises:
            RecipeError: a parameter is missing, unknown, or of another type.
            LatentError: a parameter out of range.
        """
        given, types = {}, cls.parameters()
        needed = {f.name for f in fields(cls) if f.default is MISSING}  # type: ignore[arg-type]
        if not needed <= set(values) <= set(types):
            raise RecipeError(f"{cls.__name__.lower()} has the parameters {', '.join(types)}")
        for name, value in values.items():
            try:
                given[name] = READERS[types[name]](value)
            except ValueError as error:
                raise RecipeError(f"{name} of {cls.__name__.lower()}: {error}") from None
        return cls(**given)

    @classmethod
    def asked(cls, told: Mapping[str, Any]) -> Self:
        """The operation that a page asks for, beside other things that it says; see `read`."""
        return cls.read({k: told[k] for k in cls.parameters() if told.get(k) is not None})

    @classmethod
    def parameters(cls) -> dict[str, str]:
        """{name: type} of each parameter."""
        return {field.name: str(field.type) for field in fields(cls)}  # type: ignore[arg-type]


def _recipe(value: Any) -> Any:
    from genimg.edits.recipe import Recipe

    if not isinstance(value, str):
        raise ValueError("there is no recipe of a picture")
    return Recipe.from_text(value)


READERS: dict[str, Callable[[Any], Any]] = {
    "float": checks.number,
    "int": checks.whole,
    "bool": checks.truth,
    "str": checks.text,
    "tuple[str, ...]": lambda value: tuple(checks.items(value, checks.MAX_NAMES, checks.name)),
    "Mapping[str, float]": lambda value: checks.mapping(value, checks.number),
    "Mapping[str, str]": lambda value: checks.mapping(value, checks.text),
    "Recipe": _recipe,  # of another picture, as its text
}
"""{type of a parameter: what reads it}."""
