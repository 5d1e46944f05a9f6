// Which model is chosen when it is not a hand in the menu that chooses: a script does, or a model file is dropped.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const REST_MS = 3000; // between two looks at the folder
  const APART_MS = 1000; // at least, even where somebody asks for it
  let last = -Infinity, waiting;

  let mounted;
  const wires = new Promise((done) => { mounted = done; });

  /** For the js_on_load of the component that carries these wishes; see ui/desk.py. */
  genimg.mountModels = (trigger) => mounted(trigger);

  /** Look at the folder of models again and open the one with this name (its file's, without the ending). */
  genimg.chooseModel = async (name) => { (await wires)('click', { name }); };

  /** Look at the folder of models again; what is chosen stays while its file is there. */
  genimg.refreshModels = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      last = Date.now();
      (await wires)('input', {});
    }, Math.max(0, last + APART_MS - Date.now()));
  };

  // Somebody comes back to the page, or opens the menu: perhaps there is a new one by now.
  let looked = Date.now();
  const look = () => {
    if (document.hidden || Date.now() - looked < REST_MS) return;
    looked = Date.now();
    genimg.refreshModels();
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
  for (const type of ['pointerover', 'focusin']) { // the hand is there before it opens the menu
    document.addEventListener(type, ({ target }) => { if (target.closest?.('#model')) look(); });
  }

  // ------------------------------------------------------------------ a file of a model

  const PATH = '/genimg/models';
  const isModel = (file) => /\.safetensors$/i.test(file.name);
  let adding = false;

  /** Send a file, and say how far that is: a promise of [status, answer]. */
  function send(file) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open('POST', `${PATH}?name=${encodeURIComponent(file.name)}`);
      request.responseType = 'json';
      request.upload.onprogress = ({ loaded, total }) => {
        const part = total ? Math.round((100 * loaded) / total) : 0;
        genimg.say(part < 100 ? `Adding ${file.name}: ${part} %` : `Checking ${file.name} ...`);
      };
      request.onload = () => done([request.status, request.response]);
      request.onerror = () => done([0, null]);
      request.send(file);
    });
  }

  /** Add a model file to the folder, and open the model. */
  genimg.addModel = async (file) => {
    if (adding) { genimg.say('Another model is being added.'); return; }
    adding = true;
    genimg.say(`Adding ${file.name} ...`);
    const [status, answer] = await send(file);
    adding = false;
    if (status !== 200 || !answer) {
      genimg.say(answer?.error ? `${file.name} was not added: ${answer.error}` : `${file.name} could not be sent.`);
    } else if (!answer.draws) {
      genimg.say(`${answer.title} was ${answer.known ? 'there already' : 'added'}. It tells what pictures show, so it is not in the menu.`);
    } else {
      genimg.say(answer.known ? `${answer.title} was there already.` : `${answer.title} was added.`);
      genimg.chooseModel(answer.name);
    }
  };

  document.addEventListener('drop', (event) => { // page.js has told the browser that files may be dropped
    const model = [...(event.dataTransfer?.files ?? [])].find(isModel);
    if (!model) return;
    event.preventDefault();
    event.stopPropagation(); // it is no picture for whatever lies below
    genimg.addModel(model);
  }, { capture: true });
  document.addEventListener('click', ({ target }) => {
    if (target.closest?.('#add-model')) document.getElementById('model-file')?.click();
  });
  document.addEventListener('change', ({ target }) => {
    if (target.id !== 'model-file' || !target.files.length) return;
    genimg.addModel(target.files[0]);
    target.value = ''; // the same one may be chosen again
  });
  wires.then(async () => {
    const answer = await fetch(PATH).catch(() => null);
    if (answer?.ok && (await answer.json()).allowed) document.body.dataset.adds = 'models';
  });
})();
