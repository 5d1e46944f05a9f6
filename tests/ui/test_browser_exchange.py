"""Exchanging what a picture shows, in a real browser: a red hat for a blue bow."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import Site
from .test_browser import Visit, opened, save

pytestmark = pytest.mark.browser


def test_exchange_save_and_come_back(visit: Visit, site: Site, tmp_path: Path) -> None:
    editor = site.editor()
    visitor = visit()
    page = visitor.page
    plain = visitor.picture("#edited")
    group = page.locator("#group label input:checked").locator("..").inner_text()
    [factor] = [name for name in editor.factors if name.capitalize() == group]
    shown = page.input_value("#exchange input")
    assert shown in editor.factors[factor]
    other = next(value for value in editor.factors[factor] if value != shown)

    page.locator("#exchange input").click()
    page.get_by_role("option", name=other, exact=True).click()
    exchanged = visitor.await_change("#edited", plain)
    expect(page.locator("#active")).to_contain_text(f"{factor} {other}")
    name = visitor.slots()[0]
    visitor.set_slider(0, 1)
    edited = visitor.await_change("#edited", exchanged)

    recipe = editor.open_picture(save(visitor, tmp_path))
    assert editor.labels(recipe.latent)[factor] == shown
    assert (recipe.changes, recipe.amounts) == ({factor: other}, {name: 1.0})
    assert opened(edited).tobytes() == editor.decode(editor.edited(recipe))[0].tobytes()
    assert opened(exchanged).tobytes() == (
        editor.decode(editor.change(recipe.latent, {factor: other}))[0].tobytes()
    )

    later = visit()
    later.upload(next(tmp_path.glob("*.png")))
    expect(later.page.locator("#edit-note")).to_contain_text("with 2 edits")
    assert later.picture("#edited") == edited
    expect(later.page.locator("#exchange input")).to_have_value(other)
    later.page.locator("#active button", has_text=other).click()  # the chip takes it back
    expect(later.page.locator("#exchange input")).to_have_value(shown)
    later.page.click("#reset-all")
    expect(later.page.locator("#edited img")).to_have_attribute("src", plain)


def test_only_named_values_can_be_exchanged(visit: Visit) -> None:
    visitor = visit()
    expect(visitor.page.locator("#exchange")).to_be_visible()
    visitor.page.locator("#group label").last.click()  # raw dimensions
    expect(visitor.page.locator("#exchange")).to_be_hidden()
