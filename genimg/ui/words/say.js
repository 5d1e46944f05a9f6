// What does the page say? The same sentences as the Python beside this file, by the same keys.

import table from './table.js';

/** @typedef {typeof table} Table */
/**
 * A room, and the name of a sentence.
 * @typedef {{[R in keyof Table]: `${R}.${keyof Table[R] & string}`}[keyof Table]} Key
 */

/** The language that is spoken, such as "en". @type {string} */
export const LANGUAGE = table.page.language;

/** How dates and times of the day are written; ours are British. */
export const DATES = LANGUAGE === 'en' ? 'en-GB' : LANGUAGE;

const plurals = new Intl.PluralRules(LANGUAGE);
/** @type {Record<string, Record<string, string | Record<string, string>>>} */
const rooms = table;

/**
 * A sentence; among its forms for one and more the value `n` chooses.
 * @param {Key} key
 * @param {Record<string, string | number>} [values] for its {places}
 */
export function say(key, values = {}) {
  const [room, name] = key.split('.');
  const sentence = rooms[room][name];
  const text = typeof sentence === 'string' ? sentence : sentence[plurals.select(Number(values.n))] ?? sentence.other;
  return text.replace(/\{(\w+)\}/g, (_, place) => {
    if (!(place in values)) throw new RangeError(`${key} lacks ${place}`);
    return String(values[place]);
  });
}
