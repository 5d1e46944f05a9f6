// How does somebody bring a picture along? Pasted, dropped, dragged from another page, or by the camera.
//
// Whatever is dropped, and wherever: the page stays. It is opened, or the person is told what to do.

import { setArriving } from './resume.js';
import { session } from './tab.js';
import { byId, closest, notify } from '../shell/dom.js';
import { addModel, isModel } from '../shell/models.js';
import { say } from '../words/say.js';

/** Of files, for those that come without a type. @type {[string, RegExp][]} */
const BEGINNINGS = [
  ['image/png', /^\x89PNG/], ['image/jpeg', /^\xff\xd8\xff/], ['image/gif', /^GIF8/], ['image/bmp', /^BM/],
  ['image/webp', /^RIFF[^]{4}WEBP/], ['image/tiff', /^(II\*\0|MM\0\*)/], ['image/avif', /^[^]{4}ftypavi[fs]/],
  ['image/heic', /^[^]{4}ftyp(hei[cmsx]|hev[cm]|mi[fa]1|msf1)/], ['image/vnd.adobe.photoshop', /^8BPS/],
];
const UNKNOWN = 'image/x-unknown'; // the server looks at it, and says what is wrong
const ENDINGS = /\.(png|jpe?g|jfif|webp|gif|bmp|tiff?|avif|hei[cf]|psd|ico|ppm|pgm)$/i;
const TYPELESS = ['', 'application/octet-stream'];

const editIsOpen = () => document.getElementById('edit-grid')?.offsetParent !== null;
const trainIsOpen = () => Boolean(document.getElementById('train-grid')?.offsetParent);
const WRITING = 'input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea, [contenteditable=true]';

/**
 * The file as a picture with a type, as Gradio wants it; null if it is something else. Fails for a folder.
 * @param {File} file
 */
export async function asPicture(file) {
  if (file.type.startsWith('image/')) return file;
  if (!TYPELESS.includes(file.type) && !ENDINGS.test(file.name)) return null;
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const head = String.fromCharCode(...bytes);
  const [type] = BEGINNINGS.find(([, begins]) => begins.test(head)) ?? [UNKNOWN];
  return new File([file], file.name, { type });
}

/** To the upload of the Edit tab, in place of what is there. @param {File} file */
function give(file) {
  const remove = document.querySelector('#upload button[aria-label="Remove Image"]');
  if (remove instanceof HTMLElement) remove.click();
  const deliver = (/** @type {number} */ tries) => {
    const input = document.querySelector('#upload input[type=file]');
    if (input instanceof HTMLInputElement) put(input, file);
    else if (tries) setTimeout(() => deliver(tries - 1), 50);
    else session?.uploads.open([file]); // the camera is where the upload was
  };
  deliver(20);
}

