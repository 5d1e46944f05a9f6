// A new training: which pictures, what will happen, under which name.
//
// What somebody has chosen and typed is a draft that the browser keeps for this tab; the report and
// the plan are asked for again after each change ("a look"), and the last ones stay meanwhile.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const { ask, put, number, some, bytes, person, kept, keep } = genimg.training;
  const make = genimg.make;

  const KEY = 'genimg-train-draft';
  const TYPING_MS = 700; // after the last key, before it is looked at
  const EMPTY = {
    data: '', words: '', sent: 0, title: '', named: false, credit: '', licence: '', crop: 'auto', keep: [],
    leave_out: '', family: '', size: '', minutes: '', init_from: '', sending: null, look: null,
  };
  const SIZES = [16, 32, 64, 128, 256];

  class Form {
    /** @param {object} to onstarted(name): a run has begun. */
    constructor(element, { onstarted }) {
      this.element = element;
      this.onstarted = onstarted;
      this.draft = { ...EMPTY, ...kept(KEY) };
      this.sending = null; // the upload that is under way
      this.look = null;    // {id} of the look that is under way
      this.found = null;   // the last {report, plan, sheets, error}; sets by name need no report
      this.trouble = '';
      this.part = (name) => element.querySelector(`[data-part="${name}"]`);
      this.report = genimg.trainReport(this.part('report'), {
        oncrop: (crop) => this.change({ crop }),
        onkeep: (reason, on) => this.change({
          keep: on ? [...this.draft.keep, reason] : this.draft.keep.filter((other) => other !== reason),
        }),
      });
      this.changes = genimg.trainSheet('So your pictures are varied while it learns from them', true);
      this.part('choices').after(this.changes.figure);
      this._fields();
      genimg.trainSources(element, { onfiles: (gathered) => this.send(gathered), ondata: (data, title) => this.choose(data, title) });
      element.onsubmit = (event) => event.preventDefault(); // Enter in a field is no wish to train
      this.part('others').onclick = () => this.drop();
      this.part('cancel').onclick = () => this._cancel();
      this.part('again').onclick = () => this._again();
      this.part('start').onclick = () => this.start();
      this.show();
      if (this.draft.data) this._resume();
    }

    // ------------------------------------------------------------------------ the draft

    _keep() { keep(KEY, this.draft); }

    /** Something was chosen that the report or the plan depends on. */
    change(values, rest = 0) {
      Object.assign(this.draft, values);
      this._keep();
      clearTimeout(this.timer);
      this.due = true;
      this.timer = setTimeout(() => this._look(), rest);
      this._show('others');
    }

    _fields() {
      for (const [name, key] of [['credit', 'credit'], ['licence', 'licence'], ['title', 'title']]) {
        const input = this.part(name);
        input.value = this.draft[key];
        input.oninput = () => {
          this.draft[key] = input.value;
          if (key === 'title') this.draft.named = Boolean(input.value.trim());
          this._keep();
          this.show();
        };
      }
      for (const [name, key] of [['minutes', 'minutes'], ['leave-out', 'leave_out']]) {
        const input = this.part(name);
        input.value = this.draft[key];
        input.oninput = () => (input.validity.valid ? this.change({ [key]: input.value }, TYPING_MS) : this.show());
      }
      for (const [name, key] of [['family', 'family'], ['size', 'size'], ['init', 'init_from']]) {
        const menu = this.part(name);
        menu.onchange = () => this.change({ [key]: menu.value });
      }
    }

    /** What the server offers: data sets, kinds of models, models to start from. */
    offer({ data, families, models, here }) {
      this.part('path-box').hidden = here === false;
      const fill = (menu, options, chosen) => {
        const said = JSON.stringify(options);
        if (menu.dataset.shown !== said) {
          menu.dataset.shown = said;
          const first = menu.querySelector('option[value=""]');
          menu.replaceChildren(...(first ? [first] : []), ...options.map(([value, words]) => make('option', { value, textContent: words })));
        }
        if (menu !== document.activeElement) menu.value = chosen;
      };
      fill(this.part('data'), data.map((set) => [set.name, set.words ? `${set.title}: ${set.words}` : set.title]), '');
      fill(this.part('family'), families.map((kind) => [kind.name, `${kind.title}: ${kind.words}`]), this.draft.family || families[0]?.name);
      fill(this.part('init'), [[':nothing', 'nothing: learn all anew']].concat(models.map((model) => [model.name, model.size ? `${model.title} (${model.size} × ${model.size})` : model.title])), this.draft.init_from);
      fill(this.part('size'), SIZES.map((size) => [size, `${size} × ${size}`]), this.draft.size);
    }

    // ------------------------------------------------------------------------- pictures

    /** What has the focus may be hidden by what is done: then it goes to what has come instead. */
    _show(name) {
      const lost = ['sources', 'chosen'].some((box) => this.part(box).contains(document.activeElement));
      this.show();
      if (lost && !document.activeElement?.offsetParent) this.part(name).focus({ preventScroll: true });
    }

    /** Send files and then look at them; another upload or look that is under way is given up. */
    async send(gathered) {
      if (!gathered.files.length) {
        const [wrong] = gathered.refused ?? [];
        this._say(wrong ? `${wrong.name}: ${wrong.words}` : gathered.skipped ? 'None of these are pictures or a zip of pictures.' : 'There are no files in that.');
        return;
      }
      this.drop();
      this.sending = new genimg.Sending(gathered, () => this.show());
      await this._send(this.sending);
    }

    async _send(sending) {
      this.trouble = '';
      this._show('others');
      const told = () => {
        this.draft.sending = { set: sending.set, title: sending.title, done: sending.done, of: sending.count };
        this._keep();
      };
      sending.onchange = () => { if (this.sending === sending) { told(); this.show(); } };
      await sending.run();
      if (this.sending !== sending) return;
      if (sending.trouble) { this._say(sending.trouble); return; } // it is kept, to go on with
      this.sending = null;
      this.draft.sending = null;
      this.refused = sending.refused;
      this.skipped = sending.skipped;
      if (!sending.set) { this._keep(); this._say(sending.refused[0]?.words ?? 'Nothing has arrived.'); return; }
      this.choose(`upload:${sending.set}`, sending.title, sending.done);
    }

    /** These are the pictures: the name of a data set, "upload:ID", or "folder:PATH". */
    choose(data, title, count = 0) {
      const typed = this.draft.named ? this.draft.title : title;
      this.found = null;
      this.trouble = '';
      this.part('title').value = typed;
      const words = data.startsWith('folder:') ? data.slice(7) : title;
      this.change({ data, words, sent: count, title: typed, keep: [], leave_out: '', sending: null });
      this.part('leave-out').value = '';
      this.part('minutes').value = this.draft.minutes; // without what was proposed for others
    }

    /** No pictures are chosen any more; what was typed stays. */
    drop() {
      this._wait();
      this.sending?.cancel();
      this.sending = null;
      this._giveUp();
      const { data } = this.draft;
      if (data.startsWith('upload:')) ask(`/pictures/${data.slice(7)}`, { method: 'DELETE' }).catch(() => {});
      Object.assign(this.draft, { data: '', words: '', keep: [], sending: null, look: null });
      this._keep();
      this.found = null;
      this.refused = [];
      this.skipped = 0;
      this.trouble = '';
      this._show('pick-files');
    }

    _cancel() {
      if (this.sending) { this.drop(); return; }
      this._wait();
      this._giveUp();
      if (!this.found) this.drop(); else this.show();
    }

    _again() {
      const { sending } = this.draft;
      if (this.sending) this._send(this.sending);
      else if (sending) this.choose(`upload:${sending.set}`, sending.title, sending.done);
      else if (this.draft.data) this._look();
      else { this.trouble = ''; this.show(); }
    }

    // ----------------------------------------------------------------------------- look

    /** Whether it is a data set with a name, which somebody has prepared long ago. */
    get named() { return !this.draft.data.includes(':'); }

    _wish() {
      const { data, crop, keep: kept, leave_out: patterns, family, size, minutes, init_from: from } = this.draft;
      const leave = patterns.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);
      return {
        data, crop, keep: kept, leave_out: leave,
        ...(family && { family }), ...(size && { size: Number(size) }),
        ...(Number(minutes) > 0 && { minutes: Number(minutes) }), ...(from && { init_from: from }),
      };
    }

    async _look() {
      this.due = false;
      this._giveUp();
      if (!this.draft.data) return;
      const mine = (this.look = { id: null, progress: null });
      this.trouble = '';
      if (this.named) this.found ??= { report: null, plan: null, sheets: {} };
      this.show();
      try {
        const { id } = await ask('/look', { method: 'POST', body: { ...this._wish(), person: person() } });
        if (this.look !== mine) { ask(`/look/${id}/cancel`, { method: 'POST', body: {} }).catch(() => {}); return; }
        mine.id = this.draft.look = id;
        this._keep();
      } catch (error) {
        if (this.look !== mine) return;
        this.look = null;
        this._say(error.message);
      }
    }

    /** What was to be looked at in a moment is not. */
    _wait() {
      clearTimeout(this.timer);
      this.due = false;
    }

    _giveUp() {
      if (this.look?.id) ask(`/look/${this.look.id}/cancel`, { method: 'POST', body: {} }).catch(() => {});
      this.look = this.draft.look = null;
      this._keep();
    }

    /** After a reload: the look of before, if the server still has it. */
    async _resume() {
      const { look } = this.draft;
      if (!look) { this._look(); return; }
      this.look = { id: look, progress: null, earlier: true };
      this.show();
      await this.tick();
    }

    /** To be called every second or so while the form is seen. */
    async tick() {
      const mine = this.look;
      if (!mine?.id || mine.asking) return;
      mine.asking = true;
      try {
        const answer = await ask(`/look/${mine.id}`);
        if (this.look !== mine) return;
        this._seen(answer);
      } catch (error) {
        if (this.look !== mine || error.offline) return; // said by the page as a whole
        this.look = null;
        if (mine.earlier && error.status === 404) this._look(); else this._say(error.message);
      } finally {
        mine.asking = false;
      }
    }

    _seen({ done, stage, progress, report, plan, error, sheets }) {
      if (report || plan || this.named) {
        // A plan of before stays until there is a new one.
        this.found = { report, plan: plan ?? this.found?.plan ?? null, fresh: Boolean(plan), sheets, error };
        const { minutes } = this.found.plan ?? {};
        const field = this.part('minutes');
        if (minutes && !this.draft.minutes && field !== document.activeElement) field.value = Number(minutes.toPrecision(2));
      }
      else if (error) this.found = null; // what was found before was found with other settings
      this.look.progress = progress;
      this.look.stage = stage;
      this.look.earlier = false;
      if (done) this.look = null;
      if (error && !this.found?.error) this._say(error); else this.show();
    }

    _say(words) {
      this.trouble = words;
      this.show();
    }

    // ---------------------------------------------------------------------------- start

    /** Why a training cannot begin; '' if it can. */
    get missing() {
      const { found, draft } = this;
      if (!found || (found.report && !found.report.used)) return 'There is no picture to learn from.';
      if (found.error) return 'First mend what is said above.';
      if (this.wrongMinutes) return this.wrongMinutes;
      return draft.title.trim() ? '' : 'Give the model a name.';
    }

    get wrongMinutes() {
      const { min, max, validity } = this.part('minutes');
      return validity.valid ? '' : `Give it ${min} to ${number(Number(max))} minutes.`;
    }

    async start() {
      if (this.missing || this.starting) return;
      this.starting = true;
      put(this.part('start-trouble'));
      this.show();
      this._wait();
      this._giveUp();
      const { title, credit, licence } = this.draft;
      try {
        const { name } = await ask('/runs', { method: 'POST', body: {
          ...this._wish(), title: title.trim(),
          ...(credit.trim() && { credit: credit.trim() }), ...(licence.trim() && { licence: licence.trim() }),
        } });
        this.draft = { ...EMPTY, credit, licence };
        [this.refused, this.skipped] = [[], 0];
        this._keep();
        this.found = null;
        for (const input of ['title', 'minutes', 'leave-out']) this.part(input).value = '';
        for (const box of ['settings', 'why']) this.part(box).open = false;
        this.onstarted(name);
      } catch (error) {
        put(this.part('start-trouble'), error.message);
      } finally {
        this.starting = false;
        this.show();
      }
    }

    // ----------------------------------------------------------------------------- seen

    show() {
      const { draft, found, look, sending } = this;
      const working = Boolean((sending && !sending.trouble) || look || this.due);
      const left = draft.sending && !sending; // an upload that a reload has cut off
      this.part('sources').hidden = Boolean(draft.data || sending);
      this.part('chosen').hidden = !draft.data && !sending;
      this._progress(sending, look, working);
      const words = this.trouble || (left
        ? `The upload of ${draft.sending.title} was interrupted: ${number(draft.sending.done)} of ${some(draft.sending.of, 'file')} have arrived. Choose them once more, or go on with these.` : '');
      this.part('trouble').hidden = !words;
      put(this.part('trouble-words'), words);
      const arrived = left && draft.sending.set && draft.sending.done;
      this.part('again').parentElement.hidden = !(sending?.trouble || arrived || (draft.data && this.trouble));
      this.part('again').textContent = arrived ? 'Go on with these' : 'Try again';
      genimg.trainRefused(this.part('refused'), this.refused ?? [], this.skipped);
      const set = draft.leave_out || draft.size || draft.init_from; // what may be in the way
      const stuck = Boolean(draft.data && this.trouble && !found && (set || /too small/.test(this.trouble)));
      this.part('plan-step').hidden = !found && !stuck;
      this.part('plan').hidden = stuck;
      if (stuck) { this.part('settings').open = true; this.part('why').hidden = true; }
      this.part('name-step').hidden = !found;
      this.part('report').hidden = !found?.report;
      this.part('report').classList.toggle('stale', Boolean(look && look.stage !== 'plan'));
      this.part('plan-step').classList.toggle('stale', Boolean(look && found?.plan && !(found.fresh && look.stage)));
      for (const name of ['credit', 'licence', 'leave-out']) this.part(name).parentElement.hidden = this.named;
      this.part('name-hint').hidden = this.named;
      if (found?.report) this.report.set({ ...found, crop: draft.crop, keep: draft.keep });
      if (found) this._plan(found, look);
      const start = this.part('start');
      start.disabled = Boolean(this.missing || this.starting);
      start.textContent = this.starting ? 'Starting …' : 'Train';
      put(this.part('start-hint'), this.missing);
      put(this.part('minutes-hint'), this.wrongMinutes || 'You can stop at any time, and go on later.');
    }

    _plan({ plan, error, sheets }, look) {
      const box = this.part('plan');
      put(this.part('plan-trouble'), error ?? '');
      box.hidden = Boolean(error && !plan);
      if (plan) {
        genimg.trainPlan(box, plan);
        genimg.trainChoices(this.part('choices'), plan.choices ?? []);
        this.changes.set(plan.choices?.some(({ what, value }) => what === 'changes at random' && value === 'none') ? null : sheets?.changes);
      } else {
        put(box, look ? 'Being worked out: a few steps are tried, to see how fast they are.' : 'That was not worked out.');
        delete box.dataset.shown;
      }
      this.part('why').hidden = !plan?.choices?.length;
    }

    /** The line on what is chosen: it says what is being done with that, without a jump. */
    _progress(sending, look, working) {
      const { draft } = this, bar = this.part('working-bar');
      put(this.part('chosen-words'), sending ? sending.title : draft.words);
      this.part('cancel').style.visibility = working ? '' : 'hidden'; // nothing takes its place
      bar.style.visibility = working ? '' : 'hidden';
      let words = draft.sent ? `${some(draft.sent, 'file')} sent` : '', part = null;
      if (sending) {
        words = `${number(sending.done)} of ${some(sending.count, 'file')} sent, ${bytes(sending.bytes)} of ${bytes(sending.total)}`;
        part = sending.total ? sending.bytes / sending.total : 0;
      } else if (working) {
        const { progress, stage } = look ?? {};
        const planning = stage === 'plan' || this.named;
        words = progress?.words || (planning ? 'Working out what a training would do …' : 'Looking at the pictures …');
        if (progress?.of) part = progress.done / progress.of;
      }
      put(this.part('working-words'), words || '\u00a0'); // the line stays
      if (part === null) bar.removeAttribute('value'); else bar.value = part;
    }
  }

  genimg.trainForm = (element, to) => new Form(element, to);
})();
