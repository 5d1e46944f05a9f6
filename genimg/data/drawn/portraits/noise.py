"""Where does irregularity come from? Fixed noise textures that repeat at their borders."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from genimg.data.drawn.portraits.raster import Floats

SIDE = 512


@lru_cache(maxsize=16)
def noise_texture(seed: int, power: float, lowest: float = 1.0, highest: float = 256.0) -> Floats:
    """Noise float32 [512, 512] of mean 0 and deviation 1, its spectrum falling as f ** -power.

    Only waves between `lowest` and `highest` periods per side are in it.
    """
    rng = np.random.default_rng([7, seed])
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE)))
    rows = np.fft.fftfreq(SIDE)[:, None] * SIDE
    columns = np.fft.rfftfreq(SIDE)[None] * SIDE
    frequency = np.hypot(rows, columns)
    inside = (frequency >= lowest) & (frequency <= highest)
    spectrum *= np.where(inside, np.maximum(frequency, 1.0) ** -power, 0.0)
    noise = np.fft.irfft2(spectrum, (SIDE, SIDE))
    even: Floats = ((noise - noise.mean()) / noise.std()).astype(np.float32)
    return even


def look_up(texture: Floats, x: Floats, y: Floats) -> Floats:
    """The texture [512, 512] at places in periods (1 = its side): the nearest of its pixels."""
    column = (x * np.float32(SIDE)).astype(np.int32) & (SIDE - 1)
    row = (y * np.float32(SIDE)).astype(np.int32) & (SIDE - 1)
    value: Floats = texture.ravel()[row * SIDE + column]
    return value
