"""Where does a model run: on the CPU or on a CUDA device?"""

from __future__ import annotations

import torch

from genimg.errors import ConfigError


def choose_device(requested: str) -> str:
    """A torch device that is there; "auto" is CUDA where there is one, and the CPU elsewhere.

    Raises:
        ConfigError: an unknown device, or a CUDA device that this machine does not have.
    """
    if requested == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(requested)
    except RuntimeError:
        raise ConfigError(f"unknown device {requested!r}; use auto, cpu or cuda") from None
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"genimg runs on cpu or cuda, not on {requested!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"torch finds no device {requested!r} here; use cpu")
    return requested


def decoding_type(device: torch.device) -> torch.dtype:
    """What is quickest to decode in: bfloat16 on a CPU with matrix tiles (AMX), else float32.

    Measured with a base, channels_last and one thread, at 128 and 256 pixels: with AMX, bfloat16
    takes a quarter of the time of float32, and half to a third of ONNX Runtime's in float32.
    Without it bfloat16 is slower, also where the CPU has AVX-512 instructions for it. The pictures
    differ by 67 dB.
    """
    tiles = torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.bfloat16 if device.type == "cpu" and tiles else torch.float32
