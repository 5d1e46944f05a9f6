import assert from 'node:assert/strict';
import { test } from 'node:test';

import { without } from '../../../genimg/ui/edit/strips.js';

const ENDS = { names: ['glasses', 'smile', 'age'], low: [-4, -4, -5], high: [4, 4, 5] };

test('only sliders that have not been drawn are asked for', () => {
  assert.deepEqual(without(ENDS, new Set()), ENDS);
  const drawn = new Set(['smile -4 4', 'age -4 4']);
  assert.deepEqual(without(ENDS, drawn), { names: ['glasses', 'age'], low: [-4, -5], high: [4, 5] });
  assert.deepEqual(without({ names: [], low: [], high: [] }, drawn), { names: [], low: [], high: [] });
});
