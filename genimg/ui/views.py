"""What do the parts of the page look like that Gradio has no component for?

Each function turns plain values into a piece of HTML; everything that comes from outside
(names of files, of models, of directions) is escaped here. The classes are those of style.css.
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
from genimg.images import data_uri

PICK_JS = """
let count = 0;
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-pick]');
  if (!button) return;
  for (const other of element.querySelectorAll('[aria-pressed]')) {
    other.setAttribute('aria-pressed', String(other === button));
  }
  trigger('click', { pick: button.dataset.pick, at: Date.now() + (count++ % 1000) / 1000 });
});
"""
"""For gr.HTML(js_on_load=...): a click on a `data-pick` button is an event with that value,
and with when it was, as clicks may arrive in another order (see `Turns.is_late`).
"""

LOGO = (
    '<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">'
    '<rect x="1" y="1" width="30" height="30" rx="9" fill="currentColor"/>'
    '<path d="M7 21c5 0 5-10 9-10s4 10 9 10" fill="none" stroke="var(--gi-paper)" '
    'stroke-width="2.4" stroke-linecap="round"/>'
    '<circle cx="16" cy="11" r="3.1" fill="var(--gi-paper)"/></svg>'
)

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TRAINED = {  # keys of a header's `trained` -> what a person reads; others are shown as they are
    "images": "pictures seen",
    "minutes": "minutes of training",
    "steps": "optimizer steps",
    "batch_size": "pictures a step",
    "compute": "computed with",
}
_METRICS = {
    "pictures": "held-out pictures",
    "psnr": "PSNR, dB",
    "ssim": "SSIM",
    "kl": "KL, nats",
    "dimensions": "latent dimensions",
}


_FOUND_FROM = {  # groups of directions; raw ones have no name to be trusted
    "named": "labels",
    "measured": "the pictures themselves",
    "component": "what varies most",
}
_MOST_DIRECTIONS = 200
_MOST_STATED = 1000
_MOST_FACTS = 30
_LARGEST_SHEET = 4096  # pixels a side; more would only fill the browser's memory


_SAMPLES = {  # keys of `metrics["samples"]`, those that are shown
    "count": "drawn pictures measured",
    "fd": "own-feature FD",
    "fd_floor": "FD of real pictures",
    "kid": "own-feature KID",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
    "recognised": "recognised at sight",
}


def header() -> str:
    """The name of the program, at the top of the page."""
    return (
        f'<div class="brand">{LOGO}<div><h1>genimg</h1>'
        "<p>Pictures as points. Pull a slider, move a point.</p></div></div>"
    )


_KEYS = (
    ("Ctrl Z", "undo"),
    ("Ctrl Shift Z", "redo"),
    ("Ctrl S", "save the picture"),
    ("C", "hold to see the picture on the left"),
    ("V", "split view"),
    ("D", "difference"),
    ("R", "draw one at random"),
    ("N, P", "next and previous picture that you began with"),
    ("← →", "move the slider that has the focus"),
    ("?", "this list"),
)


def corner() -> str:
    """The buttons for the list of shortcuts, and between light and dark; page.js does the rest."""
    rows = "".join(
        f"<div><dt>{' '.join(f'<kbd>{key}</kbd>' for key in keys.split(' '))}</dt>"
        f"<dd>{words}</dd></div>"
        for keys, words in _KEYS
    )
    return (
        '<button id="keys" type="button" class="round" aria-label="Keyboard shortcuts" '
        'title="Keyboard shortcuts (?)">?</button>'
        '<button id="mode" type="button" class="round" aria-label="Light or dark">◐</button>'
        '<dialog id="shortcuts" aria-label="Keyboard shortcuts"><h2>Keyboard shortcuts in Edit</h2>'
        f"<dl>{rows}</dl><p>On a Mac, Cmd is Ctrl.</p>"
        '<form method="dialog"><button class="button">Close</button></form></dialog>'
        '<p id="said" role="status"></p>'
    )


def picture(image: Image.Image | None, title: str, note: str = "", empty: str = "") -> str:
    """A framed picture with a title under it; without a picture, the frame says what to do."""
    if image is None:
        inside = f'<div class="empty">{escape(empty)}</div>'
    else:
        inside = (
            f'<img src="{data_uri(image)}" alt="{escape(title)}" draggable="false" '
            f'data-size="{image.width}x{image.height}">'
        )
    small = f" <small>{escape(note)}</small>" if note else ""
    return (
        f'<figure class="picture"><div class="frame">{inside}</div>'
        f"<figcaption>{escape(title)}{small}</figcaption></figure>"
    )


def thumbs(images: Sequence[Image.Image], picks: Sequence[str], labels: Sequence[str]) -> str:
    """Small pictures to click; a click picks the word of `picks`. `labels` are read out."""
    return _buttons("thumbs", images, picks, labels, [""] * len(images))


def gallery(
    images: Sequence[Image.Image], picks: Sequence[str], names: Sequence[str], chosen: int
) -> str:
    """Pictures to click, with their names under them, one of them chosen."""
    columns = next((c for c, most in ((4, 16), (5, 25), (6, 36)) if len(images) <= most), 8)
    return _buttons("samples", images, picks, names, names, chosen, columns)


def _buttons(
    kind: str,
    images: Sequence[Image.Image],
    picks: Sequence[str],
    labels: Sequence[str],
    captions: Sequence[str],
    chosen: int | None = None,
    columns: int = 8,
) -> str:
    buttons = "".join(
        f'<button type="button" data-pick="{escape(pick)}" '
        f'aria-pressed="{"true" if i == chosen else "false"}" '
        f'aria-label="{escape(label)}" title="{escape(label)}">'
        f'<img src="{data_uri(image)}" alt="" draggable="false">'
        f"{f'<span>{escape(caption)}</span>' if caption else ''}</button>"
        for i, (image, pick, label, caption) in enumerate(
            zip(images, picks, labels, captions, strict=True)
        )
    )
    return f'<div class="{kind}" data-columns="{columns}">{buttons}</div>'


def parts(base: Image.Image | None, other: Image.Image | None) -> str:
    """The two pictures of a mix, each with its name; an empty frame where one is missing."""
    cells = "".join(
        '<figure><div class="part">'
        + (f'<img src="{data_uri(image)}" alt="" draggable="false">' if image else "")
        + f"</div><figcaption>{name}</figcaption></figure>"
        for name, image in (("Start", base), ("Take from", other))
    )
    return f'<div class="parts"><h2>Mix</h2>{cells}</div>'


def doubts(lines: Sequence[str]) -> str:
    """What was not understood, a line each."""
    return "".join(f'<p class="hint doubt">{escape(line)}</p>' for line in lines)


def hint(text: str) -> str:
    """A quiet sentence that says what to do or what happened."""
    return f'<p class="hint">{escape(text)}</p>' if text else ""


def several() -> str:
    """The button that opens several files at once; the page's script does the rest."""
    return (
        '<button type="button" class="button" id="several">Open several</button>'
        '<input type="file" id="several-files" accept="image/*" multiple hidden>'
    )


