// Words as a POSIX shell splits and quotes them, without anything a shell would expand: no variables, no globs, no
// comments. The service reads its `args` parameter by the same rules.

/** Text that no shell would split, as a sentence for the person who typed it. */
export class ShellwordsError extends Error {}

// What every shell takes as it stands.
const plain = /^[A-Za-z0-9_@%+=:,./^-]+$/;

/**
 * Quotes one word so that a shell, and split, read it back unchanged.
 * @param {string} word
 * @returns {string}
 */
export function quote(word) {
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Joins words with spaces, each quoted where it must be; split(join(words)) gives words.
 * @param {string[]} words
 * @returns {string}
 */
export function join(words) {
  return words.map(quote).join(' ');
}

/**
 * Splits text into words. Single quotes keep everything; double quotes keep everything but a backslash before
 * ", \, $, ` and a line break; outside quotes a backslash keeps the next character, and takes a line break away.
 * @param {string} text
 * @returns {string[]}
 * @throws {ShellwordsError} when a quote is not closed or a backslash ends the text
 */
export function split(text) {
  const words = [];
  let word = null; // null between words, so that '' counts as one
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (/[ \t\r\n]/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (c === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) throw new ShellwordsError("A single quote (') is not closed; add the closing one");
      word = (word ?? '') + text.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      const [content, end] = doubleQuoted(text, i + 1);
      word = (word ?? '') + content;
      i = end;
    } else if (c === '\\') {
      if (++i === text.length) throw new ShellwordsError('A backslash (\\) ends the arguments; take it away');
      if (text[i] !== '\n') word = (word ?? '') + text[i];
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

// Reads from behind an opening double quote; gives the content and the place of the closing quote.
function doubleQuoted(text, start) {
  let content = '';
  for (let i = start; i < text.length; i++) {
    if (text[i] === '"') return [content, i];
    if (text[i] === '\\' && /["\\$`\n]/.test(text[i + 1] ?? '')) {
      i++;
      if (text[i] !== '\n') content += text[i];
    } else {
      content += text[i];
    }
  }
  throw new ShellwordsError('A double quote (") is not closed; add the closing one');
}
