// The picture before laid over the edited one: half and half along a line to drag, or what differs.
//
//   const compare = new Compare(element);   // a positioned box with the edited <canvas> in it
//   compare.setBefore(image); compare.setMode('split'); compare.redraw();   // after each new frame
//
// All of it lies on top of the canvas, exactly where its picture is, so nothing around it moves.

import { UNSEEN, find, make } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @typedef {ImageData | HTMLImageElement | HTMLCanvasElement | ImageBitmap} Source */

const MODES = ['off', 'split', 'difference'];
const TIMES = 3; // how much stronger a difference is shown
const MOST = 2048; // pixels along a side of the picture before
const GAP = 14; // pixels around a label that must be free for it to be shown

/**
 * What draws on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [options]
 */
export function penOf(canvas, options) {
  const pen = canvas.getContext('2d', options);
  if (!pen) throw new Error('this browser does not draw');
  return pen;
}

/** The pixels of a picture as a canvas of its own, which no change of the source changes. @param {Source} source */
function copy(source) {
  const [width, height] = source instanceof HTMLImageElement
    ? [source.naturalWidth, source.naturalHeight] : [source.width, source.height];
  const shrink = Math.min(1, MOST / Math.max(width, height));
  const canvas = make('canvas', source instanceof ImageData ? { width, height } : {
    width: Math.max(1, Math.round(width * shrink)),
    height: Math.max(1, Math.round(height * shrink)),
  });
  const pen = penOf(canvas);
  if (source instanceof ImageData) pen.putImageData(source, 0, 0);
  else pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * Where a picture of one size lies in a box when all of it is to be seen: left, top, width, height.
 * @param {number} width
 * @param {number} height
 * @param {number} inWidth
 * @param {number} inHeight
 * @returns {[number, number, number, number]}
 */
export function contained(width, height, inWidth, inHeight) {
  const scale = Math.min(inWidth / width, inHeight / height);
  const [w, h] = [width * scale, height * scale];
  return [(inWidth - w) / 2, (inHeight - h) / 2, w, h];
}

export class Compare {
  /** @type {HTMLCanvasElement | null} */
  #before = null;
  #wanted = 0; // counts setBefore: a picture that is still loading may be overtaken
  #mode = 'off';
  #held = false;
  #painted = ''; // what is on the overlay
  /** The picture before, at the size of the edited one. @type {ImageData | null} */
  #reference = null;
  #scratch = document.createElement('canvas');

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.edited = find(element, 'canvas', HTMLCanvasElement);
    if (getComputedStyle(element).position === 'static') element.style.position = 'relative';
    this.overlay = make('canvas', { ariaHidden: 'true' });
    this.range = make('input', {
      type: 'range', min: 0, max: 100, step: 1, value: 50,
      ariaLabel: say('edit.compare_line'),
    });
    const knob = make('span', { className: 'gi-knob', ariaHidden: 'true' });
    this.line = make('span', { className: 'gi-line' }, knob);
    this.left = make('span', { className: 'gi-tag gi-left' });
    this.right = make('span', { className: 'gi-tag gi-right', textContent: say('edit.compare_now') });
    this.layer = make('div', { className: 'gi-compare' },
      this.overlay, this.range, this.line, this.left, this.right);
    element.append(this.layer);
    this.range.oninput = () => this.#at();
    this.#drag();
    new ResizeObserver(() => this.redraw()).observe(this.edited);
    this.redraw();
  }

  get mode() { return this.#mode; }

  /** How much of the picture the one before takes, 0 to 100, from the left. */
  get at() { return Number(this.range.value); }
  set at(percent) { this.range.value = String(percent); this.#at(); }

  /** @param {string} mode 'off', 'split' or 'difference' */
  setMode(mode) {
    if (!MODES.includes(mode)) throw new RangeError(`no such mode: ${mode}`);
    this.#mode = mode;
    this.redraw();
  }

  /** While on, the whole picture before is shown, whatever the mode. @param {boolean} on */
  hold(on) {
    this.#held = on;
    this.redraw();
  }

  /**
   * Resolves when it is shown; a picture that cannot be loaded counts as none.
   * @param {Source | null} source null if there is nothing to compare with
   */
  async setBefore(source) {
    const mine = this.#wanted += 1;
    let before = null;
    try {
      if (source instanceof HTMLImageElement && !source.complete) await source.decode();
      if (source) before = copy(source);
    } catch { /* nothing to compare with */ }
    if (mine !== this.#wanted) return;
    this.#before = before;
    this.#reference = null;
    this.#painted = '';
    this.redraw();
  }

  /** To be called when the edited canvas has changed. Costs something only for 'difference'. */
  redraw() {
    const { edited, layer } = this;
    const before = edited.hidden || !edited.width || !edited.height ? null : this.#before;
    const shown = !before ? 'off' : this.#held ? 'held' : this.#mode;
    layer.dataset.shown = shown;
    this.range.disabled = shown !== 'split';
    if (!before || shown === 'off') return;
    this.#place();
    if (shown === 'difference') this.#paintDifference(before); else this.#paintBefore(before);
    this.left.textContent = shown === 'difference' ? say('edit.compare_difference', { times: TIMES })
      : say('edit.compare_before');
    this.#at();
  }

  /** Exactly over the picture in the edited canvas, also if that leaves margins around it. */
  #place() {
    const { edited, element, layer } = this;
    const [box, outer] = [edited, element].map((one) => one.getBoundingClientRect());
    const { objectFit, imageRendering } = getComputedStyle(edited);
    const [x, y, width, height] = objectFit === 'contain'
      ? contained(edited.width, edited.height, box.width, box.height)
      : [0, 0, box.width, box.height];
    const left = box.left - outer.left - element.clientLeft + element.scrollLeft + x;
    const top = box.top - outer.top - element.clientTop + element.scrollTop + y;
    const px = (/** @type {number} */ value) => `${value}px`;
    Object.assign(layer.style, { left: px(left), top: px(top), width: px(width), height: px(height) });
    this.overlay.style.imageRendering = imageRendering;
  }

  /** @param {HTMLCanvasElement} before */
  #paintBefore(before) {
    const { edited, overlay } = this;
    const painted = `before ${edited.width} ${edited.height}`;
    if (this.#painted === painted) return;
    this.#painted = painted;
    const wide = edited.width / edited.height;
    if (Math.abs(before.width / before.height / wide - 1) < 0.01) { // at its own sharpness
      [overlay.width, overlay.height] = [before.width, before.height];
      penOf(overlay).drawImage(before, 0, 0);
    } else { // of another shape: whole, in the middle
      overlay.width = Math.max(before.width, Math.round(before.height * wide));
      overlay.height = Math.round(overlay.width / wide);
      const place = contained(before.width, before.height, overlay.width, overlay.height);
      penOf(overlay).drawImage(before, ...place);
    }
  }

  /** @param {HTMLCanvasElement} before */
  #paintDifference(before) {
    const { overlay } = this;
    const { width, height } = this.edited;
    const now = this.#pixels(this.edited, width, height);
    if (this.#reference?.width !== width || this.#reference.height !== height) {
      this.#reference = this.#pixels(before, width, height);
    }
    const [one, other] = [now.data, this.#reference.data];
    for (let i = 0; i < one.length; i++) { // where it is over 255, the array cuts it off
      one[i] = i % 4 === 3 ? 255 : Math.abs(one[i] - other[i]) * TIMES;
    }
    if (overlay.width !== width || overlay.height !== height) {
      [overlay.width, overlay.height] = [width, height];
    }
    penOf(overlay).putImageData(now, 0, 0);
    this.#painted = 'difference';
  }

  /** @param {HTMLCanvasElement} source @param {number} width @param {number} height */
  #pixels(source, width, height) {
    const scratch = this.#scratch;
    if (scratch.width !== width || scratch.height !== height) {
      [scratch.width, scratch.height] = [width, height];
    }
    const pen = penOf(scratch, { willReadFrequently: true });
    pen.clearRect(0, 0, width, height);
    pen.drawImage(source, ...contained(source.width, source.height, width, height));
    return pen.getImageData(0, 0, width, height);
  }

  /** The line where the range says, and labels only where there is room for them. */
  #at() {
    const { layer, left, right, range } = this;
    const split = layer.dataset.shown === 'split';
    range.setAttribute('aria-valuetext', say('edit.compare_part', { part: range.value }));
    layer.style.setProperty('--at', `${range.value}%`);
    const width = layer.clientWidth;
    const edge = (width * this.at) / 100;
    left.style.opacity = split && edge < left.offsetWidth + GAP ? '0' : '1';
    right.style.opacity = width - edge < right.offsetWidth + GAP ? '0' : '1';
  }

  /** Dragging works anywhere on the picture; the range itself is for the keys. */
  #drag() {
    const { layer, range } = this;
    /** @type {string | null} */
    let from = null;
    const follow = (/** @type {PointerEvent} */ { clientX }) => {
      const box = layer.getBoundingClientRect();
      this.at = Math.min(100, Math.max(0, ((clientX - box.left) / box.width) * 100));
    };
    layer.onpointerdown = (event) => {
      if (range.disabled || event.button !== 0 || !event.isPrimary) return;
      from = range.value;
      layer.setPointerCapture(event.pointerId);
      range.focus(UNSEEN);
      event.preventDefault();
      follow(event);
    };
    layer.onpointermove = (event) => { if (from !== null && event.isPrimary) follow(event); };
    layer.onpointerup = () => { from = null; };
    layer.onpointercancel = () => { // the finger scrolls the page instead
      if (from !== null) this.at = Number(from);
      from = null;
    };
  }
}

