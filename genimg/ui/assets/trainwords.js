// What the parts of the Train tab share: how they ask the server, and how they say numbers.
(() => {
  const genimg = (window.genimg = window.genimg || {});
  const ROOT = '/genimg/training';

  const number = (value) => Math.round(value).toLocaleString('en');
  const some = (count, one) => `${number(count)} ${one}${Math.round(count) === 1 ? '' : 's'}`;

  /** A time in plain words: "40 seconds", "6 minutes", "1 hour 20 minutes". */
  function time(seconds) {
    if (seconds < 0.5) return 'under a second';
    if (seconds < 90) return some(seconds, 'second');
    const minutes = Math.round(seconds / 60);
    if (minutes < 90) return some(minutes, 'minute');
    const rest = minutes % 60;
    return some((minutes - rest) / 60, 'hour') + (rest ? ` ${some(rest, 'minute')}` : '');
  }

  /** How long something will take, as nobody knows it to the second. */
  function about(seconds) {
    if (seconds < 60) return 'under a minute';
    const minutes = seconds / 60;
    const rounded = minutes < 20 ? Math.ceil(minutes) : Math.ceil(minutes / 5) * 5;
    return `about ${time(60 * rounded)}`;
  }

  /** The same where there is little room. */
  function briefly(seconds) {
    const minutes = Math.ceil(seconds / 60);
    if (minutes <= 1) return 'under 1 min';
    return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  }

  /** When something was, seen from now; `then` in seconds since 1970. */
  function ago(then) {
    const seconds = Math.max(0, Date.now() / 1000 - then);
    if (seconds < 60) return 'just now';
    if (seconds < 5400) return `${some(seconds / 60, 'minute')} ago`;
    if (seconds < 36 * 3600) return `${some(seconds / 3600, 'hour')} ago`;
    return `${some(seconds / 86400, 'day')} ago`;
  }

  function bytes(count) {
    const [size, unit] = count < 1e6 ? [count / 1e3, 'kB'] : count < 1e9 ? [count / 1e6, 'MB'] : [count / 1e9, 'GB'];
    return `${size < 10 && unit !== 'kB' ? size.toFixed(1) : Math.round(size)} ${unit}`;
  }

  /** Phases of a run: what a person reads, the sign beside it, and the colour. */
  const PHASES = {
    waiting: ['Waiting', '◷', 'wait'],
    preparing: ['Getting ready', '◷', 'wait'],
    training: ['Training', '●', 'good'],
    finishing: ['Finishing', '●', 'good'],
    finished: ['Finished', '✓', 'good'],
    stopped: ['Stopped', '■', 'rest'],
    interrupted: ['Was interrupted', '!', 'warn'],
    failed: ['Failed', '✕', 'bad'],
    damaged: ['Damaged', '✕', 'bad'],
  };

  const PERSON = 'genimg-train-person';
  let me = null;

  genimg.training = {
    ROOT, PHASES, number, some, time, about, briefly, ago, bytes,

    capital: (words) => (words ? words[0].toUpperCase() + words.slice(1) : ''),

    /** One that has its turn waits for nothing but its program. */
    phase: (name, words) => PHASES[name === 'waiting' && words === 'starting' ? 'preparing' : name] ?? [name, '·', 'rest'],

    /** Whether a process works, or will as soon as it is its turn. */
    busy: (phase) => ['waiting', 'preparing', 'training', 'finishing'].includes(phase),

    /** The server's answer. An Error's message is for people; `offline` says that none came. */
    async ask(path, { method = 'GET', body, keepalive = false } = {}) {
      let answer;
      try {
        answer = await fetch(ROOT + path, {
          method, keepalive,
          ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
        });
      } catch {
        throw Object.assign(new Error('genimg does not answer. Is it still running? What trains goes on without it.'), { offline: true });
      }
      const values = await answer.json().catch(() => null);
      if (answer.ok && values) return values;
      const words = values?.error ?? `That did not work (${answer.status}). Try it once more.`;
      throw Object.assign(new Error(words), { status: answer.status });
    },

    /** Set a text that may be the same as before; an element without words takes no room. */
    put(element, words = '') {
      if (element.textContent !== words) element.textContent = words;
      element.hidden = !words;
    },

    /** A sign that is only seen, in the colour of its kind: good, wait, warn, bad or rest. */
    sign(kind, symbol) {
      const element = genimg.make('span', { className: 'sign', textContent: symbol, ariaHidden: 'true' });
      element.dataset.kind = kind;
      return element;
    },

    /** Tells those apart who look at pictures from one address; it means nothing else. */
    person() {
      const { kept, keep } = genimg.training;
      me ??= kept(PERSON) ?? [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-');
      keep(PERSON, me);
      return me;
    },

    /** What is kept for this tab of the browser, also over a reload; null where nothing is. */
    kept(key) {
      try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
    },

    keep(key, value) {
      try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* not kept, then */ }
    },
  };
})();
