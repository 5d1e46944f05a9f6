import assert from 'node:assert/strict';
import { test } from 'node:test';

import { endFor, nearestTo, tidy, valueAt } from '../../../genimg/ui/edit/slider-scale.js';

const COUNT = 7;

test('a slider reaches as far as it shall, and further for what stands beyond', () => {
  assert.deepEqual([endFor(0, 4), endFor(-4, 4), endFor(4.1, 4), endFor(-12.5, 8)], [4, 4, 5, 13]);
});

test('each picture stands for an amount, and is nearest to it', () => {
  assert.deepEqual(Array.from({ length: COUNT }, (_, i) => valueAt(4, i, COUNT)), [-4, -2.7, -1.3, 0, 1.3, 2.7, 4]);
  for (const end of [1, 4, 13, 100]) {
    for (let i = 0; i < COUNT; i++) assert.equal(nearestTo(valueAt(end, i, COUNT), end, COUNT), i);
  }
});

test('amounts are written in the shortest way', () => {
  assert.deepEqual([0, 2, -1.5, 1.299999, 0.1 + 0.2, 6.256].map(tidy), ['0', '2', '-1.5', '1.3', '0.3', '6.26']);
});
