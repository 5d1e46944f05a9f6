// What does somebody take home, or pass on: a picture, all steps, a link?

import { penOf } from './compare.js';
import { makeFile } from './client.js';
import { pack, tooLong } from './links.js';
import { loaded } from './viewer.js';
import { byId, make, notify } from '../shell/dom.js';
import { saveFile } from '../shell/download.js';
import { messageOf } from '../shell/http.js';
import { say } from '../words/say.js';

/** @import { SaveRequest } from '../server.d.ts' */
/** @import { EditSession } from './session.js' */
/** @import { Lineage } from './types.d.ts' */

const SAID_MS = 1600;
const MOST_SENT = 15e6; // characters of recipes in one message

/** What was last said on which button. @type {WeakMap<HTMLElement, ReturnType<typeof setTimeout>>} */
const saying = new WeakMap();

/** Words on a button that say what it has done, for a moment. @param {HTMLElement} button @param {string} words */
function said(button, words) {
  const name = button.dataset.name ??= button.textContent;
  button.textContent = words;
  clearTimeout(saying.get(button));
  saying.set(button, setTimeout(() => { button.textContent = name; }, SAID_MS));
}

/**
 * A picture so many times as large, as the bytes of a PNG.
 * @param {HTMLImageElement} image
 * @param {number} scale
 * @param {boolean} smooth otherwise each pixel is a square
 * @returns {Promise<Blob>}
 */
function enlarged(image, scale, smooth) {
  const large = make('canvas', { width: image.naturalWidth * scale, height: image.naturalHeight * scale });
  const pen = penOf(large);
  Object.assign(pen, { imageSmoothingEnabled: smooth, imageSmoothingQuality: 'high' });
  pen.drawImage(image, 0, 0, large.width, large.height);
  return new Promise((done, failed) => {
    large.toBlob((blob) => { if (blob) done(blob); else failed(new Error('too large')); }, 'image/png');
  });
}

/**
 * The steps that led to a picture, without the earliest where they would be too much to send.
 * @param {Lineage} lineage
 * @returns {Lineage}
 */
export const sendable = ({ steps, parents }) => {
  let first = steps.length, size = 0;
  while (first && (size += steps[first - 1].recipe.length) <= MOST_SENT) first -= 1;
  const later = (/** @type {number[]} */ places) => places.map((place) => place - first).filter((place) => place >= 0);
  return {
    steps: steps.slice(first).map((step) => ({ ...step, parents: later(step.parents) })),
    parents: later(parents),
  };
};

export class Saving {
  /** @param {EditSession} session */
  constructor(session) { this.session = session; }

  save() {
    const { session } = this;
    session.afterwards(() => {
      const { here } = session.tree;
      if (!here) return;
      const { steps, parents } = sendable(session.tree.lineage(here.id));
      const { crop } = session.upload();
      this.#download({
        what: 'picture', recipe: here.recipe, label: here.label, steps, parents,
        ...session.saveMenu.chosen, bare: session.saveMenu.bare,
        whole: session.saveMenu.whole && crop ? { path: crop.path, focus: crop.focus, zoom: crop.zoom } : null,
      });
    });
  }

  /** These steps in an archive; all of them for null. @param {string[] | null} ids */
  saveAll(ids) {
    const { session } = this;
    session.afterwards(() => {
      const nodes = ids ? ids.map((id) => session.tree.get(id)).filter((node) => node !== null)
        : [...session.tree.nodes.values()];
      const steps = nodes.map(({ id, recipe, label, parents, star, time }) => (
        { id, recipe, label, parents, star, time }));
      if (steps.length) this.#download({ what: 'all', steps });
    });
  }

  /** @param {SaveRequest} asked */
  async #download(asked) {
    try {
      const { name, file } = await makeFile(asked);
      saveFile(file, name);
    } catch (error) {
      notify(say('edit.not_saved', { problem: messageOf(error) }));
    }
  }

  /** Forget all steps but the one that is open, which becomes a start. */
  async clear() {
    const { session } = this, { here } = session.tree;
    const upload = session.upload(), note = session.note();
    await session.storage.clear();
    if (!here) return;
    const { recipe, label, thumb, model } = here;
    session.tree.add({ recipe, label, thumb, model, note, upload, match: upload.match }, { parents: [] });
  }

  /** The picture that is shown, into the clipboard, as large as it would be saved. */
  async copy() {
    const { session } = this, { chosen: { scale, smooth } } = session.saveMenu;
    if (!session.scene) return;
    if (!window.ClipboardItem || !navigator.clipboard?.write) {
      notify(say('edit.copy_insecure'));
      return;
    }
    // Asked for at once: a browser allows it only right after the click, and waits for what is promised.
    /** @type {Promise<string>} */
    const there = new Promise((done) => { session.afterwards(() => done(session.scene?.picture ?? '')); });
    const picture = there.then(loaded).then((image) => enlarged(image, scale, smooth));
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      said(byId('copy'), say('edit.copied'));
    } catch {
      notify(say('edit.copy_refused'));
    }
  }

  link() {
    const { session } = this;
    session.afterwards(async () => {
      const { here } = session.tree, button = byId('link');
      if (!here) return;
      let address = '';
      try {
        address = `${location.origin}${location.pathname}#r=${await pack(here.recipe)}`;
        const reason = tooLong(address);
        if (reason) { notify(reason); return; }
        await navigator.clipboard.writeText(address);
        said(button, say('edit.link_copied'));
      } catch {
        if (address) window.prompt(say('edit.link_prompt'), address);
        else notify(say('edit.link_none'));
      }
    });
  }
}
