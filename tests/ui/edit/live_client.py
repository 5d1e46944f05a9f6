"""The two ends of a live socket for tests: a server without Gradio's page, and a page without a
browser.
"""

from __future__ import annotations

import json
import shutil
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from genimg.editor import Editor, Recipe
from genimg.models import build_model, save_model
from genimg.ui.edit.live import PATH, Live
from genimg.ui.edit.live_messages import HEADER
from genimg.ui.shell.store import Store

from ..conftest import save_gan

CATS, GREY, DRAWER, SLOW = "a-tiny-cats", "b-grey", "c-tiny-gan", "d-slow"
PATIENCE = 60.0
"""Seconds after which what has not happened is a failure."""


class Frame(NamedTuple):
    """An answer, in the order of the protocol."""

    seq: int
    scene: int
    width: int
    height: int
    channels: int
    kind: int
    body: bytes


class Page:
    """The other end of a socket, as the page is."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.send = socket.send

    def set(self, recipe: Recipe | str, names: list[str], scene: int = 1, raw: bool = True) -> None:
        text = recipe if isinstance(recipe, str) else recipe.to_text()
        self.send(json.dumps({"scene": scene, "recipe": text, "names": names, "raw": raw}))

    def pull(self, seq: int, *values: float, scene: int = 1) -> None:
        self.send(struct.pack(f"<II{len(values)}f", seq, scene, *values))

    def frame(self) -> Frame:
        data = self.socket.recv(PATIENCE)
        assert isinstance(data, bytes), data
        return Frame(*HEADER.unpack_from(data), data[HEADER.size :])

    def frames_until(self, seq: int) -> list[Frame]:
        frames = [self.frame()]
        while frames[-1].seq != seq:
            frames.append(self.frame())
        return frames

    def error(self) -> dict[str, Any]:
        data = self.socket.recv(PATIENCE)
        assert isinstance(data, str)
        said: dict[str, Any] = json.loads(data)
        return said

    def refusal(self) -> tuple[int, str]:
        """Code and reason of the server's goodbye."""
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                self.socket.recv(PATIENCE)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


class Serving:
    """An app on a port of its own, as the program serves it."""

    def __init__(self, app: Any, **options: Any) -> None:
        options = {"proxy_headers": False, **options}
        config = uvicorn.Config(
            app, port=0, log_level="warning", ws_per_message_deflate=False, **options
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def stop(self, at_once: bool = False) -> None:
        """End it; `at_once` also where somebody listens to it still."""
        self._server.should_exit = True
        self._server.force_exit = at_once
        self._thread.join(PATIENCE)

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        with connect(f"ws://{self.address}{PATH}", compression=None, **options) as socket:
            yield Page(socket)

    def transport(self, port: int) -> Any:
        """The server's end of the connection that comes from this port."""
        found = (connection.transport for connection in self._server.server_state.connections)
        return next(t for t in found if t.get_extra_info("peername")[1] == port)


class Server(Serving):
    """The live sockets alone, without Gradio's page."""

    def __init__(self, store: Store, **limits: Any) -> None:
        self.live = Live(store, **limits)
        super().__init__(Starlette(routes=[self.live.route]))


@contextmanager
def asleep(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Nothing is drawn meanwhile, however many threads there are."""
    morning = threading.Event()
    for _ in range(pool._max_workers):
        pool.submit(morning.wait)
    try:
        yield
    finally:
        morning.set()


def waiting(pool: ThreadPoolExecutor) -> int:
    """How many pieces of work no thread has begun."""
    return pool._work_queue.qsize()


def fill(folder: Path, tiny_checkpoint: Path) -> Store:
    """Models of three kinds and sizes: CATS has names, GREY one channel, DRAWER layers."""
    shutil.copy(tiny_checkpoint, folder / f"{CATS}.safetensors")
    save_gan(folder / f"{DRAWER}.safetensors")
    row = {"group": "raw", "factor": "", "std": 1.0, "reliability": 0.5}
    for name, shape in ((GREY, (1, 16, 16)), (SLOW, (3, 128, 128))):
        save_model(
            folder / f"{name}.safetensors",
            build_model("vae", image_shape=shape, latent_dim=8, seed=3),
            "vae",
            name=name,
            extra={"directions": tuple({**row, "name": f"raw {i}"} for i in range(8))},
            tensors={"directions.vectors": torch.eye(8)},
        )
    return Store(folder)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def begun(editor: Editor, names: list[str]) -> Recipe:
    """An edit that is under way: two sliders stand somewhere."""
    start = Recipe.of(editor.sample(1, seed=3)[0], {names[0]: 1.3}, model_name=CATS)
    return start.pulled({names[1]: -0.7})


def drawn(editor: Editor, recipe: Recipe, totals: dict[str, float]) -> bytes:
    """The pixels after a commit, which has read the recipe from its text."""
    committed = Recipe.from_text(recipe.pulled(totals).to_text())
    return editor.decode(editor.edited(committed))[0].tobytes()
