"""Whose event is next in Gradio's queue, how much of it may one address take, whose sessions stay?

Gradio's own queue is first come, first served, and full when it is full; its sessions are those
that were used last, whoever invented them. Here the addresses have their turns one after the other,
each has so many places, and a new session takes the place of one of the same address.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from typing import Any, Literal

import fastapi
import gradio as gr
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event, EventQueue, Queue
from gradio.state_holder import SessionState, StateHolder

from genimg.ui.serving.bodies import BODY
from genimg.ui.serving.client import client_address
from genimg.ui.serving.requests import ASKING
from genimg.ui.words import say

MOST_PLACES, MOST_PLACES_OF_ONE = 400, 40
"""Events that wait or are being answered."""
MOST_BYTES, MOST_BYTES_OF_ONE = 400 * 10**6, 100 * 10**6
"""What these may have brought."""
MOST_SESSIONS, MOST_SESSIONS_OF_ONE = 400, 50
LOOK_SECONDS, PROGRESS_SECONDS = 0.02, 0.1
"""Between two looks for an event, and two for what one says of its progress. Gradio looks ten times
as often or more, which keeps a processor busy with nothing.
"""

Pushed = tuple[
    bool,
    str | list[dict[str, Any]],
    Literal["success", "error", "queue_full", "validator_error"],
]


class FairQueue(Queue):
    """Gradio's queue, with turns and places for each address."""

    def __init__(self, page: gr.Blocks, limit: int) -> None:
        super().__init__(
            live_updates=True,
            concurrency_count=page.max_threads,
            update_intervals=1,
            max_size=MOST_PLACES,
            blocks=page,
            default_concurrency_limit=limit,
        )
        self.sleep_when_free = LOOK_SECONDS
        self.progress_update_sleep_when_free = PROGRESS_SECONDS
        self._served: dict[str, float] = {}

    async def push(
        self, body: PredictBodyInternal, request: fastapi.Request, username: str | None
    ) -> Pushed:
        """As Gradio's; an address whose places are taken is told that the queue is full."""
        address = client_address(request.scope)
        waiting = [event for event in self._all() if _address(event) == address]
        held = sum(_size(event) for event in waiting)
        if len(waiting) >= MOST_PLACES_OF_ONE or held > MOST_BYTES_OF_ONE:
            return False, say("serving.too_much_of_you"), "queue_full"
        if sum(map(_size, self._all())) > MOST_BYTES:
            return False, say("serving.too_much_of_all"), "queue_full"
        if isinstance(holder := self.blocks.state_holder, Sessions):
            holder.belongs(body.session_hash, address)
        pushed: Pushed = await super().push(body, request, username)
        return pushed

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The next event: of the address with the fewest under way, and the fewest before."""
        running = Counter(_address(event) for job in self.active_jobs if job for event in job)
        for queue in self.event_queue_per_concurrency_id.values():
            _bring_forward(queue, running, self._served)
        found: tuple[list[Event], bool, str] | None = super().get_events()
        for event in found[0] if found else ():
            self._served[_address(event)] = time.monotonic()
        self._forget()
        return found

    def _forget(self) -> None:
        """Who has nothing to wait for needs no turn."""
        if len(self._served) > 2 * MOST_PLACES:
            there = {_address(event) for event in self._all()}
            self._served = {who: when for who, when in self._served.items() if who in there}

    def _all(self) -> list[Event]:
        waiting = [e for queue in self.event_queue_per_concurrency_id.values() for e in queue.queue]
        return waiting + [event for job in self.active_jobs if job for event in job]


class Sessions(StateHolder):
    """Gradio's sessions, of which each address has a share."""

    def __init__(self, most: int = MOST_SESSIONS, most_of_one: int = MOST_SESSIONS_OF_ONE) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most, self._most_of_one = most, most_of_one
        self._owners: OrderedDict[str, str] = OrderedDict()

    def __getitem__(self, session_id: str) -> SessionState:
        """The session of a name, a new one if need be, for whoever is asking."""
        self.belongs(session_id, ASKING.get())
        found: SessionState = super().__getitem__(session_id)
        return found

    def belongs(self, session_id: str | None, address: str | None) -> None:
        """An address uses a session; where it has too many, its oldest ones go."""
        if session_id is None or address is None:
            return
        with self.lock:
            self._owners.setdefault(session_id, address)
            self._owners.move_to_end(session_id)
            own = [name for name, owner in self._owners.items() if owner == address]
            self._drop(own, self._most_of_one)
            self._drop(list(self._owners), self.most)

    def _drop(self, names: list[str], most: int) -> None:
        """Forget sessions until no more are left than that, those of closed pages first."""
        if len(names) <= most:
            return
        for name in sorted(names, key=self._is_open)[: len(names) - most]:
            del self._owners[name]
            self.session_data.pop(name, None)
            self.time_last_used.pop(name, None)

    def _is_open(self, name: str) -> bool:
        session = self.session_data.get(name)
        return session is None or not session.is_closed


def share_fairly(page: gr.Blocks, limit: int) -> None:
    """Give a page that is complete a queue in which every address has its turn.

    Args:
        limit: how many events of one kind are answered at a time, where the kind says nothing.
    """
    page.queue(api_open=True)
    page._queue = FairQueue(page, limit)


def _bring_forward(queue: EventQueue, running: Counter[str], served: dict[str, float]) -> None:
    """Let the event whose turn it is be the first, if one can be answered now."""
    limit = queue.concurrency_limit
    if len(queue.queue) < 2 or (limit is not None and queue.current_concurrency >= limit):
        return

    def turn(event: Event) -> tuple[int, float]:
        address = _address(event)
        return running[address], served.get(address, 0.0)

    first = min(queue.queue, key=turn)  # of several, the one that came first
    queue.queue.remove(first)
    queue.queue.insert(0, first)


def _address(event: Event) -> str:
    """Whose it is; looked at again and again while events wait, so it is remembered."""
    known: str | None = event.__dict__.get("_address")
    if known is None:
        known = event.__dict__["_address"] = client_address(event.request.scope)
    return known


def _size(event: Event) -> int:
    size: int = event.request.scope.get(BODY, 0)
    return size
