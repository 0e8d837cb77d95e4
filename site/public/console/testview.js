// One test while it runs and after, alone or with another one laid over it.

import { element, say } from '../dom.js';
import { exported } from './exporting.js';
import { createFailures } from './failures.js';
import { count, duration, share, short, time } from './format.js';
import { decode } from './hdr.js';
import { poll } from './poll.js';
import { createReader, MOST } from './reader.js';
import { routeTo } from './route.js';
import { createTestCharts } from './testcharts.js';
import { attempt, errorBox, facts, save, table } from './ui.js';

const RESAMPLE_MS = 10_000; // a sample of many results is not read more often than this
const PATIENCE_MS = 120_000; // in which nothing comes of what was expected
const LONG_OVER_MS = 360_000; // since the last result; more than two clocks may differ by, or else no call would be good

// What a summary says: [label, field, how it is written].
const FIGURES = [
  ['Results', 'results', count], ['Passed', 'passed', count], ['Failed', 'failed', count], ['Per second', 'throughput', short],
  ['p50', 'p50Ms', duration], ['p90', 'p90Ms', duration], ['p99', 'p99Ms', duration], ['Longest', 'maxMs', duration], ['Cold starts', 'coldStarts', count],
];

/** How much a figure differs from another, as a part of the other. */
function difference(mine, other) {
  if (mine === other) return 'the same';
  if (!other) return '–';
  const percent = (mine / other - 1) * 100;
  return `${percent > 0 ? '+' : '−'}${short(Math.abs(percent))} %`;
}

function compared(name, heads, rows) {
  const node = table(name, heads, rows);
  node.classList.add('compared');
  return node;
}

function numbers(summary, other, names) {
  if (!other) return facts(FIGURES.map(([label, field, write]) => [label, write(summary[field])]));
  return compared('Both tests in numbers', ['', ...names, 'Difference'], FIGURES.map(([label, field, write]) =>
    [label, write(summary[field]), write(other[field]), difference(summary[field], other[field])]));
}

function errorKinds(summaries, names) {
  const sum = (kind) => summaries.reduce((n, { errors }) => n + (errors?.[kind] ?? 0), 0);
  const kinds = [...new Set(summaries.flatMap(({ errors }) => Object.keys(errors ?? {})))].sort((a, b) => sum(b) - sum(a));
  if (!kinds.length) return element('p', { className: 'hint' }, 'Every result has passed.');
  return compared('Errors by kind', ['Error', ...names], kinds.map((kind) =>
    [kind, ...summaries.map(({ errors, results }) => `${count(errors?.[kind] ?? 0)} (${share(errors?.[kind] ?? 0, results)})`)]));
}

/** Follows one test: its summary, and what the charts need of its results. */
function follow(testId, tables, signal) {
  const update = createReader((what) => tables.samples(testId, what, signal));
  let summary = null;
  let drawn = null;
  let sampled = -Infinity;
  return {
    /** Looks again. Tells whether something has changed. */
    async look(progress) {
      const next = await tables.summary(testId, signal);
      const changed = next?.sequence !== summary?.sequence;
      summary = next;
      if (!next) {
        drawn = null;
        return changed;
      }
      const many = next.results > MOST;
      if (!many || performance.now() - sampled > RESAMPLE_MS || !drawn) {
        const { samples, weight } = await update(next, signal, progress);
        drawn = { name: testId, samples, weight };
        sampled = performance.now();
      }
      drawn.buckets = await decode(next.histogram);
      return changed;
    },
    get summary() { return summary; },
    get drawn() { return drawn; },
  };
}

