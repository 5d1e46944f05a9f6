// Somebody's pictures on their way to the server: one by one, several at a time, into a set that the
// server names.

import { abortWhenStalled, isReadable } from '../shell/http.js';
import { say } from '../words/say.js';
import { deletePictures, picturesUrl } from './client.js';

/** @import { Gathered, Named, Refused } from './gather.js' */

/** @typedef {{set?: string, error?: string}} Answer */

const AT_ONCE = 3;
const ITS_OWN_FAULT = [400, 413, 415]; // the file is refused, and the next one may be all right

export class Upload {
  /** @type {string | null} the server's name for what has arrived */
  set = null;
  done = 0;
  trouble = ''; // why nothing more goes; run() goes on
  cancelled = false;
  /** @type {Named[]} */
  #waiting;
  #sent = 0; // bytes
  /** @type {Map<XMLHttpRequest, number>} bytes that have gone */
  #flying = new Map();

  /**
   * @param {Gathered} gathered
   * @param {() => void} onchange
   */
  constructor({ files, skipped, title, refused }, onchange) {
    this.title = title;
    this.skipped = skipped;
    this.count = files.length;
    this.total = files.reduce((sum, { file }) => sum + file.size, 0);
    /** @type {Refused[]} */
    this.refused = [...refused];
    this.onchange = onchange;
    this.#waiting = [...files];
  }

  /** Bytes that have gone. */
  get bytes() { return this.#sent + [...this.#flying.values()].reduce((sum, bytes) => sum + bytes, 0); }

  /** Send what has not been sent; resolves when all is there, or nothing more goes. */
  async run() {
    this.trouble = '';
    if (!this.set) await this.#work(true); // the first one is told which set it opens
    if (this.set) await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work()));
    this.onchange();
  }

  /** Enough: what has come is thrown away. */
  cancel() {
    this.cancelled = true;
    for (const request of this.#flying.keys()) request.abort();
    if (this.set) deletePictures(this.set);
  }

  async #work(onlyFirst = false) {
    while (!this.trouble && !this.cancelled) {
      const next = this.#waiting.shift();
      if (!next) return;
      const { status, answer } = await this.#send(next);
      const gone = status === 0 && !this.cancelled && !await isReadable(next.file);
      if (this.cancelled) {
        if (answer?.set && !this.set) { this.set = answer.set; this.cancel(); }
        return;
      }
      if (status >= 200 && status < 300 && answer?.set) {
        this.set = answer.set;
        this.done += 1;
        this.#sent += next.file.size;
      } else if (gone || ITS_OWN_FAULT.includes(status)) {
        const words = say(gone ? 'train.file_changed' : 'train.file_not_sent');
        this.refused.push({ name: next.name, words: answer?.error ?? words });
        this.#sent += next.file.size;
      } else {
        this.#waiting.unshift(next);
        this.trouble = answer?.error ?? say('train.offline');
      }
      this.onchange();
      if (onlyFirst && this.set) return;
    }
  }

  /**
   * @param {Named} named
   * @returns {Promise<{status: number, answer: Answer | null}>}
   */
  #send({ file, name }) {
    return new Promise((done) => {
      const request = abortWhenStalled(new XMLHttpRequest()); // fetch cannot tell how far it has come
      request.open('POST', picturesUrl(name, this.set));
      request.setRequestHeader('Content-Type', 'application/octet-stream');
      request.upload.onprogress = (/** @type {ProgressEvent} */ { loaded }) => {
        this.#flying.set(request, Math.min(loaded, file.size));
        this.onchange();
      };
      request.onloadend = () => {
        this.#flying.delete(request);
        /** @type {Answer | null} */
        let answer = null;
        try { answer = JSON.parse(request.responseText); } catch { /* none */ }
        done({ status: request.status, answer });
      };
      this.#flying.set(request, 0);
      request.send(file);
    });
  }
}
