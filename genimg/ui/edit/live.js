// Which frame is on the canvas while a slider is pulled? The newest, by the fastest way there is.
//
// A WebSocket carries the values of the sliders there and raw frames back. Never more than a few
// are on their way, only the newest value waits, and a frame that is older than the one shown is
// not drawn. Where the socket is blocked, the same questions are asked one by one (`slow`), and the
// socket is tried again now and then.

import { RequestError, serverUrl } from '../shell/http.js';

const HEADER = 16; // bytes before the pixels: see ui/edit/live.py
const MOST_ON_THE_WAY = 4;
const FRAME_MS = 16; // of a display
const PATIENCE_MS = 4000; // without an answer the socket is taken for dead
const WAITS_MS = [500, 1000, 2000, 5000, 15000, 30000];

/** @import { Totals } from './types.d.ts' */
/** @typedef {ImageData | ImageBitmap | HTMLImageElement} Frame */

export class Live {
  /**
   * @param {{draw: (frame: Frame, totals: Totals, seq: number) => void,
   *          slow: (question: {recipe: string, totals: Totals}) => Promise<Frame>,
   *          onstate: (state: 'live' | 'slow') => void, onerror: (words: string) => void}} to
   *   `draw` shows a frame; `slow` asks for one.
   */
  constructor(to) {
    this.to = to;
    /** @type {'live' | 'slow'} */
    this.state = 'slow';
    this.scene = 0;      // which recipe and sliders the numbers are of
    /** @type {{recipe: string, names: string[]} | null} */
    this.setting = null; // what the server has to be told of the scene
    this.seq = 0;        // the last question
    this.shown = 0;      // the newest question whose answer has been drawn
    /** @type {Totals | null} */
    this.last = null;    // its totals, as long as that is what is shown
    /** @type {Totals | null} */
    this.waiting = null; // the newest totals that have not been sent
    /** @type {Map<number, {totals: Totals, at: number}>} */
    this.asked = new Map(); // by their seq
    this.slowly = false; // one is on its way without the socket
    this.pipe = 1;
    this.failures = 0;
    this.told = 0;       // the scene that this connection has been told of
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.again = undefined;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.connect();
    setInterval(() => this._check(), 1000);
  }

  /**
   * What is pulled from now on: a recipe, and the directions whose totals are sent.
   * @param {string} recipe
   * @param {string[]} names
   */
  set(recipe, names) {
    this.scene += 1;
    this.setting = { recipe, names };
    this.waiting = null;
    this.last = null;
    this.asked.clear();
    this._tell();
  }

  /** The sliders stand there. @param {Totals} totals */
  pull(totals) {
    if (!this.setting) return;
    this.waiting = totals;
    this._ask();
  }

  /** What is on its way is older than what has been shown by other means. */
  forget() {
    this.waiting = null;
    this.shown = this.seq;
    this.last = null;
    this.asked.clear();
  }

