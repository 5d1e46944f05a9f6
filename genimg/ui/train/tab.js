// The Train tab: all runs beside a new one or the one that is looked at. The server is asked again
// and again, but only while somebody sees the tab.

import { find, notify } from '../shell/dom.js';
import { messageOf, RequestError } from '../shell/http.js';
import { refreshModels } from '../shell/models.js';
import { say } from '../words/say.js';
import { getOverview, getRun } from './client.js';
import { NewModelForm } from './form.js';
import { setText } from './parts.js';
import { RunList } from './run-list.js';
import { titleOf } from './run-words.js';
import { RunView } from './run.js';
import { keep, readKept } from './storage.js';

/** @import { Overview, RunBrief } from '../server.d.ts' */

const CHOSEN_KEY = 'genimg-train-chosen'; // of the browser's storage: the run that is looked at
const PREVIEW_MS = 500, BUSY_MS = 1000, REST_MS = 10_000; // between two questions
const BEAT_MS = 250;
const LOST = 2; // questions without an answer, before it is said

class TrainTab {
  /** @type {Overview | null} what the server said last */
  #overview = null;
  /** @type {string} the run that is looked at; '' for a new one */
  #chosen = readKept(CHOSEN_KEY) ?? '';
  #asking = false;
  #asked = -Infinity; // when, of the browser's clock
  #askedPreview = -Infinity;
  #unanswered = 0;
  /** @type {string | null} the names of all models */
  #models = null;
  #timer;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @param {string} name */
    const part = (name) => find(root, `#train-${name}`);
    this.side = part('side');
    this.none = part('none');
    this.trouble = part('trouble');
    this.closed = part('closed');
    this.formBox = part('form');
    this.runBox = part('run');
    this.newButton = part('new');
    this.list = new RunList(part('runs'), (name) => this.choose(name));
    this.form = new NewModelForm(this.formBox, (name) => { this.choose(name); this.#lead(); });
    this.run = new RunView(this.runBox, { onchange: () => this.askNow(), ongone: (name) => this.#gone(name) });
    this.newButton.onclick = () => this.choose('');
    document.addEventListener('visibilitychange', () => this.beat());
    this.#timer = setInterval(() => this.beat(), BEAT_MS);
  }

  stop() { clearInterval(this.#timer); }

  get visible() { return !document.hidden && this.root.offsetParent !== null; }

  /** Look at a run, or with '' at the form for a new one. @param {string} name */
  choose(name) {
    this.#chosen = name;
    keep(CHOSEN_KEY, name);
    if (name) this.run.choose(name, this.#runs.find((run) => run.name === name));
    this.show();
    this.askNow();
  }

  /** The form was long, and its button is gone: to the head of what has taken its place. */
  #lead() {
    if (this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView({ block: 'start' });
    find(this.runBox, 'h2').focus({ preventScroll: true });
  }

  /** A run was deleted. @param {string} name */
  #gone(name) {
    if (this.#overview) this.#overview.runs = this.#runs.filter((run) => run.name !== name);
    if (this.#chosen !== name) return;
    this.choose('');
    this.newButton.focus({ preventScroll: true });
  }

  // ------------------------------------------------------------------------------ asked

  askNow() {
    this.#asked = -Infinity;
    this.beat();
  }

  get #runs() { return this.#overview?.runs ?? []; }

  get #busy() { return this.#runs.some((run) => run.working); }

  beat() {
    if (!this.root.isConnected) { this.stop(); return; }
    const now = performance.now();
    if (this.visible && !this.#chosen && this.#overview?.allowed && now - this.#askedPreview > PREVIEW_MS) {
      this.#askedPreview = now;
      this.form.tick();
    }
    const rest = this.#rest;
    if (this.#asking || rest === null || now - this.#asked < rest) return;
    this.#asked = now;
    this.#ask();
  }

  /** Milliseconds from one question to the next; null where nothing is asked. */
  get #rest() {
    // From another tab only seldom, to say that a model is ready.
    if (!this.visible) return document.hidden || !this.#busy ? null : REST_MS;
    return this.#overview && !this.#busy && !this.#unanswered ? REST_MS : BUSY_MS;
  }

  async #ask() {
    this.#asking = true;
    try {
      const worked = this.#runs.filter((run) => run.working).map(({ name }) => name);
      this.#overview = await getOverview();
      this.#tellNews(worked);
      const name = this.#chosen;
      if (this.#overview.allowed && this.#runs.some((run) => run.name === name)) {
        const run = await getRun(name);
        if (name === this.#chosen) { this.run.choose(name, run); this.run.set(run); }
      }
      this.#unanswered = 0;
      setText(this.trouble);
      this.show();
    } catch (error) {
      this.#unanswered += 1;
      const lost = !(error instanceof RequestError && error.offline) || this.#unanswered >= LOST;
      if (lost && this.visible) setText(this.trouble, messageOf(error));
    } finally {
      this.#asking = false;
    }
  }

  /**
   * A model has come, or is gone: the menu of the page tells so, too.
   * @param {string[]} worked the runs that did until now
   */
  #tellNews(worked) {
    const models = (this.#overview?.models ?? []).map(({ name }) => name).join('/');
    if (this.#models !== null && this.#models !== models) refreshModels();
    this.#models = models;
    /** @param {RunBrief} run */
    const isReady = ({ name, phase, model }) => phase === 'finished' && model && worked.includes(name);
    for (const run of this.#runs.filter(isReady)) notify(say('train.ready', { title: titleOf(run) }));
  }

  // ------------------------------------------------------------------------------- seen

  show() {
    if (!this.#overview) return;
    const { allowed, why, runs } = this.#overview;
    this.closed.hidden = allowed;
    this.side.hidden = !allowed;
    if (!allowed) {
      setText(find(this.closed, 'p'), why);
      this.formBox.hidden = this.runBox.hidden = true;
      return;
    }
    const there = runs.some(({ name }) => name === this.#chosen);
    if (!there && (this.run.name !== this.#chosen || this.run.seen)) this.#chosen = ''; // deleted elsewhere
    this.formBox.hidden = Boolean(this.#chosen);
    this.runBox.hidden = !this.#chosen;
    this.form.offer(this.#overview);
    this.newButton.setAttribute('aria-current', String(!this.#chosen));
    this.none.hidden = runs.length > 0;
    this.list.set(runs, this.#chosen);
  }
}

/** @type {TrainTab | null} */
let tab = null;

/** For the js_on_load of the component that holds train.html; see ui/train/tab.py. @param {HTMLElement} root */
export const mountTraining = (root) => {
  tab?.stop();
  tab = new TrainTab(root);
  tab.beat();
};
