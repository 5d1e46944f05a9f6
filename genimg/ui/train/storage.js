// What does this tab of the browser keep, also over a reload?

/** What was kept under a key; null where nothing is. @param {string} key */
export function readKept(key) {
  try { return JSON.parse(sessionStorage.getItem(key) ?? 'null'); } catch { return null; }
}

/** @param {string} key @param {unknown} value */
export function keep(key, value) {
  try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* not kept, then */ }
}
