// One person's work in the Edit tab: what is open, what they do to it, and the steps they took.
//
// The steps are recipes in a tree that the browser keeps. Each thing that a person does is an act:
// it is sent with the recipe it starts from, one after the other, and its answer (a scene: see
// ui/edit/scene.py) becomes the next step. The server keeps nothing, so nothing is lost with it.
// What Gradio's components open (an upload, another model, a picture of another tab) comes as a scene, too.

import { act as ask, getFrame } from './client.js';
import { strangers } from './foreign.js';
import { GradioParts } from './gradio-parts.js';
import { HistoryPanel } from './history/panel.js';
import { besideOf, noteOf, recordEarlier, startBeside, uploadOf } from './history/walk.js';
import { Live } from './live.js';
import { DETAILS, OwnDetails } from './own-details.js';
import { SaveMenu } from './save-menu.js';
import { Saving } from './saving.js';
import { SliderPanel } from './sliders.js';
import { Strips } from './strips.js';
import { Uploads } from './uploads.js';
import { Viewer } from './viewer.js';
import { byId, closest, notify } from '../shell/dom.js';
import { refreshModels } from '../shell/models.js';
import { say } from '../words/say.js';

/** @import { ActAnswer, ActRequest, ModelParts, SceneAnswer, SessionValue } from '../server.d.ts' */
/** @import { Trigger, Upload } from '../shell/types.d.ts' */
/** @import { Storage } from './history/storage.js' */
/** @import { Frame } from './live.js' */
/** @import { Act, Flight, StepFields, Totals, TreeNode } from './types.d.ts' */

const OPENING = ['open', 'example', 'draw']; // acts that begin with another picture
const ANYWHERE = [...OPENING, 'go', 'none']; // acts that are not about the picture that is open
const WAYS = /** @type {const} */ (['undo', 'redo']);

export class EditSession {
  /** @type {SceneAnswer | null} */
  scene = null;
  /** The scene that is drawn; undefined before the first one. @type {SceneAnswer | undefined} */
  drawn;
  /** The model that is chosen in the menu, which another picture is opened with. @type {string | undefined} */
  chosen;
  /** Where the sliders stand. @type {Totals} */
  totals = {};
  /** Those of them that were pulled since the last step. @type {Totals} */
  fresh = {};
  /** @type {Act[]} */
  queue = [];
  /** What has been sent, and is not answered. @type {Flight | null} */
  flight = null;
  /** Models whose steps cannot be opened any more. @type {Set<string>} */
  gone = new Set();
  #newest = 0;

  /**
   * @param {{trigger: Trigger, upload: Upload}} wires of the Gradio component
   * @param {Storage} storage
   */
  constructor(wires, storage) {
    this.wires = wires;
    this.storage = storage;
    this.tree = storage.tree;
    this.parts = new GradioParts(wires.trigger);
    this.viewer = new Viewer({
      ontake: (kind, name) => this.#do('take', { kind, name }),
      onsoften: (t) => this.uploads.soften(t),
      onstop: () => this.uploads.stop(),
    });
    this.panel = new SliderPanel({
      onpull: (name, value) => this.pull(name, value),
      onkeep: () => this.keep(),
      onlock: (names, on) => this.#do('lock', { names, on }),
      ontake: (kind, name) => this.#do('take', { kind, name }),
      onexchange: (factor, value) => this.#do('exchange', { factor, value }),
      onpage: () => this.arrange(),
      onview: () => this.strips.see(this.panel.ends()),
    });
    this.own = new OwnDetails({ onpull: (share) => this.pull(DETAILS, share), onkeep: () => this.keep() });
    this.uploads = new Uploads(this);
    this.strips = new Strips(
      (strips, names) => this.panel.strips(strips, names), (names) => this.panel.clear(names));
    this.saveMenu = new SaveMenu();
    this.saving = new Saving(this);
    this.live = new Live({
      draw: (frame, totals, seq) => this.drawFrame(frame, totals, seq),
      slow: (question) => getFrame(question).then(createImageBitmap),
      onstate: (state) => { document.body.dataset.live = state; },
      onerror: notify,
    });
    document.body.dataset.live = this.live.state;
    this.steps = new HistoryPanel(byId('history'), this.tree, {
      onGo: (id) => this.go(id),
      onCross: (id) => this.cross(id),
      onSave: (ids) => this.saving.saveAll(ids),
      onDownloadAll: () => this.saving.saveAll(null),
      onClear: () => { this.saving.clear(); },
      onUndo: () => this.step('undo'),
      onRedo: () => this.step('redo'),
      can: (way) => this.#beside(way) !== null,
    });
    const lost = () => this.steps.say(say('edit.steps_lost'));
    storage.onlost = lost;
    if (!storage.kept) lost();
    this.#wireButtons();
  }

