// Which part of a picture is a crop? Exactly the one that genimg.images.fit_image takes: the largest of the ratio
// (width / height), divided by the zoom (1 or more); its centre is laid on the focus, (x, y) from 0 to 1, and moved as
// little as it takes to keep the crop inside the picture.

/** @typedef {[number, number]} Point */
/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/** @type {Point} */
export const MIDDLE = [0.5, 0.5];
export const MOST_ZOOM = 8;

/** @param {number} value @param {number} low @param {number} high */
export const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * The crop in pixels of the picture.
 * @param {{width: number, height: number, ratio: number, focus?: Point, zoom?: number}} crop
 * @returns {Box}
 */
export function cropBox({ width, height, ratio, focus = MIDDLE, zoom = 1 }) {
  const wide = Math.min(width, Math.min(width, height * ratio) / zoom);
  const high = Math.min(height, Math.min(height, width / ratio) / zoom);
  return {
    left: within(focus[0] * width - wide / 2, 0, width - wide),
    top: within(focus[1] * height - high / 2, 0, height - high),
    width: wide,
    height: high,
  };
}
