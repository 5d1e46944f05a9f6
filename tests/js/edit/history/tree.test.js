import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Tree } from '../../../../genimg/ui/edit/history/tree.js';
import { labels, plant, recipeOf, shape } from './planted.js';

/** @import { Lineage, TreeNode } from '../../../../genimg/ui/edit/types.d.ts' */

test('an undone step becomes a branch', () => {
  const tree = new Tree();
  /** @type {number[][]} */
  const told = [];
  tree.listen((change) => told.push([change.put.length, change.removed.length]));
  const ids = plant(tree, 'a', 'b<a', 'c<b');
  tree.undo();
  tree.undo();
  plant(tree, 'd');
  tree.go(ids.a);
  assert.equal(tree.add({ recipe: recipeOf('e'), label: 'e' }).label, 'e');
  assert.deepEqual(shape(tree), { a: '', b: 'a', c: 'b', d: '', e: 'a' });
  assert.equal(tree.get(tree.ahead(ids.a))?.label, 'e', 'somebody is there now');
  tree.go(ids.c);
  tree.go(ids.a);
  assert.equal(tree.redo()?.label, 'b', 'towards c, where somebody was last');
  assert.deepEqual(told.slice(0, 5), [[1, 0], [1, 0], [1, 0], [0, 0], [0, 0]]);
});

test('what is there already is not made twice', () => {
  const tree = new Tree();
  const { a, b } = plant(tree, 'a', 'b<a');
  const same = { recipe: recipeOf('b') };
  for (const found of [tree.add(same), tree.add(same, { parents: [a] }), tree.record(same)]) assert.equal(found.id, b);
  assert.equal(tree.size, 2);
  assert.deepEqual(tree.add(same, { parents: [] }).parents, [], 'the same picture, begun anew');
  assert.equal(tree.size, 3);
});

test('a step without a recipe is an error of the page', () => {
  const tree = new Tree();
  // @ts-expect-error that is what is tested
  assert.throws(() => tree.add({ label: 'x' }), TypeError);
  assert.equal(tree.size, 0);
});

test('damaged storage is read as far as it goes', () => {
  const recipe = 'x';
  const tree = new Tree({ current: 'gone', nodes: [
    null, 7, 'text', [], {}, { id: 'no recipe' }, { id: 5, recipe }, { recipe },
    { id: 'a', recipe, time: 1, parents: ['c', 'a', 'unknown', 4, null], star: 'y', own: 8 },
    { id: 'b', recipe, time: 2, parents: ['a', 'a'], thumb: 'https://elsewhere/x.png' },
    { id: 'c', recipe, time: 3, parents: ['b'], label: { text: 1 }, original: '//there' },
    { id: 'd', recipe, time: 'soon', parents: 'a' },
  ] });
  const { a, b, c, d } = Object.fromEntries(tree.nodes);
  assert.equal([...tree.nodes.keys()].join(''), 'dabc');
  assert.equal(tree.current, 'c');
  assert.deepEqual([a, b, c, d].map((node) => node.parents.join('')), ['c', 'a', '', '']);
  assert.equal(Object.entries(a).find(([key]) => key === 'own')?.[1], 8);
  assert.equal(a.star, false);
  assert.deepEqual([b.thumb, c.original, c.label], ['', null, '']);
});

test('what is not there is asked for in vain', () => {
  const tree = new Tree({ nodes: 'x' });
  assert.equal(tree.size, 0);
  assert.equal(tree.current, null);
  plant(tree, 'a');
  assert.equal(tree.undo(), null);
  for (const nothing of [tree.go('x'), tree.remove('x'), tree.star('x'), tree.restore(), tree.ahead('x')]) {
    assert.equal(nothing, null);
  }
  assert.deepEqual(tree.lineage('x'), { steps: [], parents: [] });
  assert.equal(tree.layout().lanes, 1);
});

