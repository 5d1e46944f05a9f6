// What is a step of the history? {id, parents, recipe, label, model, thumb, star, time, ...}, never changed in place.

/** @import { TreeNode } from '../types.d.ts' */

/** What is true of all that follows a node; it is handed on when the node is taken out. @type {(keyof TreeNode)[]} */
export const HANDED_ON = ['original', 'upload', 'note', 'match'];

let count = 0;

/** An id that sorts by time; not crypto.randomUUID, which plain http does not have. */
export function newId() {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  const number = (count++ % 36 ** 4).toString(36).padStart(4, '0');
  return `${Date.now().toString(36)}-${number}-${random.toString(36)}`;
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');

/** A picture that is in the text itself: a stored address must not make the page ask anybody. @param {unknown} value */
const picture = (value) => (text(value).startsWith('data:image/') ? text(value) : '');

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isPlain = (value) => typeof value === 'object' && value !== null;

/** Each id once. @template T @param {T[]} ids */
export const unique = (ids) => [...new Set(ids)];

/** @param {string[]} one @param {string[]} other */
export const same = (one, other) => one.length === other.length && one.every((id, i) => id === other[i]);

/** About how many bytes a node takes. @param {TreeNode} node */
export const weight = (node) => JSON.stringify(node).length;

/**
 * The child of a node that is taken out, with what it knew only through that node.
 * @param {TreeNode} child
 * @param {TreeNode} node
 * @returns {TreeNode}
 */
export function withKnownOf(child, node) {
  /** @type {Record<string, unknown>} */
  const richer = { ...child };
  for (const key of HANDED_ON) {
    const [own, handed] = [child[key], node[key]];
    if (isPlain(handed) && isPlain(own)) richer[key] = { ...handed, ...own };
    else if (key in node) richer[key] ??= handed;
  }
  return /** @type {any} */ (richer);
}

/**
 * The node that was meant, or null if it cannot be one.
 * @param {unknown} raw
 * @returns {TreeNode | null}
 */
export function readNode(raw) {
  if (!isPlain(raw) || !text(raw.id) || !text(raw.recipe)) return null;
  const parents = Array.isArray(raw.parents) ? unique(raw.parents.filter(text)) : [];
  return {
    ...raw,
    id: text(raw.id), recipe: text(raw.recipe), parents, label: text(raw.label), model: text(raw.model),
    thumb: picture(raw.thumb), star: raw.star === true,
    time: typeof raw.time === 'number' && Number.isFinite(raw.time) ? raw.time : 0,
    ...('original' in raw && { original: picture(raw.original) || null }),
  };
}

/** The words to find a recipe by: what was moved, what was exchanged, where it came from. @param {string} recipe */
export function wordsOf(recipe) {
  try {
    const read = JSON.parse(recipe) ?? {};
    const done = [read.operations ?? [], read.moves ?? [], read].flat(); // as versions 5, 2 and 1 have it
    const words = done.map((each) => [Object.keys(each?.amounts ?? {}), Object.entries(each?.changes ?? {})]);
    return [words, text(read.origin)].flat(4).join(' ');
  } catch {
    return ''; // a recipe that is none is still found by its label
  }
}
