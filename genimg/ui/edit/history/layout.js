// Where is each step drawn, and how did one come about? Both go through the tree from parents to children.

import { unique } from './node.js';

/** @import { Layout, Lineage, Place, TreeNode } from '../types.d.ts' */
/** @import { Tree } from './tree.js' */

/**
 * All nodes, each after its parents.
 * @param {ReadonlyMap<string, TreeNode>} nodes
 */
export function parentsFirst(nodes) {
  /** @type {Set<TreeNode>} */
  const done = new Set();
  for (const node of nodes.values()) {
    const open = [node];
    for (let last = open.at(-1); last; last = open.at(-1)) {
      const next = last.parents.map((id) => nodes.get(id)).find((parent) => parent && !done.has(parent));
      if (next) { open.push(next); continue; }
      done.add(last);
      open.pop();
    }
  }
  return [...done];
}

/**
 * The places of all nodes. A node stands right of all its parents; a first child stays in the lane of its parent,
 * further ones take the next lane below that is free, and starts an empty one.
 * @param {Tree} tree
 * @returns {Layout}
 */
export function layOut(tree) {
  /** @type {Map<string, Place>} */
  const places = new Map();
  /** @type {Layout['edges']} */
  const edges = [];
  const placeOf = (/** @type {string} */ id) => places.get(id) ?? { column: -1, lane: -1 };
  for (const { id, parents } of parentsFirst(tree.nodes)) {
    places.set(id, { column: 1 + Math.max(-1, ...parents.map((parent) => placeOf(parent).column)), lane: 0 });
    parents.forEach((from, i) => edges.push({ from, to: id, second: i > 0 }));
  }
  /** For each lane the first and last columns that are taken. @type {[number, number][][]} */
  const lanes = [];
  /** @param {number} lane @param {number} first @param {number} last */
  const isFree = (lane, first, last) => !(lanes[lane] ?? []).some(([start, end]) => start <= last && first <= end);

  /** Lay a line, which is a node and its first children to the end; gives the branches. @param {string} start */
  const place = (start) => {
    const above = tree.get(start)?.parents[0];
    const line = [];
    for (let id = start; id !== undefined; [id] = tree.children(id, false)) line.push(id);
    const first = above === undefined ? 0 : placeOf(above).column + 1;
    const last = placeOf(line.at(-1) ?? start).column;
    let lane = above === undefined ? lanes.length : placeOf(above).lane + 1;
    while (!isFree(lane, first, last)) lane++;
    (lanes[lane] ??= []).push([first, last]);
    for (const id of line) placeOf(id).lane = lane;
    // Branches of the right end first: those of the left then go down beside them, not through.
    return line.toReversed().flatMap((id) => tree.children(id, false).slice(1));
  };
  const open = [...tree.nodes.values()].filter((node) => !node.parents.length).map((node) => node.id);
  for (let next = open.shift(); next !== undefined; next = open.shift()) open.unshift(...place(next));
  const columns = 1 + Math.max(-1, ...[...places.values()].map((one) => one.column));
  return { places, edges, columns, lanes: lanes.length };
}

/**
 * How a node came about. Of more than `most` ancestors the nearest, the starred and the starts stay as long as
 * possible, tied past those that are left out.
 * @param {Tree} tree
 * @param {string} id
 * @param {number} most
 * @returns {Lineage}
 */
export function lineageOf(tree, id, most) {
  const far = new Map([[id, 0]]); // id -> steps away; grows while it is gone through
  for (const [one, steps] of far) {
    for (const parent of tree.get(one)?.parents ?? []) if (!far.has(parent)) far.set(parent, steps + 1);
  }
  far.delete(id);
  const away = (/** @type {TreeNode} */ node) => far.get(node.id) ?? 0;
  const worth = (/** @type {TreeNode} */ { star, parents }) => (parents.length ? (star ? 1 : 0) : 2);
  const order = parentsFirst(tree.nodes).filter((node) => far.has(node.id));
  const out = new Set(order.toSorted((a, b) => worth(a) - worth(b) || away(b) - away(a))
    .slice(0, Math.max(0, order.length - most)));
  const steps = [];
  /** Of each node its place in steps, or those of what it is tied past to. @type {Map<string, number[]>} */
  const places = new Map();
  const indices = (/** @type {string[]} */ ids) => unique(ids.flatMap((one) => places.get(one) ?? []));
  for (const node of order) {
    const { recipe, label } = node;
    const parents = indices(node.parents);
    places.set(node.id, out.has(node) ? parents : [steps.length]);
    if (!out.has(node)) steps.push({ recipe, label, parents });
  }
  return { steps, parents: indices(tree.get(id)?.parents ?? []) };
}
