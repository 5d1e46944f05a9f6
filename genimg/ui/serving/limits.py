"""Which limits has an app, so that one client cannot spoil it for the others?

They are those of an address, and of all together: what a program calls itself does not count. Each
is far above what the people of one household, or a class behind one router, come to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App

from genimg.ui.serving.bodies import Bodies, Uploads
from genimg.ui.serving.connections import BACKLOG, MOST_OF_ONE, protocol, quietly, raise_file_limit
from genimg.ui.serving.memory import given_back
from genimg.ui.serving.queueing import Sessions
from genimg.ui.serving.quotas import Ration, Share
from genimg.ui.serving.requests import Requests
from genimg.ui.serving.temp import KEPT_SECONDS, TempFolder

UPLOAD = "/gradio_api/upload"
MAX_EVENT = 20 * 10**6
"""Bytes that an event may bring; files have a way and a limit of their own."""
EVENTS, EVENTS_OF_ONE = 400 * 10**6, 100 * 10**6
"""Bytes of events that are being received and answered."""
UPLOADS, UPLOADS_OF_ONE = 10 * 10**9, 2 * 10**9
"""Bytes of uploads that lie in the folder for temporary files."""
_FORM = 10**6
"""Bytes that an upload may have besides its file."""


def limit(app: FastAPI, folder: TempFolder, largest: int, files: Mapping[str, int | None]) -> None:
    """Bound what is asked of an app. What is added to it later stands before these limits.

    Args:
        folder: where uploads lie.
        largest: bytes of an upload.
        files: other paths that take files, with their limits; None where the route has its own.
    """

    def most(path: str) -> int | None:
        return largest + _FORM if path == UPLOAD else files.get(path, MAX_EVENT)

    uploads = Uploads(folder.path, Ration(UPLOADS, UPLOADS_OF_ONE, KEPT_SECONDS))
    memory = Share(EVENTS, EVENTS_OF_ONE)
    app.add_middleware(Bodies, most=most, memory=memory, upload=(UPLOAD, uploads))
    app.add_middleware(Requests)


def limit_sessions(mounted: App, page: gr.Blocks) -> None:
    """Give each address its share of the sessions of Gradio's app for a page."""
    sessions = Sessions()
    page.state_session_capacity = sessions.most + 1  # they drop their own
    sessions.set_blocks(page)
    mounted.state_holder = sessions


def while_serving(
    app: FastAPI, folder: TempFolder, sweepers: Sequence[Callable[[], None]] = ()
) -> None:
    """Keep an app's temporary files and memory small, and its log readable, while it is served."""
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        asyncio.get_running_loop().set_exception_handler(quietly)
        folder.hold(sweepers)
        try:
            with given_back():
                async with before(app) as state:
                    yield state
        finally:
            folder.release()

    app.router.lifespan_context = lifespan


def server_options() -> dict[str, Any]:
    """What a uvicorn server has to be told, so that connections are bounded, too."""
    room = Share(raise_file_limit(), MOST_OF_ONE)
    return {"http": protocol(room), "backlog": BACKLOG}
