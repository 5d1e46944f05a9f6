import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sendable } from '../../../genimg/ui/edit/saving.js';

test('the earliest steps are left out where all would be too much to send', () => {
  const steps = [5e6, 9e6, 5e6].map((size, i) => (
    { recipe: 'x'.repeat(size), label: String(i), parents: i ? [i - 1] : [] }));
  const sent = sendable({ steps, parents: [2] });
  assert.deepEqual(sent.steps.map(({ label, parents }) => [label, parents]), [['1', []], ['2', [0]]]);
  assert.deepEqual(sent.parents, [1]);
  const few = { steps: steps.slice(0, 2), parents: [1] };
  assert.deepEqual(sendable(few), few);
});
