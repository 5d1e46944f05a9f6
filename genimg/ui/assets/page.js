// The little that Gradio has no part for: compare while a button is held, save without a file on
// the server, paste and drop anywhere, light and dark by hand.
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
  window.genimg = { save };

  // Hold the button (or the key) to see the picture as it was before the edits.
  const compare = (on) =>
    document.getElementById('edit-stack')?.classList.toggle('comparing', on);
  const onCompare = (event) => event.target.closest?.('#compare');
  document.addEventListener('pointerdown', (event) => { if (onCompare(event)) compare(true); });
  for (const end of ['pointerup', 'pointercancel', 'blur']) {
    window.addEventListener(end, () => compare(false));
  }
  document.addEventListener('keydown', (event) => {
    if (onCompare(event) && (event.key === ' ' || event.key === 'Enter')) compare(true);
  });
  document.addEventListener('keyup', () => compare(false));
  document.addEventListener('contextmenu', (event) => {
    if (onCompare(event)) event.preventDefault(); // a long press on a phone
  });

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
  const image = (list) => [...(list ?? [])].find((file) => file.type.startsWith('image/'));
  document.addEventListener('paste', (event) => {
    const file = image(event.clipboardData?.files);
    if (file && editIsOpen()) { event.preventDefault(); give(file); }
  });
  const ours = (event) => event.dataTransfer?.types.includes('Files')
    && !event.target.closest?.('#upload');
  document.addEventListener('dragover', (event) => { if (ours(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    if (!ours(event)) return;
    event.preventDefault(); // or the browser would leave the page for the picture
    const file = image(event.dataTransfer.files);
    if (file && editIsOpen()) give(file);
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
