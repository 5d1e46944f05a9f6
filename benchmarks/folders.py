"""How fast is a folder of pictures looked through: at first, again, and with one file more or less?

The folder is made here, the same each time: photographs laid over each other, 200 to 2,000 pixels
wide, three quarters of them JPEG, with damaged files, copies and near copies among them. Each step
runs in a process of its own, so that its memory is its own; the measure is a plain loop that
opens, converts and shrinks each picture with Pillow.
"""

from __future__ import annotations

import io
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.data
from PIL import Image, ImageOps

from benchmarks.common import Settings, say
from benchmarks.foreign import PHOTOGRAPHS

SIZE = 64
BAR = 1.0
"""Looking through a folder takes at most this many times the plain loop; it also finds copies."""
AGAIN = 0.3
"""Seconds for each thousand files when nothing has changed."""
_EVERY = 50  # of so many files one is damaged, one a copy, one a near copy and one no picture


def run_folders(settings: Settings) -> dict[str, Any]:
    """Seconds, files a second and memory of each step over one folder, and the ratios."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder, cache = place / "pictures", place / "cache"
        say(f"  making {settings.files:,} files")
        make_files(folder, settings.files)
        return measure(folder, cache)


def measure(folder: Path, cache: Path) -> dict[str, Any]:
    """Each step on a folder; `cache` is empty or not there."""
    count = len(list(folder.iterdir()))
    rows = [_step("plain loop", _plain, folder, cache), _step("first time", _look, folder, cache)]
    rows.append(_step("again", _look, folder, cache))
    new = folder / "one more.png"
    _photograph(np.random.default_rng(count)).save(new)
    rows.append(_step("one more file", _look, folder, cache))
    new.unlink()
    rows.append(_step("one file less", _look, folder, cache))
    by_name = {row["step"]: row["seconds"] for row in rows}
    return {
        "files": count,
        "bytes": sum(path.stat().st_size for path in folder.iterdir()),
        "rows": rows,
        "ratio": round(by_name["first time"] / by_name["plain loop"], 3),
        "bar": BAR,
        "again": by_name["again"],
        "again_bar": max(1.0, round(AGAIN * count / 1000, 1)),
    }


def make_files(folder: Path, count: int, first: int = 0) -> None:
    """Write the files `first` to `count` of a folder; each depends on its number alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, count):
        kind = number % _EVERY
        before = folder / _name(number - 1)
        if kind == 10:
            data = before.read_bytes()
            (folder / _name(number)).write_bytes(data[: len(data) // 2])
        elif kind == 20:
            (folder / _name(number)).write_bytes(before.read_bytes())
        elif kind == 30:
            with Image.open(before) as image:
                _save(image.convert("RGB"), folder / _name(number), 60)
        elif kind == 40:
            (folder / _name(number)).write_bytes(b"<!DOCTYPE html><html>404</html>" * 20)
        else:
            rng = np.random.default_rng(number)
            _save(_photograph(rng), folder / _name(number), int(rng.integers(70, 96)))


def _name(number: int) -> str:
    return f"{number:05d}.{'png' if number % 8 in (3, 6) else 'jpg'}"


def _save(image: Image.Image, path: Path, quality: int) -> None:
    buffer = io.BytesIO()
    if path.suffix == ".png":
        image.thumbnail((900, 900))
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "JPEG", quality=quality)
    path.write_bytes(buffer.getvalue())


def _photograph(rng: np.random.Generator) -> Image.Image:
    """A part of one photograph with a part of another seen through it."""
    side = round(float(np.exp(rng.uniform(np.log(200), np.log(2000)))))
    size = (side, max(200, round(side * float(rng.choice((0.67, 0.75, 1.0))))))
    image = Image.blend(_part(rng, size), _part(rng, size), float(rng.uniform(0.3, 0.7)))
    return ImageOps.mirror(image) if rng.random() < 0.5 else image


def _part(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    image = _opened(int(rng.integers(len(PHOTOGRAPHS))))
    width, height = (side * float(rng.uniform(0.3, 0.8)) for side in image.size)
    left, top = rng.random(2) * (image.width - width, image.height - height)
    return image.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))


_photographs: dict[int, Image.Image] = {}


def _opened(number: int) -> Image.Image:
    if number not in _photographs:
        pixels: npt.NDArray[np.uint8] = getattr(skimage.data, PHOTOGRAPHS[number])()
        _photographs[number] = Image.fromarray(pixels).convert("RGB")
    return _photographs[number]


# ----------------------------------------------------------------------------------- the steps


def _step(name: str, work: Any, folder: Path, cache: Path) -> dict[str, Any]:
    """Run one step in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        found: dict[str, Any] = pool.submit(work, folder, cache).result()
    speed = found["files"] / found["seconds"]
    times = f"{found['seconds']:.2f} s ({found['cpu']:.2f} s CPU)"
    say(f"  {name}: {times}, {speed:,.0f} files/s, {found['mb']:.0f} MB")
    return {"step": name, **found}


def _plain(folder: Path, cache: Path) -> dict[str, Any]:
    """What a person would write: open, convert and shrink each picture, one after another."""
    start = _clocks()
    paths = sorted(folder.iterdir())
    used = 0
    for path in paths:
        try:
            with Image.open(path) as image:
                image.convert("RGB").resize((SIZE, SIZE))
                used += 1
        except OSError:
            continue
    return _found(start, len(paths), used)


def _look(folder: Path, cache: Path) -> dict[str, Any]:
    from genimg.data import examine_folder

    start = _clocks()
    examined = examine_folder(folder, SIZE, cache, progress=lambda done, of, words: None)
    return _found(start, len(examined.found), len(examined.rows))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _found(start: tuple[float, float], files: int, used: int) -> dict[str, Any]:
    """Seconds by the clock and of all cores together, which a busy machine changes less."""
    seconds, cpu = (now - then for now, then in zip(_clocks(), start, strict=True))
    return {
        "seconds": round(seconds, 3),
        "cpu": round(cpu, 3),
        "files": files,
        "used": used,
        "mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """The most memory that this process has had, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
