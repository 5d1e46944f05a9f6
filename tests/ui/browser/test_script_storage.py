"""storage.js: what is kept in the browser, in a real one with its real storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ..conftest import chromium
from .test_script_history import HOME, import_modules, serve_modules

pytestmark = pytest.mark.browser

SCRIPTS = ("edit/history/tree.js", "edit/history/storage.js")
_OPEN = """async (options) => {
  window.shelf = await genimg.Storage.open(options ?? {});
  window.tree = shelf.tree;
  const labels = [...tree.nodes.values()].map((node) => node.label).join(' ');
  return { kept: shelf.kept, labels, current: tree.here?.label ?? null };
}"""
_ADD = "(label) => tree.add({ recipe: `recipe of ${label}`, label }).id"
_MANY = """(count) => {
  for (let i = 0; i < count; i++) tree.add({ recipe: `${i}`, label: `${i}` });
  return shelf.flush();
}"""
_STORED = """() => new Promise((done) => {
  const request = indexedDB.open('genimg');
  request.onsuccess = () => {
    const all = request.result.transaction('steps').objectStore('steps').getAll();
    all.onsuccess = () => {
      request.result.close();
      done(all.result.map((node) => node.label).sort().join(' '));
    };
  };
})"""


def visit(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(HOME)
    import_modules(page, *SCRIPTS)
    return page


@pytest.fixture
def home(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody's browser: what is kept here is there for each of its tabs, and for nobody else."""
    context = browser.new_context()
    serve_modules(context, "<!doctype html>")
    complaints: list[str] = []
    context.on("weberror", lambda problem: complaints.append(str(problem.error)))
    yield context
    context.close()
    assert complaints == []


def visit_with_room(context: BrowserContext, most: int) -> Page:
    """A page that the browser lets keep so many bytes; it remembers for a while what is free."""
    page = visit(context)
    session = context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": HOME[:-1], "quotaSize": most})
    page.evaluate(_OPEN)
    return page


def reopened(page: Page, **options: Any) -> dict[str, Any]:
    page.goto(HOME)
    import_modules(page, *SCRIPTS)
    return dict(page.evaluate(_OPEN, options))


def test_what_was_done_is_there_after_a_reload(home: BrowserContext) -> None:
    page = visit(home)
    assert page.evaluate(_OPEN) == {"kept": True, "labels": "", "current": None}
    for label in "abc":
        page.evaluate(_ADD, label)
    page.evaluate("() => { tree.undo(); tree.star(tree.current); }")
    for _ in range(100):  # it is written by itself, and soon
        if page.evaluate(_STORED) == "a b c":
            break
    assert reopened(page) == {"kept": True, "labels": "a b c", "current": "b"}
    assert page.evaluate("() => tree.here.star && tree.canUndo && tree.canRedo")
    page.evaluate("() => { tree.remove(tree.current); return shelf.flush(); }")
    assert reopened(page)["labels"] == "a c"
    ties = "() => [...tree.nodes.values()].map((node) => node.parents.length)"
    assert page.evaluate(ties) == [0, 1], "c hangs on a now, also in what is kept"


def test_each_tab_is_where_it_was_and_a_new_one_where_somebody_was_last(
    home: BrowserContext,
) -> None:
    one, other = visit(home), visit(home)
    one.evaluate(_OPEN)
    one.evaluate(_ADD, "a")
    one.evaluate("() => shelf.flush()")
    assert other.evaluate(_OPEN)["current"] == "a"
    for page, label in ((one, "b"), (other, "c")):
        page.evaluate(_ADD, label)
        page.evaluate("() => shelf.flush()")
    assert reopened(one) == {"kept": True, "labels": "a b c", "current": "b"}
    assert reopened(other)["current"] == "c"
    assert visit(home).evaluate(_OPEN)["current"] == "c", "written last"


