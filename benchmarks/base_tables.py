"""The tables of the base part, from its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.base import means

Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def base(part: dict[str, Any], table: Table) -> str:
    """First the means of each group with their bars, then every kind."""
    head = ["", "px", "PSNR", "SSIM", "distance", "colour shift", "JPEG", "WebP", "linear"]
    groups = [
        [
            row["group"],
            str(row["size"]),
            f"**{row['psnr']:.2f}**" + _reached(row["psnr"], row["bar"]),
            *_numbers(row),
        ]
        for row in means(part)
    ]
    kinds = [
        [
            f"{row['kind']} ({row['count']})",
            str(row["size"]),
            f"{row['psnr']:.2f}",
            *_numbers(row),
            f"{row['grid']:.2f}",
            f"{row['bytes']:,}",
        ]
        for row in part["rows"]
    ]
    return "\n\n".join([table(head, groups), table([*head, "grid", "bytes"], kinds)])


def _reached(value: float, bar: float | None) -> str:
    if bar is None:
        return ""
    return f" (bar {bar:g}: {'met' if value >= bar else '**missed**'})"


def _numbers(row: dict[str, Any]) -> list[str]:
    return [
        f"{row['ssim']:.3f}",
        f"{row['distance']:.3f}",
        f"{row['colour_shift']:.2f}",
        *(f"{row[key]:.2f}" for key in ("jpeg", "webp", "linear")),
    ]
