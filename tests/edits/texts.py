"""Recipes that hold everything, what version 3 wrote of them, and what their fields cannot be."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import torch

from genimg.edits import Moves, Recipe, Step
from genimg.edits.operations import Details
from genimg.latents import Latent, SpatialLatent

AWKWARD = [0.1, -0.0, 1e-45, 3.4e38, -1.17549435e-38, 1 / 3, 2.0**-149, 16777217.0]
MODEL = "0123456789abcdef"


def recipe() -> Recipe:
    """Everything that a recipe can hold, without a lineage."""
    rng = torch.Generator().manual_seed(0)
    z = torch.cat([torch.tensor(AWKWARD), torch.randn(56, generator=rng)])
    return Recipe(
        Latent(z, MODEL),
        origin="sample, seed 7",
        model_name="cats-64-vae",
        changes={"accessory": "red hat", "fur": "très pâle"},
        moves=(
            Moves({"pink": 1 / 3, "bleu très pâle": -2.5, 'a "quoted" \n name': 1e-300}),
            Moves({"pink": -1.0}, ("grey", "glasses")),
        ),
        locks=("glasses",),
    )


def lineage() -> Recipe:
    """A picture that came from two starts, one of them with a row for each layer."""
    start = recipe()
    other = replace(start, latent=Latent(torch.randn(5, 64), MODEL), moves=(), locks=())
    steps = (
        Step(start, "start"),
        Step(start.pulled({"warmth": 2.0}), "warmth +2.0", (0,)),
        Step(other, "another start"),
        Step(replace(other, changes={}), "mix", (1, 2)),
    )
    return replace(start, lineage=steps, label="undone", parents=(3, 0))


def grid(seed: int = 0) -> SpatialLatent:
    """Details of a picture of 64 x 64 pixels."""
    rng = torch.Generator().manual_seed(seed)
    return SpatialLatent(torch.randn(4, 8, 8, generator=rng), MODEL, (64, 64))


def with_details() -> Recipe:
    """`lineage()` of a photograph: some of its latents have details, and one shows half of them."""
    now = lineage()
    latent = Latent(now.latent.z, MODEL, details=grid())
    first = replace(now.lineage[0].recipe, latent=latent)
    second = replace(first, operations=[*first.operations, Details(0.5)])
    steps = (Step(first, "start"), Step(second, "details", (0,)), *now.lineage[2:])
    return replace(now, latent=latent, lineage=steps)


def encoded(*numbers: float) -> str:
    return base64.b64encode(torch.tensor(numbers).numpy().tobytes()).decode()


ROWS = [
    None, 3, [], "", "????", "AAA", "ünïcode=", base64.b64encode(b"12345").decode(),
    encoded(1.0, float("nan")), encoded(float("inf")), encoded(1.0)[:-3] + "B==",
    encoded(1.0) + "\n", encoded(1.0)[:-2],
]  # fmt: skip
AMOUNTS = [
    None, [], "pink", {"": 1.0}, {"x" * 201: 1.0}, {"pink": "1"}, {"pink": None}, {"pink": True},
    {"pink": [1.0]}, {"pink": 100.5}, {"pink": -1e308}, {"pink": float("nan")},
    {"pink": float("inf")}, {"pink": 10**400}, {"pink": {}}, {"\ud800": 1.0},
]  # fmt: skip
NAMES = [None, "pink", {}, [1], [None], [[]], [""], ["x" * 201], [f"n{i}" for i in range(1001)]]
CHANGES = [
    [], "hat", None, {"hat": 1}, {"hat": None}, {"": "red"}, {"hat": "x" * 201}, {"x" * 201: "a"},
]  # fmt: skip
PLACES = [None, 0, {}, ["0"], [0.0], [True], [-1], [99], [0] * 101, [[0]], [None]]
WORDS = [None, 12, ["a"], {}, "x" * 201, "\ud800"]


def as_version_3(values: dict[str, Any]) -> dict[str, Any]:
    """What version 3 wrote of the same recipe."""

    def state(of: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in of.items() if key != "operations"}
        moves = [part for part in of["operations"] if part["operation"] == "move"]
        changed = [part["changes"] for part in of["operations"] if "changes" in part]
        plain = [{key: part[key] for key in ("amounts", "keep")} for part in moves]
        return {**rest, "changes": dict(*changed), "moves": plain}

    steps = [state(step) for step in values["lineage"]]
    return {**state(values), "lineage": steps, "format_version": 3}
