import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EDGE, SIDE, corner, line, scrolledTo } from '../../../../genimg/ui/edit/history/geometry.js';

test('a line ends at the picture that it leads to', () => {
  const from = { column: 0, lane: 0 };
  for (const to of [{ column: 1, lane: 0 }, { column: 1, lane: 2 }, { column: 3, lane: 1 }]) {
    const [left, top] = corner(to);
    const end = to.lane === 0 ? `H${left}` : `${top + SIDE / 2}H${left}`;
    assert.ok(line(from, to, false).endsWith(end));
    assert.ok(line(from, to, true).endsWith(`${left} ${top + SIDE / 2}`));
    assert.ok(line(from, to, false).startsWith(`M${EDGE + SIDE} ${EDGE + SIDE / 2}`));
  }
});

test('what is in view is not scrolled to, and what is not, no further than needed', () => {
  assert.equal(scrolledTo(100, 300, 50, 10), 50);
  assert.equal(scrolledTo(100, 300, 200, 10), 90);
  assert.equal(scrolledTo(500, 300, 50, 10), 500 + SIDE + 10 - 300);
});
