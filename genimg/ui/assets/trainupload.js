// Somebody's pictures on their way to the server: gathered from what was dropped or chosen, then
// sent one by one, several at a time, into a set that the server names.
//
//   const files = await genimg.gatherPictures(event.dataTransfer);   // or a FileList
//   const sending = new genimg.Sending(files, (sending) => show(sending));
//   await sending.run();      // sending.set, .refused, .trouble; run() again goes on after trouble
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const AT_ONCE = 3;
  const FEW = 5; // files that are named
  const ITS_OWN_FAULT = [400, 413, 415]; // the file is refused, and the next one may be all right
  const NOISE = /(^|\/)(\.|__MACOSX\/|thumbs\.db$|desktop\.ini$)/i;

  /** Whether a file that is called a zip does not begin like one: seen before it is sent. */
  async function isNoZip({ name, file }) {
    if (!/\.zip$/i.test(name)) return false;
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer().catch(() => new ArrayBuffer(0)));
    return first !== 0x50 || second !== 0x4b;
  }

  const isPicture = ({ name, type }) => !type || type.startsWith('image/') || /zip/.test(type) || /\.zip$/i.test(name);

  /** All files in folders within folders that were dropped: [{file, name}], name with its folders. */
  async function walk(entry, found) {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed)).catch(() => null);
      if (file) found.push({ file, name: entry.fullPath.replace(/^\//, '') });
      return;
    }
    const reader = entry.createReader();
    for (;;) { // a hundred at a time
      const some = await new Promise((done) => reader.readEntries(done, () => done([])));
      if (!some.length) return;
      for (const inner of some) await walk(inner, found);
    }
  }

  /**
   * What can be sent of that which was dropped (a DataTransfer) or chosen (a FileList).
   * Returns {files: [{file, name}], skipped: how many are no pictures, title: a name for all,
   * refused: [{name, words}]}.
   */
  genimg.gatherPictures = async (source) => {
    const found = [];
    if (source.items) { // to be asked for at once: they are gone when the event is over
      const entries = [...source.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      const loose = entries.length ? [] : [...source.files];
      for (const entry of entries) await walk(entry, found);
      for (const file of loose) found.push({ file, name: file.name });
    } else {
      for (const file of source) found.push({ file, name: file.webkitRelativePath || file.name });
    }
    const wanted = found.filter(({ name }) => !NOISE.test(name));
    const pictures = wanted.filter(({ file }) => isPicture(file));
    const wrong = await Promise.all(pictures.map(isNoZip));
    const files = pictures.filter((_, i) => !wrong[i]);
    const refused = pictures.filter((_, i) => wrong[i]).map(({ name }) => ({ name, words: 'it is no zip file, or it is damaged.' }));
    const [top, inside] = files[0]?.name.split('/') ?? [];
    const one = inside !== undefined && files.every(({ name }) => name.startsWith(`${top}/`));
    const title = one ? top : files.length === 1 ? files[0].name.replace(/\.\w+$/, '') : 'My pictures';
    return { files, skipped: wanted.length - pictures.length, title, refused };
  };

  class Sending {
    constructor({ files, skipped, title, refused = [] }, onchange) {
      this.title = title;
      this.skipped = skipped;
      this.count = files.length;
      this.total = files.reduce((sum, { file }) => sum + file.size, 0);
      this.set = null;
      this.done = 0;
      this.refused = [...refused]; // [{name, words}]
      this.trouble = '';
      this.cancelled = false;
      this.onchange = onchange;
      this._waiting = [...files];
      this._sent = 0;
      this._flying = new Map(); // request -> bytes that have gone
    }

    get bytes() { return this._sent + [...this._flying.values()].reduce((sum, some) => sum + some, 0); }

    /** Send what has not been sent; resolves when all is there, or nothing more goes. */
    async run() {
      this.trouble = '';
      if (!this.set) await this._worker(true); // the first one is told which set it opens
      if (this.set) await Promise.all(Array.from({ length: AT_ONCE }, () => this._worker()));
      this.onchange(this);
    }

    /** Enough: what has come is thrown away. */
    cancel() {
      this.cancelled = true;
      for (const request of this._flying.keys()) request.abort();
      if (this.set) genimg.training.ask(`/pictures/${this.set}`, { method: 'DELETE' }).catch(() => {});
    }

    async _worker(onlyFirst = false) {
      while (this._waiting.length && !this.trouble && !this.cancelled) {
        const next = this._waiting.shift();
        const { status, answer } = await this._send(next);
        if (this.cancelled) {
          if (answer?.set && !this.set) { this.set = answer.set; this.cancel(); }
          return;
        }
        if (status >= 200 && status < 300 && answer?.set) {
          this.set = answer.set;
          this.done += 1;
          this._sent += next.file.size;
        } else if (ITS_OWN_FAULT.includes(status)) {
          this.refused.push({ name: next.name, words: answer?.error ?? 'It could not be sent.' });
          this._sent += next.file.size;
        } else {
          this._waiting.unshift(next);
          this.trouble = answer?.error ?? 'genimg does not answer. Is it still running?';
        }
        this.onchange(this);
        if (onlyFirst && this.set) return;
      }
    }

    _send({ file, name }) {
      return new Promise((done) => {
        const request = new XMLHttpRequest(); // fetch cannot tell how far it has come
        const asked = new URLSearchParams({ name, ...(this.set && { set: this.set }) });
        request.open('POST', `${genimg.training.ROOT}/pictures?${asked}`);
        request.setRequestHeader('Content-Type', 'application/octet-stream');
        request.upload.onprogress = ({ loaded }) => {
          this._flying.set(request, Math.min(loaded, file.size));
          this.onchange(this);
        };
        request.onloadend = () => {
          this._flying.delete(request);
          let answer = null;
          try { answer = JSON.parse(request.responseText); } catch { /* none */ }
          done({ status: request.status, answer });
        };
        this._flying.set(request, 0);
        request.send(file);
      });
    }
  }

  genimg.Sending = Sending;

  /**
   * The ways in which pictures are chosen, inside the form.
   * @param {object} to onfiles(gathered): files were dropped or chosen;
   *   ondata(data, title): a data set by name, or "folder:PATH".
   */
  genimg.trainSources = (form, { onfiles, ondata }) => {
    const part = (name) => form.querySelector(`[data-part="${name}"]`);
    for (const name of ['files', 'folder']) {
      const input = part(name);
      part(`pick-${name}`).onclick = () => input.click();
      input.onchange = async () => {
        const gathered = await genimg.gatherPictures(input.files);
        input.value = ''; // the same ones may be chosen again
        onfiles(gathered);
      };
    }
    const drop = part('drop');
    const ours = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
    let inside = 0; // entered and not left: this one and what lies in it
    form.ondragenter = (event) => { if (ours(event)) { inside += 1; drop.classList.add('over'); } };
    form.ondragleave = (event) => { if (ours(event) && (inside -= 1) <= 0) { inside = 0; drop.classList.remove('over'); } };
    form.ondrop = async (event) => {
      inside = 0;
      drop.classList.remove('over');
      const models = [...event.dataTransfer.files].some(({ name }) => name.endsWith('.safetensors'));
      if (!ours(event) || models) return; // those are for the page
      event.preventDefault();
      onfiles(await genimg.gatherPictures(event.dataTransfer));
    };
    const data = part('data');
    data.onchange = () => {
      const title = data.selectedOptions[0].textContent.split(':')[0];
      if (data.value) ondata(data.value, title);
      data.value = '';
    };
    const path = part('path');
    const use = () => {
      const typed = path.value.trim();
      if (typed) ondata(`folder:${typed}`, typed.replace(/[\\/]+$/, '').split(/[\\/]/).at(-1) || typed);
    };
    part('use-path').onclick = use;
    path.onkeydown = (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault(); // else it would also press the button that gets the focus
      use();
    };
  };

  /** Which files did not arrive, and why: refused by the server, or not sent at all. */
  genimg.trainRefused = (box, refused, skipped) => {
    const lines = refused.slice(0, FEW).map(({ name, words }) => `${name}: ${words}`);
    if (refused.length > FEW) lines.push(`and ${refused.length - FEW} more`);
    if (skipped) lines.push(skipped === 1 ? '1 file that is no picture was not sent.' : `${skipped} files that are no pictures were not sent.`);
    box.hidden = !lines.length;
    const said = lines.join('\n');
    if (box.dataset.said === said) return;
    box.dataset.said = said;
    box.replaceChildren(...lines.map((words) => genimg.make('p', { className: 'hint', textContent: words })));
  };
})();
