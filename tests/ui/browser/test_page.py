"""The page in a real browser, as a person meets it: models, tabs, files, phones."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from genimg.editor import Recipe

from ..conftest import CANVAS, FIRST, SECOND, Site, Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def opened(address: str) -> Image.Image:
    """The picture in a data: URI; a canvas has no grey ones, and says that all is opaque."""
    image = Image.open(io.BytesIO(base64.b64decode(address.split(",", 1)[1])))
    return image.convert("RGB")


def rgb(image: Image.Image) -> bytes:
    """What `opened(...).tobytes()` is of this picture."""
    return image.convert("RGB").tobytes()


def save(visitor: Visitor, folder: Path) -> Path:
    with visitor.page.expect_download() as download:
        visitor.page.click("#save")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_bad_upload_is_explained_and_the_session_lives_on(
    visit: Visit, photo: Path, tmp_path: Path
) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    (tmp_path / "holiday.png").write_bytes(b"\x89PNG\r\n\x1a\nnope")
    visitor.upload(tmp_path / "holiday.png")
    toast = visitor.page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("'holiday.png' is not a picture that can be read")
    assert str(visitor.site.temporary) not in toast.inner_text()
    expect(visitor.page.locator("#upload img")).to_have_count(0)
    assert visitor.picture("#edited") == before
    visitor.upload(photo)
    visitor.await_change("#edited", before)


def test_a_picture_of_another_model_switches_to_it(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    other = site.editor(SECOND)
    [latent] = other.sample(1, seed=4)
    amounts = {other.directions[0].name: 1.0} if other.directions else {}
    (tmp_path / "other.png").write_bytes(
        other.save_picture(Recipe.of(latent, amounts, origin="seed 4"))
    )
    visitor = visit()
    visitor.upload(tmp_path / "other.png")
    expect(visitor.page.locator("#edit-note")).to_contain_text("now chosen")
    expect(visitor.page.locator("#footer")).to_contain_text(f"{SECOND}.safetensors")
    visitor.settle()
    assert opened(visitor.picture("#edited")).tobytes() == rgb(other.decode(latent)[0])
    visitor.open_tab("Generate")
    expect(visitor.page.locator("#samples img")).to_have_count(16)
    first = other.decode(*other.sample(1, seed=1))[0]
    assert opened(visitor.picture("#samples")).tobytes() == rgb(first)


def test_a_damaged_recipe_is_said_and_opened_as_a_picture(
    visit: Visit, site: Site, tmp_path: Path
) -> None:
    from genimg.images import encode_png

    editor = site.editor()
    [image] = editor.decode(*editor.sample(1, seed=8))
    (tmp_path / "damaged.png").write_bytes(encode_png(image, {"genimg": '{"format_version": 1}'}))
    visitor = visit()
    before = visitor.picture("#edited")
    visitor.upload(tmp_path / "damaged.png")
    expect(visitor.page.get_by_test_id("toast-body")).to_contain_text("opened as a plain picture")
    visitor.await_change("#edited", before)
    expect(visitor.page.locator("#edit-note")).to_contain_text("dB")


def test_the_model_menu_starts_anew_with_the_chosen_model(visit: Visit) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    expect(visitor.page.locator("#footer")).to_contain_text("CC BY 4.0")
    expect(visitor.page.locator("#footer")).to_contain_text("damaged")  # the bad file is named
    visitor.page.locator("#model input").click()
    visitor.page.get_by_role("option").nth(1).click()
    visitor.await_change("#edited", before)
    expect(visitor.page.locator("#footer")).to_contain_text(f"{SECOND}.safetensors")
    visitor.settle()
    levels = opened(visitor.picture("#edited")).split()
    assert levels[0].tobytes() == levels[1].tobytes()  # this model knows no colours


def test_walk_from_a_to_b_and_keep_it(visit: Visit, site: Site, tmp_path: Path) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    visitor.open_tab("Generate")
    page.locator("#samples button").nth(1).click()
    page.click("#to-b")
    expect(page.locator("#view-b")).to_contain_text("seed 2")
    expect(page.locator("#walk-strip img")).to_have_count(9)  # an A has been drawn, too
    visitor.await_frames()
    page.locator("#seed-a textarea, #seed-a input").fill("9")
    page.locator("#seed-a textarea, #seed-a input").press("Enter")
    expect(page.locator("#view-a")).to_contain_text("seed 9")
    a, b = (editor.sample(1, seed=seed)[0] for seed in (9, 2))

    half = visitor.picture("#between")
    assert opened(half).tobytes() == editor.decode(editor.between(a, b, 0.5))[0].tobytes()
    page.locator("#position input[type=range]").fill("0.25")
    quarter = visitor.await_change("#between", half)
    eased = 3 * 0.25**2 - 2 * 0.25**3
    assert opened(quarter).tobytes() == editor.decode(editor.between(a, b, eased))[0].tobytes()
    page.locator("#method label", has_text="Straight").click()
    straight = visitor.await_change("#between", quarter)
    expected = editor.decode(editor.between(a, b, eased, "lerp"))[0]
    assert opened(straight).tobytes() == expected.tobytes()
    page.locator("#position input[type=range]").fill("1")
    expect(page.locator("#between img")).to_have_attribute("src", visitor.picture("#view-b"))

    page.locator("#frames input[type=number]").fill("12")
    for format in ("WebP", "GIF"):
        page.locator("#format label", has_text=format).click()
        page.click("#export")
        link = page.locator("#film-link")
        expect(link).to_contain_text(format.upper())
        with page.expect_download() as download:
            link.click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        film = Image.open(path)
        assert path.name == f"{FIRST}-walk.{format.lower()}"
        assert film.format == format.upper()
        assert film.size == (64, 64)  # 4 x 16
        assert film.n_frames == 22  # 12 there, and the 10 between on the way back


def test_two_visitors_do_not_mix(visit: Visit) -> None:
    one, two = visit(), visit()
    plain = one.picture("#edited")
    assert two.picture("#edited") == plain
    one.set_slider(0, 3)
    edited = one.await_change("#edited", plain)
    two.set_slider(1, -3)
    other = two.await_change("#edited", plain)
    assert edited != other
    two.page.click("#reset-all")
    two.await_picture("#edited", plain)
    assert one.picture("#edited") == edited
    expect(one.page.locator("#active")).to_contain_text("+3.0")


@pytest.mark.parametrize("tab", ["Edit", "Generate", "Interpolate"])
def test_a_phone_shows_everything_without_scrolling_sideways(visit: Visit, tab: str) -> None:
    visitor = visit(390, 844)
    visitor.open_tab(tab)
    places = {"Edit": CANVAS, "Generate": "#samples img", "Interpolate": "#between img"}
    expect(visitor.page.locator(places[tab]).first).to_be_visible()
    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390


def test_on_a_phone_the_picture_stays_in_view_while_one_slides(visit: Visit) -> None:
    visitor = visit(390, 844)
    visitor.page.evaluate("document.querySelector('#slider-0').scrollIntoView()")
    visitor.page.mouse.move(195, 700)
    visitor.page.mouse.wheel(0, 120)
    expect(visitor.page.locator(CANVAS)).to_be_in_viewport()
    expect(visitor.page.locator("#model")).not_to_be_in_viewport()


def test_pasting_a_picture_opens_it(visit: Visit, site: Site, photo: Path) -> None:
    visitor = visit()
    before = visitor.picture("#edited")
    encoded = base64.b64encode(photo.read_bytes()).decode("ascii")
    visitor.page.evaluate(
        """(encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
          document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
        }""",
        encoded,
    )
    visitor.await_change("#edited", before)
    seen = site.editor().fit(Image.open(photo))
    assert opened(visitor.picture("#original")).tobytes() == rgb(seen)


def test_light_and_dark(visit: Visit) -> None:
    visitor = visit()
    ground = "getComputedStyle(document.body).getPropertyValue('--body-background-fill')"
    light = visitor.page.evaluate(ground)
    visitor.page.click("#mode")
    assert visitor.page.evaluate(ground) != light
    visitor.page.reload()
    expect(visitor.page.locator(CANVAS)).to_be_visible()
    assert visitor.page.evaluate(ground) != light  # the choice is remembered
