// How does the page find and ask its server, and how long does it wait for it?

import { say } from '../words/say.js';

const STALLED_MS = 60_000; // of a file that is being sent
const ANSWER_MS = 600_000; // for the server to look at it
const PATIENCE_MS = 5000;
const AGAIN_MS = 2000; // between two looks whether the server is back

/** The address of a path of the server, "/genimg/...": below wherever a proxy has the page. @param {string} path */
export const serverUrl = (path) => (path.startsWith('/') ? new URL(path.slice(1), document.baseURI).href : path);

/** The server refused, with a `status` and a message for people; or it gave no answer (status 0). */
export class RequestError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, late?: boolean, seconds?: number}} [more] `late`: it was waited for long enough;
   *   `seconds`: after which it may be asked once more, 0 where that is of no use
   */
  constructor(message, { status = 0, late = false, seconds = 0 } = {}) {
    super(message);
    this.status = status;
    this.late = late;
    this.seconds = seconds;
  }

  get offline() { return this.status === 0; }
}

/** What to tell a person of something that was thrown. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * What the server answers; rejects with a RequestError where it refuses, gives no answer, or is given up.
 * @template T
 * @param {string} path
 * @param {(answer: Response) => Promise<T>} read what is wanted of the answer
 * @param {{method?: 'GET' | 'POST' | 'DELETE', body?: object, patience?: number, signal?: AbortSignal}} [options]
 *   `body` is sent as JSON; `patience` in milliseconds; `signal` gives it up
 * @returns {Promise<T>}
 */
export async function ask(path, read, { method = 'POST', body, patience, signal } = {}) {
  const clock = new AbortController();
  const giveUp = () => clock.abort();
  const timer = patience ? setTimeout(giveUp, patience) : undefined;
  signal?.addEventListener('abort', giveUp);
  try {
    const answer = await fetch(serverUrl(path), {
      method,
      signal: clock.signal,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    if (answer.ok) return await read(answer);
    const { status } = answer, seconds = Number(answer.headers.get('Retry-After'));
    const values = await answer.json().catch(() => null);
    const words = values?.error ?? say('shell.did_not_work', { status });
    throw new RequestError(words, { status, seconds });
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(say('shell.no_answer'), { late: clock.signal.aborted });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Whether a file that was chosen is still there, and as it was. @param {File} file */
export const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** The same request, which is given up (an abort) when nothing moves any more. @param {XMLHttpRequest} request */
export const abortWhenStalled = (request) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = (/** @type {number} */ time) => {
    clearTimeout(timer);
    timer = setTimeout(() => request.abort(), time);
  };
  request.upload.addEventListener('progress', () => wait(STALLED_MS));
  request.upload.addEventListener('load', () => wait(ANSWER_MS));
  request.addEventListener('loadend', () => clearTimeout(timer));
  wait(STALLED_MS);
  return request;
};

/** Whether the server answers at all. */
export const isReachable = () => fetch(
  serverUrl('/genimg/models'), { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) },
).then(() => true, () => false);

/** Until the server answers. */
export const untilReachable = async () => {
  while (!await isReachable()) await new Promise((done) => { setTimeout(done, AGAIN_MS); });
};