  connect() {
    clearTimeout(this.again);
    let socket;
    try {
      socket = new WebSocket(serverUrl('/genimg/live').replace(/^http/, 'ws'));
    } catch {
      this._lost(null);
      return;
    }
    this.socket = socket;
    this.told = 0;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.asked.clear();
      this._become('live');
      this._tell();
      this._ask();
    };
    socket.onmessage = ({ data }) => this._receive(data);
    socket.onclose = () => this._lost(socket);
  }

  /** @param {WebSocket | null} socket */
  _lost(socket) {
    if (socket && socket !== this.socket) return;
    this.socket = null;
    // What was asked and not answered is asked once more, the slow way.
    const last = [...this.asked.values()].at(-1)?.totals;
    this.asked.clear();
    this.waiting = this.waiting ?? last ?? null;
    this._become('slow');
    this._ask();
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
    this.failures += 1;
    this.again = setTimeout(() => this.connect(), wait);
  }

  /** @param {'live' | 'slow'} state */
  _become(state) {
    if (state === this.state) return;
    this.state = state;
    this.to.onstate(state);
  }

  _check() {
    const [oldest] = this.asked.values();
    if (this.state === 'live' && oldest && performance.now() - oldest.at > PATIENCE_MS) {
      const dead = this.socket;
      this._lost(dead);
      dead?.close();
    }
  }

  _tell() {
    if (!this.socket || this.state !== 'live' || !this.setting || this.told === this.scene) return;
    this.told = this.scene;
    this.socket.send(JSON.stringify({
      scene: this.scene, ...this.setting,
      raw: /^(localhost|127\.|\[::1\])/.test(location.hostname),
    }));
  }

  _ask() {
    if (!this.waiting || !this.setting) return;
    if (this.state === 'slow') {
      this._askSlowly(this.setting.recipe, this.waiting);
      return;
    }
    if (!this.socket || this.asked.size >= this.pipe) return;
    const totals = this.waiting;
    this.waiting = null;
    this.seq += 1;
    const { names } = this.setting;
    const message = new DataView(new ArrayBuffer(8 + 4 * names.length));
    message.setUint32(0, this.seq, true);
    message.setUint32(4, this.scene, true);
    names.forEach((name, i) => message.setFloat32(8 + 4 * i, totals[name] ?? 0, true));
    this.asked.set(this.seq, { totals, at: performance.now() });
    this.socket.send(message.buffer);
  }

  /** One at a time; the newest value waits. @param {string} recipe @param {Totals} totals */
  async _askSlowly(recipe, totals) {
    if (this.slowly) return;
    this.slowly = true;
    this.waiting = null;
    this.seq += 1;
    const { seq, scene } = this;
    try {
      this.show(seq, scene, await this.to.slow({ recipe, totals }), totals);
    } catch (error) {
      if (error instanceof RequestError && error.status === 400 && scene === this.scene) this.to.onerror(error.message);
    }
    this.slowly = false;
    this._ask();
  }

  /** @param {string | ArrayBuffer} data */
  async _receive(data) {
    this.failures = 0; // it is really spoken to, and not only let in
    if (typeof data === 'string') {
      const { error, scene } = JSON.parse(data);
      if (scene === this.scene) { this.asked.clear(); this.to.onerror(error); }
      return;
    }
    const head = new DataView(data, 0, HEADER);
    const seq = head.getUint32(0, true), scene = head.getUint32(4, true);
    const question = this.asked.get(seq);
    // Questions are answered in order, and some are skipped for newer ones.
    for (const older of this.asked.keys()) if (older <= seq) this.asked.delete(older);
    if (question) {
      const trip = performance.now() - question.at;
      // Several at once only where the way is long: near by, it gains nothing.
      this.pipe = trip < 2 * FRAME_MS ? 1 : Math.min(Math.ceil(trip / FRAME_MS), MOST_ON_THE_WAY);
    }
    this._ask();
    const whole = seq === this.shown && this.last; // of what was drawn small while it moved
    if (scene !== this.scene || !(question || whole)) return;
    const width = head.getUint16(8, true), height = head.getUint16(10, true);
    const frame = head.getUint8(13) === 0
      ? rawFrame(new Uint8Array(data, HEADER), width, height, head.getUint8(12))
      : await createImageBitmap(new Blob([new Uint8Array(data, HEADER)]));
    if (question) this.show(seq, scene, frame, question.totals);
    else if (whole && this.last === whole) this.to.draw(frame, whole, seq);
  }

  /**
   * Draw the answer to a question, unless something newer is there.
   * @param {number} seq
   * @param {number} scene
   * @param {Frame} frame
   * @param {Totals} totals
   */
  show(seq, scene, frame, totals) {
    if (scene !== this.scene || seq <= this.shown) return;
    this.shown = seq;
    this.last = totals;
    this.to.draw(frame, totals, seq);
  }
}

/**
 * @param {Uint8Array} bytes one or three for each pixel
 * @param {number} width
 * @param {number} height
 * @param {number} channels
 */
export function rawFrame(bytes, width, height, channels) {
  const frame = new ImageData(width, height);
  const rgba = new Uint32Array(frame.data.buffer); // all machines with a browser: little endian
  if (channels === 1) {
    for (let i = 0; i < rgba.length; i++) rgba[i] = 0xff000000 | (bytes[i] * 0x10101);
  } else {
    for (let i = 0, j = 0; i < rgba.length; i++, j += 3) {
      rgba[i] = 0xff000000 | (bytes[j + 2] << 16) | (bytes[j + 1] << 8) | bytes[j];
    }
  }
  return frame;
}
