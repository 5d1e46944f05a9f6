"""How are many pictures shown as one: in rows with captions, side by side, or in motion?

Works on 8-bit images only; knows neither models nor data sets.
"""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from genimg.errors import GenimgError

AnimationFormat = Literal["webp", "gif", "mp4"]

_PAPER, _INK = "white", (64, 64, 64)


def contact_sheet(
    images: Sequence[Image.Image],
    columns: int,
    labels: Sequence[str] | None = None,
    scale: int = 1,
    gap: int = 4,
) -> Image.Image:
    """Lay n images out in rows of `columns` on white, each with its label under it.

    `scale` enlarges every picture by a whole number, pixel by pixel. `gap` is the space in output
    pixels around and between the pictures. Cells are as large as the largest picture. A label may
    have several lines (split at newlines); lines that are too wide end in an ellipsis. Returns an
    "RGB" image.

    Raises ValueError without images, with `columns` or `scale` below 1 or `gap` below 0, and
    where there are not as many labels as images.
    """
    if not images or columns < 1 or scale < 1 or gap < 0:
        raise ValueError(
            f"cannot lay out {len(images)} images in {columns} columns, scale {scale}, gap {gap}"
        )
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(images)} images but {len(labels)} labels")
    width = scale * max(image.width for image in images)
    height = scale * max(image.height for image in images)
    font = ImageFont.load_default(size=min(max(width // 7, 10), 18))
    captions = [label.split("\n") for label in labels] if labels else [[]] * len(images)
    line = math.ceil(font.getbbox("Ágj")[3]) + 2
    text_height = max(len(caption) for caption in captions) * line
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    sheet = Image.new(
        "RGB", (gap + columns * (width + gap), gap + rows * (height + text_height + gap)), _PAPER
    )
    draw = ImageDraw.Draw(sheet)
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left = gap + i % columns * (width + gap)
        bottom = gap + i // columns * (height + text_height + gap) + height
        shown = _enlarge(image, scale)
        sheet.paste(shown, (left + (width - shown.width) // 2, bottom - shown.height))
        for j, words in enumerate(caption):
            text = _shorten(_UNKNOWN.sub("·", words), font, width)
            middle = round(left + (width - font.getlength(text)) / 2)
            draw.text((middle, bottom + 1 + j * line), text, _INK, font)
    return sheet


def strip(images: Sequence[Image.Image], scale: int = 1, gap: int = 0) -> Image.Image:
    """Lay images side by side in one row: `contact_sheet` without labels or a margin."""
    sheet = contact_sheet(images, len(images), scale=scale, gap=gap)
    return sheet.crop((gap, gap, sheet.width - gap, sheet.height - gap)) if gap else sheet


def encode_animation(
    frames: Sequence[Image.Image],
    format: AnimationFormat = "webp",
    frame_ms: int = 40,
    loop: bool = True,
) -> bytes:
    """Encode images of one size as an animation, each shown for `frame_ms` milliseconds.

    "webp" has the best colours for its size; "gif" has 256 colours a frame and times in steps of
    10 ms, 20 at least; "mp4" (H.264; never loops of itself, odd sides grow by a white line) needs
    the ffmpeg program on PATH. `loop` repeats for ever.

    Raises GenimgError on an unknown format, a frame time that cannot be kept, and for "mp4"
    where ffmpeg is missing or fails; ValueError without frames or on frames of several sizes.
    """
    if len({frame.size for frame in frames}) != 1:
        raise ValueError(f"frames must be of one size, got {sorted({f.size for f in frames})}")
    least = 20 if format == "gif" else 1  # browsers slow faster GIFs down to 100 ms
    if not least <= frame_ms <= 60_000:
        raise GenimgError(
            f"A frame cannot be shown for {frame_ms} ms as {format}. "
            f"Choose {least} to 60,000 milliseconds."
        )
    colour = [frame.convert("RGB") for frame in frames]
    if format == "mp4":
        return _encode_mp4(colour, frame_ms)
    buffer = io.BytesIO()
    if format == "webp":
        _save(buffer, colour, "WEBP", frame_ms, {"loop": 0 if loop else 1, "quality": 92})
    elif format == "gif":
        flat = [frame.quantize(256, dither=Image.Dither.NONE) for frame in colour]
        # A GIF without a loop count plays once.
        _save(buffer, flat, "GIF", frame_ms, {"loop": 0, "disposal": 1} if loop else {})
    else:
        raise GenimgError(f"Unknown animation format {format!r}. Choose one of: webp, gif, mp4.")
    return buffer.getvalue()


def _save(
    buffer: io.BytesIO,
    frames: Sequence[Image.Image],
    format: str,
    frame_ms: int,
    options: dict[str, int],
) -> None:
    frames[0].save(
        buffer, format, save_all=True, append_images=frames[1:], duration=frame_ms, **options
    )


def _encode_mp4(frames: Sequence[Image.Image], frame_ms: int) -> bytes:
    """Let ffmpeg encode RGB frames, in a folder of its own: MP4 cannot be written to a pipe."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise GenimgError(
            "MP4 needs the program ffmpeg, which was not found on PATH. "
            "Install ffmpeg, or choose webp or gif."
        )
    width, height = frames[0].size
    with tempfile.TemporaryDirectory(prefix="genimg-") as folder:
        video = Path(folder) / "video.mp4"
        command = [program, "-hide_banner", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        command += ["-r", f"1000/{frame_ms}", "-i", "pipe:0"]
        command += ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white"]
        command += ["-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p"]
        command += ["-movflags", "+faststart", str(video)]
        try:
            subprocess.run(
                command,
                input=b"".join(frame.tobytes() for frame in frames),
                capture_output=True,
                check=True,
                timeout=120,
            )
            return video.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            lines = said.decode("utf-8", "replace").strip().splitlines() or [type(error).__name__]
            raise GenimgError(
                f"ffmpeg could not make the MP4 ({lines[-1]}). Choose webp or gif."
            ) from error


def _enlarge(image: Image.Image, scale: int) -> Image.Image:
    """The image `scale` times as large, in RGB, transparent places white."""
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        image = Image.new("RGB", image.size, _PAPER)
        image.paste(layered, mask=layered)
    size = (image.width * scale, image.height * scale)
    return image.convert("RGB").resize(size, Image.Resampling.NEAREST)


# What the font of Pillow cannot show: it would be a row of empty boxes.
_UNKNOWN = re.compile(r"[^\x20-\u024f\u2010-\u2027\u20ac]+")


def _shorten(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    """The text on one line, cut with an ellipsis so that it is at most `width` pixels wide."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    for end in range(len(text) - 1, 0, -1):
        shorter = text[:end].rstrip() + "…"
        if font.getlength(shorter) <= width:
            return shorter
    return ""
