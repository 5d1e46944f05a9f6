import assert from 'node:assert/strict';
import { test } from 'node:test';

import { planFacts } from '../../../genimg/ui/train/plan.js';
import { facts, leftOutTitle, reasonsOf, verdict } from '../../../genimg/ui/train/report-words.js';
import { makePlan, makeReport } from './examples.js';

test('the verdict counts files where not all are pictures', () => {
  assert.equal(verdict(makeReport()), '40 of 42 pictures can be used');
  assert.equal(verdict(makeReport({ used: 42 })), 'All 42 pictures can be used');
  assert.equal(verdict(makeReport({ reasons: { 'not a picture': 2 } })), '40 of 42 files can be used');
});

test('the facts are one line', () => {
  assert.equal(facts(makeReport()),
    'In colour · short sides of 24 pixels · used at 16 × 16 · 2 kinds: discs 20, squares 20');
  const grey = makeReport({ colour: false, labels: [], sides: { least: 20, median: 640, most: 4000 } });
  assert.equal(facts(grey),
    'In shades of grey · short sides of 20 to 4,000 pixels, most about 640 · used at 16 × 16');
  const labels = [...'abcdefgh'].map((name) => ({ name, count: 1 }));
  assert.match(facts(makeReport({ labels })), /8 kinds: a 1, b 1, c 1, d 1, e 1, f 1 …$/);
});

test('reasons come with their files, and with what a person has overruled', () => {
  const { folder, reasons } = reasonsOf(makeReport(), ['same as another', '/shapes/2.png']);
  assert.equal(folder, 'shapes/');
  assert.deepEqual(reasons.map(({ name, count, kept, settled }) => [name, count, kept, settled]), [
    ['damaged', 1, false, true], ['same as another', 1, true, false], ['/shapes/2.png', 0, true, false],
  ]);
  assert.deepEqual(reasons.map(({ files }) => files.length), [1, 1, 0]);
  const [alone] = makeReport().left_out;
  assert.equal(reasonsOf(makeReport({ left_out: [alone] }), []).folder, '', 'one file shares its folder with none');
});

test('it is said how many are left out', () => {
  assert.equal(leftOutTitle(makeReport()), '2 left out, and why');
  assert.equal(leftOutTitle(makeReport({ reasons: {} })), 'Nothing is left out');
});

test('a plan tells what is known', () => {
  assert.deepEqual(planFacts(makePlan()), [
    ['Time', 'about 20 minutes'], ['Pictures a second', '1,234'], ['Memory', '1.2 GB'], ['Learns from', '36 pictures'],
  ]);
  assert.deepEqual(planFacts(makePlan({ drawing: 64.6 }))[0], ['Draws the pictures first', 'about 65 minutes']);
  assert.deepEqual(planFacts(makePlan({ minutes: 0, speed: 0, memory: 0 })), [['Learns from', '36 pictures']]);
});
