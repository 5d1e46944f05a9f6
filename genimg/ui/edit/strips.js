// Where would each slider lead? Small pictures of the sliders in view, asked for when the hand rests.

import { getStrips } from './client.js';
import { RequestError } from '../shell/http.js';

/** @import { StripsAnswer } from '../server.d.ts' */
/** @import { Ends } from './types.d.ts' */

const PAUSE_MS = 120;
const TRIES = 3;
const MARGIN = '80px 0px'; // a little before they come into view

export class Strips {
  /**
   * @param {(answer: StripsAnswer, names: string[]) => void} show what is drawn, and of which directions
   * @param {(names: string[]) => void} clear takes away what does not hold any more
   */
  constructor(show, clear) {
    this.show = show;
    this.clear = clear;
    /** @type {string | null} */
    this.recipe = null;
    /** @type {Ends | null} */
    this.wanted = null;      // of the sliders in view
    /** @type {Set<string>} */
    this.drawn = new Set();  // what has been drawn of this recipe, see `key`
    /** @type {string[]} */
    this.asked = [];         // what is under way
    /** @type {AbortController | null} */
    this.question = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * Ask for those of a recipe.
   * @param {string} recipe
   * @param {Ends | null} ends of the sliders in view; null where none are wanted
   */
  ask(recipe, ends) {
    this.rest();
    this.recipe = ends && recipe;
    this.wanted = ends;
    this.drawn.clear();
    this._later(PAUSE_MS);
  }

  /** Other sliders are in view. @param {Ends | null} ends */
  see(ends) {
    if (!this.recipe || !ends) return;
    this.wanted = ends;
    const seen = new Set(ends.names.map((_, i) => key(ends, i)));
    if (this.question && !this.asked.some((one) => seen.has(one))) this.rest(); // nobody looks at them any more
    if (!this.question) this._later(PAUSE_MS);
  }

  /** What is under way is given up: a slider moves, and all of it is about to change. */
  rest() {
    clearTimeout(this.timer);
    this.question?.abort();
    this.question = null;
  }

  /** @param {number} wait milliseconds */
  _later(wait, tries = TRIES) {
    clearTimeout(this.timer);
    if (this.recipe) this.timer = setTimeout(() => this._ask(tries), wait);
  }

  /** All that is in view and not drawn yet, in one question. @param {number} tries */
  async _ask(tries) {
    const asked = this.wanted && without(this.wanted, this.drawn);
    if (!asked?.names.length) return;
    this.asked = asked.names.map((_, i) => key(asked, i));
    const mine = (this.question = new AbortController());
    try {
      const found = await getStrips({ recipe: this.recipe ?? '', ...asked }, mine.signal);
      if (mine !== this.question) return;
      this.question = null;
      for (const one of this.asked) this.drawn.add(one);
      this.show(found, asked.names);
      this._later(0); // others may have come into view meanwhile
    } catch (error) { // given up for newer ones, or not to be had: the sliders work without
      if (mine !== this.question) return;
      this.question = null;
      if (!(error instanceof RequestError) || error.offline) return;
      this.clear(asked.names); // they were of another picture
      if (tries > 1 && error.seconds) this._later(1000 * error.seconds, tries - 1);
    }
  }
}

/** What is drawn under a slider depends on how far it reaches. @param {Ends} ends @param {number} i */
const key = ({ names, low, high }, i) => `${names[i]} ${low[i]} ${high[i]}`;

/**
 * Those of some sliders that have not been drawn yet.
 * @param {Ends} ends
 * @param {Set<string>} drawn their keys
 * @returns {Ends}
 */
export function without(ends, drawn) {
  const rows = ends.names.map((_, i) => i).filter((i) => !drawn.has(key(ends, i)));
  /** @template T @param {T[]} values */
  const pick = (values) => values.filter((_, i) => rows.includes(i));
  return { names: pick(ends.names), low: pick(ends.low), high: pick(ends.high) };
}

/** Which of some elements are in view? `onchange` is called when that is no longer so. */
export class InView {
  /** @param {() => void} onchange */
  constructor(onchange) {
    /** @type {Set<Element>} */
    this.seen = new Set();
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.seen.add(target); else this.seen.delete(target);
      }
      onchange();
    }, { rootMargin: MARGIN });
  }

  /** @param {Element} element */
  add(element) { this.observer.observe(element); }

  /** @param {Element} element */
  has(element) { return this.seen.has(element); }
}
