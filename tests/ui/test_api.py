"""The app as a program sees it: named functions through gradio_client, and what is refused."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from genimg import Editor

from .conftest import DRAWER, FIRST, SECOND, Site


@pytest.fixture(scope="module")
def client(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("downloads")
    connected = Client(site.url, verbose=False, analytics_enabled=False, download_files=str(folder))
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def editor(site: Site) -> Editor:
    return site.editor()


def pixels(path: str | Path) -> bytes:
    return Image.open(path).tobytes()


def path_of(answer: Any) -> str:
    return str(answer["path"] if isinstance(answer, dict) else answer)


def test_exactly_the_documented_functions(client: Client) -> None:
    described = client.view_api(return_format="dict", print_info=False)
    assert set(described["named_endpoints"]) == {
        "/list_models", "/reconstruct", "/edit", "/sample", "/understand", "/vary", "/mix",
        "/interpolate",
    }  # fmt: skip
    assert described["unnamed_endpoints"] == {}
    parameters = described["named_endpoints"]["/sample"]["parameters"]
    assert [p["parameter_name"] for p in parameters] == [
        "count", "seed", "temperature", "model", "labels", "text", "numbers",
    ]  # fmt: skip


def test_list_models(client: Client, editor: Editor) -> None:
    models = client.predict(api_name="/list_models")
    assert [model["name"] for model in models] == [FIRST, SECOND, DRAWER]
    assert [model["family"] for model in models] == ["vae", "vae", "gan"]
    assert [model["can_encode"] for model in models] == [True, True, False]
    assert [model["layers"] for model in models] == [1, 1, 3]
    assert models[2]["choices"][1] == {"name": "hat", "values": ["no hat", "red hat"]}
    assert models[2]["factors"] == []
    factors = [{"name": name, "values": list(v)} for name, v in editor.factors.items()]
    assert models[0]["choices"] == models[0]["factors"] == factors
    assert models[0]["image_shape"] == [3, 16, 16]
    assert [d["name"] for d in models[0]["directions"]] == [d.name for d in editor.directions]


def test_reconstruct(client: Client, editor: Editor, photo: Path) -> None:
    answer = client.predict(picture=handle_file(str(photo)), api_name="/reconstruct")
    [expected] = editor.decode(editor.encode(editor.fit(Image.open(photo))))
    assert pixels(path_of(answer["picture"])) == expected.tobytes()
    assert answer["psnr"] == pytest.approx(
        editor.match(editor.fit(Image.open(photo)), expected).psnr
    )
    assert answer["words"]


def test_reconstruct_looks_longer_if_asked(client: Client, editor: Editor, photo: Path) -> None:
    first, better = (
        client.predict(picture=handle_file(str(photo)), refine=refine, api_name="/reconstruct")
        for refine in (False, True)
    )
    assert better["psnr"] > first["psnr"]
    recipe = editor.open_picture(path_of(better["picture"]))
    assert pixels(path_of(better["picture"])) == editor.decode(recipe.latent)[0].tobytes()
    assert isinstance(first["known"], bool) and first["understood"] is None
    assert 0 <= first["percentile"] <= better["percentile"] <= 100


def test_edit_keeps_what_it_is_told_to(client: Client, editor: Editor, photo: Path) -> None:
    first, second = (direction.name for direction in editor.directions[:2])
    answer = client.predict(
        picture=handle_file(str(photo)), amounts={second: 2.0}, keep=[first], api_name="/edit"
    )
    recipe = editor.open_picture(path_of(answer))
    assert recipe.locks == (first,) and recipe.moves[0].keep == (first,)


def test_edit_gives_a_picture_that_restores_itself(
    client: Client, editor: Editor, photo: Path
) -> None:
    name = editor.directions[0].name
    factor, values = next(iter(editor.factors.items()))
    answer = client.predict(
        picture=handle_file(str(photo)),
        amounts={name: 2.5},
        changes={factor: values[1]},
        model=FIRST,
        api_name="/edit",
    )
    recipe = editor.open_picture(path_of(answer))
    assert (recipe.amounts, recipe.changes) == ({name: 2.5}, {factor: values[1]})
    [again] = editor.decode(editor.edited(recipe))
    assert pixels(path_of(answer)) == again.tobytes()


def test_sample_depends_on_the_seed_alone(client: Client, editor: Editor) -> None:
    several = client.predict(count=3, seed=5, api_name="/sample")
    [one] = client.predict(count=1, seed=7, api_name="/sample")
    assert len(several) == 3
    assert pixels(path_of(several[2])) == pixels(path_of(one))
    assert pixels(path_of(one)) == editor.decode(*editor.sample(1, seed=7))[0].tobytes()


def test_sample_is_asked_for_labels_by_name_and_in_words(client: Client, site: Site) -> None:
    gan = site.editor(DRAWER)
    labels = {"fur": "pink fur", "hat": "red hat"}
    expected = [image.tobytes() for image in gan.decode(*gan.sample(2, 5, 0.7, labels))]
    common = {"count": 2, "seed": 5, "temperature": 0.7, "model": DRAWER, "api_name": "/sample"}
    for asked in (
        {"labels": labels},
        {"text": "a pink cat with a red hat"},
        {"text": "white fur, red hat", "labels": {"fur": "pink fur"}},
    ):
        pictures = client.predict(**common, **asked)
        assert [pixels(path_of(picture)) for picture in pictures] == expected


def test_understand_tells_what_it_took_and_what_not(client: Client) -> None:
    answer = client.predict(text="pink cat with wings", model=DRAWER, api_name="/understand")
    assert answer["labels"] == {"fur": "pink fur"}
    [doubt] = answer["doubts"]
    assert (doubt["words"], doubt["problem"]) == ("wings", "unknown")
    assert "wings" in doubt["sentence"]


def test_vary_and_mix_start_from_saved_pictures(client: Client, site: Site) -> None:
    gan = site.editor(DRAWER)
    a, b = client.predict(count=2, seed=3, model=DRAWER, api_name="/sample")
    first, second = gan.sample(2, 3)
    like = client.predict(
        picture=handle_file(path_of(a)), count=3, seed=9, strength=0.5, model=DRAWER,
        api_name="/vary",
    )  # fmt: skip
    varied = gan.vary(first, 3, 9, 0.5)
    assert [gan.open_picture(path_of(picture)).latent for picture in like] == varied
    mixed = client.predict(
        base=handle_file(path_of(a)), other=handle_file(path_of(b)), take=["fine"], model=DRAWER,
        api_name="/mix",
    )  # fmt: skip
    assert gan.open_picture(path_of(mixed)).latent == gan.mix(first, second, "fine")
    moved = client.predict(
        picture=handle_file(path_of(mixed)), amounts={"component 1": 1.0}, model=DRAWER,
        api_name="/edit",
    )  # fmt: skip
    expected = gan.move(gan.mix(first, second, "fine"), {"component 1": 1.0})
    assert gan.edited(gan.open_picture(path_of(moved))) == expected


def test_vary_takes_any_picture_where_the_model_does(
    client: Client, editor: Editor, photo: Path
) -> None:
    [like] = client.predict(picture=handle_file(str(photo)), count=1, seed=4, api_name="/vary")
    latent = editor.encode(editor.fit(Image.open(photo)))
    assert editor.open_picture(path_of(like)).latent == editor.vary(latent, 1, 4)[0]


def test_interpolate_keeps_its_ends(client: Client, editor: Editor, photo: Path) -> None:
    [other] = client.predict(count=1, seed=3, api_name="/sample")
    steps = client.predict(
        picture_a=handle_file(str(photo)),
        picture_b=handle_file(path_of(other)),
        count=4,
        method="lerp",
        api_name="/interpolate",
    )
    [first] = editor.decode(editor.encode(editor.fit(Image.open(photo))))
    assert len(steps) == 4
    assert pixels(path_of(steps[0])) == first.tobytes()


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("/sample", {"count": 65}, "1 to 64"),
        ("/sample", {"model": "nobody"}, FIRST),
        ("/sample", {"seed": -1}, "seed"),
        ("/sample", {"seed": 1.5}, "whole number"),
        ("/sample", {"count": "3"}, "whole number"),
        ("/sample", {"labels": {"eyes": "none at all"}}, "eyes cannot be"),
        ("/sample", {"labels": ["eyes"]}, "names and words"),
        ("/sample", {"text": "a cat with zebra wings"}, 'does not know "zebra"'),
        ("/sample", {"text": 7}, "must be a text"),
        ("/understand", {"text": None}, "must be a text"),
        ("/vary", {"strength": 2}, "a strength is from 0 to 1"),
        ("/vary", {"count": 0}, "1 to 64"),
        ("/vary", {"model": DRAWER}, "only draws pictures"),
        ("/mix", {"take": ["fine"]}, "cannot take 'fine'"),
        ("/mix", {"take": "eyes"}, "list of words"),
        ("/mix", {"model": DRAWER}, "only draws pictures"),
        ("/reconstruct", {"model": DRAWER}, "only draws pictures"),
        ("/edit", {"amounts": {"wings": "far"}}, "numbers"),
        ("/edit", {"amounts": {}, "changes": "red"}, "names and words"),
        ("/edit", {"amounts": {}, "changes": {"wings": "red"}}, "wings"),
        ("/edit", {"amounts": {"wings": 1}}, "wings"),
        ("/interpolate", {"method": "teleport"}, "teleport"),
    ],
)
def test_mistakes_are_explained(
    client: Client, photo: Path, name: str, arguments: dict[str, Any], said: str
) -> None:
    file = handle_file(str(photo))
    pictures = {
        "/sample": {},
        "/understand": {},
        "/reconstruct": {"picture": file},
        "/vary": {"picture": file},
        "/mix": {"base": file, "other": file},
        "/edit": {"picture": file},
        "/interpolate": {"picture_a": file, "picture_b": file},
    }[name]
    with pytest.raises(Exception, match=said):
        client.predict(**pictures, **arguments, api_name=name)


def answered(site: Site, name: str, *data: Any) -> str:
    """What the plain HTTP way says of a call with these values: an event, and its data."""
    call = httpx.post(f"{site.url}/gradio_api/call/{name}", json={"data": data})
    number = call.json()["event_id"]
    return httpx.get(f"{site.url}/gradio_api/call/{name}/{number}", timeout=30).text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("understand", (), "text must be a text."),
        ("edit", (), "amounts must be an object of names and numbers"),
        ("edit", ({"path": 7}, {}), "No picture has arrived"),
        ("interpolate", (), "No picture has arrived"),
        ("mix", ([], []), "No picture has arrived"),
        ("edit", (None, None), "amounts must be an object of names and numbers"),
        ("edit", (None, [1]), "amounts must be an object of names and numbers"),
        ("edit", (None, {"a": None}), "'a' cannot be None"),
        ("edit", (None, {"a": True}), "'a' cannot be True"),
        ("edit", (None, {"a": "x" * 9999}), "cannot be 'xxx"),
        ("edit", (None, {}, {"a": 1}), "changes must be an object of names and words"),
        ("edit", (None, {}, None, 7), "model must be a text, not 7"),
        ("edit", (None, {}, None, "", ["a", 1]), "keep must be a text, not 1"),
        ("sample", ({"count": 3},), "count must be a whole number"),
        ("sample", (True,), "count must be a whole number, not True"),
        ("sample", (1.5,), "count must be a whole number, not 1.5"),
        ("sample", (1, 0, "hot"), "temperature must be a number, not 'hot'"),
        ("sample", (1, 0, [1]), "temperature must be a number"),
        ("sample", (1, 0, 1e308), "a temperature is from 0 to 10"),
        ("sample", (1, 0, 1, []), "model must be a text"),
        ("sample", (1, 0, 1, "", {}, "", {}, 7), "sample takes 7 values at most, not 8"),
        ("list_models", (1,), "list_models takes no values, not 1"),
        ("reconstruct", (None, "", "no"), "refine must be true or false, not 'no'"),
        ("vary", (None, "1"), "count must be a whole number, not '1'"),
        ("vary", (None, 1, 0, None, DRAWER), "only draws pictures"),
        ("reconstruct", ("https://example.org/a.png",), "fetches nothing from the network"),
        ("reconstruct", ({"path": "http://127.0.0.1:1/a.png"},), "fetches nothing"),
        ("reconstruct", ({"url": "data:image/png;base64,AA"},), "fetches nothing"),
        ("reconstruct", ("/etc/hostname",), "No picture has arrived"),
    ],
)
def test_wrong_and_missing_values_are_told_in_a_sentence(
    site: Site, client: Client, photo: Path, name: str, data: tuple[Any, ...], said: str
) -> None:
    if len(data) > 1 and data[0] is None:
        data = (sent_picture(site, photo), *data[1:])
    answer = answered(site, name, *data)
    assert "event: error" in answer and html.escape(said, quote=False) in answer


def sent_picture(site: Site, photo: Path) -> dict[str, Any]:
    """An uploaded picture as programs without gradio_client send it."""
    [path] = httpx.post(
        f"{site.url}/gradio_api/upload", files={"files": ("p.png", photo.read_bytes())}
    ).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_values_that_are_left_out_are_the_usual_ones(site: Site, photo: Path) -> None:
    picture = sent_picture(site, photo)
    for name, data in (
        ("sample", ()),
        ("sample", (None, None, None, None, None, None)),
        ("vary", (picture, 1)),
        ("reconstruct", (picture, None, 0)),
        ("edit", (picture, {})),
    ):
        assert "event: complete" in answered(site, name, *data), name


def test_events_of_the_page_that_lack_values_say_so(site: Site) -> None:
    config = httpx.get(f"{site.url}/config").json()
    event = next(d for d in config["dependencies"] if len(d["inputs"]) > 1 and d["backend_fn"])
    answer = httpx.post(
        f"{site.url}/gradio_api/run/predict",
        json={"data": [], "fn_index": event["id"], "session_hash": "x"},
    )
    assert "Load the page again" in answer.text or answer.status_code in (401, 403, 404)


def test_a_bad_picture_is_explained(client: Client, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnope")
    with pytest.raises(Exception, match="not a picture"):
        client.predict(picture=handle_file(str(tmp_path / "bad.png")), api_name="/reconstruct")


@pytest.mark.parametrize("secret", ["/etc/hostname", "/proc/self/environ"])
def test_forged_paths_are_refused(site: Site, client: Client, secret: str, photo: Path) -> None:
    forged = {"path": secret, "meta": {"_type": "gradio.FileData"}}
    for value in (forged, {"path": secret}, {"path": str(photo)}):
        call = httpx.post(f"{site.url}/gradio_api/call/reconstruct", json={"data": [value, ""]})
        said = httpx.get(
            f"{site.url}/gradio_api/call/reconstruct/{call.json()['event_id']}", timeout=20
        ).text
        assert "event: error" in said
        assert "psnr" not in said


def test_large_uploads_are_refused(site: Site) -> None:
    large = io.BytesIO(bytes(51_000_000))
    answer = httpx.post(
        f"{site.url}/gradio_api/upload", files={"files": ("large.png", large)}, timeout=60
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/docs", "/redoc", "/openapi.json", "/gradio_api/docs",
        "/monitoring", "/monitoring/summary", "/gradio_api/monitoring/summary",
        "/gradio_api/file=http://127.0.0.1:1/x.png", "/gradio_api/file=https:/example.org/x.png",
        "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=https://example.org/",
    ],
)  # fmt: skip
def test_nothing_is_shown_or_fetched_that_is_nobodys_business(site: Site, path: str) -> None:
    answer = httpx.get(site.url + path)
    assert answer.status_code in (401, 403, 404, 405), answer.text[:200]


def test_foreign_pages_get_no_answer(site: Site) -> None:
    foreign = httpx.get(f"{site.url}/config", headers={"Origin": "https://example.org"})
    own = httpx.get(f"{site.url}/config", headers={"Origin": site.url})
    assert "access-control-allow-origin" not in foreign.headers
    assert own.headers["access-control-allow-origin"] == site.url


def test_live_events_are_private(site: Site) -> None:
    config = httpx.get(f"{site.url}/config").json()
    public = [d["api_name"] for d in config["dependencies"] if d["api_visibility"] == "public"]
    assert sorted(public) == [
        "edit", "interpolate", "list_models", "mix", "reconstruct", "sample", "understand", "vary",
    ]  # fmt: skip
    live = [d for d in config["dependencies"] if d["trigger_mode"] == "always_last"]
    assert len(live) >= 4
    assert not any(component["type"] == "state" and "value" in component["props"]
                   for component in config["components"])  # fmt: skip
