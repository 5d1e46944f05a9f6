import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeDraft } from '../../../genimg/ui/train/draft.js';
import {
  foundNow, interrupted, minutesRange, missing, previewProgress, uploadProgress,
} from '../../../genimg/ui/train/form-words.js';
import { makePlan, makePreview, makeReport } from './examples.js';

const DRAFT = makeDraft({ data: 'upload:0123', title: 'Shells' });
const FOUND = { report: makeReport(), plan: makePlan(), fresh: true, sheets: {}, error: null };

test('what is missing is said in the order in which it is mended', () => {
  assert.equal(missing(null, DRAFT, ''), 'There is no picture to learn from.');
  assert.equal(missing({ ...FOUND, report: makeReport({ used: 0 }) }, DRAFT, ''), 'There is no picture to learn from.');
  assert.equal(missing({ ...FOUND, error: 'too small' }, DRAFT, 'x'), 'First mend what is said above.');
  const range = minutesRange({ least: 0.05, most: 10_080 });
  assert.equal(missing(FOUND, DRAFT, range), 'Give it 0.05 to 10,080 minutes.');
  assert.equal(missing(FOUND, { ...DRAFT, title: ' ' }, ''), 'Give the model a name.');
  assert.equal(missing(FOUND, DRAFT, ''), '');
  assert.equal(missing({ ...FOUND, report: null }, DRAFT, ''), '', 'a set by name needs no report');
});

test('a plan of before stays until there is a new one', () => {
  const before = FOUND, report = makeReport({ used: 41 });
  const looked = foundNow(before, makePreview({ report }), false);
  assert.deepEqual([looked?.report, looked?.plan, looked?.fresh], [report, before.plan, false]);
  const planned = foundNow(looked, makePreview({ report, plan: makePlan({ minutes: 5 }) }), false);
  assert.deepEqual([planned?.plan?.minutes, planned?.fresh], [5, true]);
});

test('nothing new leaves what was found, an error takes it away', () => {
  assert.equal(foundNow(FOUND, makePreview(), false), FOUND);
  assert.equal(foundNow(FOUND, makePreview({ error: '41 too small' }), false), null);
  assert.equal(foundNow(null, makePreview({ error: 'no network' }), true)?.error, 'no network');
});

test('it is said how far things are', () => {
  assert.deepEqual(uploadProgress({ done: 1, count: 4, bytes: 1e6, total: 4e6 }),
    { words: '1 of 4 files sent, 1.0 MB of 4.0 MB', share: 0.25 });
  assert.equal(uploadProgress({ done: 0, count: 1, bytes: 0, total: 0 }).share, 0);
  assert.deepEqual(previewProgress(null, DRAFT), { words: 'Looking at the pictures …', share: null });
  assert.match(previewProgress(null, makeDraft({ data: 'mnist' })).words, /^Working out/);
  const progress = { done: 1, of: 4, words: 'Reading' };
  const job = { id: '1', stage: 'pictures', earlier: false, asking: false, progress };
  assert.deepEqual(previewProgress(job, DRAFT), { words: 'Reading', share: 0.25 });
  assert.match(previewProgress({ ...job, stage: 'plan', progress: null }, DRAFT).words, /^Working out/);
});

test('an upload that a reload has cut off can go on', () => {
  assert.equal(interrupted({ set: '0123', title: 'Holiday', done: 2, of: 4 }),
    'The upload of Holiday was interrupted: 2 of 4 files have arrived. Choose them once more, or go on with these.');
});
