// What has been tried, as a tree of recipes: undoing makes a branch, and nothing is forgotten.
//
// Logic alone: no page, no storage (storage.js keeps a tree, panel.js draws it). A node is never changed in place: a
// changed one is another object under the same id, so that "is it the same?" is one comparison.

import { layOut, lineageOf } from './layout.js';
import { HANDED_ON, newId, readNode, same, unique, weight, withKnownOf, wordsOf } from './node.js';

/** @import { Layout, StepFields, TreeChange, TreeNode } from '../types.d.ts' */
/** @typedef {{before: TreeNode, after: TreeNode}} Tied a child as it was, and as it is now */
/** @typedef {{node: TreeNode, rank: number, children: Tied[], from: string | null | undefined}} Removal */
/** @typedef {(change: TreeChange) => void} Listener */

const LIMIT = 300;
const BYTES = 48e6; // a step of a photograph of 1,024 pixels takes 0.7 million
const MOST_ANCESTORS = 64; // of a step that is passed on

export class Tree {
  /** @type {Map<string, TreeNode>} */
  #nodes = new Map();
  /** Places in time; a restored node gets its own again. @type {Map<string, number>} */
  #ranks = new Map();
  #rank = 0;
  /** @type {string | null} */
  #current = null;
  /** Of each id the child that lies on the way to where somebody was last. @type {Map<string, string>} */
  #left = new Map();
  /** The last removal. @type {Removal | null} */
  #gone = null;
  #bytes = 0;
  /** Until the next change of the shape. @type {{children?: Map<string, string[]>, layout?: Layout}} */
  #cache = {};
  /** What a search looks at. @type {WeakMap<TreeNode, string>} */
  #words = new WeakMap();
  /** @type {Set<string>} */
  #put = new Set();
  /** @type {Set<string>} */
  #removed = new Set();
  /** @type {Set<Listener>} */
  #listeners = new Set();

  /** @param {{nodes?: unknown, current?: string | null, limit?: number, bytes?: number}} options */
  constructor({ nodes = [], current = null, limit = LIMIT, bytes = BYTES } = {}) {
    this.limit = limit;
    this.bytes = bytes;
    const read = (Array.isArray(nodes) ? nodes : []).map(readNode).filter((node) => node !== null);
    const found = new Map(read.sort((a, b) => a.time - b.time).map((node) => [node.id, node]));
    for (const node of found.values()) this.#set({ ...node, parents: [] });
    for (const node of found.values()) { // tie by tie, so that a circle is seen when it closes
      const closes = (/** @type {string} */ parent) => parent === node.id || this.ancestors(parent).has(node.id);
      const kept = node.parents.filter((parent) => this.has(parent) && !closes(parent));
      this.#set({ ...node, parents: kept });
    }
    this.#current = current !== null && this.has(current) ? current : this.#newest();
    this.#put.clear();
  }

