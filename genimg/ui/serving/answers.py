"""What do the routes of genimg answer, and how is a request turned down?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from genimg.ui.words import say

FRESH = {"Cache-Control": "no-store"}


class Refusal(Exception):
    """Why a request is turned down, as a sentence for the person who asks, and the status that
    goes with it.

    Args:
        again: seconds after which it may be tried again; 0 where that is no use.
    """

    def __init__(self, status: int, words: str, again: int = 0) -> None:
        super().__init__(words)
        self.status, self.words, self.again = status, words, again

    def response(self) -> JSONResponse:
        """The answer that says so, as the routes of genimg say what goes wrong (`error`) and as
        Gradio's do (`detail`).
        """
        answer = json_answer({"error": self.words, "detail": self.words}, self.status)
        if self.again:
            answer.headers["Retry-After"] = str(self.again)
        return answer

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with it, as an ASGI app."""
        await self.response()(scope, receive, send)


def too_much_at_once(own: bool) -> Refusal:
    """One address, or all of them together, ask for more than there is at the moment."""
    if own:
        return Refusal(429, say("serving.too_much_of_you"), 2)
    return Refusal(503, say("serving.too_much_of_all"), 2)


def json_answer(values: Mapping[str, Any], status: int = 200) -> JSONResponse:
    """Plain values as JSON that is not kept by anybody; see `sound`."""
    return JSONResponse(sound(values), status, headers=FRESH)


def sound(value: Any) -> Any:
    """What JSON can carry of a value of plain kinds, so that one odd text or number spoils nothing.

    Numbers that are not finite become None, and what is no text in UTF-8 (the names of some files)
    gets question marks.
    """
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {sound(key): sound(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [sound(each) for each in value]
    return value
