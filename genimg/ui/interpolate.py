"""The Interpolate tab: walk from one picture to another, and keep the walk as an animation."""

from __future__ import annotations

import base64
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import gradio as gr
from PIL import Image

from genimg import Latent
from genimg.editor import ease, path_times
from genimg.errors import GenimgError
from genimg.sheets import encode_animation
from genimg.ui import opening, views
from genimg.ui.desk import (
    IDLE_SECONDS,
    LAST_SEED,
    LIVE,
    PRIVATE,
    Desk,
    Parcel,
    Update,
    markup,
)
from genimg.ui.guard import guard
from genimg.ui.opening import Work
from genimg.ui.uploads import uploaded

TITLE = "Interpolate"
ID = "interpolate"

_STRIP = 9  # pictures in the strip under the slider
_CHUNK = 8  # frames that are decoded between two messages about the progress
_EMPTY = "Upload a picture, draw one at random, or take the one from Edit."
_METHODS = [("Around (slerp)", "slerp"), ("Straight (lerp)", "lerp")]
_EASINGS = [("Smooth", "smooth"), ("Even", "linear")]
_SIZES = [("1×", 1), ("2×", 2), ("4×", 4), ("8×", 8)]

Side = Literal["a", "b"]
SIDES: tuple[Side, ...] = ("a", "b")


@dataclass(frozen=True)
class Ends:
    """Where the walk of one person begins and ends."""

    model: str = ""
    a: Latent | None = None
    b: Latent | None = None
    a_origin: str = ""
    b_origin: str = ""

    def with_end(self, model: str, side: Side, latent: Latent, origin: str) -> Ends:
        """Set one end. The other one stays, unless it belongs to another model."""
        base = self if self.model == model else Ends(model)
        if side == "a":
            return replace(base, a=latent, a_origin=origin)
        return replace(base, b=latent, b_origin=origin)


def build(desk: Desk) -> None:
    """Lay the tab out and wire it."""
    _Interpolate(desk)


