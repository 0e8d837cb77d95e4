// The three charts of a test, or of two laid over one another: the other one is dashed.

import { element } from '../dom.js';
import { createChart } from './chart.js';
import { count, duration, elapsed, short } from './format.js';
import { bars, overTime } from './series.js';

/**
 * A test as its charts need it.
 * @typedef {{name: string, samples: object[], weight: number, buckets: {from: number, to: number, count: number}[]}} Drawn
 */

const seconds = { label: 'Time', format: elapsed };
const milliseconds = { label: 'Duration', format: duration };

const line = (name, colour, dashed, points, field) => ({ name, colour, dashed, kind: 'line', points: points.map((p) => ({ x: p.at, y: p[field] })) });

/** Makes the charts, which are empty until shown. */
export function createTestCharts() {
  const throughput = createChart({ id: 'throughput', title: 'Results per second', x: seconds, y: { label: 'per second', format: short } });
  const percentiles = createChart({ id: 'percentiles', title: 'Duration over time', x: seconds, y: { label: 'duration', format: duration } });
  const one = createChart({ id: 'histogram', title: 'Spread of durations', x: { ...milliseconds, log: true }, y: { label: 'results', format: count } });
  const two = createChart({ // tests have different numbers of results, so that their parts are compared
    id: 'histograms', title: 'Spread of durations', x: { ...milliseconds, log: true }, y: { label: 'of all results', format: (y) => `${short(y)} %` },
  });
  two.node.hidden = true;

  return {
    node: element('div', { className: 'charts' }, throughput.node, percentiles.node, one.node, two.node),

    /**
     * Draws one test or two.
     * @param {Drawn[]} tests
     */
    show(tests) {
      const both = tests.length > 1;
      const timed = tests.map(({ samples, weight }) => overTime(samples, weight).points);
      const named = (i, what) => (both ? `${what}, ${tests[i].name}` : what);

      const rates = timed.flatMap((points, i) => {
        const lines = [line(named(i, 'All'), 1, i > 0, points, 'perSecond')];
        if (points.some((p) => p.failedPerSecond)) lines.push(line(named(i, 'Failed'), 3, i > 0, points, 'failedPerSecond'));
        return lines;
      });
      const highest = Math.max(0, ...timed.flat().map((p) => p.perSecond));
      throughput.show(rates, `Results that came in per second, over time; at most ${short(highest)}.`);

      const lines = [['p50', 2], ['p90', 1], ['p99', 3]].filter(([field]) => !both || field !== 'p90'); // six lines are too many to tell apart
      const spread = timed.flatMap((points, i) => lines.map(([field, colour]) => line(named(i, field), colour, i > 0, points, field)));
      const slowest = Math.max(0, ...timed.flat().map((p) => p.p99).filter(Number.isFinite));
      percentiles.show(spread, `The 50th, 90th and 99th percentile of the durations, over time; the 99th is at most ${duration(slowest)}.`);

      const shared = bars(tests.map((t) => t.buckets));
      const totals = tests.map((_, i) => shared.reduce((sum, bar) => sum + bar.counts[i], 0));
      const of = (i) => shared.map((bar) => ({ x: bar.from, x2: bar.to, y: both ? (bar.counts[i] / (totals[i] || 1)) * 100 : bar.counts[i] }));
      one.node.hidden = both;
      two.node.hidden = !both;
      (both ? two : one).show(tests.map((t, i) => ({
        name: both ? t.name : 'Results', colour: i ? 3 : 1, dashed: i > 0, kind: i ? 'outline' : 'bars', points: of(i),
      })), `How many results took how long; ${tests.map((t, i) => `${count(totals[i])} of ${t.name}`).join(', ')}.`);
    },
  };
}
