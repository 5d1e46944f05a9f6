// Which model is chosen when it is not a hand in the menu that chooses: a script does, or a model file is dropped.

import { say } from '../words/say.js';
import { byId, closest, notify } from './dom.js';
import { abortWhenStalled, serverUrl } from './http.js';

/** @import { ModelAdded } from '../server.d.ts' */
/** @import { Props, Trigger, Watch } from './types.d.ts' */

const REST_MS = 3000; // between two looks at the folder
const APART_MS = 1000; // at least, even where somebody asks for it
let last = -Infinity;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @type {(trigger: Trigger) => void} */
let mounted = () => {};
/** The way to the server, once the component is there. @type {Promise<Trigger>} */
const wires = new Promise((done) => { mounted = done; });

/**
 * For the js_on_load of the component that carries these wishes; see ui/shell/wiring.py.
 * @param {Props<{open?: string, at?: number}>} props
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export const mountModels = (props, trigger, watch) => {
  let opened = 0;
  watch('value', () => {
    const { open, at = 0 } = props.value ?? {};
    if (!open) { if (props.value) trigger('submit', {}); return; }
    if (at - opened < 5) return; // seconds: it is being opened
    opened = at;
    trigger('click', { name: open });
  });
  mounted(trigger);
};

/** Look at the folder of models again and open the one of this file, without its ending. @param {string} name */
export const chooseModel = async (name) => { (await wires)('click', { name }); };

/** Look at the folder of models again; what is chosen stays while its file is there. */
export const refreshModels = () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    last = Date.now();
    (await wires)('input', {});
  }, Math.max(0, last + APART_MS - Date.now()));
};

// Somebody comes back to the page, or opens the menu: perhaps there is a new one by now.
let looked = Date.now();
const look = () => {
  if (document.hidden || Date.now() - looked < REST_MS) return;
  looked = Date.now();
  refreshModels();
};
document.addEventListener('visibilitychange', look);
addEventListener('focus', look);
for (const type of ['pointerover', 'focusin']) { // the hand is there before it opens the menu
  document.addEventListener(type, ({ target }) => { if (closest(target, '#model')) look(); });
}

// ------------------------------------------------------------------ a file of a model

const PATH = '/genimg/models';

/** Whether a file is one of a model, by its name. @param {File} file */
export const isModel = (file) => /\.safetensors$/i.test(file.name);
let adding = false;

/**
 * Send a file, and say how far that is.
 * @param {File} file
 * @returns {Promise<[number, (ModelAdded & { error?: string }) | null]>} the status and the answer
 */
function send(file) {
  return new Promise((done) => {
    const request = abortWhenStalled(new XMLHttpRequest());
    request.open('POST', `${serverUrl(PATH)}?name=${encodeURIComponent(file.name)}`);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => {
      const part = total ? Math.round((100 * loaded) / total) : 0;
      notify(say(part < 100 ? 'shell.adding_part' : 'shell.checking', { name: file.name, part }));
    };
    request.onloadend = () => done([request.status, request.response]);
    request.send(file);
  });
}

/** Add a model file to the folder, and open the model. @param {File} file */
export const addModel = async (file) => {
  if (adding) { notify(say('shell.adding_another')); return; }
  adding = true;
  notify(say('shell.adding', { name: file.name }));
  const [status, answer] = await send(file);
  adding = false;
  if (status !== 200 || !answer) {
    const problem = answer?.error;
    notify(problem ? say('shell.not_added', { name: file.name, problem }) : say('shell.not_sent', { name: file.name }));
  } else if (!answer.draws) {
    notify(say(answer.known ? 'shell.classifier_known' : 'shell.classifier_added', { title: answer.title }));
  } else {
    notify(say(answer.known ? 'shell.known' : 'shell.added', { title: answer.title }));
    chooseModel(answer.name);
  }
};

document.addEventListener('click', ({ target }) => {
  if (closest(target, '#add-model')) byId('model-file').click();
});
document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.id !== 'model-file' || !target.files?.length) return;
  addModel(target.files[0]);
  target.value = ''; // the same one may be chosen again
});
wires.then(async () => {
  const answer = await fetch(serverUrl(PATH)).then((told) => told.json()).catch(() => null);
  if (answer?.allowed) document.body.dataset.adds = 'models';
});
