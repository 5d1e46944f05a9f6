// What the tree of steps looks like: small pictures joined by lines, time running to the right.
//
//   const panel = new HistoryPanel(element, tree, {onGo, onCross, onSave, ...});
//
// The panel stars, removes and restores by itself. Where to go is for the page to do: the panel
// only asks (onGo; or onUndo, onRedo, can(way)), and is drawn anew when the tree has changed.

import { closest, make } from '../../shell/dom.js';
import { say } from '../../words/say.js';
import { COLUMN, EDGE, LANE, SIDE, corner, line, scrolledTo } from './geometry.js';
import { SVG, button, group, newPath, title, when } from './parts.js';

/** @import { Place, TreeNode } from '../types.d.ts' */
/** @import { Tree } from './tree.js' */
/**
 * A step as it is drawn.
 * @typedef {{button: HTMLButtonElement, image: HTMLImageElement, node?: TreeNode, now?: boolean,
 *   place?: string[]}} Card
 */
/**
 * What the page does when it is asked.
 * @typedef {{onGo?: (id: string) => void, onCross?: (id: string) => void, onSave?: (ids: string[]) => void,
 *   onDownloadAll?: () => void, onClear?: () => void, onUndo?: () => void, onRedo?: () => void,
 *   can?: (way: 'undo' | 'redo') => boolean}} Asked
 */

const AHEAD = 60; // pixels that are kept in view beside the picture that is scrolled to
const OFFER_MS = 7000; // for so long a deletion can be taken back

export class HistoryPanel {
  /** What is drawn now, by ids. @type {Map<string, Card>} */
  #cards = new Map();
  /** @type {string | null} */
  #hovered = null;
  /** By a click or with the keys; goes before what is hovered. @type {string | null} */
  #selected = null;
  /** A click on it opens it. @type {string | null} */
  #armed = null;
  /** Ids, while something is looked for. @type {Set<string> | null} */
  #matches = null;
  /** The current node when it was drawn last. @type {string | null | undefined} */
  #seen;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #offer;