def cropping() -> str:
    """Where an upload is cropped; folded away, and hidden where there is none."""
    return '<details id="crop" hidden><summary>Crop</summary><div id="cropper"></div></details>'


def strip(images: Sequence[Image.Image]) -> str:
    """Pictures side by side, as wide as the page."""
    if not images:
        return '<div class="strip none"></div>'
    cells = "".join(f'<img src="{data_uri(image)}" alt="" draggable="false">' for image in images)
    return f'<div class="strip">{cells}</div>'


def film(address: str, kind: str, name: str, note: str) -> str:
    """A finished animation, and the link that downloads it. `address` is a data: URI."""
    source = escape(address)
    shown = (
        f'<video src="{source}" autoplay loop muted playsinline></video>'
        if kind == "mp4"
        else f'<img src="{source}" alt="The animation" draggable="false">'
    )
    return (
        f'<figure class="film"><div class="frame">{shown}</div><figcaption>'
        f'<a class="button" id="film-link" href="{source}" download="{escape(name)}">'
        f"Download {escape(kind.upper())}</a> <small>{escape(note)}</small>"
        "</figcaption></figure>"
    )


def card(info: CheckpointInfo | None, problems: Sequence[str] = ()) -> str:
    """The model card: what the model is, how it was trained, its numbers, whose pictures it saw."""
    warnings = "".join(f'<p class="problem">{escape(problem)}</p>' for problem in problems)
    if info is None:
        return f'<div class="card">{warnings}<p class="links">{_ADD}</p></div>'
    header = info.header
    channels, height, width = header.image_shape
    model = {
        "file": info.path.name,
        "family": header.family,
        "pictures": f"{width} × {height} {'colour' if channels == 3 else 'grey'}",
        "id": header.id[:12],
    }
    columns = [
        ("Model", _table(model)),
        ("How it was trained", _unfinished(header.trained) + _table(_trained(header.trained))),
        ("Measured on held-out pictures", _table(_measured(header.metrics))),
        ("Training pictures", _pictures(header.data)),
    ]
    body = "".join(f"<section><h3>{name}</h3>{inside}</section>" for name, inside in columns)
    return (
        f'<div class="card">{warnings}<h2>About this model: {escape(info.title)}</h2>'
        f'<div class="columns">{body}</div>{_directions(header.directions)}{_sheet(header.sheet)}'
        f'<p class="links">{_ADD}Pictures opened in Edit stay on the machine that runs genimg '
        "and are deleted after about an hour. "
        '<a href="?view=api">Use it from a program</a></p></div>'
    )


