// What does the page open with? With the recipe in its link, deflated; else with what was open before.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const MOST = 500_000; // bytes of a recipe; a short link could hold gigabytes

  async function through(bytes, stream) {
    const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
    const parts = [];
    for (let size = 0; ;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts).arrayBuffer();
      parts.push(value);
      size += value.length;
      if (size > MOST) { reader.cancel(); throw new Error('this is no recipe'); }
    }
  }
  genimg.pack = async (text) => {
    const packed = await through(text, new CompressionStream('deflate-raw'));
    const letters = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join('');
    return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  };
  genimg.unpack = async (word) => {
    const letters = atob(word.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw')));
  };

  genimg.shelf = genimg.Shelf.open(); // begins while the page is still being put together

  // A link that is pasted into a page of genimg: the browser itself would do nothing.
  addEventListener('hashchange', () => { if (location.hash.startsWith('#r=')) location.reload(); });

  /** What the page opens with: a link, else what was open before, else null. */
  genimg.opening = async () => {
    const linked = /^#r=([\w-]+)$/.exec(location.hash);
    if (linked) {
      history.replaceState(null, '', location.pathname + location.search);
      try { return { recipe: await genimg.unpack(linked[1]), from: 'link' }; } catch { genimg.say('This link is damaged, so what was open before is shown.'); }
    }
    const { tree } = await genimg.shelf;
    const node = tree.current && tree.nodes.get(tree.current);
    return node ? { recipe: node.recipe, node: node.id, from: 'kept' } : null;
  };
})();
