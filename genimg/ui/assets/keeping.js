// What does somebody take home, or pass on: a picture, all steps, a link?
(() => {
  const genimg = (window.genimg = window.genimg || {});

  class Keeping {
    constructor(stage) { this.stage = stage; }

    save() {
      const { stage } = this;
      stage.afterwards(() => {
        const { here } = stage.tree;
        if (!here) return;
        const { steps, parents } = stage.tree.lineage(here.id);
        stage.wires.trigger('download', {
          what: 'picture', recipe: here.recipe, label: here.label, steps, parents, ...stage.saving.chosen,
        });
      });
    }

    /** These steps in an archive; all of them for null. */
    saveAll(ids) {
      const { stage } = this;
      stage.afterwards(() => {
        const nodes = ids ? ids.map((id) => stage.tree.get(id)).filter(Boolean) : [...stage.tree.nodes.values()];
        const steps = nodes.map(({ id, recipe, label, parents, star, time }) => (
          { id, recipe, label, parents, star, time }));
        if (steps.length) stage.wires.trigger('download', { what: 'all', steps });
      });
    }

    /** Forget all steps but the one that is open, which becomes a start. */
    async clear() {
      const { stage } = this, { here } = stage.tree;
      const upload = stage.upload(), note = stage.note();
      await stage.shelf.clear();
      if (!here) return;
      const { recipe, label, thumb, model } = here;
      stage.tree.add({ recipe, label, thumb, model, note, upload, match: upload.match }, { parents: [] });
    }

    link() {
      const { stage } = this;
      stage.afterwards(async () => {
        const { here } = stage.tree, button = document.getElementById('link');
        if (!here) return;
        let address = '';
        try {
          address = `${location.origin}${location.pathname}#r=${await genimg.pack(here.recipe)}`;
          await navigator.clipboard.writeText(address);
          button.textContent = 'Link copied';
        } catch {
          if (address) window.prompt('Copy this link:', address);
          else genimg.say('This browser cannot make links. Save the picture instead.');
        }
        setTimeout(() => { button.textContent = 'Copy link'; }, 1600);
      });
    }
  }

  genimg.Keeping = Keeping;
})();
