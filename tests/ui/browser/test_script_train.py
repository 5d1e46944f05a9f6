"""The scripts of the Train tab that need no server: the curves and the timeline of a run."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from genimg.images import encode_png
from genimg.training.objectives import OBJECTIVES
from genimg.ui.shell.static import ROOT

from .test_script_history import fresh_page

pytestmark = pytest.mark.browser

_BODY = (
    '<div id="train-grid"><div id="line" class="line" style="width: 700px"></div>'
    '<div id="curves" style="width: 700px"></div></div>'
)
_MOUNT = """() => {
  window.moved = [];
  window.picked = [];
  window.line = new genimg.Timeline(document.getElementById('line'), (n) => moved.push(n));
  window.curves = new genimg.Curves(document.getElementById('curves'),
    (minute) => picked.push(minute));
  window.show = (frames) => line.set({
    frames, rows: ['real', 'made'], columns: 2, words: (n) => `after ${n} pictures`,
  });
}"""
COURSE = {
    "minutes": [1, 2, 3, 4],
    "held_out_psnr": [10, 20, None, 30],
    "held_out_loss": [4, 3, 2, 1],
    "loss": [4, 2, 1, 0.5],
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with fresh_page(browser, "train/timeline.js", "train/curves.js", body=_BODY) as page:
        page.evaluate(_MOUNT)
        yield page


def frames(*images: int) -> list[dict[str, object]]:
    """Sheets of one colour each, as the page is told of them."""
    told = []
    for count in images:
        data = encode_png(Image.new("RGB", (40, 40), (count % 256, 99, 99)))
        url = "data:image/png;base64," + base64.b64encode(data).decode()
        told.append({"images": count, "url": url})
    return told


def draw(page: Page, family: str, course: Mapping[str, object], minute: float | None) -> None:
    """The curves of a run of a family, as its server says what they are called."""
    graphs = OBJECTIVES[family].kind.to_mapping()["graphs"]
    run = {"graphs": graphs, "curves": course}
    page.evaluate("([run, minute]) => curves.set(run, minute)", [run, minute])


def shown(page: Page) -> str:
    return str(page.locator("#line .caption").text_content())


def test_curves_are_drawn_said_and_marked(page: Page) -> None:
    draw(page, "vae", COURSE, 2)
    likeness, error = page.locator(".graph").all()
    # A gap in the numbers is no gap in the line: it goes on from the last one that was measured.
    assert str(likeness.locator(".curve").get_attribute("d")).count("L") == 2
    said = likeness.locator("svg")
    expect(said).to_have_attribute(
        "aria-label",
        "Likeness of its copies over 4 minutes: likeness from 10 to 30; 20 at the moment that is "
        "shown.",
    )
    expect(likeness.locator(".now")).to_have_text("20")
    expect(error.locator(".curve")).to_have_count(2)
    expect(error.locator(".legend")).to_contain_text("on pictures it never saw")
    before = likeness.locator(".here").get_attribute("x1")
    draw(page, "vae", COURSE, 3)
    assert float(str(likeness.locator(".here").get_attribute("x1"))) > float(str(before))
    expect(likeness.locator(".now")).to_have_text("25")  # between those that were measured


def test_a_small_change_is_not_drawn_as_a_large_one(page: Page) -> None:
    course = {"minutes": [1, 2, 3], "held_out_psnr": [17.65, 17.71, 17.68]}
    draw(page, "vae", course, 2)
    likeness = page.locator(".graph", has_text="Likeness")
    marks = likeness.locator(".tick[text-anchor=end]").all_text_contents()
    assert len(set(marks)) == len(marks) >= 2, "two marks that look the same"
    assert float(marks[-1]) - float(marks[0]) > 0.15, "noise fills the graph"


def test_a_graph_without_numbers_takes_no_room(page: Page) -> None:
    draw(page, "gan", {"minutes": [1, 2], "held_out_diversity": [0.5, 1]}, 1)
    expect(page.locator(".graph:visible")).to_have_count(1)
    expect(page.locator(".graph:visible")).to_contain_text("Variety")
    draw(page, "gan", {}, None)
    expect(page.locator("#curves")).to_be_hidden()


def test_a_click_on_a_curve_is_that_minute(page: Page) -> None:
    draw(page, "vae", COURSE, 2)
    svg = page.locator(".graph svg").first
    here = page.locator(".graph .here").first
    svg.click(position={"x": float(str(here.get_attribute("x1"))), "y": 60})
    [minute] = page.evaluate("picked")
    assert minute == pytest.approx(2, abs=0.05)


def test_the_newest_sheet_is_followed_and_another_one_stays(page: Page) -> None:
    page.evaluate("show", frames(100, 200))
    assert shown(page) == "after 200 pictures"
    page.evaluate("show", frames(100, 200, 400))
    assert shown(page) == "after 400 pictures"
    slider = page.get_by_role("slider", name="Moment of the training")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert shown(page) == "after 200 pictures"
    page.evaluate("show", frames(100, 200, 400, 800))
    assert shown(page) == "after 200 pictures"
    expect(slider).to_have_attribute("aria-valuetext", "after 200 pictures")
    page.keyboard.press("End")
    assert shown(page) == "after 800 pictures"
    page.evaluate("show", frames(100, 200, 400, 800, 1600))
    assert shown(page) == "after 1600 pictures"
    assert page.evaluate("moved") == [200, 400, 200, 800, 1600]


def test_the_sheet_that_is_seen_is_the_one_that_is_said(page: Page) -> None:
    told = frames(100, 200, 300)
    page.evaluate("show", told)
    picture = page.locator("#line img")
    expect(picture).to_have_attribute("src", str(told[2]["url"]))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(picture).to_have_attribute("src", str(told[0]["url"]))
    expect(picture).to_have_attribute(
        "alt", "What the model makes of the same pictures, after 100 pictures"
    )
    page.evaluate("line.seek(260)")
    expect(picture).to_have_attribute("src", str(told[2]["url"]))
    page.evaluate("line.seek(240)")
    expect(picture).to_have_attribute("src", str(told[1]["url"]))


def test_play_goes_through_all_sheets_and_stops_at_the_end(page: Page) -> None:
    page.evaluate("show", frames(100, 200, 300))
    play = page.get_by_role("button", name="Play")
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert shown(page) == "after 100 pictures"
    expect(play).to_be_visible()
    assert page.evaluate("moved") == [300, 100, 200, 300]


def test_a_sheet_takes_its_room_before_it_has_arrived(page: Page) -> None:
    page.add_style_tag(path=ROOT / "train/train.css")
    never = [{"images": 1, "url": "data:image/png;base64,broken"}]
    page.evaluate("show", never)
    height = "document.getElementById('line').getBoundingClientRect().height"
    empty = page.evaluate(height)
    page.evaluate("(told) => { line.clear(); show(told); }", frames(7))
    expect(page.locator("#line img")).to_have_attribute("src", str(frames(7)[0]["url"]))
    assert page.evaluate(height) == empty > 100


def test_one_sheet_alone_has_no_slider_yet(page: Page) -> None:
    page.evaluate("show", frames(5))
    expect(page.get_by_role("slider", name="Moment of the training")).to_be_hidden()
    page.evaluate("show", frames(5, 6))
    expect(page.get_by_role("slider", name="Moment of the training")).to_be_visible()
    page.evaluate("line.clear()")
    expect(page.locator("#line")).to_be_hidden()
