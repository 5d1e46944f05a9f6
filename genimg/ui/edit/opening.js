// What does the page open with? With the recipe in its link; else with what was open before.

import { Storage } from './history/storage.js';
import { unpack } from './links.js';
import { notify } from '../shell/dom.js';
import { say } from '../words/say.js';

/** The steps that this browser keeps; to read them begins while the page is still being put together. */
export const storage = Storage.open();

// A link that is pasted into a page of genimg: the browser itself would do nothing.
addEventListener('hashchange', () => { if (location.hash.startsWith('#r=')) location.reload(); });

/** What the page opens with: a link, else what was open before, else null. */
export const opening = async () => {
  const linked = /^#r=([\w-]+)$/.exec(location.hash);
  if (linked) {
    history.replaceState(null, '', location.pathname + location.search);
    try {
      return { recipe: await unpack(linked[1] ?? ''), from: 'link' };
    } catch {
      notify(say('edit.link_damaged'));
    }
  }
  const { tree } = await storage;
  const node = tree.here;
  return node ? { recipe: node.recipe, node: node.id, from: 'kept' } : null;
};
