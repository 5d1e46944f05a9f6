import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pack, tooLong, unpack } from '../../../genimg/ui/edit/links.js';

test('a recipe comes back from a link as it was', async () => {
  const real = '{"origin": "sample, seed 5", "moves": [{"amounts": {"glasses": -1.25}}]}';
  for (const recipe of ['{}', real, 'ä“€😺'.repeat(2000)]) {
    const word = await pack(recipe);
    assert.match(word, /^[\w-]+$/);
    assert.equal(await unpack(word), recipe);
  }
});

test('a link that is damaged, or would fill the memory, is refused', async () => {
  await assert.rejects(unpack('no recipe'));
  await assert.rejects(unpack((await pack('a recipe')).slice(0, 4)));
  await assert.rejects(pack('a'.repeat(600_000)).then(unpack), /no recipe/);
});

test('a link that nobody could pass on is not made', () => {
  assert.equal(tooLong('x'.repeat(60_000)), '');
  assert.match(tooLong('x'.repeat(60_001)), /60,001 characters long\. Save the picture instead/);
});
