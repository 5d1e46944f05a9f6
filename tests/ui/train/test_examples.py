"""Are the sheets of earlier trainings there, and are they what is said of them?"""

from __future__ import annotations

import io

from PIL import Image

from genimg.models import MODELS
from genimg.ui.shell import static
from genimg.ui.train.examples import FOLDER, examples

MOST_BYTES = 60_000


def test_each_example_is_a_small_sheet_of_a_network_that_can_be_trained() -> None:
    told = examples()
    networks = {f"{family} {preset}" for family, kind in MODELS.items() for preset in kind.presets}
    assert [row["images"] for row in told] == sorted(row["images"] for row in told)
    assert {"vae photo", "vae residual"} <= {row["network"] for row in told} <= networks
    assert {path.stem for path in FOLDER.glob("*.webp")} == {row["name"] for row in told}
    for row in told:
        name = f"train/{FOLDER.name}/{row['name']}.webp"
        assert row["url"] == static.address(name)
        data = (static.ROOT / name).read_bytes()
        assert len(data) < MOST_BYTES
        assert Image.open(io.BytesIO(data)).format == "WEBP"
        assert row["speed"] > 0 and row["pictures"] > 0
