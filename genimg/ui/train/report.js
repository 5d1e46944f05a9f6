// What was found in somebody's pictures: what is used, what is left out, and what a person wants otherwise.

import { make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { isNews, setText } from './parts.js';
import { facts, leftOutTitle, reasonsOf, verdict } from './report-words.js';
import { Sheet } from './sheet.js';
import { capitalize, formatNumber } from './words.js';

/** @import { LeftOutFile, LookSheets, Overview, PicturesReport as Report } from '../server.d.ts' */
/** @import { Reason } from './report-words.js' */

/**
 * @typedef {object} Listener
 * @property {(crop: string) => void} oncrop the pictures are to be cut so
 * @property {(what: string, on: boolean) => void} onkeep a reason, or "/" and the name of a file, is overruled or not
 */

const LISTED = 12; // files of a reason, until somebody wants all

export class PicturesReport {
  #head = make('p', { className: 'verdict', role: 'status' });
  #facts = make('p', { className: 'hint' });
  #notes = make('ul', { className: 'notes' });
  #used = new Sheet(say('train.used_sheet'));
  #left = new Sheet(say('train.left_out_sheet'));
  #crops = make('fieldset', { className: 'pills crops' });
  #reasons = make('div', { className: 'reasons' });
  #summary = make('summary');
  #box = make('details', {}, this.#summary, this.#reasons, this.#left.figure);
  #element;
  #to;

  /** @param {HTMLElement} element @param {Listener} to */
  constructor(element, to) {
    this.#element = element;
    this.#to = to;
    element.replaceChildren(this.#head, this.#facts, this.#notes, this.#used.figure, this.#crops, this.#box);
  }

  /** The ways to cut pictures to a square. @param {Overview['crops']} crops */
  offer(crops) {
    if (!isNews(this.#crops, crops)) return;
    this.#crops.replaceChildren(make('legend', { textContent: say('train.cut') }));
    for (const { name, title } of crops) {
      const input = make('input', { type: 'radio', name: 'train-crop', value: name });
      input.onchange = () => this.#to.oncrop(name);
      this.#crops.append(make('label', {}, input, make('span', { textContent: title })));
    }
  }

  /**
   * @param {Report} report
   * @param {LookSheets} sheets
   * @param {{crop: string, keep: string[]}} wanted by the person
   */
  set(report, sheets, { crop, keep }) {
    for (const input of this.#crops.querySelectorAll('input')) input.checked = input.value === crop;
    this.#used.set(sheets.used);
    this.#left.set(sheets.left_out);
    if (!isNews(this.#element, [report, keep])) return;
    setText(this.#head, verdict(report));
    setText(this.#facts, facts(report));
    this.#notes.replaceChildren(...report.notes.map((note) => make('li', { textContent: note })));
    this.#notes.hidden = !report.notes.length;
    setText(this.#summary, leftOutTitle(report));
    const { folder, reasons } = reasonsOf(report, keep), { activeElement: active } = document;
    const focused = active instanceof HTMLElement ? active.dataset.reason : undefined;
    this.#box.hidden = !reasons.length;
    this.#reasons.replaceChildren(...reasons.map((reason) => this.#reason(reason, folder)));
    const inputs = [...this.#reasons.querySelectorAll('input')];
    if (focused) inputs.find((input) => input.dataset.reason === focused)?.focus();
  }

  /** @param {Reason} reason @param {string} folder that the names of all files begin with */
  #reason({ name, count, kept, settled, files }, folder) {
    const title = name.startsWith('/') ? name.slice(1).replace(folder, '') : capitalize(name);
    const alike = files.length > 1 && files.every((file) => file.detail === files[0].detail);
    const detail = alike ? files[0].detail : '';
    const head = make('div', { className: 'reason' }, make('b', { textContent: title }),
      make('span', { className: 'count', textContent: kept ? say('train.used_anyway') : formatNumber(count) }));
    if (detail) head.append(make('small', { textContent: detail.replaceAll(folder, '') }));
    if (!settled) {
      const input = make('input', { type: 'checkbox', checked: kept });
      input.onchange = () => this.#to.onkeep(name, input.checked);
      input.dataset.reason = name;
      head.append(make('label', { className: 'check' }, input, ` ${say('train.use_anyway')}`));
    }
    const list = make('ul', { className: 'names' });
    /** @param {number} most */
    const fill = (most) => {
      const shown = files.slice(0, most), rest = count - shown.length;
      list.replaceChildren(...shown.map((file) =>
        this.#file(file, { folder, detailed: !alike, usable: !kept && !settled })));
      if (rest <= 0 || kept) return;
      const words = say('train.more', { count: formatNumber(rest) });
      const more = make('button', { type: 'button', className: 'button small', textContent: words });
      more.onclick = () => fill(files.length);
      const unlisted = make('small', { textContent: say('train.and', { more: words }) });
      list.append(make('li', {}, most < files.length ? more : unlisted));
    };
    fill(LISTED);
    return make('div', {}, head, list);
  }

  /**
   * @param {LeftOutFile} file
   * @param {{folder: string, detailed: boolean, usable: boolean}} how
   */
  #file({ name, detail }, { folder, detailed, usable }) {
    const short = name.replaceAll(folder, '');
    const item = make('li', {}, make('span', { textContent: short }));
    if (detail && detailed) item.append(make('small', { textContent: ` ${detail.replaceAll(folder, '')}` }));
    if (!usable) return item;
    const button = make('button', { type: 'button', className: 'use', textContent: '+' });
    button.title = button.ariaLabel = say('train.use_file', { name: short });
    button.onclick = () => this.#to.onkeep(`/${name}`, true); // this very file
    item.append(button);
    return item;
  }
}