  /** Whether all that was done has become a step that is shown. */
  get settled() {
    const waits = this.panel.waits || this.own.waits;
    return !this.flight && !this.queue.length && !waits && this.drawn === this.scene;
  }

  // ------------------------------------------------------------------------- acts

  /**
   * Do something to what is open.
   * @param {string} kind
   * @param {Act['details']} details may be a function, asked when its turn comes
   * @param {Act['options']} options
   */
  act(kind, details = {}, options = {}) {
    const last = this.queue.at(-1);
    if (kind === 'pull' && last?.kind === 'pull' && !last.on) {
      Object.assign(amountsOf(last), amountsOf({ details }));
    } else {
      this.queue.push({ kind, details, options });
    }
    this.send();
  }

  /** Do something after what has been pulled is a step. @param {string} kind @param {Act['details']} [details] */
  #do(kind, details) {
    this.keep();
    this.act(kind, details);
  }

  /** Send the next act, if none is on its way. */
  send() {
    if (this.flight) return;
    const next = this.queue.shift();
    if (!next) return;
    const details = typeof next.details === 'function' ? next.details() : next.details;
    const from = this.tree.get(next.on ?? this.tree.current);
    if (!details) { this.send(); return; }
    const flight = { ...next, details, from: from?.id ?? null, before: from?.parents ?? [] };
    this.flight = flight;
    const chosen = this.chosen ?? this.scene?.model.name ?? '';
    const asked = { act: next.kind, chosen, recipe: from?.recipe ?? null, ...details };
    ask(/** @type {ActRequest} */ (asked), () => notify(say('edit.away'))).then(
      (answer) => this.answered(flight, answer), () => this.#lost());
  }

  /** The act that is under way will not be answered; the next one has its turn. */
  #lost() {
    notify(say('edit.no_answer'));
    this.#land(true);
    this.send();
  }

  /** The act that is under way has come to its end. */
  #land(failed = false) {
    const { flight, scene } = this;
    this.flight = null;
    // Back to where everything was, unless another picture is open by now.
    if (failed && scene && this.tree.current === flight?.from) {
      this.#stand({ ...scene, opened: false, refine: false });
    }
  }

  /** What has come of an act. @param {Flight} flight @param {ActAnswer} answer */
  answered(flight, { scene, offer, failed, parts, warnings }) {
    for (const words of warnings) notify(words);
    this.#land(failed !== undefined);
    if (failed !== undefined) this.#fail(flight, failed);
    else if (OPENING.includes(flight.kind)) this.parts.begin();
    if (offer) strangers.offer(this, offer);
    if (scene) this.#show(scene, flight, parts);
    this.send();
  }

  /** What one of Gradio's components has opened. @param {SessionValue | null} payload */
  receive(payload) {
    if (payload?.empty !== undefined) this.viewer.empty(payload.empty);
    if (payload?.offer) strangers.offer(this, payload.offer);
    if (payload?.scene) this.#show(payload.scene);
  }

  /** An act could not be done. @param {Flight} flight @param {string} words why */
  #fail(flight, words) {
    notify(words);
    const step = flight.kind === 'go' ? this.tree.get(String(flight.details.node)) : null;
    if (step) { this.gone.add(step.model); this.steps.draw(); this.#mark(); }
    refreshModels(); // perhaps its model is no longer there
  }

  /**
   * A picture has come: it becomes a step, and is shown unless something newer is.
   * @param {SceneAnswer} scene
   * @param {Flight} [flight] the act that it is the answer to
   * @param {ModelParts} [parts] of its model, where that was not chosen before
   */
  #show(scene, flight, parts) {
    this.gone.delete(scene.model.name);
    const { tree } = this, shown = tree.current;
    const late = scene.number <= this.#newest || Boolean(flight && !scene.opened && shown !== flight.from);
    if (tree.has(scene.node)) {
      if (!late) tree.go(scene.node);
    } else {
      const earlier = recordEarlier(tree, scene.earlier ?? [], scene.model.name);
      const parents = earlier.length ? scene.parents.map((i) => earlier[i])
        : flight && !scene.opened ? this.#parents(flight) : [];
      /** @type {StepFields} */
      const fields = {
        recipe: scene.recipe, label: scene.label, thumb: scene.thumb, model: scene.model.name,
        note: scene.note, upload: scene.upload ?? undefined, match: scene.match ?? undefined,
        ...(!parents.length && shown && { came: shown }),
      };
      if (late) tree.record(fields, { parents }); else tree.add(fields, { parents });
    }
    if (late) return;
    if (scene.opened) this.#leave(shown);
    this.#newest = scene.number;
    this.#stand(scene);
    this.parts.open(scene, parts);
  }

  /** What an act was done to; where that has been taken out meanwhile, what it was made from. @param {Flight} flight */
  #parents({ from, before, options }) {
    const first = this.tree.has(from) ? [from] : before;
    return [...first, ...(options.parents ?? [])];
  }

  /** Another picture is open: what was still to be done is done to the one before. @param {string | null} node */
  #leave(node) {
    if (Object.keys(this.fresh).length) {
      this.queue.push({ kind: 'pull', details: { amounts: this.fresh }, options: {} });
    }
    for (const act of this.queue) if (node && !ANYWHERE.includes(act.kind)) act.on ??= node;
  }

  /** What has been pulled and is no step yet: sent, waiting to be sent, or still in the hand. @returns {Totals} */
  #unkept() {
    const acts = [this.flight, ...this.queue].filter((act) => act?.kind === 'pull' && !act.on);
    return Object.assign({}, ...acts.map(amountsOf), this.fresh);
  }

  /** Show a scene; sliders that have been moved meanwhile stay where they are. @param {SceneAnswer} scene */
  #stand(scene) {
    this.scene = scene;
    const pulled = scene.opened ? {} : this.#unkept();
    this.fresh = scene.opened ? {} : this.fresh;
    this.totals = { ...scene.amounts, ...pulled };
    if (scene.details !== undefined) this.totals[DETAILS] ??= scene.details;
    this.panel.model(scene.model, scene.amounts);
    if (scene.opened) this.panel.clear(); // the small pictures are of another one
    this.saveMenu.side(Math.max(...scene.model.shape));
    this.viewer.suit(scene.model);
    strangers.close();
    const upload = this.upload();
    this.viewer.before({ original: upload.original ?? null, plain: scene.plain });
    this.viewer.note(upload.match ?? null, this.note());
    this.uploads.show(upload);
    this.viewer.title(say(upload.original && scene.picture === scene.plain ? 'edit.reconstruction' : 'edit.edited'));
    this.arrange();
    if (Object.keys(pulled).length) {
      this.drawn = scene;
      this.live.pull(this.totals);
    } else {
      this.live.forget();
      this.viewer.exact(scene.picture).then((drawn) => {
        if (drawn) this.#tell(null, scene.amounts);
        if (scene === this.scene) this.drawn = scene;
      });
    }
    if (scene.refine) this.uploads.refine(scene);
  }

  /** Sliders, small pictures and chips, as the work stands. */
  arrange() {
    const { scene } = this;
    if (!scene) return;
    this.panel.show({ ...scene, amounts: this.totals }, this.upload().match?.captions);
    this.viewer.chips(scene);
    this.own.show(this.totals[DETAILS] ?? null);
    this.live.set(scene.recipe, scene.details === undefined ? this.panel.names : [...this.panel.names, DETAILS]);
    this.panel.clearUnseen();
    this.strips.ask(scene.recipe, this.panel.ends());
  }

  /** Whether the canvas shows the start itself, without any edits. */
  get plain() {
    return this.scene?.picture === this.scene?.plain && !Object.keys(this.#unkept()).length;
  }

  /** What is known of the upload that the work began with. */
  upload() { return uploadOf(this.tree); }

  /** Where the picture is from, in words. */
  note() { return noteOf(this.tree); }

  // ----------------------------------------------------------------------- sliders

  /** A slider moves. @param {string} name @param {number} value */
  pull(name, value) {
    this.totals = { ...this.totals, [name]: value };
    this.fresh = { ...this.fresh, [name]: value };
    this.viewer.title(say('edit.edited'));
    this.strips.rest();
    this.live.pull(this.totals);
  }

  /** Make a step of what has been pulled. */
  keep() {
    const amounts = this.fresh;
    this.fresh = {};
    if (Object.keys(amounts).length) this.act('pull', { amounts });
  }

  /** A frame of what moves. @param {Frame} frame @param {Totals} totals @param {number} seq */
  drawFrame(frame, totals, seq) {
    this.viewer.draw(frame, this.scene?.model.shape);
    this.#tell(seq, totals);
  }

  /** For those who watch what is drawn. @param {number | null} seq null for a step @param {Totals} totals */
  #tell(seq, totals) {
    document.dispatchEvent(new CustomEvent('genimg:frame', {
      detail: { seq, scene: this.live.scene, totals: { ...totals } },
    }));
  }

  // ----------------------------------------------------------------------- history

  /** Open a step. @param {string | null} id */
  go(id) { this.#go(() => this.tree.get(id)); }

  /** @param {'undo' | 'redo'} way */
  step(way) { this.#go(() => this.tree.get(this.#beside(way))); }

  /** @param {() => TreeNode | null} place asked when its turn comes */
  #go(place) {
    this.keep();
    this.uploads.stop();
    this.act('go', () => {
      const node = place();
      return node && { recipe: node.recipe, node: node.id };
    });
  }

  /** @param {'undo' | 'redo'} way */
  #beside(way) { return besideOf(this.tree, way, this.gone); }

  /** To the next (1) or the previous (-1) picture that was begun with. @param {1 | -1} way */
  next(way) {
    const id = startBeside(this.tree, way);
    if (id) this.go(id);
  }

  /** Cross what is open with another step. @param {string} id */
  cross(id) {
    this.keep();
    const other = this.tree.get(id);
    if (other) this.act('cross', { other: other.recipe, label: other.label }, { parents: [id] });
  }

  /** When all that was done before has landed. @param {() => void} then */
  afterwards(then) {
    this.#do('none', () => { then(); return null; });
  }

  // ------------------------------------------------------------------------ buttons

  #wireButtons() {
    const on = (/** @type {string} */ id, /** @type {() => void} */ then) => { byId(id).onclick = then; };
    for (const way of WAYS) on(way, () => this.step(way));
    on('nudge', () => this.#do('nudge'));
    on('reset-all', () => this.#do('reset'));
    on('save', () => this.saving.save());
    on('link', () => this.saving.link());
    on('copy', () => { this.saving.copy(); });
    // Gradio would let fast clicks overtake each other.
    document.addEventListener('click', ({ target }) => {
      const example = closest(target, '#examples [data-pick]');
      if (example) this.act('example', { pick: example.dataset.pick });
      else if (closest(target, '#draw')) this.act('draw');
    });
    this.tree.listen(() => this.#mark());
    this.#mark();
  }

  /** Whether there is something to undo and to redo. */
  #mark() {
    for (const way of WAYS) byId(way, HTMLButtonElement).disabled = this.#beside(way) === null;
  }
}

/** The amounts of an act that pulls. @param {Pick<Act, 'details'> | null} act @returns {Totals} */
function amountsOf(act) {
  const details = act && typeof act.details === 'object' ? act.details : null;
  return /** @type {Totals} */ (details?.amounts ?? {});
}
