// One run: how far it is, how it does, what it has learned so far, and what can be done with it.

import { find, make } from '../shell/dom.js';
import { messageOf } from '../shell/http.js';
import { chooseModel } from '../shell/models.js';
import { say } from '../words/say.js';
import { actOn, openRun } from './client.js';
import { Curves } from './curves.js';
import { imagesAt, minuteAt } from './moments.js';
import { findPart, isNews, makeSign, setBar, setText } from './parts.js';
import { showChoices } from './plan.js';
import {
  aboutLine, advice, deletionWords, emptyTimeline, healthOf, isOpenable, openLabel, partDone, progressLine,
  stopLabel, tellPhase, titleOf,
} from './run-words.js';
import { Timeline } from './timeline.js';
import { duration, plural } from './words.js';

/** @import { Run } from '../server.d.ts' */
/** @import { AnyRun } from './run-words.js' */

/**
 * @typedef {object} Listener
 * @property {() => void} onchange something was done to a run
 * @property {(name: string) => void} ongone it was deleted
 */

/** @type {Record<string, string>} */
const SIGNS = { good: '✓', wait: '◷', warn: '!', bad: '✕' };
const MORE = 20; // minutes

export class RunView {
  name = ''; // of the run that is shown
  /** @type {Run | null} what the server said last of it */
  seen = null;
  /** @type {AnyRun | null} the same, or as much as is known yet */
  #summary = null;
  #acting = false;
  #focusLost = false; // with a button that went
  #element;
  #to;
  #timeline;
  #curves;

