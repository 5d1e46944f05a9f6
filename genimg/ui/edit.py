"""The Edit tab: get a picture, see how well the model knows it, pull sliders, keep the result."""

from __future__ import annotations

import base64
import html
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from genimg.editor import Editor
from genimg.errors import CheckpointError, GenimgError, RecipeError
from genimg.ui import examples, opening, sliders, views
from genimg.ui.desk import (
    EACH,
    LATEST,
    LIVE,
    PRIVATE,
    Desk,
    Parcel,
    Update,
    in_turn,
    numbered,
)
from genimg.ui.edit_parts import ONLY_DRAWS, EditParts
from genimg.ui.guard import guard
from genimg.ui.opening import Sitting, Work
from genimg.ui.uploads import uploaded

TITLE = "Edit"
ID = "edit"

_TO_DOWNLOAD = "(saved) => { genimg.save(saved); }"


def build(desk: Desk) -> None:
    """Lay the tab out and wire it."""
    _Edit(desk)


class _Edit(EditParts):
    """What the parts of the tab do; all that belongs to a person is in the Sitting."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
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

    # ------------------------------------------------------------------------------- wires

    def _wire(self) -> None:
        desk = self.desk
        anew = [*self.opened, *self.framing, self.upload, self.cropping, self.only_draws]
        person = [desk.sitting, desk.model]
        # What moves the sliders is also told where they stand: they may have been moved by hand
        # since the last answer. Their own checks would compare with the ends of another page.
        pulled: dict[str, Any] = {"preprocess": False}
        standing = [self.slots, *self.sliders]
        page = [desk.sitting, self.group, *standing]
        set_by_program = [*self.redrawn, self.slots, self.exchange, *self.sliders]

        desk.on_start(in_turn(self.start), person, [*anew, self.examples])
        desk.model.input(_action(self.change_model), person, [*anew, self.examples], **LATEST)
        self.upload.input(
            _action(self.open_upload),
            [*person, self.upload],
            [*anew, desk.model, self.examples],
            preprocess=False,
            **LATEST,  # a new picture right after the old one was removed counts
        ).failure(None, None, [self.upload], js="() => null", **PRIVATE)
        self.examples.click(_action(self.open_example), person, anew, **EACH)
        self.draw.click(_action(self.open_random), person, anew, **LATEST)
        gr.on(
            [part.input for part in self.framing],
            _action(self.crop),
            [desk.sitting, self.slots, *self.framing],
            [*self.redrawn, self.original, self.before, self.note],
            **LIVE,
        )
        # One dependency for all sliders: "always_last" counts per dependency. The reset arrow of
        # a slider fires `release` and no `input`.
        gr.on(
            [event for slider in self.sliders for event in (slider.input, slider.release)],
            _action(self.follow),
            [desk.sitting, *standing],
            self.redrawn,
            **pulled,
            **LIVE,
        )
        self.exchange.input(
            _action(self.exchange_value),
            [desk.sitting, self.group, self.exchange],
            self.redrawn,
            **LATEST,
        )
        turned = [*self.redrawn, *self.paged]
        self.group.input(_action(self.turn_page), page, turned, **pulled, **LATEST)
        self.reset.click(_action(self.reset_all), page, set_by_program, **pulled, **LATEST)
        self.nudge.click(_action(self.nudge_some), page, set_by_program, **pulled, **EACH)
        self.active.click(_action(self.take_away), page, set_by_program, **pulled, **EACH)
        self.save.click(
            _action(self.save_picture), [desk.sitting, *standing], [self.saved], **pulled, **PRIVATE
        ).success(None, [self.saved], None, js=_TO_DOWNLOAD, **PRIVATE)
        desk.receive("edit", ID, self.open_parcel, [desk.sitting], anew)

    # ------------------------------------------------------------------ getting a picture

    def start(self, sitting: Sitting, model: str | None) -> dict[Any, Update]:
        """The page has been opened: show a picture at once, so that the sliders do something."""
        if model is None:
            try:
                self.desk.store.info("")
            except CheckpointError as error:  # the page itself says what to do, not a message
                return {self.original: views.picture(None, "Original", empty=str(error))}
        return self.change_model(sitting, model or "")

    def change_model(self, sitting: Sitting, model: str) -> dict[Any, Update]:
        """Begin anew with the first example of a model, or with a picture that it draws."""
        updates = self._begin(sitting, examples.first(self.desk.store, model))
        return {**updates, self.examples: examples.thumbs(self.desk.store, model)}

    def open_upload(
        self, sitting: Sitting, model: str, file: Mapping[str, Any] | None
    ) -> dict[Any, Update]:
        """A picture was uploaded, pasted or taken: restore its edits, or encode it."""
        if file is None:
            return {self.desk.sitting: sitting}
        store, path = self.desk.store, uploaded(file)
        try:
            saved = opening.from_saved(store, model, path)
        except RecipeError as error:
            gr.Warning(f"{html.escape(str(error))} It is opened as a plain picture.")
            saved = None
        opened = saved or opening.from_file(store, model, path, "upload")
        updates = self._begin(sitting, opened, keep_upload=True)
        if opened.work.model != model:
            maker = opened.work.model
            updates |= {self.desk.model: maker, self.examples: examples.thumbs(store, maker)}
        return updates

    def open_example(self, sitting: Sitting, model: str, event: gr.EventData) -> dict[Any, Update]:
        """An example was clicked."""
        if sitting.is_late(getattr(event, "at", None)):
            return {self.desk.sitting: gr.skip()}
        return self._begin(sitting, examples.chosen(self.desk.store, model, str(event.pick)))

    def open_random(self, sitting: Sitting, model: str) -> dict[Any, Update]:
        """Draw a picture from a seed that nobody chose."""
        seed = random.randrange(1_000_000)
        return self._begin(sitting, opening.from_seed(self.desk.store, model, seed))

    def open_parcel(self, parcel: Parcel, sitting: Sitting) -> dict[Any, Update]:
        """Another tab sends a picture."""
        note = f"Sent from Generate: {parcel.origin}."
        with sitting:
            opened = opening.from_latent(
                self.desk.store, parcel.model, parcel.latent, parcel.origin, note
            )
            return self._begin(sitting, opened)

    def crop(
        self, sitting: Sitting, slots: Mapping[str, Any], x: float, y: float, zoom: float
    ) -> dict[Any, Update]:
        """Encode another part of the upload; the edits stay."""
        work = sitting.work
        if not work.picture or not sitting.is_same_picture(slots):
            return {self.desk.sitting: sitting}
        if not Path(work.picture).is_file():
            raise GenimgError("Uploads are deleted after an hour. Upload it again to crop it.")
        opened = opening.from_file(
            self.desk.store, work.model, work.picture, work.origin, (x, y), zoom
        )
        edits = replace(opened.work, amounts=work.amounts, changes=work.changes)
        return {**self._redrawn(sitting, edits), **self._compared(opened)}

    def _begin(
        self, sitting: Sitting, opened: opening.Opened, keep_upload: bool = False
    ) -> dict[Any, Update]:
        """Show a picture that has just been opened; the crop is the whole of it."""
        work = opened.work
        editor = self.desk.store.get(work.model)
        pages = sliders.pages(editor.directions)
        page = sliders.page_of(pages, work.amounts)
        sitting.begin()
        return {
            **self._redrawn(sitting, work),
            **self._paged(sitting, page),
            **self._compared(opened),
            self.group: gr.Radio(choices=[p.title for p in pages], value=page.title or None),
            **self._taking(editor, keep_upload),
            self.focus_x: 0.5,
            self.focus_y: 0.5,
            self.zoom: 1.0,
        }

    def _taking(self, editor: Editor, keep_upload: bool) -> dict[Any, Update]:
        """Where pictures are uploaded; for a model that only draws, a sentence that says so."""
        value: dict[str, Any] = {} if keep_upload else {"value": None}
        visible: Any = True if editor.can_encode else "hidden"
        return {
            self.upload: gr.Image(visible=visible, **value),
            self.cropping: gr.Accordion(visible=visible),
            self.only_draws: numbered("" if editor.can_encode else views.hint(ONLY_DRAWS)),
        }

    def _compared(self, opened: opening.Opened) -> dict[Any, Update]:
        """The picture on the left, the one under the compare button, and the note."""
        first = (
            views.picture(opened.original, "Original", "as the model sees it")
            if opened.original is not None
            else views.picture(opened.plain, "Before", opened.work.origin)
        )
        note = views.match(opened.match) if opened.match else views.hint(opened.note)
        return {
            self.original: numbered(first),
            self.before: numbered(views.picture(opened.plain, "Before")),
            self.note: numbered(note),
        }

    # ---------------------------------------------------------------------------- editing

    def follow(self, sitting: Sitting, *standing: Any) -> dict[Any, Update]:
        """A slider is being pulled: the picture follows."""
        pulled = self._pulled(sitting, *standing)
        # A late one leaves alone what has been shown since.
        return {self.desk.sitting: sitting} if pulled is None else self._redrawn(sitting, pulled)

    def turn_page(self, sitting: Sitting, title: str, *standing: Any) -> dict[Any, Update]:
        """Show other sliders; what is set stays set."""
        pulled = self._pulled(sitting, *standing)
        redrawn = self._redrawn(sitting, pulled) if pulled else {}
        return {
            **redrawn,
            **self._paged(sitting, self._page(sitting, title)),
            self.group: gr.skip(),
        }

    def exchange_value(self, sitting: Sitting, title: str, value: str) -> dict[Any, Update]:
        """Another value was chosen for the factor of the open page: a red hat for a blue bow."""
        work, editor = sitting.work, self._editor(sitting)
        factor = self._page(sitting, title).factor
        changes = {**work.changes, factor: value}
        if replace(work, changes={}).shown(editor).get(factor) == value:
            del changes[factor]
        return self._redrawn(sitting, replace(work, changes=changes))

    def reset_all(self, sitting: Sitting, title: str, *_: Any) -> dict[Any, Update]:
        """All sliders to 0, and nothing exchanged."""
        return self._set(sitting, replace(sitting.work, amounts={}, changes={}), title)

    def nudge_some(self, sitting: Sitting, title: str, *standing: Any) -> dict[Any, Update]:
        """Move a few sliders a little, at random."""
        work = self._pulled(sitting, *standing) or sitting.work
        moved = sliders.nudge(work.amounts, self._editor(sitting).directions, random.Random())
        return self._set(sitting, replace(work, amounts=moved), title)

    def take_away(
        self, sitting: Sitting, title: str, event: gr.EventData, *standing: Any
    ) -> dict[Any, Update]:
        """One of the active edits was clicked: take it back."""
        work = self._pulled(sitting, *standing) or sitting.work
        kind, name = str(event.pick).split(" ", 1)
        amounts, changes = dict(work.amounts), dict(work.changes)
        (changes if kind == "change" else amounts).pop(name, None)
        return self._set(sitting, replace(work, amounts=amounts, changes=changes), title)

    def save_picture(self, sitting: Sitting, *standing: Any) -> dict[str, str]:
        """The edited picture as a PNG that holds its recipe, for the browser to download."""
        work = self._pulled(sitting, *standing) or sitting.work
        assert work.latent is not None
        png = self._editor(sitting).save_picture(
            work.latent, work.amounts, changes=work.changes, origin=work.origin
        )
        return {
            "name": f"{work.model}-edit.png",
            "address": "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        }

    def _editor(self, sitting: Sitting) -> Editor:
        if sitting.latent is None:
            raise GenimgError(
                "There is no picture to edit, or the page was left alone for too long. "
                "Choose a picture first."
            )
        return self.desk.store.get(sitting.model)

    def _page(self, sitting: Sitting, title: str) -> sliders.Page:
        return sliders.find_page(sliders.pages(self._editor(sitting).directions), title)

    def _pulled(self, sitting: Sitting, slots: Mapping[str, Any], *values: object) -> Work | None:
        """The work with the sliders where they stand, None if they have been set anew since."""
        directions, work = self._editor(sitting).directions, sitting.work
        if not sitting.is_as_set(slots):
            return None
        moved = sliders.merge(work.amounts, slots["names"], values)
        return replace(work, amounts=sliders.tidy(moved, directions))

    def _set(self, sitting: Sitting, work: Work, title: str) -> dict[Any, Update]:
        """The picture and the positions of the sliders, after the program has changed amounts."""
        page = self._page(sitting, title)
        return {**self._redrawn(sitting, work), **self._paged(sitting, page)}

    def _redrawn(self, sitting: Sitting, work: Work) -> dict[Any, Update]:
        """Keep this work, and show it."""
        editor = self.desk.store.get(work.model)
        image = editor.decode(editor.edited(work.recipe()))[0]
        title = "Reconstruction" if work.picture and not work.is_edited else "Edited"
        sitting.work = work
        return {
            self.desk.sitting: sitting,
            self.edited: numbered(views.picture(image, title)),
            self.active: numbered(views.chips(work.amounts, work.changes)),
        }

    def _paged(self, sitting: Sitting, page: sliders.Page) -> dict[Any, Update]:
        """The sliders of a page: what they are called, where they stand, which stay away."""
        work, editor = sitting.work, self._editor(sitting)
        known = {direction.name: direction for direction in editor.directions}
        shown = work.shown(editor).get(page.factor)
        updates: dict[Any, Update] = {
            self.slots: sitting.note(page.names),
            self.exchange: gr.Dropdown(
                choices=list(editor.factors.get(page.factor, ())),
                value=shown,
                visible=True if shown else "hidden",
            ),
        }
        for i, slider in enumerate(self.sliders):
            if i < len(page.names):
                name = page.names[i]
                amount = work.amounts.get(name, 0.0)
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


def _action(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Something that a person does: in its turn, with plain words if it fails."""
    return guard(in_turn(fn))
