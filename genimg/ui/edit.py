"""The Edit tab: get a picture, see how well the model knows it, pull sliders, keep every step.

The server keeps nothing of what a person does here: each event tells which recipe it is about.
"""

from __future__ import annotations

import base64
import html
import logging
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from genimg.editor import Recipe
from genimg.errors import CheckpointError, GenimgError, RecipeError
from genimg.images import data_uri
from genimg.ui import examples, opening, views
from genimg.ui.acts import act
from genimg.ui.desk import EACH, LATEST, LIVE, PRIVATE, Desk, Parcel, Update, numbered
from genimg.ui.edit_parts import ONLY_DRAWS, EditParts
from genimg.ui.guard import guard
from genimg.ui.opening import Crop, Opened, Work, recipe_of
from genimg.ui.saving import Download, archive, picture
from genimg.ui.scene import number, refining, scene
from genimg.ui.uploads import uploaded

TITLE = "Edit"
ID = "edit"

_LOG = logging.getLogger(__name__)
_BUG = "Something went wrong in genimg; its log says what."

_KEPT = "async (model) => [model, await genimg.opening()]"
_TO_DOWNLOAD = "(saved) => { genimg.save(saved); }"

Told = Mapping[str, Any]


def build(desk: Desk) -> None:
    """Lay the tab out and wire it."""
    _Edit(desk)


