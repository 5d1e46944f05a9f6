"""Which pictures can somebody begin with? Example files of a model, or what it draws itself.

A thumbnail picks "example N" (a file) or "seed N" (a drawn picture).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image

from genimg.errors import GenimgError
from genimg.ui.edit.photographs import photographs
from genimg.ui.shell import opening, views
from genimg.ui.shell.store import Store
from genimg.ui.words import say

_DRAWN = 7
_KEPT = 16
_made: dict[tuple[object, ...], str] = {}
"""What `thumbs` has made, by model and files."""
_LARGEST = 160  # pixels a side of a thumbnail


def thumbs(store: Store, model: str) -> str:
    """What can be clicked to begin, as HTML; it is the same for all who open the page."""
    paths = _paths(store, model)
    known = (store.get(model).model_id, *((str(path), path.stat().st_mtime_ns) for path in paths))
    html = _made.get(known)
    if html is None:
        html = _thumbs(store, model, paths)
        while len(_made) >= _KEPT:
            _made.popitem()
        _made[known] = html
    return html


def _thumbs(store: Store, model: str, paths: list[Path]) -> str:
    if paths:
        images = [_small(store.picture(str(path))) for path in paths]
        labels = [say("edit.example_title", n=i + 1) for i in range(len(images))]
        return views.thumbs(images, [f"example {i}" for i in range(len(images))], labels)
    editor = store.get(model)
    if not editor.has_kind:
        return ""
    images = editor.decode(*editor.sample(_DRAWN))
    names = [f"seed {seed}" for seed in range(_DRAWN)]
    labels = [say("shell.seed", seed=seed).capitalize() for seed in range(_DRAWN)]
    return views.thumbs(images, names, labels)


def first(store: Store, model: str) -> opening.Opened:
    """What the page opens with.

    Raises GenimgError if there is nothing to begin with.
    """
    if not store.get(model).has_kind and not _paths(store, model):
        raise GenimgError(say("edit.no_photograph"))
    return chosen(store, model, "example 0" if _paths(store, model) else "seed 0")


def chosen(store: Store, model: str, pick: str) -> opening.Opened:
    """The picture behind a thumbnail.

    Raises GenimgError for a pick that this model does not have.
    """
    kind, _, digits = pick.partition(" ")
    number = int(digits) if digits.isdecimal() and len(digits) < 10 else -1
    if kind == "seed" and number >= 0:
        return opening.from_seed(store, model, number)
    paths = _paths(store, model)
    if not 0 <= number < len(paths):
        raise GenimgError(say("edit.foreign_example"))
    crop = opening.Crop(str(paths[number]))
    opened = opening.from_file(store, model, crop, say("edit.example", n=number + 1))
    return replace(opened, crop=None)  # not a file of theirs


def _paths(store: Store, model: str) -> list[Path]:
    """The files that a model can begin with; none where it takes no pictures."""
    editor = store.get(model)
    if not editor.can_encode:
        return []
    return store.examples(model) or ([] if editor.has_kind else list(photographs()))


def _small(image: Image.Image) -> Image.Image:
    """A copy that is no larger than a thumbnail is shown."""
    small = image.copy()
    small.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return small
