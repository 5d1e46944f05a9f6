"""What has somebody drawn in the Generate tab, and what comes next: more like it, or a mix?

No Gradio here: plain values, and the `Gallery` that holds them while a person is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from genimg import Latent
from genimg.editor import Editor
from genimg.ui.shell.turns import Turns
from genimg.ui.words import say

EARLIER = 10
"""How many grids one can go back."""


@dataclass(frozen=True)
class Picture:
    """One picture of a grid.

    Attributes:
        latent: what it is decoded from.
        name: what stands under it.
        origin: how it came about, in words; it is saved with the picture.
        seed: the seed that draws it again, or None.
        labels: {factor: value} that it was asked for.
        made_from: the pictures that it was mixed from.
    """

    latent: Latent
    name: str
    origin: str
    seed: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    made_from: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Grid:
    """Pictures of one model that are shown together, one of them chosen.

    `title` says what they are; `number` tells the grid from the others of that person.
    """

    number: int
    model: str
    title: str
    pictures: tuple[Picture, ...]
    chosen: int = 0

    @property
    def picture(self) -> Picture:
        """The chosen one."""
        return self.pictures[self.chosen]

    @property
    def picks(self) -> list[str]:
        """What a click on each picture is called."""
        return [f"{self.number} {i}" for i in range(len(self.pictures))]


class Gallery(Turns):
    """One person at the Generate tab: the grid they see, those before it, and parts for a mix."""

    def __init__(self) -> None:
        super().__init__()
        self.grid: Grid | None = None
        self.wish = ""
        self.has_kind = True
        self.coarse: Picture | None = None
        self.fine: Picture | None = None
        self.takable: tuple[str, ...] = ()
        self._earlier: list[Grid] = []
        self._grids = 0

    @property
    def can_go_back(self) -> bool:
        """Whether there is a grid before this one."""
        return bool(self._earlier)

    def show(self, model: str, title: str, pictures: Sequence[Picture]) -> Grid:
        """Another grid, with its first picture chosen; the one before is kept to go back to.

        Another model's begin anew.
        """
        if self.grid is not None and (
            self.grid.model != model
            or self.grid.picture.latent.model_id != pictures[0].latent.model_id
        ):
            self._earlier.clear()
            self.coarse = self.fine = None
        elif self.grid is not None:
            self._earlier = [*self._earlier, self.grid][-EARLIER:]
        self._grids += 1
        self.grid = Grid(self._grids, model, title, tuple(pictures))
        return self.grid

    def forget(self) -> None:
        """Nothing has been drawn."""
        self.grid = self.coarse = self.fine = None
        self._earlier.clear()

    def go_back(self) -> Grid | None:
        """The grid before this one; where there is none, this one."""
        if self._earlier:
            self.grid = self._earlier.pop()
        return self.grid

    def choose(self, pick: str) -> Grid | None:
        """A picture was clicked; nothing changes if that was in a grid that is gone."""
        if self.grid is not None and pick in self.grid.picks:
            self.grid = replace(self.grid, chosen=self.grid.picks.index(pick))
        return self.grid


def drawn(
    editor: Editor,
    seed: int,
    count: int,
    temperature: float,
    labels: Mapping[str, str],
    numbers: Mapping[str, float] = MappingProxyType({}),
) -> list[Picture]:
    """Pictures from seeds, brought to `numbers`; picture i depends on seed + i alone."""
    latents = editor.sample(count, seed, temperature, labels)
    latents = editor.with_numbers(latents, numbers)
    words = [f"{name} {editor.scales[name].words(value)}" for name, value in numbers.items()]
    asked = "".join(f", {value}" for value in (*labels.values(), *words))
    return [
        Picture(
            latent,
            str(seed + i),
            say("generate.seed", seed=seed + i, asked=asked),
            seed + i,
            dict(labels),
        )
        for i, latent in enumerate(latents)
    ]


def alike(
    editor: Editor, picture: Picture, count: int, seed: int, strength: float
) -> list[Picture]:
    """A picture, and `count` more like it."""
    latents = editor.vary(picture.latent, count, seed, strength, picture.labels)
    origin = picture.origin.removeprefix(say("generate.like", origin=""))
    return [
        replace(picture, name=say("generate.this_one")),
        *(
            Picture(
                latent,
                say("generate.like_it", n=i + 1),
                say("generate.like", origin=origin),
                None,
                picture.labels,
            )
            for i, latent in enumerate(latents)
        ),
    ]


def mixed(editor: Editor, base: Picture, other: Picture, take: Sequence[str]) -> Picture:
    """One picture with something of another: some labels, or the finer layers (the first named)."""
    layers = [name for name in take if name in editor.layer_groups]
    latent = editor.mix(base.latent, other.latent, layers[0] if layers else take)
    origin = say("generate.mix_of", base=base.origin, other=other.origin)
    return Picture(latent, say("generate.mix"), origin, made_from=(base, other))
