"""Real but tiny parts that many tests share: a data set, a model trained on it, its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, by the arithmetic of numpy and sklearn

import torch

torch.set_num_threads(1)

LONGEST = (
    "training/test_kills.py",
    "training/test_resume.py",
    "ui/browser/test_train_new.py",
    "ui/train/test_routes.py",
    "training/objectives/test_gan_runs.py",
    "ui/browser/test_train.py",
    "ui/browser/test_comfort.py",
    "ui/browser/test_history.py",
    "training/distributed/test_processes.py",
    "ui/browser/test_generate.py",
    "ui/browser/test_live.py",
    "training/objectives/test_photo_vae.py",
    "training/test_full_disk.py",
    "ui/test_app.py",
)
"""Files that begin first, in this order: one process has all tests of a file, and the others would
wait for it.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((i for i, name in enumerate(LONGEST) if path.endswith(name)), len(LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def data_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of prepared pictures of its own, which GENIMG_CACHE names during the tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENIMG_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder that all processes of the tests share: the first one that asks fills it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent

    def made(name: str, fill: Callable[[Path], object]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / name).exists():
                fill(shared / f"{name}-begun" / name)
                (shared / f"{name}-begun" / name).rename(shared / name)
        return shared / name

    return made


def trained(out: Path, **changes: object) -> None:
    """A run of a model of 16-pixel cats, which takes some seconds."""
    from genimg.training import TrainOptions, train

    train(
        TrainOptions(
            data="cats", size=16, count=400, out=out, name=None, seed=1,
            precision="fp32", layout="channels_last", threads=1, device="cpu", **changes,
        ),  # type: ignore[arg-type]
        say=lambda line: None,
    )  # fmt: skip


@pytest.fixture(scope="session")
def tiny_run(data_cache: Path, made_once: Callable[..., Path]) -> Path:
    """The folder of a finished run: a VAE of 16-pixel cats, trained by the program for some
    seconds.
    """
    return made_once("tiny-cats", lambda out: trained(out, images=4800))


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_run: Path) -> Path:
    """The model file of `tiny_run`."""
    return tiny_run / "model.safetensors"


@pytest.fixture(scope="session")
def classifier_run(data_cache: Path, made_once: Callable[..., Path]) -> Path:
    """The folder of a finished run: a classifier of 16-pixel cats, trained for some seconds."""
    return made_once("tiny-judge", lambda out: trained(out, family="classifier", images=8000))


@pytest.fixture(scope="session")
def classifier_path(classifier_run: Path) -> Path:
    """The model file of `classifier_run`."""
    return classifier_run / "model.safetensors"


@pytest.fixture(scope="session")
def numbered_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a VAE that has learned nothing, with the numbers age and smile, which drags age
    along, and a label's direction.
    """
    from genimg.latents import Direction, Scale, directions_to_header
    from genimg.models import build_model, model_digest, round_weights, save_model

    model = build_model("vae", (3, 16, 16), seed=3)
    round_weights(model, "vae")
    [d] = model.latent_shape  # type: ignore[union-attr]
    axes = torch.eye(d)
    smile = 0.8 * axes[1] + 0.6 * axes[0]
    scales = {
        "age": (axes[0], Scale("years", 20.0, 75.0, 4.0, 12.0 * axes[0], 47.5)),
        "smile": (smile, Scale("", 0.0, 1.0, 0.15, 0.25 * axes[1], 0.5)),
    }
    digest = model_digest(model)
    found = [
        Direction(name, vector, 1.0, "number", 0.8, digest, scale=scale)
        for name, (vector, scale) in scales.items()
    ]
    found.append(Direction("red hat", axes[2], 1.0, "named", 0.9, digest, "hat"))
    rows, tensors = directions_to_header(found)
    path = tmp_path_factory.mktemp("numbered") / "tiny-people.safetensors"
    data = {"name": "people", "title": "People who do not exist"}
    save_model(path, model, "vae", name="tiny-people",
               extra={"data": data, "directions": rows}, tensors=tensors)  # fmt: skip
    return path


@pytest.fixture(scope="session")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a tiny base that has learned nothing, with two sliders."""
    from genimg.latents.maps import MapDirection, maps_to_header
    from genimg.models import Autoencoder, model_digest, round_weights, save_model
    from genimg.models.autoencoder import AutoencoderConfig

    rng = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Autoencoder(AutoencoderConfig((3, 16, 16), 4, (8, 16), (1, 1), (1, 1))).eval()
    round_weights(model, "base")
    sliders = [
        MapDirection(name, 0.1 * torch.randn(4, 5, generator=rng), 0.9, model_digest(model))
        for name in ("brightness", "warmth")
    ]
    rows, tensors = maps_to_header(sliders)
    path = tmp_path_factory.mktemp("base") / "tiny-base.safetensors"
    save_model(
        path,
        model,
        "base",
        name="tiny-base",
        extra={"data": {"name": "photos", "title": "Any photograph"}, "directions": rows},
        tensors=tensors,
    )
    return path


@pytest.fixture(scope="session")
def photo_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a tiny VAE on a base, neither of which has learned anything, with two sliders and
    a label.
    """
    from genimg.models import Prior, round_weights, save_model
    from genimg.models.autoencoder import AutoencoderConfig
    from genimg.models.photo_vae import PhotoVAE, PhotoVAEConfig

    base = AutoencoderConfig((3, 32, 32), 4, (8, 16), (1, 1), (1, 1))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = PhotoVAE(PhotoVAEConfig((3, 32, 32), 8, base, (8,), 1)).eval()
    model.prior = Prior(
        weights=torch.ones(1),
        means=torch.zeros(1, 8),
        cholesky=0.5 * torch.eye(8)[None],
        offsets=3.0 * torch.eye(8)[:2],
        frequencies=torch.tensor([0.5, 0.5]),
        sizes=torch.tensor([2]),
    )
    round_weights(model, "vae")
    row = {"group": "measured", "factor": "", "std": 1.0, "reliability": 0.5}
    save_model(
        path := tmp_path_factory.mktemp("photo") / "tiny-photo.safetensors",
        model,
        "vae",
        name="tiny-photo",
        extra={
            "data": {
                "name": "fruit",
                "title": "Fruit",
                "factors": [{"name": "kind", "values": ["apple", "pear"]}],
            },
            "directions": tuple({"name": name, **row} for name in ("brightness", "warmth")),
        },
        tensors={"directions.vectors": torch.eye(8)[4:6]},
    )
    return path


@pytest.fixture
def checkpoints_dir(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A folder as the app reads it, with the one model tiny-cats."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "tiny-cats.safetensors").write_bytes(tiny_checkpoint.read_bytes())
    return folder
