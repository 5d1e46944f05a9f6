"""What a run of few pictures starts from where nobody says, and what its model says of that."""

from dataclasses import astuple, replace
from pathlib import Path

import pytest
from PIL import Image

from genimg.checkpoint import load, read_header, save
from genimg.data import Dataset, load_dataset
from genimg.models import build_model, save_model
from genimg.training import TrainOptions, train
from genimg.training.objectives import planner_of
from genimg.training.planning.starting import ancestry, can_start_from


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, cats: Dataset) -> Path:
    """A person's folder: forty cats, as the tiny model knows them."""
    folder = tmp_path_factory.mktemp("mine")
    for row in cats.splits["train"][:40]:
        Image.fromarray(cats.images[row]).save(folder / f"{row}.png")
    return folder


@pytest.fixture
def mine(pictures: Path, data_cache: Path) -> Dataset:
    return load_dataset(f"folder:{pictures}", size=16)


def asked(pictures: Path, **changes: object) -> TrainOptions:
    settings = {"data": f"folder:{pictures}", "size": 16, **changes}
    return TrainOptions(**settings)  # type: ignore[arg-type]


def choose_start(
    options: TrainOptions, dataset: Dataset, models: Path
) -> tuple[TrainOptions, list[tuple[str, ...]]]:
    """What the family's planner chooses, and its choices: what, the value, why."""
    chosen, choices = planner_of(options).choose_start(options, dataset, models)
    return chosen, [astuple(choice) for choice in choices]


def test_few_pictures_start_from_the_model_that_knows_them_best(
    pictures: Path, mine: Dataset, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for name, shape in (("fresh", (3, 16, 16)), ("large", (3, 32, 32))):
        model = build_model("vae", shape, seed=1)
        save_model(tmp_path / f"{name}.safetensors", model, "vae", name=name)
    (tmp_path / "tiny.safetensors").write_bytes(tiny_checkpoint.read_bytes())
    (tmp_path / "broken.safetensors").write_bytes(tiny_checkpoint.read_bytes()[:-100])
    options, [(what, value, why)] = choose_start(asked(pictures), mine, tmp_path)
    assert options.init_from == tmp_path / "tiny.safetensors"
    assert (what, value) == ("start", "from tiny") and "few" in why
    # One that has learned long goes before one that may only know these very pictures by heart.
    learned = {"trained": {"images": 200_000}}
    model = build_model("vae", (3, 16, 16), seed=2)
    save_model(tmp_path / "learned.safetensors", model, "vae", name="learned", extra=learned)
    options, _ = choose_start(asked(pictures), mine, tmp_path)
    assert options.init_from == tmp_path / "learned.safetensors"


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": "plain"},
        {"width": 48},
        {"latent_dim": 8},
        {"family": "classifier"},
        {"data": "cats"},
    ],
    ids=str,
)
def test_what_was_asked_for_is_not_overruled(
    changes: dict[str, object], pictures: Path, mine: Dataset, tiny_checkpoint: Path
) -> None:
    options = asked(pictures, **changes)
    assert choose_start(options, mine, tiny_checkpoint.parent) == (options, [])


