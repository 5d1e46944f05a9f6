// How does the tab ask the server? Each route of routes.py as a function.

import { ask as askServer, RequestError, serverUrl } from '../shell/http.js';
import { say } from '../words/say.js';
import { keep, readKept } from './storage.js';

/** @import { LookAnswer, LookStarted, ModelOpened, Overview, Run, RunStarted } from '../server.d.ts' */

const ROOT = '/genimg/training';
const GET_MS = 30_000, POST_MS = 120_000; // for an answer
const PERSON = 'genimg-train-person';

/**
 * @param {string} path below the root of the routes
 * @param {'GET' | 'POST' | 'DELETE'} [method]
 * @param {object} [body] sent as JSON
 * @returns {Promise<any>} what the server says; rejects with a RequestError
 */
async function ask(path, method = 'GET', body) {
  try {
    const patience = method === 'GET' ? GET_MS : POST_MS;
    return await askServer(ROOT + path, (answer) => answer.json(), { method, body, patience });
  } catch (error) {
    if (!(error instanceof RequestError && error.offline)) throw error;
    throw new RequestError(say('train.offline_training'));
  }
}

/** All runs, and what can be chosen for a new one. @returns {Promise<Overview>} */
export const getOverview = () => ask('');

/** @param {string} name */
const runPath = (name) => `/runs/${encodeURIComponent(name)}`;

/** @param {string} name @returns {Promise<Run>} */
export const getRun = (name) => ask(runPath(name));

/** @param {object} wish @returns {Promise<RunStarted>} */
export const startRun = (wish) => ask('/runs', 'POST', wish);

/**
 * @param {string} name of a run
 * @param {Run['acts'][number]} act
 * @param {object} [body]
 */
export const actOn = (name, act, body = {}) => ask(`${runPath(name)}/${act}`, 'POST', body);

/** Put what a run has learned into the menu. @param {string} name @returns {Promise<ModelOpened>} */
export const openRun = (name) => ask(`${runPath(name)}/open`, 'POST', {});

/**
 * Look at pictures, and plan a training of them. Another one of the same person is given up.
 * @param {object} wish
 * @returns {Promise<LookStarted>}
 */
export const startPreview = (wish) => ask('/look', 'POST', { ...wish, person: personKey() });

/** @param {string} id @returns {Promise<LookAnswer>} */
export const getPreview = (id) => ask(`/look/${id}`);

/** Done in passing: whoever gives something up does not wait for an answer. @param {string} id */
export const cancelPreview = (id) => { ask(`/look/${id}/cancel`, 'POST', {}).catch(() => {}); };

/** Done in passing, too. @param {string} id of a set that was sent */
export const deletePictures = (id) => { ask(`/pictures/${id}`, 'DELETE').catch(() => {}); };

/**
 * Where a file is sent to.
 * @param {string} name with its folders
 * @param {string | null} set that it goes to; null for a new one
 */
export function picturesUrl(name, set) {
  const asked = new URLSearchParams({ name, ...(set && { set }) });
  return serverUrl(`${ROOT}/pictures?${asked}`);
}

/** @type {string | null} */
let person = null;

/** Tells those apart who look at pictures from one address; it means nothing else. */
function personKey() {
  person ??= readKept(PERSON) ?? randomKey();
  keep(PERSON, person);
  return person;
}

const randomKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-');
