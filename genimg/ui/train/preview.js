// The server looks at the pictures and plans a training of them: how is that begun, followed and given up?

import { messageOf, RequestError } from '../shell/http.js';
import { cancelPreview, getPreview, startPreview } from './client.js';

/** @import { LookAnswer, LookProgress } from '../server.d.ts' */

/**
 * One look of the server.
 * @typedef {object} Job
 * @property {string | null} id null until the server has answered
 * @property {string} stage '' until it is known
 * @property {LookProgress | null} progress
 * @property {boolean} earlier it was begun before the page was loaded, and may be gone
 * @property {boolean} asking
 */
/**
 * @typedef {object} Listener
 * @property {() => void} ondue it is time for what was scheduled
 * @property {() => void} onchange
 * @property {(id: string | null) => void} onid what the look is called that is under way
 * @property {(answer: LookAnswer) => void} onanswer
 * @property {(words: string) => void} onerror
 * @property {() => void} onlost the server has forgotten an earlier one
 */

export class PreviewJob {
  /** @type {Job | null} what is under way */
  job = null;
  due = false; // one is to begin in a moment
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #to;

  /** @param {Listener} to */
  constructor(to) { this.#to = to; }

  get working() { return this.due || this.job !== null; }

  /** Say when it is due; what was scheduled before is not. @param {number} rest in milliseconds */
  schedule(rest) {
    clearTimeout(this.#timer);
    this.due = true;
    this.#timer = setTimeout(() => this.#to.ondue(), rest);
  }

  /** Nothing is looked at any more, nor will be in a moment. */
  cancel() {
    clearTimeout(this.#timer);
    this.due = false;
    if (this.job?.id) cancelPreview(this.job.id);
    this.job = null;
    this.#to.onid(null);
  }

  /** Begin; one that is under way is given up. @param {object} wish */
  async start(wish) {
    this.cancel();
    const job = this.#begin(null);
    this.#to.onchange();
    try {
      const { id } = await startPreview(wish);
      if (this.job !== job) { cancelPreview(id); return; }
      job.id = id;
      this.#to.onid(id);
    } catch (error) {
      if (this.job !== job) return;
      this.job = null;
      this.#to.onerror(messageOf(error));
    }
  }

  /** Follow one of before a reload, if the server still has it. @param {string} id */
  async resume(id) {
    this.#begin(id).earlier = true;
    this.#to.onchange();
    await this.tick();
  }

  /** @param {string | null} id */
  #begin(id) {
    const job = { id, stage: '', progress: null, earlier: false, asking: false };
    this.job = job;
    return job;
  }

  /** Ask how far it is: to be called every second or so while somebody sees it. */
  async tick() {
    const { job } = this;
    if (!job?.id || job.asking) return;
    job.asking = true;
    try {
      const answer = await getPreview(job.id);
      if (this.job !== job) return;
      Object.assign(job, { stage: answer.stage, progress: answer.progress, earlier: false });
      if (answer.done) this.job = null;
      this.#to.onanswer(answer);
    } catch (error) {
      const { offline = false, status = 0 } = error instanceof RequestError ? error : {};
      if (this.job !== job || offline) return; // said by the page as a whole
      this.job = null;
      if (job.earlier && status === 404) this.#to.onlost(); else this.#to.onerror(messageOf(error));
    } finally {
      job.asking = false;
    }
  }
}
