from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from genimg.ui.serving.client import client_address
from genimg.ui.serving.doors import Doors
from genimg.ui.serving.http import is_own
from genimg.ui.serving.settings import Access

from ..conftest import Site
from .wire import UPGRADE, ask

HERE = "http://127.0.0.1:7860"


async def tell(request: Request) -> Response:
    """What an own route of the app sees."""
    return JSONResponse({
        "path": request.url.path, "own": is_own(request), "client": client_address(request.scope),
        "headers": dict(request.headers), "scheme": request.url.scheme,
    })  # fmt: skip


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def behind(access: Access | None = None, peer: str = "127.0.0.1", at: str = HERE) -> TestClient:
    """An app of two own routes behind the doors, asked from an address."""
    methods = ["GET", "POST", "DELETE"]
    routes = [Route("/genimg/tell", tell, methods=methods), WebSocketRoute("/genimg/live", greet)]
    app = Starlette(routes=routes, middleware=[Middleware(Doors, access=access)])
    return TestClient(app, at, client=(peer, 4000))


@pytest.fixture(scope="module")
def anyone(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/config"), ("GET", "/assets/x.js"), ("GET", "/genimg/training"),
        ("GET", "/genimg/models"), ("POST", "/genimg/models?name=x"), ("POST", "/genimg/strips"),
        ("POST", "/genimg/training/runs"), ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/run/list_models"), ("POST", "/gradio_api/call/list_models"),
        ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data?session_hash=x"),
        ("GET", "/gradio_api/heartbeat/x"), ("GET", "/gradio_api/info"), ("OPTIONS", "/config"),
        ("GET", "/nothing"),
    ],
)  # fmt: skip
def test_a_name_that_was_bent_to_this_machine_gets_nothing(
    anyone: httpx.Client, method: str, path: str
) -> None:
    bent = {"Host": "evil.example:7860", "Origin": "http://evil.example:7860"}
    answer = anyone.request(method, path, headers=bent)
    assert answer.status_code == 403
    assert "--allow-host" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1", "", 101),
        ("127.0.0.1", "http://127.0.0.1", 101),
        ("evil.example", "http://evil.example", 403),
        ("evil.example", "", 403),
        ("127.0.0.1", "http://evil.example", 403),
    ],
)
def test_a_bent_name_gets_no_socket(site: Site, host: str, origin: str, status: int) -> None:
    told = f"Origin: {origin}\r\n" if origin else ""
    answer = ask(site.url, f"GET /genimg/live HTTP/1.1\r\nHost: {host}\r\n{told}{UPGRADE}\r\n")
    assert answer.status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"), ("POST", "/gradio_api/run/list_models"),
        ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/cancel"), ("GET", "/config"),
        ("OPTIONS", "/gradio_api/upload"), ("POST", "/genimg/models?name=x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_a_page_of_somebody_else_reaches_nothing(
    anyone: httpx.Client, method: str, path: str, origin: str
) -> None:
    files = {"files": ("a.png", b"x")} if path.endswith("upload") and method == "POST" else None
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = anyone.request(method, path, headers=asked, files=files)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_ones_own_page_and_programs_upload(anyone: httpx.Client, site: Site) -> None:
    for headers in ({"Origin": site.url}, {}):
        answer = anyone.post(
            "/gradio_api/upload", files={"files": ("a.txt", b"x")}, headers=headers
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/config", "/genimg/training", "/nothing", "/theme.css"])
def test_every_answer_tells_browsers_what_they_may(anyone: httpx.Client, path: str) -> None:
    told = anyone.get(path).headers
    assert told["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert told["X-Frame-Options"] == "SAMEORIGIN"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"


def test_pages_that_may_show_it_in_a_frame_are_named() -> None:
    access = Access(embedding=("https://a.example", "http://b.example:8080"))
    told = behind(access).get("/genimg/tell").headers
    own = "frame-ancestors 'self' https://a.example http://b.example:8080"
    assert told["Content-Security-Policy"] == own
    assert "X-Frame-Options" not in told  # it could name one page alone, and browsers obey it


def test_names_that_were_allowed_are_answered() -> None:
    access = Access(hosts=("pictures.example.org",))
    for host, status in (("pictures.example.org", 200), ("other.example.org", 403)):
        assert behind(access, at=f"https://{host}").get("/genimg/tell").status_code == status
    named = Access(name="mybox.lan")
    assert behind(named, at="http://mybox.lan:7860").get("/genimg/tell").status_code == 200


def test_the_page_of_a_name_that_was_allowed_is_ones_own_where_a_proxy_changes_the_host() -> None:
    headers = {"Origin": "https://pictures.example.org"}
    assert behind().post("/genimg/tell", headers=headers).status_code == 403
    told = behind(Access(hosts=("pictures.example.org",))).post("/genimg/tell", headers=headers)
    assert told.json()["own"] is True
    live, headers = "/genimg/live", {**headers, "Host": "127.0.0.1:7860"}
    with behind(Access(hosts=("pictures.example.org",))).websocket_connect(
        live, headers=headers
    ) as socket:
        assert socket.receive_text() == "hello"
    with pytest.raises(WebSocketDisconnect), behind().websocket_connect(live, headers=headers):
        pass


@pytest.mark.parametrize(
    "hosts", ["", "Host: 127.0.0.1\r\nHost: evil.example\r\n", "Host: 127.0.0.1\r\n" * 2]
)
def test_no_name_or_two_of_them_get_nothing(site: Site, hosts: str) -> None:
    for version in ("1.0", "1.1"):
        answer = ask(site.url, f"GET /config HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n")
        assert answer.status in (400, 403)


def test_the_address_of_who_asks_is_taken_from_proxies_alone() -> None:
    said = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}
    proxied = Access(hosts=("pictures.example.org",))
    docker = Access(proxies=("172.18.0.0/16",))
    for access, peer, client, scheme in (
        (None, "127.0.0.1", "127.0.0.1", "http"),  # nobody has said that there is a proxy
        (proxied, "127.0.0.1", "198.51.100.7", "https"),  # the last one is the proxy's own word
        (proxied, "192.0.2.1", "192.0.2.1", "http"),
        (docker, "172.18.0.5", "198.51.100.7", "https"),
        (docker, "127.0.0.1", "127.0.0.1", "http"),
    ):
        told = behind(access, peer).get("/genimg/tell", headers=said).json()
        assert (told["client"], told["scheme"]) == (client, scheme)


def test_nobody_tells_gradio_where_it_is() -> None:
    access = Access(hosts=("pictures.example.org",))
    said = {"X-Forwarded-Host": "evil.example", "X-Gradio-Server": "http://evil.example"}
    seen = behind(access).get("/genimg/tell", headers=said).json()["headers"]
    assert "x-forwarded-host" not in seen and "x-gradio-server" not in seen
    said = {"X-Forwarded-Host": "pictures.example.org, proxy.example"}
    seen = behind(access).get("/genimg/tell", headers=said).json()["headers"]
    assert seen["x-forwarded-host"] == said["X-Forwarded-Host"]


@pytest.mark.parametrize("path", ["/genimg/tell", "/apps/genimg/genimg/tell"])
def test_a_proxy_may_take_the_sub_path_off_or_leave_it(path: str) -> None:
    told = behind(Access(root_path="/apps/genimg")).get(path).json()
    assert told["path"] == "/genimg/tell"


def test_a_sub_path_without_its_last_slash_is_sent_on() -> None:
    client = behind(Access(root_path="/apps/genimg"))
    answer = client.get("/apps/genimg", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/apps/genimg/")
    assert client.get("/apps/genimg-other/genimg/tell").status_code == 404
