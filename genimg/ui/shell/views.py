"""What do the parts of the page look like that Gradio has no component for?

Each function turns plain values into a piece of HTML; everything that comes from outside
(names of files, of models, of directions) is escaped here. The classes are those of style.css.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PIL import Image

from genimg.images import data_uri
from genimg.ui.words import say

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


def header() -> str:
    """The name of the program, at the top of the page."""
    return f'<div class="brand">{LOGO}<div><h1>genimg</h1><p>{say("shell.motto")}</p></div></div>'


_KEYS = (
    ("Ctrl Z", "shell.key_undo"),
    ("Ctrl Shift Z", "shell.key_redo"),
    ("Ctrl S", "shell.key_save"),
    ("C", "shell.key_compare"),
    ("V", "shell.key_split"),
    ("D", "shell.key_difference"),
    ("R", "shell.key_random"),
    ("N, P", "shell.key_next"),
    ("← →", "shell.key_move"),
    ("?", "shell.key_list"),
)


def corner() -> str:
    """The buttons for the list of shortcuts, and between light and dark; page.js does the rest."""
    rows = "".join(
        f"<div><dt>{' '.join(f'<kbd>{key}</kbd>' for key in keys.split(' '))}</dt>"
        f"<dd>{say(words)}</dd></div>"
        for keys, words in _KEYS
    )
    title = say("shell.shortcuts")
    return (
        f'<button id="keys" type="button" class="round" aria-label="{title}" '
        f'title="{title} (?)">?</button>'
        f'<button id="mode" type="button" class="round" aria-label="{say("shell.mode")}">◐</button>'
        f'<dialog id="shortcuts" aria-label="{title}"><h2>{say("shell.shortcuts_title")}</h2>'
        f"<dl>{rows}</dl><p>{say('shell.shortcuts_mac')}</p>"
        f'<form method="dialog"><button class="button">{say("shell.close")}</button></form>'
        "</dialog>"
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
        for name, image in (
            (say("shell.mix_start"), base),
            (say("shell.mix_take"), other),
        )
    )
    return f'<div class="parts"><h2>{say("shell.mix")}</h2>{cells}</div>'


def doubts(lines: Sequence[str]) -> str:
    """What was not understood, a line each."""
    return "".join(f'<p class="hint doubt">{escape(line)}</p>' for line in lines)


def hint(text: str) -> str:
    """A quiet sentence that says what to do or what happened."""
    return f'<p class="hint">{escape(text)}</p>' if text else ""


def several() -> str:
    """The button that opens several files at once; the page's script does the rest."""
    return (
        f'<button type="button" class="button" id="several">{say("shell.several")}</button>'
        '<input type="file" id="several-files" multiple hidden '
        'accept="image/*,.heic,.heif,.avif,.psd">'
    )


def cropping() -> str:
    """Where an upload is cropped; folded away, and hidden where there is none."""
    title = say("shell.crop")
    return f'<details id="crop" hidden><summary>{title}</summary><div id="cropper"></div></details>'


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
        else f'<img src="{source}" alt="{say("shell.film")}" draggable="false">'
    )
    return (
        f'<figure class="film"><div class="frame">{shown}</div><figcaption>'
        f'<a class="button" id="film-link" href="{source}" download="{escape(name)}">'
        f"{say('shell.download', kind=escape(kind.upper()))}</a> <small>{escape(note)}</small>"
        "</figcaption></figure>"
    )
