// One run: how far it is, how it does, what it has learned so far, and what can be done with it.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const { ask, put, number, some, time, about, ago, capital, phase: phaseOf, busy, sign } = genimg.training;
  const make = genimg.make;

  const SIGNS = { good: '✓', wait: '◷', warn: '!', bad: '✕' };
  const FAMILIES = { vae: 'VAE', gan: 'GAN', classifier: 'Classifier' };
  const MORE = 20; // minutes

  class Run {
    /** @param {object} to onchange(): something was done to a run; ongone(name): it was deleted. */
    constructor(element, { onchange, ongone }) {
      this.element = element;
      this.onchange = onchange;
      this.ongone = ongone;
      this.name = null;
      this.seen = null; // what the server said last
      this.part = (name) => element.querySelector(`[data-part="${name}"]`);
      this.line = genimg.trainLine(this.part('line'), { onmove: () => this._curves() });
      this.curves = genimg.trainCurves(this.part('curves'), { onpick: (minute) => this.line.seek(this._imagesAt(minute)) });
      this.part('open').onclick = () => this._act('Opening: this takes a few seconds …', async () => {
        const { model } = await ask(`/runs/${this.name}/open`, { method: 'POST', body: {} });
        await genimg.chooseModel(model);
        document.getElementById('tab-edit-button')?.click();
      });
      this.part('stop').onclick = () => this._post('stop', 'Stopping: what it has learned is written down first …');
      this.part('resume').onclick = () => this._post('resume', 'Starting again …');
      this.part('extend').onclick = () => this._post('extend', 'Starting again …', { minutes: MORE });
      this.part('delete').onclick = () => this._ask();
      this.part('keep-it').onclick = () => this.part('ask').close();
      this.part('do-delete').onclick = () => {
        this.part('ask').close();
        this._act('Deleting …', async () => {
          const { name } = this;
          const model = this.part('with-model').checked;
          await ask(`/runs/${name}/delete`, { method: 'POST', body: { model } });
          this.ongone(name);
        });
      };
    }

    /** Another run is shown, of which no more than its summary is known yet. */
    choose(name, summary) {
      if (name === this.name) return;
      this.name = name;
      this.seen = null;
      this.acting = false;
      this.line.clear();
      this.curves.clear();
      put(this.part('acting'));
      for (const box of ['plan-box', 'log-box', 'command-box']) this.part(box).hidden = true;
      this.part('health').replaceChildren();
      this.part('health').dataset.shown = '';
      if (summary) this._summary(summary);
    }

    /** What the server says of the run. */
    set(run) {
      this.seen = run;
      this._summary(run);
      this._health((run.health ?? []).filter(({ words }) => words !== run.trouble)); // said already
      this.line.set({
        frames: run.frames ?? [], rows: run.rows, columns: run.columns,
        words: (images) => `after ${some(images, 'picture')}, ${time(60 * this._minuteAt(images))}`,
      });
      put(this.part('no-line'), run.frames?.length ? '' : this._nothingYet(run));
      this._curves();
      this.part('plan-box').hidden = !run.plan?.length;
      genimg.trainChoices(this.part('plan'), run.plan ?? []);
      this._text('log', (run.log ?? []).join('\n'));
      this._text('command', run.command ?? '');
    }

    // --------------------------------------------------------------------------- parts

    _summary(run) {
      const { title, family, data, phase, words, trouble, progress, created } = run;
      put(document.getElementById('train-run-title'), title || run.name);
      const [name, symbol, kind] = phaseOf(phase, words);
      const badge = this.part('phase');
      if (badge.dataset.phase !== name) {
        badge.dataset.phase = name;
        badge.dataset.kind = kind;
        badge.replaceChildren(sign(kind, symbol), name);
      }
      const from = data && data !== title && !/^(upload|folder):/.test(data) ? `from ${data}` : '';
      put(this.part('about'), [FAMILIES[family] ?? family, from, created && `${phase === 'waiting' ? 'asked for' : 'begun'} ${ago(created)}`].filter(Boolean).join(' · '));
      const bar = this.part('bar');
      bar.parentElement.hidden = !busy(phase) && !(progress > 0 && progress < 1);
      if (phase === 'preparing' && !progress) bar.removeAttribute('value'); else bar.value = progress || 0;
      put(this.part('now'), this._now(run));
      const advice = phase === 'interrupted' && !trouble
        ? 'It was interrupted, perhaps because the machine was switched off. What it has learned is kept: go on where it was?'
        : phase === 'damaged' && !trouble ? 'Its files cannot be read. Delete it, or put them right by hand.' : trouble;
      const box = this.part('trouble');
      box.classList.toggle('mild', phase === 'interrupted');
      put(box, phase === 'failed' ? capital(advice) || words || 'It failed, and left no word why. See what it printed last.' : advice);
      this._actions(run);
    }

    /** One line that says how far it is; the server's words are for what is being done. */
    _now({ phase, words, images, seconds, seconds_left: left, speed, progress }) {
      const facts = [];
      if (phase === 'training') {
        facts.push(`${Math.floor(100 * progress)} %`);
        if (left !== null && left >= 0) facts.push(`${about(left)} left`);
        if (speed > 0) facts.push(`${number(speed)} pictures a second`);
      }
      const counts = /pictures seen/.test(words); // the rest of such words is told by the curves
      const said = counts || ['failed', 'interrupted', 'damaged'].includes(phase) ? '' : words; // it is said below
      if (phase === 'training') facts.push(`${some(images, 'picture')} seen`);
      else if (images > 0 && phase !== 'preparing') facts.push(`${some(images, 'picture')} seen in ${time(seconds)}`);
      return (phase === 'training' ? [...facts, said] : [capital(said), ...facts]).filter(Boolean).join(' · ');
    }

    _actions({ phase, words, family, images, model, opens }) {
      const active = busy(phase), drawn = family !== 'classifier';
      const shown = {
        open: drawn && (active || opens) && (phase === 'training' || phase === 'finished' || images > 0),
        stop: active && phase !== 'finishing',
        resume: ['stopped', 'interrupted', 'failed'].includes(phase),
        extend: phase === 'finished',
        delete: !active,
      };
      for (const [name, on] of Object.entries(shown)) {
        const button = this.part(name);
        if (button.hidden === on) {
          if (!on && button === document.activeElement) this.focusLater = true; // not lost with it
          button.hidden = !on;
        }
        button.disabled = this.acting || (name === 'open' && !opens);
      }
      if (this.focusLater) {
        this.focusLater = false;
        this.part('actions').querySelector('button:not([hidden])')?.focus({ preventScroll: true });
      }
      this.part('open').textContent = phase === 'finished' || model === undefined ? 'Open in Edit'
        : opens ? 'Open in Edit as it is now' : 'Open in Edit in a minute'; // when its state is written
      this.part('resume').classList.toggle('primary', shown.resume);
      this.part('open').classList.toggle('primary', !shown.resume);
      this.part('stop').textContent = phase === 'waiting' && words !== 'starting' ? 'Take out of the queue' : 'Stop';
    }

    _health(health) {
      if (['waiting', 'preparing'].includes(this.seen.phase)) health = []; // nobody can tell yet
      const list = this.part('health'), said = JSON.stringify(health);
      list.hidden = !health.length && !busy(this.seen.phase); // else its room is kept
      if (list.dataset.shown === said) return;
      list.dataset.shown = said;
      list.replaceChildren(...health.map(({ kind, words }) => {
        const item = make('li', {}, sign(kind, SIGNS[kind] ?? '·'), make('span', { textContent: words }));
        item.dataset.kind = kind;
        return item;
      }));
    }

    _nothingYet({ phase, family }) {
      if (family === 'classifier') return 'A classifier draws nothing, so it has no timeline of pictures.';
      return busy(phase) ? 'The first pictures appear here after a little while.' : 'It has not come far enough to show any pictures.';
    }

    _curves() {
      if (!this.seen) return;
      const { images } = this.line;
      const minute = images === null ? null : this._minuteAt(images);
      this.curves.set(this.seen.family, this.seen.curves ?? {}, minute);
    }

    _text(name, words) {
      const element = this.part(name);
      this.part(`${name}-box`).hidden = !words;
      if (element.textContent === words) return;
      const below = element.scrollHeight - element.scrollTop - element.clientHeight < 8;
      element.textContent = words;
      if (below) element.scrollTop = element.scrollHeight; // who reads the end goes on to read the end
    }

    // ------------------------------------------------------------ pictures and minutes

    /** [pictures, minutes] pairs, ever more of both. */
    get _course() {
      const { curves = {}, images, seconds } = this.seen;
      const pairs = (curves.images ?? []).map((count, i) => [count, curves.minutes[i]])
        .filter((pair) => pair.every((value) => typeof value === 'number'));
      if (images > (pairs.at(-1)?.[0] ?? 0)) pairs.push([images, seconds / 60]);
      return [[0, 0], ...pairs];
    }

    _between(value, from, to) {
      const course = this._course;
      const next = course.findIndex((pair) => pair[from] >= value);
      if (next < 0) return course.at(-1)[to];
      if (next === 0) return course[0][to];
      const [before, after] = [course[next - 1], course[next]];
      const part = (value - before[from]) / (after[from] - before[from] || 1);
      return before[to] + part * (after[to] - before[to]);
    }

    _minuteAt(images) { return this._between(images, 0, 1); }

    _imagesAt(minute) { return this._between(minute, 1, 0); }

    // --------------------------------------------------------------------------- doing

    _post(what, words, body = {}) {
      return this._act(words, () => ask(`/runs/${this.name}/${what}`, { method: 'POST', body }));
    }

    async _act(words, action) {
      if (this.acting) return;
      const { name } = this;
      this.acting = true;
      put(this.part('acting'), words);
      if (this.seen) this._actions(this.seen);
      let trouble = '';
      try { await action(); } catch (error) { trouble = error.message; }
      if (this.name !== name) return; // somebody looks at another one by now
      this.acting = false;
      put(this.part('acting'), trouble);
      if (this.seen) this._actions(this.seen);
      this.onchange();
    }

    _ask() {
      const { title, phase, images, model, removable } = this.seen ?? {};
      put(document.getElementById('train-ask-title'), `Delete “${title || this.name}”?`);
      const lost = images > 0 ? `Its timeline, its curves and what it needs to go on (${some(images, 'picture')} of learning) are gone for good.`
        : 'It is gone for good.';
      const kept = removable ? '' : model ? ' Its model stays in the menu.' : phase === 'finished' ? '' : ' It has no model in the menu yet: open it in Edit first if you want to keep what it has learned.';
      put(this.part('ask-words'), `${lost}${images > 0 ? kept : ''} Your own pictures are not touched. This cannot be undone.`);
      this.part('with-model-box').hidden = !removable;
      this.part('with-model').checked = false;
      this.part('ask').showModal();
    }
  }

  genimg.trainRun = (element, to) => new Run(element, to);
})();
