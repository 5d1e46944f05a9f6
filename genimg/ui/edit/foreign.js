// What is offered for a picture that the open model does not know: to open it with another model, or here all the same.

import { byId, make } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { OfferAnswer } from '../server.d.ts' */
/** @import { EditSession } from './session.js' */

class Strangers {
  /** @type {OfferAnswer[]} */
  offers = [];
  /** @type {EditSession | null} */
  session = null;

  /** An offer has arrived: see ui/edit/foreign.py. @param {EditSession} session @param {OfferAnswer} offer */
  offer(session, offer) {
    this.session = session;
    this.offers = [...this.offers.filter(({ path }) => path !== offer.path), offer];
    this._draw();
  }

  close() {
    if (!this.offers.length) return;
    this.offers = [];
    this._draw();
  }

  /** Open all of them. @param {(offer: OfferAnswer) => string | null} models with these models */
  _open(models) {
    const { offers, session } = this;
    this.close();
    if (!session) return;
    session.keep();
    session.uploads.stop();
    for (const offer of offers) {
      const model = models(offer);
      if (model) session.act('open', { path: offer.path, model, refine: offers.length === 1 });
    }
  }

  _draw() {
    document.getElementById('strangers')?.remove();
    const { offers } = this;
    if (!offers.length) return;
    const [{ words, photo, title }] = offers;
    const many = offers.length > 1;
    const button = (/** @type {string} */ text, /** @type {() => void} */ then, primary = false) => make('button', {
      type: 'button', className: primary ? 'button primary' : 'button', textContent: text, onclick: then,
    });
    const buttons = [];
    if (photo) {
      const there = say(many ? 'edit.offer_all_there' : 'edit.offer_there', { model: title ?? '' });
      buttons.push(button(there, () => this._open((offer) => offer.photo), true));
    }
    if (offers.some(({ model }) => model)) {
      const here = say(many ? 'edit.offer_all_here' : 'edit.offer_here');
      buttons.push(button(here, () => this._open((offer) => offer.model)));
    }
    buttons.push(button(say('edit.offer_leave'), () => this.close()));
    const thumbs = offers.slice(0, 6).map(({ thumb }) => make('img', { src: thumb, alt: '' }));
    const box = make('div', { id: 'strangers', role: 'alert' },
      make('div', { className: 'strangers' }, ...thumbs),
      make('p', { textContent: many ? say('edit.offer_many', { n: offers.length, words }) : words }),
      make('div', { className: 'strangers-do' }, ...buttons));
    byId('edit-note').after(box);
    box.scrollIntoView({ block: 'nearest' });
  }
}

export const strangers = new Strangers();
