// The timeline of a run: the same pictures and the same seeds, again and again while it learns.
//
//   const line = genimg.trainLine(element, { onmove(images) {} });
//   line.set({ frames: [{ images, url }], rows: [...], columns: 10, words: (images) => '...' });
//
// While the newest sheet is shown, newer ones are followed; from any other one nothing leads away.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const PLAY_MS = 6000;      // for a whole timeline, if that is neither hectic nor slow
  const FASTEST = 80, SLOWEST = 500; // milliseconds a sheet
  // Takes the room of a sheet before there is one: without an address there would only be its alt.
  const NOTHING = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
  const BOTH = 2;            // sheets that are fetched at once

  class Line {
    constructor(element, { onmove = () => {} } = {}) {
      this.element = element;
      this.onmove = onmove;
      this.picture = genimg.make('img', { alt: '', draggable: false });
      this.rows = genimg.make('ol', { className: 'rows' });
      this.window = genimg.make('div', { className: 'window' }, this.picture); // a phone shows a part
      this.stage = genimg.make('div', { className: 'sheet' }, this.rows, this.window);
      this.play = genimg.make('button', { type: 'button', className: 'button icon', ariaLabel: 'Play' });
      this.range = genimg.make('input', { type: 'range', min: 0, step: 1, ariaLabel: 'Moment of the training' });
      this.caption = genimg.make('span', { className: 'caption' });
      element.replaceChildren(this.stage,
        genimg.make('div', { className: 'scrub' }, this.play, this.range, this.caption));
      this.range.oninput = () => { this.pause(); this._to(Number(this.range.value)); };
      this.play.onclick = () => (this.timer ? this.pause() : this._start());
      this.clear();
    }

    /** Nothing is shown; another run will be. */
    clear() {
      this.pause();
      this.frames = [];
      this.loads = new Map(); // url -> promise of the loaded picture
      this.queue = [];
      this.fetching = 0;
      this.index = -1;
      this.following = true;
      this.shown = '';
      this.picture.src = NOTHING;
      this.picture.alt = '';
      this.element.hidden = true;
    }

    get images() { return this.frames[this.index]?.images ?? null; }

    set({ frames, rows = [], columns = 10, words }) {
      this.words = words;
      this.element.hidden = !frames.length;
      if (!frames.length) return;
      const known = this.frames.at(-1)?.url, there = this.images;
      this.frames = frames;
      this.stage.style.setProperty('--ratio', columns / Math.max(1, rows.length));
      if (this.rows.dataset.shown !== rows.join('|')) {
        this.rows.dataset.shown = rows.join('|');
        this.rows.replaceChildren(...rows.map((row) => genimg.make('li', {}, genimg.make('span', { textContent: row }))));
      }
      this.range.max = frames.length - 1;
      this.play.disabled = frames.length < 2;
      this.range.style.visibility = frames.length < 2 ? 'hidden' : '';
      const same = frames.findIndex((frame) => frame.images === there);
      const index = this.timer && same >= 0 ? same : this.following || same < 0 ? frames.length - 1 : same;
      if (index !== this.index || this.shown === '') this._to(index); else this._say();
      if (frames.at(-1).url !== known) this._preload();
    }

    /** The sheet that is nearest to this many pictures. */
    seek(images) {
      this.pause();
      let best = 0;
      this.frames.forEach((frame, i) => {
        if (Math.abs(frame.images - images) < Math.abs(this.frames[best].images - images)) best = i;
      });
      if (this.frames.length) this._to(best);
    }

    pause() {
      clearInterval(this.timer);
      this.timer = null;
      this.play.textContent = '▶';
      this.play.ariaLabel = this.play.title = 'Play';
    }

    _start() {
      if (this.index >= this.frames.length - 1) this._to(0);
      this.play.textContent = '❚❚';
      this.play.ariaLabel = this.play.title = 'Pause';
      const rest = Math.min(SLOWEST, Math.max(FASTEST, PLAY_MS / this.frames.length));
      this.timer = setInterval(() => {
        if (this.waits) return; // until the one before has arrived
        if (this.index + 1 < this.frames.length) this._to(this.index + 1);
        if (this.index + 1 >= this.frames.length) this.pause();
      }, rest);
    }

    _to(index) {
      this.index = index;
      this.following = index === this.frames.length - 1;
      this.range.value = index;
      this.range.style.setProperty('--range_progress', `${(100 * index) / Math.max(1, this.frames.length - 1)}%`);
      this._say();
      this._show(this.frames[index].url);
      this.onmove(this.images);
    }

    _say() {
      const words = this.words(this.images);
      if (this.caption.textContent === words) return;
      this.caption.textContent = words;
      this.range.setAttribute('aria-valuetext', words);
      this.picture.alt = `What the model makes of the same pictures, ${words}`;
    }

    /** The sheet before stays until the wanted one is there, so nothing flickers. */
    async _show(url) {
      this.shown = url;
      this.waits = true;
      const image = await this._load(url);
      if (this.shown !== url) return;
      this.waits = false;
      if (!image) { this.loads.delete(url); this.shown = ''; return; } // asked for again next time
      this.picture.src = url;
      this.picture.classList.toggle('pixels', this.picture.clientWidth > 1.8 * image.naturalWidth);
      this.window.tabIndex = this.window.scrollWidth > this.window.clientWidth ? 0 : -1;
    }

    _load(url) {
      if (!this.loads.has(url)) {
        const image = new Image();
        image.src = url;
        this.loads.set(url, image.decode().then(() => image, () => null));
      }
      return this.loads.get(url);
    }

    /** All others, a few at a time, so that the slider finds them there. */
    _preload() {
      const { loads } = this;
      this.queue = this.frames.map((frame) => frame.url).filter((url) => !loads.has(url));
      const next = async () => {
        const url = this.queue.shift();
        if (url === undefined || loads !== this.loads) return;
        await this._load(url);
        await next();
      };
      while (this.fetching < BOTH) {
        this.fetching += 1;
        next().finally(() => { if (loads === this.loads) this.fetching -= 1; });
      }
    }
  }

  genimg.trainLine = (element, to) => new Line(element, to);
})();
