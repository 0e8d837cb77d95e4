// What many results come to: how many a second and how long, over time; and how their durations spread.

const MAX_POINTS = 60;
const PER_POINT = 20; // results that a percentile is made of, where there are so few

/**
 * The smallest value that at least so many percent of the values do not pass (the nearest rank).
 * @param {number[]|Float64Array} sorted in ascending order
 * @param {number} percent above 0, to 100
 * @returns {number} 0 without values
 */
export const percentile = (sorted, percent) => (sorted.length ? sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] : 0);

/**
 * A result as the charts need it.
 * @typedef {{started: number, duration: number, passed: boolean}} Sample started in milliseconds since 1970
 */

/**
 * Puts results into equal spans of time, by when each ended.
 * @param {Sample[]} samples
 * @param {number} [weight] how many results one of them stands for
 * @returns {{step: number, points: {at: number, perSecond: number, failedPerSecond: number, p50: number, p90: number, p99: number}[]}}
 * step and at (a span's middle, from the first start on) in seconds, percentiles in milliseconds; spans in which nothing
 * ended have percentiles of NaN
 */
export function overTime(samples, weight = 1) {
  if (!samples.length) return { step: 0, points: [] };
  let first = Infinity;
  let last = -Infinity;
  for (const { started, duration } of samples) {
    first = Math.min(first, started);
    last = Math.max(last, started + duration);
  }
  const count = Math.max(1, Math.min(MAX_POINTS, Math.floor(samples.length / PER_POINT)));
  const step = Math.max((last - first) / 1000, 0.001) / count;
  const spans = Array.from({ length: count }, () => ({ durations: [], failed: 0 }));
  for (const { started, duration, passed } of samples) {
    const span = spans[Math.min(count - 1, Math.floor((started + duration - first) / 1000 / step))];
    span.durations.push(duration);
    if (!passed) span.failed++;
  }
  const points = spans.map(({ durations, failed }, i) => {
    const sorted = Float64Array.from(durations).sort();
    const at = (percent) => (sorted.length ? percentile(sorted, percent) : NaN);
    return {
      at: (i + 0.5) * step, perSecond: (weight * sorted.length) / step, failedPerSecond: (weight * failed) / step,
      p50: at(50), p90: at(90), p99: at(99),
    };
  });
  return { step, points };
}

const SHORTEST = 1; // microseconds: a logarithm has no zero

/**
 * Puts the buckets of one or more histograms into the same bars, whose widths grow as their values do.
 * @param {{from: number, to: number, count: number}[][]} histograms in microseconds
 * @param {number} [most] bars
 * @returns {{from: number, to: number, counts: number[]}[]} bars in milliseconds, one count for each histogram; [] where
 * all are empty
 */
export function bars(histograms, most = 40) {
  const all = histograms.flat();
  if (!all.length) return [];
  const low = Math.log(Math.max(SHORTEST, Math.min(...all.map((b) => b.from))));
  const high = Math.log(Math.max(SHORTEST, Math.max(...all.map((b) => b.to))) + 1);
  const count = Math.max(1, Math.min(most, all.length));
  const edge = (i) => Math.exp(low + ((high - low) * i) / count) / 1000;
  const found = Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1), counts: histograms.map(() => 0) }));
  histograms.forEach((buckets, which) => buckets.forEach(({ from, to, count: n }) => {
    const middle = Math.log(Math.max(SHORTEST, (from + to) / 2));
    const i = Math.floor(((middle - low) / (high - low)) * count);
    found[Math.max(0, Math.min(count - 1, i))].counts[which] += n;
  }));
  return found;
}
