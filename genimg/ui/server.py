"""How is the page served: to whom, how much at once, and what is refused?

Gradio's page is mounted on a FastAPI app of our own with careful settings: no share link, no
telemetry, no pages about other people's use, no fetching of foreign addresses, no answers to
foreign pages, bounded uploads and sessions.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.middleware.cors import CORSMiddleware

from genimg.errors import GenimgError
from genimg.images import MAX_BYTES
from genimg.ui import build_page
from genimg.ui.dropping import PATH as MODELS_PATH
from genimg.ui.dropping import Dropping
from genimg.ui.live import Live
from genimg.ui.live_strips import Strips
from genimg.ui.store import Store
from genimg.ui.theme import ASSETS, theme
from genimg.ui.training_routes import PICTURES_PATH, TrainingRoutes
from genimg.ui.training_work import Training

LONGEST_WARM_UP = 20.0
"""Seconds that the end of the program waits for a model that is being loaded."""
MAX_SESSIONS = 100
MAX_EVENT = 20 * 10**6
"""Bytes that an event may bring; files have a way and a limit of their own."""
MAX_MESSAGE = 2**20
"""Bytes of a WebSocket message; genimg's own are checked more closely (see live_messages)."""
STYLES = ("style.css", "edit.css", "history.css", "models.css", "train.css")
SCRIPTS = (
    "dom.js", "page.js", "models.js", "history.js", "shelf.js", "historypanel.js", "compare.js",
    "crop.js", "links.js", "live.js", "panel.js", "viewer.js", "uploads.js", "strips.js",
    "keeping.js", "stage.js", "trainwords.js", "trainupload.js", "trainlook.js", "trainnew.js",
    "trainline.js", "traincurves.js", "trainrun.js", "train.js",
)  # fmt: skip
"""The page's own scripts, each after those that it uses."""

# Gradio sets every rule of style.css inside its container; this is for the container itself. With
# "hidden", as Gradio has it, nothing in the page could stay in view while it scrolls.
_STYLE = "<style>.gradio-container{overflow:clip!important;padding:0!important}</style>"
_NO_PAGES = {"docs_url": None, "redoc_url": None, "openapi_url": None}


def build_app(
    checkpoints: Path,
    host: str = "127.0.0.1",
    port: int = 7860,
    runs: Path = Path("runs"),
    allow_training: bool = False,
    training_at_once: int = 1,
    no_training: bool = False,
) -> FastAPI:
    """The whole app, ready for a server: `uvicorn.run(build_app(folder))`.

    Args:
        checkpoints: the folder of the models.
        host, port: those it will be reached at; pages of other origins get no answer.
        runs: the folder of the training runs.
        allow_training: let those train who come from other machines, too, if `host` lets them in.
        training_at_once: how many runs may train at the same time; the others wait.
        no_training: let nobody train.
    """
    # Two threads on two busy cores are far slower than one for pictures of this size.
    torch.set_num_threads(1)
    store = Store(checkpoints)
    page = build_page(store)
    page.state_session_capacity = MAX_SESSIONS
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=_origins(host, port))
    app.middleware("http")(_refuse_abuse)
    # Before Gradio, which takes every path that is left.
    app.router.routes += [Live(store).route, Strips(store).route]
    training = Training(store, runs, training_at_once)
    app.state.training = training
    routes = TrainingRoutes(training, host, allow_training, no_training)
    app.router.routes += [*routes.routes, Dropping(store, routes.may_add).route]
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=host,
        server_port=port,
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
        css_paths=[ASSETS / name for name in STYLES],
        head=_STYLE + "".join(f"<script>{_asset(name)}</script>" for name in SCRIPTS),
    )
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
) -> None:
    """Serve the app on an open socket until it is stopped; `on_ready` is called when it answers.

    The other arguments are those of `build_app`.
    """
    host, port = listener.getsockname()[:2]
    app = build_app(checkpoints, host, port, runs, allow_training, training_at_once, no_training)
    # Frames are not worth deflating: it takes longer than to send them.
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", ws_max_size=MAX_MESSAGE, ws_per_message_deflate=False
        )
    )
    threading.Thread(target=_wait, args=(server, on_ready), daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        app.state.training.close()
        # Torch aborts a program that ends while another thread is inside it.
        app.state.warm_up.join(LONGEST_WARM_UP)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


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


async def _refuse_abuse(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Gradio would fetch `/file=https://...` for anybody, a proxy nobody asked for; and it reads
    events of any length.
    """
    path = request.url.path.lower()
    if "file=http" in path or "proxy=" in path:
        return PlainTextResponse("Not available here.", status_code=403)
    length = request.headers.get("content-length", "0")
    large = path.endswith("/upload") or path in (MODELS_PATH, PICTURES_PATH)
    if not large and length.isdecimal() and int(length) > MAX_EVENT:
        return PlainTextResponse("That is too much at once.", status_code=413)
    return await call_next(request)
