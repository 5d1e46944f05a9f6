"""The named functions that programs call, through `gradio_client` or plain HTTP.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    client.predict(picture=handle_file("cat.png"), amounts={"glasses": 2}, api_name="/edit")

Pictures go in as uploaded files and come back as PNG files that hold their recipe.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.events import api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from PIL import Image

from genimg import Latent
from genimg.editor import Editor, Recipe
from genimg.edits import read_operation
from genimg.errors import GenimgError
from genimg.images import encode_png
from genimg.ui.api_values import checked, complete, sent
from genimg.ui.shell import opening
from genimg.ui.shell.guard import guard
from genimg.ui.shell.lanes import VERY_PATIENT, on, patient_pool
from genimg.ui.shell.store import Store

MOST = 64
"""How many pictures one call gives, at most."""
AT_ONCE = 2
"""Calls that are answered at the same time, through Gradio's queue or not."""


def publish(store: Store, page: gr.Blocks) -> None:
    """Add the endpoints to the page that is being built."""
    made: set[str] = set()  # files that were given out: the page deletes them when they are old
    page.temp_file_sets.append(made)
    page.validate_inputs = complete  # type: ignore[method-assign]  # tells what is missing
    # Programs ask for much, and nobody sits before them with a slider in the hand.
    lane = patient_pool(AT_ONCE, "api", VERY_PATIENT)
    for fn in _endpoints(store, made):
        api(
            guard(checked(on(lane, fn))),
            api_name=fn.__name__,
            concurrency_id="api",
            concurrency_limit=AT_ONCE,
        )


