import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  imagesAt, indexAfter, minuteAt, nearestFrame, playInterval,
} from '../../../genimg/ui/train/moments.js';

/** @param {...number} counts of pictures */
const frames = (...counts) => counts.map((images) => ({ images, url: `${images}.png` }));

test('the nearest sheet is found', () => {
  assert.deepEqual([0, 140, 160, 999].map((images) => nearestFrame(frames(100, 200, 300), images)), [0, 0, 1, 2]);
});

test('the newest sheet is followed, and another one stays', () => {
  assert.equal(indexAfter(frames(100, 200, 400), 200, true), 2);
  assert.equal(indexAfter(frames(100, 200, 400), 200, false), 1);
  assert.equal(indexAfter(frames(100, 400), 200, false), 1, 'it is gone: the newest');
  assert.equal(indexAfter(frames(100), null, false), 0);
});

test('a timeline takes some seconds, if that is neither hectic nor slow', () => {
  assert.deepEqual([3, 20, 500].map(playInterval), [500, 300, 80]);
});

test('pictures are minutes by what was measured, and by how far the run is now', () => {
  const run = { images: 4000, seconds: 240, curves: { images: [1000, 2000], minutes: [1, 1.5] } };
  assert.deepEqual([0, 500, 1500, 3000, 4000, 9000].map((images) => minuteAt(run, images)), [0, 0.5, 1.25, 2.75, 4, 4]);
  assert.deepEqual([0, 0.5, 1.25, 4].map((minute) => imagesAt(run, minute)), [0, 500, 1500, 4000]);
  assert.equal(minuteAt({ images: 0, seconds: 0 }, 5), 0);
});