  get size() { return this.#nodes.size; }

  /** About how many bytes the nodes take. */
  get weight() { return this.#bytes; }

  /** The id of the node that is open. */
  get current() { return this.#current; }

  /** The node that is open. */
  get here() { return this.get(this.#current); }

  /** All nodes by their ids, oldest first. @type {ReadonlyMap<string, TreeNode>} */
  get nodes() { return this.#nodes; }

  /** The nodes that were begun with, oldest first. */
  get starts() { return [...this.#nodes.values()].filter((node) => !node.parents.length); }

  /** @param {string | null | undefined} id @returns {id is string} */
  has(id) { return typeof id === 'string' && this.#nodes.has(id); }

  /** @param {string | null | undefined} id */
  get(id) { return (typeof id === 'string' && this.#nodes.get(id)) || null; }

  /**
   * Ids of the nodes made from this one, oldest first.
   * @param {string} id
   * @param {boolean} second also those of which it is not the first parent
   */
  children(id, second = true) {
    if (!this.#cache.children) {
      const children = new Map([...this.#nodes.keys()].map((one) => [one, /** @type {string[]} */ ([])]));
      for (const node of this.#nodes.values()) {
        for (const parent of node.parents) children.get(parent)?.push(node.id);
      }
      this.#cache.children = children;
    }
    const all = this.#cache.children.get(id) ?? [];
    return second ? [...all] : all.filter((child) => this.get(child)?.parents[0] === id);
  }

  /** @param {string | null} id */
  ancestors(id) {
    const found = new Set(this.get(id)?.parents); // grows while it is gone through
    for (const one of found) for (const parent of this.get(one)?.parents ?? []) found.add(parent);
    return found;
  }

  // ------------------------------------------------------------------------- growing, moving

  /**
   * A step, which becomes the current one. What is there already is not made twice: then the current node comes back.
   * @param {StepFields} fields
   * @param {{parents?: (string | null)[]}} from ids; without them, the current node
   */
  add(fields, { parents } = {}) { return this.#grow(fields, parents, true); }

  /**
   * The same without going there.
   * @param {StepFields} fields
   * @param {{parents?: (string | null)[]}} from
   */
  record(fields, { parents } = {}) { return this.#grow(fields, parents, false); }

  /**
   * @param {StepFields} fields
   * @param {(string | null)[] | undefined} parents
   * @param {boolean} enter
   */
  #grow(fields, parents, enter) {
    const here = this.here;
    const ties = unique(parents ?? (here ? [here.id] : [])).filter((id) => this.has(id));
    if (here && fields.recipe === here.recipe
      && (same(ties, here.parents) || same(ties, [here.id]))) return here;
    const node = readNode({ time: Date.now(), ...fields, id: newId(), parents: ties });
    if (!node) throw new TypeError('a step needs a recipe');
    this.#set(node);
    if (enter) this.#enter(node.id);
    this.#trim(this.limit, this.bytes, node.id);
    this.#report();
    return this.get(node.id) ?? node;
  }

  /**
   * Other fields of a node (a thumbnail that came later, a better label); ties stay as they are.
   * @param {string} id
   * @param {Partial<TreeNode>} fields
   */
  update(id, fields) {
    const node = this.get(id);
    const changed = node && readNode({ ...node, ...fields, id, parents: node.parents });
    if (changed) { this.#set(changed); this.#report(); }
    return changed;
  }

  /** @param {string} id */
  star(id, on = !this.get(id)?.star) { return this.update(id, { star: on }); }

  get canUndo() { return Boolean(this.here?.parents.length); }
  get canRedo() { return this.ahead(this.#current) !== null; }
  undo() { return this.go(this.here?.parents[0]); }
  redo() { return this.go(this.ahead(this.#current)); }

  /** Where redo goes from a node: to the child that was left last, else the newest. @param {string | null} id */
  ahead(id) {
    if (id === null) return null;
    const children = this.children(id, false);
    const left = this.#left.get(id);
    return (left !== undefined && children.includes(left) ? left : children.at(-1)) ?? null;
  }

  /** @param {string | null | undefined} id */
  go(id) {
    if (!this.has(id)) return null;
    if (id !== this.#current) { this.#enter(id); this.#report(); }
    return this.get(id);
  }

  /** @param {string} id */
  #enter(id) {
    // Every undo from here on can be taken back, step by step, also after a jump elsewhere.
    for (let node of [this.here, this.get(id)]) {
      for (; node?.parents.length; node = this.get(node.parents[0])) this.#left.set(node.parents[0], node.id);
    }
    this.#current = id;
  }

  // ---------------------------------------------------------------------------- taking away

  /** Take a node out; its children are tied to its parents. Gives the node, or null. @param {string} id */
  remove(id) {
    const node = this.get(id);
    if (!node) return null;
    const from = this.#current;
    const gone = { node, rank: this.#ranks.get(id) ?? 0, children: this.#takeOut(node) };
    this.#gone = { ...gone, from: from === id ? this.#current : undefined };
    this.#report();
    return node;
  }

  /** Put back what was removed last, with its ties; gives the node, or null. */
  restore() {
    const gone = this.#gone;
    if (!gone) return null;
    this.#gone = null;
    const { id } = gone.node;
    this.#ranks.set(id, gone.rank);
    this.#set(gone.node);
    const rank = (/** @type {string} */ one) => this.#ranks.get(one) ?? 0;
    this.#nodes = new Map([...this.#nodes].sort(([one], [other]) => rank(one) - rank(other)));
    for (const { before, after } of gone.children) {
      const now = this.get(after.id);
      if (!now || !same(now.parents, after.parents)) continue; // it went another way meanwhile
      const own = Object.fromEntries(HANDED_ON.map((key) => [key, before[key]]));
      this.#set({ ...now, ...own, parents: before.parents });
    }
    if (gone.from === this.#current) this.#current = id;
    this.#report();
    return this.get(id);
  }

  /**
   * Down to so many nodes and bytes; gives the ids of those that went. First the oldest that are neither starred nor on
   * the way to the current one; then those on that way, the starts last. Starred ones and the current one never go.
   */
  prune({ limit = this.limit, bytes = this.bytes } = {}) {
    const went = this.#trim(limit, bytes);
    this.#report();
    return went;
  }

  clear() {
    for (const node of this.#nodes.values()) this.#drop(node);
    this.#current = this.#gone = null;
    this.#left.clear();
    this.#report();
  }

  /** @param {number} limit @param {number} bytes @param {string} [newest] an id that stays, too */
  #trim(limit, bytes, newest) {
    const within = () => this.size <= limit && this.#bytes <= bytes;
    if (within()) return [];
    const way = this.ancestors(this.#current);
    const turn = (/** @type {TreeNode} */ { id, parents }) => (way.has(id) ? (parents.length ? 1 : 2) : 0);
    const order = [...this.#nodes.values()]
      .filter(({ id, star }) => !star && id !== this.#current && id !== newest)
      .sort((a, b) => turn(a) - turn(b)) // and those of one turn by age, as they come
      .map(({ id }) => id);
    const went = [];
    for (const id of order) {
      if (within()) break;
      const node = this.get(id); // as it is by now
      if (node) this.#takeOut(node);
      went.push(id);
    }
    return went;
  }

  /** The rule by which every node goes. Gives its children as they were and as they are. @param {TreeNode} node */
  #takeOut(node) {
    const { id, parents } = node;
    const around = (/** @type {string[]} */ ids) => unique(ids.flatMap((one) => (one === id ? parents : [one])));
    const turned = (/** @type {TreeNode} */ one) => ({ ...one, parents: around(one.parents) });
    /** @type {Tied[]} */
    const children = [];
    for (const child of this.children(id)) {
      const before = this.get(child);
      if (!before) continue;
      const after = turned(before.parents[0] === id ? withKnownOf(before, node) : before);
      this.#set(after);
      children.push({ before, after });
    }
    if (this.#gone) { // what waits to be restored must not be tied to what is no more
      this.#gone.node = turned(this.#gone.node);
      this.#gone.children = this.#gone.children.map(
        ({ before, after }) => ({ before: turned(before), after: turned(after) }));
    }
    const [left, next] = [this.#left.get(parents[0]), this.#left.get(id)];
    if (left === id) { if (next === undefined) this.#left.delete(parents[0]); else this.#left.set(parents[0], next); }
    this.#left.delete(id);
    this.#drop(node);
    if (this.#current === id) this.#current = parents[0] ?? children.at(-1)?.after.id ?? this.#newest();
    return children;
  }

  // ----------------------------------------------------------------------- asking the tree

  /** Ids of the nodes with every word of a text in label, model or recipe; oldest first. @param {string} wanted */
  search(wanted) {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const all = (/** @type {TreeNode} */ node) => {
      const known = this.#words.get(node)
        ?? [node.label, node.model, wordsOf(node.recipe)].join(' ').toLowerCase();
      this.#words.set(node, known);
      return known;
    };
    return [...this.#nodes.values()].filter((node) => words.every((word) => all(node).includes(word)))
      .map((node) => node.id);
  }

  /** How a node came about, in at most so many steps: see `lineageOf`. @param {string} id */
  lineage(id, most = MOST_ANCESTORS) { return lineageOf(this, id, most); }

  /** Where each node is drawn: see `layOut`. */
  layout() { return this.#cache.layout ??= layOut(this); }

  // ------------------------------------------------------------------------------- inside

  /** Call this after each change; gives the function that ends it. @param {Listener} listener */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #report() {
    const put = [...this.#put].map((id) => this.get(id)).filter((node) => node !== null);
    const change = { put, removed: [...this.#removed], current: this.#current };
    this.#put.clear();
    this.#removed.clear();
    for (const listener of this.#listeners) listener(change);
  }

  /** @param {TreeNode} node */
  #set(node) {
    const before = this.get(node.id);
    if (!this.#ranks.has(node.id)) this.#ranks.set(node.id, this.#rank++);
    this.#nodes.set(node.id, node);
    this.#bytes += weight(node) - (before ? weight(before) : 0);
    if (!before || !same(before.parents, node.parents)) this.#cache = {};
    this.#put.add(node.id);
    this.#removed.delete(node.id);
  }

  /** @param {TreeNode} node */
  #drop({ id }) {
    const node = this.get(id);
    this.#bytes -= node ? weight(node) : 0;
    this.#nodes.delete(id);
    this.#ranks.delete(id);
    this.#cache = {};
    this.#put.delete(id);
    this.#removed.add(id);
  }

  #newest() { return [...this.#nodes.keys()].at(-1) ?? null; }
}
