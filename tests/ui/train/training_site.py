"""The routes of the Train tab without Gradio's page, and small pictures to train on."""

from __future__ import annotations

import io
import json
import random
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg.runs import STOPPED, RunFiles
from genimg.ui.shell.store import Store
from genimg.ui.train.routes import TrainingRoutes
from genimg.ui.train.service import Training
from genimg.ui.train.views import PATH

PATIENCE = 90.0
HERE = "http://127.0.0.1:7860"


class Place:
    """An app that can train: its routes as a browser at this machine asks for them."""

    def __init__(
        self,
        folder: Path,
        model: Path,
        host: str = "127.0.0.1",
        allow: bool = False,
        off: bool = False,
    ):
        self.checkpoints, self.runs = folder / "checkpoints", folder / "runs"
        self.checkpoints.mkdir(parents=True)
        shutil.copy(model, self.checkpoints / "tiny-cats.safetensors")
        self.training = Training(Store(self.checkpoints), self.runs)
        routes = TrainingRoutes(self.training, host, allow, off).routes
        self.client = TestClient(Starlette(routes=routes), HERE)

    def get(self, path: str = "") -> Any:
        answer = self.client.get(PATH + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **values: Any) -> Any:
        answer = self.client.post(PATH + path, json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, path: str, **values: Any) -> tuple[int, str]:
        answer = self.client.post(PATH + path, json=values)
        return answer.status_code, answer.json()["error"]

    def send(self, name: str, data: bytes, number: str = "") -> Any:
        answer = self.client.post(
            f"{PATH}/pictures", params={"set": number, "name": name}, content=data
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, name: str) -> Any:
        return self.get(f"/runs/{name}")

    def await_run(self, name: str, happened: Callable[[Any], object]) -> Any:
        return until(lambda: self.run(name), happened)

    def close(self) -> None:
        for run in self.get()["runs"]:
            self.client.post(f"{PATH}/runs/{run['name']}/stop")
        until(lambda: [x for x in self.runs.glob("*/") if RunFiles(x).alive], lambda xs: not xs)
        self.training.close()


def rest(place: Place, name: str = "mine", phase: str = STOPPED, **about: Any) -> RunFiles:
    """A run that is at rest, as its files tell."""
    files = RunFiles(place.runs / name)
    files.path.mkdir(parents=True)
    command = {"arguments": ["vae", "--data=cats", "--minutes=5"], "about": {"title": name},
               "created": 5.0}  # fmt: skip
    files.command.write_text(json.dumps(command))
    files.describe({"family": "vae", "title": "Cats", "options": {"minutes": 5}} | about)
    files.tell(phase, "at rest", progress=0.5, images=1000, seconds=150.0)
    return files


def until(ask: Callable[[], Any], happened: Callable[[Any], object]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not happened(answer := ask()):
        assert time.monotonic() < deadline, f"it never happened: {answer}"
        time.sleep(0.05)
    return answer


def picture(number: int) -> bytes:
    """A PNG of 24 pixels: a disc or a square on a plain ground, other ones for each number."""
    rng = random.Random(number)
    ground, colour = (tuple(rng.randrange(256) for _ in range(3)) for _ in range(2))
    image = Image.new("RGB", (24, 24), ground)
    x, y, side = rng.randrange(10), rng.randrange(10), rng.randrange(6, 13)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if number % 2 else draw.rectangle)((x, y, x + side, y + side), fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def archive(count: int, **more: bytes) -> bytes:
    """A zip of so many pictures, in a folder for each of two kinds, and further files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for number in range(count):
            kind = "discs" if number % 2 else "squares"
            written.writestr(f"{kind}/{number}.png", picture(number))
        for name, data in more.items():
            written.writestr(name, data)
    return file.getvalue()
