"""The Interpolate tab: walk from one picture to another, and keep the walk as an animation."""

from __future__ import annotations

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
from genimg.images import bytes_uri
from genimg.images.sheets import encode_animation
from genimg.ui.serving.uploads import uploaded
from genimg.ui.shell import opening, views
from genimg.ui.shell.guard import guard
from genimg.ui.shell.opening import Work, work_of
from genimg.ui.shell.wiring import (
    IDLE_SECONDS,
    LAST_SEED,
    LIVE,
    PRIVATE,
    Payload,
    Update,
    Wiring,
    markup,
)
from genimg.ui.words import say

TITLE = "interpolate.title"
ID = "interpolate"

_STRIP = 9  # pictures in the strip under the slider
_LARGEST = 2048  # pixels a side of an animation
_CHUNK = 8  # frames that are decoded between two messages about the progress
_EMPTY = "interpolate.empty"
_METHODS = {"interpolate.slerp": "slerp", "interpolate.lerp": "lerp"}
_EASINGS = {"interpolate.smooth": "smooth", "interpolate.even": "linear"}
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


def build(wiring: Wiring) -> None:
    """Lay the tab out and wire it."""
    _Interpolate(wiring)


class _Interpolate:
    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.ends = gr.State(Ends(), time_to_live=IDLE_SECONDS)
        with gr.Column(elem_id="walk-grid"):
            self.parts = {side: self._lay_out_end(side) for side in SIDES}
            with gr.Column(elem_id="walk-middle"):
                self.between = markup(
                    views.picture(
                        None, say("interpolate.between"), empty=say("interpolate.choose")
                    ),
                    elem_id="between",
                )
                self.position = gr.Slider(
                    0,
                    1,
                    0.5,
                    step=0.01,
                    label=say("interpolate.position"),
                    elem_id="position",
                    buttons=[],
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
            view = markup(views.picture(None, name, empty=say(_EMPTY)), elem_id=f"view-{side}")
            with gr.Row(elem_classes="end-actions"):
                upload = gr.UploadButton(
                    say("interpolate.upload"),
                    file_types=["image", ".heic", ".heif", ".avif", ".psd"],
                    elem_id=f"upload-{side}",
                    **small,
                )
                draw = gr.Button(say("interpolate.random"), elem_id=f"random-{side}", **small)
                take = gr.Button(say("interpolate.from_edit"), elem_id=f"from-edit-{side}", **small)
            seed = gr.Textbox(
                placeholder=say("interpolate.seed_hint"),
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
                _said(_METHODS),
                value="slerp",
                label=say("interpolate.method"),
                elem_id="method",
                elem_classes="pills",
            )
            self.easing = gr.Radio(
                _said(_EASINGS),
                value="smooth",
                label=say("interpolate.pace"),
                elem_id="easing",
                elem_classes="pills",
            )
            self.format = gr.Radio(
                formats,
                value="webp",
                label=say("interpolate.format"),
                elem_id="format",
                elem_classes="pills",
            )
            self.size = gr.Radio(
                _SIZES, value=4, label=say("interpolate.size"), elem_id="size", elem_classes="pills"
            )
        with gr.Row(elem_id="walk-timing"):
            self.frames = gr.Slider(
                2, 120, 48, step=1, label=say("interpolate.frames"), elem_id="frames", buttons=[]
            )
            self.pace = gr.Slider(
                20, 200, 40, step=10, label=say("interpolate.ms"), elem_id="pace", buttons=[]
            )
            self.loop = gr.Checkbox(True, label=say("interpolate.loop"), elem_id="loop")
            self.export = gr.Button(
                say("interpolate.make"),
                variant="primary",
                size="md",
                elem_id="export",
                scale=0,
                min_width=160,
            )
        self.film = markup("", elem_id="film")

    def _wire(self) -> None:
        wiring = self.wiring
        for side, parts in self.parts.items():
            inputs = [wiring.model, self.ends, *self.walk]
            from_file, from_seed, at_random, from_edit, from_payload = self._setters(side)
            parts["upload"].upload(
                guard(from_file),
                [parts["upload"], *inputs],
                self.shown,
                preprocess=False,
                **PRIVATE,
            )
            parts["seed"].submit(guard(from_seed), [parts["seed"], *inputs], self.shown, **PRIVATE)
            parts["draw"].click(guard(at_random), inputs, self.shown, **PRIVATE)
            parts["take"].click(guard(from_edit), [wiring.work, *inputs], self.shown, **PRIVATE)
            wiring.receive(side, ID, from_payload, inputs, self.shown)
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
        wiring.on_model(self.forget, [wiring.model, self.ends, *self.walk], self.shown)
        wiring.on_open(
            ID, self.fill, [wiring.model, wiring.work, self.ends, *self.walk], self.shown
        )

    # ------------------------------------------------------------------------ choosing ends

    def _setters(self, side: Side) -> tuple[Callable[..., Any], ...]:
        """The ways to choose the end `side`: each gives the new ends and shows them."""

        def set_from_file(
            file: Mapping[str, Any] | None, model: str, ends: Ends, *walk: Any
        ) -> dict[Any, Update]:
            other = ends.b if side == "a" else ends.a
            known = other is not None and self.wiring.store.drew(model, other)
            beside = other if known else None
            latent = opening.latent_of(self.wiring.store, model, uploaded(file), beside)
            return self._show(
                ends.with_end(model, side, latent, say("interpolate.origin_upload")), *walk
            )

        def set_from_seed(seed: str, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            typed = seed.strip()
            if not typed.isdecimal() or int(typed) > LAST_SEED:
                raise GenimgError(say("interpolate.bad_seed", most=f"{LAST_SEED:,}"))
            return self._show(self._drawn(ends, model, side, int(typed)), *walk)

        def set_at_random(model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            return self._show(self._drawn(ends, model, side, _any_seed()), *walk)

        def set_from_edit(payload: object, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
            work = work_of(payload)
            if work.recipe is None or work.model != model:
                raise GenimgError(say("interpolate.no_edit"))
            return self._show(self._edited(ends, side, work), *walk)

        def set_from_payload(
            payload: Payload, model: str, ends: Ends, *walk: Any
        ) -> dict[Any, Update]:
            chosen = ends.with_end(payload.model, side, payload.latent, payload.origin)
            return self._show(chosen, *walk)

        return set_from_file, set_from_seed, set_at_random, set_from_edit, set_from_payload

    def fill(self, model: str, payload: object, ends: Ends, *walk: Any) -> dict[Any, Update]:
        """The tab has been opened: an end that is missing becomes the edit or a random picture."""
        work = work_of(payload)
        if ends.model == model and ends.a is not None and ends.b is not None:
            return {self.ends: ends}
        filled = ends if ends.model == model else Ends(model)
        draws = self.wiring.store.get(model).has_kind
        if filled.a is None:
            same = work.recipe is not None and work.model == model
            if same:
                filled = self._edited(filled, "a", work)
            elif draws:
                filled = self._drawn(filled, model, "a", _any_seed())
        if filled.b is None and draws:
            filled = self._drawn(filled, model, "b", _any_seed())
        return self._show(filled, *walk)

    def forget(self, model: str, ends: Ends, *walk: Any) -> dict[Any, Update]:
        """Another model has been chosen: its pictures lie in another space, so begin anew."""
        kept = [latent for latent in (ends.a, ends.b) if latent is not None]
        same = ends.model == model and all(self.wiring.store.drew(model, each) for each in kept)
        if not ends.model or same:
            return {self.ends: ends}
        return self._show(Ends(), *walk)

    def _drawn(self, ends: Ends, model: str, side: Side, seed: int) -> Ends:
        latent = self.wiring.store.get(model).sample(1, seed=seed)[0]
        return ends.with_end(model, side, latent, say("shell.seed", seed=seed))

    def _edited(self, ends: Ends, side: Side, work: Work) -> Ends:
        editor = self.wiring.store.get(work.model)
        assert work.recipe is not None
        latent = editor.edited(work.recipe)
        return ends.with_end(work.model, side, latent, say("interpolate.origin_edit"))

    # ------------------------------------------------------------------------------ showing

    def follow(self, ends: Ends, position: float, method: str, easing: str) -> str:
        """The slider is being pulled: the picture follows."""
        if ends.a is None or ends.b is None:
            return views.picture(None, say("interpolate.between"), empty=say("interpolate.choose"))
        t = ease(float(position), easing)
        editor = self.wiring.store.get(ends.model)
        image = editor.decode(editor.between(ends.a, ends.b, t, method))[0]
        return views.picture(
            image, say("interpolate.between"), say("interpolate.way", part=f"{t:.0%}")
        )

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
            image = self.wiring.store.get(ends.model).decode(latent)[0] if latent else None
            updates[self.parts[side]["view"]] = views.picture(
                image, side.upper(), origin, empty=say(_EMPTY)
            )
        return updates

    def _pictures(self, ends: Ends, method: str, points: Sequence[float]) -> list[Image.Image]:
        editor = self.wiring.store.get(ends.model)
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
            raise GenimgError(say("interpolate.choose_first"))
        points = path_times(int(frames), easing, loop)
        images: list[Image.Image] = []
        for start in range(0, len(points), _CHUNK):
            progress(start / len(points), desc=say("interpolate.drawing"))
            for image in self._pictures(ends, method, points[start : start + _CHUNK]):
                large = (image.width * size, image.height * size)
                if max(large) > _LARGEST:
                    raise GenimgError(
                        say("interpolate.too_large", width=f"{large[0]:,}", height=f"{large[1]:,}")
                    )
                images.append(image.resize(large, Image.Resampling.BICUBIC))
        progress(0.9, desc=say("interpolate.encoding"))
        data = encode_animation(images, format, frame_ms=int(pace))
        kind = "video/mp4" if format == "mp4" else f"image/{format}"
        address = bytes_uri(data, kind)
        note = say("interpolate.film", n=len(images), size=f"{len(data) / 1000:,.0f}")
        return views.film(address, format, f"{ends.model}-walk.{format}", note)


def _said(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(say(title), value) for title, value in choices.items()]


def _any_seed() -> int:
    return random.randrange(1_000_000)