class _Edit(EditParts):
    """What the parts of the tab do."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        # All that another picture may change; the page skips what does not come.
        self.opened = [
            desk.work, self.stage, desk.model, self.examples, self.upload, self.only_draws,
        ]  # fmt: skip
        self._wire()

    # ------------------------------------------------------------------------------- wires

    def _wire(self) -> None:
        desk, stage = self.desk, self.stage
        desk.on_start(self.start, [desk.model, self.kept], self.opened, js=_KEPT)
        desk.on_choice(self.choose_model, [desk.model, desk.work], self.opened)
        self.upload.input(
            guard(self.open_upload),
            [desk.model, self.upload],
            self.opened,
            preprocess=False,
            **LATEST,  # a new picture right after the old one was removed counts
        ).failure(None, None, [self.upload], js="() => null", **PRIVATE)
        stage.click(self.answer, [desk.model], self.opened, **EACH).failure(
            None, None, None, js="() => { genimg.work?.lost(); }", **PRIVATE
        )
        stage.input(guard(self.follow), None, [self.frame], **LIVE)
        refining = stage.play(
            self.refine,
            None,
            [self.progress],
            concurrency_id="refine",
            concurrency_limit=1,
            **EACH,  # one that was cancelled would keep the latest waiting
        )
        stage.pause(None, None, None, cancels=[refining], **PRIVATE)
        stage.download(
            guard(self.save),
            None,
            [self.saved],
            concurrency_id="download",
            concurrency_limit=1,
            **EACH,
        ).success(None, [self.saved], None, js=_TO_DOWNLOAD, **PRIVATE)
        desk.receive("edit", ID, self.open_parcel, [desk.model], self.opened)

    # ------------------------------------------------------------------ getting a picture

    def start(self, model: str | None, kept: Told | None) -> dict[Any, Update]:
        """The page has been opened: what was open before, or the first picture of a model."""
        if model is None:
            try:
                self.desk.store.info("")
            except CheckpointError as error:  # the page itself says what to do, not a message
                return {self.stage: {"empty": str(error)}}
        if kept:
            try:
                opened = opening.from_recipe(self.desk.store, recipe_of(kept.get("recipe")))
            except GenimgError as error:
                gr.Warning(html.escape(str(error)))
            else:
                if kept.get("from") == "link":
                    opened = replace(opened, note="Opened from a link.")
                return self._shown(opened, "", {"node": kept.get("node")})
        return self.change_model(model or "")

    def choose_model(self, model: str, work: Work) -> dict[Any, Update]:
        """A model was chosen; one that cannot be opened leaves everything as it was."""
        try:
            return self.change_model(model)
        except GenimgError as error:
            if work.model in ("", model) or work.model not in self.desk.store.names:
                raise
            gr.Warning(html.escape(str(error)))
            return {self.desk.model: work.model}

    def change_model(self, model: str) -> dict[Any, Update]:
        """Begin anew with the first example of a model, or with a picture that it draws."""
        return self._shown(examples.first(self.desk.store, model), "")

    def open_upload(self, model: str, file: Told | None) -> dict[Any, Update]:
        """A picture was uploaded, pasted or taken: restore its edits, or encode it."""
        if file is None:
            return {self.desk.model: gr.skip()}
        return self._shown(self._opened_file(model, uploaded(file)), model, {"refine": True})

    def _begun(self, model: str, told: Told) -> Opened:
        """An example that was clicked, or a picture drawn from a seed that nobody chose."""
        if told.get("act") == "example":
            return examples.chosen(self.desk.store, model, str(told.get("pick")))
        return opening.from_seed(self.desk.store, model, random.randrange(1_000_000))

    def open_parcel(self, parcel: Parcel, model: str) -> dict[Any, Update]:
        """Another tab sends a picture."""
        note = f"Sent from Generate: {parcel.origin}."
        opened = opening.from_latent(
            parcel.model, parcel.latent, parcel.origin, note, parcel.made_from
        )
        return self._shown(opened, model)

    def _opened_file(self, model: str, path: str) -> Opened:
        store = self.desk.store
        try:
            saved = opening.from_saved(store, model, path)
        except RecipeError as error:
            said = html.escape(str(error)).rstrip(".")
            gr.Warning(f"{said[:1].upper()}{said[1:]}. It is opened as a plain picture.")
            saved = None
        return saved or opening.from_file(store, model, Crop(path), "upload")

    def _shown(self, opened: Opened, before: str, said: Told | None = None) -> dict[Any, Update]:
        """The scene of a picture; where `before` was another model, what belongs to its own."""
        store = self.desk.store
        updates: dict[Any, Update] = {
            self.desk.work: Work(opened.model, replace(opened.recipe, lineage=(), parents=())),
            self.stage: {**scene(store, opened), "opened": True, **(said or {})},
        }
        if opened.model != before:
            editor = store.get(opened.model)
            visible: Any = True if editor.can_encode else "hidden"
            updates |= {
                self.desk.model: opened.model,
                self.examples: examples.thumbs(store, opened.model),
                self.upload: gr.Image(visible=visible),
                self.only_draws: numbered("" if editor.can_encode else views.hint(ONLY_DRAWS)),
            }
        return updates

    # ---------------------------------------------------------------------------- editing

    def answer(self, model: str, event: gr.EventData) -> dict[Any, Update]:
        """Something was done on the page: the scene after it, or why it could not be done."""
        told = _told(event)
        said = {"answer": told.get("number")}
        try:
            return self._done(model, told, said)
        except GenimgError as error:
            gr.Warning(html.escape(str(error)))
            return {self.stage: {**said, "number": number(), "failed": str(error)}}
        except Exception:  # the page waits for an answer
            _LOG.exception("an act failed: %r", told.get("act"))
            gr.Warning(_BUG)
            return {self.stage: {**said, "number": number(), "failed": "It could not be done."}}

    def _done(self, model: str, told: Told, said: dict[str, Any]) -> dict[Any, Update]:
        store, kind = self.desk.store, told.get("act")
        if kind == "open":
            said["refine"] = bool(told.get("refine"))
            found = self._shown(self._opened_file(model, uploaded(told)), model, said)
            return {**found, self.upload: gr.Image(value=None)}
        if kind in ("example", "draw"):
            found = self._shown(self._begun(model, told), model, said)
            return {**found, self.upload: gr.Image(value=None)}
        recipe = recipe_of(told.get("recipe"))
        opened = opening.from_recipe(store, recipe)
        said["opened"] = False
        if kind == "go":
            return self._shown(opened, model, {**said, "node": told.get("node")})
        if kind == "crop":
            return self._shown(self._cropped(opened, told), model, {**said, "refine": True})
        if kind == "base":
            return self._shown(self._based(opened, told), model, said)
        after, label = act(store.get(opened.model), kind, recipe, told)
        if kind == "soften":
            softer = replace(self._compared(opened.model, after, label, told), original=None)
            return self._shown(softer, model, {**said, "upload": {"t": told.get("t")}})
        return self._shown(Opened(opened.model, after, label), model, said)

    def _cropped(self, opened: Opened, told: Told) -> Opened:
        """Another part of the upload is encoded; the edits stay."""
        path = uploaded(told)
        if not Path(path).is_file():
            raise GenimgError("Uploads are deleted after an hour. Upload it again to crop it.")
        focus, zoom = told.get("focus"), told.get("zoom")
        try:
            x, y = (float(value) for value in focus)  # type: ignore[union-attr]
            crop = Crop(path, (x, y), float(zoom))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise GenimgError("A crop is a focus (x, y) and a zoom.") from None
        anew = opening.from_file(self.desk.store, opened.model, crop, "upload")
        recipe = replace(opened.recipe, latent=anew.recipe.latent)
        return replace(anew, recipe=recipe, label="cropped")

    def _based(self, opened: Opened, told: Told) -> Opened:
        """A better latent for the upload was found; the edits stay."""
        recipe = replace(opened.recipe, latent=recipe_of(told.get("better")).latent)
        refined = self._compared(opened.model, recipe, "refined", told)
        if told.get("editable") is None:  # it was stopped before
            return refined
        return replace(refined, editable=recipe_of(told.get("editable")).latent)

    def _compared(self, model: str, recipe: Recipe, label: str, told: Told) -> Opened:
        """A start that was moved, and how close it is to the `original` upload now."""
        editor = self.desk.store.get(model)
        original = opening.picture_of(told.get("original"))
        found = editor.match(original, editor.decode(recipe.latent)[0])
        return Opened(model, recipe, label, original=original, match=found)

    def follow(self, event: gr.EventData) -> dict[Any, Update]:
        """A slider is being pulled where the live socket is blocked: one frame."""
        told = _told(event)
        recipe = recipe_of(told.get("recipe"))
        opened = opening.from_recipe(self.desk.store, recipe)
        editor = self.desk.store.get(opened.model)
        pulled, _ = act(editor, "pull", recipe, {"amounts": told.get("totals")})
        image = editor.decode(editor.edited(pulled))[0]
        kept = {key: told.get(key) for key in ("seq", "scene", "totals")}
        return {self.frame: {**kept, "address": data_uri(image)}}

    def refine(self, event: gr.EventData) -> Iterator[dict[Any, Update]]:
        """The latent of an upload is made better, step by step, until it is done or stopped."""
        told = _told(event)
        run = {"run": told.get("run")}
        try:
            opened = opening.from_recipe(self.desk.store, recipe_of(told.get("recipe")))
            original = opening.picture_of(told.get("original"))
            for news in refining(self.desk.store.get(opened.model), opened.recipe, original):
                yield {self.progress: {**run, **news}}
        except GenimgError as error:
            gr.Warning(html.escape(str(error)))
        except Exception:  # the page waits for an end
            _LOG.exception("refining failed")
            gr.Warning(_BUG)
        yield {self.progress: {**run, "done": True}}

    # ----------------------------------------------------------------------------- saving

    def save(self, event: gr.EventData) -> dict[str, str]:
        """The picture, or all steps in an archive, for the browser to download."""
        told = _told(event)
        made: Download = (archive if told.get("what") == "all" else picture)(self.desk.store, told)
        encoded = base64.b64encode(made.data).decode("ascii")
        return {"name": made.name, "address": f"data:{made.kind};base64,{encoded}"}


def _told(event: gr.EventData) -> Told:
    """What the page's script said with an event."""
    told = event._data
    if not isinstance(told, dict):
        raise GenimgError("This page and the program do not fit. Load the page again.")
    return told
