"""Is each kind of extension one new thing and one line in a table, as docs/extending.md says?

Each test adds one from the outside: nothing of genimg is changed but the table.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import gradio as gr
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genimg import Direction, Editor
from genimg.cli import COMMANDS, Command, main
from genimg.data import DATASETS, Card, Dataset, Factor, load_dataset
from genimg.evaluation.coding import encode_all
from genimg.latents import METHODS, Evidence, find_directions
from genimg.models import (
    MODELS,
    DiagonalGaussian,
    Family,
    LatentModel,
    Network,
    Prior,
    load_model,
    model_digest,
)
from genimg.runs import RunFiles
from genimg.runs.description import Kind
from genimg.training import OBJECTIVES, TrainOptions
from genimg.training.finishing.findings import Findings
from genimg.training.objectives.objective import (
    AGAIN,
    HELD_OUT,
    Objective,
    Player,
    Terms,
    cosine,
    make_optimizer,
)
from genimg.training.pictures.batches import Batch
from genimg.training.planning.compute import Compute
from genimg.ui.page import TABS, build_page
from genimg.ui.shell.store import Store
from genimg.ui.train.requests import Data, RunRequest, offered, offers

# -- a data set


def stripes(size: int | None, root: Path, cache: Path, count: int | None, seed: int) -> Dataset:
    """Grey pictures with stripes that lie or stand."""
    side, number = size or 16, count or 160
    rng = np.random.default_rng(seed)
    standing = rng.integers(0, 2, number)
    line = 255 * (np.arange(side) // 2 % 2)
    lying = np.tile(line[:, None], (1, side))
    images = np.stack([lying.T if stands else lying for stands in standing])
    images = np.clip(images + rng.integers(-40, 40, images.shape), 0, 255).astype(np.uint8)
    rows = np.arange(number)
    cut = [number * 6 // 10, number * 8 // 10]
    names = ("train", "validation", "test")
    return Dataset(
        name="stripes",
        images=images[..., None],
        labels=standing[:, None].astype(np.int64),
        factors=(Factor("way", ("lying", "standing")),),
        splits=dict(zip(names, np.split(rows, cut), strict=True)),
        card=Card("stripes", "Stripes", "CC0", "Nobody", "Stripes with noise."),
        flip=False,
    )


@pytest.fixture
def striped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "stripes", stripes)


@pytest.mark.usefixtures("striped")
def test_a_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = load_dataset("stripes", size=16, count=50)
    assert (len(loaded), loaded.image_shape) == (50, (1, 16, 16))
    assert main(["data", "stripes", "--out", str(tmp_path / "stripes.png")]) == 0
    assert "Stripes" in capsys.readouterr().out and (tmp_path / "stripes.png").is_file()
    assert main(["train", "--help"]) == 0
    assert "stripes" in capsys.readouterr().out
    assert {"name": "stripes", "title": "stripes", "words": ""} in offered()
    assert RunRequest.model_validate({"data": "stripes"}).data == Data(name="stripes")


# -- a direction finder


def halves(evidence: Evidence) -> list[Direction]:
    """Half of the latent's numbers against the others."""
    vector = np.ones(evidence.codes.shape[1])
    vector[::2] = -1.0
    return [evidence.direction("halves", vector, "component", 0.9)]


# -- a family, with an objective


@dataclass(frozen=True)
class LinearConfig:
    image_shape: tuple[int, int, int]
    latent_dim: int


class Linear(LatentModel):
    """The smallest autoencoder: a matrix there, and another one back."""

    config: LinearConfig

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.config = config
        numbers = int(np.prod(config.image_shape))
        self.down = nn.Linear(numbers, config.latent_dim)
        self.up = nn.Linear(config.latent_dim, numbers)
        self.prior = Prior.standard(config.latent_dim)

    @property
    def has_encoder(self) -> bool:
        return True

    def encode(self, pixels: Tensor) -> DiagonalGaussian:
        mean = self.down(pixels.flatten(1)).float()
        return DiagonalGaussian(mean, torch.full_like(mean, -6.0))

    def decode(self, z: Tensor) -> Tensor:
        return self.up(z).view(-1, *self.image_shape)


