// A new training: which pictures, what will happen, under which name.
//
// What somebody has chosen and typed is a draft that the browser keeps for this tab; the report and
// the plan are asked for again after each change, and the last ones stay meanwhile.

import { make } from '../shell/dom.js';
import { messageOf } from '../shell/http.js';
import { say } from '../words/say.js';
import { deletePictures, startRun } from './client.js';
import { showExamples } from './examples.js';
import {
  DRAFT_KEY, choosing, isNamedSet, keeping, makeDraft, previewRequest, runRequest, uploadOf,
} from './draft.js';
import {
  foundNow, interrupted, minutesRange, missing, previewProgress, uploadProgress,
} from './form-words.js';
import { findPart, isNews, setBar, setText } from './parts.js';
import { showChoices, showPlan } from './plan.js';
import { PreviewJob } from './preview.js';
import { PicturesReport } from './report.js';
import { Sheet } from './sheet.js';
import { connectSources, showRefused } from './sources.js';
import { keep, readKept } from './storage.js';
import { Upload } from './upload.js';
import { plural } from './words.js';

/** @import { LookAnswer, Overview, TrainingExample } from '../server.d.ts' */
/** @import { Draft } from './draft.js' */
/** @import { Found } from './form-words.js' */
/** @import { Gathered, Refused } from './gather.js' */

const TYPING_MS = 700; // after the last key, before it is looked at

export class NewModelForm {
  /** @type {Upload | null} what is under way */
  #upload = null;
  /** @type {Found | null} */
  #found = null;
  /** @type {Refused[]} files that did not arrive */
  #refused = [];
  #skipped = 0; // files that are no pictures
  #trouble = '';
  #starting = false;
  #minutes = { least: 0, most: Infinity }; // that can be chosen
  /** @type {TrainingExample[]} */
  #examples = [];
  /** @type {Draft} */
  #draft = makeDraft(readKept(DRAFT_KEY));
  #element;
  #onstarted;
  #preview;
  #report;
  #changes;

