"""The Train tab: from a folder of pictures to a model in the menu.

It is the page's own (the .js files beside this one) and speaks to the routes of `routes.py`: a run
is a process of its own, which outlives the page and the app, so nothing of it is kept here.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from genimg.ui.shell import static
from genimg.ui.shell.wiring import Wiring
from genimg.ui.words import fill

TITLE = "train.title"
ID = "train"


def build(wiring: Wiring) -> None:
    """Lay the tab out; the page's script asks the server for the rest while the tab is seen."""
    gr.HTML(
        fill(Path(__file__).with_name("train.html").read_text(encoding="utf-8")),
        elem_id="train",
        js_on_load=static.call("train/tab.js", "mountTraining(element)"),
        apply_default_css=False,
        min_height=0,
    )
