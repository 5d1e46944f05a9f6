"""history.js: the tree of steps, asked in the browser that it is written for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page

from genimg.latents import Latent
from genimg.latents.recipe import Moves, Recipe
from genimg.ui.theme import ASSETS, theme

pytestmark = pytest.mark.browser

STYLES = ("style.css", "history.css")
_PAGE = """<!doctype html><meta name=viewport content="width=device-width">
<style>{css}
  body {{ margin: 0; background: var(--body-background-fill); color: var(--body-text-color); }}
</style><body class="{mode}">
<div class="gradio-container"><div class="contain">{body}</div></div>"""


@contextmanager
def fresh_page(
    browser: Browser, *scripts: str, body: str = "", width: int = 1280, mode: str = "", **more: Any
) -> Iterator[Page]:
    """A page with these scripts and the page's styles; no error may have come up at the end."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, reduced_motion="reduce", **more
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    css = theme()._get_theme_css() + "".join((ASSETS / name).read_text() for name in STYLES)
    page.set_content(_PAGE.format(css=css, body=body, mode=mode))
    for script in ("dom.js", *scripts):
        page.add_script_tag(path=ASSETS / script)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with fresh_page(browser, "history.js") as page:
        page.add_script_tag(content=_HELP)
        yield page


_HELP = """
const recipeOf = (i) => JSON.stringify({ origin: `sample, seed ${i}`, moves: [], changes: {} });
const plant = (tree, ...lines) => { // "c<a,b": a node c made from a and b; "a": a start
  const ids = {};
  for (const line of lines) {
    const [name, from = ''] = line.split('<');
    const parents = from.split(',').filter(Boolean).map((one) => ids[one]);
    ids[name] = tree.add({ recipe: recipeOf(name), label: name }, { parents }).id;
  }
  return ids;
};
const labels = (tree, ids) => ids.map((id) => tree.get(id).label).join(' ');
const shape = (tree) => Object.fromEntries(
  [...tree.nodes.values()].map((node) => [node.label, labels(tree, node.parents)]));
"""

