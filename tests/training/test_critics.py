"""The critic of a trained GAN: where it stays, and what a run that starts from that GAN keeps."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genimg.data import Dataset
from genimg.errors import CheckpointError, ConfigError, TrainingError
from genimg.files import critic_beside
from genimg.models import build_model, load_any_model, model_digest, save_model
from genimg.models.critic import Critic, build_critic
from genimg.models.gan import GAN
from genimg.training import TrainOptions, critics, train
from genimg.training.loop.state import RunFolder
from genimg.training.loop.step import take_step
from genimg.training.objectives.gan import GANObjective
from genimg.training.pictures.batches import Batches
from genimg.training.planning.compute import Compute
from genimg.training.planning.gan import FROZEN, choose_critic

SIZES = (3, 2)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GAN and its critic, with weights as if both had learned."""
    path = tmp_path_factory.mktemp("models") / "earlier.safetensors"
    model = build_model("gan", (3, 16, 16), "style", seed=3, label_sizes=SIZES)
    assert isinstance(model, GAN)
    critic = learned(build_critic(model.config))
    save_model(path, model, "gan", name="earlier")
    critics.save(path, critic, model_digest(model), "earlier")
    return path


def learned(critic: torch.nn.Module) -> Critic:
    assert isinstance(critic, Critic)
    rng = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=rng))
    return critic


def objective(
    critic_from: Path | None, sizes: tuple[int, ...] = SIZES, **changes: object
) -> GANObjective:
    model = build_model("gan", (3, 16, 16), "style", seed=1, label_sizes=sizes)
    settings = {"family": "gan", "critic_from": critic_from, "augment": "off", **changes}
    return GANObjective(model, TrainOptions(**settings), Compute())  # type: ignore[arg-type]


def weights(made: GANObjective) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in made.critic.state_dict().items()}


def test_a_run_goes_on_with_the_critic_of_the_gan_it_starts_from(earlier: Path) -> None:
    model = load_any_model(earlier)[0]
    assert isinstance(model, GAN)
    expected = learned(build_critic(model.config)).state_dict()
    torch.manual_seed(5)  # what the critic had before does not count
    kept = weights(objective(earlier))
    fresh = weights(objective(None))
    assert kept.keys() == expected.keys()
    assert not torch.equal(kept["stem.weight"], fresh["stem.weight"])
    again = critic_beside(earlier)
    assert again == earlier.parent / "critics" / "earlier.safetensors"


def test_what_other_labels_meant_is_forgotten(earlier: Path) -> None:
    same, other = weights(objective(earlier)), weights(objective(earlier, sizes=(4,)))
    assert torch.equal(same["stem.weight"], other["stem.weight"])
    assert float(same["embedding"].detach().abs().sum()) > 0
    assert other["embedding"].shape == (4, same["embedding"].shape[1])
    assert float(other["embedding"].abs().sum()) == 0


@pytest.mark.parametrize("freeze", [0, 1, 2])
def test_frozen_stages_stay_through_whole_steps(freeze: int, earlier: Path, cats: Dataset) -> None:
    made = objective(earlier, sizes=(), freeze=freeze)
    made.options = replace(made.options, critic_first=0)
    before = weights(made)
    plain = replace(cats, factors=(), labels=None)
    made.prepare(plain)
    batches = Batches(plain, 8, seed=0)
    rng = torch.Generator().manual_seed(0)
    for _ in range(3):
        made.schedule(0.5, 10**6)
        take_step(made, batches.next(rng), rng)
    now = weights(made)
    still = {name.split(".conv")[0] for name in now if torch.equal(now[name], before[name])}
    expected = {"stem.weight", "stem.bias", "layers.0"} if freeze else set()
    if freeze == 2:
        expected |= {"layers.2.weight", "layers.2.bias", "layers.3"}
    unmoved = {"embedding", "head.bias"}  # no labels here; and a bias cancels in real - fake
    assert still - unmoved == expected
    assert not torch.equal(now["head.weight"], before["head.weight"])
    made.load_state_dict(made.state_dict())


def test_a_critic_of_other_weights_is_left_alone(earlier: Path, tmp_path: Path) -> None:
    """A file of the same name with another generator has no critic here."""
    path = tmp_path / "earlier.safetensors"
    save_model(path, build_model("gan", (3, 16, 16), "style", seed=8), "gan", name="earlier")
    critic_beside(path).parent.mkdir()
    critic_beside(path).write_bytes(critic_beside(earlier).read_bytes())
    assert critics.is_there(earlier)
    assert not critics.is_there(path)
    assert not critics.is_there(tmp_path / "none.safetensors")


