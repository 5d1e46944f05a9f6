// Which moment of a training is shown: its sheet, its pictures and its minute?

import { interpolate, measured } from './scale.js';

/** @import { Frame, Run } from '../server.d.ts' */
/** @import { Point } from './scale.js' */

const PLAY_MS = 6000; // for a whole timeline, if that is neither hectic nor slow
const FASTEST_MS = 80, SLOWEST_MS = 500; // a sheet

/** Milliseconds from one of so many sheets to the next. @param {number} count */
export const playInterval = (count) => Math.min(SLOWEST_MS, Math.max(FASTEST_MS, PLAY_MS / count));

/**
 * The index of the frame that is nearest to this many pictures.
 * @param {Frame[]} frames one at least
 * @param {number} images
 */
export function nearestFrame(frames, images) {
  const distances = frames.map((frame) => Math.abs(frame.images - images));
  return distances.indexOf(Math.min(...distances));
}

/**
 * The index of the frame to show, now that there are these: the newest if it is followed, or the
 * one of before is gone; else the same.
 * @param {Frame[]} frames
 * @param {number | null} images of the frame that is shown
 * @param {boolean} following
 */
export function indexAfter(frames, images, following) {
  const same = frames.findIndex((frame) => frame.images === images);
  return following || same < 0 ? frames.length - 1 : same;
}

/** @typedef {{curves?: Run['curves'], images: number, seconds: number}} Course what a run says of it */

/**
 * [pictures, minutes] pairs, ever more of both.
 * @param {Course} run
 * @returns {Point[]}
 */
function coursePoints({ curves = {}, images, seconds }) {
  const points = measured(curves.images ?? [], curves.minutes ?? []);
  if (images > (points.at(-1)?.[0] ?? 0)) points.push([images, seconds / 60]);
  return [[0, 0], ...points];
}

/** @param {Course} run @param {number} images */
export const minuteAt = (run, images) => interpolate(coursePoints(run), images);

/** @param {Course} run @param {number} minute */
export const imagesAt = (run, minute) =>
  interpolate(coursePoints(run).map(([images, minutes]) => [minutes, images]), minute);
