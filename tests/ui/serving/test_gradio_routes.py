from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from starlette.routing import Route

from genimg.ui.serving.gradio_routes import is_open

from ..conftest import Site

NEEDED = {
    "/", "/assets/{path:path}", "/config", "/config/", "/favicon.ico", "/manifest.json",
    "/robots.txt", "/static/{path:path}", "/svelte/{path:path}", "/theme.css",
    "/gradio_api/api/{api_name}", "/gradio_api/api/{api_name}/", "/gradio_api/app_id",
    "/gradio_api/app_id/", "/gradio_api/call/v2/{api_name}", "/gradio_api/call/v2/{api_name}/",
    "/gradio_api/call/v2/{api_name}/{event_id}", "/gradio_api/call/{api_name}",
    "/gradio_api/call/{api_name}/", "/gradio_api/call/{api_name}/{event_id}", "/gradio_api/cancel",
    "/gradio_api/heartbeat/{session_hash}", "/gradio_api/info", "/gradio_api/info/",
    "/gradio_api/openapi.json", "/gradio_api/queue/data", "/gradio_api/queue/join",
    "/gradio_api/queue/status", "/gradio_api/reset", "/gradio_api/reset/",
    "/gradio_api/run/{api_name}", "/gradio_api/run/{api_name}/", "/gradio_api/startup-events",
    "/gradio_api/theme.css", "/gradio_api/upload", "/gradio_api/upload_progress",
}  # fmt: skip
"""Those that are open. Files are looked at one by one."""


def test_each_route_of_gradio_is_known_to_be_needed_or_closed() -> None:
    with gr.Blocks() as page:
        gr.Textbox()
    app = gr.mount_gradio_app(FastAPI(), page, "/", run_history=True, enable_monitoring=True)
    mounted = app.routes[-1].app  # type: ignore[attr-defined]
    paths = {path for route in _all(mounted.routes) for path in [route.path]}
    assert len(paths) > 60
    open_ = {path for path in paths if is_open(path)}
    assert open_ == NEEDED
    assert {"/gradio_api/proxy={url_path:path}", "/gradio_api/file/{path:path}"} <= paths - open_


def _all(routes: list[object]) -> Iterator[Route]:
    for route in routes:
        if isinstance(route, Route):
            yield route
        for attribute in ("original_router", "router"):  # what was included, as FastAPI keeps it
            if inner := getattr(route, attribute, None):
                yield from _all(inner.routes)


def test_files_are_open_where_they_were_uploaded_and_links_of_gradio_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    (folder / "out").symlink_to("/etc")
    assert is_open(f"/gradio_api/file={folder}/a/b c.png")
    for path in (
        "/etc/passwd", "relative.png", "", f"{folder}/../secret", f"{folder}/out/passwd",
        "http://127.0.0.1:1/x.png", "https:/example.org/x.png", "HTTP://example.org", "file:///etc",
        f"{folder}\0", f"{folder}-other/x",
    ):  # fmt: skip
        assert not is_open(f"/gradio_api/file={path}"), path
    for query in (b"deep_link=abc", b"x=1&deep_link=..%2f", b"deep%5Flink=x", b"Deep%5flink"):
        assert not is_open("/", query) and not is_open("/config", query)
    assert is_open("/", b"__theme=dark&view=api")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/deep_link?session_hash=x"), ("GET", "/?deep_link=x"),
        ("GET", "/gradio_api/proxy=https://example.org"), ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/custom_component/x/client/y/z"), ("GET", "/gradio_api/vibe-code"),
        ("GET", "/gradio_api/dev/reload"), ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/stream/a/b/1/playlist-file"), ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/user"), ("GET", "/gradio_api/runs"), ("GET", "/login"),
        ("GET", "/logout"), ("GET", "/monitoring/key"), ("GET", "/pwa_icon"), ("GET", "/mcp"),
        ("GET", "/gradio_api/mcp/"), ("GET", "/gradio_api/profiling/traces"), ("POST", "/login"),
        ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/stream/x"), ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/vibe-code/"), ("POST", "/gradio_api/undo-vibe-edit"),
        ("GET", "//gradio_api/file=/etc/passwd"), ("GET", "/gradio_api//proxy=https://example.org"),
        ("GET", "/%67radio_api/proxy=https://example.org"), ("GET", "/nothing"),
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_there(site: Site, method: str, path: str) -> None:
    answer = httpx.request(method, site.url + path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "There is nothing here."


def test_nothing_of_the_page_needs_what_is_closed(site: Site) -> None:
    config = httpx.get(f"{site.url}/config").json()
    parts = [component["props"] for component in config["components"]]
    assert not any(part.get("server_fns") or part.get("streaming") for part in parts)
    assert not any(event["connection"] == "stream" for event in config["dependencies"])
    assert not any(config.get(key) for key in ("is_space", "vibe_mode", "pwa", "dev_mode"))


def test_a_range_brings_no_headers_of_the_question_back(site: Site) -> None:
    path = Path(get_upload_folder()) / "ranged.txt"
    path.write_bytes(b"0123456789")
    asked = {"Range": "bytes=2-4", "X-Planted": "yes"}
    answer = httpx.get(f"{site.url}/gradio_api/file={path}", headers=asked)
    path.unlink()
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert "X-Planted" not in answer.headers
