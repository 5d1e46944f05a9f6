// How a run has learned: a small graph over the minutes for each number that a person can use.
//
//   const curves = genimg.trainCurves(element, { onpick(minute) {} });
//   curves.set(family, { minutes: [...], held_out_psnr: [...], ... }, at);   // at: the minute to mark
(() => {
  const genimg = (window.genimg = window.genimg || {});

  const SVG = 'http://www.w3.org/2000/svg';
  const HEIGHT = 168;
  const LEAST_SPAN = 0.02; // of the scale, in parts of its largest value
  const DIGIT = 7; // pixels, of the numbers at the side
  const MARGIN = { left: 44, right: 14, top: 12, bottom: 26 };
  const ERROR = { title: 'Error', hint: 'lower is better', lines: [['held_out_loss', 'on pictures it never saw'], ['loss', 'on those it learns from']] };
  const LIKENESS = { title: 'Likeness of its copies', hint: 'PSNR in dB of pictures it never saw, higher is better', lines: [['held_out_psnr', 'likeness']] };
  const GRAPHS = {
    vae: [LIKENESS, ERROR],
    gan: [
      { title: 'Distance from real pictures', hint: 'of what it draws, lower is better', lines: [['held_out_loss', 'distance']] },
      { title: 'Variety', hint: '1 is as varied as real pictures', lines: [['held_out_diversity', 'variety']] },
      LIKENESS,
    ],
    classifier: [
      { title: 'Right answers', hint: 'part of the pictures it never saw, 1 is all', lines: [['held_out_accuracy', 'right']] },
      ERROR,
    ],
  };

  const draw = (tag, attributes, words) => {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (words !== undefined) element.textContent = words;
    return element;
  };
  const usable = (value) => typeof value === 'number' && Number.isFinite(value);
  const short = (value) => (Math.abs(value) >= 1000 ? value.toExponential(1)
    : Number(value.toPrecision(3)).toString());

  /** How numbers at even distances are written, so that no two of them look the same. */
  const fixed = ([first, second = first + 1]) => {
    const digits = Math.max(0, -Math.floor(Math.log10(second - first) + 1e-9));
    return (value) => (digits > 4 || Math.abs(value) >= 10_000 ? short(value) : value.toFixed(digits));
  };

  /** About `count` round numbers from low to high. */
  function ticks(low, high, count) {
    const range = high - low, power = 10 ** Math.floor(Math.log10(range / count));
    const step = [1, 2, 5, 10].map((times) => times * power).find((size) => range / size <= count + 1.5);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
    return found;
  }
  genimg.curveTicks = ticks;

  /** The value at a minute, between those that were measured; null before the first one. */
  function at(points, minute) {
    if (!points.length || minute < points[0][0]) return null;
    const next = points.findIndex(([x]) => x >= minute);
    if (next < 0) return points.at(-1)[1];
    if (next === 0) return points[0][1];
    const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
    return x1 === x0 ? y1 : y0 + ((y1 - y0) * (minute - x0)) / (x1 - x0);
  }

  class Graph {
    constructor({ title, hint, lines }, onpick) {
      this.title = title;
      this.names = lines;
      this.now = genimg.make('span', { className: 'now' });
      this.svg = draw('svg', { role: 'img', height: HEIGHT });
      this.legend = genimg.make('p', { className: 'legend hint' });
      this.element = genimg.make('figure', { className: 'graph' },
        genimg.make('figcaption', {}, genimg.make('b', { textContent: title }), this.now,
          genimg.make('small', { textContent: hint })), this.svg, this.legend);
      this.svg.onpointerdown = (event) => {
        const box = this.svg.getBoundingClientRect();
        if (this.minute && event.isPrimary) onpick(this.minute(event.clientX - box.left));
      };
    }

    set(curves, minute) {
      const minutes = curves.minutes ?? [];
      this.lines = this.names.map(([key, words]) => ({
        words, points: (curves[key] ?? []).map((value, i) => [minutes[i], value])
          .filter(([x, y]) => usable(x) && usable(y)),
      })).filter(({ points }) => points.length);
      this.at = minute;
      this.element.hidden = !this.lines.some(({ points }) => points.length > 1);
      this.paint();
    }

    paint() {
      const width = Math.round(this.svg.getBoundingClientRect().width);
      if (this.element.hidden || !width) return;
      const all = this.lines.flatMap(({ points }) => points);
      const last = Math.max(...all.map(([x]) => x), 1e-6);
      let [low, high] = [Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y))];
      // Noise is not to look like a change: the scale spans a fiftieth of what is measured at least.
      const least = LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high)) || 1;
      const room = Math.max(0.06 * (high - low), (least - (high - low)) / 2);
      [low, high] = [low - room, high + room];
      const marks = ticks(low, high, 4), told = fixed(marks);
      const left = Math.max(MARGIN.left, 12 + DIGIT * Math.max(...marks.map((value) => told(value).length)));
      const right = width - MARGIN.right, bottom = HEIGHT - MARGIN.bottom;
      const x = (value) => left + (value / last) * (right - left);
      const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - MARGIN.top);
      this.minute = (pixel) => Math.min(last, Math.max(0, ((pixel - left) / (right - left)) * last));
      const parts = [];
      for (const value of marks) {
        parts.push(draw('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
          draw('text', { class: 'tick', x: left - 7, y: y(value) + 4, 'text-anchor': 'end' }, told(value)));
      }
      for (const value of ticks(0, last, Math.max(2, Math.min(6, width / 90)))) {
        const words = value ? short(value) : '0 min';
        parts.push(draw('text', { class: 'tick', x: x(value), y: bottom + 18, 'text-anchor': 'middle' }, words));
      }
      const said = [];
      this.lines.forEach(({ words, points }, i) => {
        const path = points.map(([px, py], n) => `${n ? 'L' : 'M'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('');
        parts.push(draw('path', { class: `curve curve-${i}`, d: path }));
        said.push(`${words} from ${short(points[0][1])} to ${short(points.at(-1)[1])}`);
      });
      const value = usable(this.at) ? at(this.lines[0].points, this.at) : null;
      if (usable(this.at)) {
        const here = x(Math.min(this.at, last));
        parts.push(draw('line', { class: 'here', x1: here, x2: here, y1: MARGIN.top, y2: bottom }));
        if (value !== null) parts.push(draw('circle', { class: 'dot', cx: here, cy: y(value), r: 4.5 }));
      }
      this.now.textContent = value === null ? '' : short(value);
      const marked = value === null ? '' : `; ${short(value)} at the moment that is shown`;
      this.svg.setAttribute('aria-label', `${this.title} over ${short(last)} minutes: ${said.join(', ')}${marked}.`);
      this.svg.replaceChildren(...parts);
      this.legend.hidden = this.lines.length < 2;
      const shown = this.lines.map(({ words }) => words).join('|');
      if (this.legend.dataset.shown === shown) return;
      this.legend.dataset.shown = shown;
      this.legend.replaceChildren(...this.lines.map(({ words }, i) => genimg.make('span', {},
        genimg.make('i', { className: `key key-${i}` }), words)));
    }
  }

  /**
   * @param {Element} element where the graphs go.
   * @param {object} to onpick(minute): somebody has pointed at a moment.
   */
  genimg.trainCurves = (element, { onpick = () => {} } = {}) => {
    let graphs = [], family = null;
    new ResizeObserver(() => graphs.forEach((graph) => graph.paint())).observe(element);
    return {
      set(of, curves, minute) {
        if (of !== family) {
          family = of;
          graphs = (GRAPHS[of] ?? GRAPHS.vae).map((graph) => new Graph(graph, onpick));
          element.replaceChildren(...graphs.map((graph) => graph.element));
        }
        for (const graph of graphs) graph.set(curves, minute);
        element.hidden = graphs.every((graph) => graph.element.hidden);
        for (const graph of graphs) graph.paint(); // those that could be seen only now
      },
      clear() { family = null; graphs = []; element.replaceChildren(); element.hidden = true; },
    };
  };
})();