def test_only_what_changed_is_written(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate(_OPEN)
    page.evaluate(
        "() => { for (let i = 0; i < 100; i++) tree.add({ recipe: `${i}`, label: `${i}` }); }"
    )
    page.evaluate("() => shelf.flush()")
    written = page.evaluate("""async () => {
      const written = [], put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (value, ...key) {
        if (this.name === 'steps') written.push(value.label);
        return put.call(this, value, ...key);
      };
      for (const label of ['x', 'y']) tree.star(tree.add({ recipe: label, label }).id);
      tree.remove(tree.record({ recipe: 'z', label: 'z' }).id);
      await shelf.flush();
      tree.undo();
      await shelf.flush();
      return written;
    }""")
    assert written == ["x", "y"], "each once, though each was changed twice"


def test_a_place_that_keeps_nothing_still_works(browser: Browser) -> None:
    # A page of no origin: here the browser refuses IndexedDB and sessionStorage alike.
    context = browser.new_context()
    serve_modules(context, "<!doctype html>", policy="sandbox allow-scripts")
    page = visit(context)
    assert page.evaluate(_OPEN) == {"kept": False, "labels": "", "current": None}
    page.evaluate(_ADD, "a")
    page.evaluate(_ADD, "b")
    assert page.evaluate("async () => { await shelf.flush(); return tree.undo().label; }") == "a"
    assert page.evaluate("async () => { await shelf.clear(); return tree.size; }") == 0
    context.close()


def test_when_there_is_no_room_the_oldest_go_and_the_rest_is_kept(home: BrowserContext) -> None:
    page = visit_with_room(home, 400_000)
    result = page.evaluate("""async () => {
      let lost = false;
      shelf.onlost = () => { lost = true; };
      for (let i = 0; i < 40; i++) {
        const noise = Array.from(crypto.getRandomValues(new Uint8Array(30000)), (b) => b % 10);
        tree.add({ recipe: noise.join(''), label: String(i).padStart(2, '0') });
        await shelf.flush();
      }
      return { lost, kept: shelf.kept, size: tree.size, here: tree.here.label };
    }""")
    assert result["here"] == "39" and result["size"] >= 1
    # How soon Chromium sees the new room is its own matter; where it does not, that is said.
    assert result["lost"] == (not result["kept"])
    if result["kept"]:
        assert result["size"] < 40
        again = reopened(page)
        assert again["current"] == "39" and len(again["labels"].split()) == result["size"]


_CROWDED = """(most) => {
  const { put, delete: drop } = IDBObjectStore.prototype, sizes = new Map();
  IDBObjectStore.prototype.put = function (value, ...key) {
    if (this.name !== 'steps') return put.call(this, value, ...key);
    const others = [...sizes].reduce((sum, [id, size]) => sum + (id === value.id ? 0 : size), 0);
    if (others + value.recipe.length > most) throw new DOMException('full', 'QuotaExceededError');
    sizes.set(value.id, value.recipe.length);
    return put.call(this, value, ...key);
  };
  IDBObjectStore.prototype.delete = function (id) { sizes.delete(id); return drop.call(this, id); };
}"""
"""A browser that keeps so many characters of recipes, and sees at once what has become free."""


def test_where_new_room_is_seen_at_once_only_what_is_oldest_goes(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate(_OPEN)
    page.evaluate(_CROWDED, 10_000)
    result = page.evaluate("""async () => {
      let lost = false;
      shelf.onlost = () => { lost = true; };
      for (let i = 0; i < 40; i++) {
        tree.add({ recipe: String(i).padEnd(1000, 'x'), label: String(i).padStart(2, '0') });
        await shelf.flush();
      }
      return { lost, kept: shelf.kept, labels: [...tree.nodes.values()].map((node) => node.label) };
    }""")
    assert not result["lost"] and result["kept"]
    assert 7 <= len(result["labels"]) <= 10, "no more were forgotten than had to be"
    count = len(result["labels"])
    newest = [f"{i:02}" for i in range(40)][1 - count :]
    assert sorted(result["labels"]) == ["00", *newest], "the start stays"
    again = reopened(page)
    assert again["current"] == "39" and sorted(again["labels"].split()) == sorted(result["labels"])


def test_when_nothing_can_go_it_is_said_and_the_work_goes_on(home: BrowserContext) -> None:
    page = visit_with_room(home, 200_000)
    page.evaluate(_ADD, "small")
    page.evaluate("() => shelf.flush()")
    result = page.evaluate("""async () => {
      let lost = 0;
      shelf.onlost = () => { lost += 1; };
      tree.star(tree.current);
      const noise = Array.from({ length: 20 }, () => crypto.getRandomValues(new Uint8Array(60000)));
      tree.add({ recipe: noise.join(), label: 'huge', star: true });
      await shelf.flush();
      tree.add({ recipe: 'y', label: 'after' });
      await shelf.flush();
      return [lost, shelf.kept, [...tree.nodes.values()].map((node) => node.label).join(' ')];
    }""")
    assert result == [1, False, "small huge after"]
    assert "small" in page.evaluate(_STORED), "what had been kept stays"
    assert page.evaluate("async () => { await shelf.clear(); return shelf.kept; }")
    assert page.evaluate(_STORED) == ""


def test_damaged_entries_are_skipped(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate(_OPEN)
    page.evaluate(_ADD, "good")
    page.evaluate("""async () => {
      await shelf.flush();
      const request = indexedDB.open('genimg');
      await new Promise((done) => { request.onsuccess = done; });
      const write = request.result.transaction(['steps', 'about'], 'readwrite');
      const bad = [{ id: 'x' }, { id: 7, recipe: 'r' }, { id: 'y', recipe: {}, parents: 3 }];
      for (const entry of bad) write.objectStore('steps').put(entry);
      write.objectStore('about').put({ not: 'an id' }, 'current');
      await new Promise((done) => { write.oncomplete = done; });
      request.result.close();
      sessionStorage.clear();
    }""")
    assert reopened(page) == {"kept": True, "labels": "good", "current": "good"}


def test_what_a_later_genimg_has_kept_is_left_alone(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate("""() => new Promise((done) => {
      const request = indexedDB.open('genimg', 99);
      request.onupgradeneeded = () => request.result.createObjectStore('steps', { keyPath: 'id' });
      request.onsuccess = () => {
        const write = request.result.transaction('steps', 'readwrite');
        write.objectStore('steps').put({ id: 'later', label: 'later' });
        write.oncomplete = () => { request.result.close(); done(); };
      };
    })""")
    assert page.evaluate(_OPEN)["kept"] is False
    page.evaluate(_ADD, "a")
    page.evaluate("async () => { await shelf.flush(); await shelf.clear(); }")
    assert page.evaluate(_STORED) == "later"


def test_clear_forgets_everything_that_is_kept(home: BrowserContext) -> None:
    page, other = visit(home), visit(home)
    for one in (page, other):
        one.evaluate(_OPEN)
        one.evaluate(_ADD, "a")
        one.evaluate("() => shelf.flush()")
    page.evaluate(_ADD, "b")
    page.evaluate("() => shelf.clear()")
    assert page.evaluate(_STORED) == ""
    page.evaluate(_ADD, "anew")
    assert reopened(page) == {"kept": True, "labels": "anew", "current": "anew"}


def test_limits_hold_for_what_many_tabs_have_put_there(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate(_OPEN)
    page.evaluate(
        "() => { for (let i = 0; i < 9; i++) tree.add({ recipe: `${i}`, label: `${i}` }); }"
    )
    assert reopened(page, limit=4)["labels"] == "0 6 7 8"
    page.evaluate("() => shelf.flush()")
    assert page.evaluate(_STORED) == "0 6 7 8"


def test_a_node_that_cannot_be_copied_is_kept_as_far_as_it_is_data(home: BrowserContext) -> None:
    page = visit(home)
    page.evaluate(_OPEN)
    page.evaluate(
        "() => { tree.add({ recipe: 'r', label: 'odd', call: () => 1 }); return shelf.flush(); }"
    )
    assert reopened(page) == {"kept": True, "labels": "odd", "current": "odd"}


def test_the_storage_survives_the_browser(browser: Browser, tmp_path: Path) -> None:
    kind = browser.browser_type
    for expected in ("", "a"):
        context = kind.launch_persistent_context(
            tmp_path, executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        serve_modules(context, "<!doctype html>")
        page = visit(context)
        assert page.evaluate(_OPEN)["labels"] == expected
        page.evaluate(_ADD, "a")
        page.evaluate("() => shelf.flush()")
        context.close()
