"""Thousands of bad files among a few good ones, in a process of little memory.

    python -m tests.fuzz.many FOLDER PICTURES RUNS  ->  a line of JSON for each of the two

Bad pictures lie in one folder with good ones, which is prepared for training; bad runs lie beside
good ones, which are listed and told. Whatever the bad ones are, the good ones are all there, and
nothing takes long.
"""

from __future__ import annotations

import io
import json
import os
import random
import struct
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from PIL import Image, PngImagePlugin

from genimg.data.folder.loading import examine_folder
from genimg.images.colours import _coloured, _curve, _profile
from genimg.images.kinds import formats
from genimg.runs import STOPPED, RunFiles, escaped_name
from genimg.ui.train.views import PATH
from tests.ui.train.training_site import Place, rest

from . import mutations, subjects
from .reading import limit_memory

SEED = 20261
GOOD = 12
SECONDS = 5.0
"""That one answer about runs may take."""


def main(folder: Path, pictures: int, runs: int) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    model = subjects._save(folder, "vae")
    formats()
    limit_memory()
    print(json.dumps(_pictures(folder / "pictures", folder / "cache", pictures)), flush=True)
    print(json.dumps(_runs(folder / "app", model, runs)), flush=True)


# ------------------------------------------------------------------------------------ pictures


def noise(seed: int, mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    rng = np.random.default_rng(seed)
    bands = len(Image.new(mode, (1, 1)).getbands())
    coarse = rng.integers(0, 256, (4, 5, bands)).astype(np.uint8)
    image = Image.merge(mode, [Image.fromarray(coarse[..., i]).resize(size) for i in range(bands)])
    return image if bands > 1 else image.convert(mode)


def good_kinds() -> dict[str, list[bytes]]:
    """{ending: files of that kind, each with something of its own}."""
    rgb = _profile(b"GRAY", {b"kTRC": _curve(1.0)}), _coloured(_curve(0.5), None)
    text = PngImagePlugin.PngInfo()
    text.add_text("workflow", "x" * 3000, zip=True)
    text.add_itxt("prompt", "é" * 300)
    pages: dict[str, Any] = {"save_all": True, "append_images": [noise(1, size=(50, 40))]}
    film: dict[str, Any] = {"save_all": True, "append_images": [noise(n) for n in range(1, 4)]}
    png = _encoded("PNG", "RGB")
    said = struct.pack(
        ">I4sII", 4, b"gAMA", 50_000, zlib.crc32(b"gAMA" + struct.pack(">I", 50_000))
    )
    return {
        "png": [
            _encoded("PNG", "RGB", icc_profile=rgb[1], pnginfo=text), _encoded("PNG", "RGBA"),
            _encoded("PNG", "L", icc_profile=rgb[0]), _encoded("PNG", "RGB", **film),
            png[:33] + said + png[33:],
            _encode(noise(0).quantize(16), "PNG", transparency=3),
            _encode(Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40)), "PNG"),
        ],
        "jpg": [
            _encoded("JPEG", "RGB", icc_profile=rgb[1]), _encoded("JPEG", "CMYK"),
            _encoded("JPEG", "L", progressive=True), _encoded("MPO", "RGB", **pages),
        ],
        "gif": [_encoded("GIF", "RGB", **film)],
        "webp": [_encoded("WEBP", "RGB"), _encoded("WEBP", "RGBA", lossless=True),
                 _encoded("WEBP", "RGB", **film)],
        "bmp": [_encoded("BMP", "RGB"), _encode(noise(0).quantize(16), "BMP")],
        "tiff": [
            _encoded("TIFF", "RGB", compression="tiff_lzw"), _encoded("TIFF", "RGB", **pages),
            _encoded("TIFF", "CMYK", icc_profile=rgb[1]),
            _encoded("TIFF", "YCbCr", compression="jpeg"),
            _encode(noise(0, "L").convert("F"), "TIFF"),
        ],
        "ppm": [_encoded("PPM", "RGB")],
        "heic": [_encoded("HEIF", "RGB"), _encoded("HEIF", "RGBA", icc_profile=rgb[1])],
        "avif": [_encoded("AVIF", "RGB")],
        "psd": [struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, 30, 40, 8, 3) + bytes(14)
                + np.asarray(noise(0)).transpose(2, 0, 1).tobytes()],
        "ico": [_encoded("ICO", "RGBA", sizes=[(16, 16), (32, 32)], bitmap_format=kind)
                for kind in ("png", "bmp")],
    }  # fmt: skip


def _encoded(format: str, mode: str, **options: Any) -> bytes:
    more = [page.copy() for page in options.get("append_images", [])]
    return _encode(noise(0, mode), format, **options | ({"append_images": more} if more else {}))


