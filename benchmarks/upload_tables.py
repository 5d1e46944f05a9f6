"""The tables of uploads.py, for the README."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Part = dict[str, Any]
Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]
Judged = Callable[[float, float, str], str]

WORDS = ("very close", "close", "only roughly", "outside what this model knows")
SHOWN = ("encoder", "0", "0.5", "1", "1, a latent a layer")
_STAGES = {
    "encoder": "the encoder's",
    "0": "refined, t = 0: editable",
    "0.5": "t = 0.5",
    "1": "t = 1: faithful",
    "1, a latent a layer": "faithful, a latent a layer",
}
_GROUPS = {"own": "**{}**", "changed": "*{}*", "foreign": "{}"}


def uploads(part: Part, table: Table, judged: Judged) -> str:
    """Words and gains of every model, then what can be edited."""
    counts, bars = part["counts"], part["bars"]
    pieces = []
    for found in part["models"]:
        head = [
            found["model"], *WORDS[:3], "outside", "by PSNR", "by latent", "encoder, dB",
            "refined, dB", "s", "(very) close then",
        ]  # fmt: skip
        pieces.append(table(head, [_words(row) for row in found["rows"]]))
    pieces.append(
        f"Words: shares of {counts['told']:,} test pictures of its own kind, **bold**; of "
        f"{counts['foreign']} of them that were *changed*, and of {counts['foreign']} of each "
        "other kind. By PSNR, by latent: the share that would be outside if the PSNR, or the "
        "Mahalanobis distance of the code, decided alone, each beyond 99 % of the calibrating "
        f"pictures. PSNR, seconds (median) and the words when refined: {counts['refined']} of each "
        "kind, 50 of its own; one thread. False alarms, at worst: "
        f"{judged(round(100 * part['worst_alarms'], 2), 100 * bars['alarms'], '%')} Seconds of a "
        f"refinement, 95 % of a row, at worst: "
        f"{judged(part['worst_seconds'], bars['seconds'], 's')}"
    )
    pieces.append("### Can it be edited?")
    head = ["model", "pictures", "latent", "PSNR, dB", "odder than", "followed", "others", "slope"]
    pieces.append(table(head, [row for found in part["models"] for row in _edited(found)]))
    pieces.append(
        f"{counts['edited']} pictures each, directions pulled by {part['pull']:g}. Odder than: "
        "share of held-out pictures whose latents are more typical than the median one here. "
        "Followed: share of named directions after which the classifier sees what they say; "
        "others: its verdicts on other labels that change meanwhile. Slope: of what measured "
        "directions measure, in standard deviations over real pictures for one of the slider."
    )
    return "\n\n".join(pieces)


def _words(row: Part) -> list[str]:
    after = row["words_after"]
    return [
        _GROUPS[row["group"]].format(row["kind"]),
        *(f"{100 * row['words'][words]:.1f} %" for words in WORDS),
        f"{100 * row['by_psnr']:.1f} %",
        f"{100 * row['by_latent']:.1f} %",
        f"{row['before']:.1f}",
        f"{row['after']:.1f}",
        f"{row['seconds']:.2f}",
        f"{100 * (after[WORDS[0]] + after[WORDS[1]]):.0f} %",
    ]


def _edited(found: Part) -> list[list[str]]:
    rows = []
    for row in found["editing"]:
        stage = row.get("stage", "")
        if stage and stage not in SHOWN:
            continue
        rows.append(
            [
                found["model"],
                row["kind"],
                _STAGES.get(stage, ""),
                f"{row['psnr']:.1f}" if stage else "",
                f"{100 * row['odd']:.0f} %",
                f"{100 * row['followed']:.0f} %",
                f"{100 * row['others']:.0f} %",
                f"{row['slope']:.2f}",
            ]
        )
    return rows
