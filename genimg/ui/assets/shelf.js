// Where a tree is kept: in this browser, so that neither a reload nor the server's end loses it.
//
//   const shelf = await genimg.Shelf.open();   // never fails; shelf.tree is what was kept
//
// From then on every change of the tree is written by itself: the nodes that changed, not the
// whole. Where the browser keeps nothing (a private window, no room), `kept` is false and the tree
// lives as long as the page. All tabs share one shelf; each has a current node of its own.
(() => {
  const BASE = 'genimg';
  const VERSION = 1; // of the schema; what a later genimg has written is left alone
  const STEPS = 'steps'; // node by its id
  const ABOUT = 'about'; // 'current': the id where somebody was last, in whichever tab
  const MINE = 'genimg-step'; // the same for this tab, in sessionStorage
  const PATIENCE = 4000; // milliseconds; some private windows never answer at all
  const ROOM = 0.75; // what is left of the tree when there is no room for all of it
  const RESTS = [0, 250, 1000, 4000]; // milliseconds; a browser may be slow to see the new room

  const settled = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const finished = (transaction) => new Promise((done, fail) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => fail(transaction.error);
  });

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

  class Shelf {
    #base = null;
    #put = new Map(); // id -> node, to be written
    #removed = new Set(); // ids, to be deleted
    #moved = false; // whether the current node is another one
    #timer = 0;
    #line = Promise.resolve(); // one thing at a time

    // Whether what is done now will be there the next time.
    kept = false;
    // Called when that ends while the page is open.
    onlost = null;
    tree = null;

    // `options` are those of genimg.Tree: limit, bytes.
    static async open(options = {}) {
      const shelf = new Shelf();
      const found = await shelf.#read();
      shelf.tree = new window.genimg.Tree({ ...options, ...found });
      tab.step = shelf.tree.current;
      shelf.tree.listen((change) => shelf.#note(change));
      shelf.tree.prune(); // many tabs together may have gone beyond the limit
      return shelf;
    }

    // Write what has not been written yet; resolves when it is.
    flush() {
      clearTimeout(this.#timer);
      this.#timer = 0;
      return this.#next(() => this.#write());
    }

    // Forget everything, in this tab and in what is kept; after that there is room again.
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
        this.#base = await openBase();
        this.#base.onversionchange = this.#base.onclose = () => {
          this.#base?.close(); // a later genimg wants it, or somebody has deleted it
          this.#base = null;
          this.#lose();
        };
        const both = this.#base.transaction([STEPS, ABOUT]);
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

    #next(job) { return this.#line = this.#line.then(job); }

    #transaction() { return this.#base.transaction([STEPS, ABOUT], 'readwrite'); }

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
          const full = error?.name === 'QuotaExceededError' && refused < RESTS.length;
          if (!full || !await this.#makeRoom(RESTS[refused])) this.#lose();
          refused += 1;
        }
      }
    }

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

    // Forget the oldest; they are deleted before anything else is written, as only that makes room.
    async #makeRoom(rest) {
      if (!this.tree.prune({ limit: Math.floor(this.tree.size * ROOM) }).length) return false;
      try {
        const all = this.#transaction();
        for (const id of this.#removed) all.objectStore(STEPS).delete(id);
        await finished(all);
      } catch (error) {
        if (error?.name !== 'QuotaExceededError') return false;
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

  (window.genimg ??= {}).Shelf = Shelf;
})();
