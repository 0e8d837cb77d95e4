// Events as a person edits them: where they are no JSON, and how they look formatted.

const MAX_DEPTH = 500;
const space = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

/**
 * Where a text stops being JSON. The browsers' own messages name the place in different ways, or not at all.
 * @param {string} text
 * @returns {number} the index of the first character that is wrong (the text's length where the end is missing), or -1
 */
export function faultAt(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const takeChar = (c) => {
    take(space);
    if (text[at] !== c) return false;
    at++;
    return true;
  };
  const key = () => {
    take(space);
    return take(string) && takeChar(':');
  };
  const list = (end, before, depth) => {
    if (takeChar(end)) return true;
    do {
      if (!before() || !value(depth + 1)) return false;
    } while (takeChar(','));
    return takeChar(end);
  };
  function value(depth) {
    take(space);
    if (depth > MAX_DEPTH) return false;
    if (takeChar('{')) return list('}', key, depth);
    if (takeChar('[')) return list(']', () => true, depth);
    return take(string) || take(scalar);
  }
  const good = value(0);
  take(space);
  return good && at === text.length ? -1 : at;
}

/**
 * What is wrong with a text, as a sentence.
 * @param {string} text
 * @returns {{at: number, line: number, column: number, message: string}|null} line and column count from 1; null for JSON
 */
export function fault(text) {
  const at = faultAt(text);
  if (at < 0) return null;
  const before = text.slice(0, at).split('\n');
  const [line, column] = [before.length, before.at(-1).length + 1];
  const found = at === text.length ? 'the text ends too early' : `${JSON.stringify(text[at])} is not expected here`;
  return { at, line, column, message: `This is no JSON: ${found} (line ${line}, column ${column}).` };
}

/** The JSON text, indented. */
export const formatted = (text) => JSON.stringify(JSON.parse(text), null, 2);

const SHOWN = 2000; // characters of a long text

/**
 * A value for reading: indented, its long texts cut short, each with its length.
 * @param {any} value
 * @returns {string}
 */
export function readable(value) {
  const shorten = (_, v) => (typeof v === 'string' && v.length > SHOWN ? `${v.slice(0, 80)}… (${v.length.toLocaleString('en')} characters)` : v);
  return JSON.stringify(value, shorten, 2);
}