_ADD = (
    '<button type="button" class="button small" id="add-model" '
    'title="Or drop its .safetensors file anywhere">Add a model</button>'
    '<input type="file" id="model-file" accept=".safetensors" aria-label="Model file" hidden>'
)


def _pictures(data: Mapping[str, Any]) -> str:
    """What the person who trained the model says of the pictures; "not stated" is said, too."""
    stated = {key: _text(data.get(key)) for key in ("title", "description", "credit", "licence")}
    title = stated["title"].rstrip(".") or "Not stated"
    return (
        f"<p>{escape(title)}. {escape(stated['description'])}</p>"
        f"<p>Credit: {escape(stated['credit'] or 'not stated')}</p>"
        f"<p>Licence: {escape(stated['licence'] or 'not stated')}</p>"
        + "".join(_ancestor(row) for row in data.get("started_from", ())[:_MOST_FACTS])
    )


def _ancestor(row: Mapping[str, Any]) -> str:
    """Whose pictures the model that this one was started from has learned from."""
    stated = {key: _text(row.get(key)) for key in ("name", "title", "credit", "licence")}
    return (
        f"<p>Started from {escape(stated['name'] or 'another model')}: "
        f"{escape(stated['title'].rstrip('.') or 'pictures not stated')}. "
        f"Credit: {escape(stated['credit'] or 'not stated')}. "
        f"Licence: {escape(stated['licence'] or 'not stated')}</p>"
    )


def _text(value: object) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= _MOST_STATED else f"{text[:_MOST_STATED]} ..."


def _unfinished(trained: Mapping[str, Any]) -> str:
    """A word of warning where the training is still going on, or was stopped early."""
    part = trained.get("unfinished")
    if isinstance(part, bool) or not isinstance(part, (int, float)) or not 0 <= part <= 1:
        return ""
    return f'<p class="unfinished">Still training: {part:.0%}</p>'


def _trained(trained: Mapping[str, Any]) -> dict[str, str]:
    return _known({key: trained[key] for key in trained if key != "unfinished"}, _TRAINED)


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
    more = f"<p>And {left:,} more.</p>" if left else ""
    return (
        f'<details class="directions"><summary>{len(rows):,} directions, and how far their names '
        "can be trusted</summary><table><thead><tr>"
        '<th scope="col">Direction</th><th scope="col">Found from</th>'
        f'<th scope="col">Reliability</th></tr></thead><tbody>{cells}</tbody></table>{more}'
        "</details>"
    )


def _found_from(row: Mapping[str, Any]) -> str:
    factor = str(row.get("factor") or "")
    return f"{_FOUND_FROM[row['group']]}{f': {factor}' if factor else ''}"


def _percent(value: object) -> str:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return f"{value:.0%}" if known else "not stated"


def _sheet(sheet: str) -> str:
    """The samples of seeds 0 to 63 that a model's file holds, folded away; "" where it has none."""
    if not _BASE64.fullmatch(sheet) or not _is_small_webp(sheet):
        return ""
    return (
        '<details class="sheet"><summary>Samples of seeds 0 to 63, as they come</summary>'
        f'<img src="data:image/webp;base64,{sheet}" alt="Sixty-four samples" draggable="false">'
        "</details>"
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
    chosen = {key: drawn[key] for key in _SAMPLES if key in drawn}
    return {**_known(metrics, _METRICS), **_known(chosen, _SAMPLES)}


def _known(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The plain numbers and words of a header's mapping; nested things stay in the file."""
    plain = {
        words.get(key, key.replace("_", " ")): _plain(value)
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
        return "<p>Not stated in the file.</p>"
    rows = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items()
    )
    return f"<dl>{rows}</dl>"
