"""What do the parts of the page look like that Gradio has no component for?

Each function turns plain values into a piece of HTML; everything that comes from outside
(names of files, of models, of directions) is escaped here. The classes are those of style.css.
"""

from __future__ import annotations

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
        return f'<div class="card">{warnings}</div>'
    header = info.header
    channels, height, width = header.image_shape
    data = header.data
    model = {
        "file": info.path.name,
        "family": header.family,
        "pictures": f"{width} × {height} {'colour' if channels == 3 else 'grey'}",
        "id": header.id[:12],
    }
    columns = [
        ("Model", _table(model)),
        ("How it was trained", _table(_known(header.trained, _TRAINED))),
        ("Measured on held-out pictures", _table(_measured(header.metrics))),
        (
            "Training pictures",
            f"<p>{escape(str(data.get('title', 'Not stated')))}. "
            f"{escape(str(data.get('description', '')))}</p>"
            f"<p>{escape(str(data.get('credit', '')))}</p>"
            f"<p>Licence: {escape(str(data.get('licence', 'not stated')))}</p>",
        ),
    ]
    body = "".join(f"<section><h3>{name}</h3>{inside}</section>" for name, inside in columns)
    return (
        f'<div class="card">{warnings}<h2>About this model: {escape(info.title)}</h2>'
        f'<div class="columns">{body}</div>{_sheet(header.sheet)}'
        '<p class="links">Uploads stay on the machine that runs genimg '
        "and are deleted after about an hour. "
        '<a href="?view=api">Use it from a program</a></p></div>'
    )


def _sheet(sheet: str) -> str:
    """The samples of seeds 0 to 63 that a model's file holds, folded away; "" where it has none."""
    if not _BASE64.fullmatch(sheet):
        return ""
    return (
        '<details class="sheet"><summary>Samples of seeds 0 to 63, as they come</summary>'
        f'<img src="data:image/webp;base64,{sheet}" alt="Sixty-four samples" draggable="false">'
        "</details>"
    )


def _measured(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of a model, and of what it draws, if that was measured."""
    samples = metrics.get("samples")
    drawn = samples if isinstance(samples, Mapping) else {}
    chosen = {key: drawn[key] for key in _SAMPLES if key in drawn}
    return {**_known(metrics, _METRICS), **_known(chosen, _SAMPLES)}


def _known(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The plain numbers and words of a header's mapping; nested things stay in the file."""
    return {
        words.get(key, key.replace("_", " ")): _plain(value)
        for key, value in values.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""
    }


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _table(facts: Mapping[str, str]) -> str:
    if not facts:
        return "<p>Not stated in the file.</p>"
    rows = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items()
    )
    return f"<dl>{rows}</dl>"
