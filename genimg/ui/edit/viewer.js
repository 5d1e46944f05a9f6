// What is seen of the work: the picture before, the canvas, how close they are, and the edits.

import { Compare, penOf } from './compare.js';
import { percent } from './own-details.js';
import { byId, find, make } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { MatchAnswer, ModelSheet, SceneAnswer } from '../server.d.ts' */
/** @import { Frame } from './live.js' */
/** @import { ViewerEvents } from './types.d.ts' */
/** @typedef {'original' | 'plain'} Before */

const NARROWEST = 3 / 4, WIDEST = 5 / 2; // width to height of the frames; what is beyond has margins
const SOFTEN_PAUSE_MS = 300; // keys change it many times in a row

/** @type {Record<Before, {name: string, alt: string}>} */
const BEFORES = {
  original: { name: say('edit.original'), alt: say('edit.original_alt') },
  plain: { name: say('edit.before'), alt: say('edit.before_alt') },
};

/** A picture, once it is there. @param {string} address @returns {Promise<HTMLImageElement>} */
export function loaded(address) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error('the picture cannot be shown'));
    image.src = address;
  });
}

export class Viewer {
  #edited = byId('edited');
  #canvas = find(this.#edited, 'canvas', HTMLCanvasElement);
  #pen = penOf(this.#canvas, { willReadFrequently: true });
  #frame = find(this.#edited, '.frame');
  #small = make('canvas');
  #compare = new Compare(this.#frame);
  #original = byId('original');
  #left = find(this.#original, 'img', HTMLImageElement);
  #which = find(this.#original, '.which');
  #faithful = find(byId('faithful'), 'input', HTMLInputElement);
  /** @type {Partial<Record<Before, string | null>>} */
  #befores = {};
  /** @type {Before} */
  #chosen = 'original';
  #token = 0; // of what was drawn last
  #chips = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #softening;

  /** @param {ViewerEvents} to what the person does */
  constructor(to) {
    this.to = to;
    for (const button of this.#which.querySelectorAll('button')) {
      button.onclick = () => {
        this.#chosen = button.dataset.before === 'plain' ? 'plain' : 'original';
        this.#showBefore();
      };
    }
    this.#wireCompare();
    const faithful = this.#faithful;
    faithful.oninput = () => this.#fill();
    faithful.onchange = () => {
      clearTimeout(this.#softening);
      this.#softening = setTimeout(() => to.onsoften(Number(faithful.value)), SOFTEN_PAUSE_MS);
    };
    byId('refine-stop').onclick = () => to.onstop();
  }

  #wireCompare() {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const modes = document.querySelectorAll('[data-compare]');
    for (const button of modes) {
      button.onclick = () => {
        const isOn = button.getAttribute('aria-pressed') === 'true';
        for (const one of modes) one.setAttribute('aria-pressed', String(one === button && !isOn));
        this.#compare.setMode(isOn ? 'off' : button.dataset.compare ?? 'off');
      };
    }
    const hold = byId('compare');
    hold.onpointerdown = () => this.hold(true);
    for (const end of ['pointerup', 'pointercancel', 'blur']) window.addEventListener(end, () => this.hold(false));
    hold.onkeydown = ({ key }) => { if (key === ' ' || key === 'Enter') this.hold(true); };
    hold.oncontextmenu = (event) => event.preventDefault(); // a long press on a phone
    document.addEventListener('keyup', () => this.hold(false));
  }

  /** While on, the picture before is seen in place of the edited one. @param {boolean} on */
  hold(on) {
    byId('compare').setAttribute('aria-pressed', String(on));
    this.#compare.hold(on);
  }

