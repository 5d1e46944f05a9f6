// What was found in somebody's pictures, and what a training would do with them, in plain words.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const { number, some, about, bytes, put, capital } = genimg.training;
  const make = genimg.make;

  const FOR_GOOD = ['damaged', 'not a picture', 'too large', 'left out by you']; // no use to insist
  const NAMES = 12; // of files, until somebody wants all
  const CROPS = { auto: 'As fits', centre: 'The middle', subject: 'Around the subject' };

  /** What all files have in common: the folder or the zip that was sent, with its slash. */
  function top(files) {
    const [first = ''] = files.map(({ name }) => name.split('/')[0]);
    return files.length > 1 && files.every(({ name }) => name.startsWith(`${first}/`)) ? `${first}/` : '';
  }

  /** A sheet of pictures; the one before stays until the new one is there. `said`: also seen above it. */
  genimg.trainSheet = (alt, said = false) => {
    const image = make('img', { alt: said ? '' : alt, draggable: false });
    const caption = said ? [make('figcaption', { textContent: alt })] : [];
    const figure = make('figure', { className: 'prepared', hidden: true }, ...caption, image);
    let wanted = '';
    return {
      figure,
      async set(url) {
        if (url === wanted) return;
        wanted = url ?? '';
        if (!url) { figure.hidden = true; return; }
        const next = new Image();
        next.src = url;
        await next.decode().catch(() => {});
        if (url !== wanted || !next.naturalWidth) return;
        image.width = next.naturalWidth;
        image.height = next.naturalHeight;
        image.src = url;
        figure.hidden = false;
      },
    };
  };

  /**
   * The report on the pictures, inside `element`.
   * @param {object} to oncrop(crop) and onkeep(what, on), of a reason or a file's name: somebody wants it otherwise.
   */
  genimg.trainReport = (element, { oncrop, onkeep }) => {
    const head = make('p', { className: 'verdict', role: 'status' });
    const facts = make('p', { className: 'hint' }), notes = make('ul', { className: 'notes' });
    const used = genimg.trainSheet('Some of the pictures as they will be used'), left = genimg.trainSheet('What is left out');
    const crops = make('fieldset', { className: 'pills crops' }, make('legend', { textContent: 'Cut to a square' }));
    for (const [value, words] of Object.entries(CROPS)) {
      const input = make('input', { type: 'radio', name: 'train-crop', value });
      input.onchange = () => oncrop(value);
      crops.append(make('label', {}, input, make('span', { textContent: words })));
    }
    const reasons = make('div', { className: 'reasons' }), summary = make('summary');
    const box = make('details', {}, summary, reasons, left.figure);
    element.replaceChildren(head, facts, notes, used.figure, crops, box);
    let shown = '';

    function reason(name, count, kept, files, folder, listed) {
      const head = make('div', { className: 'reason' }, make('b', { textContent: name.startsWith('/') ? name.slice(1).replace(folder, '') : capital(name) }),
        make('span', { className: 'count', textContent: kept ? 'used all the same' : number(count) }));
      if (!FOR_GOOD.includes(name)) {
        const input = make('input', { type: 'checkbox', checked: kept });
        input.onchange = () => onkeep(name, input.checked);
        input.dataset.reason = name;
        head.append(make('label', { className: 'check' }, input, ' use anyway'));
      }
      const list = make('ul', { className: 'names' });
      const short = (words) => words.replaceAll(folder, '');
      const alike = files.length > 1 && files.every(({ detail }) => detail === files[0].detail);
      if (alike && files[0].detail) head.querySelector('.count').after(make('small', { textContent: short(files[0].detail) }));
      const use = (file) => {
        const words = `Use ${short(file.name)} anyway`;
        const button = make('button', { type: 'button', className: 'use', textContent: '+', title: words, ariaLabel: words });
        button.onclick = () => onkeep(`/${file.name}`, true); // this very file
        return button;
      };
      const fill = (most) => {
        list.replaceChildren(...files.slice(0, most).map((file) => make('li', {},
          make('span', { textContent: short(file.name) }),
          file.detail && !alike ? make('small', { textContent: ` ${short(file.detail)}` }) : '',
          kept || FOR_GOOD.includes(name) ? '' : use(file))));
        const rest = count - Math.min(most, files.length);
        if (rest <= 0 || kept) return;
        const more = make('button', { type: 'button', className: 'button small', textContent: `${number(rest)} more` });
        if (most < files.length) more.onclick = () => fill(files.length);
        list.append(make('li', {}, most < files.length ? more : make('small', { textContent: `and ${number(rest)} more` })));
      };
      fill(listed);
      return make('div', {}, head, list);
    }

    return {
      set({ report, sheets, crop, keep }) {
        for (const input of crops.querySelectorAll('input')) input.checked = input.value === crop;
        const said = JSON.stringify([report, keep]);
        used.set(sheets?.used);
        left.set(sheets?.left_out);
        if (said === shown) return; // the focus stays where it is
        shown = said;
        const { found, used: count, labels = [], sides, size, colour } = report;
        put(head, count === found ? `All ${some(found, 'picture')} can be used`
          : `${number(count)} of ${some(found, report.reasons?.['not a picture'] ? 'file' : 'picture')} can be used`);
        const parts = [colour ? 'In colour' : 'In shades of grey'];
        if (sides) parts.push(sides.least === sides.most ? `short sides of ${number(sides.least)} pixels`
          : `short sides of ${number(sides.least)} to ${number(sides.most)} pixels, most about ${number(sides.median)}`);
        if (size) parts.push(`used at ${size} × ${size}`);
        if (labels.length > 1) {
          const named = labels.slice(0, 6).map((label) => `${label.name} ${number(label.count)}`).join(', ');
          parts.push(`${labels.length} kinds: ${named}${labels.length > 6 ? ' …' : ''}`);
        }
        put(facts, parts.join(' · '));
        notes.replaceChildren(...(report.notes ?? []).map((note) => make('li', { textContent: note })));
        notes.hidden = !notes.children.length;
        const names = [...new Set([...Object.keys(report.reasons ?? {}), ...keep])];
        const total = Object.values(report.reasons ?? {}).reduce((sum, count) => sum + count, 0);
        box.hidden = !names.length;
        put(summary, total ? `${number(total)} left out, and why` : 'Nothing is left out');
        const focus = document.activeElement?.dataset?.reason;
        const all = report.left_out ?? [], folder = top(all);
        reasons.replaceChildren(...names.map((name) => reason(name, report.reasons?.[name] ?? 0,
          keep.includes(name), all.filter((file) => file.reason === name), folder, NAMES)));
        if (focus) reasons.querySelector(`[data-reason="${CSS.escape(focus)}"]`)?.focus();
      },
    };
  };

  /** Rows of {what, value, why} as a list of terms. */
  genimg.trainChoices = (list, choices) => {
    const said = JSON.stringify(choices);
    if (list.dataset.shown === said) return;
    list.dataset.shown = said;
    list.replaceChildren(...choices.map(({ what, value, why }) => make('div', {},
      make('dt', { textContent: what }),
      make('dd', {}, make('b', { textContent: value }), why ? make('small', { textContent: why }) : ''))));
  };

  /** Whether a line of the planner says what is seen among the facts or the choices. */
  const repeats = (words, choices) => ['memory', ...choices.map(({ what }) => what)]
    .some((what) => words.startsWith(`${what}: `));

  /** The plan of a training: time, speed and memory as facts, then the planner's own words. */
  genimg.trainPlan = (element, plan) => {
    const said = JSON.stringify(plan);
    if (element.dataset.shown === said) return;
    element.dataset.shown = said;
    const facts = [
      plan.minutes && ['Time', about(60 * plan.minutes)],
      plan.speed && ['Pictures a second', number(plan.speed)],
      plan.memory && ['Memory', bytes(plan.memory)],
      plan.pictures && ['Learns from', some(plan.pictures, 'picture')],
    ].filter(Boolean);
    element.replaceChildren(
      make('dl', { className: 'facts' }, ...facts.map(([what, value]) => make('div', {},
        make('dt', { textContent: what }), make('dd', { textContent: value })))),
      ...(plan.words ?? []).filter((words) => !repeats(words, plan.choices ?? [])).map((words) => make('p', { className: 'hint', textContent: words })),
    );
  };
})();