/** @param {HTMLInputElement} input @param {File} file */
function put(input, file) {
  const list = new DataTransfer();
  list.items.add(file);
  input.files = list.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/**
 * Open files that somebody has brought, and say which of them are no pictures.
 * @param {Iterable<File>} list
 * @param {boolean} several each is one more
 */
async function bring(list, several = false) {
  const files = [...list];
  const found = await Promise.allSettled(files.map(asPicture));
  const values = found.map((one) => (one.status === 'fulfilled' ? one.value : null));
  const pictures = values.filter((value) => value !== null);
  const wrong = values.indexOf(null);
  if (found[wrong]?.status === 'rejected') {
    notify(say('edit.no_file', { name: files[wrong].name }));
  } else if (wrong >= 0) notify(say('edit.no_picture', { name: files[wrong].name }));
  if (!pictures.length) return;
  if (trainIsOpen()) {
    notify(say('edit.not_to_learn'));
    return;
  }
  if (!editIsOpen()) document.getElementById('tab-edit-button')?.click();
  if (several || pictures.length > 1) session?.uploads.open(pictures); else give(pictures[0]);
}

// ------------------------------------------------------------------------------ dropped

/** The addresses in what was dragged from another page: of a picture itself first. @param {DataTransfer} data */
function addresses(data) {
  const html = new DOMParser().parseFromString(data.getData('text/html'), 'text/html');
  const listed = data.getData('text/uri-list').split(/[\r\n]+/).filter((line) => line && !line.startsWith('#'));
  return [html.querySelector('img')?.getAttribute('src') ?? '', ...listed].filter(Boolean);
}

/** The picture at one of these addresses, if nobody else has to be asked for it; else null. @param {string[]} found */
async function fetched(found) {
  for (const address of found) {
    const url = URL.canParse(address, location.href) ? new URL(address, location.href) : null;
    if (!url || (url.protocol !== 'data:' && url.origin !== location.origin)) continue;
    const blob = await fetch(url).then((answer) => answer.blob()).catch(() => null);
    if (!blob?.type.startsWith('image/')) continue;
    return new File([blob], `dragged.${blob.type.slice(6).replace(/\W.*/, '')}`, { type: blob.type });
  }
  return null;
}

/** @param {string[]} found */
async function bringDragged(found) {
  const file = await fetched(found);
  if (file) bring([file]); else notify(say('edit.address_only'));
}

/** What a drag has for the page: 'files', 'address', 'nothing'; '' for a text field. @param {DragEvent} event */
function carried({ dataTransfer, target }) {
  const types = [...(dataTransfer?.types ?? [])];
  if (types.includes('Files')) return 'files';
  if (closest(target, WRITING)) return '';
  return types.includes('text/uri-list') || types.includes('text/html') ? 'address' : 'nothing';
}

document.addEventListener('dragover', (event) => { // or the browser would leave the page for what is dropped
  const what = carried(event);
  if (!what) return;
  event.preventDefault();
  if (what === 'nothing' && event.dataTransfer) event.dataTransfer.dropEffect = 'none';
}, { capture: true });
document.addEventListener('drop', (event) => {
  const what = carried(event);
  if (!what) return;
  event.preventDefault();
  const { dataTransfer, target } = event;
  if (!dataTransfer) return;
  const model = [...dataTransfer.files].find(isModel);
  if (model) {
    event.stopImmediatePropagation(); // it is no picture for whatever lies below
    addModel(model);
    return;
  }
  if (closest(target, '#train-form') && what === 'files') return; // that is its own; see train/upload.js
  if (target && closest(target, '#upload')) { // Gradio's frame, which knows fewer kinds of things
    event.stopPropagation();
    target.dispatchEvent(new DragEvent('dragleave', { bubbles: true, dataTransfer }));
  }
  if (dataTransfer.files.length) bring(dataTransfer.files);
  else {
    const found = addresses(dataTransfer);
    if (found.length) bringDragged(found);
  }
}, { capture: true });

// --------------------------------------------------------------------- pasted and chosen

document.addEventListener('paste', (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || (closest(event.target, WRITING) && !files.some(({ type }) => type.startsWith('image/')))) return;
  event.preventDefault();
  bring(files);
});
document.addEventListener('click', ({ target }) => {
  if (closest(target, '#several')) byId('several-files').click();
});
document.addEventListener('change', (event) => {
  const { target } = event;
  if (!(target instanceof HTMLInputElement)) return;
  const files = [...target.files ?? []], [first] = files;
  if (target.matches('#upload input[type=file]')) setArriving(first?.name ?? null);
  if (target.id === 'several-files') {
    target.value = ''; // the same ones may be chosen again
    bring(files, true);
  } else if (target.matches(':is(#upload, .end) input[type=file]') && TYPELESS.includes(first?.type)) {
    event.stopImmediatePropagation(); // Gradio would refuse it for its missing type
    asPicture(first).then((file) => { if (file) put(target, file); }, () => notify(say('edit.unreadable')));
  }
}, { capture: true });

// ------------------------------------------------------------------------------- camera

document.addEventListener('click', (event) => {
  const button = closest(event.target, '#upload [data-testid=source-select] button');
  const all = [...button?.parentElement?.querySelectorAll('button') ?? []]; // see ui/edit/parts.py
  const which = all.findIndex((one) => one === button);
  const camera = which === 1 && !navigator.mediaDevices?.getUserMedia;
  const clipboard = which === 2 && !navigator.clipboard?.read;
  if (!camera && !clipboard) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  notify(say(camera ? 'edit.no_camera' : 'edit.no_clipboard'));
}, { capture: true });
