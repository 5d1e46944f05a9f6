"""What is asked of a route of our own: how it is read, and what is said of what cannot be."""

from __future__ import annotations

import asyncio
import errno
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from genimg.errors import GenimgError, LatentError
from genimg.ui.serving.answers import Refusal, sound
from genimg.ui.serving.http import MAX_CHARACTERS, Question, Refused, json_route, read
from genimg.ui.serving.quotas import Share, Turns


class Moved(Question):
    """A question with a field of each kind."""

    kind: Literal["moved"]
    name: Annotated[str, Field(min_length=1, max_length=5)] = "a"
    far: Annotated[float, Field(ge=-100, le=100)] = 0.0
    count: int = 0
    deep: bool = False
    words: list[str] = []
    amounts: dict[str, float] = {}


class Turned(Question):
    """Another one."""

    kind: Literal["turned"]


BOTH: TypeAdapter[Moved | Turned] = TypeAdapter(
    Annotated[Moved | Turned, Field(discriminator="kind")]
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": None}, "kind cannot be None; choose one of: 'moved'"),
        ({"kind": "x" * 1000}, "choose one of: 'moved'"),
        ({"name": ""}, "name is empty"),
        ({"name": "x" * 6}, "name is longer than 5 letters"),
        ({"name": 3}, "name is not a text"),
        ({"name": "\ud800"}, "name is not a text"),
        ({"far": "1"}, "far is not a number"),
        ({"far": True}, "far is not a number"),
        ({"far": 10**400}, "far is not a number"),
        ({"far": float("nan")}, "far is not a number"),
        ({"far": float("-inf")}, "far is not a number"),
        ({"far": 101}, "far must be 100 at most"),
        ({"far": -101}, "far must be -100 at least"),
        ({"count": 1.0}, "count is not a whole number"),
        ({"count": False}, "count is not a whole number"),
        ({"deep": 1}, "deep is neither true nor false"),
        ({"words": "a"}, "words is not a list"),
        ({"words": ["a", 1]}, "words holds something that is not a text"),
        ({"amounts": {"a": None}}, "amounts holds something that is not a number"),
        ({"amounts": []}, "amounts is not an object"),
        ({"more": 1}, "more is not known here"),
        ({"\ud800": 1}, "the message"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_is_said_in_words(change: dict[str, Any], said: str) -> None:
    text = json.dumps({"kind": "moved"} | change)
    with pytest.raises(Refused) as refused:
        read(Moved, text)
    assert said in str(refused.value) and len(str(refused.value)) <= 120
    with pytest.raises(Refused) as refused:
        read(BOTH, text)
    words = "kind is none of those that are known here" if "kind" in change else said
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["x", "[]", "3", "[" * 100_000, "\udfff", "{} {}"])
def test_what_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="JSON"):
        read(Moved, text)


def test_nothing_asks_as_an_empty_object() -> None:
    with pytest.raises(Refused, match="kind is missing"):
        read(Moved, b"")
    assert read(Question, b"") == Question()


def test_a_text_that_is_too_long_is_not_read() -> None:
    with pytest.raises(Refused, match="too long"):
        read(Moved, " " * (MAX_CHARACTERS + 1))


def client(answer: Any, **options: Any) -> TestClient:
    return TestClient(Starlette(routes=[json_route("/x", Question, answer, **options)]))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Refused("it is of another kind"), 400, "It is of another kind."),
        (Refusal(409, "Others do.", 3), 409, "Others do."),
        (GenimgError("Do it otherwise."), 400, "Do it otherwise."),
        (LatentError("It is gone."), 404, "It is gone."),
        (OSError(errno.ENOSPC, "full"), 507, "disk of the machine"),
        (OSError(errno.EIO, "/secret/place"), 500, "a fault of the program"),
        (ZeroDivisionError("/secret/place"), 500, "a fault of the program"),
    ],
    ids=repr,
)
def test_what_goes_wrong_is_answered_in_words(error: Exception, status: int, words: str) -> None:
    async def answer(request: Request, asked: Question) -> Any:
        raise error

    told = client(answer, statuses=[(LatentError, 404)]).post("/x", json={})
    assert told.status_code == status and words in told.json()["error"]
    assert "secret" not in told.text and told.headers["cache-control"] == "no-store"
    assert told.headers.get("retry-after") == ("3" if status == 409 else None)


def test_who_may_not_ask_is_told_why_and_is_not_answered() -> None:
    asked = []

    async def answer(request: Request, question: Question) -> dict[str, Any]:
        asked.append(question)
        return {}

    closed = client(answer, why_not=lambda request: "Not on Sundays.")
    assert closed.post("/x").json()["error"] == "Not on Sundays."
    foreign = {"Origin": "http://elsewhere.example"}
    assert client(answer).post("/x", headers=foreign).status_code == 403
    assert client(answer, most=10).post("/x", content=b" " * 11).status_code == 413
    assert asked == []
    assert client(answer).post("/x").status_code == 200


def test_places_and_turns_are_given_back() -> None:
    places, turns = Share(1, 1), Turns(1, 1)

    async def answer(request: Request, question: Question) -> dict[str, Any]:
        await asyncio.sleep(0)
        assert places.held() == 1
        return {"far": float("nan"), "name": "caf\udce9"}

    limited = client(answer, places=places, turns=turns)
    for _ in range(3):
        assert limited.post("/x").json() == {"far": None, "name": "caf?"}
    assert places.held() == 0
    places.take("")
    full = limited.post("/x")
    assert (full.status_code, full.headers["retry-after"]) == (503, "2")


def test_what_json_cannot_carry_is_left_out() -> None:
    odd = {"\ud800": [float("inf"), ("a\udfff", 1, None, True)]}
    assert sound(odd) == {"?": [None, ["a?", 1, None, True]]}