def _endpoints(store: Store, made: set[str]) -> tuple[Callable[..., Any], ...]:
    def editor_of(model: str) -> Editor:
        return store.get(model or (store.names[0] if store.names else ""))

    def latent_of(picture: dict[str, Any], model: str, beside: Latent | None = None) -> Latent:
        return opening.latent_of(store, model or store.names[0], sent(picture), beside)

    def file_of(png: bytes, name: str) -> dict[str, Any]:
        path = save_bytes_to_cache(png, f"{name}.png", cache_dir=get_upload_folder())
        os.utime(path)  # the same picture may have been given out long ago
        made.add(path)
        return dict(gr.FileData(path=path, orig_name=f"{name}.png").model_dump())

    def saved(editor: Editor, latent: Latent, origin: str, name: str) -> dict[str, Any]:
        return file_of(editor.save_picture(Recipe(latent, origin=origin)), name)

    def list_models() -> list[dict[str, Any]]:
        """The models: name, title, family, picture shape (C, H, W), whether they take pictures
        (can_encode) of any size (any_size; the shape is then of what they learned from) and keep
        the details of photographs beside what they understand of them (keeps_details), their
        layers, what a mix can take (mixable), labels that can be asked for (choices) and exchanged
        (factors), directions; a direction that is a number says so under `number` (unit, low, high,
        and its typical error), which is null for others.
        """
        keys = ("name", "group", "factor", "reliability")
        return [
            {
                "name": name,
                "title": info.title,
                "family": info.header.family,
                "image_shape": list(info.header.image_shape),
                "can_encode": editor.can_encode,
                "any_size": not editor.has_kind,
                "keeps_details": editor.keeps_details,
                "layers": editor.layers,
                "mixable": list(editor.mixable),
                "choices": _rows(editor.choices),
                "factors": _rows(editor.factors),
                "directions": [
                    {**{key: row[key] for key in keys}, "number": row.get("number")}
                    for row in info.header.directions
                ],
            }
            for name in store.names
            for info, editor in ((store.info(name), store.get(name)),)
        ]

    def reconstruct(
        picture: dict[str, Any], model: str = "", refine: bool = False, details: float = 1.0
    ) -> dict[str, Any]:
        """A picture as the model knows it: the PNG, and how good the match is (dB, 0..1, words).

        With `refine` the model looks longer for what draws it best, a few seconds. A model that
        keeps details (keeps_details in list_models) shows this share of them, 0 to 1, and
        `understood` is how close it comes without any, in dB; null for other models. `known` is
        whether it is a picture of the kind that the model learned from, and `percentile` how many
        of 100 such pictures come out worse; both are null where the model is not calibrated.
        """
        editor = editor_of(model)
        fitted = editor.fit(store.picture(sent(picture)))
        latent = _found(editor, fitted, refine, details)
        match = editor.match(fitted, editor.decode(latent)[0])
        return {
            "picture": saved(editor, latent, "upload", "reconstruction"),
            "psnr": float(match.psnr),
            "ssim": float(match.ssim),
            "words": match.words,
            "known": match.known,
            "percentile": match.percentile,
            "understood": match.understood,
        }

    def edit(
        picture: dict[str, Any],
        amounts: dict[str, float],
        changes: dict[str, str] | None = None,
        model: str = "",
        keep: list[str] | None = None,
        operations: list[dict[str, Any]] | None = None,
        numbers: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        """A picture, edited, as a PNG; one that this model has saved goes on from where it ended.

        `amounts` move it along directions, in standard deviations (2 is a lot); `changes`
        exchange what it shows, such as {"accessory": "red hat"}; `numbers` bring it to values in
        their units, such as {"age": 60}, after that. What the directions of `keep` mean stays as
        it is. `operations` are done after that, such as [{"operation": "exchange",
        "changes": {"accessory": "red hat"}}].
        """
        editor = editor_of(model)
        known = {direction.name for direction in editor.directions}
        unknown = sorted(set(amounts) - known)
        if unknown:
            raise GenimgError(
                f"This model has no direction {', '.join(map(repr, unknown))}; "
                "list_models names those that it has."
            )
        latent = latent_of(picture, model)
        recipe = Recipe.of(
            latent, amounts, changes=changes or {}, locks=keep or [], origin="upload"
        )
        png = editor.save_picture(_done(editor, recipe, numbers or {}, operations or []))
        return file_of(png, "edit")

    def sample(
        count: int = 1,
        seed: int = 0,
        temperature: float = 1.0,
        model: str = "",
        labels: dict[str, str] | None = None,
        text: str = "",
        numbers: dict[str, float] | None = None,
    ) -> list[dict[str, Any]]:
        """Pictures that the model draws, 1 to 64; picture i depends on seed + i alone.

        `temperature` is how varied they are (truncation). They can be asked for by `labels`, such
        as {"accessory": "red hat"}, by `numbers` in their units, such as {"age": 60}, or in words
        by `text`; see understand for what those mean.
        """
        editor = editor_of(model)
        wish = editor.understand(text)
        unknown = [str(doubt) for doubt in wish.doubts if not doubt.taken]
        if unknown:
            raise GenimgError(" ".join(unknown))
        wanted = {**wish.labels, **(labels or {})}
        drawn = editor.sample(_count(count, 1), seed, temperature, wanted)
        latents = editor.with_numbers(drawn, {**wish.numbers, **(numbers or {})})
        return [
            file_of(
                editor.save_picture(Recipe(latent, origin=f"seed {seed + i}")), f"seed-{seed + i}"
            )
            for i, latent in enumerate(latents)
        ]

    def understand(text: str, model: str = "") -> dict[str, Any]:
        """What a text such as "blue cat, glasses" asks sample for, and what is not understood."""
        wish = editor_of(model).understand(text)
        return {
            "labels": dict(wish.labels),
            "numbers": dict(wish.numbers),
            "doubts": [
                {
                    "words": doubt.words,
                    "problem": doubt.problem,
                    "near": list(doubt.near),
                    "taken": doubt.taken,
                    "sentence": str(doubt),
                }
                for doubt in wish.doubts
            ],
        }

    def vary(
        picture: dict[str, Any],
        count: int = 8,
        seed: int = 0,
        strength: float = 0.4,
        model: str = "",
    ) -> list[dict[str, Any]]:
        """More pictures like one, 1 to 64; strength 0 is that picture itself, 1 any other."""
        editor = editor_of(model)
        latents = editor.vary(latent_of(picture, model), _count(count, 1), seed, strength)
        return [
            file_of(
                editor.save_picture(Recipe(latent, origin=f"variation {seed + i}")),
                f"like-{seed + i}",
            )
            for i, latent in enumerate(latents)
        ]

    def mix(
        base: dict[str, Any],
        other: dict[str, Any],
        take: list[str] | None = None,
        model: str = "",
    ) -> dict[str, Any]:
        """One picture with something of another: some labels (["fur colour"]), or its finer layers
        (["middle"] or ["fine"]). list_models tells under `mixable` what there is.
        """
        editor = editor_of(model)
        chosen = take[0] if take and len(take) == 1 else take or None
        mixed = editor.mix(latent_of(base, model), latent_of(other, model), chosen)
        return saved(editor, mixed, "mix", "mix")

    def interpolate(
        picture_a: dict[str, Any],
        picture_b: dict[str, Any],
        count: int = 8,
        method: str = "slerp",
        model: str = "",
    ) -> list[dict[str, Any]]:
        """Pictures on the way from A to B, 2 to 64, both ends included; method slerp or lerp.

        A model of any photograph brings B to the size of A.
        """
        editor = editor_of(model)
        a = latent_of(picture_a, model)
        b = latent_of(picture_b, model, a)
        latents = editor.interpolate(a, b, n=_count(count, 2), method=method)
        return [
            file_of(encode_png(image), f"step-{i}")
            for i, image in enumerate(editor.decode(*latents))
        ]

    return list_models, reconstruct, edit, sample, understand, vary, mix, interpolate


def _done(
    editor: Editor,
    recipe: Recipe,
    numbers: dict[str, float],
    operations: list[dict[str, Any]],
) -> Recipe:
    """The recipe brought to numbers, and after operations, each as `read_operation` takes it."""
    if numbers:
        recipe = editor.brought(recipe, numbers)
    for each in operations:
        recipe = read_operation(each).onto(recipe, editor)
    return recipe


def _found(editor: Editor, fitted: Image.Image, refine: bool, details: float) -> Latent:
    """The latent of a picture: the encoder's, or the best of a search that starts from it."""
    latent = editor.encode(fitted, details)
    return list(editor.refine(fitted, latent))[-1].latent if refine else latent


def _count(count: int, least: int) -> int:
    if not least <= count <= MOST:
        raise GenimgError(f"{count} pictures: ask for {least} to {MOST}.")
    return count


def _rows(labels: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    return [{"name": factor, "values": list(values)} for factor, values in labels.items()]
