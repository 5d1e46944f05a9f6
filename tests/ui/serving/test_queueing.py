"""Whose event is next, whose places are taken, whose sessions stay."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event
from starlette.requests import Request

from genimg.ui.serving.bodies import BODY
from genimg.ui.serving.queueing import (
    LOOK_SECONDS,
    MOST_BYTES_OF_ONE,
    MOST_PLACES_OF_ONE,
    FairQueue,
    Sessions,
    share_fairly,
)
from genimg.ui.serving.requests import ASKING

from .wire import run

FLOOD, VICTIM = "192.0.2.1", "192.0.2.2"


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as made:
        button = gr.Button()
        button.click(lambda: None)
    share_fairly(made, limit=2)
    return made


@pytest.fixture
def queue(page: gr.Blocks) -> FairQueue:
    assert isinstance(page._queue, FairQueue)
    made = FairQueue(page, 2)
    made.active_jobs = [None] * 4
    return made


def join(queue: FairQueue, address: str, size: int = 0, session: str = "s") -> tuple[bool, str]:
    scope = {"type": "http", "client": (address, 1), "headers": [], "path": "/", BODY: size}
    body = PredictBodyInternal(data=[], fn_index=0, session_hash=session, request=None)
    pushed, said, _ = run(queue.push(body, Request(scope), None))
    return pushed, str(said)


def served(queue: FairQueue) -> Iterator[str]:
    """The address of each event in the order in which they are answered, one at a time."""
    while queue:
        found = queue.get_events()
        assert found is not None
        [event] = found[0]
        queue.active_jobs[0] = found[0]
        yield address_of(event)
        queue.active_jobs[0] = None


def address_of(event: Event) -> str:
    return str(event.request.client.host)


def test_a_flood_of_one_address_lets_the_others_in_between(queue: FairQueue) -> None:
    for _ in range(30):
        assert join(queue, FLOOD)[0]
    for _ in range(3):
        assert join(queue, VICTIM)[0]
    order = list(served(queue))
    assert len(order) == 33
    assert [number for number, who in enumerate(order) if who == VICTIM][-1] <= 6


def test_events_of_one_address_keep_their_order(queue: FairQueue) -> None:
    for number in range(6):
        join(queue, FLOOD if number % 2 else VICTIM, session=str(number))
    sessions = []
    while queue:
        found = queue.get_events()
        assert found is not None
        sessions += [event.session_hash for event in found[0]]
    assert sessions[::2] == sorted(sessions[::2]) and sessions[1::2] == sorted(sessions[1::2])


def test_the_places_of_one_address_are_counted(queue: FairQueue) -> None:
    for _ in range(MOST_PLACES_OF_ONE):
        assert join(queue, FLOOD)[0]
    pushed, said = join(queue, FLOOD)
    assert not pushed and "too much at once" in said
    assert join(queue, VICTIM)[0]


def test_so_is_what_its_events_have_brought(queue: FairQueue) -> None:
    assert join(queue, FLOOD, MOST_BYTES_OF_ONE)[0]
    assert join(queue, FLOOD, 1)[0], "it is counted once it waits"
    assert not join(queue, FLOOD, 1)[0]
    assert join(queue, VICTIM, 1)[0]


def test_invented_sessions_take_the_place_of_ones_own(page: gr.Blocks) -> None:
    sessions = Sessions(most=6, most_of_one=3)
    sessions.set_blocks(page)
    ASKING.set(VICTIM)
    kept = sessions["victim"]
    ASKING.set(FLOOD)
    for number in range(50):
        sessions[f"invented {number}"]
    assert set(sessions.session_data) == {"victim", *(f"invented {n}" for n in (47, 48, 49))}
    ASKING.set(None)  # as Gradio's queue asks for it
    assert sessions["victim"] is kept


def test_of_ones_own_those_of_closed_pages_go_first(page: gr.Blocks) -> None:
    sessions = Sessions(most=6, most_of_one=3)
    sessions.set_blocks(page)
    ASKING.set(FLOOD)
    for name in "abc":
        sessions[name]
    sessions["b"].is_closed = True
    sessions["d"]
    assert set(sessions.session_data) == {"a", "c", "d"}
    for number in range(5):
        sessions.belongs(f"joined {number}", f"192.0.2.{10 + number}")
    assert len(sessions._owners) == 6, "nobody has more than all together may have"


def test_a_queue_without_events_sleeps_between_its_looks(
    queue: FairQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio's own would look a thousand times a second."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        queue.stopped = len(naps) == 3

    monkeypatch.setattr("gradio.queueing.asyncio.sleep", sleep)
    run(queue.start_processing())
    assert naps == 3 * [LOOK_SECONDS]
    assert LOOK_SECONDS >= 0.01
