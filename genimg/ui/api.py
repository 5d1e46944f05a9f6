"""The named functions that programs call, through `gradio_client` or plain HTTP.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    client.predict(picture=handle_file("cat.png"), amounts={"glasses": 2}, api_name="/edit")

Pictures go in as uploaded files and come back as PNG files that hold their recipe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.events import api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from genimg.editor import Editor
from genimg.errors import GenimgError
from genimg.images import encode_png
from genimg.ui.guard import guard
from genimg.ui.store import Store
from genimg.ui.uploads import uploaded

MOST = 64
"""How many pictures one call gives, at most."""


def publish(store: Store, page: gr.Blocks) -> None:
    """Add the endpoints to the page that is being built."""
    made: set[str] = set()  # files that were given out: the page deletes them when they are old
    page.temp_file_sets.append(made)
    for fn in _endpoints(store, made):
        api(guard(fn), api_name=fn.__name__, concurrency_id="api", concurrency_limit=2)


def _endpoints(store: Store, made: set[str]) -> tuple[Callable[..., Any], ...]:
    def editor_of(model: str) -> Editor:
        return store.get(model or (store.names[0] if store.names else ""))

    def file_of(png: bytes, name: str) -> dict[str, Any]:
        path = save_bytes_to_cache(png, f"{name}.png", cache_dir=get_upload_folder())
        made.add(path)
        return dict(gr.FileData(path=path, orig_name=f"{name}.png").model_dump())

    def list_models() -> list[dict[str, Any]]:
        """The models: name, title, picture shape (C, H, W), directions, factors."""
        keys = ("name", "group", "factor", "reliability")
        return [
            {
                "name": name,
                "title": info.title,
                "image_shape": list(info.header.image_shape),
                "directions": [{key: row[key] for key in keys} for row in info.header.directions],
                "factors": info.header.data.get("factors", []),
            }
            for name in store.names
            for info in (store.info(name),)
        ]

    def reconstruct(picture: dict[str, Any], model: str = "") -> dict[str, Any]:
        """A picture as the model knows it: the PNG, and how good the match is (dB, 0..1, words)."""
        editor = editor_of(model)
        fitted = editor.fit(store.picture(uploaded(picture)))
        latent = editor.encode(fitted)
        match = editor.match(fitted, editor.decode(latent)[0])
        return {
            "picture": file_of(editor.save_picture(latent, {}, origin="upload"), "reconstruction"),
            "psnr": float(match.psnr),
            "ssim": float(match.ssim),
            "words": match.words,
        }

    def edit(
        picture: dict[str, Any],
        amounts: dict[str, float],
        changes: dict[str, str] | None = None,
        model: str = "",
    ) -> dict[str, Any]:
        """A picture, edited, as a PNG.

        `amounts` move it along directions, in standard deviations (2 is a lot); `changes`
        exchange what it shows, such as {"accessory": "red hat"}.
        """
        editor = editor_of(model)
        moved = _mapping(amounts, "amounts", (int, float))
        exchanged = _mapping(changes, "changes", (str,))
        known = {direction.name for direction in editor.directions}
        unknown = sorted(set(moved) - known)
        if unknown:
            raise GenimgError(
                f"This model has no direction {', '.join(map(repr, unknown))}; "
                "list_models names those that it has."
            )
        latent = editor.encode(editor.fit(store.picture(uploaded(picture))))
        png = editor.save_picture(latent, moved, changes=exchanged, origin="upload")
        return file_of(png, "edit")

    def sample(
        count: int = 1, seed: int = 0, temperature: float = 1.0, model: str = ""
    ) -> list[dict[str, Any]]:
        """Pictures that the model draws, 1 to 64; picture i depends on seed + i alone."""
        editor = editor_of(model)
        seed = _whole(seed, "seed")
        latents = editor.sample(_count(count, 1), seed=seed, temperature=temperature)
        return [
            file_of(editor.save_picture(latent, {}, origin=f"seed {seed + i}"), f"seed-{seed + i}")
            for i, latent in enumerate(latents)
        ]

    def interpolate(
        picture_a: dict[str, Any],
        picture_b: dict[str, Any],
        count: int = 8,
        method: str = "slerp",
        model: str = "",
    ) -> list[dict[str, Any]]:
        """Pictures on the way from A to B, 2 to 64, both ends included; method slerp or lerp."""
        editor = editor_of(model)
        a = editor.encode(editor.fit(store.picture(uploaded(picture_a))))
        b = editor.encode(editor.fit(store.picture(uploaded(picture_b))))
        latents = editor.interpolate(a, b, n=_count(count, 2), method=method)
        return [
            file_of(encode_png(image), f"step-{i}")
            for i, image in enumerate(editor.decode(*latents))
        ]

    return list_models, reconstruct, edit, sample, interpolate


def _count(count: int, least: int) -> int:
    if not least <= _whole(count, "count") <= MOST:
        raise GenimgError(f"{count} pictures: ask for {least} to {MOST}.")
    return count


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GenimgError(f"{name} must be a whole number, not {value!r}.")
    return value


def _mapping(value: Any, name: str, kinds: tuple[type, ...]) -> dict[str, Any]:
    """A JSON object with values of some kinds, or nothing."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(
        isinstance(item, kinds) and not isinstance(item, bool) for item in value.values()
    ):
        words = "numbers" if float in kinds else "words"
        raise GenimgError(f"{name} must be an object of names and {words}.")
    return value
