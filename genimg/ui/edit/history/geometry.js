// Where do pictures and lines of the history lie, in pixels?

/** @import { Place } from '../types.d.ts' */

export const SIDE = 52; // of a small picture; as in history.css
export const COLUMN = 76; // from one picture to the next
export const LANE = 66;
export const EDGE = 14; // around all of them; room for the ring of the current one
const TURN = 10; // radius of the corners of lines

/** The left and the top of a picture. @param {Place} place @returns {[number, number]} */
export const corner = ({ column, lane }) => [EDGE + column * COLUMN, EDGE + lane * LANE];

/**
 * A line of the graph as an SVG path. It turns in the gap right of the parent, where no picture is; the line of a
 * second parent swings across, behind the pictures.
 * @param {Place} from
 * @param {Place} to
 * @param {boolean} second
 */
export function line(from, to, second) {
  const [left, top] = corner(from);
  const [x, y] = [left + SIDE, top + SIDE / 2];
  const [tx, ty] = corner(to).map((value, i) => value + i * SIDE / 2);
  if (second) {
    const dip = y === ty ? LANE / 2 : 0; // or it would hide behind those between
    const reach = Math.max(COLUMN - SIDE, (tx - x) / 2);
    return `M${x} ${y}C${x + reach} ${y + dip} ${tx - reach} ${ty + dip} ${tx} ${ty}`;
  }
  if (y === ty) return `M${x} ${y}H${tx}`;
  const gap = x + (COLUMN - SIDE) / 2;
  return `M${x} ${y}H${gap - TURN}Q${gap} ${y} ${gap} ${y + TURN}V${ty - TURN}`
    + `Q${gap} ${ty} ${gap + TURN} ${ty}H${tx}`;
}

/**
 * Where to scroll so that something is in view, moving as little as that takes.
 * @param {number} start of the picture
 * @param {number} view how much is seen
 * @param {number} at where the view begins now
 * @param {number} beside what is to be seen around the picture
 */
export function scrolledTo(start, view, at, beside) {
  const [low, high] = [start - beside, start + SIDE + beside];
  return low < at ? low : Math.max(at, high - view);
}
