"""The Edit tab: get a picture, see how well the model knows it, pull sliders, keep every step.

Here is what Gradio's components do: they bring a picture, or another model. What is done to a
picture is asked of the routes (routes.py) by the page itself. The server keeps nothing of it.
"""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import gradio as gr

from genimg.errors import CheckpointError, GenimgError
from genimg.ui.edit import answering, examples
from genimg.ui.edit.answers import SessionValue
from genimg.ui.edit.parts import EditParts
from genimg.ui.edit.scene import number
from genimg.ui.serving.uploads import uploaded
from genimg.ui.shell import opening, static
from genimg.ui.shell.guard import guard
from genimg.ui.shell.opening import JsonObject, Opened, recipe_of
from genimg.ui.shell.wiring import (
    EACH,
    LATEST,
    PRIVATE,
    Payload,
    Update,
    Wiring,
    numbered,
)
from genimg.ui.words import say

TITLE = "edit.title"
ID = "edit"

_KEPT = f"async (model) => [model, await {static.call('edit/opening.js', 'opening()')}]"
_NOT_OPENED = f"() => {static.call('edit/resume.js', 'setArriving(null) ?? null')}"
_CHOSEN = f"(model) => {{ {static.call('edit/tab.js', 'chooses(model)')}; }}"
_HANDED_OVER = f"() => {static.call('edit/tab.js', 'handOver()')}"


def build(wiring: Wiring) -> None:
    """Lay the tab out and wire it."""
    _Edit(wiring)


class _Edit(EditParts):
    """What the parts of the tab do."""

    def __init__(self, wiring: Wiring) -> None:
        super().__init__()
        self.wiring = wiring
        # All that another model may change; the page skips what does not come.
        self.of_model = [wiring.model, self.examples, self.upload, self.only_draws]
        self.opened = [self.session, *self.of_model]
        self._wire()

    # ------------------------------------------------------------------------------- wires

    def _wire(self) -> None:
        wiring, session = self.wiring, self.session
        wiring.on_start(self.start, [wiring.model, self.kept], self.opened, js=_KEPT)
        wiring.on_choice(self.choose_model, [wiring.model, wiring.work], self.opened)
        self.upload.input(
            guard(self.open_upload),
            [wiring.model, self.upload],
            self.opened,
            preprocess=False,
            **LATEST,  # a new picture right after the old one was removed counts
        ).failure(None, None, [self.upload], js=_NOT_OPENED, **PRIVATE)
        # What the page itself has opened: no server is asked for that.
        session.change(None, None, [wiring.work, *self.of_model], js=_HANDED_OVER, **EACH)
        wiring.model.change(None, [wiring.model], None, js=_CHOSEN, **EACH)
        wiring.receive("edit", ID, self.open_payload, [wiring.model], self.opened)

    # ------------------------------------------------------------------ getting a picture

    def start(self, model: str | None, kept: JsonObject | None) -> dict[Any, Update]:
        """The page has been opened: what was open before, or the first picture of a model."""
        if model is None:
            try:
                self.wiring.store.info("")
            except CheckpointError as error:  # the page itself says what to do, not a message
                return self._sent({"empty": str(error)})
        if kept:
            try:
                opened = opening.from_recipe(self.wiring.store, recipe_of(kept.get("recipe")))
            except GenimgError as error:
                gr.Warning(html.escape(str(error)))
            else:
                if kept.get("from") == "link":
                    opened = replace(opened, note=say("edit.from_link"))
                node = kept.get("node")
                return self._shown(opened, "", {"node": node if isinstance(node, str) else None})
        return self.change_model(model or "")

    def choose_model(self, model: str, work: object) -> dict[Any, Update]:
        """A model was chosen; one that cannot be opened leaves everything as it was."""
        try:
            return self.change_model(model)
        except GenimgError as error:
            before = opening.work_of(work).model
            if before == model or before not in self.wiring.store.names:
                raise
            gr.Warning(html.escape(str(error)))
            return {self.wiring.model: before}

    def change_model(self, model: str) -> dict[Any, Update]:
        """Begin anew with the first example of a model, or with a picture that it draws."""
        return self._shown(examples.first(self.wiring.store, model), "")

    def open_upload(self, model: str, file: JsonObject | None) -> dict[Any, Update]:
        """A picture was uploaded, pasted or taken: restore its edits, or encode it."""
        if file is None:
            return {self.wiring.model: gr.skip()}
        path = uploaded(file)
        found = answering.from_upload(self.wiring.store, model, path, {"refine": True})
        for words in found.warnings:
            gr.Warning(html.escape(words))
        if found.offer is not None:
            updates = self._sent({"offer": found.offer})
        else:
            assert found.opened is not None
            updates = self._shown(found.opened, model, found.extra)
        if self.wiring.store.preview(path):  # the browser shows nothing of it
            updates[self.upload] = gr.Image(value=self.wiring.store.picture(path))
        return updates

    def open_payload(self, payload: Payload, model: str) -> dict[Any, Update]:
        """Another tab sends a picture."""
        note = say("edit.from_generate", origin=payload.origin)
        opened = opening.from_latent(
            payload.model, payload.latent, payload.origin, note, payload.made_from
        )
        return self._shown(opened, model)

    def _sent(self, value: SessionValue) -> dict[Any, Update]:
        """What the page's own modules are told; numbered, it is news even where it is the same."""
        return {self.session: {**value, "number": number()}}

    def _shown(
        self, opened: Opened, before: str, extra: JsonObject | None = None
    ) -> dict[Any, Update]:
        """The scene of a picture; where `before` was another model, what belongs to its own."""
        updates = self._sent({"scene": answering.shown(self.wiring.store, opened, extra or {})})
        return updates if opened.model == before else updates | self._of_model(opened.model)

    def _of_model(self, model: str) -> dict[Any, Update]:
        parts = answering.parts_of(self.wiring.store, model)
        visible: Any = True if parts["takes_pictures"] else "hidden"
        return {
            self.wiring.model: model,
            self.examples: parts["examples"],
            self.upload: gr.Image(visible=visible),
            self.only_draws: numbered(parts["hint"]),
        }
