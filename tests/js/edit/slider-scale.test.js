import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  amountFor, endFor, inUnits, inWords, nearestTo, plain, shownAt, tidy, valueAt,
} from '../../../genimg/ui/edit/slider-scale.js';

const COUNT = 7;
const AGE = { unit: 'years', low: 20, high: 75, digits: 0, off: '± 4.2 years' };

/** @param {import('../../../genimg/ui/edit/slider-scale.js').Scale} scale */
const places = (scale) => Array.from({ length: COUNT }, (_, i) => valueAt(scale, i, COUNT));

test('a slider reaches as far as it shall, and further for what stands beyond', () => {
  assert.deepEqual([endFor(0, 4), endFor(-4, 4), endFor(4.1, 4), endFor(-12.5, 8)], [4, 4, 5, 13]);
  const { low, high } = plain(-12.5, 8);
  assert.deepEqual([low, high], [-13, 13]);
});

test('each picture stands for an amount, and is nearest to it', () => {
  assert.deepEqual(places(plain(0, 4)), [-4, -2.7, -1.3, 0, 1.3, 2.7, 4]);
  for (const end of [1, 4, 13, 100]) {
    const scale = plain(0, end);
    for (let i = 0; i < COUNT; i++) assert.equal(nearestTo(scale, valueAt(scale, i, COUNT), COUNT), i);
  }
});

test('amounts are written in the shortest way', () => {
  assert.deepEqual(
    [0, 2, -1.5, 1.299999, 0.1 + 0.2, 6.256].map((x) => tidy(x)), ['0', '2', '-1.5', '1.3', '0.3', '6.26'],
  );
  assert.equal(tidy(-0.2, 0), '0');
});

test('a number stands at its value, and comes back to the amount', () => {
  const scale = inUnits(1, AGE, { base: 41.5, step: 6 });
  assert.deepEqual([scale.low, scale.high, shownAt(scale, 1)], [20, 75, 47.5]);
  assert.equal(amountFor(scale, shownAt(scale, -2.25)), -2.25);
  assert.equal(inWords(scale, 47.4), '47 years');
});

test('a slider in units goes from end to end of its range, further for what is beyond', () => {
  assert.deepEqual(places(inUnits(0, AGE, { base: 50, step: 6 })), [20, 29, 38, 48, 57, 66, 75]);
  const beyond = inUnits(0, AGE, { base: 80.2, step: 6 });
  assert.deepEqual([beyond.low, beyond.high], [20, 80]);
  const smile = { unit: '', low: 0, high: 1, digits: 2, off: '± 0.15' };
  const smiling = inUnits(0, smile, { base: -0.114, step: 0.2 });
  assert.deepEqual([smiling.low, smiling.high, inWords(smiling, 0.456)], [-0.11, 1, '0.46']);
  for (let i = 0; i < COUNT; i++) {
    assert.equal(nearestTo(smiling, valueAt(smiling, i, COUNT), COUNT), i);
  }
});
