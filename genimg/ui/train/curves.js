// How has a run learned? A small graph over the minutes for each number that a person can use.

import { make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { isNews } from './parts.js';
import { graphScale, interpolate, isUsable, measured, shortNumber } from './scale.js';

/** @import { GraphAnswer, Run } from '../server.d.ts' */
/** @import { Point } from './scale.js' */

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 168;

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [words]
 */
function draw(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (words !== undefined) element.textContent = words;
  return element;
}

class Graph {
  /** @type {{words: string, points: Point[]}[]} */
  #lines = [];
  /** @type {number | null} the minute to mark */
  #marked = null;
  /** @type {((pixel: number) => number) | null} */
  #minuteAt = null;

  /**
   * @param {GraphAnswer} spec
   * @param {(minute: number) => void} onpick
   */
  constructor({ title, hint, lines }, onpick) {
    this.title = title;
    this.names = lines;
    this.now = make('span', { className: 'now' });
    this.svg = /** @type {SVGSVGElement} */ (draw('svg', { role: 'img', height: HEIGHT }));
    this.legend = make('p', { className: 'legend hint' });
    this.element = make('figure', { className: 'graph' },
      make('figcaption', {}, make('b', { textContent: title }), this.now, make('small', { textContent: hint })),
      this.svg, this.legend);
    this.svg.onpointerdown = (event) => {
      const box = this.svg.getBoundingClientRect();
      if (this.#minuteAt && event.isPrimary) onpick(this.#minuteAt(event.clientX - box.left));
    };
  }

  /** @param {Run['curves']} numbers @param {number | null} minute to mark */
  set(numbers, minute) {
    this.#lines = this.names
      .map(([key, words]) => ({ words, points: measured(numbers.minutes ?? [], numbers[key] ?? []) }))
      .filter(({ points }) => points.length);
    this.#marked = minute;
    this.element.hidden = !this.#lines.some(({ points }) => points.length > 1);
    this.paint();
  }

  paint() {
    const width = Math.round(this.svg.getBoundingClientRect().width);
    if (this.element.hidden || !width) return;
    const scale = graphScale(this.#lines.flatMap(({ points }) => points), width, HEIGHT);
    this.#minuteAt = scale.minuteAt;
    const { left, right, top, bottom, last, x, y } = scale;
    const parts = [];
    for (const { value, words } of scale.values) {
      parts.push(draw('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
        draw('text', { class: 'tick', x: left - 7, y: y(value) + 4, 'text-anchor': 'end' }, words));
    }
    for (const minute of scale.minutes) {
      const words = minute ? shortNumber(minute) : say('train.short_minutes', { n: 0 });
      parts.push(draw('text', { class: 'tick', x: x(minute), y: bottom + 18, 'text-anchor': 'middle' }, words));
    }
    this.#lines.forEach(({ points }, i) => {
      const places = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
      parts.push(draw('path', { class: `curve curve-${i}`, d: `M${places.join('L')}` }));
    });
    const marked = this.#marked, value = this.#markedValue();
    if (isUsable(marked)) {
      const here = x(Math.min(marked, last));
      parts.push(draw('line', { class: 'here', x1: here, x2: here, y1: top, y2: bottom }));
      if (value !== null) parts.push(draw('circle', { class: 'dot', cx: here, cy: y(value), r: 4.5 }));
    }
    this.svg.replaceChildren(...parts);
    this.#tell(last, value);
  }

  /** Of the first curve; null before it begins. */
  #markedValue() {
    const [{ points }] = this.#lines, minute = this.#marked;
    return isUsable(minute) && minute >= points[0][0] ? interpolate(points, minute) : null;
  }

  /** The same in words. @param {number} last minute @param {number | null} value that is marked */
  #tell(last, value) {
    const now = value === null ? '' : shortNumber(value);
    this.now.textContent = now;
    const curves = this.#lines.map(({ words, points }) => {
      const [first, end] = [points[0][1], points[points.length - 1][1]].map(shortNumber);
      return say('train.curve', { name: words, first, last: end });
    });
    this.svg.setAttribute('aria-label', say(now ? 'train.graph_marked' : 'train.graph', {
      title: this.title, minutes: shortNumber(last), curves: curves.join(', '), value: now,
    }));
    this.legend.hidden = this.#lines.length < 2;
    const names = this.#lines.map((line) => line.words);
    if (!isNews(this.legend, names)) return;
    this.legend.replaceChildren(...names.map((name, i) =>
      make('span', {}, make('i', { className: `key key-${i}` }), name)));
  }
}

/** The graphs of one run. */
export class Curves {
  /** @type {Graph[]} */
  #graphs = [];
  #shown = ''; // which those are
  #element;
  #onpick;

  /**
   * @param {HTMLElement} element where the graphs go
   * @param {(minute: number) => void} [onpick] somebody has pointed at a moment
   */
  constructor(element, onpick = () => {}) {
    this.#element = element;
    this.#onpick = onpick;
    new ResizeObserver(() => this.#paint()).observe(element);
  }

  /**
   * @param {Pick<Run, 'graphs' | 'curves'>} run
   * @param {number | null} minute to mark
   */
  set({ graphs, curves }, minute) {
    const shown = JSON.stringify(graphs);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#graphs = graphs.map((graph) => new Graph(graph, this.#onpick));
      this.#element.replaceChildren(...this.#graphs.map((graph) => graph.element));
    }
    for (const graph of this.#graphs) graph.set(curves, minute);
    this.#element.hidden = this.#graphs.every((graph) => graph.element.hidden);
    this.#paint(); // those that could be seen only now
  }

  clear() {
    this.#shown = '';
    this.#graphs = [];
    this.#element.replaceChildren();
    this.#element.hidden = true;
  }

  #paint() {
    for (const graph of this.#graphs) graph.paint();
  }
}
