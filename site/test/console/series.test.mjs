import assert from 'node:assert/strict';
import test from 'node:test';
import { bars, overTime, percentile } from '../../public/console/series.js';

test('percentiles are values of the nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.deepEqual([50, 90, 99, 100, 0.1].map((p) => percentile(values, p)), [100, 180, 198, 200, 1]);
  assert.equal(percentile([7], 99), 7);
  assert.equal(percentile([], 50), 0);
});

test('every result counts once over time', () => {
  const samples = Array.from({ length: 1000 }, (_, i) => ({ started: 5_000 + i * 10, duration: 20 + (i % 7), passed: i % 10 !== 0 }));
  const { step, points } = overTime(samples);
  assert.equal(points.length, 50);
  const total = (of) => points.reduce((sum, point) => sum + point[of] * step, 0);
  assert.ok(Math.abs(total('perSecond') - 1000) < 1e-6 && Math.abs(total('failedPerSecond') - 100) < 1e-6);
  assert.ok(points.every(({ p50, p90, p99 }) => p50 >= 20 && p50 <= p90 && p90 <= p99 && p99 <= 26));
  assert.ok(points[0].at > 0 && points.at(-1).at < 10.02);
  assert.equal(overTime(samples, 3).points[9].perSecond, 3 * points[9].perSecond);
});

test('few results and none have few points and none', () => {
  assert.deepEqual(overTime([]), { step: 0, points: [] });
  const one = overTime([{ started: 1, duration: 0, passed: true }]);
  assert.deepEqual(one.points.map((p) => [p.p50, p.perSecond]), [[0, 1000]]);
  const gap = overTime(Array.from({ length: 400 }, (_, i) => ({ started: i < 200 ? 0 : 9000, duration: 1, passed: true })));
  assert.ok(gap.points.some((p) => Number.isNaN(p.p50) && p.perSecond === 0));
});

test('histograms share their bars, and no count is lost', () => {
  const one = [{ from: 0, to: 0, count: 2 }, { from: 1000, to: 1000, count: 5 }, { from: 249984, to: 250111, count: 1 }];
  const other = [{ from: 3598712832, to: 3600809983, count: 4 }];
  const found = bars([one, other], 4);
  assert.equal(found.length, 4);
  assert.deepEqual([0, 1].map((i) => found.reduce((sum, bar) => sum + bar.counts[i], 0)), [8, 4]);
  found.slice(1).forEach((bar, i) => assert.equal(bar.from, found[i].to));
  assert.ok(found.at(-1).to >= 3600809.983 && found[0].from <= 0.001);
  assert.deepEqual(bars([[], []]), []);
});
