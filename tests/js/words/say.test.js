// Are sentences found, filled with their values, and right for one and for more?

import assert from 'node:assert/strict';
import test from 'node:test';
import { LANGUAGE, say } from '../../../genimg/ui/words/say.js';

test('a sentence is said with its values', () => {
  assert.equal(say('train.give_minutes', { least: 1, most: '10,080' }), 'Give it 1 to 10,080 minutes.');
  assert.equal(say('train.play'), 'Play');
  assert.equal(LANGUAGE, 'en');
});

test('a number chooses between the forms', () => {
  assert.equal(say('train.not_sent', { n: 1 }), '1 file that is no picture was not sent.');
  assert.equal(say('train.not_sent', { n: 0 }), '0 files that are no pictures were not sent.');
});

test('nothing is said by halves', () => {
  assert.throws(() => say('train.give_minutes', { least: 1 }), /train.give_minutes lacks most/);
  // @ts-expect-error there is no such sentence
  assert.throws(() => say('train.none_such'));
});
