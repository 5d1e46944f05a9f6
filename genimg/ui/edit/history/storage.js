// Where a tree is kept: in this browser, so that neither a reload nor the server's end loses it.
//
//   const storage = await Storage.open();   // never fails; storage.tree is what was kept
//
// From then on every change of the tree is written by itself: the nodes that changed, not the
// whole. Where the browser keeps nothing (a private window, no room), `kept` is false and the tree
// lives as long as the page. All tabs share one storage; each has a current node of its own.

import { Tree } from './tree.js';

const BASE = 'genimg';
const VERSION = 1; // of the schema; what a later genimg has written is left alone
const STEPS = 'steps'; // node by its id
const ABOUT = 'about'; // 'current': the id where somebody was last, in whichever tab
const MINE = 'genimg-step'; // the same for this tab, in sessionStorage
const PATIENCE = 4000; // milliseconds; some private windows never answer at all
const ROOM = 0.75; // what is left of the tree when there is no room for all of it
const RESTS = [0, 250, 1000, 4000]; // milliseconds; a browser may be slow to see the new room

/** @import { TreeChange, TreeNode } from '../types.d.ts' */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const finished = (transaction) => new Promise((done, fail) => {
  transaction.oncomplete = () => done();
  transaction.onabort = () => fail(transaction.error);
});

/** @returns {Promise<IDBDatabase>} */
function openBase() {
  const request = indexedDB.open(BASE, VERSION);
  request.onupgradeneeded = ({ oldVersion }) => { // later versions go on from here, step by step
    if (oldVersion < 1) {
      request.result.createObjectStore(STEPS, { keyPath: 'id' });
      request.result.createObjectStore(ABOUT);
    }
  };
  const opening = settled(request);
  let late = false;
  opening.then((base) => late && base.close(), () => {});
  /** @type {Promise<never>} */
  const tired = new Promise((_, fail) => {
    setTimeout(() => { late = true; fail(new Error('no answer')); }, PATIENCE);
  });
  return Promise.race([opening, tired]);
}

const tab = { // a browser that keeps nothing may refuse even to be asked
  get step() { try { return sessionStorage.getItem(MINE); } catch { return null; } },
  set step(id) {
    try {
      if (id === null) sessionStorage.removeItem(MINE); else sessionStorage.setItem(MINE, id);
    } catch { /* the last one of all tabs will do */ }
  },
};

/** Whether there was no room. @param {unknown} error */
const isFull = (error) => error instanceof DOMException && error.name === 'QuotaExceededError';

export class Storage {
  /** @type {IDBDatabase | null} */
  #base = null;
  /** To be written. @type {Map<string, TreeNode>} */
  #put = new Map();
  /** To be deleted. @type {Set<string>} */
  #removed = new Set();
  #moved = false; // whether the current node is another one
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #line = Promise.resolve(); // one thing at a time

  tree = new Tree();
  /** Whether what is done now will be there the next time. */
  kept = false;
  /** Called when that ends while the page is open. @type {(() => void) | null} */
  onlost = null;

  /** The tree as it was kept. @param {{limit?: number, bytes?: number}} options those of the tree */
  static async open(options = {}) {
    const storage = new Storage();
    const found = await storage.#read();
    storage.tree = new Tree({ ...options, ...found });
    tab.step = storage.tree.current;
    storage.tree.listen((change) => storage.#note(change));
    storage.tree.prune(); // many tabs together may have gone beyond the limit
    return storage;
  }

  /** Write what has not been written yet; resolves when it is. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#next(() => this.#write());
  }

  /** Forget everything, in this tab and in what is kept; after that there is room again. */
  clear() {
    this.tree.clear();
    this.#put.clear();
    this.#removed.clear();
    return this.#next(async () => {
      try {
        if (!this.#base) return;
        const all = this.#transaction();
        for (const store of [STEPS, ABOUT]) all.objectStore(store).clear();
        await finished(all);
        this.kept = true;
      } catch { this.#lose(); }
    });
  }

  async #read() {
    try {
      const base = this.#base = await openBase();
      base.onversionchange = base.onclose = () => {
        this.#base?.close(); // a later genimg wants it, or somebody has deleted it
        this.#base = null;
        this.#lose();
      };
      const both = base.transaction([STEPS, ABOUT]);
      const steps = both.objectStore(STEPS).getAll();
      const about = both.objectStore(ABOUT).get('current');
      const [nodes, last] = await Promise.all([settled(steps), settled(about)]);
      this.kept = true;
      const there = nodes.some((node) => node?.id === tab.step);
      return { nodes, current: there ? tab.step : last };
    } catch {
      this.#base?.close();
      this.#base = null;
      return {};
    }
  }

  /** @param {() => Promise<void>} job */
  #next(job) { return this.#line = this.#line.then(job); }

  #transaction() {
    if (!this.#base) throw new Error('nothing is kept any more');
    return this.#base.transaction([STEPS, ABOUT], 'readwrite');
  }

  /** @param {TreeChange} change */
  #note({ put, removed, current }) {
    this.#moved ||= current !== tab.step;
    tab.step = current;
    if (!this.kept) return;
    for (const node of put) { this.#put.set(node.id, node); this.#removed.delete(node.id); }
    for (const id of removed) { this.#removed.add(id); this.#put.delete(id); }
    // At once, as a page that goes away takes with it what is not written; what comes while
    // something is being written is gathered.
    this.#timer ||= setTimeout(() => this.flush());
  }

  async #write() {
    let refused = 0; // in a row, for want of room
    while (this.kept && (this.#put.size || this.#removed.size || this.#moved)) {
      const [put, removed] = [this.#put, this.#removed];
      this.#put = new Map();
      this.#removed = new Set();
      this.#moved = false;
      try {
        await this.#send(put, removed);
        refused = 0;
      } catch (error) {
        // What has come meanwhile is newer than what could not be written.
        for (const [id, node] of put) {
          if (!this.#put.has(id) && !this.#removed.has(id)) this.#put.set(id, node);
        }
        for (const id of removed) if (!this.#put.has(id)) this.#removed.add(id);
        this.#moved = true;
        const full = isFull(error) && refused < RESTS.length;
        if (!full || !await this.#makeRoom(RESTS[refused])) this.#lose();
        refused += 1;
      }
    }
  }

  /** @param {Map<string, TreeNode>} put @param {Set<string>} removed */
  #send(put, removed) {
    const all = this.#transaction();
    const steps = all.objectStore(STEPS);
    for (const id of removed) steps.delete(id);
    for (const node of put.values()) {
      try { steps.put(node); } catch { steps.put(JSON.parse(JSON.stringify(node))); }
    }
    if (this.tree.current !== null) all.objectStore(ABOUT).put(this.tree.current, 'current');
    const end = finished(all);
    all.commit?.();
    return end;
  }

  /**
   * Forget the oldest; they are deleted before anything else is written, as only that makes room.
   * @param {number} rest milliseconds
   */
  async #makeRoom(rest) {
    if (!this.tree.prune({ limit: Math.floor(this.tree.size * ROOM) }).length) return false;
    try {
      const all = this.#transaction();
      for (const id of this.#removed) all.objectStore(STEPS).delete(id);
      await finished(all);
    } catch (error) {
      if (!isFull(error)) return false;
    }
    await new Promise((done) => { setTimeout(done, rest); });
    return true;
  }

  #lose() {
    if (!this.kept) return;
    this.kept = false;
    this.#put.clear();
    this.#removed.clear();
    this.onlost?.();
  }
}
