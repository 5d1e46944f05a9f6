// What has been tried, as a tree of recipes: undoing makes a branch, and nothing is forgotten.
//
// Logic alone: no page, no storage (shelf.js keeps a tree, historypanel.js draws it). A node is
// {id, parents, recipe, label, model, thumb, star, time, ...}; it is never changed in place: a
// changed one is another object under the same id, so that "is it the same?" is one comparison.
(() => {
  // What is true of all that follows a node; it is handed on when the node is taken out.
  const HANDED_ON = ['original', 'upload', 'note', 'match'];
  const LIMIT = 300;
  const BYTES = 12e6;

  let count = 0;
  function newId() { // sorts by time; not crypto.randomUUID, which plain http does not have
    const random = crypto.getRandomValues(new Uint32Array(1))[0];
    const number = (count++ % 36 ** 4).toString(36).padStart(4, '0');
    return `${Date.now().toString(36)}-${number}-${random.toString(36)}`;
  }

  const text = (value) => (typeof value === 'string' ? value : '');
  // Only pictures that are in the text itself: a stored address must not make the page ask anybody.
  const picture = (value) => (text(value).startsWith('data:image/') ? value : '');
  const unique = (ids) => [...new Set(ids)];
  const same = (one, other) => one.length === other.length && one.every((id, i) => id === other[i]);
  const weight = (node) => JSON.stringify(node).length;
  const plain = (value) => typeof value === 'object' && value !== null;

  // The child of a node that is taken out, with what it knew only through that node.
  function heir(child, node) {
    const richer = { ...child };
    for (const key of HANDED_ON) {
      if (plain(node[key]) && plain(child[key])) richer[key] = { ...node[key], ...child[key] };
      else if (key in node) richer[key] ??= node[key];
    }
    return richer;
  }

  // The node that was meant, or null if it cannot be one.
  function sound(raw) {
    if (!plain(raw) || !text(raw.id) || !text(raw.recipe)) return null;
    const parents = Array.isArray(raw.parents) ? unique(raw.parents.filter(text)) : [];
    const node = {
      ...raw, parents, label: text(raw.label), model: text(raw.model), thumb: picture(raw.thumb),
      star: raw.star === true, time: Number.isFinite(raw.time) ? raw.time : 0,
    };
    if ('original' in raw) node.original = picture(raw.original) || null;
    return node;
  }

  // The words by which a recipe is found: what was moved, what was exchanged, where it came from.
  function names(recipe) {
    try {
      const read = JSON.parse(recipe) ?? {};
      const moves = [read.moves ?? []].flat().map((move) => Object.keys(move?.amounts ?? {}));
      const changes = Object.entries(read.changes ?? {});
      return [Object.keys(read.amounts ?? {}), moves, changes, text(read.origin)].flat(2).join(' ');
    } catch {
      return ''; // a recipe that is none is still found by its label
    }
  }

  class Tree {
    #nodes = new Map(); // id -> node
    #ranks = new Map(); // id -> place in time; a restored node gets its own again
    #rank = 0;
    #current = null;
    #left = new Map(); // id -> the child that lies on the way to where somebody was last
    #gone = null; // the last removal: {node, rank, children: [{before, after}], from}
    #bytes = 0;
    #cache = {}; // children and layout, until the next change of the shape
    #words = new WeakMap(); // node -> what a search looks at
    #put = new Set();
    #removed = new Set();
    #listeners = new Set();

    // Called with {put: [nodes], removed: [ids], current} after each change; as many others as
    // there are may listen() too, which gives the function that ends it.
    onchange = null;

    constructor({ nodes = [], current = null, limit = LIMIT, bytes = BYTES } = {}) {
      this.limit = limit;
      this.bytes = bytes;
      const read = (Array.isArray(nodes) ? nodes : []).map(sound).filter(Boolean);
      const found = new Map(read.sort((a, b) => a.time - b.time).map((node) => [node.id, node]));
      for (const node of found.values()) this.#set({ ...node, parents: [] });
      for (const node of found.values()) { // tie by tie, so that a circle is seen when it closes
        const closes = (parent) => parent === node.id || this.ancestors(parent).has(node.id);
        const kept = node.parents.filter((parent) => this.has(parent) && !closes(parent));
        this.#set({ ...node, parents: kept });
      }
      this.#current = this.has(current) ? current : this.#newest();
      this.#put.clear();
    }

    get size() { return this.#nodes.size; }
    get weight() { return this.#bytes; } // about how many bytes the nodes take
    get current() { return this.#current; } // an id, or null
    get here() { return this.#nodes.get(this.#current) ?? null; }
    get nodes() { return this.#nodes; } // Map id -> node, oldest first; to be read only
    has(id) { return this.#nodes.has(id); }
    get(id) { return this.#nodes.get(id) ?? null; }

    // Ids of the nodes made from this one, oldest first; without `second`, of no mere mixes.
    children(id, second = true) {
      if (!this.#cache.children) {
        this.#cache.children = new Map([...this.nodes.keys()].map((one) => [one, []]));
        for (const node of this.nodes.values()) {
          for (const parent of node.parents) this.#cache.children.get(parent).push(node.id);
        }
      }
      const all = this.#cache.children.get(id) ?? [];
      return second ? [...all] : all.filter((child) => this.get(child).parents[0] === id);
    }

    ancestors(id) {
      const found = new Set(this.get(id)?.parents); // grows while it is gone through
      for (const one of found) for (const parent of this.get(one).parents) found.add(parent);
      return found;
    }

    // ------------------------------------------------------------------------- growing, moving

    // A step from `parents` (ids; by default from the current node), which becomes the current one.
    // What is there already is not made twice: then the current node comes back.
    add(fields, { parents } = {}) { return this.#grow(fields, parents, true); }

    // The same without going there.
    record(fields, { parents } = {}) { return this.#grow(fields, parents, false); }

    #grow(fields, parents, enter) {
      const here = this.here;
      const ties = unique(parents ?? (here ? [here.id] : [])).filter((id) => this.has(id));
      if (here && fields.recipe === here.recipe
        && (same(ties, here.parents) || same(ties, [here.id]))) return here;
      const node = sound({ time: Date.now(), ...fields, id: newId(), parents: ties });
      if (!node) throw new TypeError('a step needs a recipe');
      this.#set(node);
      if (enter) this.#enter(node.id);
      this.#trim(this.limit, this.bytes, node.id);
      this.#report();
      return this.get(node.id);
    }

    // Other fields of a node (a thumbnail that came later, a better label); ties stay as they are.
    update(id, fields) {
      const node = this.get(id);
      const changed = node && sound({ ...node, ...fields, id, parents: node.parents });
      if (changed) { this.#set(changed); this.#report(); }
      return changed;
    }

    star(id, on = !this.get(id)?.star) { return this.update(id, { star: on }); }

    get canUndo() { return Boolean(this.here?.parents.length); }
    get canRedo() { return this.ahead(this.#current) !== null; }
    undo() { return this.canUndo ? this.go(this.here.parents[0]) : null; }
    redo() { return this.canRedo ? this.go(this.ahead(this.#current)) : null; }

    // Where redo goes from a node: the child that was left last, or else the newest; or null.
    ahead(id) {
      const children = this.children(id, false);
      const left = this.#left.get(id);
      return children.includes(left) ? left : children.at(-1) ?? null;
    }

    go(id) {
      if (!this.has(id)) return null;
      if (id !== this.#current) { this.#enter(id); this.#report(); }
      return this.get(id);
    }

    #enter(id) {
      // Every undo from here on can be taken back, step by step, also after a jump elsewhere.
      for (let node of [this.here, this.get(id)]) {
        for (; node?.parents.length; node = this.get(node.parents[0])) {
          this.#left.set(node.parents[0], node.id);
        }
      }
      this.#current = id;
    }

    // ---------------------------------------------------------------------------- taking away

    // Take a node out; its children are tied to its parents. Gives the node, or null.
    remove(id) {
      const node = this.get(id);
      if (!node) return null;
      const from = this.#current;
      const gone = { node, rank: this.#ranks.get(id), children: this.#takeOut(node) };
      this.#gone = { ...gone, from: from === id ? this.#current : undefined };
      this.#report();
      return node;
    }

    // Put back what was removed last, with its ties; gives the node, or null.
    restore() {
      const gone = this.#gone;
      if (!gone) return null;
      this.#gone = null;
      const { id } = gone.node;
      this.#ranks.set(id, gone.rank);
      this.#set(gone.node);
      this.#nodes = new Map([...this.#nodes]
        .sort(([one], [other]) => this.#ranks.get(one) - this.#ranks.get(other)));
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

    // Down to so many nodes and bytes; gives the ids of those that went. First the oldest that are
    // neither starred nor on the way to the current one; then those on that way, the starts last.
    // Starred ones and the current one never go.
    prune({ limit = this.limit, bytes = this.bytes } = {}) {
      const went = this.#trim(limit, bytes);
      this.#report();
      return went;
    }

    clear() {
      for (const id of [...this.#nodes.keys()]) this.#drop(id);
      this.#current = this.#gone = null;
      this.#left.clear();
      this.#report();
    }

    #trim(limit, bytes, newest) {
      const within = () => this.size <= limit && this.#bytes <= bytes;
      if (within()) return [];
      const way = this.ancestors(this.#current);
      const turn = ({ id, parents }) => (way.has(id) ? (parents.length ? 1 : 2) : 0);
      const order = [...this.nodes.values()]
        .filter(({ id, star }) => !star && id !== this.#current && id !== newest)
        .sort((a, b) => turn(a) - turn(b)) // and those of one turn by age, as they come
        .map(({ id }) => id);
      const went = [];
      while (!within() && order.length) {
        went.push(order.shift());
        this.#takeOut(this.get(went.at(-1)));
      }
      return went;
    }

    // The rule by which every node goes. Gives its children as they were and as they are.
    #takeOut(node) {
      const { id, parents } = node;
      const around = (ids) => unique(ids.flatMap((one) => (one === id ? parents : [one])));
      const children = this.children(id).map((child) => {
        const before = this.get(child);
        const rich = before.parents[0] === id ? heir(before, node) : before;
        const after = { ...rich, parents: around(before.parents) };
        this.#set(after);
        return { before, after };
      });
      if (this.#gone) { // what waits to be restored must not be tied to what is no more
        const turned = (one) => ({ ...one, parents: around(one.parents) });
        const both = ({ before, after }) => ({ before: turned(before), after: turned(after) });
        this.#gone.node = turned(this.#gone.node);
        this.#gone.children = this.#gone.children.map(both);
      }
      if (this.#left.get(parents[0]) === id) this.#left.set(parents[0], this.#left.get(id));
      this.#left.delete(id);
      this.#drop(id);
      if (this.#current === id) {
        this.#current = parents[0] ?? children.at(-1)?.after.id ?? this.#newest();
      }
      return children;
    }

    // ----------------------------------------------------------------------- asking the tree

    // Ids of the nodes that hold every word of the text, in label, model or recipe; oldest first.
    search(wanted) {
      const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
      return [...this.nodes.values()].filter((node) => {
        const all = () => [node.label, node.model, names(node.recipe)].join(' ').toLowerCase();
        if (!this.#words.has(node)) this.#words.set(node, all());
        return words.every((word) => this.#words.get(node).includes(word));
      }).map((node) => node.id);
    }

    // How a node came about: {steps: [{recipe, label, parents: [places in steps]}], parents: [its
    // own]}, parents before children. Of more than `most` ancestors the nearest, the starred and
    // the starts stay as long as possible, tied past those that are left out.
    lineage(id, most = 64) {
      const far = new Map([[id, 0]]); // id -> steps away; grows while it is gone through
      for (const [one, steps] of far) {
        const parents = this.get(one)?.parents ?? [];
        for (const parent of parents) if (!far.has(parent)) far.set(parent, steps + 1);
      }
      far.delete(id);
      const worth = ({ star, parents }) => (parents.length ? (star ? 1 : 0) : 2);
      const order = this.#parentsFirst().filter((node) => far.has(node.id));
      const out = new Set([...order]
        .sort((a, b) => worth(a) - worth(b) || far.get(b.id) - far.get(a.id))
        .slice(0, Math.max(0, order.length - most)));
      const steps = [];
      const places = new Map(); // id -> its place in steps, or those of what it is tied past to
      const indices = (ids) => unique(ids.flatMap((one) => places.get(one)));
      for (const node of order) {
        const { recipe, label } = node;
        const parents = indices(node.parents);
        places.set(node.id, out.has(node) ? parents : [steps.length]);
        if (!out.has(node)) steps.push({ recipe, label, parents });
      }
      return { steps, parents: indices(this.get(id)?.parents ?? []) };
    }

    // Where each node is drawn: {places: Map id -> {column, lane}, edges: [{from, to, second}],
    // columns, lanes}. A node stands right of all its parents; a first child stays in the lane of
    // its parent, further ones take the next lane below that is free, and starts an empty one.
    layout() {
      if (this.#cache.layout) return this.#cache.layout;
      const places = new Map();
      const edges = [];
      for (const { id, parents } of this.#parentsFirst()) {
        const column = 1 + Math.max(-1, ...parents.map((parent) => places.get(parent).column));
        places.set(id, { column, lane: 0 });
        parents.forEach((from, i) => edges.push({ from, to: id, second: i > 0 }));
      }
      const lanes = []; // for each lane the [first, last] columns that are taken
      const free = (lane, first, last) =>
        !(lanes[lane] ?? []).some(([start, end]) => start <= last && first <= end);
      const place = (start) => { // a line: the node and its first children to the end
        const above = this.get(start).parents[0];
        const line = [];
        for (let id = start; id !== undefined; [id] = this.children(id, false)) line.push(id);
        const first = above === undefined ? 0 : places.get(above).column + 1;
        const last = places.get(line.at(-1)).column;
        let lane = above === undefined ? lanes.length : places.get(above).lane + 1;
        while (!free(lane, first, last)) lane++;
        (lanes[lane] ??= []).push([first, last]);
        for (const id of line) places.get(id).lane = lane;
        // Branches of the right end first: those of the left then go down beside them, not through.
        return line.reverse().flatMap((id) => this.children(id, false).slice(1));
      };
      const starts = [...this.nodes.values()].filter((node) => !node.parents.length);
      const open = starts.map((node) => node.id);
      while (open.length) open.unshift(...place(open.shift()));
      const columns = 1 + Math.max(-1, ...[...places.values()].map((one) => one.column));
      return this.#cache.layout = { places, edges, columns, lanes: lanes.length };
    }

    // ------------------------------------------------------------------------------- inside

    listen(listener) {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    }

    #report() {
      const put = [...this.#put].map((id) => this.get(id));
      const change = { put, removed: [...this.#removed], current: this.#current };
      this.#put.clear();
      this.#removed.clear();
      for (const listener of [this.onchange, ...this.#listeners]) listener?.(change);
    }

    #set(node) {
      const before = this.get(node.id);
      if (!this.#ranks.has(node.id)) this.#ranks.set(node.id, this.#rank++);
      this.#nodes.set(node.id, node);
      this.#bytes += weight(node) - (before ? weight(before) : 0);
      if (!before || !same(before.parents, node.parents)) this.#cache = {};
      this.#put.add(node.id);
      this.#removed.delete(node.id);
    }

    #drop(id) {
      this.#bytes -= weight(this.get(id));
      this.#nodes.delete(id);
      this.#ranks.delete(id);
      this.#cache = {};
      this.#put.delete(id);
      this.#removed.add(id);
    }

    #newest() { return [...this.#nodes.keys()].at(-1) ?? null; }

    #parentsFirst() {
      const done = new Set();
      for (const id of this.nodes.keys()) {
        const open = [id];
        while (open.length) {
          const next = this.get(open.at(-1)).parents.find((parent) => !done.has(parent));
          if (next === undefined) done.add(open.pop()); else open.push(next);
        }
      }
      return [...done].map((id) => this.get(id));
    }
  }

  (window.genimg ??= {}).Tree = Tree;
})();
