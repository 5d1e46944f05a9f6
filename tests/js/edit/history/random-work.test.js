import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Tree } from '../../../../genimg/ui/edit/history/tree.js';
import { recipeOf } from './planted.js';

/** @import { TreeNode } from '../../../../genimg/ui/edit/types.d.ts' */

/**
 * Random work on a tree beside a plain list of what must be there; every step is checked.
 * @param {number} seed
 * @param {number} steps
 */
function work(seed, steps) {
  let state = seed;
  const random = (/** @type {number} */ n) => { state = (state * 1103515245 + 12345) % 2147483648; return state % n; };
  const tree = new Tree({ limit: 1e9, bytes: 1e12 });
  /** The parents of each id. @type {Map<string, string[]>} */
  const expected = new Map();
  /** What a listener believes. @type {Map<string, TreeNode>} */
  const mirror = new Map();
  /** @type {string | null} */
  let told = null;
  tree.listen(({ put, removed, current }) => {
    for (const one of put) mirror.set(one.id, one);
    for (const id of removed) mirror.delete(id);
    told = current;
  });
  /** @type {(words: string) => never} */
  const fail = (words) => { throw new Error(`${words} (seed ${seed})`); };
  const node = (/** @type {string} */ id) => tree.get(id) ?? fail('a node was lost');
  const any = () => [...expected.keys()][random(expected.size)];
  const frozen = () => JSON.stringify([[...tree.nodes.values()], tree.current]);
  /** @param {string[]} ids @param {string} id @param {string[]} parents */
  const around = (ids, id, parents) =>
    [...new Set(ids.flatMap((one) => (one === id ? parents : [one])))];
  /** @type {Record<number, number>} */
  const done = {};

  function check() {
    if (tree.size !== expected.size) fail('a node was lost');
    for (const [id, parents] of expected) {
      if (!tree.has(id)) fail('a node was lost');
      if (String(node(id).parents) !== String(parents)) fail('tied otherwise');
      if (tree.ancestors(id).has(id)) fail('a circle');
    }
    if (expected.size && !tree.has(tree.current)) fail('nothing is current');
    if (JSON.stringify([...mirror.keys()].sort()) !== JSON.stringify([...expected.keys()].sort())
      || [...mirror].some(([id, one]) => tree.get(id) !== one)) fail('a change was not told');
    if (told !== tree.current) fail('the current one was not told');
    const weights = [...tree.nodes.values()].map((one) => JSON.stringify(one).length);
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
    const place = (/** @type {string} */ id) => places.get(id) ?? fail('no place');
    let ties = 0;
    for (const [id, { column, lane }] of places) {
      const { parents } = node(id);
      ties += parents.length;
      for (const parent of parents) if (place(parent).column >= column) fail('time runs back');
      if (!parents.length && column !== 0) fail('a start is not at the left');
      if (!parents.length) continue;
      const first = place(parents[0]);
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
      const parents = tree.current && random(12) ? [tree.current] : [];
      const made = tree.add({ recipe: recipeOf(step), label: `${step}` }, { parents });
      if (tree.current !== made.id) fail('not entered');
      expected.set(made.id, parents);
    } else if (kind === 3) { // a mix, by the way
      const parents = [...new Set([any(), any()])];
      const before = tree.current;
      const made = tree.record({ recipe: recipeOf(step) }, { parents });
      if (tree.current !== before) fail('entered');
      expected.set(made.id, parents);
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
      const parents = expected.get(id) ?? [];
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
  const nodes = [...tree.nodes.values()].map((one, i) => ({ ...one, time: i }));
  const again = new Tree({ nodes: nodes.toReversed(), current: tree.current });
  const drawing = (/** @type {Tree} */ one) => JSON.stringify([...one.layout().places].sort());
  if (drawing(again) !== drawing(tree)) fail('drawn otherwise when read again');
  return { size: tree.size, kinds: Object.keys(done).length };
}

for (let seed = 1; seed < 9; seed++) {
  test(`whatever is done, nothing is lost and nothing overlaps (${seed})`, () => {
    const { size, kinds } = work(seed * 7919, 700);
    assert.equal(kinds, 9 + 2);
    assert.ok(size > 50);
  });
}
