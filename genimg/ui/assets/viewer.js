// What is seen of the work: the picture before, the canvas, how close they are, and the edits.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const id = (name) => document.getElementById(name);

  function loaded(address) {
    return new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => failed(new Error('the picture cannot be shown'));
      image.src = address;
    });
  }
  genimg.loaded = loaded;

  /**
   * @param {object} to what the person does: ontake(kind, name) takes an edit away;
   *   onsoften(t) moves between easy to edit and faithful; onstop() stops the refining.
   */
  genimg.viewer = (to) => {
    const canvas = id('edited').querySelector('canvas');
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const compare = genimg.compare(canvas.parentElement);
    const original = id('original'), left = original.querySelector('img');
    const which = original.querySelector('.which');
    const faithful = id('faithful').querySelector('input');
    let befores = {}, chosen = 'original', token = 0, chipped = '';

    function fit(width, height) {
      if (canvas.width === width && canvas.height === height && !canvas.hidden) return;
      canvas.width = width;
      canvas.height = height;
      canvas.hidden = false;
      canvas.parentElement.querySelector('.empty').hidden = true;
    }

    function draw(frame) {
      token += 1;
      fit(frame.width, frame.height);
      if (frame instanceof ImageData) pen.putImageData(frame, 0, 0); else pen.drawImage(frame, 0, 0);
      compare.redraw();
    }

    async function showBefore() {
      const names = Object.keys(befores).filter((name) => befores[name]);
      if (!names.includes(chosen)) chosen = names[0];
      which.hidden = names.length < 2;
      for (const button of which.children) {
        button.setAttribute('aria-pressed', String(button.dataset.before === chosen));
      }
      const address = befores[chosen];
      left.hidden = !address;
      original.querySelector('.empty').hidden = Boolean(address);
      original.querySelector('.name').textContent = chosen === 'original' ? 'Original' : 'Before';
      if (!address) { compare.setBefore(null); return; }
      left.src = address;
      left.alt = chosen === 'original' ? 'The picture as the model sees it' : 'The picture before all edits';
      const image = await loaded(address);
      if (befores[chosen] === address) compare.setBefore(image);
    }
    which.onclick = ({ target }) => {
      if (target.dataset.before) { chosen = target.dataset.before; showBefore(); }
    };

    const modes = document.querySelectorAll('[data-compare]');
    function mode(name) {
      for (const button of modes) {
        button.setAttribute('aria-pressed', String(button.dataset.compare === name));
      }
      compare.setMode(name);
    }
    for (const button of modes) {
      button.onclick = () => mode(button.getAttribute('aria-pressed') === 'true' ? 'off' : button.dataset.compare);
    }
    const hold = (on) => {
      id('compare').setAttribute('aria-pressed', String(on));
      compare.hold(on);
    };
    id('compare').onpointerdown = () => hold(true);
    for (const end of ['pointerup', 'pointercancel', 'blur']) window.addEventListener(end, () => hold(false));
    id('compare').onkeydown = ({ key }) => { if (key === ' ' || key === 'Enter') hold(true); };
    id('compare').oncontextmenu = (event) => event.preventDefault(); // a long press on a phone
    document.addEventListener('keyup', () => hold(false));

    const fill = () => faithful.style.setProperty('--range_progress', `${100 * faithful.value}%`);
    faithful.oninput = fill;
    faithful.onchange = () => { // keys change it many times in a row
      clearTimeout(fill.timer);
      fill.timer = setTimeout(() => to.onsoften(Number(faithful.value)), 300);
    };
    id('refine-stop').onclick = () => to.onstop();

    return {
      draw, hold,

      /** The exact picture of a step, unless something newer is drawn meanwhile. */
      async exact(address) {
        const mine = (token += 1);
        const image = await loaded(address);
        if (mine === token) { draw(image); return true; }
        return false;
      },

      before({ original: first, plain }) {
        const old = befores;
        befores = { original: first, plain };
        if (old.original !== first) chosen = 'original';
        showBefore();
      },

      title(words) { id('edited').querySelector('.name').textContent = words; },

      empty(words) {
        original.querySelector('.empty').textContent = words;
        befores = {};
        showBefore();
      },

      /** How close the model comes to an upload, or where a picture is from. */
      note(match, words) {
        const note = id('edit-note');
        if (!match) {
          note.replaceChildren(genimg.make('p', { className: 'hint', textContent: words || '' }));
          return;
        }
        const verdict = genimg.make('b', { textContent: match.words });
        verdict.dataset.level = match.level;
        const line = genimg.make('p', { className: 'match' }, verdict, ` ${match.numbers}`);
        note.replaceChildren(line);
        if (match.advice) note.append(genimg.make('p', { className: 'hint', textContent: match.advice }));
      },

      /** Refining: {step, of, words}, or null when nothing is refined. */
      refining(progress) {
        id('refining').hidden = !progress;
        if (!progress) return;
        id('refine-words').textContent = progress.words;
        id('refine-bar').max = progress.of || 1;
        id('refine-bar').value = progress.step;
      },

      /** Where the work stands between easy to edit (0) and faithful (1); null hides it. */
      faithful(t) {
        id('faithful').hidden = t === null;
        if (t !== null && !faithful.matches(':active')) { faithful.value = t; fill(); }
      },

      chips(amounts, changes) {
        const parts = [
          ...Object.entries(changes).map(([factor, value]) => ['change', factor, value]),
          ...Object.entries(amounts).map(
            ([name, amount]) => ['move', name, (amount > 0 ? '+' : '−') + Math.abs(amount).toFixed(1)],
          ),
        ];
        const said = JSON.stringify(parts);
        if (said === chipped) return; // the focus stays where it is
        chipped = said;
        id('active').replaceChildren(...(parts.length ? parts.map(([kind, name, value]) => {
          const words = `Take away ${name} ${value}`;
          const chip = genimg.make('button', { type: 'button', title: words, ariaLabel: words },
            `${name} `, genimg.make('b', { textContent: value }),
            genimg.make('span', { textContent: '×', ariaHidden: 'true' }));
          chip.onclick = () => to.ontake(kind, name);
          return chip;
        }) : [genimg.make('span', { className: 'none', textContent: 'No edits yet. Pull a slider.' })]));
      },

    };
  };

  /** How to save: kind, size, smoothness; kept in the browser. */
  genimg.saveMenu = () => {
    const KEY = 'genimg-save';
    const [kind, scale, smooth] = ['save-kind', 'save-scale', 'save-smooth'].map(id);
    const menu = id('save-menu'), options = id('save-options');
    let side = 64;
    try {
      const kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
      if (['png', 'webp'].includes(kept.kind)) kind.value = kept.kind;
      scale.dataset.wanted = kept.scale ?? 1;
      smooth.checked = Boolean(kept.smooth);
    } catch { /* as it comes */ }
    function fill() {
      const wanted = String(scale.value || scale.dataset.wanted || 1);
      scale.replaceChildren(...[1, 2, 4, 8, 16].map((times) => genimg.make('option', {
        value: times, textContent: `${times}×, ${side * times} pixels`,
      })));
      scale.value = wanted;
      id('save').textContent = kind.value === 'png' ? 'Save PNG' : 'Save WebP';
      smooth.disabled = scale.value === '1';
    }
    menu.onchange = () => {
      fill();
      try { localStorage.setItem(KEY, JSON.stringify(saving.chosen)); } catch { /* not kept */ }
    };
    const open = (on) => { menu.hidden = !on; options.setAttribute('aria-expanded', String(on)); };
    options.onclick = () => open(menu.hidden);
    document.addEventListener('pointerdown', ({ target }) => {
      if (!menu.hidden && !target.closest('#save-box')) open(false);
    });
    menu.onkeydown = ({ key }) => { if (key === 'Escape') { open(false); options.focus(); } };
    const saving = {
      get chosen() {
        return { kind: kind.value, scale: Number(scale.value), smooth: smooth.checked };
      },
      side(pixels) { side = pixels; fill(); },
    };
    fill();
    return saving;
  };
})();
