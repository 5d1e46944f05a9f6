"""An app with names and passwords, below a path behind a proxy: nothing of it is there before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from genimg.models import build_model, save_model
from genimg.ui.server import build_app
from genimg.ui.serving import login
from genimg.ui.serving.doors import Doors
from genimg.ui.serving.settings import Access
from genimg.ui.shell import static

from ..conftest import CANVAS, expose_modules
from ..edit.live_client import Serving
from ..train.training_site import picture
from .wire import UPGRADE, Proxy, ask

NAME, WORD = "änn", "open: sesame"
PREFIX = "/apps/genimg"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "checkpoints").mkdir()
    row = {"group": "raw", "factor": "", "std": 1.0, "reliability": 0.5}
    import torch

    save_model(
        folder / "checkpoints" / "plain.safetensors",
        build_model("vae", image_shape=(3, 16, 16), latent_dim=8, seed=3),
        "vae",
        name="plain",
        extra={"directions": tuple({**row, "name": f"raw {i}"} for i in range(8))},
        tensors={"directions.vectors": torch.eye(8)},
    )
    access = Access(root_path=PREFIX, accounts={NAME: WORD, "ben": "x"})
    built = build_app(
        folder / "checkpoints", runs=folder / "runs", allow_training=True, access=access
    )
    serving = Serving(built)
    yield serving
    serving.stop(at_once=True)
    built.state.training.close()


@pytest.fixture(scope="module")
def url(app: Serving) -> str:
    return f"http://{app.address}"


def paths() -> list[tuple[str, str]]:
    return [
        ("GET", "/"), ("GET", "/config"), ("GET", "/assets/index.js"), ("GET", "/theme.css"),
        ("GET", "/manifest.json"), ("GET", "/gradio_api/info"), ("GET", "/gradio_api/app_id"),
        ("GET", "/gradio_api/startup-events"), ("GET", "/gradio_api/heartbeat/x"),
        ("GET", "/gradio_api/queue/data?session_hash=x"), ("GET", "/gradio_api/file=/tmp/x"),
        ("GET", "/gradio_api/upload_progress?upload_id=x"), ("GET", "/gradio_api/openapi.json"),
        ("POST", "/gradio_api/upload"), ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/run/list_models"), ("POST", "/gradio_api/api/list_models"),
        ("POST", "/gradio_api/call/list_models"), ("POST", "/gradio_api/queue/join"),
        ("GET", "/genimg/training"), ("POST", "/genimg/training/runs"), ("GET", "/genimg/models"),
        ("POST", "/genimg/models?name=x"), ("POST", "/genimg/strips"),
        ("GET", f"/{static.address('main.js')}"), ("GET", "/nothing"),
        ("GET", "//config"), ("GET", "/login/../config"), ("HEAD", "/config"),
    ]  # fmt: skip


def test_nothing_is_there_for_those_who_have_not_logged_in(url: str) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        for method, path in paths():
            for prefix in ("", PREFIX):
                answer = client.request(method, prefix + path)
                assert answer.status_code == 401, (method, path)
                assert "raw 0" not in answer.text and "plain" not in answer.text
        client.cookies.set("genimg-0", "guess")
        assert client.get("/config").status_code == 401
    ask_live = f"GET {PREFIX}/genimg/live HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}"
    assert ask(url, f"{ask_live}\r\n").status == 403
    assert ask(url, f"{ask_live}Cookie: genimg-0=guess\r\n\r\n").status == 403


def test_the_form_stands_in_the_place_of_any_page_and_lets_in(url: str) -> None:
    page = {"Accept": "text/html,*/*"}
    with httpx.Client(base_url=url, timeout=60) as client:
        told = client.get("/genimg/training", headers=page)
        assert told.status_code == 401 and f'action="{PREFIX}/login"' in told.text
        assert told.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        wrong = client.post("/login", data={"username": NAME, "password": "no"}, headers=page)
        assert wrong.status_code == 401 and "is wrong" in wrong.text
        right = client.post("/login", data={"username": NAME, "password": WORD}, headers=page)
        assert (right.status_code, right.headers["Location"]) == (303, f"{PREFIX}/")
        cookie = right.headers["Set-Cookie"].lower()
        assert f"path={PREFIX};" in cookie and "httponly" in cookie and "samesite=lax" in cookie
        own = {"Cookie": right.headers["Set-Cookie"].partition(";")[0]}
        for method, path in (("GET", "/config"), ("GET", "/"), ("GET", "/genimg/training")):
            assert client.request(method, path, headers=own).status_code == 200
        live = f"GET /genimg/live HTTP/1.1\r\nHost: localhost\r\nCookie: {own['Cookie']}\r\n"
        assert ask(url, f"{live}{UPGRADE}\r\n").status == 101
        gone = client.get("/logout", headers=own)
        assert gone.status_code == 303
        assert client.get("/config", headers=own).status_code == 401


def test_programs_log_in_as_with_any_app_of_gradio(url: str) -> None:
    with pytest.raises(Exception, match="credentials"):
        Client(url, verbose=False)
    with pytest.raises(Exception, match="Invalid credentials"):
        Client(url, auth=(NAME, "no"), verbose=False)
    client = Client(url, auth=(NAME, WORD), verbose=False)
    assert client.predict(api_name="/list_models")[0]["name"] == "plain"
    client.close()
    multipart = httpx.post(
        f"{url}/login", files={"username": (None, "ben"), "password": (None, "x")}
    )
    assert multipart.json() == {"success": True}


def test_name_and_password_may_come_with_each_question(url: str) -> None:
    assert httpx.get(f"{url}/config", auth=(NAME.encode(), WORD)).status_code == 200
    for headers in ("Basic", "Basic ???", "Basic aGVsbG8=", "Basic /////w==", "Bearer x"):
        answer = httpx.get(f"{url}/config", headers={"Authorization": headers})
        assert answer.status_code == 401


def test_a_page_of_somebody_else_cannot_log_anybody_in(url: str) -> None:
    foreign = {"Origin": "http://evil.example"}
    form = {"username": "ben", "password": "x"}
    assert httpx.post(f"{url}/login", data=form, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"username": "ben"}'),
        ("application/x-www-form-urlencoded", b"username=ben"),
        ("application/x-www-form-urlencoded", b"username=ben&password=" + b"x" * 20_000),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("", b"\xff"),
    ],
)
def test_what_is_no_form_lets_nobody_in(url: str, kind: str, body: bytes) -> None:
    answer = httpx.post(f"{url}/login", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "name and a password" in answer.json()["error"]


async def _hello(request: Request) -> Response:
    return PlainTextResponse("hello")


def small(peer: str = "192.0.2.7", **access: Any) -> TestClient:
    """A small app with the same doors."""
    doors = Middleware(Doors, access=Access(accounts={"ben": "x"}, **access))
    app = Starlette(routes=[Route("/genimg/hello", _hello)], middleware=[doors])
    return TestClient(app, "http://127.0.0.1", client=(peer, 4000))


def test_who_guesses_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = small(), [1000.0]
    monkeypatch.setattr(login.time, "monotonic", lambda: now[0])
    for _ in range(login.MOST_FAILURES):
        answer = client.post("/login", data={"username": "ben", "password": "y"})
        assert answer.status_code == 401
    right = {"username": "ben", "password": "x"}
    assert client.post("/login", data=right).status_code == 429
    assert client.get("/genimg/hello", auth=("ben", "x")).status_code == 401
    now[0] += login.PAUSE + 1
    assert client.post("/login", data=right).status_code == 200
    assert client.get("/genimg/hello").text == "hello"


def test_a_cookie_is_known_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = small(), [1000.0]
    monkeypatch.setattr(login.time, "time", lambda: now[0])
    assert client.post("/login", data={"username": "ben", "password": "x"}).status_code == 200
    assert client.get("/genimg/hello").status_code == 200
    now[0] += login.LIFETIME + 1
    assert client.get("/genimg/hello").status_code == 401


def test_a_frame_of_another_site_keeps_its_cookie_over_https_alone() -> None:
    client = small("127.0.0.1", embedding=("https://a.example",), hosts=("b.example",))
    form = {"username": "ben", "password": "x"}
    for scheme, said in (("https", "samesite=none; secure"), ("http", "samesite=lax")):
        answer = client.post("/login", data=form, headers={"X-Forwarded-Proto": scheme})
        assert said in answer.headers["Set-Cookie"].lower()


# -- in a browser, below a path


def test_a_form_that_is_sent_by_half_has_an_end(
    app: Serving, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "PATIENCE", 0.2)
    head = f"POST /login HTTP/1.1\r\nHost: {app.address}\r\nContent-Length: 100\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    assert ask(url, f"{head}{kind}username=use").status == 400


@pytest.fixture
def proxy(app: Serving) -> Iterator[Proxy]:
    made = Proxy(app.port, PREFIX, "pictures.localhost", strips=True)
    yield made
    made.close()


@pytest.mark.browser
def test_everything_works_below_a_path(proxy: Proxy, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(90_000)  # the page comes through a proxy that is one of Python's
    complaints: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not said.location.get("url", "").endswith("/favicon.ico")
            else None
        ),
    )
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws:", "http:")))
    expose_modules(page)
    page.goto(proxy.url)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(WORD)
    complaints.clear()  # that the page was a 401
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(CANVAS)).to_be_visible(timeout=90_000)
    page.wait_for_function("() => genimg.work?.settled && genimg.work.live.state === 'live'")
    _uploads(page, tmp_path)
    _trains(page)
    answer = page.evaluate("fetch(genimg.serverUrl('/genimg/models')).then((told) => told.json())")
    assert answer == {"allowed": True}
    own = (proxy.url, "data:", "blob:", f"http://{proxy.host}{PREFIX}/")
    assert [url for url in asked if not url.startswith(own)] == []
    # Browsers ask for the icon of a host by themselves, whatever a page says of its own.
    assert [path for path in proxy.missed if path != "/favicon.ico"] == []
    assert complaints == []
    context.close()


def _uploads(page: Page, folder: Path) -> None:
    """A picture comes through the upload and the queue, and its crop square shows it."""
    (folder / "mine.png").write_bytes(picture(1))
    page.set_input_files("#upload input[type=file]", str(folder / "mine.png"))
    page.wait_for_function("() => document.querySelector('#cropper img')?.naturalWidth > 0")
    page.wait_for_function("() => genimg.work?.settled")


def _trains(page: Page) -> None:
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#tab-train")).to_contain_text(re.compile("pictures", re.IGNORECASE))
    page.wait_for_function(
        "() => genimg.getOverview().then((told) => told.allowed && told.data.length > 0)"
    )


def test_no_script_or_style_of_the_page_says_where_the_server_has_it() -> None:
    """They ask `serverUrl`; what begins with a slash would be the path of another app."""
    said = re.compile(
        r"""(fetch|WebSocket|EventSource|open|import|url)\(\s*['"`]/|(src:|from|import) ?['"`]/"""
    )
    for path in [*static.ROOT.rglob("*.js"), *static.ROOT.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert not said.search(text), path
        assert "location.host}" not in text, path
