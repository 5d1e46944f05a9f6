"""How is the page served: to whom, how much at once, and what is refused?

Gradio's page is mounted on a FastAPI app of our own with careful settings: no share link, no
telemetry, no pages about other people's use, no fetching of foreign addresses, no answers to
foreign pages, bounded uploads and sessions.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from genimg.errors import GenimgError
from genimg.images import MAX_BYTES
from genimg.ui import words
from genimg.ui.edit.live import Live
from genimg.ui.edit.routes import EditRoutes
from genimg.ui.edit.strips import Strips
from genimg.ui.page import build_page
from genimg.ui.serving.doors import Doors
from genimg.ui.serving.limits import limit, limit_sessions, server_options, while_serving
from genimg.ui.serving.settings import Access
from genimg.ui.serving.temp import VARIABLE, claim
from genimg.ui.serving.unreadable import tell_plainly
from genimg.ui.shell import static
from genimg.ui.shell.dropping import PATH as MODELS_PATH
from genimg.ui.shell.dropping import Dropping
from genimg.ui.shell.store import Store
from genimg.ui.shell.theme import theme
from genimg.ui.train.routes import PICTURES_PATH, TrainingRoutes
from genimg.ui.train.service import Training

LONGEST_WARM_UP = 20.0
"""Seconds that the end of the program waits for a model that is being loaded."""
MAX_MESSAGE = 2**20
"""Bytes of a WebSocket message; genimg's own are checked more closely (see live_messages)."""

_NO_PAGES = {"docs_url": None, "redoc_url": None, "openapi_url": None}


def build_app(
    checkpoints: Path,
    host: str = "127.0.0.1",
    port: int = 7860,
    runs: Path = Path("runs"),
    allow_training: bool = False,
    training_at_once: int = 1,
    no_training: bool = False,
    access: Access | None = None,
    language: str = words.ENGLISH,
) -> FastAPI:
    """The whole app, ready for a server: `uvicorn.run(build_app(folder))`.

    Args:
        checkpoints: the folder of the models.
        host, port: those it will be reached at; pages of other origins get no answer.
        runs: the folder of the training runs.
        allow_training: let those train who come from other machines, too, if `host` lets them in.
        training_at_once: how many runs may train at the same time; the others wait.
        no_training: let nobody train.
        access: who is let in, and by which ways.
        language: of the page, a file of ui/words.
    """
    words.choose(language)
    access = access or Access()
    # Two threads on two busy cores are far slower than one for pictures of this size.
    torch.set_num_threads(1)
    store = Store(checkpoints)
    temporary = claim()
    os.environ[VARIABLE] = str(temporary.path)
    page = build_page(store)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=_origins(host, port))
    limit(app, temporary, MAX_BYTES, {MODELS_PATH: None, PICTURES_PATH: None})
    # Before Gradio, which takes every path that is left.
    app.state.strips = Strips(store)
    app.router.routes += [
        static.route(), Live(store).route, app.state.strips.route, *EditRoutes(store).routes,
    ]  # fmt: skip
    training = Training(store, runs, training_at_once)
    app.state.training = training
    routes = TrainingRoutes(training, host, allow_training, no_training, access.is_behind_proxy)
    dropping = Dropping(store, routes.may_add)
    app.router.routes += [*routes.routes, dropping.route]
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=host,
        server_port=port,
        root_path=access.root_path,
        app_kwargs=dict(_NO_PAGES),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        allowed_paths=[],
        max_file_size=MAX_BYTES,
        theme=theme(),
        css_paths=list(static.STYLES),
        head=static.head(),
    )
    mounted = app.router.routes[-1].app  # type: ignore[attr-defined]
    limit_sessions(mounted, page)
    tell_plainly(mounted)
    while_serving(app, temporary, [dropping.sweep])
    temporary.keep_what_is_there()
    app.add_middleware(Doors, access=access)
    app.state.warm_up = threading.Thread(target=_warm_up, args=(store,), daemon=True)
    app.state.warm_up.start()
    return app


def serve(
    checkpoints: Path,
    listener: socket.socket,
    on_ready: Callable[[], None],
    runs: Path = Path("runs"),
    allow_training: bool = False,
    training_at_once: int = 1,
    no_training: bool = False,
    access: Access | None = None,
    language: str = words.ENGLISH,
) -> None:
    """Serve the app on an open socket until it is stopped; `on_ready` is called when it answers.

    The other arguments are those of `build_app`.
    """
    host, port = listener.getsockname()[:2]
    app = build_app(
        checkpoints,
        host,
        port,
        runs,
        allow_training,
        training_at_once,
        no_training,
        access,
        language,
    )
    # Frames are not worth deflating: it takes longer than to send them.
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            ws_max_size=MAX_MESSAGE,
            ws_per_message_deflate=False,
            proxy_headers=False,  # see Doors
            **server_options(),
        )
    )
    threading.Thread(target=_wait, args=(server, on_ready), daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        app.state.training.close()
        # Torch aborts a program that ends while another thread is inside it.
        app.state.warm_up.join(LONGEST_WARM_UP)


def _wait(server: uvicorn.Server, on_ready: Callable[[], None]) -> None:
    pause = threading.Event()
    while not server.started and not server.should_exit:
        pause.wait(0.05)
    if server.started:
        on_ready()


def _warm_up(store: Store) -> None:
    """Load the first model while the browser is still fetching the page."""
    try:
        if store.names:
            editor = store.get(store.names[0])
            editor.decode(editor.sample(1)[0])
    except GenimgError:
        pass  # said again, in plain words, to whoever opens the page


def _origins(host: str, port: int) -> list[str]:
    names = {host, "localhost", "127.0.0.1"} - {"0.0.0.0", "::"}
    hosts = {f"[{name}]" if ":" in name else name for name in names}
    return sorted(f"http://{name}:{port}" for name in hosts)
