"""Is a fitting classifier found beside a model, and is what it says read right?"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from genimg.checkpoint import Header
from genimg.data import Factor
from genimg.editor.recognition import Seen, Watching
from genimg.errors import CheckpointError
from genimg.evaluation.classifier import Judge, find_judge
from genimg.images import array_to_pixels
from genimg.models import build_model, load_classifier, save_model
from genimg.models.classifier import Classifier

SHAPE = (3, 16, 16)
FACTORS = [
    {"name": "hat", "values": ["none", "red hat"]},
    {"name": "fur", "values": ["a", "b", "c"]},
]


def save_classifier(
    path: Path, data: str = "cats", accuracy: float | None = None, factors: object = FACTORS,
    size: int = 16, seed: int = 0,
) -> Path:  # fmt: skip
    model = build_model("classifier", (3, size, size), label_sizes=(2, 3), seed=seed)
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    extra = {"data": {"name": data, "factors": factors}, "metrics": metrics}
    save_model(path, model, "classifier", name=path.stem, extra=extra)
    return path


def pictures(count: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)


def test_the_most_accurate_that_fits_is_found(tmp_path: Path, tiny_checkpoint: Path) -> None:
    assert find_judge("cats", SHAPE, [tmp_path]) is None
    shutil.copy(tiny_checkpoint, tmp_path / "model.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"nonsense")
    save_classifier(tmp_path / "large.safetensors", accuracy=1.0, size=32)
    save_classifier(tmp_path / "dogs.safetensors", "dogs", accuracy=1.0)
    save_classifier(tmp_path / ".half.safetensors", accuracy=1.0)
    assert find_judge("cats", SHAPE, [tmp_path]) is None
    worse = save_classifier(tmp_path / "a.safetensors", accuracy=0.5, seed=1)
    images = pictures()
    found = find_judge("cats", SHAPE, [tmp_path])
    assert found is not None
    expected = Judge(*load_classifier(worse)).chances(images)
    assert np.array_equal(found.chances(images)["fur"], expected["fur"])
    better = save_classifier(tmp_path / "b.safetensors", accuracy=0.9, seed=2)
    found = find_judge("cats", SHAPE, [tmp_path])
    assert found is not None
    expected = Judge(*load_classifier(better)).chances(images)
    assert np.array_equal(found.chances(images)["fur"], expected["fur"])


def test_a_classifier_that_cannot_say_what_it_tells_is_passed_over(tmp_path: Path) -> None:
    for factors in ([], FACTORS[:1], [{"name": "hat"}, {"name": "fur"}], 7, [1, 2]):
        path = save_classifier(tmp_path / "bad.safetensors", accuracy=1.0, factors=factors)
        with pytest.raises(CheckpointError, match="damaged"):
            Judge(*load_classifier(path))
        assert find_judge("cats", SHAPE, [tmp_path]) is None
    save_classifier(tmp_path / "good.safetensors", accuracy=0.1)
    assert find_judge("cats", SHAPE, [tmp_path]) is not None


def test_chances_are_those_of_the_network(tmp_path: Path) -> None:
    model, header = load_classifier(save_classifier(tmp_path / "c.safetensors"))
    images = pictures(70)  # more than it looks at together
    with torch.inference_mode():
        expected = [logits.softmax(dim=1).numpy() for logits in model(array_to_pixels(images))]
    found = Judge(model, header).chances(images)
    assert list(found) == ["hat", "fur"]
    for name, chances in zip(found, expected, strict=True):
        np.testing.assert_allclose(found[name], chances, atol=1e-5)
        np.testing.assert_allclose(found[name].sum(axis=1), 1.0, atol=1e-5)


def test_the_classifier_is_loaded_once_and_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_classifier(tmp_path / "c.safetensors")
    watching = Watching(None, tmp_path, "cats", SHAPE)
    assert watching._judge is None
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(watching.judge)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is not None
    assert all(each is found[0] for each in found)


def test_without_a_classifier_attributes_are_seen(tmp_path: Path) -> None:
    for watching in (Watching(), Watching(None, tmp_path, "cats", SHAPE)):
        seen = watching.look(pictures(3))
        assert seen.factors == ()
        assert seen.attributes["brightness"].shape == (3,)


def test_a_judge_can_be_given(tmp_path: Path) -> None:
    model = build_model("classifier", SHAPE, label_sizes=(2, 3), seed=4)
    assert isinstance(model, Classifier)
    header = Header("classifier", "c", "id", {"label_sizes": [2, 3]}, data={"factors": FACTORS})
    judge = Judge(model, header)
    seen = Watching(judge).look(pictures(3))
    assert [factor.name for factor in seen.factors] == ["hat", "fur"]
    assert seen.chances["fur"].shape == (3, 3)


def test_what_is_hidden_has_no_verdict() -> None:
    factors = (
        Factor("mouth", ("smile", "grin"), (("scarf", "red"),)),
        Factor("scarf", ("none", "red")),
    )
    chances = {
        "mouth": np.array([[0.1, 0.9], [0.1, 0.9]]),
        "scarf": np.array([[0.8, 0.2], [0.3, 0.7]]),
    }
    seen = Seen({}, chances, factors)
    assert [seen.verdict(factors[0], i) for i in (0, 1)] == ["grin", None]
    assert [seen.verdict(factors[1], i) for i in (0, 1)] == ["none", "red"]
