// How does the tab ask the server? Each route of routes.py as a function.

import { ask, isReachable, RequestError, untilReachable } from '../shell/http.js';

/** @import { ActAnswer, ActRequest, FrameRequest, RefineEnd, RefineNews, RefineRequest, SaveRequest, StripsAnswer,
 *   StripsRequest } from '../server.d.ts' */

const ROOT = '/genimg/edit';
const ACT_MS = 60_000, FRAME_MS = 30_000, SAVE_MS = 600_000; // for an answer
const TRIES = 3; // where the connection breaks again and again, or too many ask at once

/**
 * Do something to a picture. One that cannot be done is answered, too: `failed` says why. While nobody answers at all,
 * that is not its fault: it is asked again when the server is back.
 * @param {ActRequest} asked
 * @param {() => void} onaway nobody answers just now
 * @returns {Promise<ActAnswer>} rejects with a RequestError where this one has no answer
 */
export async function act(asked, onaway) {
  for (let left = TRIES; ;) {
    try {
      return await ask(`${ROOT}/act`, (answer) => answer.json(), { body: asked, patience: ACT_MS });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.seconds && (left -= 1)) await new Promise((done) => { setTimeout(done, 1000 * error.seconds); });
      else if (!error.offline) return { failed: error.message, warnings: [] };
      else if (!await isReachable()) {
        onaway();
        await untilReachable();
      } else if (error.late || !(left -= 1)) throw error;
    }
  }
}

/**
 * The picture where sliders stand, for a page whose socket is blocked.
 * @param {FrameRequest} asked
 * @returns {Promise<Blob>}
 */
export const getFrame = (asked) =>
  ask(`${ROOT}/frame`, (answer) => answer.blob(), { body: asked, patience: FRAME_MS });

/**
 * The small pictures along some sliders.
 * @param {StripsRequest} asked
 * @param {AbortSignal} signal
 * @returns {Promise<StripsAnswer>}
 */
export const getStrips = (asked, signal) =>
  ask('/genimg/strips', (answer) => answer.json(), { body: asked, signal });

/**
 * A file to take home, and its name.
 * @param {SaveRequest} asked
 * @returns {Promise<{name: string, file: Blob}>}
 */
export const makeFile = (asked) => ask(`${ROOT}/save`, async (answer) => {
  const [, name] = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('Content-Disposition') ?? '') ?? [];
  return { name: decodeURIComponent(name ?? 'genimg'), file: await answer.blob() };
}, { body: asked, patience: SAVE_MS });

/**
 * Make the start of an upload better, until `signal` gives it up.
 * @param {RefineRequest} asked
 * @param {AbortSignal} signal
 * @param {(news: RefineNews | RefineEnd) => void} hear of each step, and of the end
 */
export const refine = (asked, signal, hear) => ask(`${ROOT}/refine`, async (answer) => {
  for await (const line of linesOf(answer)) hear(JSON.parse(line));
}, { body: asked, signal });

/** The lines of an answer, each when it has come. @param {Response} answer */
async function* linesOf(answer) {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  for (let rest = ''; ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
