"""Where does a model run: on the CPU, or on a GPU?"""

from __future__ import annotations

import torch

from genimg.errors import ConfigError


def choose_device(requested: str) -> str:
    """A torch device that is there; "auto" is CUDA where there is one, and the CPU
    elsewhere; an Apple GPU ("mps") is taken where it is asked for.

    Raises:
        ConfigError: an unknown device, or a GPU that this machine does not have.
    """
    if requested == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(requested)
    except RuntimeError:
        raise ConfigError(f"unknown device {requested!r}; use auto, cpu, cuda or mps") from None
    if device.type not in ("cpu", "cuda", "mps"):
        raise ConfigError(f"genimg runs on cpu, cuda or mps, not on {requested!r}")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigError("torch finds no Apple GPU (mps) here; use cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"torch finds no device {requested!r} here; use cpu")
    return requested


def widest(device: torch.device) -> torch.dtype:
    """The widest floating numbers that a device has: an Apple GPU has none of 64 bits."""
    return torch.float32 if device.type == "mps" else torch.float64


def multiplies_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16, with or without matrix tiles. Where it has
    none, torch emulates them: on an AMD EPYC with AVX2, a step took ten to thirty times as long.
    """
    known = torch.cpu.get_capabilities()
    return bool(known.get("amx_bf16", False) or known.get("avx512_bf16", False))


def decoding_type(device: torch.device) -> torch.dtype:
    """What is quickest to decode in: bfloat16 on a CPU with matrix tiles (AMX), or on one of AMD's
    that multiplies it (AVX-512), else float32.

    Measured with a base, channels_last and one thread, at 128 and 256 pixels: with AMX, bfloat16
    takes a quarter of the time of float32, and half to a third of ONNX Runtime's in float32; on an
    AMD EPYC with AVX-512 BF16, half of the time of float32. On another maker's CPU with AVX-512
    BF16 and no tiles it was slower. The pictures differ by 67 dB.
    """
    known = torch.cpu.get_capabilities()
    multiplies = known.get("avx512_bf16", False) and "AMD" in str(known.get("cpu_name", ""))
    quick = known.get("amx_bf16", False) or multiplies
    return torch.bfloat16 if device.type == "cpu" and quick else torch.float32
