"""Who may ask a route of our own, how much may they say, how is that read, and what is refused?

`json_route` makes a route of a function that is given what was asked, checked by a model, and gives
plain values; `guarded` does the same for one that reads its request by itself. Whatever goes wrong
is answered with {"error": "plain words"} and a fitting status.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from genimg.errors import GenimgError
from genimg.ui.serving.answers import Refusal, json_answer, too_much_at_once
from genimg.ui.serving.client import client_address
from genimg.ui.serving.hosts import SCOPE_KEY, Hosts, is_at
from genimg.ui.serving.quotas import Full, Share, Turns
from genimg.ui.words import say

MAX_CHARACTERS = 1_000_000
"""Of one text; a recipe is a JSON text within it, so each of its quotes takes two, and that of the
largest photograph has 700,000.
"""
LONGEST_VALUE = 40
"""Characters of a wrong value that are said again."""
_LOG = logging.getLogger("genimg")

_REASONS = {
    "missing": "serving.field_missing",
    "extra_forbidden": "serving.field_unknown",
    "string_type": "serving.field_no_text",
    "string_unicode": "serving.field_no_text",
    "string_too_short": "serving.field_empty",
    "string_too_long": "serving.field_long_text",
    "int_type": "serving.field_no_whole",
    "int_from_float": "serving.field_no_whole",
    "float_type": "serving.field_no_number",
    "finite_number": "serving.field_no_number",
    "bool_type": "serving.field_no_bool",
    "list_type": "serving.field_no_list",
    "dict_type": "serving.field_no_object",
    "too_short": "serving.field_few",
    "too_long": "serving.field_many",
    "greater_than_equal": "serving.field_least",
    "less_than_equal": "serving.field_most",
    "literal_error": "serving.field_choice",
}
"""What is said of a field, by the kinds of pydantic's errors."""

Handler = Callable[[Request], Awaitable[Response]]
Q = TypeVar("Q", bound="Question")
T = TypeVar("T")


class Refused(Exception):
    """Not something that genimg's own page sends; the text is a short reason."""


class Question(BaseModel):
    """What a page may ask: no value is converted, and no field is let in that is not known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


# ------------------------------------------------------------------------------------ reading


def read(question: type[Q] | TypeAdapter[Q], text: str | bytes, most: int = MAX_CHARACTERS) -> Q:
    """What a JSON text asks; nothing at all asks as {} does.

    Args:
        question: a model, or the adapter of a union of models that a field tells apart.
        most: its length.

    Raises:
        Refused: too long, not JSON, or a field that is missing or cannot be.
    """
    values = _json(text, most) if text else {}
    try:
        if isinstance(question, TypeAdapter):
            return question.validate_python(values)
        return question.model_validate(values)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        raise Refused(_reason(first, tagged=isinstance(question, TypeAdapter))) from None


def _json(text: str | bytes, most: int) -> dict[str, object]:
    if len(text) > most:
        raise Refused(say("serving.message_long"))
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(say("serving.message_no_json")) from None
    if not isinstance(values, dict):
        raise Refused(say("serving.message_no_object"))
    return values


def _reason(error: Mapping[str, Any], tagged: bool) -> str:
    """What is wrong, in a few words; `tagged` says that the name of a model comes before fields."""
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"].startswith("union_tag"):
        field = context["discriminator"].strip("'")
        return say("serving.field_no_kind", field=field)
    place = [str(part) for part in error["loc"][tagged:]]
    value = repr(error["input"])[:LONGEST_VALUE]
    if error["type"] == "value_error":  # a check of ours has said it
        problem = str(context["error"])
    else:
        limits = {key: f"{limit:g}" if key in ("ge", "le") else limit
                  for key, limit in context.items()}  # fmt: skip
        problem = say(_REASONS.get(error["type"], "serving.field_wrong"), **limits, value=value)
    field = place[0][:LONGEST_VALUE] if place else say("serving.message")
    key = "serving.field_inner" if len(place) > 1 else "serving.field"
    return say(key, field=field, problem=problem)


async def parts_of(
    request: Request,
    most: int,
    too_long: str = "",
    seconds: float | None = None,
    stalled: str = "",
) -> AsyncIterator[bytes]:
    """What a request brings, as it comes.

    Args:
        most: bytes.
        seconds: for which the next part may be awaited; None where nobody else waits for it.

    Raises:
        Refusal: with the words `too_long` or `stalled`.
        ClientDisconnect: whoever sends it is gone.
    """
    parts, size = request.stream(), 0
    while True:
        try:
            async with asyncio.timeout(seconds):
                part = await anext(parts, None)
        except TimeoutError:  # not 408, after which a browser may send it again by itself
            raise Refusal(400, stalled) from None
        if part is None:
            return
        size += len(part)
        if size > most:
            raise Refusal(413, too_long or say("serving.question_long"))
        yield part


async def body_of(request: Request, most: int = MAX_CHARACTERS) -> bytes:
    """All that a request brings. Raises Refusal where that is more than `most` bytes."""
    return b"".join([part async for part in parts_of(request, most)])


def content_length(scope: MutableMapping[str, Any]) -> int:
    """How many bytes a request says that it brings; 0 where it does not."""
    said = HTTPConnection(scope).headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) < 20 else 0


# -------------------------------------------------------------------------------------- who may


def is_own(connection: HTTPConnection) -> bool:
    """Whether it was our own page that asked: its Origin is the Host that it asks.

    The check is there for the browsers of other people, which a foreign page might use to reach a
    server that only they can reach; they always say the Origin of a WebSocket and of a POST. What
    says none is no browser: it could as well say the right one, so it is not refused. A proxy in
    front of the app that does not pass Host on as it is needs a name that was allowed.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    hosts = connection.scope.get(SCOPE_KEY)
    if isinstance(hosts, Hosts) and hosts.declare(origin, connection.headers.get("host", "")):
        return True
    return is_at(origin, connection.headers.get("host", ""))


