import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Tree } from '../../../../genimg/ui/edit/history/tree.js';
import {
  besideOf, lineOf, noteOf, recordEarlier, startBeside, uploadOf,
} from '../../../../genimg/ui/edit/history/walk.js';
import { labels, plant, shape } from './planted.js';

const crop = (/** @type {string} */ path) => (
  { path, focus: /** @type {[number, number]} */ ([0.5, 0.5]), zoom: 1, ratio: 1 });

test('the line goes by first parents to the start', () => {
  const tree = new Tree();
  plant(tree, 'a', 'b<a', 'u', 'm<b,u', 'n<m');
  assert.deepEqual([...lineOf(tree)].map(({ label }) => label), ['n', 'm', 'b', 'a']);
  assert.deepEqual([...lineOf(new Tree())], []);
});

test('what is known of an upload is the newest of each, back to where it was cropped', () => {
  const tree = new Tree();
  tree.add({ recipe: '0', upload: { original: 'older', crop: crop('older'), editable: 'older' } });
  tree.add({ recipe: '1', upload: { original: 'o', crop: crop('p'), faithful: 'f' }, note: 'cat.jpg' });
  tree.add({ recipe: '2', upload: { t: 0.5 } });
  tree.add({ recipe: '3', upload: { t: 0.25 } });
  assert.deepEqual(uploadOf(tree), { original: 'o', crop: crop('p'), faithful: 'f', t: 0.25 });
  assert.equal(noteOf(tree), 'cat.jpg');
});

test('a child of two pictures is no upload, and says what it is', () => {
  const tree = new Tree();
  const start = tree.add({ recipe: '0', upload: { original: 'o', crop: crop('p') }, note: 'cat.jpg' });
  const other = tree.add({ recipe: '1' }, { parents: [] });
  tree.add({ recipe: '2', label: 'crossed' }, { parents: [start.id, other.id] });
  assert.deepEqual(uploadOf(tree), {});
  assert.equal(noteOf(tree), 'Crossed.');
});

test('before a start comes what was open until then, and back again', () => {
  const tree = new Tree();
  const { a, b } = plant(tree, 'a', 'b<a');
  const start = tree.add({ recipe: 'other', model: 'gone', came: b }, { parents: [] });
  assert.equal(besideOf(tree, 'undo', new Set()), b);
  assert.equal(besideOf(tree, 'redo', new Set()), null);
  tree.go(b);
  assert.equal(besideOf(tree, 'undo', new Set()), a);
  assert.equal(besideOf(tree, 'redo', new Set()), start.id);
  assert.equal(besideOf(tree, 'redo', new Set(['gone'])), null, 'its model is not there any more');
});

test('the starts are gone through in a circle', () => {
  const tree = new Tree();
  const { a } = plant(tree, 'a');
  assert.equal(startBeside(tree, 1), null);
  const { u, v } = plant(tree, 'u', 'v<u');
  assert.equal(tree.current, v);
  assert.deepEqual([startBeside(tree, 1), startBeside(tree, -1)], [a, a]);
  const { x } = plant(tree, 'x');
  tree.go(v);
  assert.deepEqual([startBeside(tree, 1), startBeside(tree, -1)], [x, a]);
  assert.notEqual(u, x);
});

test('steps that a picture brings along are kept once', () => {
  const tree = new Tree();
  const { a } = plant(tree, 'a');
  const known = tree.get(a)?.recipe ?? '';
  const steps = [{ recipe: known, label: 'known', parents: [], thumb: '' },
    { recipe: 'new', label: 'new', parents: [0], thumb: '' },
    { recipe: 'last', label: 'last', parents: [1], thumb: '' }];
  const made = recordEarlier(tree, steps, 'cats');
  assert.equal(made[0], a);
  assert.equal(labels(tree, made), 'a new last');
  assert.deepEqual(shape(tree), { a: '', new: 'a', last: 'new' });
  assert.equal(tree.current, a, 'nobody has gone there');
  assert.deepEqual(recordEarlier(tree, steps, 'cats'), made);
});
