// Which part of an uploaded picture does the model get? A frame that is dragged and resized on it.
//
//   const cropper = new Cropper(element, {src, ratio, focus, zoom, onChange});
//
// onChange({focus, zoom}, done) comes once a frame while the crop moves, and with `done` at the end.
// What focus, zoom and ratio mean is said in crop-box.js.

import { UNSEEN, make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { MIDDLE, MOST_ZOOM, cropBox, within } from './crop-box.js';

/** @import { Point } from './crop-box.js' */
/** @typedef {keyof typeof CORNERS} Corner */
/** @typedef {{pinch: number, width: number} | {tap: Point} | {corner: Corner | null, off: Point}} Grip */
/** @typedef {(crop: {focus: Point, zoom: number}, done: boolean) => void} Changed */

const TALLEST = 420; // pixels of the page that the picture takes
const THINNEST = 104; // a very long picture stays at least so thick, and is scrolled
const EDGE = 18; // around the picture, for the handles; as in history.css
const NUDGE = 0.01; // of the shorter side, for one press of an arrow; ten times with Shift
const GROW = 1.05; // for one press of plus or minus
const WHEEL = 0.0015;
const TAP = 6; // pixels that a finger may slip
const SETTLED_MS = 250; // after the last key or turn of the wheel, the change counts as done
/** Of each corner the end of each side, 0 or 1. */
const CORNERS = { nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1] };
const CORNER_NAMES = /** @type {Corner[]} */ (Object.keys(CORNERS));
/** @type {Record<string, Point>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {Record<string, number>} */
const LARGER = { '+': 1, '=': 1, '-': -1, _: -1 };

/** Which corner a target of an event resizes at. @param {EventTarget | null} target @returns {Corner | null} */
function cornerOf(target) {
  const corner = target instanceof HTMLElement ? target.dataset.corner : undefined;
  return corner && corner in CORNERS ? /** @type {Corner} */ (corner) : null;
}

export class Cropper {
  /** Where each pointer is, in pixels of the picture. @type {Map<number, Point>} */
  #hands = new Map();
  /** What the drag began with. @type {Grip | null} */
  #grip = null;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;

  /**
   * @param {HTMLElement} element
   * @param {{src: string | null, ratio?: number, focus?: Point, zoom?: number, onChange?: Changed | null}} options
   */
  constructor(element, { src, ratio = 1, focus = MIDDLE, zoom = 1, onChange = null }) {
    this.element = element;
    this.ratio = ratio;
    /** @type {Point} */
    this.focus = [...focus];
    this.zoom = zoom;
    this.onChange = onChange;
    this.image = make('img', { alt: say('edit.crop_image'), draggable: false });
    this.shade = make('div', { className: 'gi-shade' }, make('div', { className: 'gi-hole' }));
    this.square = make('button', {
      type: 'button', className: 'gi-square', ariaLabel: say('edit.crop_square'),
    });
    this.handles = CORNER_NAMES.map((corner) => {
      const handle = make('button', {
        type: 'button', className: 'gi-handle', ariaLabel: say(`edit.crop_${corner}`),
      });
      handle.dataset.corner = corner;
      return handle;
    });
    this.view = make('div', { className: 'gi-crop-view' },
      this.image, this.shade, this.square, ...this.handles);
    this.field = make('div', { className: 'gi-crop-field' }, this.view);
    this.words = make('p', { className: 'gi-crop-words' });
    this.words.setAttribute('role', 'status');
    this.range = make('input', { type: 'range', min: 0, max: 1, step: 0.01 });
    this.size = make('output');
    this.back = make('button', {
      type: 'button', className: 'gi-button',
      textContent: say('edit.crop_reset'), ariaLabel: say('edit.crop_reset_label'),
      onclick: () => this.reset(),
    });
    this.tools = make('div', { className: 'gi-crop-tools' },
      make('label', {}, make('span', { textContent: say('edit.crop_size') }), this.range), this.size, this.back);
    this.element.classList.add('gi-crop');
    this.element.setAttribute('role', 'group');
    this.element.ariaLabel = say('edit.crop_label');
    this.element.replaceChildren(this.words, this.field, this.tools);
    this.#wire();
    this.set({ src });
  }

  /**
   * Other values from outside; nobody is told of them.
   * @param {{src?: string | null, ratio?: number, focus?: Point, zoom?: number}} values
   */
  set({ src, ratio = this.ratio, focus = this.focus, zoom = this.zoom } = {}) {
    this.ratio = ratio;
    this.focus = [...focus];
    this.zoom = within(zoom, 1, MOST_ZOOM);
    if (src !== undefined) {
      this.view.classList.remove('ready');
      this.#say(say('edit.crop_loading'));
      this.image.src = src ?? '';
      if (!src) this.#say(say('edit.crop_none'));
    } else this.#draw();
  }

  reset() {
    this.focus = [...MIDDLE];
    this.zoom = 1;
    this.#changed(true);
  }

