// What does the page open with? With the recipe in its link, deflated; else with what was open before.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  async function through(bytes, stream) {
    const blob = new Blob([bytes]);
    return new Response(blob.stream().pipeThrough(stream)).arrayBuffer();
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

  /** What the page opens with: a link, else what was open before, else null. */
  genimg.opening = async () => {
    const linked = /^#r=([\w-]+)$/.exec(location.hash);
    if (linked) {
      history.replaceState(null, '', location.pathname + location.search);
      try { return { recipe: await genimg.unpack(linked[1]), from: 'link' }; } catch { /* as if without */ }
    }
    const { tree } = await genimg.shelf;
    const node = tree.current && tree.nodes.get(tree.current);
    return node ? { recipe: node.recipe, node: node.id, from: 'kept' } : null;
  };
})();
