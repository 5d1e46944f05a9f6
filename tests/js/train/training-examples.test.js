// What is said of trainings that have been?

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exampleWords } from '../../../genimg/ui/train/examples.js';

/** @type {import('../../../genimg/ui/server.d.ts').TrainingExample} */
const FRUIT = {
  name: 'photo-128-20m', network: 'vae photo', title: 'Fruit', pictures: 1885, size: 128, minutes: 20,
  images: 36_000, speed: 30, fd: 600, fd_floor: 264, url: 'fruit.webp',
};

test('the time of an example is that of this computer', () => {
  const words = exampleWords(FRUIT, 10);
  assert.ok(words.startsWith('Fruit: 1,885 pictures, 128 pixels, about 20 minutes on one core (36,000 seen).'), words);
  assert.match(words, /On this computer it would take about 60 minutes\./);
  assert.match(words, /Fréchet distance 600 from real pictures, which are 264 from each other/);
});

test('what is not known is not said', () => {
  const words = exampleWords({ ...FRUIT, fd: null, fd_floor: null }, 0);
  assert.equal(words, 'Fruit: 1,885 pictures, 128 pixels, about 20 minutes on one core (36,000 seen).');
});
