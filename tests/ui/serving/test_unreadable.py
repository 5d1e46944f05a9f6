"""What Gradio's routes cannot make sense of is said in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest

from genimg.ui.serving.blocks import NOT_FITTING
from genimg.ui.words import say

from ..conftest import Site

JOIN, RUN = "/gradio_api/queue/join", "/gradio_api/run/predict"


@pytest.fixture(scope="module")
def program(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=60) as client:
        yield client


@pytest.mark.parametrize("name", ["draw_alike", "follow", "draw_strip"])
def test_what_fits_no_part_of_the_page_gets_a_sentence(
    program: httpx.Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    events = program.get("/config").json()["dependencies"]
    event = next(event for event in events if event["api_name"] == name)
    values = [{"a": 1}] * len(event["inputs"])
    with caplog.at_level(logging.WARNING):
        answer = program.post(RUN, json={"data": values, "fn_index": event["id"]})
    assert answer.json()["error"], "a sentence"
    assert [record for record in caplog.records if record.exc_info] == []


def test_what_only_the_page_does_is_no_event_of_the_server(program: httpx.Client) -> None:
    events = program.get("/config").json()["dependencies"]
    for event in (event for event in events if not event["backend_fn"]):
        answer = program.post(RUN, json={"data": [], "fn_index": event["id"]})
        assert answer.json()["error"] == say(NOT_FITTING)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/gradio_api/run/nobody", '{"data": []}', 404),
        ("/gradio_api/call/nobody", '{"data": []}', 404),
        ("/gradio_api/call/v2/nobody", "{}", 400),
        ("/gradio_api/call/v2/sample", '{"zzz": 1}', 400),
        (RUN, '{"data": [], "fn_index": 9999}', 400),
        (RUN, '{"data": [], "fn_index": null}', 404),
        (JOIN, '{"data": [], "fn_index": -1, "session_hash": "x"}', 400),
        (JOIN, '{"data": [], "fn_index": 0, "session_hash": ""}', 400),
    ],
)
def test_it_gets_a_sentence_and_a_line_in_the_log(
    program: httpx.Client, caplog: pytest.LogCaptureFixture, path: str, body: str, status: int
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = program.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == answer.json()["detail"]
    assert "/gradio_api/info tells" in answer.json()["error"]
    assert [record for record in caplog.records if record.exc_info] == []
    assert all(len(record.getMessage()) < 1000 for record in caplog.records)
