"""How are training pictures varied before a model sees them, and how is that shown?

Few pictures go further where each is shown mirrored, turned, moved or recoloured by chance. Which
changes a set of pictures can bear is found out in `augmentation_test.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from genimg.data import Dataset
from genimg.errors import ConfigError
from genimg.images import array_to_pixels, to_images
from genimg.images.sheets import contact_sheet

SHEET_ROWS, SHEET_COLUMNS = 6, 8
CELL = 96
"""Pictures on a sheet are enlarged to about this many pixels."""


class Drawn(NamedTuple):
    """What happens to each of n pictures; None where it is never done.

    mirrored  bool [n].
    place     float [n, 2, 3]: where in the picture each point of the changed one is taken from, as
              an affine map of coordinates (x, y) that go from -1 to 1 over the side.
    colour    float [n, 3]: what is added to all values, and the factors of saturation and contrast.
    """

    mirrored: Tensor | None
    place: Tensor | None
    colour: Tensor | None

    def rows(self, which: slice | Tensor) -> Drawn:
        """The same for some of the pictures, chosen as rows of a tensor are."""
        return Drawn(*(None if part is None else part[which] for part in self))


@dataclass(frozen=True)
class Augmentations:
    """How far training pictures are varied, each by its own draw; as it stands, not at all.

    Attributes:
        flip: every other picture is mirrored.
        rotation: most degrees of a turn, either way.
        scale: most growth or shrinking, as a part of the size.
        shift: farthest move along either axis, as a part of the side.
        colour: most change of brightness (as a part of half the range), saturation and contrast.
    """

    flip: bool = False
    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    colour: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ConfigError: a strength that is no number or out of its range.
        """
        if not isinstance(self.flip, bool):
            raise ConfigError(f"flip must be true or false, not {self.flip!r}")
        for name, most in (("rotation", 180.0), ("scale", 0.5), ("shift", 0.5), ("colour", 0.5)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ConfigError(f"{name} must be a number, not {value!r}")
            if not 0.0 <= value <= most:
                raise ConfigError(f"{name} must be from 0 to {most:g}, not {value}")

    def __bool__(self) -> bool:
        return self != Augmentations()

    def __str__(self) -> str:
        """In plain words: "mirrored, turned by up to 5 degrees"."""
        words = ["mirrored"] if self.flip else []
        for value, text in (
            (self.rotation, f"turned by up to {self.rotation:g} degrees"),
            (self.scale, f"scaled by up to {100 * self.scale:.3g} %"),
            (self.shift, f"moved by up to {100 * self.shift:.3g} % of the side"),
            (self.colour, f"recoloured by up to {100 * self.colour:.3g} %"),
        ):
            words += [text] if value else []
        return ", ".join(words) or "shown as they are"

    def to_mapping(self) -> dict[str, Any]:
        """JSON-ready; `from_mapping` is the inverse."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Augmentations:
        """Augmentations from what `to_mapping` gave.

        Raises:
            ConfigError: an unknown name or a value out of range.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ConfigError(f"there are no changes called {', '.join(sorted(map(str, unknown)))}")
        return cls(**values)

    def draw(self, n: int, rng: torch.Generator) -> Drawn:
        """Draw what happens to n pictures; the tensors are where `rng` is.

        Only for what is ever done are numbers taken from `rng`.
        """

        def uniform(columns: int) -> Tensor:
            return 2.0 * torch.rand(n, columns, generator=rng, device=rng.device) - 1.0

        mirrored = None
        if self.flip:
            mirrored = torch.rand(n, generator=rng, device=rng.device) < 0.5
        place = self.place(uniform(4)) if self.rotation or self.scale or self.shift else None
        return Drawn(mirrored, place, self.recolouring(uniform(3)) if self.colour else None)

    def place(self, amounts: Tensor) -> Tensor:
        """`Drawn.place` for amounts float [n, 4] in [-1, 1] of the turn, the scale, and the move
        right and down, each as a part of the most that is allowed.
        """
        turn = amounts[:, 0] * math.radians(self.rotation)
        size = 1.0 + amounts[:, 1] * self.scale
        move = 2.0 * self.shift * amounts[:, 2:]  # a side is 2 long
        cos, sin = turn.cos() / size, turn.sin() / size
        linear = torch.stack([cos, sin, -sin, cos], dim=1).view(-1, 2, 2)  # (n, 2, 2)
        return torch.cat([linear, -(linear @ move.unsqueeze(2))], dim=2)

    def recolouring(self, amounts: Tensor) -> Tensor:
        """`Drawn.colour` for amounts float [n, 3] in [-1, 1] of the most that is allowed."""
        return self.colour * amounts + amounts.new_tensor([0.0, 1.0, 1.0])


@torch.no_grad()
def apply(pixels: Tensor, drawn: Drawn) -> Tensor:
    """Pixels `[N, C, H, W]` in [-1, 1] to changed pixels, again in [-1, 1]; without gradients.

    What comes in at a border is the picture mirrored there. Pictures that are only mirrored keep
    their exact values.
    """
    if drawn.mirrored is not None:
        mirrored = drawn.mirrored.to(pixels.device).view(-1, 1, 1, 1)
        pixels = torch.where(mirrored, pixels.flip(3), pixels)
    if drawn.place is not None:
        place = _for_shape(drawn.place.to(pixels.device, pixels.dtype), *pixels.shape[2:])
        grid = F.affine_grid(place, list(pixels.shape), align_corners=False)
        pixels = F.grid_sample(pixels, grid, "bilinear", "reflection", align_corners=False)
    if drawn.colour is not None:
        pixels = _recolour(pixels, drawn.colour.to(pixels.device, pixels.dtype))
    return pixels


def _for_shape(place: Tensor, height: int, width: int) -> Tensor:
    """`Drawn.place`, of squares, for rectangles: both sides are 2 long, and a turn is to be one."""
    if height == width:
        return place
    ratio = width / height
    return place * place.new_tensor([[1.0, 1.0 / ratio, 1.0], [ratio, 1.0, 1.0]])


def _recolour(pixels: Tensor, colour: Tensor) -> Tensor:
    """Saturation, then contrast about the picture's mean, then brightness."""
    added, saturation, contrast = colour.view(-1, 3, 1, 1, 1).unbind(1)  # (N, 1, 1, 1) each
    if pixels.shape[1] > 1:
        pixels = torch.lerp(pixels.mean(dim=1, keepdim=True), pixels, saturation)
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean + added, pixels + added, contrast).clamp_(-1.0, 1.0)


def augmentation_sheet(dataset: Dataset, changes: Augmentations, seed: int = 0) -> Image.Image:
    """Six training pictures, one a row: first as it is, then seven changed versions of it.

    `seed` chooses the pictures and draws the changes. A set of fewer pictures has fewer rows.
    """
    train = dataset.splits["train"]
    rows = np.random.default_rng(seed).permutation(train)[:SHEET_ROWS]
    pixels = array_to_pixels(dataset.images[np.sort(rows)])
    repeated = pixels.repeat_interleave(SHEET_COLUMNS, dim=0)
    drawn = changes.draw(len(repeated), torch.Generator().manual_seed(seed))
    shown = apply(repeated, drawn)
    shown[::SHEET_COLUMNS] = pixels
    scale = max(1, round(CELL / pixels.shape[2]))
    return contact_sheet(to_images(shown), SHEET_COLUMNS, scale=scale)
