"""Are the values that a program sends those that a function takes?

What is wrong or missing is told in a sentence: programs are written by people, who have to find out
what they did wrong.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import gradio as gr
from gradio.block_function import BlockFunction
from pydantic import ConfigDict, TypeAdapter, ValidationError

from genimg.errors import GenimgError
from genimg.ui.serving.uploads import uploaded

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST = 100  # characters of a wrong value that are told
_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    dict[str, Any]: "an object",
    list[str]: "a list of words",
    list[dict[str, Any]]: "a list of objects",
}


def checked(fn: Callable[P, T]) -> Callable[P, T]:
    """Check the arguments of `fn` by its annotations: int, float, bool, str, and lists and objects
    of them. None stands for what is not given, where there is a default.

    The name and the signature stay.

    Raises:
        GenimgError: a value is missing, or of another kind. Raised by what is returned.
    """
    signature = inspect.signature(fn)
    hints = typing.get_type_hints(fn)

    @wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        given = signature.bind_partial(*args, **kwargs).arguments
        values = {}
        for name, parameter in signature.parameters.items():
            value = given.get(name)
            if value is None and parameter.default is not parameter.empty:
                values[name] = parameter.default
            else:
                values[name] = _value(value, name, hints[name])
        return typing.cast(Callable[..., T], fn)(**values)

    return call


def complete(block_fn: BlockFunction, inputs: list[Any]) -> None:
    """Add the values that a program left out at the end, in place; `checked` tells of those
    that cannot be.

    Raises:
        gr.Error: more values than the function takes, or fewer for an event of the page.
    """
    wanted, public = len(block_fn.inputs), block_fn.api_visibility == "public"
    if public and len(inputs) > wanted:
        many = f"{wanted} values at most" if wanted else "no values"
        raise gr.Error(f"{block_fn.name} takes {many}, not {len(inputs)}.", print_exception=False)
    if not public and len(inputs) < wanted:
        raise gr.Error(
            f"This event takes {wanted} values, and {len(inputs)} have come. Load the page again.",
            print_exception=False,
        )
    inputs += [None] * (wanted - len(inputs))


def sent(picture: Any) -> str:
    """The path of a picture that was uploaded; see `uploaded`. An address is refused with what to
    do instead.
    """
    place = picture
    if isinstance(picture, Mapping):
        place = picture.get("path") or picture.get("url")
    if isinstance(place, str) and _is_address(place):
        raise GenimgError(
            "genimg fetches nothing from the network. Download the picture and send the file, with "
            "gradio_client's handle_file(...)."
        )
    return uploaded(picture)


def _is_address(text: str) -> bool:
    try:
        return urlsplit(text.strip()).scheme.lower() in ("http", "https", "ftp", "data")
    except ValueError:
        return False


def _value(value: Any, name: str, kind: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (kind,) = (part for part in typing.get_args(kind) if part is not type(None))
    if kind is bool and value in (True, False):
        return bool(value)  # programs may well send 1
    if typing.get_args(kind)[-1:] == (Any,):  # a picture: `sent` looks at it
        return value
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        raise GenimgError(_wrong(name, kind, first["loc"], first["input"])) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))


def _wrong(name: str, kind: Any, place: tuple[int | str, ...], value: Any) -> str:
    """What is said of a wrong value, which is at a place within what was sent."""
    if typing.get_origin(kind) is dict:
        words = "numbers" if typing.get_args(kind)[-1] is float else "words"
        words = f"{name} must be an object of names and {words}"
        if place:
            return f"{words}; {place[0]!r} cannot be {_told(value)}."
    else:
        words = f"{name} must be {_KINDS[typing.get_args(kind)[0] if place else kind]}"
    return f"{words}." if value is None else f"{words}, not {_told(value)}."


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
