"""How does a set of pictures stand ready as the latents of a base, so that a step costs no base?

Each picture is encoded once as it is, and a few times as it is changed at random; a step takes one
of these at random. A latent is kept as one byte a number (see `genimg.latents.spatial`): the base
has learned under noise of far more than half a level.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from genimg.data import Dataset
from genimg.data.prepare import kept_array
from genimg.files import cache_folder
from genimg.images import array_to_pixels
from genimg.models import Autoencoder, model_digest
from genimg.models.autoencoder import BOUND, latent_side
from genimg.training.pictures.augmentations import Augmentations, apply

VERSION = 1
"""Raise it whenever the same pictures would give other latents."""
LEVELS = 256
STEP = 2 * BOUND / LEVELS
AT_ONCE = 32
MOST_VARIANTS, ENOUGH = 16, 6_000
"""Variants of a picture, and how many of all pictures together are enough."""

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


def variants_of(count: int, changes: Augmentations) -> int:
    """How often each of `count` pictures is encoded: as it is, mirrored, and changed otherwise the
    more often the fewer there are.
    """
    if not changes:
        return 1
    if changes == Augmentations(flip=True):
        return 2
    return min(max(ENOUGH // max(count, 1), 2), MOST_VARIANTS)


class CodedPictures:
    """The training pictures of a data set as latents of a base: a `Source` of batches.

    Args:
        encode: pixels `[N, 3, H, W]` to latents `[N, c, h, w]` in (-3, 3): that of `base`.
        place: puts pixels, and latents, where the arithmetic is done.
    """

    def __init__(
        self,
        dataset: Dataset,
        base: Autoencoder,
        changes: Augmentations,
        seed: int,
        encode: Callable[[Tensor], Tensor],
        place: Callable[[Tensor], Tensor],
    ) -> None:
        self.rows = dataset.splits["train"]
        self.order = np.argsort(self.rows)
        self.place = place
        self.variants = variants_of(len(self.rows), changes)
        grid = [latent_side(side) for side in dataset.image_shape[1:]]
        shape = (self.variants, len(self.rows), base.config.latent_channels, *grid)
        key = (VERSION, dataset.fingerprint, model_digest(base), changes.to_mapping(), seed, shape)
        name = hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()
        images = dataset.images

        @torch.no_grad()
        def fill(target: npt.NDArray[Any]) -> None:
            with tqdm(
                total=self.count,
                desc="encoding the pictures",
                unit="picture",
                mininterval=0.5,
            ) as bar:
                for variant in range(self.variants):
                    rng = torch.Generator().manual_seed(seed + variant)
                    for start in range(0, len(self.rows), AT_ONCE):
                        rows = self.rows[start : start + AT_ONCE]
                        pixels = place(array_to_pixels(np.asarray(images[rows])))
                        if variant and changes == Augmentations(flip=True):
                            pixels = place(pixels.flip(3))
                        elif variant:
                            pixels = place(apply(pixels, changes.draw(len(rows), rng)))
                        levels = ((encode(pixels).float() + BOUND) / STEP).floor()
                        kept = levels.clamp_(0, LEVELS - 1).to(torch.uint8).cpu()
                        target[variant, start : start + AT_ONCE] = kept.numpy()
                        bar.update(len(rows))

        self.levels: Bytes = kept_array(cache_folder() / "latents" / f"{name}.npy", shape, fill)

    def read(self, rows: Rows, own: slice, rng: torch.Generator) -> Tensor:
        """Latents float32 `[N, c, h, w]` of rows of the data set; see `Source`."""
        which = torch.randint(self.variants, (len(rows),), generator=rng, device=rng.device)
        at = self.order[np.searchsorted(self.rows, rows[own], sorter=self.order)]
        return self._latents(which[own].cpu().numpy(), at)

    @property
    def count(self) -> int:
        """Of all variants of all pictures."""
        return self.variants * len(self.rows)

    def some(self, start: int, stop: int) -> Tensor:
        """Latents float32 `[N, c, h, w]` from `start` to `stop`: of the training pictures as they
        are, then of their other variants one after another.
        """
        return self._latents(*np.divmod(np.arange(start, stop), len(self.rows)))

    def statistics(self, most: int) -> tuple[Tensor, Tensor]:
        """The mean and the spread of each channel, float64 `[c]`, of `most` pictures at most."""
        count = min(len(self.rows), most)
        total = squares = torch.zeros(self.levels.shape[2], dtype=torch.float64)
        for start in range(0, count, AT_ONCE):
            grids = self.some(start, min(start + AT_ONCE, count)).cpu().double()
            total = total + grids.sum(dim=(0, 2, 3))
            squares = squares + grids.square().sum(dim=(0, 2, 3))
        places = count * math.prod(self.levels.shape[3:])
        mean = total / places
        return mean, (squares / places - mean.square()).clamp_min(1e-4).sqrt()

    def _latents(self, which: npt.NDArray[Any], at: npt.NDArray[Any]) -> Tensor:
        levels = torch.from_numpy(np.ascontiguousarray(self.levels[which, at]))
        return self.place((levels.float() + 0.5) * STEP - BOUND)
