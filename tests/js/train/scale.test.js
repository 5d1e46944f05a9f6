import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  graphScale, interpolate, measured, shortNumber, tickFormat, ticks, valueRange,
} from '../../../genimg/ui/train/scale.js';

/** @import { Point } from '../../../genimg/ui/train/scale.js' */

test('ticks are few round numbers within the range', () => {
  for (const [low, high] of [[0, 1], [-3.7, -3.2], [0, 0.0004], [12, 91_000], [9.1, 10.2]]) {
    const found = ticks(low, high, 4);
    const steps = found.slice(1).map((value, i) => value - found[i]);
    assert.ok(found.length >= 2 && found.length <= 6, String(found));
    assert.ok(low <= found[0] + 1e-9 && found[found.length - 1] <= high + 1e-9);
    assert.ok(Math.max(...steps) - Math.min(...steps) < 1e-6 * Math.max(...steps));
  }
});

test('no two ticks are written alike', () => {
  for (const [low, high] of [[0, 1], [17.65, 17.71], [0, 0.0004], [12, 91_000]]) {
    const found = ticks(low, high, 4);
    assert.equal(new Set(found.map(tickFormat(found))).size, found.length, String(found));
  }
  assert.equal(tickFormat([5])(5), '5');
});

test('three digits are enough', () => {
  assert.equal(shortNumber(17.6543), '17.7');
  assert.equal(shortNumber(0.000_123_4), '0.000123');
  assert.equal(shortNumber(12_345), '1.2e+4');
});

test('noise is not scaled up to a change', () => {
  const [low, high] = valueRange([17.65, 17.71, 17.68]);
  assert.ok(high - low > 0.3 && low < 17.65 && high > 17.71);
  assert.deepEqual(valueRange([0, 0]), [-0.5, 0.5]);
  assert.deepEqual(valueRange([0, 100]), [-6, 106]);
});

test('what was not measured is no point, and no gap', () => {
  assert.deepEqual(measured([1, 2, null, 4], [10, null, 30, 40]), [[1, 10], [4, 40]]);
  assert.deepEqual(measured([], [1]), []);
});

test('between two points there is a line, beyond them the last value', () => {
  /** @type {Point[]} */
  const points = [[1, 10], [2, 20], [4, 30]];
  assert.deepEqual([0, 1, 1.5, 3, 4, 9].map((x) => interpolate(points, x)), [10, 10, 15, 25, 30, 30]);
});

test('a place in a graph is its minute, and the other way round', () => {
  const scale = graphScale([[1, 10], [4, 30]], 700, 168);
  for (const minute of [0, 1.3, 4]) assert.ok(Math.abs(scale.minuteAt(scale.x(minute)) - minute) < 1e-9);
  assert.equal(scale.minuteAt(-50), 0);
  assert.equal(scale.minuteAt(5000), 4);
  assert.ok(scale.y(30) < scale.y(10), 'more is higher');
  assert.ok(scale.y(30) >= scale.top && scale.y(10) <= scale.bottom);
  assert.ok(scale.minutes[0] === 0);
  const wide = graphScale([[1, 123_456.5], [4, 123_457.5]], 700, 168);
  assert.ok(wide.left > scale.left, 'long numbers have room');
});
