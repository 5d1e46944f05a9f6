"""Behind nginx: with the advice of docs/serving.md, without it, and with the one that was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from genimg.ui.serving.doors import Doors
from genimg.ui.serving.settings import Access
from genimg.ui.shell.store import Store
from genimg.ui.train.routes import NOT_ALLOWED, NOT_HERE, TrainingRoutes
from genimg.ui.train.service import Training
from genimg.ui.train.views import PATH
from genimg.ui.words import say

from ..edit.live_client import Serving
from .wire import ask

NAME = "pictures.example.org"

# What nginx 1.22 was seen to send for `curl -H "Host: 127.0.0.1" http://.../genimg/training`, with
# the lines that a visitor chooses: each is the whole head of a request.
ADVISED = f"""GET {PATH} HTTP/1.1
Host: {NAME}
X-Forwarded-For: 203.0.113.9
X-Forwarded-Proto: https
Connection: close
User-Agent: curl/7.88.1
Accept: */*
Forwarded: for=127.0.0.1

"""
PLAIN = f"""GET {PATH} HTTP/1.0
Host: 127.0.0.1:7860
Connection: close
User-Agent: curl/7.88.1
Accept: */*

"""
WRONG = PLAIN.replace("127.0.0.1:7860", "127.0.0.1")  # proxy_set_header Host $host;
WITH_SOCKETS = WRONG.replace("HTTP/1.0", "HTTP/1.1")  # and proxy_http_version 1.1;
KEPT_ALIVE = WITH_SOCKETS.replace("Connection: close\n", "")  # and Connection "";
BROWSER = KEPT_ALIVE.replace("User-Agent: curl/7.88.1", f"Referer: https://{NAME}/")
ITSELF = KEPT_ALIVE.replace("User-Agent: curl/7.88.1", "Referer: http://127.0.0.1/")


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Training]:
    folder = tmp_path_factory.mktemp("training")
    (folder / "checkpoints").mkdir()
    made = Training(Store(folder / "checkpoints"), folder / "runs", 1)
    yield made
    made.close()


def serving(training: Training, access: Access, allow: bool = False) -> Serving:
    """The routes of the Train tab of an app that listens on 127.0.0.1."""
    routes = TrainingRoutes(training, "127.0.0.1", allow, behind_proxy=access.is_behind_proxy)
    return Serving(Starlette(routes=routes.routes, middleware=[Middleware(Doors, access=access)]))


@pytest.fixture(scope="module")
def own(training: Training) -> Iterator[str]:
    """An app on somebody's own machine, whose owner has said nothing about a proxy."""
    made = serving(training, Access())
    yield f"http://{made.address}"
    made.stop()


@pytest.fixture(scope="module")
def declared(training: Training) -> Iterator[str]:
    """python app.py --allow-host pictures.example.org"""
    made = serving(training, Access(hosts=(NAME,)))
    yield f"http://{made.address}"
    made.stop()


@pytest.fixture(scope="module")
def allowed(training: Training) -> Iterator[str]:
    """python app.py --allow-host pictures.example.org --allow-training"""
    made = serving(training, Access(hosts=(NAME,)), allow=True)
    yield f"http://{made.address}"
    made.stop()


def said(url: str, head: str) -> tuple[int, str]:
    answer = ask(url, head.replace("\n", "\r\n"))
    return answer.status, answer.body.decode()


@pytest.mark.parametrize(
    "head",
    [PLAIN, WRONG, WITH_SOCKETS, BROWSER],
    ids=["plain", "wrong", "with sockets", "browser"],
)
def test_who_comes_through_a_proxy_that_says_nothing_does_not_sit_here(own: str, head: str) -> None:
    status, body = said(own, head)
    assert status == 200
    assert say(NOT_HERE) in body and '"allowed":false' in body


def test_a_browser_at_the_machine_itself_does(own: str) -> None:
    status, body = said(own, ITSELF)
    assert status == 200 and '"allowed":true' in body and '"here":true' in body


def test_a_name_that_nobody_allowed_is_told_how(own: str) -> None:
    status, body = said(own, ADVISED)
    assert status == 403 and "--allow-host" in body


@pytest.mark.parametrize(
    "head",
    [ADVISED, PLAIN, WRONG, WITH_SOCKETS, KEPT_ALIVE, BROWSER, ITSELF],
    ids=["advised", "plain", "wrong", "with sockets", "kept alive", "browser", "itself"],
)
def test_behind_a_proxy_that_is_declared_nobody_sits_here(
    declared: str, allowed: str, head: str
) -> None:
    status, body = said(declared, head)
    assert status == 200
    assert say(NOT_ALLOWED) in body
    status, body = said(allowed, head)
    assert status == 200
    assert '"allowed":true' in body and '"here":false' in body


def test_visitors_of_a_proxy_train_on_no_folder_of_the_machine(
    allowed: str, tmp_path: Path
) -> None:
    wanted = f'{{"data": "folder:{tmp_path}", "person": "x"}}'
    head = ADVISED.replace("GET", "POST").replace(f"{PATH} ", f"{PATH}/look ")
    head = head.replace("Accept: */*", f"Content-Length: {len(wanted)}")
    status, body = said(allowed, head + wanted)
    assert status == 400 and "only at the machine" in body
