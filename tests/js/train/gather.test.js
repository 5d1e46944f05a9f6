import assert from 'node:assert/strict';
import { test } from 'node:test';

import { commonFolder, isNoise, isPicture, titleOf } from '../../../genimg/ui/train/gather.js';
import { lastOf, refusalLines } from '../../../genimg/ui/train/sources.js';

test('what systems leave behind in folders is noise', () => {
  for (const name of ['.DS_Store', 'cats/.DS_Store', '__MACOSX/cats/1.jpg', 'cats/Thumbs.db', 'desktop.ini']) {
    assert.ok(isNoise(name), name);
  }
  for (const name of ['cats/1.jpg', 'thumbs.db.png', 'a.b.c']) assert.ok(!isNoise(name), name);
});

test('pictures and zips are sent, whatever cannot be told too', () => {
  assert.ok(isPicture({ name: '1.jpg', type: 'image/jpeg' }));
  assert.ok(isPicture({ name: '1.heic', type: '' }));
  assert.ok(isPicture({ name: 'all.zip', type: 'application/octet-stream' }));
  assert.ok(isPicture({ name: 'all', type: 'application/x-zip-compressed' }));
  assert.ok(!isPicture({ name: 'notes.txt', type: 'text/plain' }));
});

test('files are called after the folder that they share, or the only one of them', () => {
  assert.equal(commonFolder(['shapes/discs/1.png', 'shapes/2.png']), 'shapes/');
  assert.equal(commonFolder(['shapes/1.png', 'shape/2.png']), '');
  assert.equal(titleOf(['shapes/discs/1.png', 'shapes/2.png']), 'shapes');
  assert.equal(titleOf(['holiday.zip']), 'holiday');
  assert.equal(titleOf(['1.png', '2.png']), 'My pictures');
  assert.equal(titleOf([]), 'My pictures');
});

test('a path is called after its last folder, on any system', () => {
  assert.equal(lastOf('/home/me/cats/'), 'cats');
  assert.equal(lastOf('C:\\Pictures\\cats'), 'cats');
  assert.equal(lastOf('/'), '/');
});

test('a few of the files that did not arrive are named', () => {
  assert.deepEqual(refusalLines([], 0), []);
  assert.deepEqual(refusalLines([{ name: 'a.png', words: 'too large' }], 1),
    ['a.png: too large', '1 file that is no picture was not sent.']);
  const many = Array.from({ length: 7 }, (_, i) => ({ name: `${i}.png`, words: 'too large' }));
  assert.deepEqual(refusalLines(many, 3).slice(5), ['and 2 more', '3 files that are no pictures were not sent.']);
});