/** Shows a test in a place. */
export async function showTest(place, { tables, route, signal, go }) {
  const [, testId] = route.path;
  const other = route.query.get('with') ?? '';
  const expected = Math.max(0, Number(route.query.get('of')) || 0);
  const mine = follow(testId, tables, signal);
  const second = other ? follow(other, tables, signal) : null;

  const box = errorBox();
  const state = element('p', { id: 'status', role: 'status' }, 'Asking …');
  const bar = element('progress', { id: 'progress', max: expected || 1, value: 0, hidden: !expected, ariaLabel: 'Results that have come in' });
  const figures = element('div', { id: 'figures' });
  const errors = element('div', { id: 'errors' });
  const sampleNote = element('p', { className: 'notice', hidden: true });
  const charts = createTestCharts();
  const again = element('button', { type: 'button', id: 'again', hidden: true, onclick: () => watch() }, 'Look again');
  const compare = element('select', { id: 'compare', onchange: () => go(routeTo(['tests', testId], { of: expected || '', with: compare.value })) },
    element('option', { value: '' }, 'No other test'));

  function render(running) {
    const { summary } = mine;
    place.dataset.state = !summary ? 'waiting' : running ? 'running' : 'finished';
    if (!summary) {
      say(state, running ? 'No results yet. They show here as they come in.'
        : 'There are no results of this test. If you have just started it, send its event in the test window of harness: the answer says why it failed.');
      return;
    }
    bar.value = summary.results;
    const of = expected ? ` of ${count(expected)}` : '';
    say(state, running ? `${expected ? 'Running' : 'Watching'}: ${count(summary.results)}${of} results so far.`
      : `${count(summary.results)}${of} results, the last one ${time(summary.last)}.`);
    figures.replaceChildren(numbers(summary, second?.summary, [testId, other]));
    const both = second?.summary ? [testId, other] : ['Results'];
    errors.replaceChildren(errorKinds([summary, second?.summary].filter(Boolean), both));
    const drawn = [mine.drawn, second?.drawn].filter(Boolean);
    const sampled = drawn.filter((d) => d.weight > 1);
    say(sampleNote, sampled.map((d) => `${d.name} has more than ${count(MOST)} results: its two charts over time are made of `
      + `${count(d.samples.length)} of them, evenly. All other figures count every result.`).join(' '));
    charts.show(drawn);
  }

  const complete = () => Boolean(mine.summary && expected && mine.summary.results >= expected);
  const longOver = () => Boolean(mine.summary) && Date.now() - Date.parse(mine.summary.last) > LONG_OVER_MS;
  const progress = (read) => { if (read >= 2000) say(state, `Reading ${count(read)} results …`); };

  /** Follows the test until it has all its results, or none have come for a while. */
  const watch = () => attempt(box, signal, async () => {
    again.hidden = true;
    const stop = new AbortController();
    if (second) await second.look(progress);
    await poll(async () => {
      const changed = await mine.look(progress);
      if (complete() || longOver()) stop.abort();
      else if (changed || !mine.summary) render(true);
      return changed;
    }, { signal: AbortSignal.any([signal, stop.signal]), patience: expected ? PATIENCE_MS : PATIENCE_MS / 8 });
    if (signal.aborted) return;
    render(false);
    again.hidden = false;
  });

  const exportButton = (format) => element('button', { type: 'button', id: `export-${format}`, onclick: ({ target }) => attempt(box, signal, async () => {
    target.disabled = true;
    try {
      const { blob, written, more } = await exported((what) => tables.page(testId, what, signal), format, (n) => say(state, `Exporting ${count(n)} results …`));
      save(blob, `${testId.replace(/[^\w.-]/g, '_')}.${format}`);
      say(state, more ? `The first ${count(written)} results are exported; a file holds no more.` : `${count(written)} results are exported.`);
    } finally {
      target.disabled = false;
    }
  }) }, `Export ${format.toUpperCase()}`);

  const dialog = element('dialog', { id: 'delete-dialog', ariaLabel: 'Delete the test' },
    element('p', {}, `Delete all results of ${testId}? This cannot be undone.`),
    element('div', { className: 'row' },
      element('button', { type: 'button', id: 'delete-no', onclick: () => dialog.close() }, 'Keep them'),
      element('button', { type: 'button', id: 'delete-yes', className: 'danger', onclick: () => remove() }, 'Delete')));
  const remove = () => attempt(box, signal, async () => {
    dialog.close();
    await tables.remove(testId, (n) => say(state, `Deleted ${count(n)} results …`), signal);
    await poll(async () => {
      if (await tables.summary(testId, signal)) return false;
      go('#/tests');
      return true;
    }, { signal, patience: 30_000 });
  });

  place.append(
    element('nav', { className: 'fine', ariaLabel: 'Where this is' }, element('a', { href: '#/tests' }, 'Tests'), ' / '),
    element('div', { className: 'row between' }, element('h1', { className: 'name' }, testId),
      element('div', { className: 'row' }, exportButton('csv'), exportButton('json'),
        element('button', { type: 'button', id: 'delete', className: 'danger', onclick: () => dialog.showModal() }, 'Delete'))),
    box, dialog,
    element('section', { className: 'card window', ariaLabel: 'Figures' }, element('div', { className: 'row between' }, state, again), bar, figures,
      element('div', { className: 'row' }, element('label', { htmlFor: 'compare' }, 'Lay over it'), compare)),
    sampleNote, charts.node,
    element('section', { className: 'card window' }, element('h2', {}, 'Errors'), errors),
    createFailures(testId, tables, signal));

  const { tests } = await tables.summaries(signal);
  const names = tests.map((t) => t.testId).filter((name) => name !== testId).sort();
  compare.append(...names.map((name) => element('option', { value: name, selected: name === other }, name)));
  watch(); // it goes on while the view is shown
}
