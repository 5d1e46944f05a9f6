// Which sliders are there, where do they stand, and where would each of them lead?
//
// The rows are made once and set anew, never thrown away while a finger may be on one.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const COLUMNS = 7; // small pictures under a slider
  const STEP = 0.1;
  const MOST = 100;  // standard deviations
  const DRAG_PAUSE_MS = 300; // after the last key press on a slider, the step is kept

  const LOCK = '<svg viewBox="0 0 16 16" aria-hidden="true"><path class="bow" d="M5 7V5a3 3 0 0 1 6 0v2" '
    + 'fill="none" stroke="currentColor" stroke-width="1.6"/><rect x="3.4" y="7" width="9.2" height="6.6" '
    + 'rx="1.6" fill="currentColor"/></svg>';

  const { make } = window.genimg;

  class Row {
    constructor(index, to) {
      this.to = to;
      this.label = make('label', { htmlFor: `pull-${index}` });
      this.trust = make('small');
      this.range = make('input', { type: 'range', id: `pull-${index}`, step: STEP });
      this.number = make('input', { type: 'number', step: STEP, min: -MOST, max: MOST });
      this.lock = make('button', { type: 'button', className: 'lock' });
      this.lock.innerHTML = LOCK;
      this.zero = make('button', { type: 'button', className: 'zero', textContent: '↺' });
      this.film = make('div', { className: 'film' });
      this.cells = Array.from({ length: COLUMNS }, (_, i) => {
        const cell = make('button', { type: 'button', tabIndex: -1 });
        cell.onclick = () => this._go(this._at(i));
        return cell;
      });
      this.film.append(...this.cells);
      this.drags = make('p', { className: 'drags' });
      this.root = make('div', { className: 'direction', id: `slider-${index}` },
        this.label, this.range, this.number, this.lock, this.zero, this.film, this.drags);
      this.range.oninput = () => this._pulled(Number(this.range.value), false);
      this.range.onchange = () => this.to.onrelease(this.held);
      this.range.onpointerdown = () => { this.held = true; this.to.onhold(this.name); };
      // `change` comes after `pointerup`: the step is kept there.
      this.range.onpointerup = this.range.onpointercancel = this.range.onlostpointercapture = () => {
        setTimeout(() => { if (this.held) { this.held = false; this.to.onrelease(true); } });
      };
      this.number.oninput = () => {
        const value = Number(this.number.value);
        if (this.number.value !== '' && Math.abs(value) <= MOST) this._pulled(value, true);
      };
      this.number.onchange = () => {
        if (this.number.value === '') { this.number.value = tidy(Number(this.range.value)); return; }
        const wanted = Number(this.number.value), value = Math.min(Math.max(wanted, -MOST), MOST);
        if (value !== wanted) genimg.say(`${MOST} standard deviations are the most.`);
        this._pulled(value, false);
        this.to.onrelease(true);
      };
      this.lock.onclick = () => this.to.onlock([this.name], !this.locked);
      this.zero.onclick = () => this.to.ontake('move', this.name);
    }

    show(name, { trust, amount, reach, locked }) {
      if (this.name !== name) { this.clear(); this.held = false; }
      this.name = name;
      this.locked = locked;
      this.range.dataset.name = name;
      this.trust.textContent = ` ${trust} %`;
      this.label.replaceChildren(name, this.trust);
      this.number.setAttribute('aria-label', `${name}, exact value`);
      this.lock.setAttribute('aria-label', `Keep ${name}`);
      this.lock.title = locked ? `${name} is kept while others move` : `Keep this while others move`;
      this.lock.setAttribute('aria-pressed', String(locked));
      this.zero.setAttribute('aria-label', `Take away ${name}`);
      this.zero.title = 'Back to 0';
      this.range.disabled = this.number.disabled = locked;
      this.root.classList.toggle('locked', locked);
      this.root.hidden = false;
      this.reach = reach;
      this.set(amount);
    }

    /** Stand there, unless the person is just moving it. */
    set(amount) {
      this.end = Math.max(this.reach, Math.ceil(Math.abs(amount)));
      if (!this.held) {
        this.range.min = -this.end;
        this.range.max = this.end;
        this.range.value = amount;
        this._colour();
      }
      if (document.activeElement !== this.number) this.number.value = tidy(amount);
      this.zero.disabled = amount === 0 || this.locked;
      this._mark(amount);
    }

    strip(sprite, row, rows, drags) {
      this.cells.forEach((cell, i) => {
        cell.style.backgroundImage = `url(${sprite})`;
        cell.style.backgroundSize = `${COLUMNS * 100}% ${rows * 100}%`;
        cell.style.backgroundPosition
          = `${(i * 100) / (COLUMNS - 1)}% ${rows > 1 ? (row * 100) / (rows - 1) : 0}%`;
        const words = `${this.name} ${tidy(this._at(i))}`;
        cell.title = words;
        cell.setAttribute('aria-label', words);
      });
      this.film.classList.add('drawn');
      const words = drags.map((drag) => ('by' in drag
        ? `${drag.what} ${drag.by > 0 ? '+' : '−'}${Math.abs(drag.by).toFixed(1)}`
        : `${drag.what} ${drag.from} → ${drag.to}`));
      this.drags.textContent = words.length ? `Drags along: ${words.join(', ')}` : '';
      this.drags.title = this.drags.textContent; // a line shows the strongest
    }

    clear() {
      this.film.classList.remove('drawn');
      for (const cell of this.cells) cell.style.backgroundImage = '';
      this.drags.textContent = '';
    }

    _at(i) {
      return Math.round((-this.end + (2 * this.end * i) / (COLUMNS - 1)) * 10) / 10;
    }

    _go(value) {
      if (this.locked) return;
      this.range.value = value;
      this._pulled(value, false);
      this.to.onrelease(true);
    }

    _pulled(value, typed) {
      if (this.locked) return;
      if (Math.abs(value) > this.end) this.set(value);
      if (typed) this.range.value = value; else this.number.value = tidy(value);
      this._colour();
      this._mark(value);
      this.zero.disabled = value === 0;
      this.to.onpull(this.name, value);
    }

    _mark(value) {
      const nearest = Math.round(((value + this.end) / (2 * this.end)) * (COLUMNS - 1));
      this.cells.forEach((cell, i) => cell.classList.toggle('here', i === nearest));
    }

    _colour() { // the track is filled from the middle
      const { min, max, value } = this.range;
      this.range.style.setProperty('--at', `${(100 * (value - min)) / (max - min)}%`);
    }
  }

  /** The shortest way to write an amount. */
  function tidy(amount) {
    return String(Math.round(amount * 100) / 100);
  }

  /**
   * The panel of sliders.
   * @param {object} to what the person does: onpull(name, value) while a slider moves;
   *   onkeep() when the step is to be kept; onlock(names, on); ontake(kind, name);
   *   onpage(); onexchange(factor, value).
   */
  genimg.panel = (to) => {
    const id = (name) => document.getElementById(name);
    const pool = id('pool'), group = id('group'), exchange = id('exchange');
    const reach = id('reach'), films = id('filmstrips');
    const rows = [];
    let sheet = null, page = null, timer = null, held = null;

    const forRows = {
      onpull: to.onpull,
      onlock: to.onlock,
      ontake: to.ontake,
      onhold: (name) => { held = name; },
      onrelease: (now) => {
        clearTimeout(timer);
        timer = null;
        if (now) { held = null; to.onkeep(); return; }
        timer = setTimeout(() => { timer = null; to.onkeep(); }, DRAG_PAUSE_MS);
      },
    };

    function choose(title) {
      page = sheet.pages.find((one) => one.title === title) ?? sheet.pages[0]
        ?? { title: '', factor: '', names: [] };
      for (const label of group.children) {
        label.querySelector('input').checked = label.dataset.title === page.title;
      }
    }

    function pages() {
      group.replaceChildren(...sheet.pages.map((one) => {
        const input = make('input', { type: 'radio', name: 'page' });
        input.onchange = () => { to.onkeep(); choose(one.title); to.onpage(); };
        const label = make('label', {}, input, make('span', { textContent: one.title }));
        label.dataset.title = one.title;
        return label;
      }));
      group.hidden = sheet.pages.length < 2;
    }

    const panel = {
      get names() { return page ? page.names : []; },
      get held() { return held; },
      get waits() { return timer !== null; }, // a step that is about to be kept

      /** A model, or the same one; the page on which something is set comes to the front. */
      model(next, amounts) {
        const same = sheet && sheet.id === next.id;
        sheet = next;
        if (same) return;
        pages();
        const set = sheet.pages.find((one) => one.names.some((name) => amounts[name]));
        choose(set?.title);
      },

      /** Where everything stands: {amounts, locks, changes, shows}. */
      show({ amounts, locks, changes, shows }) {
        page.names.forEach((name, i) => {
          const row = rows[i] ?? (rows[i] = new Row(i, forRows));
          if (!row.root.parentNode) pool.append(row.root);
          row.show(name, {
            trust: sheet.directions[name],
            amount: amounts[name] ?? 0,
            reach: Number(reach.value),
            locked: locks.includes(name),
          });
        });
        for (const row of rows.slice(page.names.length)) row.root.hidden = true;
        const value = changes[page.factor] ?? shows[page.factor];
        exchange.hidden = value === undefined;
        if (value !== undefined) {
          const select = exchange.querySelector('select');
          const known = sheet.factors[page.factor];
          if ([...select.options].map((one) => one.value).join('\n') !== known.join('\n')) {
            select.replaceChildren(...known.map((one) => make('option', { value: one, textContent: one })));
          }
          select.value = value;
          const kept = page.names.length > 0 && page.names.every((name) => locks.includes(name));
          select.disabled = kept;
          select.title = kept ? `${page.title} is kept` : '';
          select.onchange = () => to.onexchange(page.factor, select.value);
        }
        const all = id('keep-page');
        const on = page.names.length > 0 && page.names.every((name) => locks.includes(name));
        all.setAttribute('aria-pressed', String(on));
        all.textContent = on ? 'Let go of all' : 'Keep all of these';
        all.onclick = () => to.onlock(page.names, !on);
      },

      /** What to ask for the small pictures; null where none are wanted. */
      ends() {
        if (!films.checked || !page || !page.names.length) return null;
        const shown = rows.slice(0, page.names.length);
        return {
          names: page.names,
          low: shown.map((row) => -row.end),
          high: shown.map((row) => row.end),
        };
      },

      clear() { for (const row of rows) row.clear(); },

      strips({ sprite, drags }) {
        const shown = rows.slice(0, page.names.length);
        shown.forEach((row, i) => row.strip(sprite, i, shown.length, drags[i] ?? []));
      },
    };

    reach.onchange = () => to.onpage();
    films.onchange = () => {
      pool.classList.toggle('plain', !films.checked);
      to.onpage();
    };
    return panel;
  };
})();
