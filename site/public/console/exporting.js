// All results of a test as a file.

import { line } from './csv.js';

/** At most so many results, and so many characters of them, go into one file. */
export const MOST = 200_000;
const MOST_TEXT = 400_000_000;

const COLUMNS = ['testId', 'iteration', 'passed', 'errorKind', 'reason', 'started', 'durationMs', 'billedMs', 'memoryMb', 'coldStart',
  'function', 'version', 'region', 'result'];

/**
 * Reads all results and makes a file of them.
 * @param {(what: {after: number|null}) => Promise<{items: object[], next: number|null}>} page reads a page
 * @param {'csv'|'json'} format
 * @param {(written: number) => void} progress
 * @returns {Promise<{blob: Blob, written: number, more: boolean}>} more says that the bound left some out
 */
export async function exported(page, format, progress) {
  const parts = [format === 'csv' ? line(COLUMNS) : '['];
  let [written, size, after] = [0, 0, null];
  do {
    const { items, next } = await page({ after });
    const text = items.map((item, i) => (format === 'csv' ? line(COLUMNS.map((name) => item[name]))
      : `${written + i ? ',' : ''}\n${JSON.stringify(item)}`)).join('');
    parts.push(new Blob([text])); // the browser may keep it outside of memory
    written += items.length;
    size += text.length;
    after = next;
    progress(written);
  } while (after !== null && written < MOST && size < MOST_TEXT);
  if (format === 'json') parts.push('\n]\n');
  return { blob: new Blob(parts, { type: format === 'csv' ? 'text/csv' : 'application/json' }), written, more: after !== null };
}
