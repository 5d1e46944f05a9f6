"""Numbers in a running app: sliders in units in a real browser, and what programs ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, expect

from genimg import Editor
from genimg.editor import Recipe
from genimg.latents import Direction, directions_to_header
from genimg.models import build_model, model_digest, round_weights, save_model

from ..conftest import Site
from .own_app import app_with, enter, leave
from .test_generate import draw, drawn, shown

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def people(numbered_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with one model, which tells ages and smiles."""
    with app_with({"people": numbered_path}, tmp_path_factory) as site:
        yield site


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An app with one model, whose 40 dimensions are sliders."""
    model = build_model("vae", (3, 16, 16), latent_dim=40, seed=3)
    round_weights(model, "vae")
    digest = model_digest(model)
    found = [
        Direction(f"dimension {i + 1}", axis, 1.0, "raw", 0.9, digest)
        for i, axis in enumerate(torch.eye(40))
    ]
    found.insert(0, replace(found[0], name="brightness", group="measured"))
    rows, tensors = directions_to_header(found)
    path = tmp_path_factory.mktemp("many") / "many.safetensors"
    save_model(path, model, "vae", name="many", extra={"directions": rows}, tensors=tensors)
    with app_with({"many": path}, tmp_path_factory) as site:
        yield site


def test_of_many_pages_of_one_group_the_first_leads_to_the_others(
    many: Site, browser: Browser
) -> None:
    visitor = enter(many, browser, 1280, 900)
    pages = visitor.page.locator("#group label")
    expect(pages).to_have_text(["Measured", "Raw 1", "Raw 2", "Raw 3"])
    expect(pages.nth(1)).to_be_visible()
    expect(pages.nth(3)).to_be_hidden()
    pages.nth(1).click()
    pages.nth(3).click()
    expect(visitor.page.locator("#slider-7 label")).to_contain_text("dimension 40")
    pages.nth(0).click()
    expect(pages.nth(2)).to_be_hidden()
    leave(visitor)


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_a_slider_speaks_in_units(
    people: Site, numbered_path: Path, browser: Browser, width: int, height: int
) -> None:
    visitor = enter(people, browser, width, height)
    page = visitor.page
    editor = Editor.load(numbered_path, "cpu")

    def shown() -> dict[str, float]:
        text = page.evaluate("window.genimg.work.scene.recipe")
        return editor.shown(Recipe.from_text(text))

    expect(page.locator("#slider-0 label")).to_have_text("age 20 to 75 years")
    expect(page.locator("#slider-1 label")).to_have_text("smile 0 to 1")
    track, number = (page.locator(f"#slider-0 input[type={kind}]") for kind in ("range", "number"))
    age = round(shown()["age"])
    assert 20 < age < 75
    expect(track).to_have_attribute("min", "20")
    expect(track).to_have_attribute("max", "75")
    expect(track).to_have_value(str(age))
    said = page.locator("#slider-0 .shows")
    expect(said).to_have_text(f"This picture shows about {age} years (± 4 years)")
    # A number that is typed is the one that the picture shows.
    number.fill("60")
    number.press("Enter")
    visitor.settle()
    assert shown()["age"] == pytest.approx(60, abs=0.01)
    expect(said).to_have_text("This picture shows about 60 years (± 4 years)")
    expect(track).to_have_js_property("ariaValueText", "60 years")
    expect(page.locator("#active")).to_contain_text(f"{60 - age:+d} years".replace("-", "−"))
    # Another slider drags it along, and its own place says so.
    page.locator("#slider-1 input[type=number]").fill("0.9")
    page.locator("#slider-1 input[type=number]").press("Enter")
    visitor.settle()
    dragged = shown()
    assert dragged["smile"] == pytest.approx(0.9, abs=0.001) and dragged["age"] > 61
    expect(number).to_have_value(str(round(dragged["age"])))
    # A lock keeps it, and its slider tells where.
    page.locator("#slider-0 .lock").click()
    visitor.settle()
    page.locator("#slider-1 input[type=number]").fill("0.2")
    page.locator("#slider-1 input[type=number]").press("Enter")
    visitor.settle()
    expect(track).to_be_disabled()
    expect(said).to_have_text(f"This picture shows about {round(dragged['age'])} years (± 4 years)")
    kept = shown()
    assert kept["age"] == pytest.approx(dragged["age"], abs=0.01)
    assert kept["smile"] == pytest.approx(0.2, abs=0.001)
    # A small picture goes to where it stands, and a number far beyond stretches the slider.
    page.locator("#slider-0 .lock").click()
    page.locator("#slider-0 .film button").first.click()
    visitor.settle()
    expect(number).to_have_value("20")
    number.fill("90")
    number.press("Enter")
    visitor.settle()
    expect(track).to_have_attribute("max", "90")
    page.locator("#slider-0 .zero").click()
    visitor.settle()
    assert "age" not in page.evaluate("window.genimg.work.scene.amounts")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    leave(visitor)


def test_new_pictures_are_asked_for_by_number(
    people: Site, numbered_path: Path, browser: Browser
) -> None:
    """Words fill the fields, a field that is changed wins over them, and one that cannot be says
    so.
    """
    visitor = enter(people, browser)
    page, editor = visitor.page, Editor.load(numbered_path, "cpu")
    visitor.open_tab("Generate")
    pictures = page.locator("#samples img")
    expect(pictures).to_have_count(16)
    fields = [page.locator(f"#number-{i} input") for i in range(2)]
    expect(page.locator("#number-0")).to_contain_text("Age (years)")
    expect(fields[0]).to_have_attribute("placeholder", "20 to 75")
    expect(page.locator("#number-2")).to_be_hidden()
    page.locator("#count input[type=number]").fill("2")
    page.locator("#describe textarea").fill("age 70")
    page.locator("#describe textarea").press("Enter")
    expect(fields[0]).to_have_value("70")
    expect(pictures).to_have_count(2)

    def brought(**numbers: float) -> list[bytes]:
        return drawn(editor, editor.with_numbers(editor.sample(2, seed=1), numbers))

    assert shown(visitor) == brought(age=70.0)
    fields[0].fill("30")
    fields[1].fill("0.75")
    draw(visitor)
    assert shown(visitor) == brought(age=30.0, smile=0.75)
    fields[0].fill("99")
    page.locator("#draw-grid").click()
    expect(page.get_by_text("Age: give a number from 20 to 75 years, or none.")).to_be_visible()
    assert shown(visitor) == brought(age=30.0, smile=0.75)
    visitor.heard.clear()
    leave(visitor)


def test_programs_ask_for_numbers(people: Site, numbered_path: Path, tmp_path: Path) -> None:
    editor = Editor.load(numbered_path, "cpu")
    start = tmp_path / "start.png"
    start.write_bytes(editor.save_picture(Recipe(editor.sample(1, seed=4)[0])))
    client = Client(people.url, verbose=False, analytics_enabled=False, download_files=tmp_path)
    try:
        [model] = client.predict(api_name="/list_models")
        told = {row["name"]: row["number"] for row in model["directions"]}
        assert told["age"] == {"unit": "years", "low": 20, "high": 75, "error": 4}
        assert told["red hat"] is None

        def edit(**words: object) -> str:
            answer = client.predict(
                picture=handle_file(str(start)), amounts={}, api_name="/edit", **words
            )
            return str(answer["path"] if isinstance(answer, dict) else answer)

        edited = editor.open_picture(edit(numbers={"age": 60}, keep=["smile"]))
        shown = editor.numbers(editor.edited(edited))
        assert shown["age"] == pytest.approx(60, abs=0.01)
        told = client.predict(text="age 60", api_name="/understand")
        assert told == {"labels": {}, "numbers": {"age": 60}, "doubts": []}
        [drawn] = client.predict(text="age 60", numbers={"smile": 0.9}, api_name="/sample")
        recipe = editor.open_picture(drawn["path"] if isinstance(drawn, dict) else drawn)
        assert editor.numbers(editor.edited(recipe)) == {
            "age": pytest.approx(60, abs=0.01), "smile": pytest.approx(0.9, abs=1e-3),
        }  # fmt: skip
        for wrong, words in (({"years": 60}, "it tells age, smile"), ({"age": "old"}, "numbers")):
            with pytest.raises(Exception, match=words):
                edit(numbers=wrong)
    finally:
        client.close()
