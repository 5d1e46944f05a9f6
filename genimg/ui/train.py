"""The Train tab: from a folder of pictures to a model in the menu.

It is the page's own (assets/train*.js) and speaks to the routes of `training_routes`: a run is a
process of its own, which outlives the page and the app, so nothing of it is kept here.
"""

from __future__ import annotations

import gradio as gr

from genimg.ui.desk import Desk
from genimg.ui.theme import ASSETS

TITLE = "Train"
ID = "train"


def build(desk: Desk) -> None:
    """Lay the tab out; the page's script asks the server for the rest while the tab is seen."""
    gr.HTML(
        (ASSETS / "train.html").read_text(encoding="utf-8"),
        elem_id="train",
        js_on_load="genimg.mountTraining(element);",
        apply_default_css=False,
        min_height=0,
    )
