// How is a picture saved?

import { byId, closest, make } from '../shell/dom.js';
import { say } from '../words/say.js';

const LARGEST = 8192; // pixels a side of what can be opened again
const KEY = 'genimg-save';
const TIMES = [1, 2, 4, 8, 16];

/** How to save: kind, size, smoothness, kept in the browser; and whether without the recipe, which is never kept. */
export class SaveMenu {
  #kind = byId('save-kind', HTMLSelectElement);
  #scale = byId('save-scale', HTMLSelectElement);
  #smooth = byId('save-smooth', HTMLInputElement);
  #bare = byId('save-bare', HTMLInputElement);
  #menu = byId('save-menu');
  #options = byId('save-options');
  #side = 64;

  constructor() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
      if (['png', 'webp'].includes(kept.kind)) this.#kind.value = kept.kind;
      this.#scale.dataset.wanted = String(kept.scale ?? 1);
      this.#smooth.checked = Boolean(kept.smooth);
    } catch { /* as it comes */ }
    this.#menu.onchange = () => {
      this.#fill();
      try { localStorage.setItem(KEY, JSON.stringify(this.chosen)); } catch { /* not kept */ }
    };
    this.#options.onclick = () => this.#open(Boolean(this.#menu.hidden));
    document.addEventListener('pointerdown', ({ target }) => {
      if (!this.#menu.hidden && !closest(target, '#save-box')) this.#open(false);
    });
    this.#menu.onkeydown = ({ key }) => {
      if (key !== 'Escape') return;
      this.#open(false);
      this.#options.focus();
    };
    this.#fill();
  }

  get chosen() {
    return { kind: this.#kind.value, scale: Number(this.#scale.value), smooth: this.#smooth.checked };
  }

  get bare() { return this.#bare.checked; }

  /** The longer side of the picture that would be saved. @param {number} pixels */
  side(pixels) {
    this.#side = pixels;
    this.#fill();
  }

  /** @param {boolean} on */
  #open(on) {
    this.#menu.hidden = !on;
    this.#options.setAttribute('aria-expanded', String(on));
  }

  #fill() {
    const scale = this.#scale, side = this.#side;
    const wanted = String(scale.value || scale.dataset.wanted || 1);
    scale.replaceChildren(...TIMES.map((times) => make('option', {
      value: times, textContent: say('edit.save_times', { times, side: side * times }),
    })));
    scale.value = wanted;
    for (const option of scale.options) {
      const times = Number(option.value);
      option.disabled = times > 1 && times * side > LARGEST;
    }
    if (scale.selectedOptions[0]?.disabled) scale.value = '1';
    const kind = this.#kind.value === 'png' ? 'png' : 'webp';
    byId('save').textContent = say(this.bare ? `edit.save_bare_as_${kind}` : `edit.save_as_${kind}`);
    /** @type {NodeListOf<HTMLElement>} */
    const hints = this.#menu.querySelectorAll('[data-bare]');
    for (const hint of hints) hint.hidden = hint.dataset.bare !== String(this.bare);
    this.#smooth.disabled = scale.value === '1';
  }
}
