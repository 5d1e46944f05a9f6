"""Which pictures can somebody begin with? Example files of a model, or what it draws itself.

A thumbnail picks "example N" (a file) or "seed N" (a drawn picture).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from genimg.errors import GenimgError
from genimg.ui import opening, views
from genimg.ui.store import Store

_DRAWN = 7


def thumbs(store: Store, model: str) -> str:
    """What can be clicked to begin, as HTML."""
    paths = _paths(store, model)
    if paths:
        images = [store.picture(str(path)) for path in paths]
        labels = [f"Example {i + 1}" for i in range(len(images))]
        return views.thumbs(images, [f"example {i}" for i in range(len(images))], labels)
    editor = store.get(model)
    images = editor.decode(*editor.sample(_DRAWN))
    names = [f"seed {seed}" for seed in range(_DRAWN)]
    return views.thumbs(images, names, [name.capitalize() for name in names])


def first(store: Store, model: str) -> opening.Opened:
    """What the page opens with."""
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
        raise GenimgError("This example belongs to another model. Load the page again.")
    crop = opening.Crop(str(paths[number]))
    opened = opening.from_file(store, model, crop, f"example {number + 1}")
    return replace(opened, crop=None)  # not a file of theirs


def _paths(store: Store, model: str) -> list[Path]:
    """The files that a model can begin with; none where it takes no pictures."""
    return store.examples(model) if store.get(model).can_encode else []