def test_a_critic_of_another_architecture_is_refused(earlier: Path, tmp_path: Path) -> None:
    path = tmp_path / "earlier.safetensors"
    path.write_bytes(earlier.read_bytes())
    model = load_any_model(path)[0]
    wide = build_critic(replace(model.config, image_shape=(3, 32, 32)))
    assert isinstance(wide, Critic)
    critics.save(path, wide, model_digest(model), "earlier")
    with pytest.raises(CheckpointError, match="is no critic of"):
        objective(path)


def test_freezing_needs_something_that_has_learned(
    earlier: Path, tiny_checkpoint: Path, cats: Dataset, tmp_path: Path
) -> None:
    for start in (None, tiny_checkpoint):
        asked = TrainOptions("gan", freeze=1, init_from=start)
        with pytest.raises(ConfigError, match="needs --init-from or --critic-from"):
            choose_critic(asked, cats, tmp_path)
    with pytest.raises(ConfigError, match="there is no critic of"):
        choose_critic(TrainOptions("gan", critic_from=tiny_checkpoint), cats, tmp_path)
    with pytest.raises(ConfigError, match="0 to 2 stages"):
        objective(earlier, freeze=3)


def test_few_pictures_keep_a_part_of_the_critic(
    earlier: Path, cats: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = TrainOptions("gan", init_from=earlier)
    chosen, [choice] = choose_critic(asked, cats, tmp_path)
    assert (chosen.critic_from, chosen.freeze, choice.what) == (earlier, FROZEN, "critic")
    assert "earlier" in choice.value and "few" in choice.why
    given, [choice] = choose_critic(replace(asked, freeze=0), cats, tmp_path)
    assert given.freeze == 0 and "all of it learns" in choice.value
    assert choose_critic(TrainOptions("gan"), cats, earlier.parent) == (TrainOptions("gan"), [])
    monkeypatch.setattr("genimg.training.planning.gan.FEW_PICTURES", 100)
    many, [choice] = choose_critic(asked, cats, tmp_path)
    assert (many.critic_from, many.freeze) == (earlier, 0) and "enough" in choice.why


def test_few_pictures_that_start_from_a_vae_get_the_critic_of_another_gan(
    earlier: Path, tiny_checkpoint: Path, cats: Dataset, tmp_path: Path
) -> None:
    asked = TrainOptions("gan", init_from=tiny_checkpoint)
    chosen, _ = choose_critic(asked, cats, earlier.parent)
    assert (chosen.critic_from, chosen.freeze) == (earlier, FROZEN)
    assert choose_critic(asked, cats, tmp_path) == (asked, [])
    large = replace(cats, images=cats.images[:, :8, :8])
    assert choose_critic(asked, large, earlier.parent) == (asked, [])


@pytest.mark.usefixtures("few_draws")
def test_a_finished_gan_has_its_critic_beside_it_and_takes_it_along(
    data_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: Path
) -> None:
    monkeypatch.setattr("genimg.training.run.CHECKPOINTS", tmp_path / "checkpoints")
    settings: dict[str, object] = {
        "family": "gan", "data": "cats", "size": 16, "count": 400, "images": 32,
        "precision": "fp32", "layout": "channels_last", "threads": 1, "device": "cpu",
    }  # fmt: skip
    first = tmp_path / "first"
    path = train(
        TrainOptions(**settings, out=first, name="mine"),  # type: ignore[arg-type]
        lambda line: None,
    )
    state = RunFolder(first).load_state()
    assert state is not None
    installed = tmp_path / "checkpoints" / "mine.safetensors"
    assert critics.is_there(path) and critics.is_there(installed)
    begun = critics.begin(
        load_any_model(path)[0],  # type: ignore[arg-type]
        TrainOptions("gan", critic_from=installed),
    )
    for name, tensor in state["recipe"]["networks"]["critic"].items():
        assert torch.equal(begun.state_dict()[name], tensor), name
    said: list[str] = []
    second = TrainOptions(**settings, out=tmp_path / "second", init_from=installed)  # type: ignore[arg-type]
    train(second, said.append)
    assert any("critic: that of mine, of which 2 stages stay as they are" in line for line in said)
    state = RunFolder(tmp_path / "second").load_state()
    assert state is not None
    assert state["plan"]["options"]["freeze"] == FROZEN
    stem = state["recipe"]["networks"]["critic"]["stem.weight"]
    assert torch.equal(stem, begun.state_dict()["stem.weight"])


def test_a_folder_that_cannot_be_written_keeps_the_run(earlier: Path, tmp_path: Path) -> None:
    (tmp_path / "critics").write_text("in the way")
    model = load_any_model(earlier)[0]
    assert isinstance(model, GAN)
    critic = learned(build_critic(model.config))
    with pytest.raises(TrainingError, match="nothing is lost"):
        critics.save(tmp_path / "earlier.safetensors", critic, model_digest(model), "x")
