// The Train tab: all runs beside a new one or the one that is looked at. The server is asked again
// and again, but only while somebody sees the tab.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const { ask, put, briefly, phase: phaseOf, busy, sign, kept, keep } = genimg.training;
  const make = genimg.make;

  const CHOSEN = 'genimg-train-chosen'; // the run that is looked at; '' for a new one
  const LOOK_MS = 500, BUSY_MS = 1000, REST_MS = 10_000; // between two questions
  const BEAT_MS = 250;
  const LOST = 2; // questions without an answer, before it is said

  class Training {
    constructor(root) {
      this.root = root;
      this.known = null; // what the server said last
      this.chosen = kept(CHOSEN) ?? '';
      this.asked = { all: -Infinity, look: -Infinity };
      this.lost = 0;
      const id = (name) => root.querySelector(`#${name}`);
      [this.side, this.list, this.none, this.trouble, this.closed] = [
        'train-side', 'train-runs', 'train-none', 'train-trouble', 'train-closed'].map(id);
      [this.formBox, this.runBox, this.newButton] = ['train-form', 'train-run', 'train-new'].map(id);
      this.form = genimg.trainForm(this.formBox, { onstarted: (name) => { this.choose(name); this._lead(); } });
      this.run = genimg.trainRun(this.runBox, {
        onchange: () => this.now(),
        ongone: (name) => {
          if (this.known) this.known.runs = this.known.runs.filter((run) => run.name !== name);
          if (this.chosen !== name) return;
          this.choose('');
          this.newButton.focus({ preventScroll: true });
        },
      });
      this.newButton.onclick = () => this.choose('');
      document.addEventListener('visibilitychange', () => this.beat());
      this.timer = setInterval(() => this.beat(), BEAT_MS);
    }

    get visible() { return !document.hidden && this.root.offsetParent !== null; }

    /** Look at a run, or with '' at the form for a new one. */
    choose(name) {
      this.chosen = name;
      keep(CHOSEN, name);
      if (name) this.run.choose(name, this.known?.runs.find((run) => run.name === name));
      this.show();
      this.now();
    }

    /** The form was long, and its button is gone: to the head of what has taken its place. */
    _lead() {
      if (this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView({ block: 'start' });
      this.runBox.querySelector('h2').focus({ preventScroll: true });
    }

    /** Ask at the next beat. */
    now() {
      this.asked.all = -Infinity;
      this.beat();
    }

    beat() {
      if (!this.root.isConnected) { clearInterval(this.timer); return; }
      const now = performance.now();
      if (!this.visible) { // from another tab only seldom, to say that a model is ready
        if (document.hidden || !this._busy || this.asking || now - this.asked.all < REST_MS) return;
        this.asked.all = now;
        this._ask();
        return;
      }
      if (!this.chosen && this.known?.allowed && now - this.asked.look > LOOK_MS) {
        this.asked.look = now;
        this.form.tick();
      }
      const rest = this.known && !this._busy ? REST_MS : BUSY_MS;
      if (this.asking || now - this.asked.all < (this.lost ? BUSY_MS : rest)) return;
      this.asked.all = now;
      this._ask();
    }

    get _busy() { return Boolean(this.known?.runs.some((run) => busy(run.phase))); }

    async _ask() {
      this.asking = true;
      try {
        const before = new Set(this.known?.runs.filter((run) => busy(run.phase)).map(({ name }) => name));
        this.known = await ask('');
        this._menu(this.known.models);
        for (const { name, title, phase, model } of this.known.runs) {
          if (phase === 'finished' && model && before.has(name)) genimg.say?.(`${title || name} is ready: it is in the menu of models.`);
        }
        const name = this.chosen;
        if (this.known.allowed && name && this.known.runs.some((run) => run.name === name)) {
          const run = await ask(`/runs/${encodeURIComponent(name)}`);
          if (name === this.chosen) { this.run.choose(name, run); this.run.set(run); }
        }
        this.lost = 0;
        put(this.trouble);
        this.show();
      } catch (error) {
        this.lost += 1;
        if ((this.lost >= LOST || !error.offline) && this.visible) put(this.trouble, error.message);
      } finally {
        this.asking = false;
      }
    }

    /** A model has come, or is gone: the menu of the page tells so, too. */
    _menu(models) {
      const names = models.map(({ name }) => name).join('/');
      if (this.models !== undefined && this.models !== names) genimg.refreshModels?.();
      this.models = names;
    }

    show() {
      if (!this.known) return;
      const { allowed, why, runs } = this.known;
      this.closed.hidden = allowed;
      this.side.hidden = !allowed;
      if (!allowed) {
        put(this.closed.querySelector('p'), why);
        this.formBox.hidden = this.runBox.hidden = true;
        return;
      }
      const run = runs.find(({ name }) => name === this.chosen);
      if (this.chosen && !run && this.run.name !== this.chosen) this.chosen = '';
      if (this.chosen && !run && this.run.seen) this.chosen = ''; // deleted elsewhere
      this.formBox.hidden = Boolean(this.chosen);
      this.runBox.hidden = !this.chosen;
      this.form.offer(this.known);
      this.newButton.setAttribute('aria-current', String(!this.chosen));
      this._list(runs);
    }

    _list(runs) {
      this.none.hidden = runs.length > 0;
      const there = new Map([...this.list.children].map((item) => [item.dataset.name, item]));
      const items = runs.map((run) => this._item(there.get(run.name) ?? this._newItem(run.name), run));
      const same = items.length === this.list.children.length
        && items.every((item, i) => item === this.list.children[i]);
      if (!same) this.list.replaceChildren(...items); // else the focus stays where it is
    }

    _newItem(name) {
      const item = make('li');
      item.dataset.name = name;
      item.parts = {
        picture: make('span', { className: 'small-sheet' }, make('img', { alt: '', draggable: false, hidden: true })),
        title: make('b'), state: make('span', { className: 'state' }),
        bar: make('progress', { max: 1, value: 0, ariaHidden: 'true' }),
      };
      const { picture, title, state, bar } = item.parts;
      const button = make('button', { type: 'button' }, picture,
        make('span', { className: 'words' }, title, state), bar);
      button.onclick = () => this.choose(name);
      item.append(button);
      return item;
    }

    _item(item, { name, title, phase, words: told, progress, seconds_left: left, last_frame: frame }) {
      const { picture, title: head, state, bar } = item.parts;
      put(head, title || name);
      const [words, symbol, kind] = phaseOf(phase, told);
      const said = phase === 'training' && left !== null && left >= 0 ? `${Math.floor(100 * progress)} % · ${briefly(left)} left` : words;
      if (state.dataset.said !== phase + said) {
        state.dataset.said = phase + said;
        state.replaceChildren(sign(kind, symbol), said);
      }
      bar.value = progress || 0;
      bar.style.visibility = busy(phase) ? '' : 'hidden';
      const image = picture.firstChild;
      if (frame && image.getAttribute('src') !== frame) image.src = frame;
      image.hidden = !frame;
      item.firstChild.setAttribute('aria-current', String(name === this.chosen));
      return item;
    }
  }

  let training = null;

  /** For the js_on_load of the component that holds train.html; see ui/train.py. */
  genimg.mountTraining = (root) => {
    clearInterval(training?.timer);
    training = new Training(root);
    training.beat();
  };
})();
