"""The Sample tab: pictures that the model draws from seeds, as a grid to click."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import gradio as gr

from genimg.errors import GenimgError
from genimg.ui import views
from genimg.ui.desk import IDLE_SECONDS, LAST_SEED, PRIVATE, Desk, Parcel, Update, markup
from genimg.ui.guard import guard

TITLE = "Sample"
ID = "sample"

MOST = 64
"""How many pictures are drawn at once, at most."""

_EMPTY = "Press Draw to see pictures that the model makes up. Each has its own seed."
_CHOOSE = "Click a picture to edit it or to take it as an end of an animation."


@dataclass(frozen=True)
class Drawn:
    """What the grid shows (`count` pictures from `seed` on), and which seed was clicked."""

    model: str = ""
    seed: int = 0
    count: int = 0
    temperature: float = 1.0
    chosen: int | None = None


def build(desk: Desk) -> None:
    """Lay the tab out and wire it."""
    _Sample(desk)


class _Sample:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.drawn = gr.State(Drawn(), time_to_live=IDLE_SECONDS)
        with gr.Column(elem_id="sample-grid"):
            with gr.Column(elem_id="sample-settings"):
                self.seed = gr.Number(
                    1, label="Seed", precision=0, minimum=0, maximum=LAST_SEED, elem_id="seed"
                )
                with gr.Row(elem_id="seed-actions"):
                    small: dict[str, Any] = {"size": "sm", "min_width": 0}
                    self.dice = gr.Button("Random seed", elem_id="random-seed", **small)
                    self.reuse = gr.Button(
                        "Reuse chosen", elem_id="reuse-seed", interactive=False, **small
                    )
                self.count = gr.Slider(
                    1, MOST, 16, step=1, label="How many", elem_id="count", buttons=[]
                )
                self.temperature = gr.Slider(
                    0,
                    1.5,
                    1,
                    step=0.05,
                    label="Temperature",
                    info="Low: typical pictures. High: daring ones.",
                    elem_id="temperature",
                    buttons=[],
                )
                self.draw = gr.Button("Draw", variant="primary", size="md", elem_id="draw-samples")
            with gr.Column(elem_id="sample-pictures"):
                with gr.Row(elem_id="sample-actions"):
                    self.note = markup(views.hint(_EMPTY), elem_id="sample-note")
                    act: dict[str, Any] = {
                        "size": "sm",
                        "min_width": 0,
                        "scale": 0,
                        "interactive": False,
                    }
                    self.to_edit = gr.Button(
                        "Edit this", elem_id="to-edit", variant="primary", **act
                    )
                    self.to_a = gr.Button("Use as A", elem_id="to-a", **act)
                    self.to_b = gr.Button("Use as B", elem_id="to-b", **act)
                self.grid = markup(views.hint(""), elem_id="samples", picks=True)
        self.choosers = [self.to_edit, self.to_a, self.to_b, self.reuse]
        self._wire()

    def _wire(self) -> None:
        desk = self.desk
        settings = [desk.model, self.seed, self.count, self.temperature]
        shown = [self.drawn, self.grid, self.note, *self.choosers]
        self.draw.click(guard(self.draw_grid), settings, shown, **PRIVATE)
        self.seed.submit(guard(self.draw_grid), settings, shown, **PRIVATE)
        self.dice.click(self.random_seed, None, [self.seed], **PRIVATE).success(
            guard(self.draw_grid), settings, shown, **PRIVATE
        )
        self.reuse.click(self.reuse_seed, [self.drawn], [self.seed], **PRIVATE)
        self.grid.click(
            guard(self.choose), [self.drawn], [self.drawn, self.note, *self.choosers], **PRIVATE
        )
        for button, receiver in ((self.to_edit, "edit"), (self.to_a, "a"), (self.to_b, "b")):
            desk.send(button, receiver, self.pack, [self.drawn])
        desk.on_model(self.draw_again, [self.drawn, *settings], shown)
        desk.on_open(ID, self.draw_first, [self.drawn, *settings], shown)

    def draw_grid(
        self, model: str, seed: int | None, count: int, temperature: float
    ) -> dict[Any, Update]:
        """Draw `count` pictures: picture i depends on seed + i alone."""
        if seed is None or not 0 <= seed <= LAST_SEED:
            raise GenimgError(f"Give a seed from 0 to {LAST_SEED:,}.")
        editor = self.desk.store.get(model)
        number = min(max(int(count), 1), MOST)
        images = editor.decode(*editor.sample(number, seed=int(seed), temperature=temperature))
        seeds = [str(int(seed) + i) for i in range(number)]
        labels = [f"Picture of seed {word}" for word in seeds]
        return {
            self.drawn: Drawn(model, int(seed), number, temperature),
            self.grid: views.thumbs(images, seeds, labels, captions=True, kind="samples"),
            self.note: views.hint(_CHOOSE),
            **dict.fromkeys(self.choosers, gr.Button(interactive=False)),
        }

    def draw_first(self, drawn: Drawn, *settings: Any) -> dict[Any, Update]:
        """The tab has been opened: fill an empty grid."""
        return {self.drawn: drawn} if drawn.count else self.draw_grid(*settings)

    def draw_again(self, drawn: Drawn, *settings: Any) -> dict[Any, Update]:
        """Another model has been chosen: a grid of the old one is drawn anew."""
        stale = drawn.count and drawn.model != settings[0]
        return self.draw_grid(*settings) if stale else {self.drawn: drawn}

    def random_seed(self) -> int:
        """A seed that nobody chose."""
        return random.randrange(1_000_000)

    def reuse_seed(self, drawn: Drawn) -> int:
        """The seed of the picture that was clicked."""
        return drawn.seed if drawn.chosen is None else drawn.chosen

    def choose(self, drawn: Drawn, event: gr.EventData) -> dict[Any, Update]:
        """A picture was clicked."""
        seed = int(event.pick)
        if not drawn.seed <= seed < drawn.seed + drawn.count:
            raise GenimgError("This grid was left alone for too long. Press Draw again.")
        return {
            self.drawn: Drawn(drawn.model, drawn.seed, drawn.count, drawn.temperature, seed),
            self.note: views.hint(f"Seed {seed} is chosen."),
            **dict.fromkeys(self.choosers, gr.Button(interactive=True)),
        }

    def pack(self, drawn: Drawn) -> Parcel:
        """The picture that was clicked, for another tab."""
        if drawn.chosen is None:
            raise GenimgError("Click a picture first.")
        editor = self.desk.store.get(drawn.model)
        latent = editor.sample(1, seed=drawn.chosen, temperature=drawn.temperature)[0]
        return Parcel(drawn.model, latent, f"seed {drawn.chosen}")
