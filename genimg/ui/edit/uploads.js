// What happens to somebody's own pictures: opened several at once, cropped, made better step by step.

import { refine } from './client.js';
import { Cropper } from './crop.js';
import { lineOf } from './history/walk.js';
import { setArriving } from './resume.js';
import { byId, make, notify } from '../shell/dom.js';
import { isReachable, isReadable, messageOf, RequestError, serverUrl, untilReachable } from '../shell/http.js';
import { say } from '../words/say.js';

/** @import { CropAnswer, RefineEnd, RefineNews, RefineRequest, SceneAnswer } from '../server.d.ts' */
/** @import { EditSession } from './session.js' */
/** @import { KnownUpload } from './types.d.ts' */
/**
 * A refining: the step that it is of, the best that it has found, and what ends it.
 * @typedef {{node: string | null, best: RefineNews | null, end: AbortController}} Run
 */

const MOST = 24; // files at once
const AGAIN_MS = 1000; // after the connection has broken
const STALLED_MS = 60_000; // without news, a refining counts as lost

export class Uploads {
  /** @param {EditSession} session */
  constructor(session) {
    this.session = session;
    /** What is under way. @type {Run | null} */
    this.run = null;
    this.cropped = '';
    /** @type {Cropper | null} */
    this.cropper = null;
    this.shown = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.watch = undefined;
    byId('refine').onclick = () => this.again();
    session.tree.listen(() => this.strip());
    this.strip();
  }

  /** What can be done with the upload that the work began with; {} where there is none. @param {KnownUpload} upload */
  show(upload) {
    this.crop(upload.crop);
    this.session.saveMenu.offer(Boolean(upload.crop && this.session.scene?.model.kind));
    this.session.viewer.faithful(upload.editable ? upload.t ?? 1 : null);
    this.offer();
  }

  /** Offer to refine where that has not been done. */
  offer() {
    const { original, editable } = this.session.upload();
    const close = Boolean(editable) || this.session.scene?.model.refines === false;
    byId('refine').hidden = !original || close || this.run !== null;
  }

  /** All pictures that were begun with, side by side. */
  strip() {
    const { tree } = this.session, here = [...lineOf(tree)].at(-1);
    const starts = tree.starts.slice(-MOST);
    const box = byId('starts');
    box.hidden = starts.length < 2;
    const shown = JSON.stringify([starts.map((node) => [node.id, node.thumb.length]), here?.id]);
    if (shown === this.shown) return; // the focus stays where it is
    this.shown = shown;
    const kept = new Map([...box.querySelectorAll('button')].map((button) => [button.dataset.id, button]));
    box.replaceChildren(...starts.map((node) => {
      let button = kept.get(node.id);
      if (!button) {
        const picture = make('img', { src: node.thumb, alt: '', draggable: false });
        button = make('button', { type: 'button', title: node.label, ariaLabel: node.label }, picture);
        button.dataset.id = node.id;
        button.onclick = () => this.session.go(node.id);
      }
      button.setAttribute('aria-pressed', String(node.id === here?.id));
      return button;
    }));
  }

  /** Each file becomes a start of its own. @param {Iterable<File>} files */
  async open(files) {
    const all = [...files], pictures = all.slice(0, MOST);
    if (all.length > MOST) notify(say('edit.opened_first', { n: MOST }));
    for (const file of pictures) {
      try {
        setArriving(file.name);
        const { path } = await this.session.wires.upload(file);
        this.session.act('open', { path, refine: pictures.length === 1 });
      } catch (error) {
        const problem = !await isReadable(file) ? say('edit.not_sent_changed')
          : await isReachable() ? messageOf(error) : say('edit.not_sent_offline');
        notify(say('edit.not_sent', { name: file.name, problem }));
      }
      setArriving(null);
    }
  }

  // --------------------------------------------------------------------------- crop

