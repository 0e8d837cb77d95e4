// The tests: what each came to, by name, time or any figure.

import { element, say } from '../dom.js';
import { count, duration, short, time } from './format.js';
import { routeTo } from './route.js';
import { attempt, errorBox } from './ui.js';

// Columns: [label, field, how its values are written]. Texts sort from A on, numbers and times from the largest.
const COLUMNS = [
  ['Test', 'testId', (id) => element('a', { href: routeTo(['tests', id]) }, id)],
  ['Results', 'results', count],
  ['Passed', 'passed', count],
  ['Failed', 'failed', (n) => element('span', n ? { className: 'bad' } : {}, count(n))],
  ['p50', 'p50Ms', duration],
  ['p99', 'p99Ms', duration],
  ['Per second', 'throughput', short],
  ['Last', 'last', time],
];
const SHOWN = 500; // rows

/** The tests whose name has a text in it, in an order. */
function arranged(tests, { field, descending, filter }) {
  const wanted = filter.trim().toLowerCase();
  const value = (test) => (field === 'testId' ? test.testId.toLowerCase() : field === 'last' ? Date.parse(test.last) || 0 : test[field] ?? 0);
  return tests.filter((test) => test.testId.toLowerCase().includes(wanted))
    .sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (descending ? -1 : 1));
}

/** Shows the list of tests in a place. */
export async function showTests(place, { tables, signal }) {
  const order = { field: 'last', descending: true, filter: '' };
  let known = { tests: [], more: false };
  const box = errorBox();
  const status = element('p', { className: 'hint', role: 'status', id: 'status' }, 'Asking …');
  const filter = element('input', {
    type: 'search', id: 'filter', placeholder: 'Filter by name', ariaLabel: 'Filter by name',
    oninput: () => {
      order.filter = filter.value;
      render();
    },
  });
  const body = element('tbody', {});
  const heads = COLUMNS.map(([label, field]) => element('th', { scope: 'col' },
    element('button', { type: 'button', className: 'sort', dataset: { field }, onclick: () => sortBy(field) }, label)));

  function sortBy(field) {
    order.descending = order.field === field ? !order.descending : field !== 'testId';
    order.field = field;
    render();
  }
  function render() {
    const found = arranged(known.tests, order);
    heads.forEach((head, i) => {
      if (COLUMNS[i][1] === order.field) head.setAttribute('aria-sort', order.descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    body.replaceChildren(...found.slice(0, SHOWN).map((test) => element('tr', {}, ...COLUMNS.map(([, field, write], i) =>
      element(i ? 'td' : 'th', i ? {} : { scope: 'row' }, write(test[field]))))));
    const all = known.more ? `the first ${count(known.tests.length)}` : count(known.tests.length);
    say(status, known.tests.length ? `${count(found.length)} of ${all} tests${found.length > SHOWN ? `, ${SHOWN} are shown` : ''}`
      : 'There are no tests yet. Start one, or run `bluerose unit` or `bluerose load`.');
  }
  const load = () => attempt(box, signal, async () => {
    known = await tables.summaries(signal);
    render();
  });

  place.append(
    element('div', { className: 'row between' }, element('h1', {}, 'Tests'),
      element('div', { className: 'row' }, element('button', { type: 'button', id: 'reload', onclick: load }, 'Look again'),
        element('a', { className: 'button primary', href: '#/start' }, 'Start a test'))),
    box,
    element('section', { className: 'card window' }, element('div', { className: 'row' }, filter, status),
      element('div', { className: 'scroll', tabIndex: 0, role: 'group', ariaLabel: 'Tests' },
        element('table', { id: 'tests' }, element('thead', {}, element('tr', {}, ...heads)), body))));
  await load();
}
