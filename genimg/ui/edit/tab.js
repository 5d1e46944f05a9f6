// The Edit tab: what its Gradio components call, and the stage that all parts of the page find here.

import { storage } from './opening.js';
import { finish } from './resume.js';
import { Stage } from './stage.js';

/** @import { StageValue } from '../server.d.ts' */
/** @import { Props, Trigger, Upload, Watch } from '../shell/types.d.ts' */

const PARTS = ['edit-actions', 'pool', 'history'];

/** What is open in the tab; null until the page is put together. @type {Stage | null} */
export let stage = null;

/**
 * For the js_on_load of the component that carries scenes; see ui/edit/parts.py.
 * @param {Props<StageValue>} props
 * @param {Trigger} trigger
 * @param {Watch} watch
 * @param {Upload} upload
 */
export const mount = async (props, trigger, watch, upload) => {
  /** @type {(StageValue | null)[]} */
  const early = [];
  watch('value', () => { if (stage) stage.receive(props.value); else early.push(props.value); });
  if (props.value) early.push(props.value);
  while (!PARTS.every((id) => document.getElementById(id))) {
    await new Promise((done) => { requestAnimationFrame(done); });
  }
  const made = new Stage({ trigger, upload }, await storage);
  stage = made;
  finish(made);
  for (const payload of early) made.receive(payload);
};

/** Another model stands in the menu. @param {string} model */
export const chooses = (model) => { if (stage) stage.chosen = model; };

/** What Gradio's components become by what is open now; see ui/edit/tab.py. */
export const handOver = () => stage?.parts.values() ?? [];
