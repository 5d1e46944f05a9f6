"""Who may train here, and how much at once: what the routes of the Train tab refuse."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from genimg.models import build_model, save_model
from genimg.runs import FINISHED, STOPPED, WAITING
from genimg.ui.train import previews as training_looks
from genimg.ui.train import service as training_work
from genimg.ui.train import uploads as training_uploads
from genimg.ui.train.previews import Busy, UnknownLook
from genimg.ui.train.routes import NOT_ALLOWED, NOT_HERE, OFF, PROXIED
from genimg.ui.train.views import PATH
from genimg.ui.words import say

from .training_site import Place, rest, until


@pytest.fixture
def public(own_cache: Path, tmp_path: Path, tiny_checkpoint: Path) -> Iterator[Place]:
    """An app that other machines reach, too."""
    made = Place(tmp_path, tiny_checkpoint, "0.0.0.0")
    yield made
    made.training.close()


def test_a_foreign_page_is_refused(place: Place) -> None:
    rest(place)
    foreign = {"Origin": "http://evil.example"}
    for path in ("/runs", "/look", "/pictures", "/runs/mine/delete", "/runs/mine/stop"):
        answer = place.client.post(PATH + path, json={"data": "cats"}, headers=foreign)
        assert (answer.status_code, "own" in answer.json()["error"]) == (403, True)
    assert (place.runs / "mine").is_dir()


def test_a_page_that_calls_this_machine_by_a_foreign_name_is_refused(place: Place) -> None:
    rest(place)
    rebound = {"Host": "evil.example:7860", "Origin": "http://evil.example:7860"}
    assert place.client.get(PATH, headers=rebound).json()["runs"] == []
    answer = place.client.post(f"{PATH}/runs/mine/delete", headers=rebound)
    assert answer.status_code == 403


def test_a_public_app_trains_only_where_that_is_allowed(public: Place) -> None:
    rest(public)
    state = public.get()
    assert (state["allowed"], state["why"], state["runs"]) == (False, say(NOT_ALLOWED), [])
    for path in ("/runs/mine", "/runs/mine/frames/000000001.png", "/look/0123456789abcdef"):
        assert public.client.get(PATH + path).status_code == 403
    for path in ("/runs", "/look", "/pictures?name=a.png", "/runs/mine/open"):
        assert public.refusal(path, data="cats") == (403, say(NOT_ALLOWED))


def test_folders_of_an_allowed_public_app_stay_its_own(
    own_cache: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    place = Place(tmp_path / "app", tiny_checkpoint, "0.0.0.0", allow=True)
    rest(place)
    state = place.get()
    assert (state["allowed"], state["here"], len(state["runs"])) == (True, False, 1)
    for path in ("/look", "/runs"):
        status, error = place.refusal(path, data=f"folder:{tmp_path}")
        assert status == 400 and "only at the machine" in error
    place.training.close()


@pytest.mark.parametrize("header", PROXIED)
def test_who_comes_through_a_proxy_is_not_here(place: Place, header: str) -> None:
    rest(place)
    proxied = {header: "192.0.2.7"}
    state = place.client.get(PATH, headers=proxied).json()
    assert (state["allowed"], state["why"], state["runs"]) == (False, say(NOT_HERE), [])
    answer = place.client.post(f"{PATH}/runs/mine/delete", headers=proxied)
    assert (answer.status_code, answer.json()["error"]) == (403, say(NOT_HERE))


def test_to_let_others_train_changes_nothing_where_no_others_come(
    own_cache: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    place = Place(tmp_path, tiny_checkpoint, "127.0.0.1", allow=True)
    assert place.get()["allowed"]
    for headers in ({"Host": "evil.example:7860"}, {"Host": "["}, {"X-Forwarded-For": "192.0.2.7"}):
        assert place.client.get(PATH, headers=headers).json()["why"] == say(NOT_HERE)
    place.training.close()


def test_training_that_is_switched_off_is_off_for_all(
    own_cache: Path, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    place = Place(tmp_path, tiny_checkpoint, off=True)
    rest(place)
    state = place.get()
    assert (state["allowed"], state["why"], state["runs"]) == (False, say(OFF), [])
    assert place.refusal("/runs", data="cats") == (403, say(OFF))
    place.training.close()


def test_no_more_runs_wait_than_may(place: Place) -> None:
    for number in range(training_work.MOST_WORKING):
        rest(place, f"waits-{number}", WAITING)
    rest(place, "stopped")
    rest(place, "finished", FINISHED)
    for path, values in (
        ("/runs", {"data": "cats", "size": 16, "minutes": 1}),
        ("/runs/stopped/resume", {}),
        ("/runs/finished/extend", {"minutes": 1}),
    ):
        status, error = place.refusal(path, **values)
        assert status == 400 and "20 runs train or wait here already" in error
    assert len(place.get()["runs"]) == training_work.MOST_WORKING + 2


def test_a_look_that_is_given_up_is_ended_at_once(place: Place) -> None:
    looks = place.training.looks
    first = place.post("/look", data="cats", size=16)["id"]
    process = until(lambda: looks.get(first).process, bool)
    second = place.post("/look", data="cats", size=16)["id"]  # of the same person
    assert process.wait(5) == -signal.SIGKILL
    assert place.client.get(f"{PATH}/look/{first}").status_code == 404
    commands = looks.get(second).commands
    looks.start("somebody else", commands)
    with pytest.raises(Busy, match="Others are looking"):
        looks.start("a third", commands)
    looks.close()


def test_those_who_share_an_address_look_beside_each_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_looks, "MOST_OF_HOST", 2)
    wanted = {"data": "cats", "size": 16}
    first, second, third = (place.post("/look", person=key, **wanted)["id"] for key in "abc")
    looks = place.training.looks
    with pytest.raises(UnknownLook):  # the oldest, since they are more than may be
        looks.get(first)
    people = [looks.get(number).person for number in (second, third)]
    assert people == ["testclient/b", "testclient/c"]
    again = place.post("/look", person="b", **wanted)["id"]
    with pytest.raises(UnknownLook):
        looks.get(second)
    assert [looks.get(number).person for number in (third, again)] == people[::-1]
    assert place.refusal("/look", person=5, **wanted) == (400, "Person is not a text.")
    looks.close()


def test_what_is_too_much_is_refused_and_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_uploads, "LARGEST_FILE", 100)
    monkeypatch.setattr(training_uploads, "LARGEST_SET", 150)
    number = place.send("a.jpg", b"x" * 100)["set"]

    def refused(data: bytes, status: int) -> None:
        query = {"set": number, "name": "b.jpg"}
        answer = place.client.post(f"{PATH}/pictures", params=query, content=data)
        assert answer.status_code == status and answer.json()["error"]

    refused(b"x" * 101, 413)
    refused(b"x" * 51, 413)
    place.send("c.jpg", b"x" * 50, number)
    monkeypatch.setattr(training_uploads, "LEAST_FREE", 10**18)
    refused(b"", 507)
    folder = place.training.uploads.pictures(number)
    assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "c.jpg"]
    answer = place.client.post(f"{PATH}/pictures", params={"set": "../x", "name": "b"})
    assert answer.status_code == 404
    answer = place.client.post(f"{PATH}/pictures", params={"set": number, "name": ".."})
    assert answer.status_code in (400, 507)


def test_a_set_whose_first_file_is_refused_is_not_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str, status: int) -> None:
        answer = place.client.post(f"{PATH}/pictures", params={"name": name}, content=b"x" * 101)
        assert answer.status_code == status
        assert list(place.training.uploads.folder.glob("*")) == []

    monkeypatch.setattr(training_uploads, "LARGEST_FILE", 100)
    refused("cats/b.jpg", 413)
    refused("..", 400)
    monkeypatch.setattr(training_uploads, "LEAST_FREE", 10**18)
    refused("b.jpg", 507)


def test_files_that_come_at_once_are_all_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = place.training.uploads
    number = place.send("a.jpg", b"x")["set"]
    size = uploads._size

    def slowly(number: str) -> tuple[int, int]:
        found = size(number)
        time.sleep(0.001)  # others may come in between
        return found

    monkeypatch.setattr(uploads, "_size", slowly)
    threads = [
        threading.Thread(target=lambda: [uploads._add(number, 1, 10) for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert size(number) == (41, 401)


def test_a_finished_classifier_does_not_have_the_folder_read_again_and_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest(place, "judge", FINISHED, family="classifier")
    store = place.training._store
    read, refresh = [], store.refresh
    monkeypatch.setattr(store, "refresh", lambda: (read.append(1), refresh()))
    file = place.checkpoints / "judge.safetensors"
    for seed, times in ((1, 1), (1, 1), (2, 2)):
        if len(read) < times:
            made = build_model("classifier", (3, 16, 16), label_sizes=(seed + 1,), seed=seed)
            save_model(file, made, "classifier", name="judge")
        assert place.run("judge")["model"] is None
        assert len(read) == times


def test_what_a_run_by_hand_makes_takes_no_finished_model_s_place(place: Place) -> None:
    """Its name is "tiny-cats", as that of a model that was there before."""
    files = rest(place, "byhand", STOPPED, options={"name": "tiny-cats"})
    files.command.unlink()

    def put(name: str, **trained: object) -> None:
        made = build_model("vae", (3, 16, 16), latent_dim=8, seed=3)
        extra = {"trained": trained}
        save_model(place.checkpoints / f"{name}.safetensors", made, "vae", name=name, extra=extra)

    assert place.run("byhand")["model"] is None
    put("tiny-cats-now", minutes=3)  # finished, so somebody else's
    assert place.run("byhand")["model"] is None
    put("tiny-cats-now-2", unfinished=0.4)
    assert place.run("byhand")["model"] == "tiny-cats-now-2"
    # Once it is finished, its model is the one with its weights, whatever that is called.
    files.model.write_bytes((place.checkpoints / "tiny-cats.safetensors").read_bytes())
    files.tell(FINISHED, "finished")
    assert place.run("byhand")["model"] == "tiny-cats"
    assert place.post("/runs/byhand/open") == {"model": "tiny-cats"}


def test_a_run_that_is_deleted_takes_its_own_model_along_if_asked_and_no_other(
    place: Place,
) -> None:
    def put(path: Path, seed: int) -> bytes:
        made = build_model("vae", (3, 16, 16), latent_dim=8, seed=seed)
        save_model(path, made, "vae", name=path.stem)
        return path.read_bytes()

    mine, theirs = rest(place, "mine", FINISHED), rest(place, "theirs", FINISHED)
    models = {name: place.checkpoints / f"{name}.safetensors" for name in ("mine", "theirs")}
    mine.model.write_bytes(put(models["mine"], 1))
    put(theirs.model, 2)
    put(models["theirs"], 3)  # another one of that name
    critic = place.checkpoints / "critics" / "mine.safetensors"
    critic.parent.mkdir()
    critic.write_bytes(b"what it learned against")
    assert [place.run(name)["removable"] for name in ("mine", "theirs")] == [True, False]
    status, words = place.refusal("/runs/theirs/delete", model=True)
    assert status == 400 and "not this run's alone" in words
    assert theirs.path.is_dir()
    for name in ("mine", "theirs"):
        place.post(f"/runs/{name}/delete", model=name == "mine")
    assert place.get()["runs"] == []
    assert not models["mine"].exists() and not critic.exists()
    assert models["theirs"].exists()
    assert [row["name"] for row in place.get()["models"]] == ["theirs", "tiny-cats"]
