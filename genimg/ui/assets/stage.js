// One person's work in the Edit tab: what is open, what they do to it, and the steps they took.
//
// The steps are recipes in a tree that the browser keeps. Each thing that a person does is an act:
// it is sent with the recipe it starts from, one after the other, and its answer (a scene: see
// ui/scene.py) becomes the next step. The server keeps nothing, so nothing is lost with it.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const ANSWER_MS = 60_000; // after this an act counts as lost
  const ANYWHERE = ['open', 'go', 'example', 'draw', 'none']; // acts that are not about the picture that is open

  genimg.say = (words) => {
    const line = document.getElementById('said');
    if (!line) return;
    line.textContent = words;
    clearTimeout(genimg.saying);
    genimg.saying = setTimeout(() => { line.textContent = ''; }, 6000);
  };

  class Stage {
    constructor(wires, kept) {
      this.wires = wires; // trigger(event, data) and upload(file) of the Gradio component
      this.shelf = kept;
      this.tree = kept.tree;
      this.scene = null;
      this.totals = {}; // where the sliders stand
      this.fresh = {};  // those of them that were pulled since the last step
      this.queue = [];
      this.flight = null;
      this.acts = 0;
      this.newest = 0;
      this.gone = new Set(); // models whose steps cannot be opened any more
      this.viewer = genimg.viewer({
        ontake: (kind, name) => { this.keep(); this.act('take', { kind, name }); },
        onsoften: (t) => this.uploads.soften(t),
        onstop: () => this.uploads.stop(),
      });
      this.panel = genimg.panel({
        onpull: (name, value) => this.pull(name, value),
        onkeep: () => this.keep(),
        onlock: (names, on) => { this.keep(); this.act('lock', { names, on }); },
        ontake: (kind, name) => { this.keep(); this.act('take', { kind, name }); },
        onexchange: (factor, value) => { this.keep(); this.act('exchange', { factor, value }); },
        onpage: () => { this.arrange(); },
      });
      this.uploads = new genimg.Uploads(this);
      this.strips = new genimg.Strips((strips) => this.panel.strips(strips), () => this.panel.clear());
      this.saving = genimg.saveMenu();
      this.keeping = new genimg.Keeping(this);
      this.live = new genimg.Live({
        draw: (frame, totals, seq) => this.drawFrame(frame, totals, seq),
        slow: (question) => this.wires.trigger('input', question),
        onstate: (state) => { document.body.dataset.live = state; },
        onerror: genimg.say,
      });
      document.body.dataset.live = this.live.state;
      this.steps = genimg.historyPanel(document.getElementById('history'), this.tree, {
        onGo: (id) => this.go(id),
        onCross: (id) => this.cross(id),
        onSave: (ids) => this.keeping.saveAll(ids),
        onDownloadAll: () => this.keeping.saveAll(null),
        onClear: () => this.keeping.clear(),
        onUndo: () => this.step('undo'),
        onRedo: () => this.step('redo'),
        can: (way) => this._can(way),
      });
      const lost = () => this.steps.say('This browser does not keep the steps: save what you like.');
      kept.onlost = lost;
      if (!kept.kept) lost();
      this._buttons();
    }

    /** Whether all that was done has become a step that is shown. */
    get settled() {
      return !this.flight && !this.queue.length && !this.panel.waits && this.drawn === this.scene;
    }

    // ------------------------------------------------------------------------- acts

    /** Do something to what is open; `details` may be a function, asked when its turn comes. */
    act(kind, details = {}, options = {}) {
      const last = this.queue.at(-1);
      if (kind === 'pull' && last?.kind === 'pull' && !last.on) {
        Object.assign(last.details.amounts, details.amounts);
      } else {
        this.queue.push({ kind, details, options });
      }
      this._send();
    }

    _send() {
      if (this.flight) return;
      const next = this.queue.shift();
      if (!next) return;
      const details = typeof next.details === 'function' ? next.details() : next.details;
      const from = this.tree.get(next.on ?? this.tree.current);
      if (!details) { this._send(); return; }
      this.acts += 1;
      const number = Date.now() * 1000 + (this.acts % 1000);
      this.flight = { ...next, details, number, from: from?.id ?? null, before: from?.parents ?? [] };
      this.flight.timer = setTimeout(() => this.lost('No answer. Is genimg still running?'), ANSWER_MS);
      this.wires.trigger('click', { act: next.kind, number, recipe: from?.recipe ?? null, ...details });
    }

    /** The act that is under way will not be answered; the next one has its turn. */
    lost(words = 'This could not be done. Try it once more.') {
      genimg.say(words);
      if (this.flight) this._landed(this.flight.number, words);
      this._send();
    }

    _landed(number, failed = null) {
      const { flight, scene } = this;
      if (!flight || flight.number !== number) return null;
      clearTimeout(flight.timer);
      this.flight = null;
      if (failed) {
        // Back to where everything was, unless another picture is open by now.
        if (scene && this.tree.current === flight.from) this._stand({ ...scene, opened: false, refine: false });
      }
      return flight;
    }

    /** A scene has arrived: the answer to an act, or a picture that was opened elsewhere. */
    receive(scene) {
      if (!scene || typeof scene !== 'object') return;
      if (scene.empty) { this.viewer.empty(scene.empty); return; }
      const flight = scene.answer ? this._landed(scene.answer, scene.failed) : null;
      if (scene.failed) {
        const step = flight?.kind === 'go' && this.tree.get(flight.details.node);
        if (step) { this.gone.add(step.model); this.steps.draw(); this._marks(); }
        genimg.refreshModels?.(); // perhaps its model is no longer there
      }
      if (scene.failed || (scene.answer && !flight)) { this._send(); return; }
      this.gone.delete(scene.model.name);
      const { tree } = this;
      const fields = {
        recipe: scene.recipe, label: scene.label, thumb: scene.thumb, model: scene.model.name,
        note: scene.note, upload: scene.upload ?? undefined, match: scene.match ?? undefined,
      };
      // Something newer is shown by now, or another picture: then it is a step and no more.
      const late = scene.number <= this.newest
        || (flight && !scene.opened && tree.current !== flight.from);
      const shown = tree.current;
      if (scene.node && tree.has(scene.node)) {
        if (!late) tree.go(scene.node);
      } else {
        const made = this._earlier(scene);
        const parents = made.length ? scene.parents.map((i) => made[i])
          : flight && !scene.opened ? this._parents(flight) : [];
        if (!parents.length && shown) fields.came = shown;
        if (late) tree.record(fields, { parents }); else tree.add(fields, { parents });
      }
      if (!late) {
        if (scene.opened) this._leave(shown);
        this.newest = scene.number;
        this._stand(scene);
      }
      this._send();
    }

    /** The steps that a picture brings along, known ones or new: their ids. */
    _earlier({ earlier = [], model }) {
      const { tree } = this, made = [];
      for (const { recipe, label, thumb, parents } of earlier) {
        const known = [...tree.nodes.values()].find((node) => node.recipe === recipe);
        const fields = { recipe, label, thumb, model: model.name };
        made.push(known?.id ?? tree.record(fields, { parents: parents.map((i) => made[i]) }).id);
      }
      return made;
    }

    /** What an act was done to; where that has been taken out meanwhile, what it was made from. */
    _parents({ from, before, options }) {
      const first = this.tree.has(from) ? [from] : before;
      return [...first, ...(options.parents ?? [])];
    }

    /** Another picture is open: what was still to be done is done to the one before. */
    _leave(node) {
      if (Object.keys(this.fresh).length) this.queue.push({ kind: 'pull', details: { amounts: this.fresh }, options: {} });
      for (const act of this.queue) if (!ANYWHERE.includes(act.kind)) act.on ??= node;
    }

    /** What has been pulled and is no step yet: sent, waiting to be sent, or still in the hand. */
    _unkept() {
      const acts = [this.flight, ...this.queue].filter((act) => act?.kind === 'pull' && !act.on);
      return Object.assign({}, ...acts.map((act) => act.details.amounts), this.fresh);
    }

    /** Show a scene; sliders that have been moved meanwhile stay where they are. */
    _stand(scene) {
      this.scene = scene;
      const pulled = scene.opened ? {} : this._unkept();
      this.fresh = scene.opened ? {} : this.fresh;
      this.totals = { ...scene.amounts, ...pulled };
      this.panel.model(scene.model, scene.amounts);
      if (scene.opened) this.panel.clear(); // the small pictures are of another one
      this.saving.side(scene.model.shape[1]);
      const upload = this.upload();
      this.viewer.before({ original: upload.original ?? null, plain: scene.plain });
      this.viewer.note(upload.match ?? null, this.note());
      this.uploads.show(upload);
      this.viewer.title(upload.original && scene.picture === scene.plain ? 'Reconstruction' : 'Edited');
      this.arrange();
      if (Object.keys(pulled).length) {
        this.drawn = scene;
        this.live.pull(this.totals);
      } else {
        this.live.forget();
        this.viewer.exact(scene.picture).then((drawn) => {
          if (drawn) this._tell(null, scene.amounts);
          if (scene === this.scene) this.drawn = scene;
        });
      }
      if (scene.refine) this.uploads.refine(scene);
    }

    /** Sliders, small pictures and chips, as the work stands. */
    arrange() {
      const { scene } = this;
      if (!scene) return;
      const names = this.panel.names;
      this.panel.show({ ...scene, amounts: this.totals });
      this.viewer.chips(scene.amounts, scene.changes);
      this.live.set(scene.recipe, names);
      this.strips.ask(scene.recipe, this.panel.ends());
    }

    /** Whether the canvas shows the start itself, without any edits. */
    get plain() {
      return this.scene.picture === this.scene.plain && !Object.keys(this._unkept()).length;
    }

    /** What is known of the upload that the work began with, found along the first parents. */
    upload() {
      const found = {};
      for (const node of this.line()) {
        for (const [key, value] of Object.entries({ match: node.match, ...node.upload })) {
          if (value !== undefined && value !== null && !(key in found)) found[key] = value;
        }
        // Here begins an upload, or another part of it; and a child of two pictures is neither's.
        if (node.upload?.crop || node.parents.length > 1) break;
      }
      return found;
    }

    note() {
      for (const { note, label, parents } of this.line()) {
        if (note) return note;
        if (parents.length > 1) return `${label[0].toUpperCase()}${label.slice(1)}.`;
      }
      return '';
    }

    /** The present step, the one before, and so on to the start. */
    * line() {
      for (let node = this.tree.nodes.get(this.tree.current); node; node = this.tree.nodes.get(node.parents[0])) {
        yield node;
      }
    }

    // ----------------------------------------------------------------------- sliders

    pull(name, value) {
      this.totals = { ...this.totals, [name]: value };
      this.fresh = { ...this.fresh, [name]: value };
      this.viewer.title('Edited');
      this.live.pull(this.totals);
    }

    /** Make a step of what has been pulled. */
    keep() {
      const amounts = this.fresh;
      this.fresh = {};
      if (Object.keys(amounts).length) this.act('pull', { amounts });
    }

    drawFrame(frame, totals, seq) {
      this.viewer.draw(frame);
      this._tell(seq, totals);
    }

    _tell(seq, totals) {
      document.dispatchEvent(new CustomEvent('genimg:frame', {
        detail: { seq, scene: this.live.scene, totals: { ...totals } },
      }));
    }

    // --------------------------------------------------------- ------ history

    go(id) {
      this.keep();
      this.uploads.stop();
      this.act('go', () => {
        const node = this.tree.nodes.get(id);
        return node && { recipe: node.recipe, node: id };
      });
    }

    step(way) {
      this.keep();
      this.uploads.stop();
      this.act('go', () => {
        const node = this._beside(way);
        return node && { recipe: node.recipe, node: node.id };
      });
    }

    _can(way) { return this._beside(way) !== null; }

    /**
     * Where undo or redo leads, or null. Before a start comes what was open until then; steps of models that are
     * gone are passed over.
     */
    _beside(way) {
      const { tree } = this;
      const beside = (node) => tree.get(way === 'undo' ? node.parents[0] ?? node.came : tree.ahead(node.id)
        ?? [...tree.nodes.values()].findLast((one) => one.came === node.id)?.id);
      let next = tree.here && beside(tree.here);
      while (next && this.gone.has(next.model)) next = beside(next);
      return next ?? null;
    }

    /** The next (1) or the previous (-1) picture that was begun with. */
    next(way) {
      const starts = [...this.tree.nodes.values()].filter((node) => !node.parents.length);
      if (starts.length < 2) return;
      const at = starts.indexOf([...this.line()].at(-1));
      this.go(starts[(at + way + starts.length) % starts.length].id);
    }

    cross(id) {
      this.keep();
      const other = this.tree.nodes.get(id);
      if (other) this.act('cross', { other: other.recipe, label: other.label }, { parents: [id] });
    }

    /** When all that was done before has landed. */
    afterwards(then) {
      this.keep();
      this.act('none', () => { then(); return null; });
    }

    // ------------------------------------------------------------------------ buttons

    _buttons() {
      const on = (name, then) => { document.getElementById(name).onclick = then; };
      on('undo', () => this.step('undo'));
      on('redo', () => this.step('redo'));
      on('nudge', () => { this.keep(); this.act('nudge'); });
      on('reset-all', () => { this.keep(); this.act('reset'); });
      on('save', () => this.keeping.save());
      on('link', () => this.keeping.link());
      // Gradio would let fast clicks overtake each other.
      document.addEventListener('click', ({ target }) => {
        const example = target.closest?.('#examples [data-pick]');
        if (example) this.act('example', { pick: example.dataset.pick });
        else if (target.closest?.('#draw')) this.act('draw');
      });
      const marks = this._marks = () => {
        for (const way of ['undo', 'redo']) document.getElementById(way).disabled = !this._can(way);
      };
      this.tree.listen(marks);
      marks();
    }
  }

  /** For the js_on_load of the component that carries scenes; see ui/edit_parts.py. */
  genimg.mount = async (element, props, trigger, watch, upload) => {
    const early = [];
    let stage = null;
    const take = () => { if (stage) stage.receive(props.value); else early.push(props.value); };
    watch('value', take);
    if (props.value) early.push(props.value);
    const there = () => ['edit-actions', 'pool', 'history'].every((name) => document.getElementById(name));
    while (!there()) await new Promise((done) => requestAnimationFrame(done));
    stage = new Stage({ trigger, upload }, await genimg.shelf);
    genimg.work = stage;
    for (const scene of early) stage.receive(scene);
  };

  /** For the js_on_load of the component that carries slow frames. */
  genimg.slowFrame = async (answer) => {
    const { live } = genimg.work ?? {};
    if (!live || !answer?.address) return;
    live.show(answer.seq, answer.scene, await genimg.loaded(answer.address), answer.totals);
  };
})();
