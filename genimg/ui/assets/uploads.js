// What happens to somebody's own pictures: opened several at once, cropped, made better step by step.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const MOST = 24; // files at once

  class Uploads {
    constructor(stage) {
      this.stage = stage;
      this.run = null; // the refining that is under way
      this.cropped = '';
      document.getElementById('refine').onclick = () => {
        const { scene } = stage;
        stage.keep();
        this.refine({ number: Date.now(), recipe: scene.recipe, upload: stage.upload() });
      };
      stage.tree.listen(() => this.strip());
      this.strip();
    }

    /** What can be done with the upload that the work began with; {} where there is none. */
    show(upload) {
      this.crop(upload.crop);
      this.stage.viewer.faithful(upload.editable ? upload.t ?? 1 : null);
      this.offer();
    }

    /** Offer to refine where that has not been done. */
    offer() {
      const { original, editable } = this.stage.upload();
      document.getElementById('refine').hidden = !original || Boolean(editable) || this.run !== null;
    }

    /** All pictures that were begun with, side by side. */
    strip() {
      const { tree } = this.stage, here = [...this.stage.line()].at(-1);
      const starts = [...tree.nodes.values()].filter((node) => !node.parents.length).slice(-MOST);
      const box = document.getElementById('starts');
      box.hidden = starts.length < 2;
      const shown = JSON.stringify([starts.map((node) => [node.id, node.thumb.length]), here?.id]);
      if (shown === this.shown) return; // the focus stays where it is
      this.shown = shown;
      const kept = new Map([...box.children].map((button) => [button.dataset.id, button]));
      box.replaceChildren(...starts.map((node) => {
        let button = kept.get(node.id);
        if (!button) {
          const picture = genimg.make('img', { src: node.thumb, alt: '', draggable: false });
          button = genimg.make('button', { type: 'button', title: node.label, ariaLabel: node.label }, picture);
          button.dataset.id = node.id;
          button.onclick = () => this.stage.go(node.id);
        }
        button.setAttribute('aria-pressed', String(node.id === here?.id));
        return button;
      }));
    }

    /** Each file becomes a start of its own. */
    async open(files) {
      const pictures = [...files].slice(0, MOST);
      if (files.length > MOST) genimg.say(`The first ${MOST} pictures are opened.`);
      for (const file of pictures) {
        try {
          const { path } = await this.stage.wires.upload(file);
          this.stage.act('open', { path, refine: pictures.length === 1 });
        } catch (error) {
          genimg.say(`${file.name} could not be sent: ${error.message ?? error}`);
        }
      }
    }

    // --------------------------------------------------------------------------- crop

    /** Show where the upload was cropped: {path, focus, zoom, ratio}, or hide that. */
    crop(crop) {
      const box = document.getElementById('crop');
      box.hidden = !crop;
      if (!crop) { this.cropped = ''; return; }
      const { focus, zoom } = crop;
      if (this.cropped === crop.path) { this.cropper.set({ focus, zoom }); return; }
      this.cropped = crop.path;
      const place = document.createElement('div'); // the one before goes with its listeners
      document.getElementById('cropper').replaceChildren(place);
      this.cropper = genimg.cropper(place, {
        src: `/gradio_api/file=${crop.path}`,
        ratio: crop.ratio,
        focus: crop.focus,
        zoom: crop.zoom,
        onChange: (at, done) => {
          if (!done) return;
          this.drop();
          this.stage.keep();
          this.stage.act('crop', { path: crop.path, ...at });
        },
      });
    }

    // --------------------------------------------------------------- easy or faithful

    soften(t) {
      const { faithful, editable, original } = this.stage.upload();
      this.stage.keep();
      this.stage.act('soften', { t, faithful, editable, original });
    }

    // ------------------------------------------------------------------------- refine

    refine(scene) {
      const original = scene.upload?.original;
      if (!original) return;
      this.drop(); // the run before was of another picture, or of another part of it
      this.run = { number: scene.number, node: this.stage.tree.current, best: null };
      this.stage.viewer.refining({ step: 0, of: 1, words: 'Refining' });
      this.offer();
      this.stage.wires.trigger('play', { run: scene.number, recipe: scene.recipe, original });
    }

    /** It has come further, or to its end: see `refining` in ui/scene.py. */
    progress(news) {
      if (!this.run || news?.run !== this.run.number) return;
      const { stage } = this;
      if (news.done) { this._keep(); return; }
      this.run.best = news;
      stage.viewer.refining(news);
      if (stage.tree.current === this.run.node && stage.plain) stage.viewer.exact(news.picture);
    }

    /** Enough: the best so far is kept. */
    stop() {
      if (!this.run) return;
      this._pause();
      this._keep();
    }

    /** Enough: what was found is of no use any more. */
    drop() {
      if (!this.run) return;
      this._pause();
      this.run = null;
    }

    _pause() { // what has just ended cannot be cancelled
      const { best } = this.run;
      if (!best || best.step < best.of) this.stage.wires.trigger('pause', {});
    }

    _keep() {
      const { node, best } = this.run;
      this.run = null;
      this.stage.viewer.refining(null);
      this.offer();
      if (!best?.better) return;
      const { better, editable } = best;
      this.stage.keep();
      this.stage.act('base', () => {
        const stillThat = [...this.stage.line()].some((step) => step.id === node);
        return stillThat && { better, editable, original: this.stage.upload().original };
      });
    }
  }

  genimg.Uploads = Uploads;
})();
