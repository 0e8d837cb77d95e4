// The failed iterations of a test, a page at a time, each with its result.

import { element, say } from '../dom.js';
import { count, duration, time } from './format.js';
import { readable } from './jsontext.js';
import { attempt, errorBox } from './ui.js';

const ENOUGH = 20; // that one press of the button shows
const MOST_PAGES = 50; // of 1,000 results that are looked through for them
const MOST_SHOWN = 1000;

function entry(result) {
  return element('details', { dataset: { iteration: result.iteration } },
    element('summary', {}, element('strong', {}, `Iteration ${count(result.iteration)}`), element('span', { className: 'bad' }, result.errorKind ?? 'Failed'),
      element('span', { className: 'reason' }, result.reason ?? ''), element('span', { className: 'hint' }, `${duration(result.durationMs)}, ${time(result.started)}`)),
    element('pre', { tabIndex: 0, ariaLabel: `Result of iteration ${result.iteration}` }, readable(result)));
}

/**
 * Makes the list of a test's failed iterations. They are asked for when the person opens it.
 * @param {string} testId
 * @param {object} tables
 * @param {AbortSignal} signal
 */
export function createFailures(testId, tables, signal) {
  const box = errorBox();
  const list = element('div', { className: 'failures' });
  const status = element('p', { className: 'hint', role: 'status' });
  const more = element('button', { type: 'button', id: 'more-failures', onclick: () => read() }, 'Show failed iterations');
  let after = null;
  let shown = 0;
  let ended = false;

  const read = () => attempt(box, signal, async () => {
    more.disabled = true;
    if (ended) {
      list.replaceChildren(); // a late one may stand anywhere
      [after, shown] = [null, 0];
    }
    try {
      let found = 0;
      for (let pages = 0; pages < MOST_PAGES && found < ENOUGH; pages++) {
        say(status, 'Looking …');
        const { items, next } = await tables.page(testId, { after, failed: true, limit: 1000 }, signal);
        // What is beyond enough is read again, from where it begins.
        const taken = items.slice(0, ENOUGH - found);
        list.append(...taken.map(entry));
        found += taken.length;
        after = taken.length < items.length ? taken.at(-1).iteration : next;
        if (after === null) break;
      }
      shown += found;
      ended = after === null;
      say(status, `${count(shown)} shown${ended ? ', those are all' : ''}.`);
      more.textContent = ended ? 'Look again' : 'Show more';
      more.hidden = shown >= MOST_SHOWN;
    } finally {
      more.disabled = false;
    }
  });

  return element('section', { className: 'card window', id: 'failures', ariaLabel: 'Failed iterations' },
    element('h2', {}, 'Failed iterations'), box, list, element('div', { className: 'row' }, more, status));
}
