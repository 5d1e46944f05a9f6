"""One client cannot spoil it for others: the limits in the whole app, as it is served."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from genimg.images import MAX_BYTES
from genimg.ui.serving.limits import MAX_EVENT, UPLOAD
from genimg.ui.serving.temp import HALF_SECONDS, claim

from .conftest import DRAWER, Site
from .edit.live_client import PATIENCE, until

JSON = {"Content-Type": "application/json"}


def chunked(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(-(-size // 10**6)):
        yield b" " * 10**6


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/run/sample", "/gradio_api/api/sample", "/gradio_api/call/sample",
        "/gradio_api/call/v2/sample", "/gradio_api/queue/join", "/gradio_api/cancel",
        "/genimg/strips", "/genimg/training/look", "/genimg/training/runs",
    ],
)  # fmt: skip
def test_a_chunked_body_is_counted_everywhere(site: Site, path: str) -> None:
    answer = httpx.post(
        site.url + path, content=chunked(MAX_EVENT + 2 * 10**6), headers=JSON, timeout=PATIENCE
    )
    assert answer.status_code == 413, answer.text[:200]


def test_uploads_are_counted_together_and_leave_nothing_when_refused(site: Site) -> None:
    before = site.temporary_files()
    part = b"x" * (MAX_BYTES // 2)
    files = [("files", (f"{number}.png", part)) for number in range(3)]
    answer = httpx.post(site.url + UPLOAD, files=files, timeout=PATIENCE)
    assert answer.status_code == 413
    left = site.temporary_files() - before
    grow_old(left)
    claim().sweep()
    assert site.temporary_files() == before


def test_half_an_upload_is_swept(site: Site) -> None:
    """Of a browser that is gone in the middle."""
    before = site.temporary_files()
    there = urlsplit(site.url)
    with socket.create_connection((there.hostname or "", there.port or 0)) as connection:
        connection.sendall(
            f"POST {UPLOAD} HTTP/1.1\r\nHost: {there.netloc}\r\nContent-Length: 100000\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
            'form-data; name="files"; filename="half.png"\r\n\r\nhalf of it'.encode()
        )
        until(lambda: site.temporary_files() - before)
    left = site.temporary_files() - before
    claim().sweep()
    assert site.temporary_files() - before == left, "it might still be coming"
    grow_old(left)
    claim().sweep()
    assert site.temporary_files() == before


def test_a_flood_of_events_lets_others_be_answered(site: Site) -> None:
    """That it is bounded is seen in shell/test_queueing.py, where nothing is answered meanwhile."""

    def join(client: httpx.Client, number: int) -> httpx.Response:
        body = {"data": [8, number, 1.0, DRAWER, None, ""]}
        return client.post("/gradio_api/call/sample", json=body)

    with at(site, "127.0.0.7") as flood, at(site, "127.0.0.8") as other:
        with ThreadPoolExecutor(8) as threads:
            codes = [x.status_code for x in threads.map(lambda n: join(flood, n), range(60))]
        assert set(codes) <= {200, 503} and 200 in codes
        number = join(other, 0).json()["event_id"]
        with other.stream("GET", f"/gradio_api/call/sample/{number}") as told:
            assert "event: complete" in told.iter_lines()
        asked = {"data": ["cat", DRAWER]}
        assert other.post("/gradio_api/run/understand", json=asked).status_code == 200


def at(site: Site, address: str) -> httpx.Client:
    """Somebody who comes from another address of this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=site.url, transport=transport, timeout=PATIENCE)


def grow_old(paths: set[Path]) -> None:
    for path in paths:
        os.utime(path, (time.time() - HALF_SECONDS - 60,) * 2)
