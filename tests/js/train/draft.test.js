import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  choosing, isNamedSet, keeping, makeDraft, previewRequest, runRequest, uploadOf,
} from '../../../genimg/ui/train/draft.js';

test('what was kept is taken up, and what is new has its usual value', () => {
  assert.deepEqual(makeDraft(null), makeDraft({}));
  const draft = makeDraft({ title: 'Cats', minutes: '7' });
  assert.deepEqual([draft.title, draft.minutes, draft.crop], ['Cats', '7', 'auto']);
});

test('data sets by name are told from pictures of a person', () => {
  assert.ok(isNamedSet(makeDraft({ data: 'mnist' })));
  assert.ok(!isNamedSet(makeDraft({ data: 'folder:/pictures' })));
  assert.equal(uploadOf(makeDraft({ data: 'upload:0123' })), '0123');
  assert.equal(uploadOf(makeDraft({ data: 'mnist' })), '');
});

test('other pictures: what was said of those before goes, a title that was typed stays', () => {
  const draft = makeDraft({ data: 'mnist', title: 'MNIST', keep: ['blank'], leave_out: '*.jpg', crop: 'centre' });
  const changed = { ...draft, ...choosing(draft, 'upload:0123', 'Holiday', 40) };
  assert.deepEqual([changed.title, changed.words, changed.sent], ['Holiday', 'Holiday', 40]);
  assert.deepEqual([changed.keep, changed.leave_out, changed.crop], [[], '', 'centre']);
  assert.equal(choosing({ ...draft, named: true }, 'cats', 'Drawn cats', 0).title, 'MNIST');
  assert.equal(choosing(draft, 'folder:/home/me/cats', 'cats', 0).words, '/home/me/cats');
});

test('a reason is overruled once, and no more', () => {
  assert.deepEqual(keeping(['blank'], '/a.png', true), ['blank', '/a.png']);
  assert.deepEqual(keeping(['blank', '/a.png'], 'blank', false), ['/a.png']);
});

test('the server is asked for no more than what was chosen', () => {
  const least = { data: 'cats', crop: 'auto', keep: [], leave_out: [] };
  assert.deepEqual(previewRequest(makeDraft({ data: 'cats' })), least);
  const all = makeDraft({
    data: 'cats', leave_out: ' a.png, b/*.jpg\n\nc ', family: 'gan', size: '64', minutes: '0.5', init_from: ':nothing',
    title: ' My cats ', credit: ' ', licence: 'CC0 1.0',
  });
  const wish = {
    data: 'cats', crop: 'auto', keep: [], leave_out: ['a.png', 'b/*.jpg', 'c'], family: 'gan', size: 64, minutes: 0.5,
    init_from: ':nothing',
  };
  assert.deepEqual(previewRequest(all), wish);
  assert.deepEqual(runRequest(all), { ...wish, title: 'My cats', licence: 'CC0 1.0' });
  assert.ok(!('minutes' in previewRequest({ ...all, minutes: '0' })));
});
