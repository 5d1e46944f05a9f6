"""What is read or drawn before a run begins, and what is told of that meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from genimg.data.drawn import drawing
from genimg.data.progress import Progress
from genimg.runs import PREPARING, STOPPED, RunFiles, Status
from genimg.training import TrainOptions, dry_run, reading, train
from genimg.training.loop.state import RunFolder

COUNT, HELD_OUT = 40, 7


def cats(**changes: Any) -> TrainOptions:
    settings: dict[str, Any] = {
        "data": "cats", "size": 16, "count": COUNT, "images": 64, "preset": "plain",
        "batch_size": 16, "precision": "fp32", "layout": "contiguous", "threads": 1,
        "device": "cpu",
    }  # fmt: skip
    return TrainOptions(**{**settings, **changes})


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("family", ["vae", "gan", "classifier"])
def test_a_plan_draws_as_many_pictures_as_a_step_takes(
    family: str, small_sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[object] = []
    compose = drawing._compose

    def draw(layers: Any, values: Any, size: int) -> Image.Image:
        drawn.append(values)
        return compose(layers, values, size)

    monkeypatch.setattr(drawing, "_compose", draw)
    told: list[tuple[int, int, str]] = []
    said: list[str] = []
    options = cats(family=family, preset=None)
    plan, sheet = dry_run(options, said.append, lambda *how_far: told.append(how_far))
    assert len(drawn) == 16
    assert not list(small_sets.rglob("*.npy"))
    assert told[-2:] == [(16, 16, "drawing a few cats"), (0, 0, "")]
    assert plan.pictures == COUNT and sheet.width > 0
    mapping = plan.to_mapping()
    assert mapping["pictures"] == COUNT and mapping["drawing"] == round(plan.drawing, 1)
    assert mapping["hints"][0].startswith(f"{COUNT + HELD_OUT} pictures are drawn first, in under")
    assert f"{COUNT} pictures to train on" in said[0]


def test_a_run_tells_how_far_drawing_is_and_goes_on_from_where_it_was_stopped(
    tmp_path: Path, small_sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FORETOLD_SECONDS", 0.0)
    files, options = RunFiles(tmp_path / "run"), cats(out=tmp_path / "run")
    seen: list[Status | None] = []

    def interrupted(progress: Progress) -> Progress:
        def tell(done: int, of: int, words: str) -> None:
            progress(done, of, words)
            if done == 25:
                seen.append(files.status())
                raise KeyboardInterrupt

        return tell

    with monkeypatch.context() as patch:
        patch.setattr(reading, "seldom", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(options, quiet)
    [status] = seen
    assert status is not None and status.phase == PREPARING
    assert status.words == "drawing cats: 25 of 47"
    assert status.prepared == pytest.approx(25 / 47)
    assert status.seconds_left >= 0  # in tenths; it is below that where nobody knows
    stopped = files.status()
    assert stopped is not None and stopped.phase == STOPPED
    assert (stopped.prepared, stopped.progress) == (0.0, 0.0), "a stopped run is not half trained"

    drawn: list[object] = []
    compose = drawing._compose

    def draw(layers: Any, values: Any, size: int) -> Image.Image:
        drawn.append(values)
        return compose(layers, values, size)

    monkeypatch.setattr(drawing, "_compose", draw)
    assert train(options, quiet).is_file()
    assert len(drawn) == COUNT + HELD_OUT - 20


def test_what_a_run_has_learned_stays_told_while_its_pictures_are_read(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.tell(STOPPED, progress=0.5, images=1000, seconds=30.0)
    with reading.telling_in(folder) as tell:
        tell(3, 3, "reading")
    status = folder.status()
    assert status is not None and status.phase == PREPARING and status.words == "reading: 3 of 3"
    assert (status.progress, status.images, status.seconds) == (0.5, 1000, 30.0)
    assert status.prepared == 1.0
