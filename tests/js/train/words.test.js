import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  capitalize, duration, fileSize, formatNumber, plural, roughDuration, shortDuration, timeAgo,
} from '../../../genimg/ui/train/words.js';

test('numbers are said in plain words', () => {
  assert.equal(formatNumber(12_400.4), '12,400');
  assert.equal(plural(12_400, 'picture'), '12,400 pictures');
  assert.equal(plural(1, 'file'), '1 file');
  assert.equal(plural(0, 'file'), '0 files');
  assert.equal(capitalize('at rest'), 'At rest');
  assert.equal(capitalize(''), '');
});

test('times are said as exactly as they are known', () => {
  assert.equal(duration(0.2), 'under a second');
  assert.equal(duration(1), '1 second');
  assert.equal(duration(61), '61 seconds');
  assert.equal(duration(372), '6 minutes');
  assert.equal(duration(3600 + 32 * 60), '1 hour 32 minutes');
  assert.equal(duration(7200), '2 hours');
  assert.equal(roughDuration(30), 'under a minute');
  assert.equal(roughDuration(61), 'about 2 minutes');
  assert.equal(roughDuration(1500), 'about 25 minutes');
  assert.equal(roughDuration(1510), 'about 30 minutes');
  assert.equal(shortDuration(20), 'under 1 min');
  assert.equal(shortDuration(61), '2 min');
  assert.equal(shortDuration(7300), '2 h');
});

test('what has been is said from now', () => {
  const now = 1_000_000;
  assert.equal(timeAgo(now + 5, now), 'just now'); // by another clock
  assert.equal(timeAgo(now - 120, now), '2 minutes ago');
  assert.equal(timeAgo(now - 7300, now), '2 hours ago');
  assert.equal(timeAgo(now - 3 * 86_400, now), '3 days ago');
  assert.equal(timeAgo(Date.now() / 1000 - 7300), '2 hours ago');
});

test('files are said by their size', () => {
  assert.equal(fileSize(4200), '4 kB');
  assert.equal(fileSize(4.2e6), '4.2 MB');
  assert.equal(fileSize(42.1e6), '42 MB');
  assert.equal(fileSize(1.23e10), '12 GB');
});
