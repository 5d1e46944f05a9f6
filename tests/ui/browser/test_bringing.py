"""A picture on its way into the page, in a real browser: odd names, no type, from elsewhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from genimg.images import data_uri

from ..conftest import CANVAS, UNTRUSTED, Site, Visitor
from .test_page import Visit

pytestmark = pytest.mark.browser

_DROP = """([place, files, texts]) => {
  const data = new DataTransfer();
  for (const [name, type, encoded] of files) {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  for (const [type, text] of Object.entries(texts)) data.setData(type, text);
  const target = document.querySelector(place);
  return ['dragenter', 'dragover', 'drop'].map((kind) => !target.dispatchEvent(
    new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data })));
}"""
"""What is dropped at a place: for each event, whether the page keeps the browser from it."""

ADDRESS = "https://elsewhere.example/cat.png"


def drop(
    visitor: Visitor, place: str, *files: tuple[str, str, bytes], **texts: str
) -> tuple[bool, bool]:
    """Whether the page has taken the drag, and the drop, upon itself."""
    encoded = [(name, kind, base64.b64encode(data).decode()) for name, kind, data in files]
    told = {kind.replace("_", "/").replace("uri/", "uri-"): text for kind, text in texts.items()}
    _, over, dropped = visitor.page.evaluate(_DROP, [place, encoded, told])
    return over, dropped


def must_show(visitor: Visitor, site: Site, path: Path) -> None:
    visitor.await_picture("#original", data_uri(site.editor().fit(Image.open(path))))
    visitor.await_refined()


def another(site: Site, folder: Path, seed: int) -> Path:
    """A picture that nobody has opened yet."""
    [image] = site.editor().decode(*site.editor().sample(1, seed=seed))
    path = folder / f"{seed}.png"
    image.resize((48, 32)).save(path)
    return path


@pytest.mark.parametrize("name", ["100%20 cats #1?.png", '"quoted" it\'s.png', "🐱 <b>&amp;.png"])
def test_names_of_any_kind_have_their_previews(visit: Visit, photo: Path, name: str) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    payload: FilePayload = {"name": name, "mimeType": "image/png", "buffer": photo.read_bytes()}
    page.set_input_files("#upload input[type=file]", payload)
    visitor.await_change("#edited", before)
    visitor.await_refined()
    page.locator("#crop summary").click()
    expect(page.locator("#cropper .gi-square")).to_be_visible()
    shown = "[...document.querySelectorAll('#upload img, #cropper img')].map((i) => i.naturalWidth)"
    assert page.evaluate(shown) == [90, 90]


def test_a_file_without_a_type_opens_wherever_it_is_dropped(
    visit: Visit, site: Site, photo: Path, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    for place, path in (("footer, #footer", photo), ("#upload button", another(site, tmp_path, 5))):
        assert drop(visitor, place, ("holiday", "", path.read_bytes())) == (True, True)
        must_show(visitor, site, path)
    third = another(site, tmp_path, 6)
    page.locator('#upload button[aria-label="Remove Image"]').click()
    typeless: FilePayload = {"name": "x", "mimeType": "", "buffer": third.read_bytes()}
    page.set_input_files("#upload input[type=file]", typeless)
    must_show(visitor, site, third)
    assert drop(visitor, "#pool", ("notes.txt", "text/plain", b"no picture")) == (True, True)
    expect(page.locator("#said")).to_have_text("notes.txt is no picture.")
    visitor.open_tab("Generate")
    drop(visitor, "#samples", ("again.png", "image/png", photo.read_bytes()))
    expect(page.locator(CANVAS)).to_be_visible()  # it is opened where pictures are edited
    must_show(visitor, site, photo)


def test_a_picture_from_another_page_opens_or_it_is_said_what_to_do(
    visit: Visit, site: Site, photo: Path, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    before = visitor.picture("#edited")
    for place in ("body", "#upload", "#pool", "#history", "#model"):
        page.evaluate("document.getElementById('said').textContent = ''")
        html = f'<meta charset="utf-8"><img src="{ADDRESS}" alt="A cat">'
        assert drop(visitor, place, text_html=html, text_uri_list=ADDRESS) == (True, True)
        expect(page.locator("#said")).to_contain_text("“Copy image”")
    assert visitor.picture("#edited") == before
    inside = f"data:image/png;base64,{base64.b64encode(photo.read_bytes()).decode()}"
    assert drop(visitor, "#upload", text_html=f"<img src='{inside}'>") == (True, True)
    must_show(visitor, site, photo)
    other = another(site, tmp_path, 7)
    page.route("**/own.png", lambda route: route.fulfill(path=other, content_type="image/png"))
    drop(visitor, "body", text_uri_list=f"{site.url}/own.png")
    must_show(visitor, site, other)
    page.locator("#history input[type=search]").wait_for()
    search = "#history input[type=search]"
    assert drop(visitor, search, text_plain="words for a field") == (False, False)
    visitor.open_tab("Train")
    assert drop(visitor, "#train-grid", text_uri_list=ADDRESS) == (True, True)
    assert drop(visitor, "#tabs", ("cat.png", "image/png", photo.read_bytes())) == (True, True)
    expect(page.locator("#said")).to_contain_text("New model")


def test_over_plain_http_it_is_said_that_the_camera_needs_https(visit: Visit, site: Site) -> None:
    plain = site.url.replace("127.0.0.1", UNTRUSTED)
    visitor = visit(address=plain)
    page = visitor.page
    assert not page.evaluate("isSecureContext")
    sources = page.locator("#upload [data-testid=source-select] button")
    sources.nth(1).click()
    expect(page.locator("#said")).to_contain_text("the camera only over https")
    sources.nth(2).click()
    expect(page.locator("#said")).to_contain_text("Press Ctrl V")
    page.click("#copy")
    expect(page.locator("#said")).to_contain_text("only over https")
