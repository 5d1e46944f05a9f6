"""How honest is an upload: are the words on a match right, what does a refinement gain, and can
what it finds still be edited?

Words are measured on pictures that neither trained nor calibrated the model: test pictures, whose
share of "outside what this model knows" are false alarms, and pictures of other kinds, whose share
should be 1.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.common import Settings, say
from benchmarks.foreign import Bytes, changed, foreign
from genimg import Editor, Latent
from genimg.data import Dataset, load_dataset
from genimg.editor.match import CLOSE, OUTSIDE, ROUGH, VERY_CLOSE, Match, judge
from genimg.errors import GenimgError
from genimg.evaluation.classifier import Judge
from genimg.metrics import Calibration, measure
from genimg.models import load_classifier

MODELS = ("cats-64-vae", "cats-64-gan", "fashion-32-vae", "fashion-32-gan")
BAR_SECONDS = 5.0
BAR_ALARMS = 0.01
TOLD, FOREIGN, REFINED, OWN_REFINED, EDITED = 2_000, 40, 6, 50, 8
"""Pictures: the model's own whose words are counted, those of each foreign set; how many of a set
are refined, and of the model's own; how many are edited.
"""
TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)
PULL = 3.0
"""Standard deviations by which the directions are pulled."""
RELIABLE = 0.8
MOST_DIRECTIONS = 12


def run_uploads(settings: Settings) -> dict[str, Any]:
    """Words, gains and editability for every shipped model (or those that `--learners` names)."""
    torch.set_num_threads(1)
    names = settings.learners or MODELS
    return summed_up([measure_model(name, settings) for name in names])


def summed_up(models: list[dict[str, Any]]) -> dict[str, Any]:
    """The part as it is kept."""
    return {
        "bars": {"seconds": BAR_SECONDS, "alarms": BAR_ALARMS},
        "worst_seconds": max(row["seconds_95"] for model in models for row in model["rows"]),
        "worst_alarms": max(model["rows"][0]["words"][OUTSIDE] for model in models),
        "counts": {"told": TOLD, "foreign": FOREIGN, "refined": REFINED, "edited": EDITED},
        "pull": PULL,
        "models": models,
    }


def measure_model(name: str, settings: Settings) -> dict[str, Any]:
    """All that is measured of one model."""
    path = settings.checkpoints / f"{name}.safetensors"
    if not path.is_file():
        raise GenimgError(f"this needs {path}")
    editor = Editor.load(path, device="cpu")
    data = str(editor.header.data["name"])
    size = editor.image_shape[1]
    dataset = load_dataset(data, size=size, root=settings.data_root, count=1)
    own = np.asarray(dataset.split("test").images[:TOLD])
    say(f"  {name}")
    rows = [_row("its own kind", "own", editor, own, OWN_REFINED)]
    for kind, images in changed(own[:FOREIGN]).items():
        rows.append(_row(kind, "changed", editor, images, REFINED))
    for kind, images in foreign(data, editor.image_shape, FOREIGN, settings.data_root).items():
        rows.append(_row(kind, "foreign", editor, images, REFINED))
    judge_path = settings.checkpoints / f"{name.rsplit('-', 1)[0]}-classifier.safetensors"
    sets = {"its own kind": own, "darker by a fifth": changed(own[:EDITED])["darker by a fifth"]}
    sets["photographs"] = foreign(data, editor.image_shape, EDITED, None)["photographs"]
    return {
        "model": name,
        "rows": rows,
        "editing": _editing(editor, Judge(*load_classifier(judge_path)), dataset, sets),
    }


def _picture(image: Bytes) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(image).squeeze())


def _row(kind: str, group: str, editor: Editor, images: Bytes, refined: int) -> dict[str, Any]:
    """The words on a set of pictures, and what a refinement of the first few of them gains."""
    codes = [editor.encode(_picture(image)) for image in images]
    matches = [_encoded(editor, image, z) for image, z in zip(images, codes, strict=True)]
    usual = Calibration.from_metrics(editor.header.metrics)
    assert usual is not None
    after: list[Match] = []
    seconds = []
    for image in map(_picture, images[:refined]):
        begin = time.perf_counter()
        *_, last = editor.refine(image)
        seconds.append(time.perf_counter() - begin)
        after.append(editor.match(image, editor.decode(last.latent)[0]))
    row = {
        "kind": kind,
        "group": group,
        "pictures": len(matches),
        "words": _shares(matches),
        "by_psnr": _share(match.psnr < usual.psnr[1] for match in matches),
        "by_latent": _share((editor.novelty(z) or 0.0) > 0.99 for z in codes),
        "refined": len(after),
        "before": _mean([match.psnr for match in matches[:refined]]),
        "after": _mean([match.psnr for match in after]),
        "words_after": _shares(after),
        "seconds": round(statistics.median(seconds), 3),
        "seconds_95": round(float(np.quantile(seconds, 0.95)), 3),
    }
    say(f"    {kind}: outside {row['words'][OUTSIDE]:.3f}, {row['before']} -> {row['after']} dB")
    return row


def _encoded(editor: Editor, image: Bytes, code: Latent) -> Match:
    """The match with what the encoder makes of a picture, without encoding it once more."""
    [drawn] = editor.decode(code)
    shown = np.asarray(drawn).reshape(image.shape)
    return judge(image, shown, editor.header.metrics, shown)


def _shares(matches: Sequence[Match]) -> dict[str, float]:
    return {
        words: _share(match.words == words for match in matches)
        for words in (VERY_CLOSE, CLOSE, ROUGH, OUTSIDE)
    }


def _share(answers: Iterable[bool]) -> float:
    return round(float(np.mean([bool(answer) for answer in answers])), 4)


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 2)


# -- can it be edited?


@dataclass(frozen=True)
class _Pulled:
    """How pictures follow the sliders: shares of named directions and slopes of measured ones."""

    followed: float
    others: float
    slope: float


def _editing(
    editor: Editor, judge: Judge, dataset: Dataset, sets: dict[str, Bytes]
) -> list[dict[str, Any]]:
    """Between the editable (0) and the faithful latent (1): how close, how odd, how editable."""
    spread = {
        name: float(values.std())
        for name, values in measure(dataset.split("validation").images[:1000]).items()
    }
    rows = []
    drawn = editor.sample(EDITED, seed=0)
    rows.append({"kind": "drawn by the model", **_point(editor, judge, drawn, spread)})
    for kind, images in sets.items():
        pictures = [_picture(image) for image in images[:EDITED]]
        first = [editor.start(picture) for picture in pictures]
        states = [list(editor.refine(p, z)) for p, z in zip(pictures, first, strict=True)]
        faithful = [state[-1].latent for state in states]
        editable = [editor.editable(z, p) for z, p in zip(faithful, pictures, strict=True)]
        stages: list[tuple[str, list[Latent]]] = [("encoder", first)]
        for t in TIMES:
            ends = zip(faithful, editable, strict=True)
            stages.append((f"{t:g}", [editor.soften(f, e, t) for f, e in ends]))
        if editor.layers > 1:
            states = [
                list(editor.refine(p, z, layered=True))
                for p, z in zip(pictures, first, strict=True)
            ]
            rows_of = [state[-1].latent.rows(editor.layers) for state in states]
            stages.append(
                ("1, a latent a layer", [Latent(rows, editor.model_id) for rows in rows_of])
            )
        for stage, latents in stages:
            decibels = [
                editor.match(p, editor.decode(z)[0]).psnr
                for p, z in zip(pictures, latents, strict=True)
            ]
            found = _point(editor, judge, latents, spread)
            rows.append({"kind": kind, "stage": stage, "psnr": _mean(decibels), **found})
    return rows


def _point(
    editor: Editor, judge: Judge, latents: list[Latent], spread: dict[str, float]
) -> dict[str, Any]:
    pulled = _pull(editor, judge, latents, spread)
    return {
        "odd": round(statistics.median(editor.novelty(z) or 0.0 for z in latents), 3),
        "followed": round(pulled.followed, 3),
        "others": round(pulled.others, 3),
        "slope": round(pulled.slope, 3),
    }


def _pull(editor: Editor, judge: Judge, latents: list[Latent], spread: dict[str, float]) -> _Pulled:
    """Pull reliable directions by PULL and look at what comes of it.

    A named value is followed where the classifier's verdict becomes it (of the pictures that did
    not show it); others are the share of verdicts of other factors that change meanwhile. A
    measured attribute is followed by its slope, in standard deviations over real pictures a
    standard deviation of the slider.
    """
    owner = {value: (f.name, i) for f in judge.factors for i, value in enumerate(f.values)}
    reliable = [d for d in editor.directions if d.reliability >= RELIABLE and d.name in owner]
    chosen = reliable[:: -(-len(reliable) // MOST_DIRECTIONS) or 1]
    before = _verdicts(judge, _array(editor, latents))
    followed, others = [], []
    for direction in chosen:
        factor, value = owner[direction.name]
        moved = _array(editor, [editor.move(z, {direction.name: PULL}) for z in latents])
        after = _verdicts(judge, moved)
        fresh = before[factor] != value
        followed += (after[factor][fresh] == value).tolist()
        for other in set(before) - {factor}:
            others += (after[other] != before[other]).tolist()
    slopes = []
    for direction in editor.directions:
        if direction.group == "measured" and spread.get(direction.name):
            ends = [
                measure(_array(editor, [editor.move(z, {direction.name: pull}) for z in latents]))
                for pull in (-PULL, PULL)
            ]
            change = ends[1][direction.name] - ends[0][direction.name]
            slopes += (change / (2 * PULL * spread[direction.name])).tolist()
    means = [float(np.mean(values)) if values else 0.0 for values in (followed, others, slopes)]
    return _Pulled(*means)


def _array(editor: Editor, latents: list[Latent]) -> Bytes:
    channels, height, width = editor.image_shape
    images = editor.decode_together(*latents)
    return np.stack([np.asarray(image).reshape(height, width, channels) for image in images])


def _verdicts(judge: Judge, images: Bytes) -> dict[str, np.ndarray[Any, Any]]:
    return {factor: chances.argmax(axis=1) for factor, chances in judge.chances(images).items()}
