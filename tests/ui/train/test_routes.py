"""The routes of the Train tab: real runs from a zip to the menu, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import nullcontext
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import TypeAdapter

from genimg.models import MODELS
from genimg.runs import (
    FAILED,
    FINISHED,
    FINISHING,
    INTERRUPTED,
    STOPPED,
    TRAINING,
    WAITING,
    RunFiles,
    processes,
)
from genimg.ui.serving.http import MAX_CHARACTERS
from genimg.ui.train import previews
from genimg.ui.train.answers import LookAnswer, Overview, Run
from genimg.ui.train.requests import RunRequest, preparing_options, statements, training_options
from genimg.ui.train.views import PATH

from .training_site import Place, archive, picture, rest, until


def test_what_there_is(place: Place) -> None:
    state = TypeAdapter(Overview).validate_json(json.dumps(place.get()), strict=True)
    assert state["allowed"] and state["here"] and state["runs"] == []
    assert {"cats", "mnist"} <= {row["name"] for row in state["data"]}
    assert [row["name"] for row in state["families"]] == ["vae", "gan", "classifier"]
    [model] = state["models"]
    assert (model["name"], model["shape"], model["family"]) == ("tiny-cats", (16, 16), "vae")
    assert state["disk_free"] > 0


def run_of(**asked: Any) -> RunRequest:
    return RunRequest.model_validate({"data": "cats", **asked})


def test_nothing_is_offered_that_is_refused(place: Place) -> None:
    state = place.get()
    for family in state["families"]:
        made = MODELS[family["name"]]
        assert family["draws"] == made.draws
        for size in state["sizes"]:  # raises where the networks cannot have it
            made.preset_config(made.presets[0], (3, size, size), None, (2,))
            training_options(run_of(family=family["name"]), {})
    for size, crop in product(state["sizes"], state["crops"]):
        assert preparing_options(run_of(size=size, crop=crop["name"])) != []
    for minutes in state["minutes"].values():
        assert training_options(run_of(minutes=minutes), {}) == [f"--minutes={minutes:g}"]
    assert training_options(run_of(init_from=state["nothing"]), {}) == ["--from-nothing"]
    assert statements(run_of(title="x" * state["letters"])) != []


def test_from_a_zip_to_a_model_in_the_menu(place: Place) -> None:
    number = place.send("shapes.zip", archive(40))["set"]
    # Long enough for all that is asked meanwhile, also where everything is slow.
    wanted = {"data": f"upload:{number}", "size": 16, "minutes": 0.25, "title": "My shapes!"}
    first, second = place.post("/runs", **wanted)["name"], place.post("/runs", **wanted)["name"]
    assert (first, second) == ("my-shapes", "my-shapes-2")
    assert place.run(second)["phase"] == WAITING
    # The first one trains, the second one waits for it, and has its turn when the first one stops.
    begun = place.await_run(first, lambda run: run["phase"] == TRAINING or run["trouble"])
    assert begun["trouble"] == "" and begun["plan"]
    waits = place.run(second)
    assert (waits["phase"], waits["progress"]) == (WAITING, 0.0)
    assert waits["words"] == "waiting for its turn: another run goes first"
    assert not waits["starting"]
    place.post(f"/runs/{first}/stop")
    stopped = place.await_run(first, lambda run: run["phase"] == STOPPED)
    assert 0 < stopped["progress"] < 1 and stopped["images"] > 0
    place.await_run(second, lambda run: run["phase"] != WAITING or run["starting"])
    # The second one is killed: it says nothing more, and the place is free at once.
    status = RunFiles(place.runs / second).status()
    assert status is not None
    os.kill(status.pid, signal.SIGKILL)
    place.await_run(second, lambda run: run["phase"] == INTERRUPTED)
    # What the first one has learned so far is in the menu, while it goes on to its end.
    place.post(f"/runs/{first}/resume")
    assert place.post(f"/runs/{first}/open") == {"model": first}
    assert [row["name"] for row in place.get()["models"]] == [first, "tiny-cats"]
    half = (place.checkpoints / f"{first}.safetensors").read_bytes()
    done = place.await_run(first, lambda run: run["phase"] == FINISHED or run["trouble"])
    assert (done["trouble"], done["model"], done["progress"]) == ("", first, 1.0)
    assert done["images"] > stopped["images"]
    assert (place.checkpoints / f"{first}.safetensors").read_bytes() != half
    assert done["curves"]["held_out_psnr"][-1] > 5
    assert "train vae --data=folder:" in done["command"] and "--queue" not in done["command"]
    sheet = place.client.get(done["frames"][-1]["url"])
    assert "immutable" in sheet.headers["cache-control"]
    assert Image.open(BytesIO(sheet.content)).height > 16 * len(done["rows"]) > 16
    # Its pictures stay as long as a run of them is there; its model longer.
    assert place.client.delete(f"{PATH}/pictures/{number}").status_code == 400
    for name in (first, second):
        place.post(f"/runs/{name}/delete")
    assert place.get()["runs"] == []
    assert first in [row["name"] for row in place.get()["models"]]
    assert place.client.delete(f"{PATH}/pictures/{number}").status_code == 200


def test_a_look_at_a_messy_set(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "spawn", processes.spawn)  # as anywhere but in tests
    zipped = archive(24, **{"notes.txt": b"milk, eggs", "torn.png": picture(99)[:60],
                            "again.png": picture(3)})  # fmt: skip
    number = place.send("party.zip", zipped)["set"]
    place.send("holiday/extra.png", picture(77), number)
    look = place.post("/look", data=f"upload:{number}", size=16, minutes=1)["id"]
    done = until(lambda: place.get(f"/look/{look}"), lambda told: told["done"])
    TypeAdapter(LookAnswer).validate_json(json.dumps(done), strict=True)
    assert done["error"] is None
    assert done["report"]["used"] == 25
    assert done["report"]["reasons"]["same as another"] == 1
    assert done["report"]["reasons"]["damaged"] == 1
    assert "damaged" in done["report"]["settled"]
    assert done["plan"]["pictures"] > 0 and done["plan"]["choices"]
    assert {"used", "left_out"} <= set(done["sheets"])
    for url in done["sheets"].values():
        assert place.client.get(url).headers["content-type"] == "image/png"
    folder = place.training.looks.folder / look
    place.post(f"/look/{look}/cancel")
    place.post(f"/look/{look}/cancel")  # a page that comes late with that does no harm
    assert place.client.get(f"{PATH}/look/{look}").status_code == 404
    assert not folder.exists()


def test_a_look_at_nothing_says_so(place: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    look = place.post("/look", data=f"folder:{tmp_path / 'empty'}")["id"]
    done = until(lambda: place.get(f"/look/{look}"), lambda told: told["done"])
    assert "picture" in done["error"] and "Traceback" not in done["error"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": "nothing"}, "no data set"),
        ({"data": None}, "data is missing"),
        ({"data": "upload:../../etc"}, "no longer here"),
        ({"data": "upload:0123456789abcdef"}, "no longer here"),
        ({"data": "folder:"}, "path of the folder"),
        ({"data": "folder:pictures"}, "whole path"),
        ({"data": "folder:/no/such/folder"}, "no folder or zip file"),
        ({"data": "folder:~nobody-of-that-name/x"}, "cannot be the path"),
        ({"data": "folder:/" + 300 * "x"}, "cannot be the path"),
        ({"data": "folder:/a\0b"}, "cannot be the path"),
        ({"size": 7}, "from 8 to 512"),
        ({"size": "64"}, "not a number"),
        ({"size": 16.5}, "whole number"),
        ({"minutes": -1}, "minutes must be"),
        ({"minutes": 1e9}, "minutes must be"),
        ({"minutes": True}, "not a number"),
        ({"crop": "--out=/"}, "crop cannot be"),
        ({"family": "transformer"}, "choose one of: vae"),
        ({"init_from": "/etc/passwd"}, "init_from cannot be"),
        ({"keep": "damaged"}, "not a list"),
        ({"keep": [3]}, "no name"),
        ({"leave_out": ["x" * 501]}, "no name"),
        ({"leave_out": ["a\0b"]}, "no name"),
        ({"title": "x" * 201}, "longer than"),
        ({"credit": 5}, "not a text"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    place: Place, change: dict[str, object], said: str
) -> None:
    wanted = {"data": "cats", "size": 16, "minutes": 1, "title": "x"} | change
    status, error = place.refusal("/runs", **wanted)
    assert status in (400, 404) and said.lower() in error.lower()
    assert not place.runs.exists()


def test_what_is_typed_never_becomes_an_option(place: Place) -> None:
    place.training.runs.mkdir()
    words = {"title": "--out=/tmp/x", "credit": "--name=cats-64-vae\n--queue", "licence": "-h"}
    number = place.send("a.png", picture(1))["set"]
    name = place.post("/runs", data=f"upload:{number}", keep=["--help", "blank"], **words)["name"]
    assert name == "out-tmp-x"
    arguments = json.loads((place.runs / name / "command.json").read_text())["arguments"]
    assert {"--title=--out=/tmp/x", "--credit=--name=cats-64-vae --queue", "--licence=-h",
            "--keep=--help", "--keep=blank"} < set(arguments)  # fmt: skip
    place.post(f"/runs/{name}/stop")


LONG = 100 * "%F0%9F%90%88"
"""Not many letters, but more bytes than a name may have."""


@pytest.mark.parametrize(
    "name", ["%2e%2e", "..%2fmine", "mine%2f..", "mine%00", ".hidden", "-mine", "nul", LONG]
)
def test_a_name_that_is_a_path_leads_nowhere(place: Place, name: str) -> None:
    rest(place)
    rest(place, ".hidden")
    for path in (f"/runs/{name}", f"/runs/{name}/frames/000000001.png"):
        assert place.client.get(PATH + path).status_code in (404, 405)
    assert place.client.post(f"{PATH}/runs/{name}/delete").status_code in (404, 405)
    assert (place.runs / "mine").is_dir()


@pytest.mark.parametrize("frame", ["run.json", "..%2frun.json", "1.png", "00000000a.png"])
def test_only_sheets_are_given_out(place: Place, frame: str) -> None:
    files = rest(place)
    files.samples.mkdir()
    (files.samples / "1.png").write_bytes(picture(1))
    assert place.client.get(f"{PATH}/runs/mine/frames/{frame}").status_code == 404


def test_a_link_out_of_the_folder_is_no_run_and_no_sheet(place: Place, tmp_path: Path) -> None:
    files = rest(place)
    files.samples.mkdir()
    (tmp_path / "secret").write_text("x")
    (files.samples / "000000001.png").symlink_to(tmp_path / "secret")
    (place.runs / "link").symlink_to(files.path)
    assert place.client.get(f"{PATH}/runs/mine/frames/000000001.png").status_code == 404
    assert place.client.get(f"{PATH}/runs/link").status_code == 404


def test_a_run_at_rest_is_told_as_its_files_say(place: Place) -> None:
    files = rest(place, sheet={"columns": 4, "rows": ["held out", "made"]})
    with files.progress.open("w") as file:
        for images in (100, 200):
            file.write(json.dumps({"images": images, "seconds": images, "loss": float("nan"),
                                   "held_out_psnr": images / 10}) + "\n")  # fmt: skip
        file.write('{"images": 300, "sec')
    told = TypeAdapter(Run).validate_json(json.dumps(place.run("mine")), strict=True)
    assert (told["phase"], told["words"], told["columns"]) == (STOPPED, "at rest", 4)
    assert told["rows"] == ["held out", "made"]
    assert told["curves"] == {"images": [100, 200], "minutes": [1.667, 3.333],
                              "held_out_psnr": [10.0, 20.0]}  # fmt: skip
    assert told["seconds_left"] is None
    [row] = TypeAdapter(Overview).validate_json(json.dumps(place.get()), strict=True)["runs"]
    assert (row["title"], row["images"], row["frames"]) == ("mine", 1000, 0)
    assert (row["working"], row["acts"]) == (False, ["resume", "delete"])


@pytest.mark.parametrize(
    ("said", "held", "phase", "acts"),
    [
        (TRAINING, True, TRAINING, ["stop"]),
        (FINISHING, True, FINISHING, []),
        (TRAINING, False, INTERRUPTED, ["resume", "delete"]),
        (FAILED, False, FAILED, ["resume", "delete"]),
        (FINISHED, False, FINISHED, ["extend", "delete"]),
    ],
)
def test_a_run_says_what_can_be_done_with_it(
    place: Place, said: str, held: bool, phase: str, acts: list[str]
) -> None:
    files = rest(place, "mine", said)
    with files.locked() if held else nullcontext():
        told = place.run("mine")
    assert (told["phase"], told["working"], told["acts"]) == (phase, held, acts)


def test_damaged_and_old_runs_are_told_too(place: Place) -> None:
    damaged = rest(place, "damaged")
    for path in (damaged.status_file, damaged.description, damaged.command, damaged.progress):
        path.write_bytes(b"\xff{")
    (place.runs / "old").mkdir()
    (place.runs / "old" / "model.safetensors").write_bytes(b"x")
    phases = {run["name"]: run["phase"] for run in place.get()["runs"]}
    assert phases == {"damaged": "damaged", "old": FINISHED}
    assert place.run("damaged")["phase"] == "damaged"
    place.post("/runs/damaged/delete")
    status, error = place.refusal("/runs/old/resume")
    assert status == 400 and "finished" in error


def test_a_run_brings_its_graphs_along(place: Place) -> None:
    """Whatever it trains; one of an earlier version, whose files do not say, has the usual two."""
    graph = {"title": "Sharpness", "hint": "more is better", "lines": [["held_out_edges", "now"]]}
    rest(place, "new", kind={"title": "Sharpener", "closed": "It draws none.", "graphs": [graph]})
    rest(place, "old")
    new, old = place.run("new"), place.run("old")
    assert (new["kind"], new["draws"], new["graphs"]) == ("Sharpener", False, [graph])
    assert (old["kind"], old["draws"]) == ("vae", True)
    assert [graph["title"] for graph in old["graphs"]] == ["Likeness of its copies", "Error"]


def test_acts_that_cannot_be_are_refused(place: Place) -> None:
    rest(place, "made", FINISHED)
    kind = {"title": "Classifier", "closed": "It tells pictures apart."}
    judge = rest(place, "judge", FINISHED, family="classifier", kind=kind)
    assert place.refusal("/runs/made/dance")[0] == 404
    assert place.refusal("/runs/nobody/stop")[0] == 404
    assert place.refusal("/runs/made/extend") == (400, "Minutes are missing.")
    assert place.refusal("/runs/made/extend", minutes="20")[0] == 400
    assert "tells pictures apart" in place.refusal("/runs/judge/open")[1]
    with judge.locked():
        assert place.refusal("/runs/judge/delete")[0] == 400
    answer = place.client.post(f"{PATH}/runs", content=b"[1, 2")
    assert (answer.status_code, "JSON" in answer.json()["error"]) == (400, True)
    answer = place.client.post(f"{PATH}/runs", content=b" " * (MAX_CHARACTERS + 1))
    assert answer.status_code == 413


def test_sent_pictures_lie_under_the_names_of_their_folders(place: Place) -> None:
    first = place.send("cats/1.jpg", b"one")
    number = first["set"]
    assert first["name"] == "1.jpg"
    assert place.send("cats/1.jpg", b"two", number)["name"] == "1-2.jpg"
    assert place.send("cats/.DS_Store", b"x", number)["name"] is None
    place.send("../../dogs/2.jpg", b"three", number)
    query = {"set": number, "name": "cats/1.jpg/3.jpg"}  # below a file
    assert place.client.post(f"{PATH}/pictures", params=query, content=b"x").status_code == 400
    folder = place.training.uploads.pictures(number)
    kept = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert kept == {"cats/1.jpg": b"one", "cats/1-2.jpg": b"two", "dogs/2.jpg": b"three"}


def test_pictures_that_nobody_trains_on_are_deleted_after_a_day(place: Place) -> None:
    uploads = place.training.uploads
    forgotten, used = (place.send("a.jpg", b"x")["set"] for _ in range(2))
    run = rest(place)
    uploads.mark_used(used, run.path)
    yesterday = time.time() - 25 * 3600
    for number in (forgotten, used):
        os.utime(uploads.folder / number, (yesterday, yesterday))
    fresh = place.send("a.jpg", b"x")["set"]  # a new set, before which it is swept
    assert {path.name for path in uploads.folder.iterdir()} == {used, fresh}
    place.post("/runs/mine/delete")
    os.utime(uploads.folder / used, (yesterday, yesterday))
    uploads.sweep()
    assert {path.name for path in uploads.folder.iterdir()} == {fresh}
