// Where do the numbers of a curve lie in a graph, and which marks stand beside it?

/** @typedef {[x: number, y: number]} Point */

const LEAST_SPAN = 0.02; // of the scale, in parts of its largest value
const DIGIT = 7; // pixels, of the numbers at the side
const MARGIN = { left: 44, right: 14, top: 12, bottom: 26 };

/** @param {unknown} value @returns {value is number} */
export const isUsable = (value) => typeof value === 'number' && Number.isFinite(value);

/** Three digits at most. @param {number} value */
export const shortNumber = (value) =>
  (Math.abs(value) >= 1000 ? value.toExponential(1) : Number(value.toPrecision(3)).toString());

/**
 * How numbers at even distances are written, so that no two of them look the same.
 * @param {number[]} ticks
 * @returns {(value: number) => string}
 */
export function tickFormat([first, second = first + 1]) {
  const digits = Math.max(0, -Math.floor(Math.log10(second - first) + 1e-9));
  return (value) => (digits > 4 || Math.abs(value) >= 10_000 ? shortNumber(value) : value.toFixed(digits));
}

/**
 * About `count` round numbers from low to high.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const range = high - low, power = 10 ** Math.floor(Math.log10(range / count));
  const steps = [1, 2, 5, 10].map((times) => times * power);
  const step = steps.find((size) => range / size <= count + 1.5) ?? steps[3];
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

/**
 * The points of a curve that were measured.
 * @param {(number | null)[]} xs
 * @param {(number | null)[]} ys
 * @returns {Point[]}
 */
export function measured(xs, ys) {
  /** @type {Point[]} */
  const points = [];
  ys.forEach((y, i) => {
    const x = xs[i];
    if (isUsable(x) && isUsable(y)) points.push([x, y]);
  });
  return points;
}

/**
 * The y at an x on the line through points of ever larger x; that of the first or the last beyond
 * them.
 * @param {Point[]} points one at least
 * @param {number} x
 */
export function interpolate(points, x) {
  const next = points.findIndex(([px]) => px >= x);
  if (next < 0) return points[points.length - 1][1];
  if (next === 0) return points[0][1];
  const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0 || 1);
}

/**
 * From where to where a graph of these values goes. Noise is not to look like a change: it spans a
 * fiftieth of what is measured at least.
 * @param {number[]} values
 * @returns {[low: number, high: number]}
 */
export function valueRange(values) {
  const low = Math.min(...values), high = Math.max(...values);
  const least = LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const room = Math.max(0.06 * (high - low), (least - (high - low)) / 2);
  return [low - room, high + room];
}

/**
 * The scales of a graph over the minutes, of this many pixels.
 * @param {Point[]} points of all its curves
 * @param {number} width
 * @param {number} height
 */
export function graphScale(points, width, height) {
  const last = Math.max(...points.map(([x]) => x), 1e-6);
  const [low, high] = valueRange(points.map(([, y]) => y));
  const values = ticks(low, high, 4), tell = tickFormat(values);
  const widest = Math.max(...values.map((value) => tell(value).length));
  const left = Math.max(MARGIN.left, 12 + DIGIT * widest), right = width - MARGIN.right;
  const top = MARGIN.top, bottom = height - MARGIN.bottom;
  return {
    left, right, top, bottom, last,
    values: values.map((value) => ({ value, words: tell(value) })),
    minutes: ticks(0, last, Math.max(2, Math.min(6, width / 90))),
    /** @param {number} minute */
    x: (minute) => left + (minute / last) * (right - left),
    /** @param {number} value */
    y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
    /** @param {number} pixel from the left edge */
    minuteAt: (pixel) => Math.min(last, Math.max(0, ((pixel - left) / (right - left)) * last)),
  };
}
