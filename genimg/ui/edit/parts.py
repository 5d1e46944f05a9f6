"""Which parts does the Edit tab have, and where are they?

The pictures, the sliders and the history are the page's own (the .js files beside this one): they
have to follow a finger, and ask the routes. Files come in through Gradio's parts: what these open
comes to the page's own as the value of `session`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from genimg.ui.shell import static, views
from genimg.ui.shell.wiring import carrier, markup
from genimg.ui.words import fill, say


class EditParts:
    """The parts of the tab, laid out; what they do is said elsewhere."""

    def __init__(self) -> None:
        with gr.Column(elem_id="edit-grid"):
            markup(_file("viewer.html"), elem_id="edit-pictures")
            self._lay_out_source()
            markup(_file("sliders.html"), elem_id="edit-sliders")
            markup('<div id="history"></div>', elem_id="edit-history")
        mounting = static.call("edit/tab.js", "mount(props, trigger, watch, upload)")
        self.session = carrier("edit-session", mounting)
        self.kept = gr.JSON(visible=False)

    def _lay_out_source(self) -> None:
        with gr.Column(elem_id="edit-source"):
            self.upload = gr.Image(
                sources=["upload", "clipboard", "webcam"],
                type="filepath",
                show_label=False,
                label=say("edit.your_picture"),
                placeholder=say("edit.drop_here"),
                buttons=[],
                height=190,
                elem_id="upload",
            )
            with gr.Column(elem_id="edit-start", min_width=0):
                self.only_draws = markup("", elem_id="only-draws", newest=True)
                self.examples = markup("", elem_id="examples", picks=True)
                with gr.Row(elem_id="start-actions"):
                    small: dict[str, Any] = {"size": "md", "min_width": 0, "scale": 0}
                    self.draw = gr.Button(say("edit.draw"), elem_id="draw", **small)
                    markup(views.several(), elem_id="several-box")
                starts = '<div id="starts" role="group" aria-label="{{edit.starts}}" hidden></div>'
                markup(fill(starts), elem_id="starts-box")
                markup(views.cropping(), elem_id="crop-box")


def _file(name: str) -> str:
    return fill(Path(__file__).with_name(name).read_text(encoding="utf-8"))
