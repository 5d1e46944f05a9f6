"""The routes by which the page does something to a picture: what comes of it, what is refused."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from PIL import Image
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.testclient import TestClient

from genimg.editor import Editor, Recipe, read_recipe
from genimg.edits import OPERATIONS
from genimg.images import data_uri
from genimg.ui.edit import requests
from genimg.ui.edit.acts import ACTS
from genimg.ui.edit.answers import ActAnswer, RefineEnd, RefineNews
from genimg.ui.edit.routes import MOST_WAITING_OF_ONE, PATH, EditRoutes
from genimg.ui.serving.uploads import NOT_UPLOADED
from genimg.ui.shell.store import Store
from genimg.ui.words import say

from ..conftest import DRAWER, FIRST, SECOND, Site, save_gan
from .live_client import PATIENCE, until


@pytest.fixture(scope="module")
def program(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url + PATH, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="module")
def editor(site: Site) -> Editor:
    return site.editor()


@pytest.fixture(scope="module")
def recipe(editor: Editor) -> Recipe:
    return Recipe(editor.sample(1, seed=3)[0], origin="seed 3")


def asked(program: httpx.Client, act: str, **details: Any) -> ActAnswer:
    answer = program.post("/act", json={"act": act, "chosen": FIRST, **details})
    assert answer.status_code == 200, answer.text
    return TypeAdapter(ActAnswer).validate_json(answer.content, strict=True)


def sent(site: Site, path: Path) -> str:
    with path.open("rb") as file:
        [found] = httpx.post(f"{site.url}/gradio_api/upload", files={"files": file}).json()
    return str(found)


# ------------------------------------------------------------------------------------------ acts


def test_every_act_can_be_asked() -> None:
    own = {"open", "example", "draw", "go", "crop", "base"}
    assert ACTS.keys() | own == requests.LIST_EDITS
    for name in OPERATIONS:
        asked = requests.ACT.validate_python({"act": name, "chosen": FIRST, "amount": 1})
        assert asked.act == name


def test_an_act_leads_to_a_scene(program: httpx.Client, editor: Editor, recipe: Recipe) -> None:
    name = editor.directions[0].name
    answer = asked(program, "pull", recipe=recipe.to_text(), amounts={name: 1.5})
    scene = answer["scene"]
    assert scene["amounts"] == {name: 1.5} and scene["opened"] is False
    assert Recipe.from_text(scene["recipe"]).amounts == {name: 1.5}
    assert scene["label"] == f"{name} +1.5" and answer["warnings"] == []
    assert "parts" not in answer and "offer" not in answer
    gone = asked(program, "go", recipe=recipe.to_text(), node="a-1")["scene"]
    assert gone["node"] == "a-1" and gone["amounts"] == {}
    locked = asked(program, "lock", recipe=recipe.to_text(), names=[name], on=True)["scene"]
    assert locked["locks"] == [name]


def test_another_model_comes_with_its_parts(program: httpx.Client, site: Site) -> None:
    drawn = Recipe(site.editor(DRAWER).sample(1, seed=3)[0])
    answer = asked(program, "go", recipe=drawn.to_text(), node="b")
    assert answer["scene"]["model"]["name"] == DRAWER
    parts = answer["parts"]
    assert parts["model"] == DRAWER and not parts["takes_pictures"]
    assert "seed 0" in parts["examples"] and "only draws" in parts["hint"]


def test_a_drawn_picture_and_an_example_are_opened(program: httpx.Client) -> None:
    for answer in (asked(program, "draw"), asked(program, "example", pick="seed 1")):
        assert answer["scene"]["opened"] is True
    assert "Load the page again" in asked(program, "example", pick="example 99")["failed"]


def test_an_upload_is_opened_cropped_and_made_better(
    program: httpx.Client, site: Site, photo: Path
) -> None:
    path = sent(site, photo)
    offered = asked(program, "open", path=path, refine=True)
    scene = (
        offered.get("scene") or asked(program, "open", path=path, model=FIRST, refine=True)["scene"]
    )
    assert scene["opened"] and scene["refine"]
    assert scene["upload"]["crop"]["path"] == path
    crop = {"path": path, "focus": [0.0, 0.5], "zoom": 1.5}
    cropped = asked(program, "crop", recipe=scene["recipe"], **crop)["scene"]
    assert cropped["upload"]["crop"]["focus"] == (0.0, 0.5) and cropped["refine"]
    original = cropped["upload"]["original"]
    news = refined(program, cropped["recipe"], original)
    better, editable = news[-1]["better"], news[-1]["editable"]
    starts = {"better": better, "editable": editable, "original": original}
    based = asked(program, "base", recipe=cropped["recipe"], **starts)["scene"]
    ends = {key: based["upload"][key] for key in ("faithful", "editable")}
    softer = {**ends, "t": 0.5, "original": original}
    soft = asked(program, "soften", recipe=based["recipe"], **softer)["scene"]
    assert soft["upload"] == {"t": 0.5} and soft["label"] == "50 % faithful"


def test_a_foreign_picture_is_offered(program: httpx.Client, site: Site, tmp_path: Path) -> None:
    Image.effect_noise((60, 60), 200).convert("RGB").save(tmp_path / "noise.png")
    answer = asked(program, "open", path=sent(site, tmp_path / "noise.png"))
    assert ("offer" in answer) != ("scene" in answer)


@pytest.mark.parametrize(
    ("act", "details"),
    [
        ("pull", {"recipe": None, "amounts": {}}),
        ("pull", {"recipe": "../../etc/passwd", "amounts": {}}),
        ("exchange", {"factor": "no such", "value": "thing"}),
        ("cross", {"other": "no recipe"}),
        ("soften", {"t": 7, "faithful": "", "editable": ""}),
        ("example", {"pick": "\N{CAT FACE}"}),
    ],
)
def test_what_fails_is_said(
    program: httpx.Client, recipe: Recipe, act: str, details: dict[str, Any]
) -> None:
    answer = asked(program, act, **{"recipe": recipe.to_text(), **details})
    assert answer["failed"] and "scene" not in answer


@pytest.mark.parametrize("node", [7, "\ud800", None, 1.5, [[]], {"a": 1}, "x" * 200])
def test_what_the_page_knows_a_step_by_is_a_short_word(
    program: httpx.Client, recipe: Recipe, node: Any
) -> None:
    body = {"act": "go", "chosen": FIRST, "recipe": recipe.to_text(), "node": node}
    answer = program.post("/act", content=json.dumps(body))
    assert answer.status_code == 400 and answer.json()["error"].startswith("Go holds ")


@pytest.mark.parametrize(
    "change",
    [
        {"act": "delete everything"},
        {"act": None},
        {"act": ["pull"]},
        {"chosen": 3},
        {"recipe": {"latent": "AAAA"}},
        {"amounts": [1, 2]},
        {"amounts": {"glasses": "2"}},
        {"amounts": {"glasses": True}},
        {"amounts": {"glasses": 10**400}},
        {"amounts": None},
        {"more": "than is known"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_what_no_page_says_is_refused(program: httpx.Client, change: dict[str, Any]) -> None:
    body = {"act": "pull", "chosen": FIRST, "recipe": "", "amounts": {}} | change
    answer = program.post("/act", json=body)
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "body",
    [b"", b"act", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"act": "pull", "amounts": {"a": NaN}}'],
)
def test_what_is_no_question_is_refused(program: httpx.Client, body: bytes) -> None:
    for path in ("/act", "/frame", "/refine", "/save"):
        answer = program.post(path, content=body)
        assert answer.status_code == 400 and answer.json()["error"]


def test_a_page_of_another_origin_is_refused(program: httpx.Client) -> None:
    for path in ("/act", "/frame", "/refine", "/save"):
        foreign = {"Origin": "http://elsewhere.example"}
        assert program.post(path, json={}, headers=foreign).status_code == 403


SECRETS = ("/etc/passwd", "/proc/self/environ", "http://127.0.0.1:9/secret.png", "a\0b", "",
           "\N{CAT FACE}" * 5000, "file:///etc/passwd")  # fmt: skip


def test_no_act_reads_what_was_not_uploaded(
    program: httpx.Client, site: Site, recipe: Recipe, tmp_path: Path
) -> None:
    secret, link = tmp_path / "secret.png", site.temporary / "link-inside.png"
    Image.new("RGB", (20, 20), "red").save(secret)
    link.symlink_to(secret)
    dotted = f"{site.temporary}/x/../../{secret.relative_to(site.temporary.parents[0])}"
    before = site.temporary_files()
    try:
        for path in (*SECRETS, str(secret), str(link), dotted, str(site.folder / f"{FIRST}.png")):
            crop = {"recipe": recipe.to_text(), "focus": [0.5, 0.5], "zoom": 1.0}
            opened = asked(program, "open", path=path, model=FIRST)
            cropped = asked(program, "crop", path=path, **crop)
            for answer in (opened, cropped):
                assert answer["failed"] == say(NOT_UPLOADED) or (not path and answer["failed"])
                assert answer.keys() == {"failed", "warnings"}
        assert site.temporary_files() == before
    finally:
        link.unlink()


# ------------------------------------------------------------------------- frames and refinings


def test_a_frame_is_the_picture_where_the_sliders_stand(
    program: httpx.Client, editor: Editor, recipe: Recipe
) -> None:
    name = editor.directions[0].name
    answer = program.post("/frame", json={"recipe": recipe.to_text(), "totals": {name: 1.5}})
    assert answer.headers["content-type"] == "image/png"
    wanted = editor.decode(editor.edited(recipe.pulled({name: 1.5})))[0]
    got = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert got.tobytes() == wanted.convert("RGB").tobytes()
    wrong = program.post("/frame", json={"recipe": recipe.to_text(), "totals": {"no such": 1.0}})
    assert wrong.status_code == 400 and "no such" in wrong.json()["error"]


def refined(program: httpx.Client, recipe: str, original: str) -> list[Any]:
    body = {"recipe": recipe, "original": original}
    with program.stream("POST", "/refine", json=body) as answer:
        assert answer.status_code == 200 and answer.headers["x-accel-buffering"] == "no"
        *news, end = [json.loads(line) for line in answer.iter_lines()]
    assert TypeAdapter(RefineEnd).validate_python(end, strict=True) == {"done": True}
    for each in news:
        TypeAdapter(RefineNews).validate_python(each, strict=True)
    return news


def test_refining_tells_how_far_it_is(program: httpx.Client, editor: Editor) -> None:
    wanted, start = editor.sample(2, seed=4)
    news = refined(program, Recipe(start).to_text(), data_uri(editor.decode(wanted)[0]))
    steps = [told["step"] for told in news]
    assert len(steps) > 2 and steps == sorted(steps)
    assert Recipe.from_text(news[-1]["editable"]).latent.model_id == editor.model_id


def test_each_step_is_taken_by_a_thread_that_steps_back(
    checkpoints_dir: Path, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(*_: Any) -> Iterator[dict[str, str]]:
        for _ in range(3):
            yield {"words": threading.current_thread().name}

    monkeypatch.setattr("genimg.ui.edit.routes.refining", steps)
    save_gan(checkpoints_dir / "gan.safetensors")
    drawn = Editor.load(checkpoints_dir / "gan.safetensors").sample(1, seed=1)[0]
    body = {
        "recipe": Recipe(drawn).to_text(),
        "original": data_uri(editor.decode(*editor.sample(1))[0]),
    }
    with TestClient(Starlette(routes=EditRoutes(Store(checkpoints_dir)).routes)) as client:
        *news, end = map(json.loads, client.post(f"{PATH}/refine", json=body).text.splitlines())
    assert {each["words"] for each in news} == {"refine-route_0"} and end == {"done": True}


def test_what_cannot_be_refined_is_said_at_once(program: httpx.Client, recipe: Recipe) -> None:
    for original in ("", "data:image/png;base64,AAAA", "http://127.0.0.1/a.png"):
        body = {"recipe": recipe.to_text(), "original": original}
        answer = program.post("/refine", json=body)
        assert answer.status_code == 400 and answer.json()["error"]


def test_a_refining_that_is_given_up_ends_and_the_next_one_has_its_turn(
    program: httpx.Client, editor: Editor
) -> None:
    wanted, start = editor.sample(2, seed=4)
    body = {"recipe": Recipe(start).to_text(), "original": data_uri(editor.decode(wanted)[0])}
    for _ in range(3):
        with program.stream("POST", "/refine", json=body) as answer:
            next(answer.iter_lines())  # and the page is gone
    assert refined(program, **body)


# ---------------------------------------------------------------------------------------- saving


def test_a_picture_is_saved_under_its_name(
    program: httpx.Client, recipe: Recipe, tmp_path: Path
) -> None:
    step = {"recipe": recipe.to_text(), "label": "seed 3", "parents": []}
    moved = recipe.pulled({})
    body = {"what": "picture", "recipe": moved.to_text(), "label": "Moved!", "steps": [step],
            "parents": [0], "kind": "webp", "scale": 4, "smooth": False, "bare": False}  # fmt: skip
    answer = program.post("/save", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/webp"
    named = answer.headers["content-disposition"]
    assert unquote(named.partition("filename*=UTF-8''")[2]) == f"{FIRST}-moved.webp"
    read = read_recipe(answer.content)
    assert [each.label for each in read.lineage] == ["seed 3"]
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)


def test_all_steps_are_saved_in_an_archive(program: httpx.Client, recipe: Recipe) -> None:
    rows = [{"id": "a", "recipe": recipe.to_text(), "label": "half \ud83d", "parents": [],
             "star": True, "time": 5}]  # fmt: skip
    body = json.dumps({"what": "all", "steps": rows})
    answer = program.post("/save", content=body)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert files.namelist() == ["001-half.png", "history.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"what": "everything"},
        {"kind": "exe"},
        {"kind": []},
        {"scale": 3},
        {"scale": True},
        {"scale": 10**30},
        {"recipe": "../../etc/passwd"},
        {"recipe": None},
        {"steps": "all"},
        {"steps": [{}]},
        {"parents": [0.5]},
    ],
    ids=str,
)
def test_what_cannot_be_saved_is_said(
    program: httpx.Client, recipe: Recipe, change: dict[str, Any]
) -> None:
    body = {"what": "picture", "recipe": recipe.to_text(), **change}
    answer = program.post("/save", json=body)
    assert answer.status_code == 400 and answer.json()["error"]


# ---------------------------------------------------------------------------------------- limits


def test_one_address_has_so_many_places_and_gives_them_back(
    checkpoints_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_gan(checkpoints_dir / "gan.safetensors")
    routes = EditRoutes(Store(checkpoints_dir))
    with TestClient(Starlette(routes=routes.routes)) as client:
        for _ in range(MOST_WAITING_OF_ONE):
            routes._places.take("")
        body = {"act": "draw", "chosen": "gan"}
        refused = client.post(f"{PATH}/act", json=body)
        assert refused.status_code == 503 and refused.headers["retry-after"]
        routes._places.give("", MOST_WAITING_OF_ONE)
        assert "scene" in client.post(f"{PATH}/act", json=body).json()
        wrong = {"recipe": "no recipe", "original": ""}
        assert client.post(f"{PATH}/refine", json=wrong).status_code == 400
    until(lambda: routes.waiting == 0)


def test_an_untrained_model_takes_a_picture_that_one_insists_on(
    program: httpx.Client, site: Site, photo: Path
) -> None:
    answer = asked(program, "open", path=sent(site, photo), model=SECOND)
    assert answer["scene"]["model"]["name"] == SECOND or "offer" in answer
