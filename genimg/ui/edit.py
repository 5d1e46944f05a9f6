"""The Edit tab: get a picture, see how well the model knows it, pull sliders, keep the result."""

from __future__ import annotations

import base64
import html
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from genimg.editor import Editor
from genimg.errors import CheckpointError, GenimgError, RecipeError
from genimg.ui import examples, opening, sliders, views
from genimg.ui.desk import LIVE, PRIVATE, Desk, Parcel, Update, markup
from genimg.ui.guard import guard
from genimg.ui.opening import Sitting
from genimg.ui.uploads import uploaded

TITLE = "Edit"
ID = "edit"

_WELCOME = "Upload, paste or drop a picture, pick an example, or draw one at random."
_HELP = (
    "The percentage says how far a name can be trusted, measured on pictures that the model had "
    "never seen. Numbers are standard deviations: 0 changes nothing, 1 is a usual difference "
    "between two pictures, 4 is far out."
)
_TO_DOWNLOAD = "(saved) => { genimg.save(saved); }"


def build(desk: Desk) -> None:
    """Lay the tab out and wire it."""
    _Edit(desk)


class _Edit:
    """The parts of the tab and what they do; all that belongs to a person is in the Sitting."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with gr.Column(elem_id="edit-grid"):
            self._lay_out_pictures()
            self._lay_out_source()
            self._lay_out_sliders()
        self.redrawn = [desk.sitting, self.edited, self.active]
        self.paged = [self.group, self.slots, self.exchange, *self.sliders]
        self.opened = [
            *self.redrawn,
            *self.paged,
            self.original,
            self.before,
            self.note,
        ]
        self.framing = [self.focus_x, self.focus_y, self.zoom]
        self._wire()

    # ------------------------------------------------------------------------------ layout

    def _lay_out_pictures(self) -> None:
        with gr.Column(elem_id="edit-pictures"):
            with gr.Row(elem_id="edit-pair"):
                self.original = markup(
                    views.picture(None, "Original", empty=_WELCOME), elem_id="original"
                )
                with gr.Column(elem_id="edit-stack", min_width=0):
                    self.edited = markup(
                        views.picture(None, "Edited", empty="Your picture appears here."),
                        elem_id="edited",
                    )
                    self.before = markup("", elem_id="edit-before")
            self.note = markup("", elem_id="edit-note")
            self.active = markup(views.chips({}), elem_id="active", picks=True)
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
                self.examples = markup("", elem_id="examples", picks=True)
                self.draw = gr.Button("Draw one at random", elem_id="draw", size="md")
                with gr.Accordion("Crop", open=False, elem_id="crop"):
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
            self.slots = gr.JSON([], visible=False)

    # ------------------------------------------------------------------------------- wires

    def _wire(self) -> None:
        desk = self.desk
        anew = [*self.opened, *self.framing, self.upload]
        desk.on_start(self.start, [desk.model], [*anew, self.examples])
        desk.model.input(guard(self.change_model), [desk.model], [*anew, self.examples], **PRIVATE)
        self.upload.input(
            guard(self.open_upload),
            [desk.model, self.upload],
            [*anew, desk.model, self.examples],
            preprocess=False,
            trigger_mode="always_last",  # a new picture right after the old one was removed counts
            **PRIVATE,
        ).failure(None, None, [self.upload], js="() => null", **PRIVATE)
        self.examples.click(guard(self.open_example), [desk.model], anew, **PRIVATE)
        self.draw.click(guard(self.open_random), [desk.model], anew, **PRIVATE)
        gr.on(
            [part.input for part in self.framing],
            guard(self.crop),
            [desk.sitting, *self.framing],
            [*self.redrawn, self.original, self.before, self.note],
            **LIVE,
        )
        # One dependency for all sliders: "always_last" counts per dependency. The reset arrow of
        # a slider fires `release` and no `input`.
        gr.on(
            [event for slider in self.sliders for event in (slider.input, slider.release)],
            guard(self.follow),
            [desk.sitting, self.slots, *self.sliders],
            self.redrawn,
            preprocess=False,
            **LIVE,
        )
        sitting_and_page = [desk.sitting, self.group]
        set_by_program = [*self.redrawn, self.exchange, *self.sliders]
        self.exchange.input(
            guard(self.exchange_value), [*sitting_and_page, self.exchange], self.redrawn, **PRIVATE
        )
        self.group.input(guard(self.turn_page), sitting_and_page, self.paged, **PRIVATE)
        self.reset.click(guard(self.reset_all), sitting_and_page, set_by_program, **PRIVATE)
        self.nudge.click(guard(self.nudge_some), sitting_and_page, set_by_program, **PRIVATE)
        self.active.click(guard(self.take_away), sitting_and_page, set_by_program, **PRIVATE)
        self.save.click(guard(self.save_picture), [desk.sitting], [self.saved], **PRIVATE).success(
            None, [self.saved], None, js=_TO_DOWNLOAD, **PRIVATE
        )
        desk.receive("edit", ID, self.open_parcel, [], anew)

    # ------------------------------------------------------------------ getting a picture

    def start(self, model: str | None) -> dict[Any, Update]:
        """The page has been opened: show a picture at once, so that the sliders do something."""
        if model is None:
            try:
                self.desk.store.info("")
            except CheckpointError as error:  # the page itself says what to do, not a message
                return {self.original: views.picture(None, "Original", empty=str(error))}
        return self.change_model(model or "")

    def change_model(self, model: str) -> dict[Any, Update]:
        """Begin anew with the first example of a model, or with a picture that it draws."""
        opened = examples.first(self.desk.store, model)
        return {**self._begin(opened), self.examples: examples.thumbs(self.desk.store, model)}

    def open_upload(self, model: str, file: Mapping[str, Any] | None) -> dict[Any, Update]:
        """A picture was uploaded, pasted or taken: restore its edits, or encode it."""
        if file is None:
            return {self.desk.sitting: gr.skip()}
        store, path = self.desk.store, uploaded(file)
        try:
            saved = opening.from_saved(store, model, path)
        except RecipeError as error:
            gr.Warning(f"{html.escape(str(error))} It is opened as a plain picture.")
            saved = None
        opened = saved or opening.from_file(store, model, path, "upload")
        updates = {**self._begin(opened), self.upload: gr.skip()}
        if opened.sitting.model != model:
            maker = opened.sitting.model
            updates |= {self.desk.model: maker, self.examples: examples.thumbs(store, maker)}
        return updates

    def open_example(self, model: str, event: gr.EventData) -> dict[Any, Update]:
        """An example was clicked."""
        return self._begin(examples.chosen(self.desk.store, model, str(event.pick)))

    def open_random(self, model: str) -> dict[Any, Update]:
        """Draw a picture from a seed that nobody chose."""
        seed = random.randrange(1_000_000)
        return self._begin(opening.from_seed(self.desk.store, model, seed))

    def open_parcel(self, parcel: Parcel) -> dict[Any, Update]:
        """Another tab sends a picture."""
        note = f"Sent from Sample: {parcel.origin}."
        return self._begin(
            opening.from_latent(self.desk.store, parcel.model, parcel.latent, parcel.origin, note)
        )

    def crop(self, sitting: Sitting, x: float, y: float, zoom: float) -> dict[Any, Update]:
        """Encode another part of the upload; the edits stay."""
        if not sitting.picture:
            return {self.desk.sitting: gr.skip()}
        if not Path(sitting.picture).is_file():
            raise GenimgError("Uploads are deleted after an hour. Upload it again to crop it.")
        opened = opening.from_file(
            self.desk.store,
            sitting.model,
            sitting.picture,
            sitting.origin,
            (x, y),
            zoom,
        )
        edits = replace(opened.sitting, amounts=sitting.amounts, changes=sitting.changes)
        return {**self._redrawn(edits), **self._compared(opened)}

    def _begin(self, opened: opening.Opened) -> dict[Any, Update]:
        """Show a picture that has just been opened; the crop is the whole of it."""
        sitting = opened.sitting
        pages = sliders.pages(self.desk.store.get(sitting.model).directions)
        page = sliders.page_of(pages, sitting.amounts)
        return {
            **self._redrawn(sitting),
            **self._paged(sitting, page),
            **self._compared(opened),
            self.group: gr.Radio(choices=[p.title for p in pages], value=page.title or None),
            self.upload: None,
            self.focus_x: 0.5,
            self.focus_y: 0.5,
            self.zoom: 1.0,
        }

    def _compared(self, opened: opening.Opened) -> dict[Any, Update]:
        """The picture on the left, the one under the compare button, and the note."""
        first = (
            views.picture(opened.original, "Original", "as the model sees it")
            if opened.original is not None
            else views.picture(opened.plain, "Before", opened.sitting.origin)
        )
        return {
            self.original: first,
            self.before: views.picture(opened.plain, "Before"),
            self.note: views.match(opened.match) if opened.match else views.hint(opened.note),
        }

    # ---------------------------------------------------------------------------- editing

    def follow(self, sitting: Sitting, slots: list[str], *values: object) -> dict[Any, Update]:
        """A slider is being pulled: the picture follows."""
        return self._redrawn(self._with(sitting, sliders.merge(sitting.amounts, slots, values)))

    def turn_page(self, sitting: Sitting, title: str) -> dict[Any, Update]:
        """Show other sliders; what is set stays set."""
        directions = self._editor(sitting).directions
        page = sliders.find_page(sliders.pages(directions), title)
        return {**self._paged(sitting, page), self.group: gr.skip()}

    def exchange_value(self, sitting: Sitting, title: str, value: str) -> dict[Any, Update]:
        """Another value was chosen for the factor of the open page: a red hat for a blue bow."""
        editor = self._editor(sitting)
        factor = sliders.find_page(sliders.pages(editor.directions), title).factor
        changes = {**sitting.changes, factor: value}
        if replace(sitting, changes={}).shown(editor).get(factor) == value:
            del changes[factor]
        return self._redrawn(replace(sitting, changes=changes))

    def reset_all(self, sitting: Sitting, title: str) -> dict[Any, Update]:
        """All sliders to 0, and nothing exchanged."""
        return self._set(replace(sitting, amounts={}, changes={}), title)

    def nudge_some(self, sitting: Sitting, title: str) -> dict[Any, Update]:
        """Move a few sliders a little, at random."""
        directions = self._editor(sitting).directions
        moved = sliders.nudge(sitting.amounts, directions, random.Random())
        return self._set(self._with(sitting, moved), title)

    def take_away(self, sitting: Sitting, title: str, event: gr.EventData) -> dict[Any, Update]:
        """One of the active edits was clicked: take it back."""
        kind, name = str(event.pick).split(" ", 1)
        amounts, changes = dict(sitting.amounts), dict(sitting.changes)
        (changes if kind == "change" else amounts).pop(name, None)
        return self._set(replace(sitting, amounts=amounts, changes=changes), title)

    def save_picture(self, sitting: Sitting) -> dict[str, str]:
        """The edited picture as a PNG that holds its recipe, for the browser to download."""
        editor = self._editor(sitting)
        assert sitting.latent is not None
        png = editor.save_picture(
            sitting.latent, sitting.amounts, changes=sitting.changes, origin=sitting.origin
        )
        return {
            "name": f"{sitting.model}-edit.png",
            "address": "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        }

    def _editor(self, sitting: Sitting) -> Editor:
        if sitting.latent is None:
            raise GenimgError(
                "There is no picture to edit, or the page was left alone for too long. "
                "Choose a picture first."
            )
        return self.desk.store.get(sitting.model)

    def _with(self, sitting: Sitting, amounts: Mapping[str, object]) -> Sitting:
        return replace(sitting, amounts=sliders.tidy(amounts, self._editor(sitting).directions))

    def _set(self, sitting: Sitting, title: str) -> dict[Any, Update]:
        """The picture and the positions of the sliders, after the program has changed amounts."""
        pages = sliders.pages(self._editor(sitting).directions)
        parts = self._paged(sitting, sliders.find_page(pages, title))
        return {
            **self._redrawn(sitting),
            **{part: parts[part] for part in (self.exchange, *self.sliders)},
        }

    def _redrawn(self, sitting: Sitting) -> dict[Any, Update]:
        editor = self._editor(sitting)
        image = editor.decode(editor.edited(sitting.recipe()))[0]
        title = "Edited" if sitting.is_edited else "Reconstruction"
        return {
            self.desk.sitting: sitting,
            self.edited: views.picture(image, title),
            self.active: views.chips(sitting.amounts, sitting.changes),
        }

    def _paged(self, sitting: Sitting, page: sliders.Page) -> dict[Any, Update]:
        """The sliders of a page: what they are called, where they stand, which stay away."""
        editor = self._editor(sitting)
        known = {direction.name: direction for direction in editor.directions}
        shown = sitting.shown(editor).get(page.factor)
        updates: dict[Any, Update] = {
            self.slots: list(page.names),
            self.exchange: gr.Dropdown(
                choices=list(editor.factors.get(page.factor, ())),
                value=shown,
                visible=True if shown else "hidden",
            ),
        }
        for i, slider in enumerate(self.sliders):
            if i < len(page.names):
                name = page.names[i]
                amount = sitting.amounts.get(name, 0.0)
                end = sliders.span(amount)
                updates[slider] = gr.Slider(
                    minimum=-end,
                    maximum=end,
                    label=sliders.label(known[name]),
                    value=amount,
                    visible=True,
                )
            else:
                updates[slider] = gr.Slider(visible="hidden", value=0)
        return updates
