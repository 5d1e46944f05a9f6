"""Which parts does the Generate tab have, and where are they?"""

from __future__ import annotations

from typing import Any

import gradio as gr

from genimg.ui.shell import views
from genimg.ui.shell.wiring import LAST_SEED, markup
from genimg.ui.words import say

MENUS = 8
"""How many labels have a menu; more can be asked for in words."""
FIELDS = 6
"""How many numbers have a field; more can be asked for in words."""
MOST = 64
"""How many pictures are drawn at once, at most."""
ANY = ""
"""What a menu says where nothing is wished for."""


class GenerateParts:
    """The parts of the tab, laid out; what they do is said elsewhere."""

    def __init__(self) -> None:
        with gr.Column(elem_id="generate-grid"):
            self._lay_out_settings()
            self._lay_out_pictures()
            self._lay_out_chosen()

    def _lay_out_settings(self) -> None:
        small: dict[str, Any] = {"size": "sm", "min_width": 0}
        with gr.Column(elem_id="generate-settings"):
            with gr.Column(elem_id="wishes", min_width=0):
                self.text = gr.Textbox(
                    label=say("generate.describe"),
                    max_lines=2,
                    max_length=300,
                    visible="hidden",
                    elem_id="describe",
                )
                self.understood = markup("", elem_id="understood", newest=True)
                with gr.Column(elem_id="menus", min_width=0):
                    self.menus = [
                        gr.Dropdown(
                            [(say("generate.any"), ANY)],
                            value=ANY,
                            label=say("generate.label", n=i + 1),
                            visible="hidden",
                            filterable=False,
                            min_width=0,
                            elem_id=f"menu-{i}",
                        )
                        for i in range(MENUS)
                    ]
                    self.fields = [
                        gr.Number(
                            label=say("generate.number", n=i + 1),
                            visible="hidden",
                            min_width=0,
                            elem_id=f"number-{i}",
                        )
                        for i in range(FIELDS)
                    ]
            with gr.Row(elem_id="seed-row"):
                self.seed = gr.Number(
                    1,
                    label=say("generate.seed_label"),
                    precision=0,
                    minimum=0,
                    maximum=LAST_SEED,
                    min_width=0,
                    elem_id="seed",
                )
                self.dice = gr.Button(say("generate.random"), elem_id="random-seed", **small)
                self.reuse = gr.Button(
                    say("generate.reuse"), elem_id="reuse-seed", interactive=False, **small
                )
            self.count = gr.Slider(
                1, MOST, 16, step=1, label=say("generate.count"), elem_id="count", buttons=[]
            )
            self.temperature = gr.Slider(
                0,
                1.5,
                1,
                step=0.05,
                label=say("generate.variety"),
                info=say("generate.variety_hint"),
                elem_id="temperature",
                buttons=[],
            )
            self.draw = gr.Button(
                say("generate.draw"), variant="primary", size="md", elem_id="draw-grid"
            )

    def _lay_out_pictures(self) -> None:
        with gr.Column(elem_id="generate-pictures"):
            with gr.Row(elem_id="generate-head"):
                self.note = markup(
                    views.hint(say("generate.empty")), elem_id="generate-note", newest=True
                )
                self.back = gr.Button(
                    say("generate.back"),
                    size="sm",
                    min_width=0,
                    scale=0,
                    visible="hidden",
                    elem_id="back",
                )
            self.grid = markup("", elem_id="samples", picks=True, newest=True)

    def _lay_out_chosen(self) -> None:
        wide: dict[str, Any] = {"size": "md", "min_width": 0, "interactive": False}
        small: dict[str, Any] = {**wide, "size": "sm"}
        with gr.Column(elem_id="generate-chosen", min_width=0):
            self.chosen = markup(
                views.picture(None, say("generate.chosen"), empty=say("generate.click_picture")),
                elem_id="chosen",
                newest=True,
            )
            with gr.Column(elem_id="chosen-actions", min_width=0):
                self.to_edit = gr.Button(
                    say("generate.to_edit"), elem_id="to-edit", variant="primary", **wide
                )
                self.more = gr.Button(say("generate.more"), elem_id="more", **wide)
                self.strength = gr.Slider(
                    0,
                    1,
                    0.4,
                    step=0.05,
                    label=say("generate.difference"),
                    elem_id="strength",
                    buttons=[],
                )
                with gr.Row(elem_id="chosen-more"):
                    self.to_a = gr.Button(say("generate.to_a"), elem_id="to-a", **small)
                    self.to_b = gr.Button(say("generate.to_b"), elem_id="to-b", **small)
                    self.save = gr.Button(say("generate.save"), elem_id="save-drawn", **small)
            with gr.Column(elem_id="mix", min_width=0, visible=False) as self.mix_box:
                self.parts = markup(views.parts(None, None), elem_id="mix-parts", newest=True)
                with gr.Row(elem_id="mix-actions"):
                    self.as_coarse = gr.Button(
                        say("generate.start_here"), elem_id="as-coarse", **small
                    )
                    self.as_fine = gr.Button(
                        say("generate.take_from_here"), elem_id="as-fine", **small
                    )
                self.cut = gr.CheckboxGroup(
                    [],
                    label=say("generate.what_is_taken"),
                    elem_id="cut",
                )
            self.saved = gr.JSON(visible=False)
        self.choosers = [
            self.to_edit,
            self.more,
            self.to_a,
            self.to_b,
            self.save,
            self.as_coarse,
            self.as_fine,
        ]