# Random work on a tree beside a plain list of what must be there; every step is checked.
_RANDOM_WORK = """([seed, steps]) => {
  let state = seed;
  const random = (n) => { state = (state * 1103515245 + 12345) % 2147483648; return state % n; };
  const tree = new genimg.Tree({ limit: 1e9, bytes: 1e12 });
  const expected = new Map(); // id -> parents
  const mirror = new Map(); // what a listener believes
  let told = null;
  tree.listen(({ put, removed, current }) => {
    for (const node of put) mirror.set(node.id, node);
    for (const id of removed) mirror.delete(id);
    told = current;
  });
  const fail = (words) => { throw new Error(`${words} (seed ${seed})`); };
  const any = () => [...expected.keys()][random(expected.size)];
  const frozen = () => JSON.stringify([[...tree.nodes.values()], tree.current]);
  const around = (ids, id, parents) =>
    [...new Set(ids.flatMap((one) => (one === id ? parents : [one])))];
  const done = {};

  function check() {
    if (tree.size !== expected.size) fail('a node was lost');
    for (const [id, parents] of expected) {
      if (!tree.has(id)) fail('a node was lost');
      if (String(tree.get(id).parents) !== String(parents)) fail('tied otherwise');
      if (tree.ancestors(id).has(id)) fail('a circle');
    }
    if (expected.size && !tree.has(tree.current)) fail('nothing is current');
    if (JSON.stringify([...mirror.keys()].sort()) !== JSON.stringify([...expected.keys()].sort())
      || [...mirror].some(([id, node]) => tree.get(id) !== node)) fail('a change was not told');
    if (told !== tree.current) fail('the current one was not told');
    const weights = [...tree.nodes.values()].map((node) => JSON.stringify(node).length);
    const weight = weights.reduce((sum, one) => sum + one, 0);
    if (weight !== tree.weight) fail('counted wrongly');
    drawn();
  }
  function drawn() {
    const { places, edges, columns, lanes } = tree.layout();
    const taken = new Map([...places].map(([id, { column, lane }]) => [`${column} ${lane}`, id]));
    if (places.size !== tree.size || taken.size !== tree.size) fail('two at one place');
    for (const { column, lane } of places.values()) {
      if (column < 0 || column >= columns || lane < 0 || lane >= lanes) fail('outside');
    }
    let ties = 0;
    for (const [id, { column, lane }] of places) {
      const parents = tree.get(id).parents;
      ties += parents.length;
      for (const parent of parents) if (places.get(parent).column >= column) fail('time runs back');
      if (!parents.length && column !== 0) fail('a start is not at the left');
      if (!parents.length) continue;
      const first = places.get(parents[0]);
      const eldest = tree.children(parents[0], false)[0] === id;
      if (eldest ? lane !== first.lane : lane <= first.lane) fail('in a wrong lane');
      for (let c = first.column + 1; c < column; c++) {
        if (taken.has(`${c} ${lane}`)) fail('a line runs through a picture');
      }
    }
    if (edges.length !== ties) fail('lines are missing');
    if (edges.filter((edge) => !edge.second).length
      !== [...expected.values()].filter((parents) => parents.length).length) fail('first lines');
  }

  for (let step = 0; step < steps; step++) {
    const kind = expected.size < 3 ? 0 : random(11);
    done[kind] = (done[kind] ?? 0) + 1;
    if (kind <= 2) { // a step from here, or a new start
      const parents = expected.size && random(12) ? [tree.current] : [];
      const node = tree.add({ recipe: recipeOf(step), label: `${step}` }, { parents });
      if (tree.current !== node.id) fail('not entered');
      expected.set(node.id, parents);
    } else if (kind === 3) { // a mix, by the way
      const parents = [...new Set([any(), any()])];
      const before = tree.current;
      const node = tree.record({ recipe: recipeOf(step) }, { parents });
      if (tree.current !== before) fail('entered');
      expected.set(node.id, parents);
    } else if (kind === 4) { // undo and redo are each other's opposite, however deep
      const way = [];
      for (let i = random(6); i >= 0 && tree.canUndo; i--) { way.push(tree.current); tree.undo(); }
      if (random(3)) {
        while (way.length) if (tree.redo()?.id !== way.pop()) fail('redo is not the way back');
      }
    } else if (kind === 5) {
      if (tree.canRedo) {
        const before = tree.current;
        tree.redo();
        if (tree.undo()?.id !== before) fail('undo is not the way back');
        tree.redo();
      }
    } else if (kind === 6) tree.go(any());
    else if (kind === 7) tree.star(any());
    else if (kind === 8) tree.update(any(), { thumb: `data:image/png;base64,${step}`, note: 'n' });
    else { // out with one; sometimes it comes back, with everything as it was
      const id = any();
      const before = frozen();
      const parents = expected.get(id);
      tree.remove(id);
      if (tree.has(id)) fail('still there');
      if (random(2)) {
        if (tree.restore()?.id !== id || frozen() !== before) fail('not restored as it was');
        if (tree.restore() !== null) fail('restored twice');
      } else {
        expected.delete(id);
        for (const [one, ties] of expected) expected.set(one, around(ties, id, parents));
      }
    }
    if (step % 7 === 0 || kind > 8) check();
  }
  check();
  // What was kept and read again is the same tree, drawn in the same way.
  const nodes = [...tree.nodes.values()].map((node, i) => ({ ...node, time: i }));
  const again = new genimg.Tree({ nodes: nodes.reverse(), current: tree.current });
  const drawing = (one) => JSON.stringify([...one.layout().places].sort());
  if (drawing(again) !== drawing(tree)) fail('drawn otherwise when read again');
  return { size: tree.size, kinds: Object.keys(done).length };
}"""


@pytest.mark.parametrize("seed", range(1, 9))
def test_whatever_is_done_nothing_is_lost_and_nothing_overlaps(page: Page, seed: int) -> None:
    result = page.evaluate(_RANDOM_WORK, [seed * 7919, 700])
    assert result["kinds"] == 9 + 2 and result["size"] > 50


def test_an_undone_step_becomes_a_branch(page: Page) -> None:
    told = page.evaluate("""() => {
      const tree = new genimg.Tree(), told = [];
      tree.onchange = (change) => told.push([change.put.length, change.removed.length]);
      const ids = plant(tree, 'a', 'b<a', 'c<b');
      tree.undo(); tree.undo();
      plant(tree, 'd');
      tree.go(ids.a);
      const kept = tree.add({ recipe: recipeOf('e'), label: 'e' });
      return { shape: shape(tree), ahead: tree.get(tree.ahead(ids.a)).label,
        left: (tree.go(ids.c), tree.go(ids.a), tree.redo().label), told,
        label: kept.label };
    }""")
    assert told["shape"] == {"a": "", "b": "a", "c": "b", "d": "", "e": "a"}
    assert told["ahead"] == "e", "somebody is there now"
    assert told["left"] == "b", "towards c, where somebody was last"
    assert told["told"][:5] == [[1, 0], [1, 0], [1, 0], [0, 0], [0, 0]]


