"""How well does the base bring back pictures of kinds that it never saw, at 64 to 512 pixels?

Beside it stand JPEG and WebP files of as many bytes as the base's latents take (8 bits a number,
packed), and the best linear autoencoder with as many numbers (principal components of 8 x 8
blocks, of the very pictures that are measured). The kinds of photographs are those that
`held-out.txt` names; the other pictures come with packages.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.data
import sklearn.datasets
import torch
from PIL import Image

from benchmarks.common import ROOT, Settings, say
from genimg.data import load_dataset
from genimg.data.folder.gathering import gather, matches
from genimg.errors import GenimgError
from genimg.images import array_to_pixels, fit_image, load_image, pixels_to_array
from genimg.metrics import psnr, ssim
from genimg.models import load_any_model
from genimg.models.autoencoder import BOUND, FACTOR, Autoencoder
from genimg.models.features import load_features, perceptual_distance

Bytes = npt.NDArray[np.uint8]
SIZES = (64, 128, 256, 512)
MOST = 24
"""Pictures of a kind."""
BARS = {("photographs", 128): 31.0, ("photographs", 256): 32.0}
GROUP_BARS = {"screenshots": 28.0, "drawings": 34.0}
"""dB."""
HELD_OUT = (ROOT / "benchmarks" / "held-out.txt").read_text(encoding="utf-8").split("\n")
SAMPLES = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "retina")
LEVELS = 256


def run_base(settings: Settings) -> dict[str, Any]:
    """PSNR, SSIM and distance in fixed features, by kind and size."""
    path = settings.checkpoints / "photo-base.safetensors"
    model, header, _ = load_any_model(path)
    if not isinstance(model, Autoencoder):
        raise GenimgError(f"{path} is no base")
    torch.set_num_threads(1)
    rows = []
    for kind, group, pictures in _kinds(settings):
        for size in SIZES:
            images = [image for image in pictures if min(image.size) >= size]
            if images:
                rows.append({"kind": kind, "group": group, **_measure(model, images, size)})
                say(f"  {rows[-1]}")
    return {"model": header.id, "rows": rows, "trained": header.trained}


def _kinds(settings: Settings) -> Iterator[tuple[str, str, list[Image.Image]]]:
    """(name, group, pictures) of each kind; photographs where the folder is named."""
    if settings.photos is not None:
        found = gather(settings.photos)
        for pattern in filter(None, HELD_OUT):
            files = [each for each in found if matches(each.name, (pattern,))]
            step = max(1, len(files) // MOST)
            pictures = [load_image(each.read()).convert("RGB") for each in files[::step][:MOST]]
            if pictures:
                yield pattern.strip("*"), "photographs", pictures
    samples = [getattr(skimage.data, name)() for name in SAMPLES]
    samples += list(sklearn.datasets.load_sample_images().images)
    yield (
        "samples of scikit-image and scikit-learn",
        "photographs",
        [Image.fromarray(array[..., :3]).convert("RGB") for array in samples],
    )
    yield "drawn cats", "drawings", _held_out(settings, "cats", 256)
    graphics = load_dataset("graphics", size=512, count=1)
    rows = graphics.splits["test"]
    for group, kinds in (("screenshots", range(4)), ("drawings", range(4, 6))):
        chosen = [row for row in rows if row % len(graphics.factors[0].values) in kinds][:MOST]
        yield (
            "windows, pages, code, charts" if group == "screenshots" else "line art, flat shapes",
            group,
            [Image.fromarray(graphics.images[row]) for row in chosen],
        )
    yield "Fashion-MNIST, enlarged", "enlarged", _held_out(settings, "fashion-mnist", 512)


def _held_out(settings: Settings, name: str, size: int) -> list[Image.Image]:
    drawn = 1 if name == "cats" else None
    side = size if name == "cats" else None
    dataset = load_dataset(name, size=side, root=settings.data_root, count=drawn)
    pictures = [Image.fromarray(array.squeeze()) for array in dataset.split("test").images[:MOST]]
    return [picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
            for picture in pictures]  # fmt: skip


@torch.no_grad()
def _measure(model: Autoencoder, pictures: list[Image.Image], size: int) -> dict[str, Any]:
    features = load_features("lite2")
    fitted = [np.asarray(fit_image(picture, (3, size, size))) for picture in pictures]
    made, lengths, apart = [], [], []
    for image in fitted:
        pixels = array_to_pixels(image[None])
        latents = model.encode(pixels)
        decoded = model.decode(latents, (size, size)).clamp(-1, 1)
        levels = ((latents + BOUND) * ((LEVELS - 1) / (2 * BOUND))).round().to(torch.uint8)
        lengths.append(len(zlib.compress(levels.numpy().tobytes(), 9)))
        apart.append(float(perceptual_distance(features, pixels, decoded)))
        made.append(pixels_to_array(decoded)[0])
    pairs = list(zip(fitted, made, strict=True))
    shift = [np.abs(a.mean(axis=(0, 1)) - b.mean(axis=(0, 1))).max() for a, b in pairs]
    return {
        "size": size,
        "count": len(pictures),
        "psnr": round(float(np.mean([psnr(a, b) for a, b in pairs])), 2),
        "ssim": round(float(np.mean([ssim(a, b) for a, b in pairs])), 4),
        "distance": round(float(np.mean(apart)), 4),
        "colour_shift": round(float(np.mean(shift)), 2),
        "grid": round(_grid(pairs), 3),
        "bytes": round(float(np.mean(lengths))),
        "linear": round(_linear(np.stack(fitted), model.config.latent_channels), 2),
        **{
            kind.lower(): round(float(np.mean([_file_psnr(a, n, kind) for a, n in zip(
                fitted, lengths, strict=True)])), 2)
            for kind in ("JPEG", "WEBP")
        },
    }  # fmt: skip


def _grid(pairs: list[tuple[Bytes, Bytes]]) -> float:
    """How uneven the error is over the places of a block: the largest mean absolute error of a row
    or column modulo 8 over the mean of all. 1 is even.
    """
    error = np.mean([np.abs(a.astype(float) - b).mean(axis=2) for a, b in pairs], axis=0)
    lines = [[error[i::FACTOR].mean(), error[:, i::FACTOR].mean()] for i in range(FACTOR)]
    return float(np.max(lines) / max(error.mean(), 1e-9))


def _linear(images: Bytes, channels: int) -> float:
    """PSNR of the best linear autoencoder of 8 x 8 blocks with so many numbers for each."""
    count, side, _, _ = images.shape
    blocks = images.reshape(count, side // 8, 8, side // 8, 8, 3).transpose(0, 1, 3, 2, 4, 5)
    rows = blocks.reshape(-1, 192).astype(np.float64)
    centred = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    kept = vectors[:, -channels:]
    square = (centred - centred @ kept @ kept.T) ** 2
    errors = square.reshape(count, -1).mean(axis=1)
    return float(np.mean(10 * np.log10(255.0**2 / np.maximum(errors, 1e-9))))


def _file_psnr(image: Bytes, most: int, kind: str) -> float:
    """PSNR of the best JPEG or WebP file of at most so many bytes (of the smallest, if none is)."""
    low, high = 1, 100
    write: Callable[[int], bytes] = partial(_written, image, kind)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(write(middle)) <= most else (low, middle - 1)
    return psnr(image, np.asarray(Image.open(io.BytesIO(write(low))).convert("RGB")))


def _written(image: Bytes, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    options: dict[str, Any] = {"optimize": True} if kind == "JPEG" else {"method": 4}
    Image.fromarray(image).save(buffer, kind, quality=quality, **options)
    return buffer.getvalue()


def means(part: dict[str, Any]) -> list[dict[str, Any]]:
    """The mean over the kinds of each group and size, for the table and its bars."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in part["rows"]:
        found.setdefault((row["group"], row["size"]), []).append(row)
    return [
        {
            "group": group,
            "size": size,
            "bar": BARS.get((group, size), GROUP_BARS.get(group)),
            **{
                key: float(np.mean([row[key] for row in rows]))
                for key in ("psnr", "ssim", "distance", "colour_shift", "jpeg", "webp", "linear")
            },
        }
        for (group, size), rows in found.items()
    ]
