// The timeline of a run: the same pictures and the same seeds, again and again while it learns.
//
// While the newest sheet is shown, newer ones are followed; from any other one nothing leads away.

import { make } from '../shell/dom.js';
import { serverUrl } from '../shell/http.js';
import { say } from '../words/say.js';
import { indexAfter, nearestFrame, playInterval } from './moments.js';
import { isNews } from './parts.js';

/** @import { Frame } from '../server.d.ts' */

// Takes the room of a sheet before there is one: without an address there would only be its alt.
const NOTHING = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
const AT_ONCE = 2; // sheets that are fetched

/**
 * What it shows: sheets with the rows that each of them has, and how a moment is said.
 * @typedef {{frames: Frame[], rows?: string[], columns: number, words: (images: number) => string}} Shown
 */

export class Timeline {
  /** @type {Frame[]} */
  #frames = [];
  /** @type {Map<string, Promise<HTMLImageElement | null>>} by the address of the sheet */
  #loads = new Map();
  /** @type {string[]} addresses of what is to be loaded before it is wanted */
  #queue = [];
  #fetching = 0;
  #index = -1;
  #following = true;
  #shown = ''; // the address of the sheet that is shown, or on its way
  #waiting = false; // until it has arrived
  /** @type {ReturnType<typeof setInterval> | undefined} while it plays */
  #timer;
  /** @type {(images: number) => string} */
  #words = String;

  /**
   * @param {HTMLElement} element
   * @param {(images: number) => void} [onmove] another sheet is shown
   */
  constructor(element, onmove = () => {}) {
    this.element = element;
    this.onmove = onmove;
    this.picture = make('img', { alt: '', draggable: false });
    this.rows = make('ol', { className: 'rows' });
    this.window = make('div', { className: 'window' }, this.picture); // a phone shows a part
    this.stage = make('div', { className: 'sheet' }, this.rows, this.window);
    this.play = make('button', { type: 'button', className: 'button icon', ariaLabel: say('train.play') });
    this.range = make('input', { type: 'range', min: 0, step: 1, ariaLabel: say('train.moment_label') });
    this.caption = make('span', { className: 'caption' });
    const scrub = make('div', { className: 'scrub' }, this.play, this.range, this.caption);
    element.replaceChildren(this.stage, scrub);
    this.range.oninput = () => { this.pause(); this.#to(Number(this.range.value)); };
    this.play.onclick = () => (this.#timer ? this.pause() : this.#start());
    this.clear();
  }

  /** Nothing is shown; another run will be. */
  clear() {
    this.pause();
    this.#frames = [];
    this.#loads = new Map();
    this.#queue = [];
    this.#fetching = 0;
    this.#index = -1;
    this.#following = true;
    this.#shown = '';
    this.picture.src = NOTHING;
    this.picture.alt = '';
    this.element.hidden = true;
  }

  /** After how many training pictures the sheet was made that is shown; null if there is none. */
  get images() { return this.#frames[this.#index]?.images ?? null; }

  /** @param {Shown} shown */
  set({ frames, rows = [], columns, words }) {
    this.#words = words;
    this.element.hidden = !frames.length;
    if (!frames.length) return;
    const index = indexAfter(frames, this.images, this.#following && !this.#timer);
    const newest = this.#frames.at(-1)?.url;
    this.#frames = frames;
    this.stage.style.setProperty('--ratio', String(columns / Math.max(1, rows.length)));
    if (isNews(this.rows, rows)) {
      this.rows.replaceChildren(...rows.map((row, i) => {
        const item = make('li', {}, make('span', { textContent: row }));
        item.dataset.row = say('train.row', { n: i + 1 }); // said where it is not beside its pictures
        return item;
      }));
    }
    this.range.max = String(frames.length - 1);
    this.play.disabled = frames.length < 2;
    this.range.style.visibility = frames.length < 2 ? 'hidden' : '';
    if (index !== this.#index || this.#shown === '') this.#to(index); else this.#tell();
    if (frames.at(-1)?.url !== newest) this.#preload();
  }

  /** To the sheet that is nearest to this many pictures. @param {number} images */
  seek(images) {
    this.pause();
    if (this.#frames.length) this.#to(nearestFrame(this.#frames, images));
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#label('▶', say('train.play'));
  }

  #start() {
    if (this.#index >= this.#frames.length - 1) this.#to(0);
    this.#label('❚❚', say('train.pause'));
    this.#timer = setInterval(() => {
      if (this.#waiting) return; // until the one before has arrived
      if (this.#index + 1 < this.#frames.length) this.#to(this.#index + 1);
      if (this.#index + 1 >= this.#frames.length) this.pause();
    }, playInterval(this.#frames.length));
  }

  /** @param {string} symbol @param {string} words */
  #label(symbol, words) {
    this.play.textContent = symbol;
    this.play.ariaLabel = this.play.title = words;
  }

  /** @param {number} index */
  #to(index) {
    const last = this.#frames.length - 1;
    this.#index = index;
    this.#following = index === last;
    this.range.value = String(index);
    this.range.style.setProperty('--range_progress', `${(100 * index) / Math.max(1, last)}%`);
    this.#tell();
    this.#show(this.#frames[index].url);
    this.onmove(this.#frames[index].images);
  }

  #tell() {
    const words = this.#words(this.#frames[this.#index].images);
    if (this.caption.textContent === words) return;
    this.caption.textContent = words;
    this.range.setAttribute('aria-valuetext', words);
    this.picture.alt = say('train.moment_alt', { moment: words });
  }

  /** The sheet before stays until the wanted one is there, so nothing flickers. @param {string} url */
  async #show(url) {
    this.#shown = url;
    this.#waiting = true;
    const image = await this.#load(url);
    if (this.#shown !== url) return;
    this.#waiting = false;
    if (!image) { this.#loads.delete(url); this.#shown = ''; return; } // asked for again next time
    this.picture.src = serverUrl(url);
    this.picture.classList.toggle('pixels', this.picture.clientWidth > 1.8 * image.naturalWidth);
    this.window.tabIndex = this.window.scrollWidth > this.window.clientWidth ? 0 : -1;
  }

  /** @param {string} url @returns {Promise<HTMLImageElement | null>} */
  #load(url) {
    let load = this.#loads.get(url);
    if (!load) {
      const image = new Image();
      image.src = serverUrl(url);
      load = image.decode().then(() => image, () => null);
      this.#loads.set(url, load);
    }
    return load;
  }

  /** All others, a few at a time, so that the slider finds them there. */
  #preload() {
    const loads = this.#loads;
    this.#queue = this.#frames.map((frame) => frame.url).filter((url) => !loads.has(url));
    const work = async () => {
      for (let url = this.#queue.shift(); url !== undefined; url = this.#queue.shift()) {
        await this.#load(url);
        if (loads !== this.#loads) return; // another run is shown
      }
      this.#fetching -= 1;
    };
    while (this.#fetching < AT_ONCE && this.#queue.length) {
      this.#fetching += 1;
      work();
    }
  }
}
