// How does a recipe travel in a link? Deflated, after the #.

import { LANGUAGE, say } from '../words/say.js';

const MOST_LINK = 60_000; // characters that programs and people still pass on
const MOST = 500_000; // bytes of a recipe; a short link could hold gigabytes

/**
 * What a stream makes of something.
 * @param {string | Uint8Array<ArrayBuffer>} bytes
 * @param {ReadableWritablePair} stream
 */
async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    parts.push(value);
    size += value.length;
    if (size > MOST) { reader.cancel(); throw new Error('this is no recipe'); }
  }
}

/** A recipe as one word that can stand in an address. @param {string} text */
export const pack = async (text) => {
  const packed = await through(text, new CompressionStream('deflate-raw'));
  const letters = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

/** The recipe in such a word; fails if there is none. @param {string} word */
export const unpack = async (word) => {
  const letters = atob(word.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw')));
};

/** Why an address is too long for a link; "" where it is not. @param {string} address */
export const tooLong = (address) => (address.length <= MOST_LINK ? ''
  : say('edit.link_long', { n: address.length.toLocaleString(LANGUAGE) }));