def test_a_gan_starts_from_the_vae_of_the_same_pictures(
    pictures: Path, mine: Dataset, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    options = asked(pictures, family="gan")
    header, tensors = load(tiny_checkpoint)
    other = {**header.data, "name": mine.card.name, "content": "another"}
    save(tmp_path / "other.safetensors", replace(header, data=other), tensors)
    chosen, [(_, value, why)] = choose_start(options, mine, tmp_path)
    assert (chosen, value) == (options, "from nothing") and "train that first" in why
    of_mine = replace(header, data={**header.data, "content": mine.content})
    save(tmp_path / "mine.safetensors", of_mine, tensors)
    chosen, [(_, value, why)] = choose_start(options, mine, tmp_path)
    assert chosen.init_from == tmp_path / "mine.safetensors"
    assert value == "from mine" and "same pictures" in why


def test_many_pictures_or_no_model_start_from_nothing(
    pictures: Path,
    mine: Dataset,
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = asked(pictures)
    assert choose_start(options, mine, tmp_path) == (options, [])
    assert choose_start(options, mine, tmp_path / "none") == (options, [])
    anew = replace(options, from_nothing=True)
    chosen, [(_, value, why)] = choose_start(anew, mine, tiny_checkpoint.parent)
    assert (chosen, value) == (anew, "from nothing") and "you asked" in why
    monkeypatch.setattr("genimg.training.planning.vae.FEW_PICTURES", 20)
    assert len(mine.splits["train"]) > 20
    assert choose_start(options, mine, tiny_checkpoint.parent) == (options, [])


def test_only_a_residual_vae_of_the_same_shape_can_start_a_run(
    tiny_checkpoint: Path, classifier_path: Path, tmp_path: Path
) -> None:
    assert can_start_from(tiny_checkpoint, (3, 16, 16))
    assert not can_start_from(tiny_checkpoint, (1, 16, 16))
    assert not can_start_from(classifier_path, (3, 16, 16))
    (tmp_path / "broken.safetensors").write_bytes(b"no")
    assert not can_start_from(tmp_path / "broken.safetensors", (3, 16, 16))
    odd = build_model("vae", (3, 16, 16), seed=1)
    odd = type(odd)(replace(odd.config, widths=(48, 48)))
    save_model(tmp_path / "odd.safetensors", odd, "vae", name="odd")
    assert not can_start_from(tmp_path / "odd.safetensors", (3, 16, 16)), "no --width is like it"


def test_a_run_has_the_width_and_the_numbers_of_what_it_starts_from(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_cache: Path
) -> None:
    monkeypatch.setattr("genimg.training.run.CHECKPOINTS", tmp_path)
    narrow = build_model("vae", (3, 16, 16), None, 5, seed=1, width=24)
    save_model(tmp_path / "narrow.safetensors", narrow, "vae", name="narrow")
    (tmp_path / ".half-dropped.safetensors").write_bytes(b"")
    options = asked(
        pictures, images=64, out=tmp_path / "run", precision="fp32", layout="channels_last",
        threads=1, device="cpu",
    )  # fmt: skip
    header = read_header(train(options, lambda line: None))
    assert header.config["widths"] == [24, 48]
    assert header.config["latent_dim"] == 5
    assert header.trained["init_from"] == "narrow"


def test_a_model_says_whose_pictures_those_before_it_have_seen(
    pictures: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credit of what a run starts from travels on, through two generations."""
    models = tmp_path / "models"
    monkeypatch.setattr("genimg.training.run.CHECKPOINTS", models)
    header, tensors = load(tiny_checkpoint)
    save(models / "tiny.safetensors", replace(header, name="tiny"), tensors)
    options = asked(
        pictures, images=64, title="Mine", credit="me", licence="CC0 1.0", out=tmp_path / "run",
        name="mine", precision="fp32", layout="channels_last", threads=1, device="cpu",
    )  # fmt: skip
    said: list[str] = []
    train(options, said.append)
    assert any("start: from tiny" in line for line in said)
    (models / "tiny.safetensors").unlink()  # what the run knows of it stays
    header = read_header(models / "mine.safetensors")
    [row] = header.data["started_from"]
    assert row["name"] == "tiny"
    stated = read_header(tiny_checkpoint).data
    assert row == {"name": "tiny"} | {k: stated[k] for k in ("title", "credit", "licence")}
    assert row["credit"]
    assert header.data["content"] == load_dataset(f"folder:{pictures}", size=16).content
    further = ancestry(models / "mine.safetensors")
    assert [each["name"] for each in further] == ["mine", "tiny"]
    assert further[0]["licence"] == "CC0 1.0"
    assert ancestry(None) == ()
    assert ancestry(models / "mine.safetensors", tiny_checkpoint, None)[:2] == further
    assert len(ancestry(tiny_checkpoint, tiny_checkpoint)) == 1