  /** The crop in pixels of the picture; null before the picture is there. */
  get crop() {
    const { image: { naturalWidth: width, naturalHeight: height }, ratio, focus, zoom } = this;
    return width && height ? cropBox({ width, height, ratio, focus, zoom }) : null;
  }

  #wire() {
    const { image, view } = this;
    const failed = () => {
      if (image.getAttribute('src')) this.#say(say('edit.crop_failed'));
    };
    image.onload = () => {
      if (!image.naturalWidth || !image.naturalHeight) { failed(); return; }
      this.#say('');
      view.classList.add('ready');
      this.#draw();
      this.#follow();
    };
    image.onerror = failed;
    this.range.oninput = () => this.#resize(MOST_ZOOM ** (1 - Number(this.range.value)));
    this.element.onkeydown = (event) => this.#press(event);
    view.onpointerdown = (event) => this.#grasp(event);
    view.onpointermove = (event) => this.#move(event);
    view.onpointerup = view.onpointercancel = (event) => this.#letGo(event);
    // The wheel is the page's, unless somebody has been at work here, or pinches a touch pad.
    view.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !view.contains(document.activeElement)) return;
      event.preventDefault();
      this.#resize(this.zoom * Math.exp(event.deltaY * WHEEL * (event.ctrlKey ? 5 : 1)));
    }, { passive: false });
    new ResizeObserver(() => this.#draw()).observe(this.field);
  }

  /** @param {string} words */
  #say(words) {
    this.words.textContent = words;
    this.words.hidden = !words;
    this.field.hidden = this.tools.hidden = Boolean(words);
  }

  // ------------------------------------------------------------------------- what is done

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.range) return;
    const corner = cornerOf(event.target), { crop } = this;
    const way = WAYS[event.key];
    const steps = event.shiftKey ? 10 : 1;
    const larger = LARGER[event.key];
    if (larger) this.#resize(this.zoom / GROW ** larger);
    else if (way && corner && crop) { // outwards is larger
      const [x, y] = CORNERS[corner].map((end) => end * 2 - 1);
      this.#stretch(corner, crop.width * GROW ** (steps * Math.sign(way[0] * x + way[1] * y)));
      this.#changed(false);
    } else if (way && crop && event.target === this.square) {
      const { naturalWidth: width, naturalHeight: height } = this.image;
      const far = Math.max(1, Math.min(width, height) * NUDGE * steps);
      this.#lay(crop.left + way[0] * far, crop.top + way[1] * far);
      this.#changed(false);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // the page may have other plans for these keys
  }

  /** Keeps the focus: what was wanted there is there again when the crop is small enough. @param {number} zoom */
  #resize(zoom) {
    this.zoom = within(zoom, 1, MOST_ZOOM);
    this.#changed(false);
  }

  /**
   * The crop's corner to a place; the focus is then its centre, and nothing has to be moved.
   * @param {number} left
   * @param {number} top
   */
  #lay(left, top) {
    const { crop, image: { naturalWidth: width, naturalHeight: height } } = this;
    if (!crop) return;
    const { width: wide, height: high } = crop;
    this.focus = [
      within((within(left, 0, width - wide) + wide / 2) / width, 0, 1),
      within((within(top, 0, height - high) + high / 2) / height, 0, 1),
    ];
  }

  /**
   * Resize to a width, the corner across staying where it is; no further than the picture goes.
   * @param {Corner} corner
   * @param {number} wanted
   */
  #stretch(corner, wanted) {
    const { crop, image: { naturalWidth: width, naturalHeight: height } } = this;
    if (!crop) return;
    const [x, y] = CORNERS[corner];
    const { left, top, width: wide, height: high } = crop;
    const anchor = [left + (1 - x) * wide, top + (1 - y) * high];
    const room = [x ? width - anchor[0] : anchor[0], y ? height - anchor[1] : anchor[1]];
    const full = Math.min(width, height * this.ratio);
    const most = Math.min(full, room[0], room[1] * this.ratio);
    const now = within(wanted, full / MOST_ZOOM, most);
    this.zoom = within(full / now, 1, MOST_ZOOM);
    this.#lay(anchor[0] - (1 - x) * now, anchor[1] - ((1 - y) * now) / this.ratio);
  }

  /** Where in the picture a pointer is, in its pixels. @param {PointerEvent} event @returns {Point} */
  #point({ clientX, clientY }) {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const box = this.image.getBoundingClientRect();
    return [
      ((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height,
    ];
  }

  /** @param {PointerEvent} event */
  #grasp(event) {
    const { crop } = this;
    if (event.button !== 0 || !crop) return;
    const corner = cornerOf(event.target);
    const square = event.target === this.square;
    this.#hands.set(event.pointerId, this.#point(event));
    if (this.#hands.size === 2) this.#grip = { pinch: this.#spread().far, width: crop.width };
    else if (corner || square) {
      const [x, y] = this.#point(event);
      const { left, top, width, height } = crop;
      const [endX, endY] = corner ? CORNERS[corner] : [0, 0];
      this.#grip = { corner, off: [x - left - endX * width, y - top - endY * height] };
      event.preventDefault(); // no text is selected meanwhile; the focus is set by hand
      if (event.target instanceof HTMLElement) event.target.focus(UNSEEN);
    } else this.#grip = { tap: [event.clientX, event.clientY] };
    if (!('tap' in this.#grip)) {
      this.view.classList.add('dragging');
      this.view.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const grip = this.#grip;
    if (!grip || !this.#hands.has(event.pointerId)) return;
    const [x, y] = this.#point(event);
    this.#hands.set(event.pointerId, [x, y]);
    if ('tap' in grip) return;
    if ('pinch' in grip) { // the frame is between the fingers
      const now = this.#spread();
      const { naturalWidth: width, naturalHeight: height } = this.image;
      const full = Math.min(width, height * this.ratio);
      const wanted = (grip.width * now.far) / grip.pinch;
      this.zoom = within(full / wanted, 1, MOST_ZOOM);
      this.#centre(now.middle);
    } else if (grip.corner && this.crop) {
      const { corner, off } = grip, { left, top, width, height } = this.crop;
      const [endX, endY] = CORNERS[corner];
      const wide = (x - off[0] - (left + (1 - endX) * width)) * (endX ? 1 : -1);
      const high = (y - off[1] - (top + (1 - endY) * height)) * (endY ? 1 : -1);
      this.#stretch(corner, Math.max(wide, high * this.ratio));
    } else this.#lay(x - grip.off[0], y - grip.off[1]);
    this.#changed(false);
  }

  /** @param {PointerEvent} event */
  #letGo(event) {
    const grip = this.#grip;
    if (!this.#hands.delete(event.pointerId) || !grip) return; // of two fingers, the first to go
    this.#grip = null;
    this.view.classList.remove('dragging');
    if ('tap' in grip) { // beside the frame: it comes to where the tap was; a swipe scrolls the page
      const far = Math.hypot(event.clientX - grip.tap[0], event.clientY - grip.tap[1]);
      if (event.type === 'pointercancel' || far > TAP) return;
      this.#centre(this.#point(event));
    }
    this.#changed(true);
  }

  /** The middle of the crop to a place. @param {Point} at */
  #centre([x, y]) {
    const { crop } = this;
    if (crop) this.#lay(x - crop.width / 2, y - crop.height / 2);
  }

  /** How far two fingers are apart, and what is between them. @returns {{far: number, middle: Point}} */
  #spread() {
    const [[x, y], [otherX, otherY]] = [...this.#hands.values()];
    const far = Math.max(1, Math.hypot(x - otherX, y - otherY));
    return { far, middle: [(x + otherX) / 2, (y + otherY) / 2] };
  }

  /** @param {boolean} done */
  #changed(done) {
    this.#draw();
    this.#follow();
    clearTimeout(this.#settling);
    const tell = (/** @type {boolean} */ end) => {
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      this.onChange?.({ focus: [...this.focus], zoom: this.zoom }, end);
    };
    if (done) { tell(true); return; }
    this.#frame ||= requestAnimationFrame(() => tell(false));
    if (!this.#grip) this.#settling = setTimeout(() => tell(true), SETTLED_MS);
  }

  // ------------------------------------------------------------------------ what is drawn

  #draw() {
    const room = this.field.clientWidth - 2 * EDGE;
    const { crop, view } = this;
    if (!crop || room <= 0) return;
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const fitting = Math.min(room / width, TALLEST / height);
    const scale = Math.max(fitting, Math.min(THINNEST / Math.min(width, height), 1e3));
    this.field.classList.toggle('long', scale > fitting);
    const px = (/** @type {number} */ value) => `${value * scale}px`;
    Object.assign(view.style, { width: px(width), height: px(height) });
    const side = Math.min(crop.width, crop.height) * scale;
    const places = {
      '--x': px(crop.left), '--y': px(crop.top), '--w': px(crop.width), '--h': px(crop.height),
      '--reach': `${Math.min(16, side / 4)}px`, '--arm': `${Math.min(16, side / 3)}px`,
    };
    for (const [key, value] of Object.entries(places)) view.style.setProperty(key, value);
    this.range.value = String(1 - Math.log(this.zoom) / Math.log(MOST_ZOOM));
    this.range.style.setProperty('--range_progress', `${Number(this.range.value) * 100}%`);
    this.size.textContent = `${Math.round(100 / this.zoom)} %`;
    this.range.setAttribute('aria-valuetext', this.size.textContent);
  }

  /** A picture too long for its place is scrolled so that the frame is in view. */
  #follow() {
    const { crop, field, view } = this;
    if (!crop || !field.classList.contains('long')) return;
    const scale = view.clientWidth / this.image.naturalWidth;
    /** @param {number} start @param {number} size @param {number} room @param {number} at */
    const near = (start, size, room, at) => (start < at ? start : Math.max(at, start + size + 2 * EDGE - room));
    field.scrollTo({
      left: near(crop.left * scale, crop.width * scale, field.clientWidth, field.scrollLeft),
      top: near(crop.top * scale, crop.height * scale, field.clientHeight, field.scrollTop),
      behavior: 'instant',
    });
  }
}
