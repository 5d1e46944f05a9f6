// The little that Gradio has no part for: save without a file on the server, paste and drop
// anywhere, shortcuts, light and dark by hand.
(() => {
  const MODE = 'genimg-mode';

  async function save(saved) {
    if (!saved) return;
    const blob = await (await fetch(saved.address)).blob();
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = saved.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  const genimg = (window.genimg = window.genimg || {});
  genimg.save = save;

  // A picture that is pasted or dropped anywhere goes to the upload of the Edit tab.
  function give(file) {
    const clear = document.querySelector('#upload button[aria-label="Remove Image"]');
    if (clear) clear.click();
    const deliver = (tries) => {
      const input = document.querySelector('#upload input[type=file]');
      if (!input) { if (tries) setTimeout(() => deliver(tries - 1), 50); return; }
      const list = new DataTransfer();
      list.items.add(file);
      input.files = list.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    };
    deliver(20);
  }
  const editIsOpen = () => document.getElementById('edit-grid')?.offsetParent !== null;
  const images = (list) => [...(list ?? [])].filter((file) => file.type.startsWith('image/'));
  const giveAll = (files) => { if (files.length > 1) genimg.work?.uploads.open(files); else give(files[0]); };
  document.addEventListener('paste', (event) => {
    const files = images(event.clipboardData?.files);
    if (files.length && editIsOpen()) { event.preventDefault(); giveAll(files); }
  });
  const ours = (event) => event.dataTransfer?.types.includes('Files')
    && !event.target.closest?.('#upload');
  document.addEventListener('dragover', (event) => { if (ours(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    if (!ours(event)) return;
    event.preventDefault(); // or the browser would leave the page for the picture
    const files = images(event.dataTransfer.files);
    if (files.length && editIsOpen()) giveAll(files);
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('#several')) document.getElementById('several-files').click();
  });
  document.addEventListener('change', (event) => {
    if (event.target.id !== 'several-files') return;
    const files = images(event.target.files);
    if (files.length) genimg.work?.uploads.open(files);
    event.target.value = ''; // the same ones may be chosen again
  });

  // Shortcuts of the Edit tab; listed in the dialog that "?" opens.
  const typing = (target) => target.matches?.('input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]');
  const WITH_CONTROL = {
    z: (event) => genimg.work.step(event.shiftKey ? 'redo' : 'undo'),
    y: () => genimg.work.step('redo'),
    s: () => genimg.work.keeping.save(),
  };
  const PLAIN = {
    r: () => document.querySelector('#draw')?.click(),
    n: () => genimg.work.next(1),
    p: () => genimg.work.next(-1),
    d: () => document.querySelector('[data-compare=difference]').click(),
    v: () => document.querySelector('[data-compare=split]').click(),
    c: () => genimg.work.viewer.hold(true),
    '?': () => help(),
  };
  function help() {
    const dialog = document.getElementById('shortcuts');
    if (dialog.open) dialog.close(); else dialog.showModal();
  }
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    const act = control ? WITH_CONTROL[key] : PLAIN[key];
    if (!act || event.altKey || (event.repeat && key !== 'z' && key !== 'y')) return;
    if (typing(event.target) && !(control && key === 's')) return; // a field has its own undo
    if (key !== '?' && (!genimg.work || !editIsOpen() || document.querySelector('dialog[open]'))) return;
    event.preventDefault();
    act(event);
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('#keys')) help();
    if (event.target.id === 'shortcuts') event.target.close(); // beside the list
  });

  // Light and dark follow the system until somebody chooses.
  function keptMode() {
    try { return localStorage.getItem(MODE); } catch { return null; }
  }
  function applyMode() {
    const mode = keptMode();
    if (mode) document.body.classList.toggle('dark', mode === 'dark');
  }
  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('#mode')) return;
    const dark = document.body.classList.toggle('dark');
    try { localStorage.setItem(MODE, dark ? 'dark' : 'light'); } catch { /* not kept, then */ }
  });
  const arrival = new MutationObserver(() => {
    if (!document.getElementById('mode')) return;
    applyMode();
    arrival.disconnect();
  });
  arrival.observe(document.documentElement, { childList: true, subtree: true });
})();
