"""Writes the tables of README.md from results.json, between markers: no number is typed by hand.

<!-- training -->
... replaced ...
<!-- /training -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    arithmetic,
    base_tables,
    disentangle,
    flood,
    live_sizes,
    memory,
    people,
    photo,
    photographs,
    portraits,
    priors,
    samples,
    sliders,
    upload_tables,
)
from genimg.files import write_atomically

Part = dict[str, Any]
TITLES = {
    "cats-64": "Cats, 64 px, colour",
    "fashion-mnist-32": "Fashion-MNIST, 32 px, grey",
    "robots-300-64": "A folder of 300 pictures (robots), 64 px, colour",
}


def update_readme(readme: Path, results: dict[str, Part]) -> None:
    """Fill every marked place of a README from the results; parts not measured say so."""
    text = readme.read_text(encoding="utf-8")
    for name, render in RENDERERS.items():
        if name in results:
            part = results[name]
            body = f"{render(part)}\n\n{_footnote(part)}"
        else:
            body = f"Not measured yet: `python benchmarks/run.py {name}`."
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = block.sub(_between(body), text)
    write_atomically(readme, text.encode())


def _between(body: str) -> Callable[[re.Match[str]], str]:
    """Keeps the two markers and puts `body` between them."""
    return lambda match: f"{match[1]}{body}\n{match[2]}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column reads from the left, numbers from the right."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _footnote(part: Part) -> str:
    where = part["machine"]
    versions = ", ".join(
        f"{name} {where[name]}"
        for name in ("python", "torch", "gradio", "pythae")
        if where.get(name)
    )
    cores = f"{where['cores']} core{'s' * (where['cores'] != 1)}"
    load = "" if where["load"] is None else f", load before the start {where['load']:.2f}"
    return f"Measured {where['when']} on {where['processor']}, {cores}{load}; {versions}."


def _judged(value: float, bar: float, unit: str) -> str:
    word = "met" if value <= bar else "**missed**"
    return f"{value:g} {unit} against a bar of {bar:g} {unit}: {word}.".replace("  ", " ")


def _training(part: Part) -> str:
    pieces = []
    for name, found in part["sets"].items():
        reference = found.get("reference")
        head = [
            "learner", "parameters", "arithmetic", "pictures/s", "pictures seen",
            "PSNR, dB", "SSIM",
        ]  # fmt: skip
        if reference:
            head += ["speed ratio", "PSNR gain, dB"]
        rows = [_learner(row, reference) for row in found["rows"]]
        about = f"**{TITLES.get(name, name)}**, {found['latent_dim']} latent dimensions"
        if reference:
            about += f"; ratio and gain are over {reference}, the best of pythae's here"
        pieces.append(f"{about}:\n\n{_table(head, rows)}")
    at_once = "one after another" if part["parallel"] == 1 else f"{part['parallel']} at a time"
    pieces.append(
        f"{part['minutes']:g} minutes each, {at_once}, one thread each, {part['batch_size']} "
        f"pictures a step; PSNR and SSIM are means over {part['pictures']} held-out pictures."
    )
    return "\n\n".join(pieces)


def _learner(row: Part, reference: str | None) -> list[str]:
    cells = [
        f"{row['learner']} ({row['network']})",
        f"{row['parameters'] / 1e6:.1f} M",
        row["arithmetic"],
        f"{row['speed']:,.0f}" if row["speed"] >= 20 else f"{row['speed']:.1f}",
        f"{row['images']:,}",
        f"{row['psnr']:.2f}",
        f"{row['ssim']:.3f}",
    ]
    if reference:
        cells += [f"{row['speed_ratio']:.2f}x", f"{row['psnr_gain']:+.2f}"]
    return cells


def _gans(part: Part) -> str:
    pieces = []
    for name, found in part["sets"].items():
        rows = found["rows"]
        head = [
            "generator", "minutes", "pictures seen", "FD", "± over seeds", "FD over DCGAN's", "KID",
            "precision", "recall", "density", "coverage", "recognised", "never drawn", "copies",
        ]  # fmt: skip
        dcgan = next((row["fd"] for row in rows if row["learner"] == "dcgan"), None)
        first = rows[0]
        floor = ["*real pictures*", "", "", f"{first['fd_floor']:.3f}", *[""] * 6]
        floor += [f"{first['coverage_floor']:.3f}", f"{first['recognised_floor']:.1%}", "", ""]
        lines = [*(_generator(row, dcgan) for row in rows), floor]
        judge = first["judge"]
        pieces.append(
            f"**{TITLES.get(name, name)}**, {first['count']:,} samples for each of the seeds "
            f"{', '.join(map(str, first['seeds']))} against as many test pictures, in the features "
            f"of {judge['name']} ({judge['id']}, accuracy {judge['accuracy']:.1%}):\n\n"
            f"{_table(head, lines)}"
        )
    pieces.append(
        f"Trained for {part['minutes']:g} minutes each, {part['parallel']} at a time, one thread "
        "each; the VAE's prior and what is shipped have had their own time. EMA weights, "
        "truncation 1. Own-feature FD, not Inception FID: not comparable with published FID."
    )
    return "\n\n".join(pieces)


def _generator(row: Part, dcgan: float | None) -> list[str]:
    missing = sum(map(len, row["missing"].values()))
    copied = row["memorisation"]
    return [
        row["learner"],
        f"{row['minutes']:.1f}",
        f"{row['images']:,}",
        f"{row['fd']:.3f}",
        f"{row['fd_std']:.3f}",
        "" if not dcgan else f"{row['fd'] / dcgan:.2f}x",
        f"{row['kid']:.4f}",
        *(f"{row[name]:.3f}" for name in ("precision", "recall", "density", "coverage")),
        f"{row['recognised']:.1%}",
        "nothing" if not missing else f"{missing} values",
        f"{copied['share_nearer']:.1%} ({copied['held_out_share']:.1%})",
    ]


def _overhead(part: Part) -> str:
    head = ["pictures", "bare network, pictures/s", "in the loop, pictures/s", "ratio", "each turn"]
    rows = [
        [
            f"{row['data']}, {row['size']} px", f"{row['bare']:g}", f"{row['loop']:g}",
            f"{row['ratio']:.3f}", ", ".join(f"{ratio:.3f}" for ratio in row["ratios"]),
        ]
        for row in part["rows"]
    ]  # fmt: skip
    worst = min(row["ratio"] for row in part["rows"])
    about = (
        f"{part['turns']} turns each, {part['bare_seconds']:g} s bare and runs of "
        f"{part['loop_seconds']:g} s, batch {part['batch_size']}, one thread, medians. The least "
        f"ratio is {_reached(worst, 0.9)}"
    )
    return f"{_table(head, rows)}\n\n{about}"


def _gan_speed(part: Part) -> str:
    head = ["network, 64 px", "training pictures/s", "samples/s"]
    rows = [
        [name, f"{part['training'][name]:.0f}", f"{part['sampling'][name]:.0f}"]
        for name in ("style", "dcgan")
    ]
    rows.append(
        ["**ratio**", f"**{part['training_ratio']:.2f}x**", f"**{part['sampling_ratio']:.2f}x**"]
    )
    text = f"{_table(head, rows)}\n\nMedians of steps that took turns in one process, one thread."
    grid = part.get("grid")
    if grid:
        judged = _judged(grid["seconds"], grid["bar"], "s")
        text += f" 64 pictures of cats-64-gan with {grid['threads']} threads: {judged}"
    return text


def _decode(part: Part) -> str:
    head = [
        "model", "size", "parameters", "Editor.decode, ms", "bare network, ms", "ratio",
        "Editor.encode, ms", "bare network, ms", "ratio",
    ]  # fmt: skip
    rows = [
        [
            row["model"],
            f"{row['size']} px",
            f"{row['parameters'] / 1e6:.1f} M",
            *(
                text
                for kind in ("decode", "encode")
                for text in (
                    f"{row[kind]['editor_ms']:.2f}",
                    f"{row[kind]['bare_ms']:.2f}",
                    f"{row[kind]['ratio']:.2f}x",
                )
            ),
        ]
        for row in part["rows"]
    ]
    return (
        f"{_table(head, rows)}\n\nMedians of {part['repeats']} calls that took turns, one thread. "
        f"Decoding: {_judged(part['worst'], part['bar'], 'times')}"
    )


def _live(part: Part) -> str:
    head = [
        "drag", "latency, median ms", "95 %, ms", "frames/s", "frames an input event",
        "server, ms a frame",
    ]  # fmt: skip
    drags = {
        "genimg": part["alone"],
        "plain `gr.Slider.change` to `gr.Image`": part["plain"],
        f"genimg, while {part['people']} others drag": part["crowded"],
    }
    rows = [
        [
            name,
            f"{drag['median_ms']:.1f}",
            f"{drag['p95_ms']:.1f}",
            f"{drag['fps']:.1f}",
            f"{drag['frames_per_event']:.2f}",
            "" if drag["server_ms"] is None else f"{drag['server_ms']:.1f}",
        ]
        for name, drag in drags.items()
    ]
    bars, others = part["bars"], part["others"]
    return (
        f"{_table(head, rows)}\n\n{part['model']}, {part['seconds']:g} s of each drag. 95 %: "
        f"{_judged(part['p95_ms'], bars['p95_ms'], 'ms')} Frames a second: "
        f"{_reached(part['fps'], bars['fps'])} Against the plain way: "
        f"{_reached(part['ratio'], bars['ratio'], ' times')}\n\nThe {part['people']} others got "
        f"{others['frames'] / part['seconds']:.0f} frames/s, 95 % of them within "
        f"{others['p95_ms']:.0f} ms; with the measured page, {part['people_fps']:.0f} frames/s in "
        f"all. The program takes {part['idle_percent']:g} % of a core while nobody does anything."
    )


def _reached(value: float, bar: float, unit: str = "") -> str:
    word = "met" if value >= bar else "**missed**"
    return f"{value:g}{unit} against a bar of {bar:g}{unit}: {word}."


_LOCKS = {
    "kept": "**What the locked one still changes by**, in standard deviations over the model's own "
    "samples:",
    "verdicts": "**In how many pictures the verdict of the locked one's label changes**:",
    "moved": "**What the moved one changes by**, in standard deviations:",
}
_OTHER_LOCKS = {
    "alone": "*its value alone*",
    "within": "*without offsets*",
    "plain": "*plain lengths*",
}


def _locks(part: Part) -> str:
    pieces = []
    for key, title in _LOCKS.items():
        head = ["model", "moved → locked", "pairs", "free", "locked", "less"]
        rows = [
            [
                found["model"],
                f"{row['moved']} → {row['kept']}",
                str(row["pairs"]),
                *(_change(row, way, key) for way in ("free", "locked")),
                f"{1 - row['locked'][key] / row['free'][key]:.0%}",
                *(_change(row, way, key) for way in _OTHER_LOCKS),
            ]
            for found in part["models"]
            for row in found["rows"]
            if key in row["free"]
        ]
        pieces.append(f"{title}\n\n{_table([*head, *_OTHER_LOCKS.values()], rows)}")
    pieces.append(
        f"Means over {part['latents']} samples, each moved by {part['amount']:g} standard "
        "deviations to both sides."
    )
    return "\n\n".join(pieces)


def _change(row: Part, way: str, key: str) -> str:
    return f"{row[way][key]:.1%}" if key == "verdicts" else f"{row[way][key]:.2f}"


def _few(part: Part) -> str:
    vaes = _table(
        ("pictures", "started from", "PSNR, dB", "SSIM"),
        [
            (row["pictures"], row["start"], f"{row['psnr']:.2f}", f"{row['ssim']:.3f}")
            for row in part["vaes"]
        ],
    )
    gans = _table(
        ("critic", "Fréchet distance", "precision", "recall", "coverage"),
        [
            (
                row["critic"],
                f"{row['fd']:.2f} ± {row['fd_std']:.2f}",
                *(f"{row[key]:.3f}" for key in ("precision", "recall", "coverage")),
            )
            for row in part["gans"]
        ],
    )
    floor = part["gans"][0]["fd_floor"]
    return (
        f"VAEs after {part['vae_images']:,} pictures each, held-out pictures of the folder:\n\n"
        f"{vaes}\n\nGANs of the monsters after {part['gan_images']:,} pictures each, started from "
        f"the VAE above (real pictures have a distance of {floor:.2f}):\n\n{gans}"
    )


def _folders(part: Part) -> str:
    head = ["step", "seconds", "CPU seconds", "files/s", "memory, MB", "pictures used"]
    rows = [
        [
            row["step"], f"{row['seconds']:.2f}", f"{row['cpu']:.2f}",
            f"{row['files'] / row['seconds']:,.0f}", f"{row['mb']:.0f}", f"{row['used']:,}",
        ]
        for row in part["rows"]
    ]  # fmt: skip
    return (
        f"{_table(head, rows)}\n\n{part['files']:,} files, {part['bytes'] / 1e6:,.0f} MB. "
        f"First time over plain loop: {_judged(part['ratio'], part['bar'], 'times')} "
        f"Again: {_judged(part['again'], part['again_bar'], 's')}"
    )


def _start(part: Part) -> str:
    head = ["run", "page answers, s", "page usable, s", "first edit seen, s"]
    rows = [
        [str(i), f"{run['answers']:.2f}", f"{run['usable']:.2f}", f"{run['edited']:.2f}"]
        for i, run in enumerate(part["runs"], start=1)
    ]
    middle = [f"{part[name]:.2f}" for name in ("answers", "usable", "edited")]
    rows.append(["**median**", *(f"**{text}**" for text in middle)])
    return f"{_table(head, rows)}\n\nUsable: {_judged(part['usable'], part['bar'], 's')}"


RENDERERS: dict[str, Callable[[Part], str]] = {
    "training": _training,
    "overhead": _overhead,
    "arithmetic": lambda part: arithmetic.table(part, _table),
    "fashion-pair": _training,
    "few": _few,
    "gans": _gans,
    "samples": lambda part: samples.table(part, _table),
    "gan-speed": _gan_speed,
    "decode": _decode,
    "live": _live,
    "live-sizes": lambda part: live_sizes.table(part, _table, _judged),
    "locks": _locks,
    "base": lambda part: base_tables.base(part, _table),
    "uploads": lambda part: upload_tables.uploads(part, _table, _judged),
    "folders": _folders,
    "photographs": lambda part: photographs.table(part, _table),
    "photo": lambda part: photo.table(part, _table),
    "portraits": lambda part: portraits.table(part, _table, _judged),
    "disentangle": lambda part: disentangle.table(part, _table),
    "sliders": lambda part: sliders.table(part, _table),
    "priors": lambda part: priors.table(part, _table),
    "people": lambda part: people.table(part, _table, _judged),
    "flood": lambda part: flood.table(part, _table),
    "start": _start,
    "memory": lambda part: memory.table(part, _table, _judged),
}
"""Part -> its table."""
