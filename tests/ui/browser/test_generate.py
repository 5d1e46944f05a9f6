"""The Generate tab in a real browser: wish, draw, choose, and go on from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from genimg import Editor, Latent
from genimg.editor import Recipe

from ..conftest import FIRST, Site, Visitor
from .test_page import Visit, opened, rgb

pytestmark = pytest.mark.browser


def shown(visitor: Visitor) -> list[bytes]:
    """The pixels of the pictures in the grid."""
    pictures = visitor.page.locator("#samples img").all()
    return [opened(picture.get_attribute("src") or "").tobytes() for picture in pictures]


def drawn(editor: Editor, latents: list[Latent]) -> list[bytes]:
    return [rgb(image) for image in editor.decode(*latents)]


def choose(visitor: Visitor, index: int) -> None:
    visitor.page.locator("#samples button").nth(index).click()
    name = visitor.page.locator("#samples button").nth(index).locator("span").inner_text()
    title = f"Seed {name}" if name.isdecimal() else name.capitalize()
    expect(visitor.page.locator("#chosen figcaption")).to_contain_text(title)


def pick(visitor: Visitor, menu: int, value: str) -> None:
    visitor.page.locator(f"#menu-{menu} input").click()
    visitor.page.get_by_role("option", name=value, exact=True).click()


def draw(visitor: Visitor, count: int | None = None) -> None:
    """Press Draw, and wait for a new grid."""
    if count is not None:
        visitor.page.locator("#count input[type=number]").fill(str(count))
    before = visitor.page.locator("#samples button").first.get_attribute("data-pick") or ""
    visitor.page.click("#draw-grid")
    await_grid(visitor, before)


def await_grid(visitor: Visitor, before: str) -> None:
    first = visitor.page.locator("#samples button").first
    expect(first).not_to_have_attribute("data-pick", before)


def save(visitor: Visitor, folder: Path) -> Path:
    with visitor.page.expect_download() as download:
        visitor.page.click("#save-drawn")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.fixture
def generate(visit: Visit) -> Visitor:
    """A visitor at the tab, with the grid that is drawn without being asked for."""
    visitor = visit()
    visitor.open_tab("Generate")
    expect(visitor.page.locator("#samples img")).to_have_count(16)
    return visitor


@pytest.fixture
def drawing(visit: Visit) -> Visitor:
    """A visitor who generates with the model that only draws."""
    visitor = visit()
    before = visitor.picture("#edited")
    visitor.choose_model(2)
    visitor.await_change("#edited", before)
    visitor.open_tab("Generate")
    expect(visitor.page.locator("#samples img")).to_have_count(16)
    return visitor


def test_from_seeds_to_edit(generate: Visitor, site: Site) -> None:
    editor, page = site.editor(), generate.page
    page.locator("#seed input").fill("40")
    draw(generate, 5)
    expect(page.locator("#samples img")).to_have_count(5)
    assert shown(generate) == drawn(editor, editor.sample(5, seed=40))
    choose(generate, 2)
    words = ", ".join(editor.labels(editor.sample(1, seed=42)[0]).values())
    expect(page.locator("#chosen")).to_contain_text(words)
    page.click("#reuse-seed")
    expect(page.locator("#seed input")).to_have_value("42")
    draw(generate)
    assert shown(generate) == drawn(editor, editor.sample(5, seed=42))
    page.click("#to-edit")
    expect(page.locator("#edit-grid")).to_be_visible()
    expect(page.locator("#edit-note")).to_contain_text("Sent from Generate: seed 42")
    [wanted] = editor.decode(*editor.sample(1, seed=42))
    assert opened(generate.picture("#edited")).tobytes() == rgb(wanted)


def test_variety_and_a_random_seed(generate: Visitor, site: Site) -> None:
    editor, page = site.editor(), generate.page
    page.locator("#temperature input[type=range]").fill("0.5")
    draw(generate, 3)
    assert shown(generate) == drawn(editor, editor.sample(3, 1, 0.5))
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.click("#random-seed")
    await_grid(generate, before)
    seed = int(page.input_value("#seed input"))
    assert seed != 1
    assert shown(generate) == drawn(editor, editor.sample(3, seed, 0.5))
    page.click("#back")
    expect(page.locator("#generate-note")).to_contain_text("Seeds 1 to 3")
    assert shown(generate) == drawn(editor, editor.sample(3, 1, 0.5))


def test_a_wish_in_words_sets_the_menus(generate: Visitor, site: Site) -> None:
    editor, page = site.editor(), generate.page
    page.fill("#describe textarea", "a blue cat with glases, red scarf")
    page.press("#describe textarea", "Enter")
    expect(page.locator("#understood")).to_contain_text('does not know "glases"; near it: glasses')
    expect(page.locator("#menu-0 input")).to_have_value("blue fur")
    expect(page.locator("#menu-4 input")).to_have_value("red scarf")
    expect(page.locator("#menu-2 input")).to_have_value("any")
    labels = {"fur colour": "blue fur", "accessory": "red scarf"}
    expect(page.locator("#chosen figcaption")).to_contain_text("Seed 1")
    assert shown(generate) == drawn(editor, editor.sample(16, 1, labels=labels))

    page.fill("#describe textarea", "a blue cat with glasses, red scarf")  # Draw will do as well
    draw(generate, 4)
    expect(page.locator("#menu-2 input")).to_have_value("glasses")
    expect(page.locator("#understood")).to_have_text("")
    labels["eyes"] = "glasses"
    assert shown(generate) == drawn(editor, editor.sample(4, 1, labels=labels))

    pick(generate, 0, "any")  # what is chosen by hand wins over what was described before
    draw(generate)
    del labels["fur colour"]
    assert shown(generate) == drawn(editor, editor.sample(4, 1, labels=labels))


def test_labels_from_menus_ride_along(generate: Visitor, site: Site, tmp_path: Path) -> None:
    editor = site.editor()
    factor, values = next(iter(editor.choices.items()))
    expect(generate.page.locator("#menu-0")).to_contain_text(factor.capitalize())
    pick(generate, 0, values[3])
    draw(generate, 2)
    assert shown(generate) == drawn(editor, editor.sample(2, 1, labels={factor: values[3]}))
    choose(generate, 1)
    recipe = editor.open_picture(save(generate, tmp_path))
    assert recipe.latent == editor.sample(1, 2, labels={factor: values[3]})[0]
    assert recipe.origin == f"seed 2, {values[3]}"


def test_more_like_this_and_back(generate: Visitor, site: Site, tmp_path: Path) -> None:
    editor, page = site.editor(), generate.page
    first = shown(generate)
    choose(generate, 4)
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.click("#more")
    await_grid(generate, before)
    expect(page.locator("#generate-note")).to_contain_text("More like seed 5")
    alike = shown(generate)
    assert len(alike) == 16 and alike[0] == first[4]
    assert len(set(alike)) > 10

    choose(generate, 3)
    expect(page.locator("#reuse-seed")).to_be_disabled()  # no seed draws a variation
    recipe = editor.open_picture(save(generate, tmp_path))
    assert drawn(editor, [recipe.latent]) == [alike[3]]
    page.click("#to-edit")
    expect(page.locator("#edit-note")).to_contain_text("like seed 5")
    assert opened(generate.picture("#edited")).tobytes() == alike[3]

    expect(page.locator("#tab-edit")).to_be_visible()  # it comes to the front last
    generate.open_tab("Generate")
    assert shown(generate) == alike, "what has been found is still there"
    page.click("#back")
    expect(page.locator("#generate-note")).to_contain_text("Seeds 1 to 16")
    assert shown(generate) == first
    expect(page.locator("#samples button").nth(4)).to_have_attribute("aria-pressed", "true")


def test_no_difference_at_all(generate: Visitor) -> None:
    page = generate.page
    page.locator("#strength input[type=range]").fill("0")
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.click("#more")
    await_grid(generate, before)
    assert len(set(shown(generate))) == 1


def test_fast_clicks_end_with_the_last_one(generate: Visitor, site: Site) -> None:
    editor, page = site.editor(), generate.page
    for index in (3, 9, 1, 12, 7):
        page.locator("#samples button").nth(index).click(no_wait_after=True)
    expect(page.locator("#chosen figcaption")).to_contain_text("Seed 8")
    page.click("#to-edit")
    expect(page.locator("#edit-note")).to_contain_text("seed 8")
    [wanted] = editor.decode(*editor.sample(1, seed=8))
    assert opened(generate.picture("#edited")).tobytes() == rgb(wanted)


@pytest.mark.parametrize("seed", ["", "-1", "99999999999"])
def test_a_seed_that_is_none_is_explained(generate: Visitor, seed: str) -> None:
    page = generate.page
    page.locator("#seed input").fill(seed)
    page.click("#draw-grid")
    expect(page.get_by_test_id("toast-body")).to_contain_text("Give a seed from 0 to")
    expect(page.locator("#samples img")).to_have_count(16)


def test_another_model_has_other_words(generate: Visitor, site: Site) -> None:
    page = generate.page
    page.fill("#describe textarea", "blue cat")
    page.press("#describe textarea", "Enter")
    expect(page.locator("#menu-0 input")).to_have_value("blue fur")
    generate.choose_model(1)
    other = site.editor("b-untrained")
    expect(page.locator("#describe")).to_be_hidden()
    expect(page.locator("#menu-0")).to_be_hidden()
    assert shown(generate) == drawn(other, other.sample(16, 1))
    generate.choose_model(2)
    expect(page.locator("#menu-0")).to_contain_text("Fur")
    expect(page.locator("#menu-0 input")).to_have_value("any")
    expect(page.locator("#menu-2")).to_be_hidden()
    expect(page.locator("#describe textarea")).to_have_value("")
    expect(page.locator("#back")).to_be_hidden()


# -- a model that only draws


def test_a_style_mix_and_on_to_edit(drawing: Visitor, site: Site, tmp_path: Path) -> None:
    editor, page = site.editor("c-tiny-gan"), drawing.page
    a, b = editor.sample(1, 2)[0], editor.sample(1, 4)[0]
    choose(drawing, 1)
    page.click("#as-coarse")
    expect(page.locator("#mix-parts img")).to_have_count(1)
    choose(drawing, 3)
    page.click("#as-fine")
    expect(page.locator("#chosen figcaption")).to_contain_text("Mix")
    assert shown(drawing)[0] == drawn(editor, [editor.mix(a, b)])[0]
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.locator("#cut label", has_text="fine").click()
    await_grid(drawing, before)
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.locator("#cut label", has_text="middle").click()
    await_grid(drawing, before)
    mixed = editor.mix(a, b, "fine")
    assert shown(drawing)[0] == drawn(editor, [mixed])[0]
    saved = save(drawing, tmp_path)
    recipe = editor.open_picture(saved)
    assert (recipe.latent, recipe.origin) == (mixed, "mix of seed 2 and seed 4")

    page.click("#to-edit")
    expect(page.locator("#edit-note")).to_contain_text("mix of seed 2 and seed 4")
    plain = drawing.picture("#edited")
    assert opened(plain).tobytes() == drawn(editor, [mixed])[0]
    expect(page.locator("#group label")).to_have_text(["Components"])
    drawing.set_slider(0, 3)
    edited = drawing.await_change("#edited", plain)
    moved = editor.move(mixed, {"component 1": 3.0})
    assert opened(edited).tobytes() == drawn(editor, [moved])[0]


def test_a_mix_of_labels(generate: Visitor, site: Site) -> None:
    editor, page = site.editor(), generate.page
    choose(generate, 1)
    page.click("#as-coarse")
    expect(page.locator("#mix-parts img")).to_have_count(1)
    choose(generate, 3)
    page.click("#as-fine")
    expect(page.locator("#chosen figcaption")).to_contain_text("Mix")
    a, b = editor.sample(1, 2)[0], editor.sample(1, 4)[0]
    assert shown(generate)[0] == drawn(editor, [editor.mix(a, b)])[0]
    assert page.locator("#cut label").all_inner_texts() == list(editor.mixable)
    ticked = list(editor.mixable[: -(-len(editor.mixable) // 2)])
    before = page.locator("#samples button").first.get_attribute("data-pick") or ""
    page.locator("#cut label", has_text=editor.mixable[-1]).click()
    await_grid(generate, before)
    mixed = editor.mix(a, b, [*ticked, editor.mixable[-1]])
    assert shown(generate)[0] == drawn(editor, [mixed])[0]


def test_edit_says_that_a_model_only_draws(visit: Visit, site: Site, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    expect(page.locator("#upload")).to_be_visible()
    visitor.choose_model(2)
    shown = visitor.await_change("#edited", before)
    editor = site.editor("c-tiny-gan")
    assert opened(shown).tobytes() == drawn(editor, editor.sample(1, 0))[0]
    expect(page.locator("#only-draws")).to_contain_text("This model only draws")
    expect(page.locator("#upload")).to_be_hidden()
    expect(page.locator("#crop")).to_be_hidden()
    expect(page.locator("#examples img")).to_have_count(7)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    page.click("#draw")
    drawn_one = visitor.await_change("#edited", shown)

    page.set_input_files("#upload input[type=file]", str(photo))  # as dropping it does
    expect(page.get_by_test_id("toast-body")).to_contain_text("only draws pictures")
    assert visitor.picture("#edited") == drawn_one
    visitor.choose_model(0)
    expect(page.locator("#upload")).to_be_visible()
    expect(page.locator("#only-draws")).to_have_text("")


def test_a_saved_picture_comes_back_to_a_model_that_only_draws(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    editor = site.editor("c-tiny-gan")
    mixed = editor.mix(*editor.sample(2, 8))
    (tmp_path / "mix.png").write_bytes(editor.save_picture(Recipe.of(mixed, {"component 1": 2.0})))
    visitor = visit()
    before = visitor.picture("#edited")
    visitor.upload(tmp_path / "mix.png")
    edited = visitor.await_change("#edited", before)
    expect(visitor.page.locator("#edit-note")).to_contain_text("with 1 edit")
    assert opened(edited).tobytes() == rgb(Image.open(tmp_path / "mix.png"))
    expect(visitor.page.locator("#only-draws")).to_contain_text("This model only draws")


def test_a_phone_reaches_everything(visit: Visit) -> None:
    visitor = visit(390, 844)
    page = visitor.page
    visitor.choose_model(2)
    expect(page.locator("#only-draws")).to_contain_text("only draws")
    visitor.open_tab("Generate")
    expect(page.locator("#samples img")).to_have_count(16)
    for place in ("#draw-grid", "#to-edit", "#more", "#to-b", "#save-drawn", "#as-fine"):
        page.locator(place).scroll_into_view_if_needed()
        box = page.locator(place).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["height"] >= 28
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_download_is_named_after_the_model_and_the_seed(
    generate: Visitor, tmp_path: Path
) -> None:
    assert save(generate, tmp_path).name == f"{FIRST}-1.png"
