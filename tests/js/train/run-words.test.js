import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  aboutLine, advice, deletionWords, emptyTimeline, healthOf, isOpenable, openLabel,
  partDone, progressLine, stateLine, stopLabel, tellPhase, titleOf,
} from '../../../genimg/ui/train/run-words.js';
import { makeRun } from './examples.js';

const FINISHED = makeRun({ phase: 'finished', working: false, words: 'the model is ready', model: 'shells' });

test('a run that trains says how far it is', () => {
  assert.equal(progressLine(makeRun()),
    '40 % · about 5 minutes left · 17 pictures a second · 4,000 pictures seen');
  assert.equal(progressLine(makeRun({ seconds_left: null, speed: 0, progress: 0.01, images: 32 })),
    '1 % · 32 pictures seen');
  assert.equal(progressLine(makeRun({ words: 'gelernt' })), progressLine(makeRun()), 'the numbers say it');
  assert.equal(stateLine(makeRun()), '40 % · 5 min left');
  assert.equal(stateLine(makeRun({ seconds_left: null })), 'Training');
});

test('a run at rest says what it was', () => {
  assert.equal(progressLine(FINISHED), 'The model is ready · 4,000 pictures seen in 4 minutes');
  assert.equal(progressLine(makeRun({ phase: 'failed', working: false, words: 'gone' })),
    '4,000 pictures seen in 4 minutes', 'why is said below');
  const queued = makeRun({ phase: 'waiting', words: 'My cats goes first', images: 0 });
  assert.equal(progressLine(queued), 'My cats goes first');
});

test('a run whose pictures are still being drawn says how far that is', () => {
  const words = 'drawing portraits: 1,000 of 4,000', state = { images: 0, progress: 0, speed: 0 };
  const drawing = makeRun({ phase: 'preparing', words, prepared: 0.25, seconds_left: 3900, ...state });
  assert.equal(progressLine(drawing), 'Drawing portraits: 1,000 of 4,000 · about 65 minutes left');
  assert.equal(stateLine(drawing), '25 % · 65 min left');
  assert.equal(partDone(drawing), 0.25);
  assert.equal(stateLine({ ...drawing, seconds_left: -1 }), 'Getting ready');
  assert.equal(partDone(makeRun({ prepared: 1 })), 0.4, 'one that trains is as far as its training');
});

test('its kind, its pictures and its age are one line', () => {
  assert.equal(aboutLine(makeRun(), 1180), 'VAE · from own pictures · begun 3 minutes ago');
  assert.equal(aboutLine(makeRun({ kind: 'base', data: 'upload:0123', created: 0 })), 'base');
  assert.equal(aboutLine(makeRun({ phase: 'waiting', data: 'Shells' }), 1000), 'VAE · asked for just now');
  assert.equal(titleOf(makeRun({ title: '' })), 'shells');
});

test('what has gone wrong is said with what to do', () => {
  assert.equal(advice(makeRun()), '');
  assert.equal(advice(makeRun({ phase: 'failed', trouble: 'the disk is full' })), 'The disk is full');
  assert.match(advice(makeRun({ phase: 'failed', words: '' })), /left no word why/);
  assert.match(advice(makeRun({ phase: 'interrupted' })), /go on where it was\?$/);
  assert.match(advice(makeRun({ phase: 'damaged' })), /cannot be read/);
  assert.equal(advice(makeRun({ phase: 'damaged', trouble: 'torn' })), 'torn');
});

test('how it does is not said before anybody can tell, nor twice', () => {
  const health = [{ kind: 'bad', words: 'It has collapsed.' }, { kind: 'good', words: 'It learns.' }];
  assert.deepEqual(healthOf(makeRun({ health, trouble: 'It has collapsed.' })), [health[1]]);
  assert.deepEqual(healthOf(makeRun({ health, phase: 'preparing' })), []);
});

test('a model is opened when there is one, or will be', () => {
  assert.ok(isOpenable(makeRun()));
  assert.ok(!isOpenable(makeRun({ draws: false })));
  assert.ok(!isOpenable(makeRun({ phase: 'waiting', images: 0 })));
  assert.ok(!isOpenable(makeRun({ phase: 'stopped', working: false, opens: false })));
  assert.equal(openLabel(FINISHED), 'Open in Edit');
  assert.equal(openLabel(makeRun()), 'Open in Edit as it is now');
  assert.equal(openLabel(makeRun({ opens: false })), 'Open in Edit in a minute');
});

test('a run whose models draw nothing has no timeline', () => {
  assert.match(emptyTimeline(makeRun({ draws: false })), /no timeline/);
  assert.match(emptyTimeline(makeRun()), /after a little while/);
  assert.match(emptyTimeline(FINISHED), /not come far enough/);
});

test('one that waits for others is taken out of the queue', () => {
  assert.equal(stopLabel(makeRun({ phase: 'waiting', words: 'another run goes first' })), 'Take out of the queue');
  assert.equal(stopLabel(makeRun({ phase: 'waiting', starting: true })), 'Stop');
  assert.equal(stopLabel(makeRun()), 'Stop');
});

test('before it is deleted it is said what is lost', () => {
  const end = 'Your own pictures are not touched. This cannot be undone.';
  const lost = 'Its timeline, its curves and what it needs to go on (4,000 pictures of learning) are gone for good.';
  assert.equal(deletionWords(makeRun({ images: 0 }), false), `It is gone for good. ${end}`);
  assert.equal(deletionWords(FINISHED, false), `${lost} Its model stays in the menu. ${end}`);
  assert.equal(deletionWords(FINISHED, true), `${lost} ${end}`);
  assert.match(deletionWords(makeRun({ phase: 'stopped' }), false), /no model in the menu yet: open it in Edit first/);
});

test('a phase has words, a sign and a colour, also one of a later version', () => {
  assert.deepEqual(tellPhase(makeRun()), ['Training', '●', 'good']);
  assert.deepEqual(tellPhase(makeRun({ phase: 'from the future' })), ['from the future', '·', 'rest']);
  assert.equal(tellPhase(makeRun({ phase: 'waiting' }))[0], 'Waiting');
  assert.equal(tellPhase(makeRun({ phase: 'waiting', starting: true }))[0], 'Getting ready');
});
