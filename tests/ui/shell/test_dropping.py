"""A model file from somebody else joins the folder, or is refused and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import torch
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from genimg.checkpoint import read_header
from genimg.editor.installation import safe_stem
from genimg.models import build_model, save_model
from genimg.ui.server import build_app
from genimg.ui.serving.limits import MAX_EVENT
from genimg.ui.shell import dropping
from genimg.ui.shell.dropping import PATH, Dropping
from genimg.ui.shell.store import Store

from ..edit.live_client import Serving, until


def anybody(request: Request) -> bool:
    return True


def nobody(request: Request) -> bool:
    return False


def model(path: Path, seed: int = 1, family: str = "vae", **extra: object) -> bytes:
    labels = (2,) if family == "classifier" else ()
    made = build_model(family, (3, 16, 16), latent_dim=8, seed=seed, label_sizes=labels)
    save_model(path, made, family, name="made", extra=extra)
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    model(folder / "mine.safetensors", seed=7)
    return folder


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder)


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[Dropping(store, anybody).route])) as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_model_is_added_and_in_the_menu(client: TestClient, store: Store, tmp_path: Path) -> None:
    data = model(tmp_path / "x.safetensors", data={"title": "Robots"})
    answer = client.post(PATH, params={"name": "robots.safetensors"}, content=data)
    assert answer.status_code == 200
    said = answer.json()
    assert said == {"name": "robots", "title": "Robots · robots", "known": False, "draws": True}
    assert (store.folder / "robots.safetensors").read_bytes() == data
    assert "robots" in store.names
    assert names(store.folder) == ["mine.safetensors", "robots.safetensors"]


def test_another_model_of_that_name_keeps_it(
    client: TestClient, store: Store, tmp_path: Path
) -> None:
    mine = (store.folder / "mine.safetensors").read_bytes()
    for seed, name in ((2, "mine-2"), (3, "mine-3")):
        data = model(tmp_path / "x.safetensors", seed=seed)
        answer = client.post(PATH, params={"name": "mine.safetensors"}, content=data)
        assert answer.json()["name"] == name
    assert (store.folder / "mine.safetensors").read_bytes() == mine


def test_the_very_same_model_is_there_already(client: TestClient, store: Store) -> None:
    data = (store.folder / "mine.safetensors").read_bytes()
    answer = client.post(PATH, params={"name": "copy.safetensors"}, content=data)
    assert answer.json() == {"name": "mine", "title": "made · mine", "known": True, "draws": True}
    assert names(store.folder) == ["mine.safetensors"]


def test_a_classifier_is_added_but_in_no_menu(
    client: TestClient, store: Store, tmp_path: Path
) -> None:
    factors = {"factors": [{"name": "hat", "values": ["no hat", "red hat"]}]}
    data = model(tmp_path / "x.safetensors", family="classifier", data=factors)
    answer = client.post(PATH, params={"name": "judge.safetensors"}, content=data)
    assert answer.json()["draws"] is False
    assert (store.folder / "judge.safetensors").is_file() and "judge" not in store.names


def spoiled(folder: Path, what: str) -> bytes:
    path = folder / "mine.safetensors"
    data = path.read_bytes()
    header = read_header(path)
    tensors = load_file(path)
    fields = {**vars(header), "directions": []}
    if what == "cut":
        return data[: len(data) // 2]
    if what == "weight":
        return data[:-1] + bytes([data[-1] ^ 1])
    if what == "huge":
        config = {**header.config, "widths": [10**9], "blocks": 10**9}
        return serialize(tensors, {"genimg": json.dumps({**fields, "config": config})})
    if what == "rider":
        return serialize({**tensors, "rider": torch.ones(1)}, {"genimg": json.dumps(fields)})
    return b"" if what == "empty" else b"\x80\x04\x95 a pickle" * 100


@pytest.mark.parametrize("what", ["cut", "weight", "huge", "rider", "empty", "pickle"])
def test_what_is_no_usable_model_is_refused_by_its_name_and_leaves_nothing(
    client: TestClient, store: Store, what: str
) -> None:
    before = names(store.folder)
    content = spoiled(store.folder, what)
    answer = client.post(PATH, params={"name": "theirs.safetensors"}, content=content)
    assert answer.status_code == 400
    assert "theirs" in answer.json()["error"] and "dropped" not in answer.json()["error"]
    assert str(store.folder) not in answer.json()["error"]
    assert names(store.folder) == before


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("cats.safetensors", "cats"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows.safetensors", "windows"),
        (".hidden.safetensors", "hidden"),
        ("...", "model"),
        ("con.safetensors", "model-con"),
        ("a\x00b\nc<img>.safetensors", "a-b-c-img"),
        ("Ünïcödé кошки 猫.safetensors", "Ünïcödé кошки 猫"),
        ("x" * 250, "x" * 80),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_a_name_is_made_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


@pytest.mark.parametrize("name", ["", "x" * 256, None])
def test_a_file_needs_a_name(client: TestClient, name: str | None) -> None:
    parameters = {} if name is None else {"name": name}
    assert client.post(PATH, params=parameters, content=b"x").status_code == 400


def test_a_page_of_another_origin_can_neither_ask_nor_add(client: TestClient) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    assert client.get(PATH, headers=headers).status_code == 403
    answer = client.post(PATH, params={"name": "x"}, content=b"x", headers=headers)
    assert answer.status_code == 403


def test_where_it_is_not_allowed_nothing_is_taken(store: Store, tmp_path: Path) -> None:
    data = model(tmp_path / "x.safetensors")
    with TestClient(Starlette(routes=[Dropping(store, nobody).route])) as client:
        assert client.get(PATH).json() == {"allowed": False}
        answer = client.post(PATH, params={"name": "x.safetensors"}, content=data)
    assert answer.status_code == 403 and "machine" in answer.json()["error"]
    assert names(store.folder) == ["mine.safetensors"]


def test_a_file_without_end_is_cut_off(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "MAX_FILE", 100_000)
    parts = 0

    def body() -> Iterator[bytes]:
        nonlocal parts
        while parts < 1000:
            parts += 1
            yield b" " * 10_000

    assert client.post(PATH, params={"name": "x"}, content=body()).status_code == 413
    assert client.post(PATH, params={"name": "x"}, content=b" " * 200_000).status_code == 413
    assert names(store.folder) == ["mine.safetensors"]


def test_a_full_disk_is_said(
    client: TestClient, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(store.folder).free
    monkeypatch.setattr(dropping, "SPARE", 2 * free)
    answer = client.post(PATH, params={"name": "x"}, content=model(tmp_path / "x.safetensors"))
    assert answer.status_code == 507 and "full" in answer.json()["error"]
    assert names(store.folder) == ["mine.safetensors"]


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    dropped = Dropping(Store(tmp_path / "file" / "checkpoints"), anybody)
    with TestClient(Starlette(routes=[dropped.route])) as client:
        answer = client.post(PATH, params={"name": "x"}, content=b"x")
    assert answer.status_code == 507 and "cannot be written" in answer.json()["error"]


def test_in_the_program_large_files_come_through_one_at_a_time(store: Store) -> None:
    """Events are bounded much more closely than models are."""
    program = Serving(build_app(store.folder))
    address = f"http://{program.address}{PATH}"
    began = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"x"
        until(lambda: any(name.startswith(".dropped") for name in names(store.folder)))
        began.set()
        until(lambda: waited.is_set())
        yield b"x"

    waited = threading.Event()
    codes: list[int] = []
    thread = threading.Thread(
        target=lambda: codes.append(
            httpx.post(address, params={"name": "slow"}, content=slowly(), timeout=60).status_code
        )
    )
    thread.start()
    assert began.wait(60)
    busy = httpx.post(address, params={"name": "other"}, content=b"x")
    waited.set()
    thread.join(60)
    assert busy.status_code == 503 and busy.headers["Retry-After"]
    assert codes == [400]
    large = httpx.post(address, params={"name": "big"}, content=b" " * (MAX_EVENT + 1), timeout=60)
    assert large.status_code == 400 and "big" in large.json()["error"]
    assert httpx.get(address).json() == {"allowed": True}
    foreign = {"Host": f"elsewhere.example:{program.port}"}  # a name that was bent to this machine
    assert httpx.get(address, headers=foreign).status_code == 403
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert httpx.get(address, headers=proxied).json() == {"allowed": False}
    assert httpx.post(address, content=b"x", headers=proxied).status_code == 403
    refused = httpx.post(address, params={"name": "x"}, content=b"x", headers=foreign)
    assert refused.status_code == 403
    assert names(store.folder) == ["mine.safetensors"]
    program.stop()


def test_a_page_that_was_closed_leaves_nothing(store: Store) -> None:
    program = Serving(build_app(store.folder))
    address = f"http://{program.address}{PATH}"

    def broken() -> Iterator[bytes]:
        yield b"x" * 1000
        until(lambda: any(name.startswith(".dropped") for name in names(store.folder)))
        raise OSError("the page was closed")

    with pytest.raises(OSError, match="closed"):
        httpx.post(address, params={"name": "x"}, content=broken())
    until(lambda: names(store.folder) == ["mine.safetensors"])
    program.stop()


def test_a_file_that_stops_coming_does_not_keep_others_waiting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "PART_SECONDS", 0.4)
    program = Serving(build_app(store.folder, no_training=True))  # models may be added all the same
    head = f"POST {PATH}?name=x HTTP/1.1\r\nHost: {program.address}\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection(("127.0.0.1", program.port), timeout=30) as stalled:
        stalled.sendall(head.encode() + b"x")
        said = stalled.recv(10_000).decode()
        while "}" not in said:
            said += stalled.recv(10_000).decode()
    assert said.startswith("HTTP/1.1 400") and "Nothing more of the file has come" in said
    assert names(store.folder) == ["mine.safetensors"]
    address = f"http://{program.address}{PATH}"
    assert httpx.post(address, params={"name": "x"}, content=b"x").status_code == 400
    program.stop()


def test_half_files_of_a_program_that_was_killed_are_deleted(folder: Path) -> None:
    old, young = (folder / f".dropped-{name}.safetensors" for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"x")
    long_ago = time.time() - dropping.KEPT_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    Dropping(Store(folder), anybody)
    assert names(folder) == [young.name, "mine.safetensors"]