  /** Show where the upload was cropped, or hide that. @param {CropAnswer | undefined} crop */
  crop(crop) {
    const box = byId('crop');
    box.hidden = !crop;
    if (!crop) { this.cropped = ''; return; }
    const { focus, zoom } = crop;
    if (this.cropped === crop.path) { this.cropper?.set({ focus, zoom }); return; }
    this.cropped = crop.path;
    const place = document.createElement('div'); // the one before goes with its listeners
    byId('cropper').replaceChildren(place);
    this.cropper = new Cropper(place, {
      src: crop.preview
        ?? serverUrl(`/gradio_api/file=${crop.path.split('/').map(encodeURIComponent).join('/')}`),
      ratio: crop.ratio,
      focus: crop.focus,
      zoom: crop.zoom,
      onChange: (at, done) => {
        if (!done) return;
        this.drop();
        this.session.keep();
        this.session.act('crop', { path: crop.path, ...at });
      },
    });
  }

  // --------------------------------------------------------------- easy or faithful

  /** @param {number} t from easy to edit (0) to faithful (1) */
  soften(t) {
    const { faithful, editable, original } = this.session.upload();
    this.session.keep();
    this.session.act('soften', { t, faithful, editable, original });
  }

  // ------------------------------------------------------------------------- refine

  /** What is shown is made closer, as somebody has asked for it. */
  again() {
    const { session } = this;
    if (!session.scene) return;
    session.keep();
    this.refine({ recipe: session.scene.recipe, upload: session.upload() });
  }

  /** @param {Pick<SceneAnswer, 'recipe' | 'upload'>} scene */
  refine(scene) {
    const original = scene.upload?.original;
    if (!original) return;
    this.drop(); // the run before was of another picture, or of another part of it
    this.run = { node: this.session.tree.current, best: null, end: new AbortController() };
    this._watch();
    this.session.viewer.refining({ step: 0, of: 1, words: say('edit.refine_bar') });
    this.offer();
    this.#ask(this.run, { recipe: scene.recipe, original });
  }

  /**
   * Where the connection breaks, it begins anew when the server is back.
   * @param {Run} run
   * @param {RefineRequest} asked
   */
  async #ask(run, asked) {
    while (run === this.run) {
      try {
        await refine(asked, run.end.signal, (news) => this.progress(news, run));
      } catch (error) {
        if (run === this.run && error instanceof RequestError && !error.offline) {
          this.progress({ done: true, error: error.message }, run);
        }
      }
      if (run !== this.run) return;
      await new Promise((done) => { setTimeout(done, AGAIN_MS); });
      await untilReachable();
    }
  }

  /**
   * It has come further, or to its end: see `refining` in ui/edit/scene.py.
   * @param {RefineNews | RefineEnd} news
   * @param {Run} run
   */
  progress(news, run) {
    if (run !== this.run) return;
    const { session } = this;
    if ('done' in news) {
      if (news.error) notify(news.error);
      this._keep();
      return;
    }
    this._watch();
    run.best = news;
    session.viewer.refining(news);
    if (session.tree.current === run.node && session.plain) session.viewer.exact(news.picture);
  }

  /** A refining of which nothing more is heard has an end, too. */
  _watch() {
    const { run } = this;
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.run !== run) return;
      notify(say('edit.refine_lost'));
      this.stop();
    }, STALLED_MS);
  }

  /** Enough: the best so far is kept. */
  stop() {
    this.run?.end.abort();
    this._keep();
  }

  /** Enough: what was found is of no use any more. */
  drop() {
    this.run?.end.abort();
    this.run = null;
  }

  _keep() {
    if (!this.run) return;
    const { node, best } = this.run;
    this.run = null;
    this.session.viewer.refining(null);
    this.offer();
    if (!best?.better) return;
    const { better, editable } = best;
    this.session.keep();
    this.session.act('base', () => {
      const stillThat = [...lineOf(this.session.tree)].some((step) => step.id === node);
      return stillThat && { better, editable, original: this.session.upload().original };
    });
  }
}
