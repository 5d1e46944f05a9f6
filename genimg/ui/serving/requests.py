"""How many requests may one address have under way, and how many of them may do heavy work?

Events that are run without Gradio's queue are heavy work that begins at once. So only some of them
run at a time, a few of each address, and the others wait here, where waiting costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

from genimg.ui.serving.answers import Refusal, too_much_at_once
from genimg.ui.serving.client import client_address
from genimg.ui.serving.quotas import Full, Share, Turns
from genimg.ui.words import say

MOST_REQUESTS, MOST_REQUESTS_OF_ONE = 2000, 400
"""A page that is open has one or two under way all the time."""
MOST_RUNS, MOST_RUNS_OF_ONE = 12, 6
"""Events without the queue that run at the same time."""
MOST_WAITING_OF_ONE = 40
"""Those of one address that run or wait to be run."""
CLOSED = ("/gradio_api/process_recording", "/gradio_api/deep_link", "/gradio_api/vibe-",
          "/gradio_api/undo-vibe-edit")  # fmt: skip
"""Ways of Gradio's that write files which nobody deletes; genimg's page does not use them."""
DIRECT = ("/gradio_api/run/", "/gradio_api/api/", "/gradio_api/component_server")

ASKING: ContextVar[str | None] = ContextVar("asking", default=None)
"""The address whose request is being answered; None outside of one."""


class Requests:
    """Middleware that bounds what an address has under way.

    Args:
        runs, runs_of_one: see MOST_RUNS.
    """

    def __init__(
        self,
        app: ASGIApp,
        requests: Share | None = None,
        runs: int = MOST_RUNS,
        runs_of_one: int = MOST_RUNS_OF_ONE,
    ) -> None:
        self.app = app
        self._requests = requests or Share(MOST_REQUESTS, MOST_REQUESTS_OF_ONE)
        self._waiting = Share(MOST_REQUESTS, MOST_WAITING_OF_ONE)
        self._runs = Turns(runs, runs_of_one)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request when its turn has come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        address = client_address(scope)
        ASKING.set(address)
        if _starts(path, CLOSED):
            await Refusal(403, say("serving.not_here")).send(scope, receive, send)
            return
        async with AsyncExitStack() as stack:
            try:
                stack.enter_context(self._requests.holding(address))
                if scope["method"] == "POST" and _starts(path, DIRECT):
                    stack.enter_context(self._waiting.holding(address))
                    await stack.enter_async_context(self._runs.turn(address))
            except Full as full:
                await too_much_at_once(full.own).send(scope, receive, send)
                return
            await self.app(scope, receive, send)


def _starts(path: str, starts: Sequence[str]) -> bool:
    return path.startswith(tuple(starts))
