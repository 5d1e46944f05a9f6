// Where would each slider lead? Small pictures, asked for when the hand rests.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const PAUSE_MS = 120;

  class Strips {
    /** `show` gets the answer: see ui/live_strips.py; `clear` takes away what does not hold. */
    constructor(show, clear) {
      this.show = show;
      this.clear = clear;
      this.question = null; // the one under way
    }

    /** The pictures of a recipe between these ends, {names, low, high}; null where none are wanted. */
    ask(recipe, ends) {
      clearTimeout(this.timer);
      this.question?.abort();
      this.question = null;
      if (ends) this.timer = setTimeout(() => this._ask(recipe, ends, true), PAUSE_MS);
    }

    async _ask(recipe, ends, again) {
      const mine = (this.question = new AbortController());
      try {
        const answer = await fetch('/genimg/strips', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ recipe, ...ends }),
          signal: mine.signal,
        });
        const found = answer.ok ? await answer.json() : null;
        if (mine !== this.question) return;
        if (found) { this.show(found); return; }
        this.clear(); // they were of another picture
        const seconds = Number(answer.headers.get('Retry-After'));
        if (again && seconds) this.timer = setTimeout(() => this._ask(recipe, ends, false), 1000 * seconds);
      } catch { /* given up for newer ones, or not to be had: the sliders work without */ }
    }
  }

  genimg.Strips = Strips;
})();
