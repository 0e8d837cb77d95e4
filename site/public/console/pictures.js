// The pictures in an answer: texts that are base64 of a format that is known.

import { sniff } from '../picture.js';

const HEAD = 64; // characters that tell whether the rest is worth decoding
const MOST = 8; // pictures of one answer
const DEPTH = 4; // of lists and objects in which they are looked for

function decoded(text) {
  if (text.length < HEAD || !/^[A-Za-z0-9+/]+$/.test(text.slice(0, HEAD))) return null;
  try {
    const head = sniff(Uint8Array.from(atob(text.slice(0, HEAD)), (c) => c.charCodeAt(0)));
    if (!head) return null;
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return { bytes, format: sniff(bytes) };
  } catch {
    return null; // it only began like base64
  }
}

/**
 * Finds pictures in a value.
 * @param {any} value
 * @returns {{bytes: Uint8Array, format: string}[]} at most eight; format is a key of picture.js' FORMATS
 */
export function picturesIn(value) {
  const found = [];
  const look = (v, depth) => {
    if (found.length === MOST) return;
    if (typeof v === 'string') {
      const picture = decoded(v);
      if (picture) found.push(picture);
    } else if (v && typeof v === 'object' && depth < DEPTH) {
      Object.values(v).forEach((inner) => look(inner, depth + 1));
    }
  };
  look(value, 0);
  return found;
}

/** The base64 text of bytes. */
export function base64(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
