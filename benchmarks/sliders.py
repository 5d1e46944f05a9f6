"""Do sliders of numbers do what they say, what do they drag along, and what do locks take away?

    python benchmarks/run.py sliders --checkpoint MODEL.safetensors

Held-out pictures of a finished model are brought to numbers that are asked for, one number at a
time (`Editor.brought`), decoded, and encoded again without their details; what the model's own
regression reads then is compared with what was asked. No other judge sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.common import Settings, say
from benchmarks.disentangle import KINDS, score_editor, score_tables
from genimg import Editor, Latent
from genimg.checkpoint import read_header
from genimg.edits import Recipe
from genimg.errors import GenimgError, LatentError
from genimg.evaluation.evaluate import dataset_of
from genimg.metrics.properties import Floats

PICTURES = 16
BARS = {"missed": 0.10, "dragged": 0.05}
"""At most so much of the asked movement is missed, and other numbers move by so much of their
range; on average.
"""

Part = dict[str, Any]
Table = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


@dataclass(frozen=True)
class _Moved:
    """What N pictures show after a number was asked of each.

    Attributes:
        reached: bool `[N]`, where the sliders lead there.
        shown: all K numbers then, as parts of their ranges, `[N, K]`; NaN where not reached.
    """

    reached: np.ndarray[Any, np.dtype[np.bool_]]
    shown: Floats


def run_sliders(settings: Settings) -> Part:
    """Scores of the codes of `settings.checkpoint`, as of the disentangle part, and what each of
    its sliders of numbers does: free, with the other number that it drags most locked, and with all
    other numbers locked.

    Raises GenimgError where no model is named, or one whose pictures bear no numbers.
    """
    if settings.checkpoint is None:
        raise GenimgError("name a finished model: --checkpoint PATH")
    path = settings.checkpoint
    torch.set_num_threads(1)
    editor, header = Editor.load(path, "cpu"), read_header(path)
    dataset = dataset_of(path, header, None, settings.data_root, settings.count)
    if not editor.can_encode or not editor.scales:
        raise GenimgError(f"{path} has no sliders of numbers: genimg numbers finds them")
    say(f"  {header.name}: scoring its codes")
    scored = score_editor(editor, dataset)
    images = dataset.split("test").images[:PICTURES]
    return {
        "model": header.name,
        "pictures": dataset.card.title,
        "size": header.image_shape[1],
        "test": len(dataset.splits["test"]),
        **{kind: len(getattr(dataset, _COLUMNS[kind])) for kind in KINDS},
        "moved": len(images),
        "bars": BARS,
        "codes": [{"learner": header.name, **scored}],
        "rows": measure_sliders(editor, [Image.fromarray(image) for image in images]),
    }


_COLUMNS = {"labels": "factors", "numbers": "numbers"}


def measure_sliders(editor: Editor, pictures: Sequence[Image.Image], seed: int = 0) -> list[Part]:
    """One row for each number: how much of the asked movement was missed, and how far other numbers
    moved, as a part of their ranges; values are asked for evenly over the number's range.
    """
    names = list(editor.scales)
    starts = [editor.encode(picture, details=0.0) for picture in pictures]
    before = np.stack([_shown_again(editor, start) for start in starts])
    rng = np.random.default_rng(seed)
    rows = []
    for place, name in enumerate(names):
        scale = editor.scales[name]
        wished = rng.uniform(scale.low, scale.high, len(starts))
        others = [other for other in names if other != name]
        free = _moved(editor, starts, name, wished, ())
        row: Part = {
            "number": name,
            "off": round(scale.error / (scale.high - scale.low), 4),
            "free": _judged(editor, starts, name, wished, free, free.reached),
        }
        if free.reached.any() and others:
            drags = np.nanmean(np.abs(free.shown - before), axis=0)
            most = max(others, key=lambda other: drags[names.index(other)])
            for way, keep in (("one", [most]), ("all", others)):
                held = _moved(editor, starts, name, wished, keep)
                both = free.reached & held.reached
                row[way] = _judged(editor, starts, name, wished, held, both)
                kept = [names.index(other) for other in keep]
                for moved, label in ((free, "dragged"), (held, "kept")):
                    row[way][label] = _mean(np.abs(moved.shown - before)[both][:, kept])
            rest = [i for i in range(len(names)) if i != place]
            row["dragged"] = _mean(np.abs(free.shown - before)[free.reached][:, rest])
            row["most"] = most
        rows.append(row)
        say(f"    {name}: {row['free']}, others moved {row.get('dragged')}")
    return rows


def _moved(
    editor: Editor, starts: Sequence[Latent], name: str, wished: Floats, keep: Collection[str]
) -> _Moved:
    shown = np.full((len(starts), len(editor.scales)), np.nan)
    for i, (start, value) in enumerate(zip(starts, wished.tolist(), strict=True)):
        try:
            recipe = editor.brought(Recipe(start, locks=keep), {name: value})
        except LatentError:  # its sliders do not lead there
            continue
        shown[i] = _shown_again(editor, editor.edited(recipe))
    return _Moved(np.isfinite(shown).all(axis=1), shown)


def _shown_again(editor: Editor, latent: Latent) -> Floats:
    """The numbers that the picture of a latent shows, `[K]`, as parts of their ranges."""
    [picture] = editor.decode(latent)
    told = editor.numbers(editor.encode(picture, details=0.0))
    return np.array([_part(editor, name, value) for name, value in told.items()])


def _part(editor: Editor, name: str, value: float) -> float:
    scale = editor.scales[name]
    return (value - scale.low) / (scale.high - scale.low)


def _judged(
    editor: Editor,
    starts: Sequence[Latent],
    name: str,
    wished: Floats,
    moved: _Moved,
    some: np.ndarray[Any, np.dtype[np.bool_]],
) -> Part:
    """Of those pictures: how much of what was asked was missed, and how many there are."""
    place = list(editor.scales).index(name)
    asked = np.array([_part(editor, name, value) for value in wished])
    stood = np.array([_part(editor, name, editor.numbers(start)[name]) for start in starts])
    gaps = np.abs(moved.shown[:, place] - asked)[some]
    whole = float(np.abs(asked - stood)[some].sum())
    missed = round(float(gaps.sum()) / whole, 4) if whole > 0.0 else None
    return {"missed": missed, "reached": int(some.sum())}


def _mean(values: Floats) -> float | None:
    return round(float(values.mean()), 4) if values.size else None


# -- its tables


def table(part: Part, draw: Table) -> str:
    """The results in Markdown: see tables.py."""
    head = [
        "number", "told off by", "missed", "others move", "moves most", "free", "locked",
        "missed then", "others, free", "all locked", "missed then", "reached",
    ]  # fmt: skip
    moved = draw(head, [_row(row, part["moved"]) for row in part["rows"]])
    about = (
        f"**{part['model']}**, {part['size']} px, {part['moved']} held-out pictures, each brought "
        "to a value from anywhere in the number's range"
    )
    return "\n\n".join(
        [f"{about}:\n\n{moved}", _summary(part), score_tables(part, part["codes"], draw)]
    )


def _row(row: Part, pictures: int) -> list[str]:
    free, one, all_ = row["free"], row.get("one", {}), row.get("all", {})
    return [
        row["number"],
        _percent(row["off"]),
        _percent(free["missed"]),
        _percent(row.get("dragged")),
        row.get("most", ""),
        *(_percent(one.get(key)) for key in ("dragged", "kept", "missed")),
        *(_percent(all_.get(key)) for key in ("dragged", "kept", "missed")),
        " / ".join(str(each.get("reached", 0)) for each in (free, one, all_)) + f" of {pictures}",
    ]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _summary(part: Part) -> str:
    rows = part["rows"]
    missed = _average(row["free"]["missed"] for row in rows)
    dragged = _average(row.get("dragged") for row in rows)
    pieces = [
        f"On average a slider misses {_against(missed, part['bars']['missed'])}, of the asked "
        f"movement, and others move by {_against(dragged, part['bars']['dragged'])}, of their "
        "range."
    ]
    for way, words in (("one", "The one that moves most"), ("all", "All others together")):
        known = [row[way] for row in rows if row.get(way, {}).get("reached")]
        if known:
            free, kept = (_average(each[key] for each in known) for key in ("dragged", "kept"))
            pieces.append(f"{words}, where the sliders lead there: {free:.1%} free, {kept:.1%} "
                          f"locked ({len(known)} sliders).")  # fmt: skip
    return " ".join(pieces)


def _average(values: Any) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def _against(value: float, bar: float) -> str:
    word = "met" if value <= bar else "**missed**"
    return f"{value:.1%}, against a bar of {bar:.0%} ({word})"
