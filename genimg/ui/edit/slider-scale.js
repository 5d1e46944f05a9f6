// What do the places of a slider mean? Standard deviations from -end to end, or a number in its unit.

/** @import { NumberSheet, NumberAnswer } from '../server.d.ts' */
/**
 * A slider at an amount of standard deviations shows `base + step * amount`. It runs from `low` to `high` in steps of
 * `grain`; what it shows is told with so many `digits`, and its `unit`.
 * @typedef {{base: number, step: number, low: number, high: number, grain: number, digits: number, unit: string}} Scale
 */

/** Standard deviations; no slider goes further. */
export const MOST = 100;

/** How far a slider goes to both sides so that an amount is on it. @param {number} amount @param {number} reach */
export const endFor = (amount, reach) => Math.max(reach, Math.ceil(Math.abs(amount)));

/** Standard deviations, as far as `endFor` says. @param {number} amount @param {number} reach @returns {Scale} */
export function plain(amount, reach) {
  const end = endFor(amount, reach);
  return { base: 0, step: 1, low: -end, high: end, grain: 0.1, digits: 2, unit: '' };
}

/**
 * A number in its unit, over the range of the training pictures, and further for what stands beyond.
 * @param {number} amount
 * @param {NumberSheet} sheet
 * @param {NumberAnswer} stands
 * @returns {Scale}
 */
export function inUnits(amount, { unit, low, high, digits }, { base, step }) {
  const grain = 10 ** -digits, value = base + step * amount;
  /** @param {number} places */
  const onGrain = (places) => Number((places * grain).toFixed(digits));
  return {
    base, step, grain, digits, unit,
    low: onGrain(Math.min(Math.floor(low / grain + 1e-6), Math.round(value / grain))),
    high: onGrain(Math.max(Math.ceil(high / grain - 1e-6), Math.round(value / grain))),
  };
}

/** What a slider shows at an amount. @param {Scale} scale @param {number} amount */
export const shownAt = ({ base, step }, amount) => base + step * amount;

/** The amount at which a slider shows a value. @param {Scale} scale @param {number} value */
export const amountFor = ({ base, step }, value) => (value - base) / step;

/** The value that picture `i` of so many stands for. @param {Scale} scale @param {number} i @param {number} count */
export const valueAt = ({ low, high, grain }, i, count) => (
  Number((Math.round((low + ((high - low) * i) / (count - 1)) / grain) * grain).toFixed(9)));

/** Which of so many pictures is nearest. @param {Scale} scale @param {number} value @param {number} count */
export const nearestTo = ({ low, high }, value, count) => Math.round(((value - low) / (high - low)) * (count - 1));

/** The shortest way to write a value. @param {number} value @param {number} [digits] */
export const tidy = (value, digits = 2) => String(Number(value.toFixed(digits)) + 0);

/** A value with its unit. @param {Scale} scale @param {number} value */
export const inWords = ({ digits, unit }, value) => `${tidy(value, digits)} ${unit}`.trimEnd();