# -------------------------------------------------------------------------------------- routes


def guarded(
    handler: Handler,
    why_not: Callable[[Request], str] | None = None,
    statuses: Iterable[tuple[type[GenimgError], int]] = (),
) -> Handler:
    """The endpoint of a route of our own: `handler` for those who may ask, plain words for all
    else.

    Args:
        handler: may raise Refusal, Refused, Full, GenimgError and OSError.
        why_not: a sentence for somebody who may not ask, "" for all others.
        statuses: those of some GenimgErrors; of all others it is 400.
    """
    kinds = tuple(statuses)

    async def endpoint(request: Request) -> Response:
        try:
            if not is_own(request):
                raise Refusal(403, say("serving.not_own_page"))
            if why_not is not None and (why := why_not(request)):
                raise Refusal(403, why)
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody gets
        except Exception as error:
            return _refusal(error, kinds).response()

    return endpoint


def _refusal(error: Exception, kinds: Iterable[tuple[type[GenimgError], int]]) -> Refusal:
    words = str(error)
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Refused):
        return Refusal(400, f"{words[:1].upper()}{words[1:]}.")
    if isinstance(error, Full):
        return too_much_at_once(own=False)
    if isinstance(error, GenimgError):
        fitting = (status for kind, status in kinds if isinstance(error, kind))
        return Refusal(next(fitting, 400), words)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Refusal(507, say("serving.disk_full"))
    _LOG.error("a fault of the program", exc_info=error)
    return Refusal(500, say("serving.fault"))


def json_route(
    path: str,
    question: type[Q] | TypeAdapter[Q],
    answer: Callable[[Request, Q], Awaitable[Response | Mapping[str, Any]]],
    why_not: Callable[[Request], str] | None = None,
    statuses: Iterable[tuple[type[GenimgError], int]] = (),
    most: int = MAX_CHARACTERS,
    places: Share | None = None,
    turns: Turns | None = None,
) -> Route:
    """A route that is asked by POST, with a JSON object.

    Args:
        question: what may be asked; see `read`.
        answer: gives plain values, or a response of another kind.
        why_not, statuses: see `guarded`.
        most: bytes of a question.
        places: of which each question holds one until it has been answered.
        turns: of which each has one while it is being answered; until then it waits.
    """

    async def handler(request: Request) -> Response:
        asked = read(question, await body_of(request, most), most)
        address = client_address(request.scope)
        async with AsyncExitStack() as stack:
            if places is not None:
                stack.enter_context(places.holding(address))
            if turns is not None:
                await while_there(request, stack.enter_async_context(turns.turn(address)))
            given = await answer(request, asked)
        return given if isinstance(given, Response) else json_answer(given)

    return Route(path, guarded(handler, why_not, statuses), methods=["POST"])


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What comes of some work, which is given up once the page has given up the question, or was
    closed. For a request whose body has been read.

    Raises:
        ClientDisconnect: it was given up.
    """
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    both: list[asyncio.Future[Any]] = [working, gone]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for future in both:
            future.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
