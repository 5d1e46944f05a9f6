"""history/panel.js: the tree as it is seen and handled, with mouse, finger and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .test_script_history import fresh_page

pytestmark = pytest.mark.browser

SCRIPTS = ("edit/history/tree.js", "edit/history/panel.js")
_BODY = '<p style="height: 1200px"></p><div id="steps"></div><p style="height: 1200px"></p>'
# A line a - b - c - d, a branch b - e - f, another start u - v, and m, made from v and d.
_GROW = """(options) => {
  window.tree = new genimg.Tree();
  window.asked = [];
  const grow = (label, ...parents) => tree.add({
    recipe: `recipe of ${label}`, label, model: 'cats-64-vae', time: Date.now() - 120000,
    thumb: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>',
  }, { parents: parents.map((parent) => parent.id) });
  const a = grow('a'), b = grow('b', a), c = grow('c', b), d = grow('d', c);
  const e = grow('e', b), f = grow('f', e), u = grow('u'), v = grow('v', u), m = grow('m', v, d);
  tree.go(c.id);
  const ask = (name) => (what) => asked.push([name, [what ?? []].flat()
    .map((id) => tree.get(id)?.label ?? '?').join('')]);
  window.panel = new genimg.HistoryPanel(document.getElementById('steps'), tree, {
    onGo: (id) => { ask('go')(id); tree.go(id); }, onCross: ask('cross'), onSave: ask('save'),
    onDownloadAll: () => asked.push(['all', '']),
    onClear: () => { asked.push(['clear', '']); tree.clear(); }, ...options,
  });
}"""
_CONTRAST = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((part) => {
      const level = part / 255;
      return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const below = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$|transparent/.test(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const poor = [];
  const own = ({ childNodes }) =>
    [...childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  for (const element of document.querySelectorAll('.contain *')) {
    if (!own(element) || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.disabled) continue;
    const [one, other] = [getComputedStyle(element).color, below(element)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${element.textContent.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
"""Texts that are hard to read: less than 4.5 to 1 (WCAG 2.2, 1.4.3), without disabled buttons."""

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    with ExitStack() as stack:

        def enter(options: str = "{}", **more: Any) -> Page:
            page = stack.enter_context(fresh_page(browser, *SCRIPTS, body=_BODY, **more))
            page.evaluate(f"() => ({_GROW})({options})")
            return page

        yield enter


def step(page: Page, label: str) -> Locator:
    return page.locator(f'.gi-step[aria-label="{label}"], .gi-step[aria-label^="{label}, "]')


def press(page: Page, name: str) -> None:
    page.locator("#steps").get_by_role("button", name=name, exact=True).click()


def asked(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate("() => asked.splice(0)")
    return found


def frames(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def test_undo_and_redo_ask_for_the_neighbour(opened: Open) -> None:
    page = opened()
    press(page, "Undo")
    press(page, "Undo")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    press(page, "Redo")
    press(page, "Redo")
    press(page, "Redo")
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_disabled()
    assert asked(page) == [["go", "b"], ["go", "a"], ["go", "b"], ["go", "c"], ["go", "d"]]
    expect(step(page, "d")).to_have_attribute("aria-current", "step")
    expect(page.locator('.gi-step[aria-current="step"]')).to_have_count(1)


def test_a_page_may_undo_in_its_own_way(opened: Open) -> None:
    page = opened(
        "{ onUndo: () => asked.push(['mine', '']), can: (way) => way === 'undo' || undefined }"
    )
    page.evaluate("() => tree.go([...tree.nodes.keys()][0])")
    frames(page)
    press(page, "Undo")  # though the tree itself goes no further
    press(page, "Redo")
    assert asked(page) == [["mine", ""], ["go", "b"]]


def test_a_click_tells_and_a_second_one_opens(opened: Open) -> None:
    page = opened()
    step(page, "f").click()
    assert asked(page) == []
    expect(page.locator(".gi-words b")).to_have_text("f")
    expect(page.locator(".gi-words small")).to_have_text("cats-64-vae · 2 min ago")
    step(page, "f").click()
    assert asked(page) == [["go", "f"]]
    expect(page.locator(".gi-words small")).to_contain_text("shown now")
    step(page, "e").click()
    press(page, "Open")
    step(page, "v").dblclick()
    assert asked(page) == [["go", "e"], ["go", "v"]]


def test_hovering_tells_until_something_is_chosen(opened: Open) -> None:
    page = opened()
    page.locator("#steps").scroll_into_view_if_needed()
    step(page, "u").hover()
    expect(page.locator(".gi-words b")).to_have_text("u")
    step(page, "e").click()
    step(page, "m").hover()
    expect(page.locator(".gi-words b")).to_have_text("e")
    page.keyboard.press("Escape")
    expect(page.locator(".gi-words b")).to_have_text("m")
    page.mouse.move(1, 1)
    expect(page.locator(".gi-words b")).to_have_text("c")


def test_star_cross_and_download_are_of_the_chosen_one(opened: Open) -> None:
    page = opened()
    expect(page.get_by_role("button", name="Cross with current")).to_be_disabled()
    step(page, "f").click()
    press(page, "Cross with current")
    press(page, "Download")
    press(page, "Star")
    assert asked(page) == [["cross", "f"], ["save", "f"]]
    expect(step(page, "f")).to_have_attribute("aria-label", "f, starred")
    expect(page.get_by_role("button", name="Star", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    press(page, "Star")
    expect(step(page, "f")).to_have_attribute("aria-label", "f")


def test_a_deletion_can_be_taken_back(opened: Open) -> None:
    page = opened()
    step(page, "b").click()
    height = page.locator("#steps").bounding_box()
    press(page, "Delete")
    expect(step(page, "b")).to_have_count(0)
    expect(page.locator(".gi-foot [role=status]")).to_have_text("Deleted “b”.")
    assert page.locator("#steps").bounding_box() == height, "nothing jumps"
    assert asked(page) == [], "what is shown is still there"
    press(page, "Undo the deletion")
    expect(step(page, "b")).to_be_focused()
    assert page.evaluate("() => tree.size") == 9
    expect(page.get_by_role("button", name="Undo the deletion")).to_be_hidden()


def test_when_the_shown_one_is_deleted_its_parent_is_asked_for(opened: Open) -> None:
    page = opened()
    press(page, "Delete")
    press(page, "Undo the deletion")
    assert asked(page) == [["go", "b"], ["go", "c"]]
    page.evaluate("() => { for (const id of [...tree.nodes.keys()].slice(1)) tree.remove(id); }")
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    step(page, "a").focus()
    page.keyboard.press("Delete")
    assert page.evaluate("() => tree.size") == 1, "the last one is what the page shows"


def test_the_offer_goes_by_itself_but_not_under_a_hand(opened: Open) -> None:
    page = opened()
    page.clock.install()
    step(page, "f").click()
    press(page, "Delete")
    back = page.get_by_role("button", name="Undo the deletion")
    page.clock.run_for(60_000)
    expect(back).to_be_visible()  # it has the focus, and the mouse
    step(page, "e").focus()
    expect(back).to_be_hidden()
    step(page, "e").press("Delete")
    page.mouse.move(1, 1)
    expect(back).to_be_visible()
    page.clock.run_for(8_000)
    expect(back).to_be_hidden()


def test_the_graph_is_walked_with_the_arrow_keys(opened: Open) -> None:
    page = opened()
    page.get_by_role("button", name="Clear", exact=True).focus()
    page.keyboard.press("Tab")
    expect(step(page, "c")).to_be_focused()  # one stop: the current one
    way = [("ArrowRight", "d"), ("ArrowRight", "m"), ("ArrowLeft", "v"), ("ArrowUp", "e")]
    way += [("ArrowLeft", "b"), ("ArrowLeft", "a"), ("ArrowLeft", "a"), ("ArrowDown", "e")]
    way += [("ArrowDown", "v"), ("ArrowLeft", "u")]
    for key, label in way:
        page.keyboard.press(key)
        focused = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
        assert focused.split(",")[0] == label, key
    page.keyboard.press("s")
    expect(step(page, "u")).to_have_attribute("aria-label", "u, starred")
    page.keyboard.press("Enter")
    assert asked(page) == [["go", "u"]]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(step(page, "v")).to_have_count(0)
    expect(step(page, "u")).to_be_focused()
    page.keyboard.press("Tab")
    inside = "() => document.activeElement.closest('.gi-graph') === null"
    assert page.evaluate(inside), "the graph is left with one key"


def test_keys_of_the_graph_are_not_those_of_the_page(opened: Open) -> None:
    page = opened()
    page.evaluate("() => { window.heard = []; document.onkeydown = ({ key }) => heard.push(key); }")
    step(page, "c").focus()
    for key in ("s", "ArrowLeft", "Delete", "Escape", "d", "Control+s"):
        page.keyboard.press(key)
    assert page.evaluate("() => heard") == ["d", "Control", "s"]


def test_a_search_dims_the_rest_and_says_how_many(opened: Open) -> None:
    page = opened()
    field = page.get_by_role("searchbox", name="Find a step")
    field.fill("F")
    expect(page.locator(".gi-found")).to_have_text("1 of 9")
    page.evaluate("() => { tree.update(tree.current, { label: 'fur' }); }")
    frames(page)
    expect(page.locator(".gi-found")).to_have_text("2 of 9")
    assert page.locator(".gi-found").get_attribute("role") == "status"
    expect(page.locator(".gi-step.dim")).to_have_count(7)
    press(page, "Download 2")
    assert asked(page) == [["save", "furf"]]
    field.press("Enter")
    expect(step(page, "f")).to_be_focused()
    field.press("Escape")
    expect(page.locator(".gi-step.dim")).to_have_count(0)
    expect(page.locator(".gi-found")).to_have_text("")
    page.evaluate("() => tree.star(tree.current)")
    press(page, "★ Starred")
    expect(page.locator(".gi-step.dim")).to_have_count(8)
    press(page, "★ Starred")
    press(page, "Download all")
    assert asked(page) == [["all", ""]]


def test_clear_asks_first(opened: Open) -> None:
    page = opened()
    press(page, "Clear")
    expect(page.get_by_text("Forget all 9 steps?")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Forget all 9 steps?")).to_be_hidden()
    expect(page.get_by_role("button", name="Clear", exact=True)).to_be_focused()
    press(page, "Clear")
    press(page, "Keep")
    assert asked(page) == []
    press(page, "Clear")
    press(page, "Clear")
    assert asked(page) == [["clear", ""]]
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    expect(page.locator(".gi-step")).to_have_count(0)
    page.evaluate("() => { tree.add({ recipe: 'r' }); }")
    expect(step(page, "Start")).to_be_visible()


def test_only_what_changed_is_drawn_anew(opened: Open) -> None:
    page = opened()
    counts = page.evaluate("""async () => {
      tree.limit = 400;
      const ids = [...tree.nodes.keys()];
      for (let i = 0; i < 291; i++) {
        tree.record({ recipe: `${i}`, label: `step ${i}` }, { parents: [ids[i % 9]] });
      }
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      await frame();
      const seen = { boxes: 0, images: 0, words: 0 };
      new MutationObserver((changes) => {
        for (const { type, target, attributeName } of changes) {
          if (type === 'childList' && target.className === 'gi-paper') seen.boxes += 1;
          if (attributeName === 'src') seen.images += 1;
          if (attributeName === 'aria-label') seen.words += 1;
        }
      }).observe(document.querySelector('.gi-paper'), {
        subtree: true, childList: true, attributes: true,
      });
      const steps = [];
      for (const deed of [
        () => tree.add({ recipe: 'new', label: 'new' }), () => tree.star(ids[0]),
        () => tree.undo(), () => tree.remove(ids[5]),
      ]) {
        Object.assign(seen, { boxes: 0, images: 0, words: 0 });
        deed();
        await frame();
        await frame();
        steps.push({ ...seen });
      }
      return steps;
    }""")
    none = {"boxes": 0, "images": 0, "words": 0}
    assert counts[0] == {"boxes": 1, "images": 0, "words": 2}, "the new one, and the one before"
    assert counts[1] == {**none, "words": 1}
    assert counts[2] == {**none, "words": 2}
    assert counts[3]["boxes"] == 1 and counts[3]["images"] == 0


def test_it_neither_scrolls_the_page_nor_takes_the_focus(opened: Open) -> None:
    page = opened(width=390)
    page.evaluate("() => { for (let i = 0; i < 40; i++) tree.add({ recipe: `${i}` }); }")
    frames(page)
    at = page.evaluate("""() => {
      const [graph, here] = ['.gi-graph', '[aria-current]'].map((one) =>
        document.querySelector(one).getBoundingClientRect());
      return { page: scrollY, focus: document.activeElement.tagName,
        seen: here.left >= graph.left && here.right <= graph.right
          && here.top >= graph.top && here.bottom <= graph.bottom };
    }""")
    assert at == {"page": 0, "focus": "BODY", "seen": True}
    page.evaluate("() => { document.getElementById('steps').hidden = true; tree.undo(); }")
    frames(page)
    page.evaluate("() => { document.getElementById('steps').hidden = false; }")
    page.locator(".gi-graph").scroll_into_view_if_needed()
    expect(page.locator("[aria-current]")).to_be_in_viewport()


def test_names_are_text_and_nothing_else(opened: Open) -> None:
    page = opened()
    bad = '<img src=x onerror="window.broken = 1">'
    page.evaluate("(label) => { tree.add({ recipe: 'r', label, model: label }); }", bad)
    expect(page.locator(".gi-words b")).to_have_text(bad)
    page.locator(".gi-step[aria-current]").press("Delete")
    expect(page.locator(".gi-foot [role=status]")).to_have_text(f"Deleted “{bad}”.")
    assert page.evaluate("() => window.broken === undefined")


def test_a_sentence_can_be_put_below(opened: Open) -> None:
    page = opened()
    page.evaluate("() => panel.say('This browser does not keep the steps.')")
    expect(page.get_by_text("does not keep")).to_be_visible()
    page.evaluate("() => panel.say('')")
    expect(page.get_by_text("does not keep")).to_be_hidden()


@pytest.mark.parametrize("mode", ["", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_read_and_touched(opened: Open, width: int, mode: str) -> None:
    page = opened(width=width, mode=mode)
    step(page, "f").click()
    press(page, "Star")
    press(page, "★ Starred")
    press(page, "Clear")
    page.evaluate("() => panel.say('A sentence.')")
    assert page.evaluate(_CONTRAST) == []
    sizes = page.evaluate("""() => [...document.querySelectorAll('#steps button, #steps input')]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }))
      .map((one) => one.getBoundingClientRect()).map((box) => Math.min(box.width, box.height))""")
    assert len(sizes) > 15 and min(sizes) >= 32
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    page.evaluate("() => tree.clear()")
    frames(page)
    assert page.evaluate(_CONTRAST) == []
