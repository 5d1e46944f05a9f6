"""Which parts does the Edit tab have, and where are they?"""

from __future__ import annotations

from typing import Any

import gradio as gr

from genimg.ui import sliders, views
from genimg.ui.desk import markup

_WELCOME = "Upload, paste or drop a picture, pick an example, or draw one at random."
ONLY_DRAWS = (
    "This model only draws: it cannot start from a picture of yours, except from one that was "
    "saved with it (drop it anywhere). Draw one at random, or click one of these."
)
_HELP = (
    "The percentage says how far a name can be trusted, measured on pictures that the model had "
    "never seen. Numbers are standard deviations: 0 changes nothing, 1 is a usual difference "
    "between two pictures, 4 is far out."
)


class EditParts:
    """The parts of the tab, laid out; what they do is said elsewhere."""

    def __init__(self) -> None:
        with gr.Column(elem_id="edit-grid"):
            self._lay_out_pictures()
            self._lay_out_source()
            self._lay_out_sliders()

    def _lay_out_pictures(self) -> None:
        with gr.Column(elem_id="edit-pictures"):
            with gr.Row(elem_id="edit-pair"):
                self.original = markup(
                    views.picture(None, "Original", empty=_WELCOME), elem_id="original", newest=True
                )
                with gr.Column(elem_id="edit-stack", min_width=0):
                    self.edited = markup(
                        views.picture(None, "Edited", empty="Your picture appears here."),
                        elem_id="edited",
                        newest=True,
                    )
                    self.before = markup("", elem_id="edit-before", newest=True)
            self.note = markup("", elem_id="edit-note", newest=True)
            self.active = markup(views.chips({}), elem_id="active", picks=True, newest=True)
            with gr.Row(elem_id="edit-actions"):
                small: dict[str, Any] = {"size": "md", "min_width": 0, "scale": 0}
                self.compare = gr.Button("Hold to compare", elem_id="compare", **small)
                self.nudge = gr.Button("Nudge at random", elem_id="nudge", **small)
                self.reset = gr.Button("Reset all", elem_id="reset-all", **small)
                self.save = gr.Button("Save PNG", variant="primary", elem_id="save", **small)
            self.saved = gr.JSON(visible=False)

    def _lay_out_source(self) -> None:
        with gr.Column(elem_id="edit-source"):
            self.upload = gr.Image(
                sources=["upload", "clipboard", "webcam"],
                type="filepath",
                show_label=False,
                label="Your picture",
                placeholder="Drop a picture here\nor click to choose one",
                buttons=[],
                height=190,
                elem_id="upload",
            )
            with gr.Column(elem_id="edit-start", min_width=0):
                self.only_draws = markup("", elem_id="only-draws", newest=True)
                self.examples = markup("", elem_id="examples", picks=True)
                self.draw = gr.Button("Draw one at random", elem_id="draw", size="md")
                # Closed, but not with False: Gradio would then put the parts into the page only
                # when it is opened, and set them back to their first values a moment later.
                closed: Any = 0
                with gr.Accordion("Crop", open=closed, elem_id="crop") as self.cropping:
                    markup(views.hint("Which part of your upload the model sees."))
                    self.focus_x = gr.Slider(
                        0, 1, 0.5, step=0.01, label="Left to right", elem_id="focus-x", buttons=[]
                    )
                    self.focus_y = gr.Slider(
                        0, 1, 0.5, step=0.01, label="Top to bottom", elem_id="focus-y", buttons=[]
                    )
                    self.zoom = gr.Slider(
                        1, 5, 1, step=0.05, label="Zoom", elem_id="zoom", buttons=[]
                    )

    def _lay_out_sliders(self) -> None:
        with gr.Column(elem_id="edit-sliders"):
            self.group = gr.Radio([], show_label=False, elem_id="group", elem_classes="pills")
            self.exchange = gr.Dropdown(
                [],
                label="This picture shows (choose another to exchange it)",
                visible="hidden",
                filterable=False,
                elem_id="exchange",
            )
            with gr.Column(elem_id="pool"):
                self.sliders = [
                    gr.Slider(
                        -sliders.LIMIT,
                        sliders.LIMIT,
                        0,
                        step=sliders.STEP,
                        label=f"Slider {i + 1}",
                        visible="hidden",
                        buttons=["reset"],
                        elem_id=f"slider-{i}",
                        elem_classes="direction",
                    )
                    for i in range(sliders.POOL)
                ]
            markup(views.hint(_HELP), elem_id="slider-help")
            self.slots = gr.JSON({}, visible=False)
