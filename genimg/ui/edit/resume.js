// What was not done yet when the page went away? It is done when the page is back.
//
// Gradio loads the page anew when the server was out of reach for a while. What somebody did until then and got no
// answer to (an act on its way, sliders that were pulled, a refining) is kept for this tab of the browser meanwhile,
// and which tab of the page was open.

import { notify } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { EditSession } from './session.js' */
/** @import { Act } from './types.d.ts' */
/**
 * What was left undone.
 * @typedef {{time: number, acts: Act[], arriving: string | null, tab?: string, node: string | null,
 *   refining: boolean}} Left
 */

const KEY = 'genimg-unfinished';
const OLD_MS = 3_600_000; // later, nobody waits for it any more

/** @type {string | null} */
let arriving = null; // name of a picture that is being sent

/** A picture with this name is being sent; null: it has arrived, or never will. @param {string | null} name */
export const setArriving = (name) => { arriving = name; };

document.addEventListener('genimg:frame', (event) => { // without a number, it is of a step
  if (event instanceof CustomEvent && event.detail.seq === null) arriving = null;
});

/**
 * The acts of a session that have not been answered, as plain values, the first one first.
 * @param {EditSession} session
 * @returns {Act[]}
 */
function acts({ flight, queue, fresh, tree }) {
  /** @type {Act[]} */
  const pulled = Object.keys(fresh).length ? [{ kind: 'pull', details: { amounts: fresh }, options: {} }] : [];
  return [flight, ...queue, ...pulled].flatMap((act) => {
    if (!act || act.kind === 'none') return [];
    const details = typeof act.details === 'function' ? act.details() : act.details;
    const on = tree.has(act.on) ? act.on : undefined;
    return details ? [{ kind: act.kind, options: act.options, on, details }] : [];
  });
}

/** @param {EditSession} session */
function keep(session) {
  const { run } = session.uploads;
  const tab = document.querySelector('#tabs [role=tab][aria-selected=true]')?.id;
  /** @type {Left} */
  const left = {
    time: Date.now(), acts: acts(session), arriving, tab, node: session.tree.current,
    refining: Boolean(run) && run?.node === session.tree.current,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(left));
  } catch { /* not kept, then */ }
}

/** What was kept, if that is not long ago. @returns {Left | null} */
function taken() {
  try {
    const left = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    sessionStorage.removeItem(KEY);
    return Date.now() - left?.time < OLD_MS ? left : null;
  } catch {
    return null;
  }
}

/** What is not finished is kept when the page goes; what is left from before goes on. @param {EditSession} session */
export const finish = (session) => {
  const left = taken();
  addEventListener('pagehide', () => keep(session));
  addEventListener('pageshow', ({ persisted }) => { if (persisted) taken(); }); // it has never been away
  if (!left) return;
  const [opened] = performance.getEntriesByType('navigation');
  const again = opened instanceof PerformanceNavigationTiming && opened.type === 'reload';
  if (again && left.tab) document.getElementById(left.tab)?.click();
  if (left.arriving) notify(say('edit.not_arrived', { name: left.arriving }));
  const goOn = () => { // what was open is shown again; or a link has opened something else
    if (session.tree.current !== left.node) return;
    session.queue.push(...left.acts);
    if (left.refining) session.afterwards(() => session.uploads.again()); else session.send();
  };
  document.addEventListener('genimg:frame', goOn, { once: true });
};
