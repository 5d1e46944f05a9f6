"""Which parts does the Edit tab have, and where are they?

The pictures, the sliders and the history are the page's own (assets/*.js): they have to follow a
finger. What they need comes in scenes (see ui/scene.py) through `stage`, and what a person does
comes back as events of it. Files come in through Gradio's parts.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from genimg.ui import views
from genimg.ui.desk import carrier, markup
from genimg.ui.theme import ASSETS

ONLY_DRAWS = (
    "This model only draws: it cannot start from a picture of yours, except from one that was "
    "saved with it (drop it anywhere). Draw one at random, or click one of these."
)


class EditParts:
    """The parts of the tab, laid out; what they do is said elsewhere."""

    def __init__(self) -> None:
        with gr.Column(elem_id="edit-grid"):
            markup(_file("viewer.html"), elem_id="edit-pictures")
            self._lay_out_source()
            markup(_file("panel.html"), elem_id="edit-sliders")
            markup('<div id="history"></div>', elem_id="edit-history")
        mounting = "genimg.mount(element, props, trigger, watch, upload);"
        self.stage = carrier("stage", mounting)
        self.frame = carrier("slow-frame", "watch('value', () => genimg.slowFrame(props.value));")
        self.progress = carrier(
            "refine-progress", "watch('value', () => genimg.work?.uploads.progress(props.value));"
        )
        self.kept = gr.JSON(visible=False)
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
                with gr.Row(elem_id="start-actions"):
                    small: dict[str, Any] = {"size": "md", "min_width": 0, "scale": 0}
                    self.draw = gr.Button("Draw one at random", elem_id="draw", **small)
                    markup(views.several(), elem_id="several-box")
                starts = (
                    '<div id="starts" role="group" aria-label="Pictures begun with" hidden></div>'
                )
                markup(starts, elem_id="starts-box")
                markup(views.cropping(), elem_id="crop-box")


def _file(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