  /** @param {HTMLElement} element @param {Listener} to */
  constructor(element, to) {
    this.#element = element;
    this.#to = to;
    this.#timeline = new Timeline(this.#part('line'), () => this.#showCurves());
    this.#curves = new Curves(this.#part('curves'), (minute) => {
      if (this.seen) this.#timeline.seek(imagesAt(this.seen, minute));
    });
    const extend = this.#part('extend', HTMLButtonElement);
    extend.textContent = say('train.minutes_more', { n: MORE });
    extend.onclick = () => this.#ask('extend', say('train.starting_again'), { minutes: MORE });
    this.#part('open').onclick = () => this.#open();
    this.#part('stop').onclick = () =>
      this.#ask('stop', say('train.stopping'));
    this.#part('resume').onclick = () => this.#ask('resume', say('train.starting_again'));
    this.#part('delete').onclick = () => this.#askWhetherToDelete();
    this.#part('keep-it').onclick = () => this.#dialog.close();
    this.#part('do-delete').onclick = () => this.#delete();
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @param {new () => T} [kind]
   */
  #part(name, kind) { return findPart(this.#element, name, kind); }

  get #dialog() { return find(this.#element, 'dialog', HTMLDialogElement); }

  /** Another run is shown. @param {string} name @param {AnyRun} [summary] what is known of it yet */
  choose(name, summary) {
    if (name === this.name) return;
    this.name = name;
    this.seen = this.#summary = null;
    this.#acting = false;
    this.#timeline.clear();
    this.#curves.clear();
    setText(this.#part('acting'));
    for (const box of ['plan-box', 'log-box', 'command-box']) this.#part(box).hidden = true;
    this.#showHealth([]);
    if (summary) this.#showSummary(summary);
  }

  /** What the server says of the run. @param {Run} run */
  set(run) {
    this.seen = run;
    this.#showSummary(run);
    const health = healthOf(run);
    this.#showHealth(health);
    this.#part('health').hidden = !run.working && !health.length; // else its room is kept
    this.#timeline.set({
      frames: run.frames, rows: run.rows, columns: run.columns,
      words: (images) => say('train.moment', {
        pictures: plural(images, 'picture'), time: duration(60 * minuteAt(run, images)),
      }),
    });
    setText(this.#part('no-line'), run.frames.length ? '' : emptyTimeline(run));
    this.#showCurves();
    this.#part('plan-box').hidden = !run.plan.length;
    showChoices(this.#part('plan'), run.plan);
    this.#showText('log', run.log.join('\n'));
    this.#showText('command', run.command);
  }

  // ------------------------------------------------------------------------------- seen

  /** @param {AnyRun} run */
  #showSummary(run) {
    this.#summary = run;
    const { phase, working, progress } = run, part = partDone(run);
    setText(find(this.#element, 'h2'), titleOf(run));
    const [name, symbol, kind] = tellPhase(run), badge = this.#part('phase');
    if (isNews(badge, name)) {
      badge.dataset.kind = kind;
      badge.replaceChildren(makeSign(kind, symbol), name);
    }
    setText(this.#part('about'), aboutLine(run));
    const bar = this.#part('bar', HTMLProgressElement);
    this.#part('bar-box').hidden = !working && !(progress > 0 && progress < 1);
    setBar(bar, phase === 'preparing' && !part ? null : part || 0);
    setText(this.#part('now'), progressLine(run));
    const trouble = this.#part('trouble');
    trouble.classList.toggle('mild', phase === 'interrupted');
    setText(trouble, advice(run));
    this.#showActions(run);
  }

  /** @param {AnyRun} run */
  #showActions(run) {
    const { acts, opens } = run;
    /** @type {Record<Run['acts'][number] | 'open', boolean>} */
    const shown = {
      open: isOpenable(run),
      stop: acts.includes('stop'), resume: acts.includes('resume'),
      extend: acts.includes('extend'), delete: acts.includes('delete'),
    };
    for (const [name, on] of Object.entries(shown)) {
      const button = this.#part(name, HTMLButtonElement);
      if (!on && !button.hidden && button === document.activeElement) this.#focusLost = true;
      button.hidden = !on;
      button.disabled = this.#acting || (name === 'open' && !opens);
    }
    if (this.#focusLost) {
      this.#focusLost = false;
      const first = this.#part('actions').querySelector('button:not([hidden])');
      if (first instanceof HTMLElement) first.focus({ preventScroll: true });
    }
    const [open, stop] = [this.#part('open'), this.#part('stop')];
    open.textContent = openLabel(run);
    stop.textContent = stopLabel(run);
    this.#part('resume').classList.toggle('primary', shown.resume);
    open.classList.toggle('primary', !shown.resume);
  }

  /** @param {Run['health']} health */
  #showHealth(health) {
    const list = this.#part('health');
    if (!isNews(list, health)) return;
    list.replaceChildren(...health.map(({ kind, words }) => {
      const item = make('li', {}, makeSign(kind, SIGNS[kind] ?? '·'), make('span', { textContent: words }));
      item.dataset.kind = kind;
      return item;
    }));
  }

  #showCurves() {
    if (!this.seen) return;
    const { images } = this.#timeline;
    this.#curves.set(this.seen, images === null ? null : minuteAt(this.seen, images));
  }

  /** @param {'log' | 'command'} name @param {string} words */
  #showText(name, words) {
    const element = this.#part(name);
    this.#part(`${name}-box`).hidden = !words;
    if (element.textContent === words) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight < 8;
    element.textContent = words;
    if (below) element.scrollTop = element.scrollHeight; // who reads the end goes on to read the end
  }

  // ------------------------------------------------------------------------------- done

  /** @param {Run['acts'][number]} act @param {string} words meanwhile @param {object} [body] */
  #ask(act, words, body) {
    return this.#act(words, () => actOn(this.name, act, body));
  }

  /** @param {string} words meanwhile @param {() => Promise<unknown>} action */
  async #act(words, action) {
    if (this.#acting) return;
    const { name } = this;
    this.#acting = true;
    setText(this.#part('acting'), words);
    if (this.#summary) this.#showActions(this.#summary);
    let trouble = '';
    try { await action(); } catch (error) { trouble = messageOf(error); }
    if (this.name !== name) return; // somebody looks at another one by now
    this.#acting = false;
    setText(this.#part('acting'), trouble);
    if (this.#summary) this.#showActions(this.#summary);
    this.#to.onchange();
  }

  #open() {
    return this.#act(say('train.opening'), async () => {
      const { model } = await openRun(this.name);
      await chooseModel(model);
      document.getElementById('tab-edit-button')?.click();
    });
  }

  #askWhetherToDelete() {
    const run = this.#summary, removable = this.seen?.removable ?? false;
    if (!run) return;
    setText(find(this.#dialog, 'h2'), say('train.delete_question', { title: titleOf(run) }));
    setText(this.#part('ask-words'), deletionWords(run, removable));
    this.#part('with-model-box').hidden = !removable;
    this.#part('with-model', HTMLInputElement).checked = false;
    this.#dialog.showModal();
  }

  #delete() {
    this.#dialog.close();
    const { name } = this, model = this.#part('with-model', HTMLInputElement).checked;
    return this.#act(say('train.deleting'), async () => {
      await actOn(name, 'delete', { model });
      this.#to.ongone(name);
    });
  }
}
