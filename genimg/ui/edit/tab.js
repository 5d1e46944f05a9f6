// The Edit tab: what its Gradio components call, and the session that all parts of the page find here.

import { storage } from './opening.js';
import { finish } from './resume.js';
import { EditSession } from './session.js';

/** @import { SessionValue } from '../server.d.ts' */
/** @import { Props, Trigger, Upload, Watch } from '../shell/types.d.ts' */

const PARTS = ['edit-actions', 'pool', 'history'];

/** What is open in the tab; null until the page is put together. @type {EditSession | null} */
export let session = null;

/**
 * For the js_on_load of the component that carries scenes; see ui/edit/parts.py.
 * @param {Props<SessionValue>} props
 * @param {Trigger} trigger
 * @param {Watch} watch
 * @param {Upload} upload
 */
export const mount = async (props, trigger, watch, upload) => {
  /** @type {(SessionValue | null)[]} */
  const early = [];
  watch('value', () => { if (session) session.receive(props.value); else early.push(props.value); });
  if (props.value) early.push(props.value);
  while (!PARTS.every((id) => document.getElementById(id))) {
    await new Promise((done) => { requestAnimationFrame(done); });
  }
  const made = new EditSession({ trigger, upload }, await storage);
  session = made;
  finish(made);
  for (const payload of early) made.receive(payload);
};

/** Another model stands in the menu. @param {string} model */
export const chooses = (model) => { if (session) session.chosen = model; };

/** What Gradio's components become by what is open now; see ui/edit/tab.py. */
export const handOver = () => session?.parts.values() ?? [];
