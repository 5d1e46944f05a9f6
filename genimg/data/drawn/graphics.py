"""How are the drawn `graphics` made: windows with text, pages, code, charts, line art, flat shapes?

They stand for the screenshots and diagrams that people open beside photographs, and a base learns
from them. Each picture follows from the seed and its number alone; Pillow draws it, and the font is
the one that Pillow brings.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genimg.data.dataset import Card, Dataset, Factor
from genimg.data.drawn.keeping import DrawnRequest, DrawnSet
from genimg.data.prepare import check_seed, check_size
from genimg.errors import DataError

TEST_COUNT = VALIDATION_COUNT = 200
SIZE = 256
COUNT = 2_000
LEAST = 160
"""Pixels: smaller ones are drawn at that size and scaled down, as there is no room for letters."""
VERSION = 1
"""Raise it whenever a picture would change."""
CARD = Card(
    name="graphics",
    title="Drawn graphics",
    licence="MIT",
    credit="Drawn by genimg",
    description="Windows with text, pages, code, charts, line art and flat shapes, all drawn by "
    "the program.",
)
MOST = 1_000_000

Colour = tuple[int, int, int]
Rng = np.random.Generator


def load_graphics(request: DrawnRequest) -> Dataset:
    """The data set: 2,000 training pictures of 256 pixels if nothing else is asked, kind by kind.

    Raises DataError for a size, count or seed that is not drawn, or a disk too full.
    """
    size, count = request.size_and_count(SIZE, COUNT)
    seed, cache = request.seed, request.cache
    check_size(size)
    check_seed(seed)
    if not 1 <= count <= MOST:
        raise DataError(f"{count} training pictures of graphics: ask for 1 to {MOST:,}")
    return DrawnSet(
        card=CARD,
        factors=(Factor("kind", tuple(KINDS)),),
        counts=(TEST_COUNT, VALIDATION_COUNT, count),
        size=size,
        path=cache / f"graphics-{size}px-{count}-seed{seed}-v{VERSION}.npy",
        blocks=cache / f"graphics-{size}px-seed{seed}-v{VERSION}-blocks",
        draw=lambda row: np.asarray(draw_graphic(row, size, seed)),
        labels=lambda rows: np.array(rows, np.int64)[:, None] % len(KINDS),
    ).load(request.few, request.progress)


def draw_graphic(number: int, size: int, seed: int = 0) -> Image.Image:
    """Picture `number` of the seed, RGB, `size` x `size`; its kind is `number` modulo the kinds."""
    rng = np.random.default_rng([seed, number])
    kind = list(KINDS.values())[number % len(KINDS)]
    drawn = max(size, LEAST)
    image = Image.new("RGB", (drawn, drawn))
    kind(ImageDraw.Draw(image), drawn, rng)
    return image if drawn == size else image.resize((size, size), Image.Resampling.LANCZOS)


def _colour(rng: Rng, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = rng.integers(low, high, 3).tolist()
    return red, green, blue


def _pair(rng: Rng) -> tuple[Colour, Colour]:
    """A background and an ink that can be read on it: mostly grey, at times coloured."""
    light, dark = int(rng.integers(225, 256)), int(rng.integers(0, 70))
    back, ink = (light, light, light), (dark, dark, dark)
    if rng.random() < 0.4:
        back, ink = _colour(rng, 200, 256), _colour(rng, 0, 100)
    return (ink, back) if rng.random() < 0.3 else (back, ink)


def _between(one: Colour, other: Colour) -> Colour:
    """A colour nearer to the first."""
    red, green, blue = ((3 * a + b) // 4 for a, b in zip(one, other, strict=True))
    return red, green, blue


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _words(rng: Rng, length: int) -> str:
    letters = string.ascii_lowercase if rng.random() < 0.85 else string.digits + ".,:%-"
    words: list[str] = []
    while sum(map(len, words)) < length:
        word = "".join(rng.choice(list(letters), int(rng.integers(1, 10))))
        words.append(word.capitalize() if rng.random() < 0.2 else word)
    return " ".join(words)


def _lines(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], ink: Colour, rng: Rng, height: int
) -> None:
    """Lines of text that fill a box (left, top, right, bottom)."""
    left, top, right, bottom = box
    font, step = _font(height), int(height * rng.uniform(1.25, 1.8))
    for y in range(top, bottom - step + 1, step):
        if rng.random() < 0.08:
            continue
        share = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.2, 1.0))
        text = _words(rng, max(1, int(share * (right - left) / (0.62 * height))))
        draw.text((left, y), text, ink, font)


def _window(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    back, ink = _pair(rng)
    accent = _colour(rng, 40, 220)
    draw.rectangle((0, 0, size, size), back)
    bar = int(rng.integers(18, 34))
    draw.rectangle((0, 0, size, bar), accent if rng.random() < 0.5 else _colour(rng))
    draw.text((8, bar // 2 - 7), _words(rng, 14), back, _font(int(rng.integers(10, 15))))
    for i in range(3):
        x = size - 14 - 16 * i
        draw.ellipse((x, bar // 2 - 4, x + 8, bar // 2 + 4), _colour(rng, 90))
    side = int(rng.integers(0, size // 3))
    if side > 40:
        shade = tuple(max(0, min(255, c + int(rng.integers(-25, 10)))) for c in back)
        draw.rectangle((0, bar, side, size), shade)
        _lines(draw, (6, bar + 8, side, size), ink, rng, int(rng.integers(9, 13)))
    y = bar + 10
    while y < size - 20:
        kind = rng.random()
        if kind < 0.4:
            height = int(rng.integers(30, 90))
            _lines(draw, (side + 10, y, size, y + height), ink, rng, int(rng.integers(9, 16)))
        elif kind < 0.6:
            height = int(rng.integers(18, 30))
            for x in range(side + 10, size - 40, int(rng.integers(60, 100))):
                draw.rounded_rectangle((x, y, x + 52, y + height), 4, accent, ink)
                draw.text((x + 7, y + height // 2 - 6), _words(rng, 5)[:7], back, _font(11))
        elif kind < 0.8:
            height = int(rng.integers(30, 60))
            for x in range(side + 10, size - height, height + 8):
                draw.rectangle((x, y, x + height, y + height), _colour(rng), ink)
                draw.line((x, y + height, x + height // 2, y + height // 3), _colour(rng), 2)
        else:
            height = 20
            draw.rectangle((side + 10, y, size - 10, y + height), None, ink)
            draw.text((side + 15, y + 4), _words(rng, 18), ink, _font(11))
        y += height + int(rng.integers(6, 16))


def _page(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    back, ink = _pair(rng)
    draw.rectangle((0, 0, size, size), back)
    margin, head = int(rng.integers(4, 26)), int(rng.integers(16, 44))
    draw.text((margin, margin), _words(rng, 16), ink, _font(head))
    top = margin + int(1.5 * head)
    if rng.random() < 0.4:
        middle = size // 2
        height = int(rng.integers(8, 13))
        _lines(draw, (margin, top, middle - 6, size), ink, rng, height)
        draw.rectangle((middle - 4, top, size, size), back)
        _lines(draw, (middle + 4, top, size, size), ink, rng, height)
    else:
        _lines(draw, (margin, top, size - margin, size), ink, rng, int(rng.integers(8, 24)))


def _code(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    back, ink = _pair(rng)
    draw.rectangle((0, 0, size, size), back)
    height = int(rng.integers(9, 15))
    inks = [ink, *(_colour(rng, 60, 230) for _ in range(4))]
    for number, y in enumerate(range(4, size, int(height * 1.5))):
        draw.text((3, y), str(number), inks[1], _font(height))
        x = 26 + 14 * int(rng.integers(0, 5))
        for _ in range(int(rng.integers(0, 6))):
            text = _words(rng, 3) + str(rng.choice(list("(){}=:;.,[]+")))
            draw.text((x, y), text, inks[int(rng.integers(len(inks)))], _font(height))
            x += int(_font(height).getlength(text)) + 4


def _chart(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    back, ink = _pair(rng)
    draw.rectangle((0, 0, size, size), back)
    left, bottom = int(rng.integers(20, 44)), size - int(rng.integers(20, 40))
    for y in range(bottom, 10, -int(rng.integers(18, 40))):
        draw.line((left, y, size - 8, y), _between(back, ink), 1)
        draw.text((3, y - 6), f"{rng.integers(0, 1000)}", ink, _font(10))
    draw.line((left, 8, left, bottom, size - 8, bottom), ink, 2)
    count = int(rng.integers(4, 24))
    xs = np.linspace(left + 4, size - 12, count)
    for _ in range(int(rng.integers(1, 4))):
        colour = _colour(rng, 20, 235)
        ys = bottom - np.abs(rng.normal(0.4, 0.25, count)).clip(0.02, 0.95) * (bottom - 12)
        if rng.random() < 0.4:
            for x, y in zip(xs, ys, strict=True):
                draw.rectangle((x, y, x + (size - left) / count * 0.7, bottom), colour)
        elif rng.random() < 0.6:
            draw.line(np.stack([xs, ys], 1).ravel().tolist(), colour, int(rng.integers(1, 5)))
        else:
            for x, y in zip(xs, ys, strict=True):
                draw.ellipse((x - 4, y - 4, x + 4, y + 4), colour)
    draw.text((size // 3, bottom + 6), _words(rng, 12), ink, _font(11))


def _line_art(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    back, ink = _pair(rng)
    draw.rectangle((0, 0, size, size), back)
    for _ in range(int(rng.integers(6, 40))):
        if rng.random() < 0.3:
            ink = _colour(rng)
        width = int(rng.integers(1, 6))
        start, scale = rng.uniform(0, size, 2), rng.uniform(5, size / 4)
        path = start + np.cumsum(rng.normal(0, scale, (int(rng.integers(2, 8)), 2)), axis=0)
        draw.line(path.ravel().tolist(), ink, width, joint="curve")
        x, y = rng.uniform(0, size, 2)
        radius = float(rng.uniform(3, size / 3))
        box = (x - radius, y - radius * 0.7, x + radius, y + radius * 0.7)
        draw.arc(box, float(rng.uniform(0, 360)), float(rng.uniform(0, 360)), ink, width)


def _shapes(draw: ImageDraw.ImageDraw, size: int, rng: Rng) -> None:
    draw.rectangle((0, 0, size, size), _colour(rng))
    if rng.random() < 0.4:  # a gradient behind them
        one, other = np.array(_colour(rng)), np.array(_colour(rng))
        for y in range(size):
            shade = (one + (other - one) * y / size).astype(int).tolist()
            draw.line((0, y, size, y), tuple(shade))
    for _ in range(int(rng.integers(2, 14))):
        colour, outline = _colour(rng), _colour(rng) if rng.random() < 0.3 else None
        x, y = rng.uniform(-0.1 * size, size, 2)
        wide, high = rng.uniform(6, size / 1.6, 2)
        form = rng.random()
        if form < 0.35:
            draw.ellipse((x, y, x + wide, y + high), colour, outline, 3)
        elif form < 0.7:
            draw.rectangle((x, y, x + wide, y + high), colour, outline, 3)
        else:
            corners = rng.uniform(0, 1, (int(rng.integers(3, 7)), 2)) * (wide, high) + (x, y)
            draw.polygon(corners.ravel().tolist(), colour, outline)


KINDS: dict[str, Callable[[ImageDraw.ImageDraw, int, Rng], None]] = {
    "window": _window,
    "page": _page,
    "code": _code,
    "chart": _chart,
    "line art": _line_art,
    "shapes": _shapes,
}
