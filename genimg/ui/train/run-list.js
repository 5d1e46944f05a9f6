// The list of all runs at the side.

import { make } from '../shell/dom.js';
import { serverUrl } from '../shell/http.js';
import { isNews, makeSign, setBar, setText } from './parts.js';
import { partDone, stateLine, tellPhase, titleOf } from './run-words.js';

/** @import { RunBrief } from '../server.d.ts' */

export class RunList {
  /** @type {Map<string, RunItem>} by the names of the runs */
  #items = new Map();
  #element;
  #onchoose;

  /** @param {HTMLElement} element @param {(name: string) => void} onchoose */
  constructor(element, onchoose) {
    this.#element = element;
    this.#onchoose = onchoose;
  }

  /** @param {RunBrief[]} runs @param {string} chosen the name of the one that is looked at */
  set(runs, chosen) {
    const before = this.#items;
    this.#items = new Map(runs.map(({ name }) =>
      [name, before.get(name) ?? new RunItem(() => this.#onchoose(name))]));
    for (const run of runs) this.#items.get(run.name)?.set(run, run.name === chosen);
    const names = runs.map(({ name }) => name);
    if (!isNews(this.#element, names)) return; // the focus stays where it is
    this.#element.replaceChildren(...[...this.#items.values()].map((item) => item.element));
  }
}

class RunItem {
  #image = make('img', { alt: '', draggable: false, hidden: true });
  #title = make('b');
  #state = make('span', { className: 'state' });
  #bar = make('progress', { max: 1, value: 0, ariaHidden: 'true' });
  #button = make('button', { type: 'button' },
    make('span', { className: 'small-sheet' }, this.#image),
    make('span', { className: 'words' }, this.#title, this.#state), this.#bar);
  element = make('li', {}, this.#button);

  /** @param {() => void} onchoose */
  constructor(onchoose) { this.#button.onclick = onchoose; }

  /** @param {RunBrief} run @param {boolean} current */
  set(run, current) {
    setText(this.#title, titleOf(run));
    const [, symbol, kind] = tellPhase(run), words = stateLine(run);
    if (isNews(this.#state, [kind, words])) this.#state.replaceChildren(makeSign(kind, symbol), words);
    setBar(this.#bar, partDone(run) || 0);
    this.#bar.style.visibility = run.working ? '' : 'hidden';
    const source = run.last_frame ? serverUrl(run.last_frame) : '';
    if (source && this.#image.src !== source) this.#image.src = source;
    this.#image.hidden = !source;
    this.#button.setAttribute('aria-current', String(current));
  }
}
