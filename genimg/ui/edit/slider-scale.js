// Where on a slider is which amount? In standard deviations, from -end to end.

export const MOST = 100;

/** How far a slider goes to both sides so that an amount is on it. @param {number} amount @param {number} reach */
export const endFor = (amount, reach) => Math.max(reach, Math.ceil(Math.abs(amount)));

/** The amount that picture `i` of so many stands for. @param {number} end @param {number} i @param {number} count */
export const valueAt = (end, i, count) => Math.round((-end + (2 * end * i) / (count - 1)) * 10) / 10;

/** Which of so many pictures is nearest. @param {number} value @param {number} end @param {number} count */
export const nearestTo = (value, end, count) => Math.round(((value + end) / (2 * end)) * (count - 1));

/** The shortest way to write an amount. @param {number} amount */
export const tidy = (amount) => String(Math.round(amount * 100) / 100);