class LinearObjective(Objective):
    """The squared error of pictures made again."""

    kind = Kind("Linear")
    model: Linear

    def __init__(self, model: Linear, options: TrainOptions, compute: Compute) -> None:
        super().__init__(model, options, compute)
        optimizer = make_optimizer(options.optimizer, list(model.parameters()), 3e-3)
        self.players = {"model": Player(model.parameters(), optimizer)}

    def schedule(self, progress: float, images: int) -> None:
        for group in self.players["model"].optimizer.param_groups:
            group["lr"] = self.damping * cosine(progress, 3e-3, 1e-4)

    def terms(self, batch: Batch, rng: torch.Generator) -> Terms:
        errors = (self._again(self.model, batch.pixels) - batch.pixels).square()
        return {"loss": errors.flatten(1).mean(dim=1)}

    def validate(self, model: Linear, batch: Batch) -> dict[str, float]:
        return {"loss": float(F.mse_loss(self._again(model, batch.pixels), batch.pixels))}

    def preview(self, model: Linear, pixels: Tensor) -> list[Tensor]:
        return [self._again(model, pixels)]

    def sheet_rows(self) -> tuple[str, ...]:
        return (HELD_OUT, AGAIN)

    @classmethod
    def finish(
        cls, model: Linear, dataset: Dataset, say: Callable[[str], None], quick: bool = False
    ) -> Findings:
        splits = [dataset.split(name).images for name in ("train", "validation")]
        known, held_out = (encode_all(model, images).mode().double().numpy() for images in splits)
        found = find_directions(Evidence(model_digest(model), known, held_out, None, None))
        return Findings({}, found, (), f"{len(found)} directions")

    @staticmethod
    def _again(model: Linear, pixels: Tensor) -> Tensor:
        return model.decode(model.encode(pixels).mode())


def linear_config(
    preset: str, shape: tuple[int, int, int], latent_dim: int | None, sizes: tuple[int, ...]
) -> LinearConfig:
    return LinearConfig(shape, latent_dim or 4)


@pytest.mark.usefixtures("striped")
def test_a_family_with_an_objective_and_a_direction_finder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network = Network(Linear, LinearConfig)
    monkeypatch.setitem(MODELS, "linear", Family(network, linear_config, ("plain",)))
    monkeypatch.setitem(OBJECTIVES, "linear", LinearObjective)
    monkeypatch.setitem(METHODS, "halves", halves)
    words = [
        "train", "linear", "--data=stripes", "--size=16", "--images=1920",
        "--validate-every=320", "--threads=1",
        "--precision=fp32", "--layout=channels_last", "--device=cpu", f"--out={tmp_path / 'run'}",
    ]  # fmt: skip
    offer = {"name": "linear", "title": "linear", "words": "", "draws": True}
    assert offer in offers()["families"], "on the page"
    assert RunRequest.model_validate({"data": "stripes", "family": "linear"}).family == "linear"
    assert main(["train", "--help"]) == 0
    assert "linear: plain" in " ".join(capsys.readouterr().out.split())
    assert main([*words, "--gamma=1"]) == 2
    assert "--gamma is for a gan, not for a linear" in capsys.readouterr().err
    assert main(words) == 0
    path = tmp_path / "run" / "model.safetensors"
    model, header, _ = load_model(path)
    assert isinstance(model, Linear) and header.family == "linear"
    losses = [row["loss"] for row in RunFiles(tmp_path / "run").read_progress()]
    assert len(losses) > 1 and losses[-1] < losses[0]
    editor = Editor.load(path, "cpu")
    latent = editor.encode(load_dataset("stripes", size=16).images[0, ..., 0])
    [picture] = editor.decode(editor.move(latent, {"halves": 1.0}))
    assert picture.size == (16, 16)


# -- a tab

TAB = """
import gradio as gr

ID = "hello"
TITLE = "Hello"


def build(wiring):
    gr.Markdown("a tab from outside", elem_id="from-outside")
"""


def from_folder(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hello_tab", folder / "tab.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "tab.py").write_text(TAB)
    tab = from_folder(tmp_path / "hello")
    monkeypatch.setitem(TABS, tab.ID, tab)
    blocks = build_page(Store(tmp_path)).blocks.values()
    assert "Hello" in [block.label for block in blocks if isinstance(block, gr.Tab)]
    [text] = [block for block in blocks if block.elem_id == "from-outside"]
    assert isinstance(text.parent, gr.Tab) and text.parent.id == "hello"


# -- a command


def test_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(arguments: object) -> int:
        print("done")
        return 0

    monkeypatch.setitem(COMMANDS, "greet", Command("say hello", lambda parser: None, run))
    assert main(["greet"]) == 0
    assert main(["--help"]) == 0
    assert "greet        say hello" in capsys.readouterr().out
