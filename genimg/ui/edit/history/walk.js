// What is found by walking along the steps: what the present one came from, and what undo and redo lead to.

/** @import { EarlierStep } from '../../server.d.ts' */
/** @import { KnownUpload, TreeNode } from '../types.d.ts' */
/** @import { Tree } from './tree.js' */

/**
 * The present step, the one before, and so on to the start.
 * @param {Tree} tree
 */
export function* lineOf(tree) {
  for (let node = tree.here; node; node = tree.get(node.parents[0])) yield node;
}

/**
 * What is known of the upload that the work began with.
 * @param {Tree} tree
 * @returns {KnownUpload}
 */
export function uploadOf(tree) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const node of lineOf(tree)) {
    for (const [key, value] of Object.entries({ match: node.match, ...node.upload })) {
      if (value !== undefined && value !== null && !(key in found)) found[key] = value;
    }
    // Here begins an upload, or another part of it; and a child of two pictures is neither's.
    if (node.upload?.crop || node.parents.length > 1) break;
  }
  return found;
}

/**
 * Where the picture is from, in words; '' where that is not known.
 * @param {Tree} tree
 */
export function noteOf(tree) {
  for (const { note, label, parents } of lineOf(tree)) {
    if (note) return note;
    if (parents.length > 1) return `${label[0].toUpperCase()}${label.slice(1)}.`;
  }
  return '';
}

/**
 * The id of the step to which undo or redo leads, or null. Before a start comes what was open until then; steps of
 * models that are gone are passed over.
 * @param {Tree} tree
 * @param {'undo' | 'redo'} way
 * @param {ReadonlySet<string>} gone
 */
export function besideOf(tree, way, gone) {
  const beside = (/** @type {TreeNode} */ node) => tree.get(way === 'undo' ? node.parents[0] ?? node.came
    : tree.ahead(node.id) ?? [...tree.nodes.values()].findLast((one) => one.came === node.id)?.id);
  let next = tree.here && beside(tree.here);
  while (next && gone.has(next.model)) next = beside(next);
  return next?.id ?? null;
}

/**
 * The id of the next (1) or the previous (-1) picture that was begun with; null where there is no other.
 * @param {Tree} tree
 * @param {1 | -1} way
 */
export function startBeside(tree, way) {
  const { starts } = tree;
  if (starts.length < 2) return null;
  const start = [...lineOf(tree)].at(-1);
  const at = starts.findIndex((node) => node === start);
  return starts[(at + way + starts.length) % starts.length].id;
}

/**
 * Keep the steps that a picture brings along; gives their ids, of known ones or new.
 * @param {Tree} tree
 * @param {EarlierStep[]} earlier
 * @param {string} model
 */
export function recordEarlier(tree, earlier, model) {
  /** @type {string[]} */
  const made = [];
  for (const { recipe, label, thumb, parents } of earlier) {
    const known = [...tree.nodes.values()].find((node) => node.recipe === recipe);
    const fields = { recipe, label, thumb, model };
    made.push(known?.id ?? tree.record(fields, { parents: parents.map((i) => made[i]) }).id);
  }
  return made;
}
