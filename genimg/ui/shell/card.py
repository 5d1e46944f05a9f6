"""What does the model card say: what a model is, how it was trained, its numbers, whose pictures?

Everything that comes from the header of a file is escaped here, and none of it may be very long.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PIL import Image

from genimg.editor import CheckpointInfo
from genimg.ui.words import say

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TRAINED = {  # keys of a header's `trained` -> what a person reads; others are shown as they are
    "images": "shell.trained_images",
    "minutes": "shell.trained_minutes",
    "steps": "shell.trained_steps",
    "batch_size": "shell.trained_batch",
    "compute": "shell.trained_compute",
}
_METRICS = {
    "pictures": "shell.metric_pictures",
    "psnr": "shell.metric_psnr",
    "psnr_model": "shell.metric_psnr_model",
    "ssim": "shell.metric_ssim",
    "kl": "shell.metric_kl",
    "dimensions": "shell.metric_dimensions",
}


_FOUND_FROM = {  # groups of directions; raw ones have no name to be trusted
    "number": "shell.found_number",
    "named": "shell.found_named",
    "measured": "shell.found_measured",
    "component": "shell.found_component",
}
_MOST_DIRECTIONS = 200
_MOST_STATED = 1000
_MOST_FACTS = 30
_LARGEST_SHEET = 4096  # pixels a side; more would only fill the browser's memory


_SAMPLES = {  # keys of `metrics["samples"]`, those that are shown
    "count": "shell.drawn_count",
    "fd": "shell.drawn_fd",
    "fd_floor": "shell.drawn_fd_floor",
    "kid": "shell.drawn_kid",
    "precision": "shell.drawn_precision",
    "recall": "shell.drawn_recall",
    "coverage": "shell.drawn_coverage",
    "diversity": "shell.drawn_diversity",
    "recognised": "shell.drawn_recognised",
}


def model_card(info: CheckpointInfo | None, problems: Sequence[str] = ()) -> str:
    """The model card: what the model is, how it was trained, its numbers, whose pictures it saw."""
    warnings = "".join(f'<p class="problem">{escape(problem)}</p>' for problem in problems)
    if info is None:
        return f'<div class="card">{warnings}<p class="links">{_add()}</p></div>'
    header = info.header
    channels, height, width = header.image_shape
    size = {"width": width, "height": height}
    shape = say("shell.colour" if channels == 3 else "shell.grey", **size)
    model = {
        say("shell.fact_file"): info.path.name,
        say("shell.fact_family"): header.family,
        say("shell.fact_pictures"): say("shell.any_photograph") if info.takes_any else shape,
        say("shell.fact_id"): header.id[:12],
    }
    columns = [
        (say("shell.card_model"), _table(model)),
        (say("shell.card_trained"), _unfinished(header.trained) + _table(_trained(info))),
        (say("shell.card_measured"), _table(_measured(header.metrics))),
        (say("shell.card_pictures"), _pictures(header.data)),
    ]
    body = "".join(f"<section><h3>{name}</h3>{inside}</section>" for name, inside in columns)
    return (
        f'<div class="card">{warnings}<h2>{say("shell.card_title", title=escape(info.title))}</h2>'
        f"{_notice(header.data)}"
        f'<div class="columns">{body}</div>{_directions(header.directions)}{_sheet(header.sheet)}'
        f'<p class="links">{_add()}{say("shell.card_kept")} '
        f'<a href="?view=api">{say("shell.card_api")}</a></p></div>'
    )


def _notice(data: Mapping[str, Any]) -> str:
    """What is to be known of whatever the model draws."""
    notice = _text(data.get("notice"))
    return f'<p class="notice">{escape(notice)}</p>' if notice else ""


def _add() -> str:
    return (
        '<button type="button" class="button small" id="add-model" '
        f'title="{say("shell.add_hint")}">{say("shell.add")}</button>'
        '<input type="file" id="model-file" accept=".safetensors" '
        f'aria-label="{say("shell.add_file")}" hidden>'
    )


def _pictures(data: Mapping[str, Any]) -> str:
    """What the person who trained the model says of the pictures; "not stated" is said, too."""
    stated = {key: _text(data.get(key)) for key in ("title", "description", "credit", "licence")}
    title = stated["title"].rstrip(".") or say("shell.not_stated_title")
    credit, licence = _rights(stated)
    return (
        f"<p>{escape(title)}. {escape(stated['description'])}</p>"
        f"<p>{say('shell.credit', credit=credit)}</p>"
        f"<p>{say('shell.licence', licence=licence)}</p>"
        + "".join(_ancestor(row) for row in data.get("started_from", ())[:_MOST_FACTS])
    )


def _ancestor(row: Mapping[str, Any]) -> str:
    """Whose pictures the model that this one was started from has learned from."""
    stated = {key: _text(row.get(key)) for key in ("name", "title", "credit", "licence")}
    credit, licence = _rights(stated)
    words = say(
        "shell.started_from",
        name=escape(stated["name"] or say("shell.another_model")),
        title=escape(stated["title"].rstrip(".") or say("shell.pictures_not_stated")),
        credit=credit,
        licence=licence,
    )
    return f"<p>{words}</p>"


def _rights(stated: Mapping[str, str]) -> tuple[str, str]:
    """Credit and licence, escaped."""
    nothing = say("shell.not_stated")
    return escape(stated["credit"] or nothing), escape(stated["licence"] or nothing)


def _text(value: object) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= _MOST_STATED else f"{text[:_MOST_STATED]} ..."


def _unfinished(trained: Mapping[str, Any]) -> str:
    """A word of warning where the training is still going on, or was stopped early."""
    part = trained.get("unfinished")
    if isinstance(part, bool) or not isinstance(part, (int, float)) or not 0 <= part <= 1:
        return ""
    return f'<p class="unfinished">{say("shell.unfinished", part=f"{part:.0%}")}</p>'


def _trained(info: CheckpointInfo) -> dict[str, str]:
    """How it came about; of a model that was made in several runs, what they took together."""
    header = info.header
    runs, told = len(header.trainings), {**header.trained, "unfinished": None}
    for what in ("images", "minutes") if runs > 1 else ():
        if took := header.each_took(what):
            total, parts = _amount(sum(took)), " + ".join(map(_amount, took))
            told[what] = say("shell.trained_in_runs", total=total, parts=parts, runs=runs)
        elif what in told:
            last = _plain(told[what]) if isinstance(told[what], str | int | float) else ""
            told[what] = last and say("shell.trained_last", last=last, runs=runs)
    return _known(told, _TRAINED)


def _amount(value: float) -> str:
    return f"{value:,.6g}" if value < 1e6 else f"{value:,.0f}"


def _directions(rows: Sequence[Mapping[str, Any]]) -> str:
    """The directions with names, what each was found from, and how far it can be trusted."""
    named = [row for row in rows if row.get("group") in _FOUND_FROM]
    if not named:
        return ""
    cells = "".join(
        f'<tr><th scope="row">{escape(str(row.get("name", "")))}</th>'
        f"<td>{escape(_found_from(row))}</td><td>{_percent(row.get('reliability'))}</td></tr>"
        for row in named[:_MOST_DIRECTIONS]
    )
    left = len(rows) - min(len(named), _MOST_DIRECTIONS)
    more = f"<p>{say('shell.directions_more', more=f'{left:,}')}</p>" if left else ""
    return (
        f'<details class="directions"><summary>{say("shell.directions", n=f"{len(rows):,}")}'
        f'</summary><table><thead><tr><th scope="col">{say("shell.direction")}</th>'
        f'<th scope="col">{say("shell.found_from")}</th>'
        f'<th scope="col">{say("shell.reliability")}</th></tr></thead>'
        f"<tbody>{cells}</tbody></table>{more}</details>"
    )


def _found_from(row: Mapping[str, Any]) -> str:
    factor = str(row.get("factor") or "")
    return f"{say(_FOUND_FROM[row['group']])}{f': {factor}' if factor else ''}"


def _percent(value: object) -> str:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return f"{value:.0%}" if known else say("shell.not_stated")


def _sheet(sheet: str) -> str:
    """The samples of seeds 0 to 63 that a model's file holds, folded away; "" where it has none."""
    if not _BASE64.fullmatch(sheet) or not _is_small_webp(sheet):
        return ""
    return (
        f'<details class="sheet"><summary>{say("shell.samples")}</summary>'
        f'<img src="data:image/webp;base64,{sheet}" alt="{say("shell.samples_alt")}" '
        'draggable="false"></details>'
    )


def _is_small_webp(sheet: str) -> bool:
    try:
        with Image.open(io.BytesIO(base64.b64decode(sheet)), formats=["WEBP"]) as image:
            return max(image.size) <= _LARGEST_SHEET
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _measured(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of a model, and of what it draws, if that was measured."""
    samples = metrics.get("samples")
    drawn = samples if isinstance(samples, Mapping) else {}
    if isinstance(told := drawn.get("classifier"), Mapping):
        drawn = {**drawn, "recognised": told.get("recognised")}
    chosen = {key: drawn[key] for key in _SAMPLES if key in drawn}
    return {**_known(metrics, _METRICS), **_known(chosen, _SAMPLES)}


def _known(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The plain numbers and words of a header's mapping; nested things stay in the file."""
    plain = {
        say(words[key]) if key in words else key.replace("_", " "): _plain(value)
        for key, value in values.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""
    }
    return dict(list(plain.items())[:_MOST_FACTS])


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return _text(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _table(facts: Mapping[str, str]) -> str:
    if not facts:
        return f"<p>{say('shell.nothing_stated')}</p>"
    rows = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items()
    )
    return f"<dl>{rows}</dl>"