  /**
   * @param {HTMLElement} element
   * @param {(name: string) => void} onstarted a run has begun
   */
  constructor(element, onstarted) {
    this.#element = element;
    this.#onstarted = onstarted;
    this.#preview = new PreviewJob({
      ondue: () => this.#look(),
      onchange: () => this.show(),
      onid: (id) => this.#keep({ look: id }),
      onanswer: (answer) => this.#answered(answer),
      onerror: (words) => this.#say(words),
      onlost: () => this.#look(),
    });
    this.#report = new PicturesReport(this.#part('report'), {
      oncrop: (crop) => this.#change({ crop }),
      onkeep: (what, on) => this.#change({ keep: keeping(this.#draft.keep, what, on) }),
    });
    this.#changes = new Sheet(say('train.changes'), true);
    this.#part('choices').after(this.#changes.figure);
    this.#connect();
    this.show();
    const { look } = this.#draft;
    if (look) this.#preview.resume(look); else this.#look();
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @param {new () => T} [kind]
   */
  #part(name, kind) { return findPart(this.#element, name, kind); }

  #connect() {
    const form = this.#element;
    for (const key of /** @type {const} */ (['title', 'credit', 'licence'])) {
      const input = this.#part(key, HTMLInputElement);
      input.value = this.#draft[key];
      input.oninput = () => {
        const named = key === 'title' ? Boolean(input.value.trim()) : this.#draft.named;
        this.#keep({ [key]: input.value, named });
        this.show();
      };
    }
    for (const [name, key] of /** @type {const} */ ([['minutes', 'minutes'], ['leave-out', 'leave_out']])) {
      const input = this.#part(name, HTMLInputElement);
      input.value = this.#draft[key];
      input.oninput = () => {
        if (input.validity.valid) this.#change({ [key]: input.value }, TYPING_MS); else this.show();
      };
    }
    for (const [name, key] of [['family', 'family'], ['size', 'size'], ['init', 'init_from']]) {
      const menu = this.#part(name, HTMLSelectElement);
      menu.onchange = () => this.#change({ [key]: menu.value });
    }
    connectSources(form, {
      onfiles: (gathered) => this.send(gathered),
      ondata: (data, title) => this.choose(data, title),
    });
    form.onsubmit = (event) => event.preventDefault(); // Enter in a field is no wish to train
    this.#part('others').onclick = () => this.drop();
    this.#part('cancel').onclick = () => this.#cancel();
    this.#part('again').onclick = () => this.#again();
    this.#part('start').onclick = () => this.start();
  }

  // -------------------------------------------------------------------------- the draft

  /** @param {Partial<Draft>} values */
  #keep(values) {
    Object.assign(this.#draft, values);
    keep(DRAFT_KEY, this.#draft);
  }

  /** Something was chosen that the report or the plan depends on. @param {Partial<Draft>} values */
  #change(values, rest = 0) {
    this.#keep(values);
    this.#preview.schedule(rest);
    this.#show('others');
  }

  /** What the server offers. @param {Overview} overview */
  offer({ data, families, models, crops, sizes, minutes, letters, nothing, examples, here }) {
    const draft = this.#draft;
    this.#minutes = minutes;
    this.#examples = examples;
    if (!sizes.includes(Number(draft.size))) draft.size = ''; // of an older server
    this.#part('path-box').hidden = !here;
    this.#report.offer(crops);
    const field = this.#part('minutes', HTMLInputElement);
    [field.min, field.max] = [String(minutes.least), String(minutes.most)];
    for (const name of ['title', 'credit', 'licence']) this.#part(name, HTMLInputElement).maxLength = letters;
    const sets = data.map((set) => [set.name, set.words ? `${set.title}: ${set.words}` : set.title]);
    const starts = models.map(({ name, title, shape }) => [name, `${title} (${shape.toReversed().join(' × ')})`]);
    const kinds = families.map(({ name, title, words }) => [name, `${title}: ${words}`]);
    this.#fillMenu('data', sets, '');
    this.#fillMenu('family', kinds, draft.family || families[0]?.name);
    this.#fillMenu('init', [[nothing, say('train.from_nothing')], ...starts], draft.init_from);
    this.#fillMenu('size', sizes.map((size) => [String(size), `${size} × ${size}`]), draft.size);
  }

  /**
   * Fill a menu; its entry for no choice stays the first. Nothing is done to one that is open.
   * @param {string} name
   * @param {string[][]} options values, and what they are called
   * @param {string} chosen
   */
  #fillMenu(name, options, chosen) {
    const menu = this.#part(name, HTMLSelectElement);
    if (isNews(menu, options)) {
      const none = [...menu.options].filter((option) => option.value === '');
      menu.replaceChildren(...none, ...options.map(([value, textContent]) => make('option', { value, textContent })));
    }
    if (menu !== document.activeElement) menu.value = chosen;
  }

  // --------------------------------------------------------------------------- pictures

  /**
   * What has the focus may be hidden by what is done: then it goes to what has come instead.
   * @param {string} name of a part
   */
  #show(name) {
    const held = ['sources', 'chosen'].some((box) => this.#part(box).contains(document.activeElement));
    this.show();
    const { activeElement: active } = document;
    const lost = held && !(active instanceof HTMLElement && active.offsetParent);
    if (lost) this.#part(name).focus({ preventScroll: true });
  }

  /** Send files and then look at them; what is under way is given up. @param {Gathered} gathered */
  async send(gathered) {
    if (!gathered.files.length) {
      const [wrong] = gathered.refused;
      if (wrong) this.#say(`${wrong.name}: ${wrong.words}`);
      else if (gathered.skipped) this.#say(say('train.none_pictures'));
      else this.#say(say('train.no_files'));
      return;
    }
    this.drop();
    const upload = new Upload(gathered, () => {
      if (this.#upload !== upload) return;
      this.#keep({ sending: { set: upload.set, title: upload.title, done: upload.done, of: upload.count } });
      this.show();
    });
    await this.#send(upload);
  }

  /** @param {Upload} upload */
  async #send(upload) {
    this.#upload = upload;
    this.#trouble = '';
    this.#show('others');
    await upload.run();
    if (this.#upload !== upload) return;
    if (upload.trouble) { this.#say(upload.trouble); return; } // it is kept, to go on with
    this.#upload = null;
    this.#refused = upload.refused;
    this.#skipped = upload.skipped;
    this.#keep({ sending: null });
    if (upload.set) this.choose(`upload:${upload.set}`, upload.title, upload.done);
    else this.#say(upload.refused[0]?.words ?? say('train.nothing_arrived'));
  }

  /**
   * These are the pictures.
   * @param {string} data the name of a data set, "upload:ID", or "folder:PATH"
   * @param {string} title a name for them
   */
  choose(data, title, sent = 0) {
    this.#found = null;
    this.#trouble = '';
    this.#change(choosing(this.#draft, data, title, sent));
    // The minutes without what was proposed for others.
    this.#fill({ title: this.#draft.title, minutes: this.#draft.minutes, 'leave-out': '' });
  }

  /** No pictures are chosen any more; what was typed stays. */
  drop() {
    this.#upload?.cancel();
    this.#upload = null;
    this.#preview.cancel();
    const set = uploadOf(this.#draft);
    if (set) deletePictures(set);
    this.#keep({ data: '', words: '', keep: [], sending: null });
    this.#found = null;
    this.#refused = [];
    this.#skipped = 0;
    this.#trouble = '';
    this.#show('pick-files');
  }

  #cancel() {
    if (!this.#upload) this.#preview.cancel();
    if (this.#upload || !this.#found) this.drop(); else this.show();
  }

  #again() {
    const { sending, data } = this.#draft;
    if (this.#upload) this.#send(this.#upload);
    else if (sending) this.choose(`upload:${sending.set}`, sending.title, sending.done);
    else if (data) this.#look();
    else this.#say('');
  }

  /** @param {Record<string, string>} values of fields */
  #fill(values) {
    for (const [name, value] of Object.entries(values)) this.#part(name, HTMLInputElement).value = value;
  }

  // ----------------------------------------------------------------- report, plan, start

  /** To be called every second or so while the form is seen. */
  tick() { return this.#preview.tick(); }

  #look() {
    const draft = this.#draft;
    if (!draft.data) return;
    this.#trouble = '';
    if (isNamedSet(draft)) this.#found ??= { report: null, plan: null, fresh: false, sheets: {}, error: null };
    this.#preview.start(previewRequest(draft));
  }

  /** @param {LookAnswer} answer */
  #answered(answer) {
    this.#found = foundNow(this.#found, answer, isNamedSet(this.#draft));
    const minutes = this.#found?.plan?.minutes, field = this.#part('minutes', HTMLInputElement);
    if (minutes && !this.#draft.minutes && field !== document.activeElement) {
      field.value = String(Number(minutes.toPrecision(2)));
    }
    if (answer.error && !this.#found?.error) this.#say(answer.error); else this.show();
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble = words;
    this.show();
  }

  get #wrongMinutes() {
    return this.#part('minutes', HTMLInputElement).validity.valid ? '' : minutesRange(this.#minutes);
  }

  get #missing() { return missing(this.#found, this.#draft, this.#wrongMinutes); }

  async start() {
    if (this.#missing || this.#starting) return;
    this.#starting = true;
    const trouble = this.#part('start-trouble');
    setText(trouble);
    this.#preview.cancel();
    this.show();
    try {
      const { name } = await startRun(runRequest(this.#draft));
      const { credit, licence } = this.#draft;
      this.#draft = makeDraft({ credit, licence });
      this.#keep({});
      this.#found = null;
      this.#refused = [];
      this.#skipped = 0;
      this.#fill({ title: '', minutes: '', 'leave-out': '' });
      for (const box of ['settings', 'why']) this.#part(box, HTMLDetailsElement).open = false;
      this.#onstarted(name);
    } catch (error) {
      setText(trouble, messageOf(error));
    } finally {
      this.#starting = false;
      this.show();
    }
  }

  // ------------------------------------------------------------------------------- seen

  show() {
    const draft = this.#draft, upload = this.#upload, found = this.#found, named = isNamedSet(draft);
    this.#part('sources').hidden = Boolean(draft.data || upload);
    this.#part('chosen').hidden = !draft.data && !upload;
    this.#showProgress();
    this.#showTrouble();
    showRefused(this.#part('refused'), this.#refused, this.#skipped);
    const set = draft.leave_out || draft.size || draft.init_from; // what may be in the way
    const stuck = Boolean(draft.data && this.#trouble && !found && (set || /too small/.test(this.#trouble)));
    this.#part('plan-step').hidden = !found && !stuck;
    this.#part('plan').hidden = stuck;
    if (stuck) this.#part('settings', HTMLDetailsElement).open = true;
    this.#part('why').hidden = stuck || !found?.plan?.choices.length;
    this.#part('name-step').hidden = !found;
    for (const name of ['credit', 'licence', 'leave-out']) this.#part(`${name}-field`).hidden = named;
    this.#part('name-hint').hidden = named;
    this.#showFound();
    const lacking = this.#missing, start = this.#part('start', HTMLButtonElement);
    start.disabled = Boolean(lacking || this.#starting);
    start.textContent = say(this.#starting ? 'train.starting' : 'train.start');
    setText(this.#part('start-hint'), lacking);
    setText(this.#part('minutes-hint'), this.#wrongMinutes || say('train.minutes_hint'));
  }

  #showTrouble() {
    const { sending, data } = this.#draft, upload = this.#upload;
    const left = sending && !upload ? sending : null; // what a reload has cut off
    const words = this.#trouble || (left ? interrupted(left) : '');
    this.#part('trouble').hidden = !words;
    setText(this.#part('trouble-words'), words);
    const arrived = Boolean(left?.set && left.done);
    this.#part('again-row').hidden = !(upload?.trouble || arrived || (data && this.#trouble));
    this.#part('again').textContent = say(arrived ? 'train.go_on' : 'train.again');
  }

  #showFound() {
    const found = this.#found, { job } = this.#preview, report = this.#part('report');
    report.hidden = !found?.report;
    report.classList.toggle('stale', job !== null && job.stage !== 'plan');
    const old = job !== null && found?.plan && !(found.fresh && job.stage);
    this.#part('plan-step').classList.toggle('stale', Boolean(old));
    if (!found) return;
    const { plan, error, sheets } = found, box = this.#part('plan');
    if (found.report) this.#report.set(found.report, sheets, this.#draft);
    showExamples(this.#part('examples'), this.#examples, plan);
    setText(this.#part('plan-trouble'), error ?? '');
    if (plan) {
      box.hidden = false;
      showPlan(box, plan);
      showChoices(this.#part('choices'), plan.choices);
      this.#changes.set(plan.varied ? sheets.changes : undefined);
    } else {
      setText(box, say(job ? 'train.plan_waits' : 'train.no_plan'));
      delete box.dataset.shown;
    }
  }

  /** The line on what is chosen: it says what is being done with that, without a jump. */
  #showProgress() {
    const draft = this.#draft, upload = this.#upload, { job, working: looking } = this.#preview;
    const working = (upload && !upload.trouble) || looking;
    const bar = this.#part('working-bar', HTMLProgressElement);
    setText(this.#part('chosen-words'), upload ? upload.title : draft.words);
    for (const part of [this.#part('cancel'), bar]) part.style.visibility = working ? '' : 'hidden'; // its room stays
    const rest = { words: draft.sent ? say('train.sent', { files: plural(draft.sent, 'file') }) : '', share: null };
    const { words, share } = upload ? uploadProgress(upload) : working ? previewProgress(job, draft) : rest;
    setText(this.#part('working-words'), words || '\u00a0'); // so does the line
    setBar(bar, share);
  }
}
