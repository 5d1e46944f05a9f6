// Which frame is on the canvas while a slider is pulled? The newest, by the fastest way there is.
//
// A WebSocket carries the values of the sliders there and raw frames back. Never more than a few
// are on their way, only the newest value waits, and a frame that is older than the one shown is
// not drawn. Where the socket is blocked, the same questions go through Gradio (`slow`), and the
// socket is tried again now and then.
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const HEADER = 16; // bytes before the pixels: see ui/live.py
  const MOST_ON_THE_WAY = 4;
  const FRAME_MS = 16; // of a display
  const PATIENCE_MS = 4000; // without an answer the socket is taken for dead
  const WAITS_MS = [500, 1000, 2000, 5000, 15000, 30000];

  class Live {
    /**
     * @param {{draw: (frame, totals) => void, slow: (question) => void,
     *          onstate: (state: "live" | "slow") => void, onerror: (words: string) => void}} to
     *   `draw` shows a frame, an ImageData or an ImageBitmap; `slow` asks through Gradio.
     */
    constructor(to) {
      this.to = to;
      this.state = 'slow';
      this.scene = 0;      // which recipe and sliders the numbers are of
      this.setting = null; // what the server has to be told of the scene
      this.seq = 0;        // the last question
      this.shown = 0;      // the newest question whose answer has been drawn
      this.waiting = null; // the newest totals that have not been sent
      this.asked = new Map(); // seq -> {totals, at}
      this.pipe = 1;
      this.failures = 0;
      this.told = 0;       // the scene that this connection has been told of
      this.connect();
      setInterval(() => this._check(), 1000);
    }

    /** What is pulled from now on: a recipe, and the directions whose totals are sent. */
    set(recipe, names) {
      this.scene += 1;
      this.setting = { recipe, names };
      this.waiting = null;
      this.asked.clear();
      this._tell();
    }

    /** The sliders stand at these totals {name: number}. */
    pull(totals) {
      if (!this.setting) return;
      this.waiting = totals;
      this._ask();
    }

    /** What is on its way is older than what has been shown by other means. */
    forget() {
      this.waiting = null;
      this.shown = this.seq;
      this.asked.clear();
    }

    connect() {
      clearTimeout(this.again);
      const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
      let socket;
      try {
        socket = new WebSocket(`${scheme}//${location.host}/genimg/live`);
      } catch {
        this._lost(null);
        return;
      }
      this.socket = socket;
      this.told = 0;
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        this.asked.clear();
        this._become('live');
        this._tell();
        this._ask();
      };
      socket.onmessage = ({ data }) => this._receive(data);
      socket.onclose = () => this._lost(socket);
    }

    _lost(socket) {
      if (socket && socket !== this.socket) return;
      this.socket = null;
      // What was asked and not answered is asked once more, the slow way.
      const last = [...this.asked.values()].at(-1)?.totals;
      this.asked.clear();
      this.waiting = this.waiting ?? last ?? null;
      this._become('slow');
      this._ask();
      const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
      this.failures += 1;
      this.again = setTimeout(() => this.connect(), wait);
    }

    _become(state) {
      if (state === this.state) return;
      this.state = state;
      this.to.onstate(state);
    }

    _check() {
      const [oldest] = this.asked.values();
      if (this.state === 'live' && oldest && performance.now() - oldest.at > PATIENCE_MS) {
        const dead = this.socket;
        this._lost(dead);
        dead?.close();
      }
    }

    _tell() {
      if (this.state !== 'live' || !this.setting || this.told === this.scene) return;
      this.told = this.scene;
      this.socket.send(JSON.stringify({
        scene: this.scene, ...this.setting,
        raw: /^(localhost|127\.|\[::1\])/.test(location.hostname),
      }));
    }

    _ask() {
      if (!this.waiting) return;
      if (this.state === 'slow') {
        const totals = this.waiting;
        this.waiting = null;
        this.seq += 1;
        this.to.slow({ seq: this.seq, scene: this.scene, recipe: this.setting.recipe, totals });
        return;
      }
      if (this.asked.size >= this.pipe) return;
      const totals = this.waiting;
      this.waiting = null;
      this.seq += 1;
      const { names } = this.setting;
      const message = new DataView(new ArrayBuffer(8 + 4 * names.length));
      message.setUint32(0, this.seq, true);
      message.setUint32(4, this.scene, true);
      names.forEach((name, i) => message.setFloat32(8 + 4 * i, totals[name] ?? 0, true));
      this.asked.set(this.seq, { totals, at: performance.now() });
      this.socket.send(message.buffer);
    }

    async _receive(data) {
      this.failures = 0; // it is really spoken to, and not only let in
      if (typeof data === 'string') {
        const { error, scene } = JSON.parse(data);
        if (scene === this.scene) { this.asked.clear(); this.to.onerror(error); }
        return;
      }
      const head = new DataView(data, 0, HEADER);
      const seq = head.getUint32(0, true), scene = head.getUint32(4, true);
      const question = this.asked.get(seq);
      // Questions are answered in order, and some are skipped for newer ones.
      for (const older of [...this.asked.keys()]) if (older <= seq) this.asked.delete(older);
      if (question) {
        const trip = performance.now() - question.at;
        // Several at once only where the way is long: near by, it gains nothing.
        this.pipe = trip < 2 * FRAME_MS ? 1 : Math.min(Math.ceil(trip / FRAME_MS), MOST_ON_THE_WAY);
      }
      this._ask();
      if (scene !== this.scene || !question) return;
      const width = head.getUint16(8, true), height = head.getUint16(10, true);
      const frame = head.getUint8(13) === 0
        ? rawFrame(new Uint8Array(data, HEADER), width, height, head.getUint8(12))
        : await createImageBitmap(new Blob([new Uint8Array(data, HEADER)]));
      this.show(seq, scene, frame, question.totals);
    }

    /** Draw the answer to a question, unless something newer is there. */
    show(seq, scene, frame, totals) {
      if (scene !== this.scene || seq <= this.shown) return;
      this.shown = seq;
      this.to.draw(frame, totals, seq);
    }
  }

  function rawFrame(bytes, width, height, channels) {
    const frame = new ImageData(width, height);
    const rgba = new Uint32Array(frame.data.buffer); // all machines with a browser: little endian
    if (channels === 1) {
      for (let i = 0; i < rgba.length; i++) rgba[i] = 0xff000000 | (bytes[i] * 0x10101);
    } else {
      for (let i = 0, j = 0; i < rgba.length; i++, j += 3) {
        rgba[i] = 0xff000000 | (bytes[j + 2] << 16) | (bytes[j + 1] << 8) | bytes[j];
      }
    }
    return frame;
  }

  genimg.Live = Live;
})();
