// A sheet of pictures that the server makes: the one before stays until the new one is there.

import { make } from '../shell/dom.js';
import { serverUrl } from '../shell/http.js';

export class Sheet {
  #image;
  #wanted = '';

  /** @param {string} alt what it shows @param {boolean} [captioned] that is also seen above it */
  constructor(alt, captioned = false) {
    this.#image = make('img', { alt: captioned ? '' : alt, draggable: false });
    const caption = captioned ? [make('figcaption', { textContent: alt })] : [];
    this.figure = make('figure', { className: 'prepared', hidden: true }, ...caption, this.#image);
  }

  /** @param {string | undefined} path on the server; undefined for no sheet */
  async set(path = '') {
    if (path === this.#wanted) return;
    this.#wanted = path;
    if (!path) { this.figure.hidden = true; return; }
    const next = new Image();
    next.src = serverUrl(path);
    await next.decode().catch(() => {});
    if (path !== this.#wanted || !next.naturalWidth) return;
    this.#image.width = next.naturalWidth;
    this.#image.height = next.naturalHeight;
    this.#image.src = next.src;
    this.figure.hidden = false;
  }
}