def test_what_is_there_already_is_not_made_twice(page: Page) -> None:
    result = page.evaluate("""() => {
      const tree = new genimg.Tree();
      const { a, b } = plant(tree, 'a', 'b<a');
      const same = { recipe: recipeOf('b') };
      const found = [tree.add(same), tree.add(same, { parents: [a] }), tree.record(same)];
      const size = tree.size;
      const start = tree.add(same, { parents: [] }); // the same picture, begun anew
      return [found.every((node) => node.id === b), size, start.parents.length, tree.size];
    }""")
    assert result == [True, 2, 0, 3]


def test_a_step_without_a_recipe_is_an_error_of_the_page(page: Page) -> None:
    assert page.evaluate("""() => {
      const tree = new genimg.Tree();
      try { tree.add({ label: 'x' }); } catch (error) { return [error.name, tree.size]; }
    }""") == ["TypeError", 0]


def test_damaged_storage_is_read_as_far_as_it_goes(page: Page) -> None:
    assert page.evaluate("""() => {
      const r = 'x';
      const tree = new genimg.Tree({ current: 'gone', nodes: [
        null, 7, 'text', [], {}, { id: 'no recipe' }, { id: 5, recipe: r }, { recipe: r },
        { id: 'a', recipe: r, time: 1, parents: ['c', 'a', 'unknown', 4, null], star: 'y', own: 8 },
        { id: 'b', recipe: r, time: 2, parents: ['a', 'a'], thumb: 'https://elsewhere/x.png' },
        { id: 'c', recipe: r, time: 3, parents: ['b'], label: { text: 1 }, original: '//there' },
        { id: 'd', recipe: r, time: 'soon', parents: 'a' },
      ] });
      const { a, b, c, d } = Object.fromEntries(tree.nodes);
      return { order: [...tree.nodes.keys()].join(''), current: tree.current,
        ties: [a, b, c, d].map((node) => node.parents.join('')), own: a.own, star: a.star,
        outside: [b.thumb, c.original, c.label], odd: [
          new genimg.Tree({ nodes: 'x' }).size, new genimg.Tree().current, tree.undo() !== null,
          tree.go('x'), tree.remove('x'), tree.star('x'), tree.restore(), tree.ahead('x'),
          tree.lineage('x').steps.length, tree.layout().lanes] };
    }""") == {
        "order": "dabc", "current": "c", "ties": ["c", "a", "", ""], "own": 8, "star": False,
        "outside": ["", None, ""],
        "odd": [0, None, False, None, None, None, None, None, 0, 2],
    }  # fmt: skip


def test_the_oldest_that_nobody_needs_go_first(page: Page) -> None:
    result = page.evaluate("""() => {
      const tree = new genimg.Tree({ limit: 6 }), mirror = new Map();
      tree.listen(({ put, removed }) => {
        for (const node of put) mirror.set(node.id, node);
        for (const id of removed) mirror.delete(id);
      });
      const ids = plant(tree, 'a', 'b<a', 'c<a', 'd<b', 'e<d');
      tree.star(ids.c); // the branch beside the way to the current one
      const more = plant(tree, 'u', 'v<u');
      tree.go(more.v);
      const steps = [Object.keys(shape(tree)).join('')];
      for (const name of ['w', 'x', 'y', 'z']) {
        tree.add({ recipe: recipeOf(name), label: name });
        steps.push(Object.keys(shape(tree)).join(''));
      }
      tree.prune({ limit: 1 });
      const told = [...mirror].every(([id, node]) => tree.get(id) === node);
      return { steps, last: shape(tree), told: told && mirror.size === tree.size };
    }""")
    # First what is beside the way (a, b, d, e), never the star; then the way, its start at last.
    assert result["steps"] == ["bcdeuv", "cdeuvw", "ceuvwx", "cuvwxy", "cuwxyz"]
    assert result["last"] == {"c": "", "z": ""} and result["told"]