test('the oldest that nobody needs go first', () => {
  const tree = new Tree({ limit: 6 });
  /** @type {Map<string, TreeNode>} */
  const mirror = new Map();
  tree.listen(({ put, removed }) => {
    for (const node of put) mirror.set(node.id, node);
    for (const id of removed) mirror.delete(id);
  });
  const { c } = plant(tree, 'a', 'b<a', 'c<a', 'd<b', 'e<d');
  tree.star(c); // the branch beside the way to the current one
  const { v } = plant(tree, 'u', 'v<u');
  tree.go(v);
  const steps = [Object.keys(shape(tree)).join('')];
  for (const name of ['w', 'x', 'y', 'z']) {
    tree.add({ recipe: recipeOf(name), label: name });
    steps.push(Object.keys(shape(tree)).join(''));
  }
  // First what is beside the way (a, b, d, e), never the star; then the way, its start at last.
  assert.deepEqual(steps, ['bcdeuv', 'cdeuvw', 'ceuvwx', 'cuvwxy', 'cuwxyz']);
  tree.prune({ limit: 1 });
  assert.deepEqual(shape(tree), { c: '', z: '' });
  assert.equal(mirror.size, tree.size);
  for (const [id, node] of mirror) assert.equal(tree.get(id), node);
});

test('bytes are bounded too, and what is known of a start is handed on', () => {
  const tree = new Tree({ bytes: 30000 });
  const original = `data:image/png;base64,${'A'.repeat(5000)}`;
  const start = tree.add({ recipe: 'start', original, note: 'cat.jpg', upload: { t: 1, faithful: 'p' } });
  for (let i = 0; i < 40; i++) {
    tree.add({ recipe: recipeOf(i), thumb: `data:image/webp;base64,${'B'.repeat(1000)}`,
      ...(i === 0 ? { upload: { t: 0.5 } } : {}) });
  }
  assert.ok(tree.size < 40 && tree.weight <= 30000 && tree.has(start.id));
  tree.remove(start.id);
  const [child] = tree.nodes.values();
  assert.equal(child.original, original);
  assert.equal(child.note, 'cat.jpg');
  assert.equal(child.upload?.faithful, 'p');
  tree.restore();
  assert.equal([...tree.nodes.values()][1].original ?? null, null, 'restored, the start alone knows it again');
});

test('a removal is restored though its neighbours were pruned', () => {
  const tree = new Tree();
  const { b, d } = plant(tree, 'a', 'b<a', 'c<b', 'd<c', 'x');
  tree.remove(b);
  tree.star(d); // what happened meanwhile stays
  tree.prune({ limit: 3 }); // a goes
  tree.restore();
  assert.deepEqual(shape(tree), { b: '', c: 'b', d: 'c', x: '' });
  assert.equal(tree.get(d)?.star, true);
});

test('the lineage names parents before children', () => {
  const tree = new Tree();
  const ids = plant(tree, 'a', 'b<a', 'side<a', 'u', 'v<u', 'm<b,v', 'end<m');
  const said = (/** @type {Lineage} */ { steps, parents }) => (
    [...steps.map((step) => `${step.label}<${step.parents}`), `<${parents}`]);
  const whole = tree.lineage(ids.end);
  assert.deepEqual(said(whole), ['a<', 'b<0', 'u<', 'v<2', 'm<1,3', '<4']);
  assert.equal(JSON.parse(whole.steps[0].recipe).origin, 'sample, seed a');
  assert.deepEqual(said(tree.lineage(ids.end, 3)), ['a<', 'u<', 'm<0,1', '<2'], 'the starts, and the nearest');
  assert.deepEqual(tree.lineage(ids.a), { steps: [], parents: [] });
  const chain = Array.from({ length: 99 }, (_, i) => (i ? `${i}<${i - 1}` : '0'));
  const { steps } = tree.lineage(plant(tree, ...chain)['98']);
  assert.deepEqual(steps.map((step) => step.label), ['0', ...Array.from({ length: 63 }, (_, i) => String(i + 35))]);
  steps.forEach(({ parents }, i) => assert.equal(String(parents), i ? String(i - 1) : ''));
});

test('every word of a search has to be there', () => {
  const tree = new Tree();
  tree.add({ recipe: JSON.stringify({ amounts: { age: 1 }, origin: 'sample, seed 7' }), label: 'glasses +2.0' });
  const odd = ['[1', 'null', '7', '{"moves": 3, "changes": [null], "amounts": "x"}'];
  for (const recipe of odd) tree.add({ recipe, label: 'odd' });
  const find = (/** @type {string} */ text) => labels(tree, tree.search(text));
  assert.deepEqual(['GLASSES', 'seed 7 age', 'nowhere', ' odd '].map(find),
    ['glasses +2.0', 'glasses +2.0', '', 'odd odd odd odd']);
});
