"""Models that come while the page is open: found in the folder, chosen by a script, dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect

from genimg.models import build_model, save_model
from genimg.models.gan import GAN, GANConfig

from ..conftest import FIRST, REFUSED, SECOND, Site, Visitor
from .test_comfort import complaints
from .test_page import Visit

pytestmark = pytest.mark.browser

LATE = "late-comer"


@pytest.fixture
def late(site: Site) -> Iterator[str]:
    """A model that is put into the folder after the page was opened, with `add`."""
    path = site.folder / f"{LATE}.safetensors"
    yield LATE
    path.unlink(missing_ok=True)


def add(site: Site, name: str = LATE, seed: int = 8) -> Path:
    path = site.folder / f"{name}.safetensors"
    save_model(path, build_model("vae", (3, 16, 16), latent_dim=8, seed=seed), "vae", name=name)
    return path


def choose(visitor: Visitor, name: str) -> str:
    """Have the page's script choose a model; the picture with which that begins."""
    before = visitor.picture("#edited")
    visitor.page.evaluate("(name) => genimg.chooseModel(name)", name)
    return visitor.await_change("#edited", before)


def test_a_script_chooses_a_model_that_has_just_come(visit: Visit, site: Site, late: str) -> None:
    visitor = visit()
    page = visitor.page
    path = add(site)
    choose(visitor, late)
    expect(page.locator("#model input")).to_have_value(f"{late} · {late}")
    expect(page.locator("#footer")).to_contain_text(path.name)
    choose(visitor, FIRST)
    expect(page.locator("#footer")).to_contain_text(f"{FIRST}.safetensors")


def test_a_model_that_has_learned_more_under_its_name_is_opened_everywhere(
    visit: Visit, site: Site, late: str
) -> None:
    path = add(site)
    visitor = visit()
    page = visitor.page
    early = choose(visitor, late)
    visitor.open_tab("Generate")
    expect(page.locator("#samples img")).to_have_count(16)
    drawn = visitor.picture("#samples")
    save_model(path, build_model("vae", (3, 16, 16), latent_dim=8, seed=9), "vae", name=late)
    page.evaluate("(name) => genimg.chooseModel(name)", late)
    visitor.await_change("#samples", drawn)
    page.locator("#samples button").nth(1).click()
    page.click("#to-edit")
    visitor.await_change("#edited", early)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_the_card_is_renewed_with_the_file_and_else_left_alone(
    visit: Visit, site: Site, late: str
) -> None:
    visitor = visit()
    page = visitor.page
    page.locator("#footer details summary").first.click()
    path = add(site)
    page.evaluate("() => genimg.refreshModels()")
    page.locator("#model input").click()
    expect(page.get_by_role("option", name=late)).to_be_visible()  # which came with the card
    page.keyboard.press("Escape")
    visitor.await_frames()
    expect(page.locator("#footer details").first).to_have_attribute("open", "")
    choose(visitor, late)
    made = build_model("vae", (3, 16, 16), latent_dim=8, seed=9)
    save_model(path, made, "vae", name=late, extra={"trained": {"minutes": 77.0, "images": 4321}})
    page.evaluate("() => genimg.refreshModels()")
    expect(page.locator("#footer")).to_contain_text("77")


def test_after_a_model_that_cannot_be_opened_the_menu_names_the_one_that_is(
    visit: Visit, site: Site, late: str
) -> None:
    path = add(site, seed=10)  # one that was never loaded
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    path.write_bytes(path.read_bytes()[:-1000] + b"\xff" * 1000)  # no numbers
    page.evaluate("() => genimg.refreshModels()")
    page.click("#model input")
    page.get_by_role("option", name=late).click()
    expect(page.get_by_test_id("toast-body").first).to_contain_text(late)
    expect(page.locator("#model input")).to_have_value(re.compile(f" {FIRST}$"))
    expect(page.locator("#footer")).to_contain_text(f"{FIRST}.safetensors")
    assert visitor.picture("#edited") == before


def test_a_model_whose_file_is_gone_makes_room_for_another_and_its_steps_are_passed_over(
    visit: Visit, site: Site, late: str
) -> None:
    path = add(site)
    visitor = visit()
    page = visitor.page
    second = choose(visitor, late)
    page.click("#draw")
    third = visitor.await_change("#edited", second)
    path.unlink()
    page.evaluate("() => { genimg.refreshModels(); genimg.refreshModels(); }")
    expect(page.locator("#footer")).to_contain_text(f"{FIRST}.safetensors")
    expect(page.locator("#model input")).to_have_value(re.compile(f" {FIRST}$"))
    visitor.await_change("#edited", third)
    expect(page.get_by_test_id("toast-body").filter(has_text="no longer there")).to_be_visible()
    expect(page.get_by_test_id("toast-body").filter(has_text="list of choices")).to_have_count(0)
    here = page.evaluate("() => genimg.work.tree.current")
    page.click("#undo")  # to a step of the model that is gone, which cannot be done
    page.wait_for_function("(name) => genimg.work.gone.has(name)", arg=late)
    assert page.evaluate("() => genimg.work.tree.current") == here
    page.click("#undo")  # past both of its steps
    page.wait_for_function("(node) => genimg.work.tree.current !== node", arg=here)
    assert page.evaluate("() => genimg.work.tree.here.model") == FIRST
    expect(page.locator("#undo")).to_be_disabled()


def test_a_model_that_is_not_there_is_said(visit: Visit) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    visitor.page.evaluate("() => genimg.chooseModel('<b>gone</b>')")
    toast = visitor.page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("There is no model named '<b>gone</b>'")
    assert visitor.picture("#edited") == before


