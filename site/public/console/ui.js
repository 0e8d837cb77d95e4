// What the views of the console are made of.

import { element, say } from '../dom.js';
import { AwsError } from './aws.js';

/** Names and values. Each value can be found by the name in its data-fact. */
export const facts = (pairs) => element('dl', { className: 'stats' }, ...pairs.map(([name, value]) =>
  element('div', {}, element('dt', {}, name), element('dd', { dataset: { fact: name } }, value))));

/** A table that scrolls sideways by itself. Cells may be nodes. */
export function table(name, heads, rows) {
  return element('div', { className: 'scroll', role: 'group', tabIndex: 0, ariaLabel: name }, element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell, i) => element(i ? 'td' : 'th', i ? {} : { scope: 'row' }, cell)))))));
}

/** What to tell the person about an error; what nobody foresaw also goes to the browser's own console. */
export function sentenceOf(error) {
  if (error instanceof AwsError) return error.requestId ? `${error.message} (Request ${error.requestId})` : error.message;
  console.error(error);
  return 'The page could not do that; reload it and try again.';
}

/** A place for an error. */
export const errorBox = () => element('p', { className: 'error', role: 'alert', hidden: true });

/**
 * Does something that may fail, and says in a place why it did.
 * @param {HTMLElement} box of errorBox
 * @param {AbortSignal} signal what ends with it is no failure
 * @param {() => Promise<any>} work
 */
export async function attempt(box, signal, work) {
  say(box, '');
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) say(box, sentenceOf(error));
    return undefined;
  }
}

/** Hands a file to the person. */
export function save(blob, name) {
  const link = element('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it when it has asked where to
}
