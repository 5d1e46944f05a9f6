"""One bad run never takes the others along, whatever is wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from genimg.ui.train import views as training_views
from genimg.ui.train.uploads import safe_parts
from genimg.ui.train.views import MOST_CURVES, PATH

from .training_site import Place, picture, rest

HUGE = "1" + "0" * 400
BAD = {
    "NaN": ("status.json", '{"phase": "stopped", "updated": NaN, "seconds": -Infinity}'),
    "infinite": ("status.json", '{"phase": "stopped", "images": 1e999, "speed": Infinity}'),
    "huge": ("status.json", f'{{"phase": "stopped", "images": {HUGE}, "progress": {HUGE}}}'),
    "words": ("status.json", '{"phase": "stopped", "words": "\\ud800", "trouble": "\\udfff"}'),
    "created NaN": ("command.json", '{"arguments": [], "created": NaN}'),
    "created huge": ("command.json", f'{{"arguments": [], "created": {HUGE}}}'),
    "title": ("command.json", '{"arguments": ["a\\ud800"], "about": {"title": "\\ud800"}}'),
    "long title": ("run.json", json.dumps({"title": "A" * 10**6, "family": "B" * 10**6})),
    "data": ("run.json", '{"data": "folder:caf\\udce9", "title": ["x"], "family": {"a": 1}}'),
    "plan": ("run.json", f'{{"plan": [NaN, "\\ud800", {{"what": {HUGE}}}], "sheet": [1]}}'),
    "long plan": ("run.json", json.dumps({"plan": [{"what": "x"}] * 10**5})),
    "rows": ("run.json", f'{{"sheet": {{"rows": ["\\ud800", {HUGE}, []], "columns": -{HUGE}}}}}'),
    "line": ("progress.jsonl", f'{{"images": 1, "seconds": {HUGE}}}\n{{"images": 1, "loss": "x"}}'),
    "large": ("progress.jsonl", '{"images": 1e300, "seconds": 1e307, "loss": -1e308}\n' * 9),
    "restart": ("progress.jsonl", '{"images": 1, "restart": 1, "trouble": "\\ud800"}'),
    "keys": ("progress.jsonl", json.dumps({f"k{i}": i for i in range(120_000)})),
    "more keys": ("progress.jsonl", "\n".join(
        json.dumps({"images": row, **{f"k{100 * row + i}": i for i in range(100)}})
        for row in range(1200)
    )),
    "nothing": ("status.json", "\0" * 5000),
}  # fmt: skip


def strict(text: str) -> Any:
    """What JSON says to a browser, which knows no NaN, nor texts that are none."""
    assert text.encode()

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_spoils_no_list_and_not_even_its_own_page(place: Place, kind: str) -> None:
    rest(place, "good")
    [before] = place.get()["runs"]
    name, text = BAD[kind]
    (rest(place, "bad").path / name).write_text(text)
    listed, page = place.client.get(PATH), place.client.get(f"{PATH}/runs/bad")
    assert (listed.status_code, page.status_code) == (200, 200)
    runs = {run["name"]: run for run in strict(listed.text)["runs"]}
    assert runs.keys() == {"good", "bad"}
    assert runs["good"] == before
    told = strict(page.text)
    assert len(told["curves"]) <= MOST_CURVES + 2 and len(page.text) < 10**6
    assert all(isinstance(text, str) for each in told["plan"] for text in each.values())


def test_a_run_that_cannot_be_told_is_listed_as_damaged(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last resort: what nobody has thought of yet."""
    for name in ("good", "bad"):
        rest(place, name)
    left = training_views._left

    def fault(run: Any) -> float | None:
        if run.name == "bad" and run.phase != "damaged":
            raise ZeroDivisionError
        return left(run)

    monkeypatch.setattr(training_views, "_left", fault)
    phases = {run["name"]: run["phase"] for run in place.get()["runs"]}
    assert phases == {"good": "stopped", "bad": "damaged"}


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there alone")
def test_a_folder_whose_name_is_no_utf8_has_its_page(place: Place) -> None:
    files = rest(place, os.fsdecode(b"caf\xe9 1"), data="folder:caf\udce9")
    files.samples.mkdir()
    (files.samples / "000000100.png").write_bytes(picture(1))
    files.log_file.write_bytes(b"caf\xe9\n")
    [run] = strict(place.client.get(PATH).text)["runs"]
    assert run["name"] == "caf=E9 1"
    told = place.run(quote(run["name"]))
    assert told["log"] == ["caf\N{REPLACEMENT CHARACTER}"]
    assert place.client.get(told["frames"][0]["url"]).content == picture(1)
    place.post(f"/runs/{quote(run['name'])}/delete")
    assert place.get()["runs"] == []


CATS = "\N{CAT FACE}" * 100


@pytest.mark.parametrize("name", [CATS, "猫" * 90, "a" * 300])
def test_a_name_that_is_too_long_for_the_disk_is_no_fault(place: Place, name: str) -> None:
    for path in (f"runs/{name}", f"runs/{name}/frames/000000001.png", f"look/{name}"):
        assert place.client.get(f"{PATH}/{path}").status_code == 404
    for act in ("stop", "resume", "delete", "extend", "open"):
        assert place.refusal(f"/runs/{name}/{act}", minutes=1)[0] == 404
    sent = place.send(f"{name}/{name}/{name}.png", picture(1))
    assert sent["name"].endswith(".png") and sent["name"][0] == name[0]
    again = place.send(f"{name}/{name}/{name}.png", picture(2), sent["set"])
    assert again["name"] == sent["name"].replace(".png", "-2.png")


@pytest.mark.parametrize("name", [f"{CATS}/{CATS}.{CATS}", f"{CATS}.\N{CAT FACE}", "猫" * 300])
def test_names_are_cut_to_what_a_disk_can_write(name: str, tmp_path: Path) -> None:
    parts = safe_parts(name)
    assert parts is not None
    place = tmp_path.joinpath(*parts)
    place.parent.mkdir(exist_ok=True)
    place.touch()
    assert all(len(os.fsencode(part)) <= 200 for part in parts)