def _encode(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def summed(data: bytes) -> bytes:
    """A PNG with right checksums, so that what is wrong with its chunks is looked at."""
    fixed, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(fixed)


def _pictures(folder: Path, cache: Path, count: int) -> dict[str, Any]:
    """Prepare a folder; all good pictures are used and every file has a verdict."""
    folder.mkdir()
    rng = random.Random(f"{SEED} pictures")
    kinds = [(ending, data) for ending, files in good_kinds().items() for data in files]
    for number in range(count):
        ending, data = kinds[number % len(kinds)]
        bad = mutations.any_bytes(data, rng, rng.choice((40, 200, len(data))))
        if ending == "png" and rng.random() < 0.7:
            bad = summed(bad)
        (folder / f"bad-{number}.{ending}").write_bytes(bad)
    good = {f"good-{number}.png" for number in range(GOOD)}
    for number in range(GOOD):
        noise(1000 + number).save(folder / f"good-{number}.png")
    began = time.monotonic()
    examined = examine_folder(folder, 32, cache, progress=lambda done, of, words: None)
    lost = {found.name: why.detail for found, why in examined.left_out if found.name in good}
    verdicts = Counter(facts.reason or "a picture" for facts in examined.facts)
    unknown = [f.name for f, facts in zip(examined.found, examined.facts, strict=True)
               if facts.detail == "it cannot be looked at"]  # fmt: skip
    return {
        "kind": "pictures", "count": count, "verdicts": dict(verdicts), "lost": lost,
        "unknown": unknown, "seconds": round(time.monotonic() - began, 1),
        "good": sum(examined.found[row].name in good for row in examined.rows),
    }  # fmt: skip


# ---------------------------------------------------------------------------------------- runs

COMMAND = {"arguments": ["vae", "--data=cats", "--minutes=5"], "created": 5.0,
           "about": {"title": "Cats", "family": "vae", "data": "cats"}}  # fmt: skip


def spoil(files: RunFiles, rng: random.Random) -> None:
    """Something is wrong with one to three of a run's files."""
    rows = [json.dumps(row) for row in subjects.ROWS]
    good = {"status.json": subjects.STATUS, "run.json": subjects.RUN, "command.json": COMMAND}
    for _ in range(rng.choice((1, 1, 2, 3))):
        name = rng.choice([*good, *good, "progress.jsonl", "log.txt", "samples", "state",
                           "model.safetensors"])  # fmt: skip
        path = files.path / name
        kind = rng.randrange(12)
        if kind == 0:
            _instead(path, rng)
        elif name == "samples":
            files.samples.mkdir(exist_ok=True)
            for odd in ("²²²²²²²²².png", f"{rng.randrange(10**9):09d}.png", ".png", "x" * 200):
                (files.samples / odd).write_bytes(b"x")
        elif name in good:
            text = mutations.any_text(good[name], rng)
            _write(path, text.encode("utf-8", "surrogatepass"))
        elif name == "progress.jsonl":
            place = rng.randrange(len(rows))
            rows[place] = mutations.any_text(subjects.ROWS[place], rng)
            many = json.dumps({f"k{i}": i for i in range(rng.choice((1, 1000, 30_000)))})
            _write(path, "\n".join([*rows, many]).encode("utf-8", "surrogatepass"))
        else:
            _write(path, rng.randbytes(rng.choice((0, 100, 20_000))))


def _write(path: Path, data: bytes) -> None:
    if not path.is_dir() and not path.is_fifo() and not path.is_symlink():
        path.write_bytes(data)


def _instead(path: Path, rng: random.Random) -> None:
    """A folder, a pipe or a link is where a file should be."""
    if path.is_dir() or path.is_fifo():
        return
    path.unlink(missing_ok=True)
    makers: tuple[Callable[[], object], ...] = (
        path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to("/etc/passwd"),
        lambda: path.symlink_to(path), lambda: path.symlink_to("/dev/zero"),
    )  # fmt: skip
    rng.choice(makers)()


def odd_name(number: int, rng: random.Random) -> str:
    end = rng.choice((b"", b"", b"\xe9", b"\xff\xfe", "\N{CAT FACE}".encode() * 40, b"?=1", b"#*&"))
    return os.fsdecode(f"bad-{number}".encode() + end)


def _strict(data: bytes) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    return json.loads(data.decode("utf-8"), parse_constant=refuse)


def _runs(folder: Path, model: Path, count: int) -> dict[str, Any]:
    """List all runs, and tell each: the good ones are as they were, the others have an answer."""
    rng = random.Random(f"{SEED} runs")
    os.environ["GENIMG_CACHE"] = str(folder / "cache")
    place = Place(folder, model)
    for number in range(GOOD):
        rest(place, f"good-{number}")
    before = {run["name"]: run for run in place.get()["runs"]}
    names = [odd_name(number, rng) for number in range(count)]
    for name in names:
        files = rest(place, name, STOPPED)
        files.progress.write_text("".join(json.dumps(row) + "\n" for row in subjects.ROWS))
        spoil(files, rng)
    findings: list[str] = []
    slowest = 0.0

    def ask(path: str, expected: tuple[int, ...]) -> Any:
        nonlocal slowest
        start = time.process_time()
        answer = place.client.get(path)
        slowest = max(slowest, time.process_time() - start)
        try:
            told = _strict(answer.content)
        except ValueError as error:
            findings.append(f"{path}: {error}")
            return None
        if answer.status_code not in expected:
            findings.append(f"{path}: {answer.status_code} {told}")
        if b"root:x:" in answer.content:
            findings.append(f"{path}: a link was followed")
        return told

    runs = {run["name"]: run for run in (ask(PATH, (200,)) or {"runs": []})["runs"]}
    for name in before:
        if runs.get(name) != before[name]:
            findings.append(f"{name} is not as it was")
    # A run that is spoiled so that it is no run any more is not listed, and has no page.
    for name in map(escaped_name, names):
        ask(f"{PATH}/runs/{quote(name)}", (200,) if name in runs else (404,))
    place.training.close()
    return {"kind": "runs", "count": count, "listed": len(runs), "findings": findings[:10],
            "slowest": round(slowest, 2)}  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