  /**
   * @param {HTMLElement} element
   * @param {Tree} tree
   * @param {Asked} on
   */
  constructor(element, tree, on = {}) {
    this.element = element;
    this.tree = tree;
    this.on = on;
    const act = (/** @type {(id: string) => void} */ deed) => () => {
      const node = this.#shown();
      if (node) deed(node.id);
    };
    const { onUndo, onRedo } = on; // a page that is still at work on a step knows better
    this.undo = button(say('edit.undo'), onUndo ?? (() => this.#go(tree.here?.parents[0])));
    this.redo = button(say('edit.redo'), onRedo ?? (() => this.#go(tree.ahead(tree.current))));
    const find = say('edit.steps_find');
    this.field = make('input', { type: 'search', placeholder: find, ariaLabel: find });
    this.only = button(say('edit.steps_starred'), null, { ariaPressed: 'false' });
    this.found = make('span', { className: 'gi-found', role: 'status' });
    this.download = button(say('edit.steps_download_all'), () => {
      if (this.#matches && on.onSave) on.onSave([...this.#matches]); else on.onDownloadAll?.();
    });
    this.clear = button(say('edit.steps_clear'), () => this.#ask(true));
    const sure = () => { this.#ask(false); on.onClear?.(); };
    this.sure = button(say('edit.steps_clear'), sure, { className: 'gi-button gi-grave' });
    this.keep = button(say('edit.steps_keep'), () => this.#ask(false));
    this.question = make('span');
    this.rest = make('div', { className: 'gi-rest' }, this.download, this.clear);
    this.asking = group('gi-asking', say('edit.steps_clear_label'), this.question, this.sure, this.keep);
    this.asking.hidden = true;
    this.bar = make('div', { className: 'gi-steps-bar' },
      this.undo, this.redo, this.field, this.only, this.found, this.rest, this.asking);

    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('aria-hidden', 'true');
    /** Of first parents, of second ones, and those on the way to the current node. */
    this.lines = [newPath('first'), newPath('second'), newPath('way')];
    svg.append(...this.lines);
    this.paper = make('div', { className: 'gi-paper' });
    this.paper.append(svg);
    this.graph = group('gi-graph', say('edit.steps_help'), this.paper);
    this.empty = make('p', { className: 'gi-none', textContent: say('edit.steps_none') });
    this.name = make('b');
    this.facts = make('small');
    this.open = button(say('edit.step_open'), act((id) => this.#go(id)), { className: 'gi-button gi-main' });
    this.star = button('', act((id) => tree.star(id)), { ariaLabel: say('edit.step_star') });
    this.cross = button(say('edit.step_cross'), act((id) => on.onCross?.(id)));
    this.save = button(say('edit.step_download'), act((id) => on.onSave?.([id])), { hidden: !on.onSave });
    this.drop = button(say('edit.step_delete'), act((id) => this.#remove(id)));
    this.about = make('div', { className: 'gi-about' },
      make('div', { className: 'gi-words' }, this.name, this.facts),
      group('gi-actions', say('edit.step'), this.open, this.star, this.cross, this.save, this.drop));
    this.gone = make('span', { role: 'status' });
    this.back = button(say('edit.undo'), () => this.#restore(), { ariaLabel: say('edit.step_undelete') });
    this.offer = make('div', { className: 'gi-about', hidden: true }, this.gone, this.back);
    this.note = make('p', { className: 'gi-note', role: 'status', hidden: true });
    this.element.classList.add('gi-history');
    this.foot = make('div', { className: 'gi-foot' }, this.about, this.offer);
    this.element.replaceChildren(this.bar, this.empty, this.graph, this.foot, this.note);

    this.#wire();
    tree.listen(() => { this.#frame ||= requestAnimationFrame(() => this.draw()); });
    this.draw();
  }

  /** A sentence under the graph that stays there ('' takes it away). @param {string} words */
  say(words) { Object.assign(this.note, { textContent: words, hidden: !words }); }

  #wire() {
    const at = (/** @type {Event} */ event) => closest(event.target, '.gi-step')?.dataset.id ?? null;
    const lastFound = () => [...this.#matches ?? []].at(-1);
    this.field.oninput = () => {
      this.#look();
      this.#reveal(lastFound(), false);
    };
    this.field.onkeydown = (event) => {
      if (event.key === 'Enter' && this.#matches?.size) {
        event.preventDefault(); // or it would press the button that gets the focus
        this.#focus(lastFound());
      }
      if (event.key === 'Escape' && this.field.value) { this.field.value = ''; this.#look(); }
    };
    this.only.onclick = () => {
      this.only.ariaPressed = String(this.only.ariaPressed !== 'true');
      this.#look();
    };
    this.asking.onkeydown = ({ key }) => { if (key === 'Escape') this.#ask(false); };
    this.graph.onclick = (event) => {
      const id = at(event);
      const twice = event.detail === 0 || this.#armed === id; // detail 0: Enter or space
      if (id && twice) this.#go(id);
      this.#select(id);
      this.#armed = id;
    };
    this.graph.addEventListener('focusin', (event) => at(event) && this.#select(at(event)));
    this.graph.onpointerover = (event) => {
      if (event.pointerType === 'touch' || !at(event)) return;
      this.#hovered = at(event);
      this.#tell();
    };
    this.element.onpointerleave = () => { this.#hovered = null; this.#tell(); };
    this.graph.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const id = at(event);
      if (!id || !this.#press(id, event.key)) return;
      event.preventDefault();
      event.stopPropagation(); // the page has other plans for some of these keys
    };
    let width = 0; // as long as the tab is closed; then there is nothing to scroll in
    new ResizeObserver(() => {
      if (width !== this.graph.clientWidth) this.#reveal(this.tree.current, false);
      width = this.graph.clientWidth;
    }).observe(this.graph);
  }

  /** A key on a node; whether it meant anything. @param {string} id @param {string} key */
  #press(id, key) {
    if (key.startsWith('Arrow')) this.#focus(this.#beside(id, key.slice(5)) ?? id);
    else if (key === 'Delete' || key === 'Backspace') this.#remove(id);
    else if (key === 's' || key === 'S') this.tree.star(id);
    else if (key === 'Escape') this.#select(null);
    else return false;
    return true;
  }

  /** @param {string} id @param {string} side of the key: Left, Right, Up or Down */
  #beside(id, side) {
    const { tree } = this;
    if (side === 'Left') return tree.get(id)?.parents[0];
    if (side === 'Right') return tree.ahead(id) ?? tree.children(id)[0];
    const { places } = tree.layout();
    const here = places.get(id);
    if (!here) return undefined;
    const down = side === 'Down' ? 1 : -1;
    const far = (/** @type {Place} */ { column, lane }) =>
      (lane - here.lane) * down * tree.size + Math.abs(column - here.column);
    return [...places].filter(([, place]) => (place.lane - here.lane) * down > 0)
      .sort(([, one], [, other]) => far(one) - far(other))[0]?.[0];
  }

  // ---------------------------------------------------------------------------- what is done

  /** @param {string | null | undefined} id */
  #go(id) { if (id && id !== this.tree.current) this.on.onGo?.(id); }

  #shown() {
    return this.tree.get(this.#selected) ?? this.tree.get(this.#hovered) ?? this.tree.here;
  }

  /** @param {string | null} id */
  #select(id) {
    if (id !== this.#selected) this.#armed = null;
    this.#selected = id;
    this.#offered(false);
    this.#tell();
    this.#stops();
  }

  /** @param {string | null | undefined} id */
  #focus(id) {
    if (!id) return;
    this.#cards.get(id)?.button.focus();
    this.#reveal(id, false);
  }

  /** @param {string} id */
  #remove(id) {
    const { tree } = this;
    if (tree.size < 2) return; // the last one is what the page shows
    const { current } = tree;
    const next = this.#beside(id, 'Left') ?? this.#beside(id, 'Right');
    const focused = this.graph.contains(document.activeElement);
    const node = tree.remove(id);
    if (!node) return;
    this.draw();
    if (focused) this.#focus(tree.has(next) ? next : tree.current);
    this.gone.textContent = say('edit.step_deleted', { title: title(node) });
    this.#offered(true);
    if (!focused) this.back.focus({ preventScroll: true }); // where its own button was
    if (tree.current && current !== tree.current) this.on.onGo?.(tree.current);
  }

  #restore() {
    const { current } = this.tree;
    const node = this.tree.restore();
    this.#offered(false);
    this.draw();
    if (!node) return;
    this.#focus(node.id);
    if (this.tree.current !== current) this.on.onGo?.(node.id);
  }

  /** Whether it is offered to take a deletion back. @param {boolean} shown */
  #offered(shown) {
    clearTimeout(this.#offer);
    this.about.hidden = shown;
    this.offer.hidden = !shown;
    const end = () => { // not under somebody's hand
      if (this.offer.matches(':hover') || this.offer.contains(document.activeElement)) wait();
      else this.#offered(false);
    };
    const wait = () => { this.#offer = setTimeout(end, OFFER_MS); };
    if (shown) wait();
  }

  /** Whether it is asked if all shall be forgotten. @param {boolean} asked */
  #ask(asked) {
    this.question.textContent = say('edit.steps_forget', { n: this.tree.size });
    this.rest.hidden = asked;
    this.asking.hidden = !asked;
    (asked ? this.keep : this.clear).focus({ preventScroll: true });
  }

  // --------------------------------------------------------------------------- what is drawn

  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { tree } = this;
    const { places, edges, columns, lanes } = tree.layout();
    for (const [id, card] of this.#cards) {
      if (!tree.has(id)) { card.button.remove(); this.#cards.delete(id); }
    }
    const placeOf = (/** @type {string} */ id) => places.get(id) ?? { column: 0, lane: 0 };
    for (const node of tree.nodes.values()) this.#card(node, placeOf(node.id));
    const [width, height] = corner({ column: columns, lane: lanes });
    this.paper.style.width = `${width - COLUMN + SIDE + EDGE}px`;
    this.paper.style.height = `${height - LANE + SIDE + EDGE}px`;
    const way = tree.ancestors(tree.current);
    if (tree.current) way.add(tree.current);
    /** @type {string[][]} */
    const drawn = this.lines.map(() => []);
    for (const { from, to, second } of edges) {
      const path = line(placeOf(from), placeOf(to), second);
      drawn[Number(second)].push(path);
      if (!second && way.has(to)) drawn[2].push(path);
    }
    this.lines.forEach((path, i) => path.setAttribute('d', drawn[i].join('')));
    if (this.#seen !== tree.current) {
      this.#selected = this.#armed = null;
      this.#reveal(tree.current, this.#seen !== undefined);
      this.#seen = tree.current;
    }
    this.empty.hidden = tree.size > 0;
    this.graph.hidden = this.bar.hidden = this.foot.hidden = !tree.size;
    this.undo.disabled = !(this.on.can?.('undo') ?? tree.canUndo);
    this.redo.disabled = !(this.on.can?.('redo') ?? tree.canRedo);
    this.#look();
    this.#tell();
    this.#stops();
  }

  /**
   * The picture of one node, made once; later only what has changed is touched.
   * @param {TreeNode} node
   * @param {Place} at
   */
  #card(node, { column, lane }) {
    const { tree } = this;
    let card = this.#cards.get(node.id);
    if (!card) {
      const image = make('img', { alt: '', draggable: false, decoding: 'async' });
      card = { image, button: make('button', { type: 'button', className: 'gi-step' }, image) };
      card.button.dataset.id = node.id;
      this.#cards.set(node.id, card);
      this.paper.append(card.button);
    }
    const now = node.id === tree.current;
    const place = corner({ column, lane }).map((value) => `${value}px`);
    if (String(card.place) !== String(place)) {
      [card.button.style.left, card.button.style.top] = place;
    }
    if (card.node !== node || card.now !== now) {
      if (card.node?.thumb !== node.thumb) {
        card.image.hidden = !node.thumb;
        if (node.thumb) card.image.src = node.thumb;
      }
      card.button.classList.toggle('starred', node.star);
      card.button.ariaCurrent = now ? 'step' : null;
      const words = [title(node), node.star && say('edit.step_starred'), now && say('edit.step_shown')];
      card.button.ariaLabel = words.filter(Boolean).join(', ');
    }
    Object.assign(card, { node, now, place });
  }

  /** Dim what is not looked for. */
  #look() {
    const { tree } = this;
    const stars = this.only.ariaPressed === 'true';
    const words = this.field.value.trim();
    const found = tree.search(words).filter((id) => !stars || tree.get(id)?.star);
    this.#matches = words || stars ? new Set(found) : null;
    for (const [id, { button: card }] of this.#cards) {
      card.classList.toggle('dim', this.#matches?.has(id) === false);
    }
    const count = this.#matches ? say('edit.steps_found', { found: found.length, all: tree.size }) : '';
    if (this.found.textContent !== count) this.found.textContent = count;
    const some = Boolean(this.#matches && this.on.onSave);
    this.download.textContent = some ? say('edit.steps_download', { n: found.length })
      : say('edit.steps_download_all');
    this.download.disabled = some && !found.length;
  }

  /** The bar under the graph: what the shown node is, and what can be done with it. */
  #tell() {
    const node = this.#shown();
    if (!node) return;
    const now = node.id === this.tree.current;
    this.name.textContent = title(node);
    this.facts.textContent = [now && say('edit.step_shown'), node.model, when(node.time)]
      .filter(Boolean).join(' · ');
    this.open.disabled = this.cross.disabled = now;
    this.drop.disabled = this.tree.size < 2;
    this.star.textContent = say(node.star ? 'edit.step_star_on' : 'edit.step_star_off');
    this.star.ariaPressed = String(node.star);
    for (const [id, { button: card }] of this.#cards) {
      card.classList.toggle('chosen', id === this.#selected);
    }
  }

  /** One stop for the Tab key; the arrows do the rest. */
  #stops() {
    const stop = this.tree.get(this.#selected) ?? this.tree.here;
    for (const [id, { button: card }] of this.#cards) card.tabIndex = id === stop?.id ? 0 : -1;
  }

  /**
   * Into view within the graph; the page itself stays where it is.
   * @param {string | null | undefined} id
   * @param {boolean} smooth
   */
  #reveal(id, smooth) {
    const place = id && this.tree.layout().places.get(id);
    if (!place) return;
    const { graph } = this;
    const [x, y] = corner(place);
    const calm = !smooth || matchMedia('(prefers-reduced-motion: reduce)').matches;
    graph.scrollTo({
      left: scrolledTo(x, graph.clientWidth, graph.scrollLeft, AHEAD),
      top: scrolledTo(y, graph.clientHeight, graph.scrollTop, EDGE),
      behavior: calm ? 'instant' : 'smooth',
    });
  }
}