class _Interpolate:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ends = gr.State(Ends(), time_to_live=IDLE_SECONDS)
        with gr.Column(elem_id="walk-grid"):
            self.parts = {side: self._lay_out_end(side) for side in SIDES}
            with gr.Column(elem_id="walk-middle"):
                self.between = markup(
                    views.picture(None, "Between", empty="Choose A and B, then pull the slider."),
                    elem_id="between",
                )
                self.position = gr.Slider(
                    0, 1, 0.5, step=0.01, label="From A to B", elem_id="position", buttons=[]
                )
        self.strip = markup(views.strip([]), elem_id="walk-strip")
        with gr.Column(elem_id="walk-export"):
            self._lay_out_export()
        self.walk = [self.position, self.method, self.easing]
        self.shown = [
            self.ends,
            self.between,
            self.strip,
            *(self.parts[side]["view"] for side in SIDES),
        ]
        self._wire()

    def _lay_out_end(self, side: Side) -> dict[str, Any]:
        name = side.upper()
        small: dict[str, Any] = {"size": "sm", "min_width": 0}
        with gr.Column(elem_id=f"end-{side}", elem_classes="end", min_width=0):
            view = markup(views.picture(None, name, empty=_EMPTY), elem_id=f"view-{side}")
            with gr.Row(elem_classes="end-actions"):
                upload = gr.UploadButton(
                    "Upload", file_types=["image"], elem_id=f"upload-{side}", **small
                )
                draw = gr.Button("Random", elem_id=f"random-{side}", **small)
                take = gr.Button("From Edit", elem_id=f"from-edit-{side}", **small)
            seed = gr.Textbox(
                placeholder="or a seed, then Enter",
                show_label=False,
                container=False,
                max_lines=1,
                elem_id=f"seed-{side}",
            )
        return {"view": view, "upload": upload, "draw": draw, "take": take, "seed": seed}

    def _lay_out_export(self) -> None:
        formats = [("WebP", "webp"), ("GIF", "gif")]
        if shutil.which("ffmpeg"):
            formats.append(("MP4", "mp4"))
        with gr.Row(elem_id="walk-options"):
            self.method = gr.Radio(
                _METHODS, value="slerp", label="Way", elem_id="method", elem_classes="pills"
            )
            self.easing = gr.Radio(
                _EASINGS, value="smooth", label="Pace", elem_id="easing", elem_classes="pills"
            )
            self.format = gr.Radio(
                formats, value="webp", label="Format", elem_id="format", elem_classes="pills"
            )
            self.size = gr.Radio(
                _SIZES, value=4, label="Size", elem_id="size", elem_classes="pills"
            )
        with gr.Row(elem_id="walk-timing"):
            self.frames = gr.Slider(
                2, 120, 48, step=1, label="Pictures from A to B", elem_id="frames", buttons=[]
            )
            self.pace = gr.Slider(20, 200, 40, step=10, label="ms each", elem_id="pace", buttons=[])
            self.loop = gr.Checkbox(True, label="There and back", elem_id="loop")
            self.export = gr.Button(
                "Make animation",
                variant="primary",
                size="md",
                elem_id="export",
                scale=0,
                min_width=160,
            )
        self.film = markup("", elem_id="film")

    def _wire(self) -> None:
        desk = self.desk
        for side, parts in self.parts.items():
            inputs = [desk.model, self.ends, *self.walk]
            from_file, from_seed, at_random, from_edit, from_parcel = self._setters(side)
            parts["upload"].upload(
                guard(from_file),
                [parts["upload"], *inputs],
                self.shown,
                preprocess=False,
                **PRIVATE,
            )
            parts["seed"].submit(guard(from_seed), [parts["seed"], *inputs], self.shown, **PRIVATE)
            parts["draw"].click(guard(at_random), inputs, self.shown, **PRIVATE)
            parts["take"].click(guard(from_edit), [desk.work, *inputs], self.shown, **PRIVATE)
            desk.receive(side, ID, from_parcel, inputs, self.shown)
        gr.on(
            [self.position.input, self.position.release, self.method.input, self.easing.input],
            guard(self.follow),
            [self.ends, *self.walk],
            [self.between],
            **LIVE,
        )
        gr.on(
            [self.method.input, self.easing.input],
            guard(self.draw_strip),
            [self.ends, *self.walk],
            [self.strip],
            **PRIVATE,
        )
        self.export.click(
            guard(self.make_film),
            [
                self.ends,
                self.method,
                self.easing,
                self.frames,
                self.pace,
                self.loop,
                self.format,
                self.size,
            ],
            [self.film],
            api_visibility="private",
            concurrency_id="heavy",
            concurrency_limit=1,
        )
        desk.on_model(self.forget, [desk.model, self.ends, *self.walk], self.shown)
        desk.on_open(ID, self.fill, [desk.model, desk.work, self.ends, *self.walk], self.shown)

    # ------------------------------------------------------------------------ choosing ends

    def _setters(self, side: Side) -> tuple[Callable[..., Any], ...]:
        """The ways to choose the end `side`: each gives the new ends and shows them."""

        def set_from_file(
            file: Mapping[str, Any] | None, model: str, ends: Ends, *walk: Any
        ) -> dict[Any, Update]:
            latent = opening.latent_of(self.desk.store, model, uploaded(file))
            return self._show(ends.with_end(model, side, latent, "upload"), *walk)

        def set_from_seed(seed: str, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            typed = seed.strip()
            if not typed.isdecimal() or int(typed) > LAST_SEED:
                raise GenimgError(f"A seed is a whole number from 0 to {LAST_SEED:,}.")
            return self._show(self._drawn(ends, model, side, int(typed)), *walk)

        def set_at_random(model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            return self._show(self._drawn(ends, model, side, _any_seed()), *walk)

        def set_from_edit(work: Work, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            if work.recipe is None or work.model != model:
                raise GenimgError("There is no picture of this model in the Edit tab yet.")
            return self._show(self._edited(ends, side, work), *walk)

        def set_from_parcel(
            parcel: Parcel, model: str, ends: Ends, *walk: Any
        ) -> dict[Any, Update]:
            chosen = ends.with_end(parcel.model, side, parcel.latent, parcel.origin)
            return self._show(chosen, *walk)

        return set_from_file, set_from_seed, set_at_random, set_from_edit, set_from_parcel

    def fill(self, model: str, work: Work, ends: Ends, *walk: Any) -> dict[Any, Update]:
        """The tab has been opened: an end that is missing becomes the edit or a random picture."""
        if ends.model == model and ends.a is not None and ends.b is not None:
            return {self.ends: ends}
        filled = ends if ends.model == model else Ends(model)
        if filled.a is None:
            same = work.recipe is not None and work.model == model
            filled = (
                self._edited(filled, "a", work)
                if same
                else self._drawn(filled, model, "a", _any_seed())
            )
        if filled.b is None:
            filled = self._drawn(filled, model, "b", _any_seed())
        return self._show(filled, *walk)

    def forget(self, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
        """Another model has been chosen: its pictures lie in another space, so begin anew."""
        kept = [latent for latent in (ends.a, ends.b) if latent is not None]
        same = ends.model == model and all(self.desk.store.drew(model, each) for each in kept)
        if not ends.model or same:
            return {self.ends: ends}
        return self._show(Ends(), *walk)

    def _drawn(self, ends: Ends, model: str, side: Side, seed: int) -> Ends:
        latent = self.desk.store.get(model).sample(1, seed=seed)[0]
        return ends.with_end(model, side, latent, f"seed {seed}")

    def _edited(self, ends: Ends, side: Side, work: Work) -> Ends:
        editor = self.desk.store.get(work.model)
        assert work.recipe is not None
        latent = editor.edited(work.recipe)
        return ends.with_end(work.model, side, latent, "from Edit")

    # ------------------------------------------------------------------------------ showing

    def follow(self, ends: Ends, position: float, method: str, easing: str) -> str:
        """The slider is being pulled: the picture follows."""
        if ends.a is None or ends.b is None:
            return views.picture(None, "Between", empty="Choose A and B, then pull the slider.")
        t = ease(float(position), easing)
        editor = self.desk.store.get(ends.model)
        image = editor.decode(editor.between(ends.a, ends.b, t, method))[0]
        return views.picture(image, "Between", f"{t:.0%} of the way")

    def draw_strip(self, ends: Ends, position: float, method: str, easing: str) -> str:
        """The walk as a row of pictures."""
        if ends.a is None or ends.b is None:
            return views.strip([])
        return views.strip(self._pictures(ends, method, path_times(_STRIP, easing)))

    def _show(self, ends: Ends, position: float, method: str, easing: str) -> dict[Any, Update]:
        updates: dict[Any, Update] = {
            self.ends: ends,
            self.between: self.follow(ends, position, method, easing),
            self.strip: self.draw_strip(ends, position, method, easing),
        }
        for side in SIDES:
            latent, origin = (ends.a, ends.a_origin) if side == "a" else (ends.b, ends.b_origin)
            image = self.desk.store.get(ends.model).decode(latent)[0] if latent else None
            updates[self.parts[side]["view"]] = views.picture(
                image, side.upper(), origin, empty=_EMPTY
            )
        return updates

    def _pictures(self, ends: Ends, method: str, points: Sequence[float]) -> list[Image.Image]:
        editor = self.desk.store.get(ends.model)
        assert ends.a is not None and ends.b is not None
        return editor.decode(*(editor.between(ends.a, ends.b, t, method) for t in points))

    # ---------------------------------------------------------------------------- exporting

    def make_film(
        self,
        ends: Ends,
        method: str,
        easing: str,
        frames: int,
        pace: int,
        loop: bool,
        format: Literal["webp", "gif", "mp4"],
        size: int,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  (how Gradio asks for one)
    ) -> str:
        """Draw, enlarge and encode the walk. The film stays in the page, never on the disk."""
        if ends.a is None or ends.b is None:
            raise GenimgError("Choose A and B first.")
        points = path_times(int(frames), easing, loop)
        images: list[Image.Image] = []
        for start in range(0, len(points), _CHUNK):
            progress(start / len(points), desc="Drawing the pictures")
            for image in self._pictures(ends, method, points[start : start + _CHUNK]):
                large = (image.width * size, image.height * size)
                images.append(image.resize(large, Image.Resampling.BICUBIC))
        progress(0.9, desc="Encoding")
        data = encode_animation(images, format, frame_ms=int(pace))
        kind = "video/mp4" if format == "mp4" else f"image/{format}"
        address = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        note = f"{len(images)} pictures · {len(data) / 1000:,.0f} kB"
        return views.film(address, format, f"{ends.model}-walk.{format}", note)


def _any_seed() -> int:
    return random.randrange(1_000_000)