def test_bytes_are_bounded_too_and_what_is_known_of_a_start_is_handed_on(page: Page) -> None:
    result = page.evaluate("""() => {
      const tree = new genimg.Tree({ bytes: 30000 });
      const original = 'data:image/png;base64,' + 'A'.repeat(5000);
      const upload = { t: 1, path: 'p' };
      const start = tree.add({ recipe: 'start', original, note: 'cat.jpg', upload });
      for (let i = 0; i < 40; i++) {
        tree.add({ recipe: recipeOf(i), thumb: 'data:image/webp;base64,' + 'B'.repeat(1000),
          ...(i === 0 ? { upload: { t: 0.5 } } : {}) });
      }
      const held = [tree.size < 40, tree.weight <= 30000, tree.has(start.id)];
      tree.remove(start.id);
      const child = [...tree.nodes.values()][0];
      tree.restore();
      return { held, child: [child.original === original, child.note], t: child.upload,
        back: [...tree.nodes.values()][1].original ?? null };
    }""")
    assert result["held"] == [True, True, True]
    assert result["child"] == [True, "cat.jpg"] and result["t"]["path"] == "p"
    assert result["back"] is None, "restored, the start knows it again, and it alone"


def test_a_removal_is_restored_though_its_neighbours_were_pruned(page: Page) -> None:
    assert page.evaluate("""() => {
      const tree = new genimg.Tree();
      const { b, d } = plant(tree, 'a', 'b<a', 'c<b', 'd<c', 'x');
      tree.remove(b);
      tree.star(d); // what happened meanwhile stays
      tree.prune({ limit: 3 }); // a goes
      tree.restore();
      return [shape(tree), tree.get(d).star];
    }""") == [{"b": "", "c": "b", "d": "c", "x": ""}, True]


def test_search_finds_labels_models_and_names_in_recipes(page: Page) -> None:
    latent = Latent(torch.zeros(4), "0" * 64)
    moves = (Moves({"glasses": 2.0}, keep=("hat size",)), Moves({"Smile": -1.0}))
    real = Recipe(latent, origin="upload", moves=moves, changes={"fur colour": "black"}).to_text()
    old = json.dumps({"format_version": 1, "amounts": {"age": 1.0}, "origin": "sample, seed 7"})
    found = page.evaluate(
        """([real, old]) => {
          const tree = new genimg.Tree();
          tree.add({ recipe: real, label: 'one', model: 'cats-64-vae' });
          tree.add({ recipe: old, label: 'glasses +2.0' });
          const odd = ['[1', 'null', '7', '{"moves": 3, "changes": [null], "amounts": "x"}'];
          for (const recipe of odd) tree.add({ recipe, label: 'odd' });
          const find = (text) => labels(tree, tree.search(text));
          return ['GLASSES', 'fur black', 'smile upload cats', 'seed 7 age', 'nowhere', ' odd ',
            'hat'].map(find);
        }""",
        [real, old],
    )
    assert found == ["one glasses +2.0", "one", "one", "glasses +2.0", "", "odd odd odd odd", ""]


def test_the_lineage_names_parents_before_children(page: Page) -> None:
    result = page.evaluate("""() => {
      const tree = new genimg.Tree();
      const ids = plant(tree, 'a', 'b<a', 'side<a', 'u', 'v<u', 'm<b,v', 'end<m');
      const whole = tree.lineage(ids.end), few = tree.lineage(ids.end, 3);
      const list = [...Array(99).keys()].map((i) => (i ? `${i}<${i - 1}` : '0'));
      const long = tree.lineage(plant(tree, ...list)['98']);
      const said = ({ steps, parents }) =>
        [...steps.map((step) => `${step.label}<${step.parents}`), `<${parents}`];
      return { whole: said(whole), few: said(few), long: long.steps.map((step) => step.label),
        chain: long.steps.every(({ parents }, i) => String(parents) === (i ? String(i - 1) : '')),
        start: tree.lineage(ids.a), recipe: JSON.parse(whole.steps[0].recipe).origin };
    }""")
    assert result["whole"] == ["a<", "b<0", "u<", "v<2", "m<1,3", "<4"]
    assert result["few"] == ["a<", "u<", "m<0,1", "<2"], "the starts, and the nearest"
    assert result["long"] == ["0", *(str(i) for i in range(35, 98))] and len(result["long"]) == 64
    assert result["chain"] and result["start"] == {"steps": [], "parents": []}
    assert result["recipe"] == "sample, seed a"


def test_ids_are_made_where_the_page_comes_by_plain_http(page: Page) -> None:
    assert page.evaluate("""() => {
      const tree = new genimg.Tree({ limit: 1e9 });
      const ids = Array.from({ length: 2000 }, (_, i) => tree.record({ recipe: `${i}` }).id);
      return [new Set(ids).size, String([...ids].sort()) === String(ids)];
    }""") == [2000, True]
