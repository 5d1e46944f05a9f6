import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cropBox } from '../../../genimg/ui/edit/crop-box.js';

// That it is what fit_image takes is tested beside it, in tests/ui/browser/test_script_crop.py.

test('the crop is the largest of its ratio, divided by the zoom', () => {
  assert.deepEqual(cropBox({ width: 300, height: 200, ratio: 1 }), { left: 50, top: 0, width: 200, height: 200 });
  assert.deepEqual(cropBox({ width: 300, height: 200, ratio: 2 }), { left: 0, top: 25, width: 300, height: 150 });
  assert.deepEqual(cropBox({ width: 300, height: 200, ratio: 1, zoom: 4 }),
    { left: 125, top: 75, width: 50, height: 50 });
});

test('it stays inside the picture wherever the focus is', () => {
  const picture = { width: 300, height: 200, ratio: 1, zoom: 2 };
  assert.deepEqual(cropBox({ ...picture, focus: [0, 1] }), { left: 0, top: 100, width: 100, height: 100 });
  assert.deepEqual(cropBox({ ...picture, focus: [1, 0] }), { left: 200, top: 0, width: 100, height: 100 });
});