  /**
   * Show a frame. What moves may be drawn smaller than the picture is.
   * @param {Frame} frame
   * @param {[number, number]} [size] height and width of the picture
   */
  draw(frame, [height, width] = [frame.height, frame.width]) {
    this.#token += 1;
    this.#fit(width, height);
    if (!(frame instanceof ImageData)) this.#pen.drawImage(frame, 0, 0, width, height);
    else if (frame.width === width && frame.height === height) this.#pen.putImageData(frame, 0, 0);
    else {
      Object.assign(this.#small, { width: frame.width, height: frame.height });
      penOf(this.#small).putImageData(frame, 0, 0);
      this.#pen.drawImage(this.#small, 0, 0, width, height);
    }
    this.#compare.redraw();
  }

  /** @param {number} width @param {number} height */
  #fit(width, height) {
    const canvas = this.#canvas;
    if (canvas.width === width && canvas.height === height && !canvas.hidden) return;
    Object.assign(canvas, { width, height, hidden: false });
    find(this.#frame, '.empty').hidden = true;
  }

  /** The exact picture of a step; false if something newer has been drawn meanwhile. @param {string} address */
  async exact(address) {
    const mine = (this.#token += 1);
    const image = await loaded(address);
    if (mine !== this.#token) return false;
    this.draw(image);
    return true;
  }

  /** The page takes the shape of the model's picture, and offers what the model can do. @param {ModelSheet} model */
  suit({ kind, shape: [height, width] }) {
    document.body.dataset.kind = kind === false ? 'none' : 'one';
    const shape = Math.min(WIDEST, Math.max(NARROWEST, width / height));
    byId('edit-pair').style.setProperty('--gi-shape', shape.toFixed(4));
  }

  /** What is compared with: an upload, the picture before all edits. @param {Record<Before, string | null>} befores */
  before(befores) {
    if (this.#befores.original !== befores.original) this.#chosen = 'original';
    this.#befores = befores;
    this.#showBefore();
  }

  async #showBefore() {
    const there = /** @type {Before[]} */ (Object.keys(BEFORES)).filter((name) => this.#befores[name]);
    if (!there.includes(this.#chosen)) this.#chosen = there[0] ?? 'plain';
    this.#which.hidden = there.length < 2;
    for (const button of this.#which.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.before === this.#chosen));
    }
    const address = this.#befores[this.#chosen], { name, alt } = BEFORES[this.#chosen];
    this.#left.hidden = !address;
    find(this.#original, '.empty').hidden = Boolean(address);
    find(this.#original, '.name').textContent = name;
    if (!address) { this.#compare.setBefore(null); return; }
    Object.assign(this.#left, { src: address, alt });
    const image = await loaded(address).catch(() => null); // one that was kept may be damaged
    if (this.#befores[this.#chosen] === address) this.#compare.setBefore(image);
  }

  /** @param {string} words */
  title(words) { find(this.#edited, '.name').textContent = words; }

  /** There is no picture, and why. @param {string} words */
  empty(words) {
    find(this.#original, '.empty').textContent = words;
    this.#befores = {};
    this.#showBefore();
  }

  /**
   * How close the model comes to an upload, or where a picture is from.
   * @param {MatchAnswer | null} match
   * @param {string} words
   */
  note(match, words) {
    const note = byId('edit-note');
    if (!match) {
      note.replaceChildren(make('p', { className: 'hint', textContent: words }));
      return;
    }
    const verdict = make('b', { textContent: match.words });
    verdict.dataset.level = match.level;
    note.replaceChildren(make('p', { className: 'match' }, verdict, ` ${match.numbers}`));
    if (match.advice) note.append(make('p', { className: 'hint', textContent: match.advice }));
  }

  /**
   * How far a refining has come; null when nothing is refined.
   * @param {{step: number, of: number, words: string} | null} progress
   */
  refining(progress) {
    byId('refining').hidden = !progress;
    if (!progress) return;
    byId('refine-words').textContent = progress.words;
    Object.assign(byId('refine-bar'), { max: progress.of || 1, value: progress.step });
  }

  /** Where the work stands between easy to edit (0) and faithful (1); null hides it. @param {number | null} t */
  faithful(t) {
    byId('faithful').hidden = t === null;
    if (t === null || this.#faithful.matches(':active')) return;
    this.#faithful.value = String(t);
    this.#fill();
  }

  #fill() {
    this.#faithful.style.setProperty('--range_progress', `${100 * Number(this.#faithful.value)}%`);
  }

  /**
   * The edits, each with a button that takes it away.
   * @param {Pick<SceneAnswer, 'amounts' | 'changes' | 'details' | 'numbers' | 'model'>} scene
   */
  chips({ amounts, changes, details = 1, numbers, model }) {
    /** @param {string} name @param {number} amount */
    const by = (name, amount) => {
      const sheet = name in numbers ? model.numbers[name] : { digits: 1, unit: '' };
      const far = Math.abs(amount) * (numbers[name]?.step ?? 1);
      return `${amount > 0 ? '+' : '−'}${far.toFixed(sheet.digits)} ${sheet.unit}`.trimEnd();
    };
    const parts = [
      ...Object.entries(changes).map(([factor, value]) => ({ kind: 'change', name: factor, value })),
      ...Object.entries(amounts).map(([name, amount]) => ({ kind: 'move', name, value: by(name, amount) })),
      ...(details < 1 ? [{ kind: 'details', name: say('edit.own_details'), value: percent(details) }] : []),
    ];
    const said = JSON.stringify(parts);
    if (said === this.#chips) return; // the focus stays where it is
    this.#chips = said;
    byId('active').replaceChildren(...(parts.length ? parts.map(({ kind, name, value }) => {
      const words = say('edit.take_away', { what: `${name} ${value}` });
      const chip = make('button', { type: 'button', title: words, ariaLabel: words },
        `${name} `, make('b', { textContent: value }),
        make('span', { textContent: '×', ariaHidden: 'true' }));
      chip.onclick = () => this.to.ontake(kind, name);
      return chip;
    }) : [make('span', { className: 'none', textContent: say('edit.no_edits') })]));
  }
}