def test_the_menu_shows_a_model_that_came_meanwhile_and_keeps_the_chosen_one(
    visit: Visit, site: Site, late: str
) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    visitor.choose_model(1)
    shown = visitor.await_change("#edited", before)
    expect(page.locator("#footer")).to_contain_text(f"{SECOND}.safetensors")
    add(site)
    page.evaluate("() => { Date.now = () => performance.timeOrigin + performance.now() + 1e6; }")
    page.locator("#model input").click()
    expect(page.get_by_role("option", name=late)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#footer")).to_contain_text(f"{SECOND}.safetensors")
    assert visitor.picture("#edited") == shown


EVIL = '<img src=x onerror="window.harm=1"><script>window.harm=1</script>'


def evil_model(path: Path) -> Path:
    """A model that works, and has markup wherever it has words."""
    torch.manual_seed(6)
    factors = [{"name": EVIL, "values": [EVIL, f"{EVIL}2", f"{EVIL}3"]}]
    row = {"group": "named", "factor": EVIL, "std": 1.0, "reliability": 0.5}
    save_model(
        path,
        GAN(GANConfig((3, 16, 16), 8, widths=(4, 8), label_sizes=(3,))),
        "gan",
        name=EVIL,
        extra={
            "data": dict.fromkeys(("name", "title", "credit", "licence", "description"), EVIL)
            | {"factors": factors},
            "trained": {EVIL: EVIL, "compute": EVIL, "unfinished": 0.4},
            "metrics": {EVIL: EVIL, "samples": EVIL},
            "directions": tuple({**row, "name": f"{EVIL}{i}"} for i in range(2)),
        },
        tensors={"directions.vectors": torch.eye(8)[:2]},
    )
    return path


DROP = """([name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name));
  const event = new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true });
  document.querySelector('#edited').dispatchEvent(event);
}"""


def test_a_dropped_model_is_opened_and_puts_no_markup_into_the_page(
    visit: Visit, site: Site, late: str, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    data = evil_model(tmp_path / "evil.safetensors").read_bytes()
    page.evaluate(DROP, [f"{late}.safetensors", list(data)])
    visitor.await_change("#edited", before)
    expect(page.locator("#said")).to_contain_text("was added")
    card = page.locator("#footer .card")
    expect(card).to_contain_text(f"{late}.safetensors")
    expect(card).to_contain_text(f"Licence: {EVIL}")
    expect(card).to_contain_text("Still training: 40%")
    card.locator(".directions summary").click()
    expect(card.locator(".directions th[scope=row]").first).to_have_text(f"{EVIL}0")
    assert EVIL in visitor.slots()[0]
    page.locator("#model input").click()
    expect(page.get_by_role("option", name=late)).to_be_visible()
    page.keyboard.press("Escape")
    for tab in ("Generate", "Interpolate", "Edit"):
        visitor.open_tab(tab)
        assert page.locator("img[src=x]").count() == 0
    page.evaluate(DROP, ["twice.safetensors", list(data)])
    expect(page.locator("#said")).to_contain_text("was there already")
    assert page.evaluate("window.harm") is None
    assert not (site.folder / "twice.safetensors").exists()


def test_a_file_that_is_no_model_is_refused_on_the_page(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    visitor.forgive(f"{REFUSED}00")
    (tmp_path / "theirs.safetensors").write_bytes(b"\x80\x04\x95 a pickle")
    page.locator("#add-model").scroll_into_view_if_needed()
    with page.expect_file_chooser() as chooser:
        page.click("#add-model")
    chooser.value.set_files(str(tmp_path / "theirs.safetensors"))
    expect(page.locator("#said")).to_contain_text("theirs.safetensors was not added")
    assert visitor.picture("#edited") == before
    assert not list(site.folder.glob("theirs*")) and not list(site.folder.glob(".dropped*"))


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_the_card_fits_the_page(
    visit: Visit, site: Site, late: str, width: int, dark: bool
) -> None:
    evil_model(site.folder / f"{late}.safetensors")
    visitor = visit(width, 844)
    page = visitor.page
    page.add_style_tag(content="* { transition: none !important; }")
    if dark:
        page.click("#mode")
    before = visitor.picture("#edited")
    page.evaluate("(name) => genimg.chooseModel(name)", late)
    visitor.await_change("#edited", before)
    card = page.locator("#footer .card")
    card.locator(".directions summary").click()
    card.scroll_into_view_if_needed()
    sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1]
    inside = "(card) => [...card.querySelectorAll('*')].every((e) => e.scrollWidth <= innerWidth)"
    assert card.evaluate(inside)
    found = complaints(visitor)
    assert found == []


def test_what_gradio_shows_follows_what_the_page_has_opened(visit: Visit, photo: Path) -> None:
    visitor = visit()
    page = visitor.page
    start = visitor.picture("#edited")
    visitor.open_tab("Interpolate")
    expect(page.locator("#view-a")).to_contain_text("from Edit")
    visitor.open_tab("Edit")
    visitor.choose_model(2)  # one that only draws
    visitor.await_change("#edited", start)
    expect(page.locator("#upload")).to_be_hidden()
    page.evaluate("genimg.work.go([...genimg.work.tree.nodes.keys()][0])")
    visitor.await_picture("#edited", start)
    expect(page.locator("#footer")).to_contain_text(f"{FIRST}.safetensors")
    expect(page.locator("#upload")).to_be_visible()
    visitor.upload(photo)
    expect(page.locator("#upload img")).to_have_count(1)
    visitor.await_refined()
    page.locator("#examples button").nth(1).click()
    page.wait_for_function("() => genimg.work.tree.here.label === 'example 2'")
    expect(page.locator("#upload img")).to_have_count(0)
