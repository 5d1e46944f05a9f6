// Trees for tests, planted from a few words.

/** @import { Tree } from '../../../../genimg/ui/edit/history/tree.js' */

/** @param {string | number} i */
export const recipeOf = (i) => JSON.stringify({ origin: `sample, seed ${i}`, moves: [], changes: {} });

/**
 * "c<a,b": a node c made from a and b; "a": a start. Gives their ids by name.
 * @param {Tree} tree
 * @param {...string} lines
 */
export function plant(tree, ...lines) {
  /** @type {Record<string, string>} */
  const ids = {};
  for (const line of lines) {
    const [name, from = ''] = line.split('<');
    const parents = from.split(',').filter(Boolean).map((one) => ids[one]);
    ids[name] = tree.add({ recipe: recipeOf(name), label: name }, { parents }).id;
  }
  return ids;
}

/** @param {Tree} tree @param {string[]} ids */
export const labels = (tree, ids) => ids.map((id) => tree.get(id)?.label).join(' ');

/** The labels of all nodes, each with those of its parents. @param {Tree} tree */
export const shape = (tree) => Object.fromEntries(
  [...tree.nodes.values()].map((node) => [node.label, labels(tree, node.parents)]));
