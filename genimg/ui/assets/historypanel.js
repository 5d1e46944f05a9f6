// What the tree of steps looks like: small pictures joined by lines, time running to the right.
//
//   const panel = genimg.historyPanel(element, tree, {onGo, onCross, onSave, ...});
//
// The panel stars, removes and restores by itself. Where to go is for the page to do: the panel
// only asks (onGo; or onUndo, onRedo, can(way)), and is drawn anew when the tree has changed.
(() => {
  const SIDE = 52; // of a small picture, in pixels; as in history.css
  const COLUMN = 76; // from one picture to the next
  const LANE = 66;
  const EDGE = 14; // around all of them; room for the ring of the current one
  const TURN = 10; // radius of the corners of lines
  const AHEAD = 60; // pixels that are kept in view beside the picture that is scrolled to
  const OFFER_MS = 7000; // for so long a deletion can be taken back
  const HELP = 'Steps. Arrow keys move, Enter opens, S stars, Delete removes.';
  const NOTHING = 'Nothing yet: each step is kept here, and you can go back to any of them.';

  const { make } = window.genimg;
  const button = (textContent, onclick, properties = {}) =>
    make('button', { type: 'button', className: 'gi-button', textContent, onclick, ...properties });
  const group = (className, label, ...children) =>
    make('div', { className, role: 'group', ariaLabel: label }, ...children);
  function paths(...names) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('aria-hidden', 'true');
    return [svg, ...names.map((name) => {
      const path = svg.appendChild(document.createElementNS(svg.namespaceURI, 'path'));
      path.setAttribute('class', name);
      return path;
    })];
  }

  const title = (node) => node.label || 'Start';

  function when(time) {
    const minutes = Math.floor((Date.now() - time) / 60000);
    if (!time) return '';
    if (minutes < 60) return minutes < 1 ? 'just now' : `${minutes} min ago`;
    const date = new Date(time);
    const hour = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    return `${date.toDateString() === new Date().toDateString() ? 'today' : day}, ${hour}`;
  }

  const corner = ({ column, lane }) => [EDGE + column * COLUMN, EDGE + lane * LANE];

  // A line of the graph as an SVG path. It turns in the gap right of the parent, where no picture
  // is; the line of a second parent swings across, behind the pictures.
  function line(from, to, second) {
    const [left, top] = corner(from);
    const [x, y] = [left + SIDE, top + SIDE / 2];
    const [tx, ty] = corner(to).map((value, i) => value + i * SIDE / 2);
    if (second) {
      const dip = y === ty ? LANE / 2 : 0; // or it would hide behind those between
      const reach = Math.max(COLUMN - SIDE, (tx - x) / 2);
      return `M${x} ${y}C${x + reach} ${y + dip} ${tx - reach} ${ty + dip} ${tx} ${ty}`;
    }
    if (y === ty) return `M${x} ${y}H${tx}`;
    const gap = x + (COLUMN - SIDE) / 2;
    return `M${x} ${y}H${gap - TURN}Q${gap} ${y} ${gap} ${y + TURN}V${ty - TURN}`
      + `Q${gap} ${ty} ${gap + TURN} ${ty}H${tx}`;
  }

  class Panel {
    #cards = new Map(); // id -> {button, image, node, stop, now, ...}: what is drawn now
    #hovered = null;
    #selected = null; // by a click or with the keys; goes before what is hovered
    #armed = null; // a click on it opens it
    #matches = null; // ids, while something is looked for
    #seen; // the current node when it was drawn last
    #frame = 0;
    #offer = 0;

    constructor(element, tree, on) {
      Object.assign(this, { element, tree, on });
      this.#build();
      this.#wire();
      tree.listen(() => { this.#frame ||= requestAnimationFrame(() => this.draw()); });
      this.draw();
    }

    // A sentence under the graph that stays there ('' takes it away).
    say(words) { Object.assign(this.note, { textContent: words, hidden: !words }); }

    #build() {
      const { on, tree } = this;
      const act = (deed) => () => { const node = this.#shown(); if (node) deed(node.id); };
      const { onUndo, onRedo } = on; // a page that is still at work on a step knows better
      this.undo = button('Undo', onUndo ?? (() => this.#go(tree.here?.parents[0])));
      this.redo = button('Redo', onRedo ?? (() => this.#go(tree.ahead(tree.current))));
      const find = 'Find a step';
      this.field = make('input', { type: 'search', placeholder: find, ariaLabel: find });
      this.only = button('★ Starred', null, { ariaPressed: 'false' });
      this.found = make('span', { className: 'gi-found', role: 'status' });
      this.download = button('Download all', () => {
        if (this.#matches && on.onSave) on.onSave([...this.#matches]); else on.onDownloadAll?.();
      });
      this.clear = button('Clear', () => this.#ask(true));
      const sure = () => { this.#ask(false); on.onClear?.(); };
      this.sure = button('Clear', sure, { className: 'gi-button gi-grave' });
      this.keep = button('Keep', () => this.#ask(false));
      this.question = make('span');
      this.rest = make('div', { className: 'gi-rest' }, this.download, this.clear);
      this.asking = group('gi-asking', 'Clear the history?', this.question, this.sure, this.keep);
      this.asking.hidden = true;
      this.bar = make('div', { className: 'gi-steps-bar' },
        this.undo, this.redo, this.field, this.only, this.found, this.rest, this.asking);

      [this.svg, this.firsts, this.seconds, this.way] = paths('first', 'second', 'way');
      this.paper = make('div', { className: 'gi-paper' });
      this.paper.append(this.svg);
      this.graph = group('gi-graph', HELP, this.paper);
      this.empty = make('p', { className: 'gi-none', textContent: NOTHING });
      [this.name, this.facts] = [make('b'), make('small')];
      this.open = button('Open', act((id) => this.#go(id)), { className: 'gi-button gi-main' });
      this.star = button('', act((id) => tree.star(id)), { ariaLabel: 'Star' });
      this.cross = button('Cross with current', act((id) => on.onCross?.(id)));
      this.save = button('Download', act((id) => on.onSave([id])), { hidden: !on.onSave });
      this.drop = button('Delete', act((id) => this.#remove(id)));
      this.about = make('div', { className: 'gi-about' },
        make('div', { className: 'gi-words' }, this.name, this.facts),
        group('gi-actions', 'This step', this.open, this.star, this.cross, this.save, this.drop));
      this.gone = make('span', { role: 'status' });
      this.back = button('Undo', () => this.#restore(), { ariaLabel: 'Undo the deletion' });
      this.offer = make('div', { className: 'gi-about', hidden: true }, this.gone, this.back);
      this.note = make('p', { className: 'gi-note', role: 'status', hidden: true });
      this.element.classList.add('gi-history');
      this.foot = make('div', { className: 'gi-foot' }, this.about, this.offer);
      this.element.replaceChildren(this.bar, this.empty, this.graph, this.foot, this.note);
    }

    #wire() {
      const at = (event) => event.target.closest?.('.gi-step')?.dataset.id ?? null;
      this.field.oninput = () => {
        this.#look();
        if (this.#matches?.size) this.#reveal([...this.#matches].at(-1), false);
      };
      this.field.onkeydown = (event) => {
        if (event.key === 'Enter' && this.#matches?.size) {
          event.preventDefault(); // or it would press the button that gets the focus
          this.#focus([...this.#matches].at(-1));
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
        if (!at(event) || !this.#press(at(event), event.key)) return;
        event.preventDefault();
        event.stopPropagation(); // the page has other plans for some of these keys
      };
      let width = 0; // as long as the tab is closed; then there is nothing to scroll in
      new ResizeObserver(() => {
        if (width !== this.graph.clientWidth) this.#reveal(this.tree.current, false);
        width = this.graph.clientWidth;
      }).observe(this.graph);
    }

    // A key on a node; whether it meant anything.
    #press(id, key) {
      if (key.startsWith('Arrow')) this.#focus(this.#beside(id, key.slice(5)) ?? id);
      else if (key === 'Delete' || key === 'Backspace') this.#remove(id);
      else if (key === 's' || key === 'S') this.tree.star(id);
      else if (key === 'Escape') this.#select(null);
      else return false;
      return true;
    }

    #beside(id, side) {
      const { tree } = this;
      if (side === 'Left') return tree.get(id).parents[0];
      if (side === 'Right') return tree.ahead(id) ?? tree.children(id)[0];
      const { places } = tree.layout();
      const here = places.get(id);
      const down = side === 'Down' ? 1 : -1;
      const far = ({ column, lane }) =>
        (lane - here.lane) * down * tree.size + Math.abs(column - here.column);
      return [...places].filter(([, place]) => (place.lane - here.lane) * down > 0)
        .sort(([, one], [, other]) => far(one) - far(other))[0]?.[0];
    }

    // ---------------------------------------------------------------------------- what is done

    #go(id) { if (id && id !== this.tree.current) this.on.onGo?.(id); }

    #shown() {
      return this.tree.get(this.#selected) ?? this.tree.get(this.#hovered) ?? this.tree.here;
    }

    #select(id) {
      if (id !== this.#selected) this.#armed = null;
      this.#selected = id;
      this.#offered(false);
      this.#tell();
      this.#stops();
    }

    #focus(id) {
      this.#cards.get(id)?.button.focus();
      this.#reveal(id, false);
    }

    #remove(id) {
      const { tree } = this;
      if (tree.size < 2) return; // the last one is what the page shows
      const { current } = tree;
      const next = this.#beside(id, 'Left') ?? this.#beside(id, 'Right');
      const focused = this.graph.contains(document.activeElement);
      const node = tree.remove(id);
      this.draw();
      if (focused) this.#focus(tree.has(next) ? next : tree.current);
      this.gone.textContent = `Deleted “${title(node)}”.`;
      this.#offered(true);
      if (!focused) this.back.focus({ preventScroll: true }); // where its own button was
      if (current !== tree.current) this.on.onGo?.(tree.current);
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

    #ask(asked) {
      const { size } = this.tree;
      this.question.textContent = `Forget ${size === 1 ? 'this step' : `all ${size} steps`}?`;
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
      for (const node of tree.nodes.values()) this.#card(node, places.get(node.id));
      const [width, height] = corner({ column: columns, lane: lanes });
      this.paper.style.width = `${width - COLUMN + SIDE + EDGE}px`;
      this.paper.style.height = `${height - LANE + SIDE + EDGE}px`;
      const way = tree.ancestors(tree.current).add(tree.current);
      const drawn = [[], [], []];
      for (const { from, to, second } of edges) {
        const path = line(places.get(from), places.get(to), second);
        drawn[Number(second)].push(path);
        if (!second && way.has(to)) drawn[2].push(path);
      }
      [this.firsts, this.seconds, this.way].forEach(
        (path, i) => path.setAttribute('d', drawn[i].join('')));
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

    // The picture of one node, made once; later only what has changed is touched.
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
        const words = [title(node), node.star && 'starred', now && 'shown now'];
        card.button.ariaLabel = words.filter(Boolean).join(', ');
      }
      Object.assign(card, { node, now, place });
    }

    // Dim what is not looked for.
    #look() {
      const { tree } = this;
      const stars = this.only.ariaPressed === 'true';
      const words = this.field.value.trim();
      const found = tree.search(words).filter((id) => !stars || tree.get(id).star);
      this.#matches = words || stars ? new Set(found) : null;
      for (const [id, { button: card }] of this.#cards) {
        card.classList.toggle('dim', Boolean(this.#matches) && !this.#matches.has(id));
      }
      const count = this.#matches ? `${found.length} of ${tree.size}` : '';
      if (this.found.textContent !== count) this.found.textContent = count;
      const some = Boolean(this.#matches && this.on.onSave);
      this.download.textContent = some ? `Download ${found.length}` : 'Download all';
      this.download.disabled = some && !found.length;
    }

    // The bar under the graph: what the shown node is, and what can be done with it.
    #tell() {
      const node = this.#shown();
      if (!node) return;
      const now = node.id === this.tree.current;
      this.name.textContent = title(node);
      this.facts.textContent = [now && 'shown now', node.model, when(node.time)]
        .filter(Boolean).join(' · ');
      this.open.disabled = this.cross.disabled = now;
      this.drop.disabled = this.tree.size < 2;
      this.star.textContent = node.star ? '★ Star' : '☆ Star';
      this.star.ariaPressed = String(node.star);
      for (const [id, { button: card }] of this.#cards) {
        card.classList.toggle('chosen', id === this.#selected);
      }
    }

    // One stop for the Tab key; the arrows do the rest.
    #stops() {
      const stop = this.tree.get(this.#selected) ?? this.tree.here;
      for (const [id, { button: card }] of this.#cards) card.tabIndex = id === stop?.id ? 0 : -1;
    }

    // Into view within the graph; the page itself stays where it is.
    #reveal(id, smooth) {
      const place = this.tree.layout().places.get(id);
      if (!place) return;
      const { graph } = this;
      const near = (start, view, at, beside) => {
        const [low, high] = [start - beside, start + SIDE + beside];
        return low < at ? low : Math.max(at, high - view);
      };
      const [x, y] = corner(place);
      const calm = !smooth || matchMedia('(prefers-reduced-motion: reduce)').matches;
      graph.scrollTo({
        left: near(x, graph.clientWidth, graph.scrollLeft, AHEAD),
        top: near(y, graph.clientHeight, graph.scrollTop, EDGE),
        behavior: calm ? 'instant' : 'smooth',
      });
    }
  }

  (window.genimg ??= {}).historyPanel = (element, tree, on = {}) => new Panel(element, tree, on);
})();
