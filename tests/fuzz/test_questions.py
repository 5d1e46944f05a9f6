"""What somebody sends to the routes is read, or refused in a few words, and is never a fault."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from genimg.editor import Recipe
from genimg.errors import GenimgError
from genimg.images import data_uri
from genimg.ui.declarations import QUESTIONS
from genimg.ui.edit import answering, saving
from genimg.ui.edit.requests import ACT, SAVE, SavePicture
from genimg.ui.serving.http import Refused, read
from genimg.ui.shell.store import Store

from . import mutations

TRIES = 300
GOOD: dict[str, dict[str, Any]] = {
    "SceneMessage": {"scene": 3, "recipe": "{}", "names": ["glasses", "hat"], "raw": True},
    "ActRequest": {"act": "lock", "chosen": "a", "recipe": "{}", "names": ["hat"], "on": True},
    "FrameRequest": {"recipe": "{}", "totals": {"hat": 1.5}},
    "RefineRequest": {"recipe": "{}", "original": "data:image/png;base64,AAAA"},
    "SaveRequest": {
        "what": "all",
        "steps": [{"id": "a", "recipe": "{}", "label": "x", "parents": ["b"], "star": True,
                   "time": 5}],
    },
    "StripsRequest": {"recipe": "{}", "names": ["a", "b"], "low": [-4, 0.5], "high": [4, 1]},
    "LookRequest": {"data": "upload:0123456789abcdef", "size": 64, "person": "x"},
    "RunRequest": {
        "data": "folder:/a", "size": 64, "crop": "auto", "keep": ["blank"], "leave_out": ["*.gif"],
        "family": "gan", "minutes": 2.5, "init_from": "cats", "title": "Cats", "credit": "me",
        "licence": "CC0",
    },
    "DeleteRequest": {"model": True},
    "ExtendRequest": {"minutes": 20},
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_read_or_refused(name: str) -> None:
    rng = random.Random(f"20261 {name}")
    refused = 0
    for _ in range(TRIES):
        text = mutations.any_text(GOOD[name], rng)
        try:
            read(QUESTIONS[name], text)
        except Refused as reason:
            refused += 1
            assert 0 < len(str(reason)) <= 200
    assert refused > TRIES / 5, "they are not bad"


def test_an_act_is_done_or_refused(checkpoints_dir: Path) -> None:
    store = Store(checkpoints_dir)
    [model] = store.names
    editor = store.get(model)
    a, b = (Recipe(latent).to_text() for latent in editor.sample(2, seed=1))
    original = data_uri(editor.decode(*editor.sample(1))[0])
    names = [direction.name for direction in editor.directions]
    factor, values = next(iter(editor.factors.items()))
    good: list[dict[str, Any]] = [
        {"act": "pull", "amounts": {names[0]: 1.5}},
        {"act": "exchange", "factor": factor, "value": values[0]},
        {"act": "take", "kind": "move", "name": names[0]},
        {"act": "lock", "names": names[:2], "on": True},
        {"act": "cross", "other": b, "label": "b"},
        {"act": "soften", "t": 0.5, "faithful": a, "editable": b, "original": original},
        {"act": "base", "better": b, "editable": a, "original": original},
        {"act": "go", "node": "x"},
        {"act": "example", "pick": "seed 3"},
        {"act": "crop", "path": "/etc/passwd", "focus": [0.5, 0.5], "zoom": 1.5},
        {"act": "open", "path": "/etc/passwd", "refine": True},
    ]
    rng, done = random.Random(20261), 0
    for number in range(TRIES // 2):
        asked = {"chosen": model, "recipe": a, **good[number % len(good)]}
        try:
            act = read(ACT, mutations.any_text(asked, rng))
            answering.outcome(store, model, act.model_dump())
            done += 1
        except (Refused, GenimgError) as reason:
            assert str(reason)
    assert done > TRIES / 40
    rows = [{"recipe": b, "label": "b", "parents": []}]
    picture = {"what": "picture", "recipe": a, "label": "a", "steps": rows, "parents": [0],
               "kind": "png", "scale": 2, "smooth": True, "bare": False}  # fmt: skip
    for number in range(TRIES // 2):
        asked = {"what": "all", "steps": [{"id": "a", **rows[0]}]} if number % 2 else picture
        try:
            wanted = read(SAVE, mutations.any_text(asked, rng))
            make = saving.picture if isinstance(wanted, SavePicture) else saving.archive
            make(store, wanted.model_dump())
        except (Refused, GenimgError) as reason:
            assert str(reason)
