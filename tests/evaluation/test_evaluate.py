"""The numbers of a model are those of pictures that it never saw, measured as the metrics say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genimg.checkpoint import load, read_header, save
from genimg.data import Dataset
from genimg.errors import CheckpointError, DataError
from genimg.evaluation.evaluate import decode_all, encode_all, evaluate, evaluate_model
from genimg.metrics import psnr, ssim
from genimg.models import build_model, load_model, save_model
from genimg.training.finishing.vae import survival

KEYS = ("psnr", "ssim", "kl", "active_dimensions", "dimensions", "pictures")


def test_the_headers_metrics_are_those_of_the_test_split(
    tiny_checkpoint: Path, cats: Dataset
) -> None:
    model, header, _ = load_model(tiny_checkpoint)
    found = evaluate_model(model, cats.split("test").images[:500])
    assert {key: header.metrics[key] for key in KEYS} == {key: found[key] for key in KEYS}
    elsewhere = evaluate_model(model, cats.split("validation").images[:500])
    assert elsewhere["psnr"] != found["psnr"]


@torch.no_grad()
def test_each_number_is_the_mean_over_single_pictures(tiny_checkpoint: Path, cats: Dataset) -> None:
    """70 pictures are more than go through the network at once."""
    model, _, _ = load_model(tiny_checkpoint)
    images = np.asarray(cats.split("test").images[:70])
    found = evaluate_model(model, images)
    posterior = encode_all(model, images)
    assert posterior.mean.shape == posterior.logvar.shape == (70, 16)
    made = np.concatenate([decode_all(model, row[None]) for row in posterior.mode()])
    assert made.shape == images.shape
    assert found["pictures"] == 70
    singles = [psnr(a, b) for a, b in zip(images, made, strict=True)]
    assert found["psnr"] == pytest.approx(np.mean(singles), abs=0.01)
    singles = [ssim(a, b) for a, b in zip(images, made, strict=True)]
    assert found["ssim"] == pytest.approx(np.mean(singles), abs=0.001)
    assert found["kl"] == pytest.approx(float(posterior.kl().mean()), abs=0.01)
    assert 0 < found["active_dimensions"] <= found["dimensions"] == 16


def test_a_checkpoint_can_be_measured_on_a_folder_of_pictures(
    tiny_checkpoint: Path, cats: Dataset, tmp_path: Path
) -> None:
    for i, image in enumerate(cats.split("test").images[:30]):
        Image.fromarray(np.asarray(image)).save(tmp_path / f"{i:02d}.png")
    found = evaluate(tiny_checkpoint, data=f"folder:{tmp_path}")
    assert found["pictures"] == 3, "a tenth of them is the test split"
    assert found["model"] == "tiny-cats"
    assert found["id"] == read_header(tiny_checkpoint).id
    usual = read_header(tiny_checkpoint).metrics["psnr"]
    assert found["psnr"] == pytest.approx(usual, abs=3.0)
    few = evaluate(tiny_checkpoint, data=f"folder:{tmp_path}", count=2)
    assert few["pictures"] == 2


def test_what_cannot_be_measured_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model file"):
        evaluate(tmp_path / "gone.safetensors")
    nameless = tmp_path / "nameless.safetensors"
    save_model(nameless, build_model("vae", (3, 16, 16), seed=0), "vae", name="nameless")
    with pytest.raises(DataError, match=r"does not say what it was trained on.*--data"):
        evaluate(nameless)
    for i in range(10):
        Image.effect_noise((16, 16), 40).save(tmp_path / f"{i}.png")
    with pytest.raises(DataError, match=r"\(1, 16, 16\), the model's are \(3, 16, 16\)"):
        evaluate(tiny_checkpoint, data=f"folder:{tmp_path}")


def test_a_model_of_a_folder_does_not_guess_where_the_folder_is(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """Its header knows the folder's name alone, and another folder may be called so."""
    header, tensors = load(tiny_checkpoint)
    mine = tmp_path / "mine.safetensors"
    save(mine, replace(header, data={**header.data, "name": "folder:tests"}), tensors)
    with pytest.raises(DataError, match="--data folder:PATH"):
        evaluate(mine)


class Mirror(torch.nn.Module):
    """Two of three latent dimensions are pixels, which come back whole, by half, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.stack([z[:, 0], 0.5 * z[:, 1], 0 * z[:, 2]], dim=1)[:, None, None]

    def encode(self, pixels: torch.Tensor) -> "Mirror":
        self.found = pixels[:, 0, 0]
        return self

    def reencode(self, z: torch.Tensor) -> "Mirror":
        return self.encode(self.decode(z))

    def mode(self) -> torch.Tensor:
        return self.found


@torch.no_grad()
def test_survival_is_the_part_of_a_move_that_is_found_again() -> None:
    codes = 0.1 * torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    found = survival(Mirror(), codes, torch.tensor([0.2, 0.3, 0.1]))  # type: ignore[arg-type]
    assert found.tolist() == pytest.approx([1.0, 0.5, 0.0], abs=1e-5)
