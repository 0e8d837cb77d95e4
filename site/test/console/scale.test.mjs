import assert from 'node:assert/strict';
import test from 'node:test';
import { logTicks, scale, ticks } from '../../public/console/scale.js';

test('ticks are round and cover the range', () => {
  assert.deepEqual(ticks(0, 97), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(0.3, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(980, 1000), [980, 985, 990, 995, 1000]);
  assert.deepEqual(ticks(0, 0), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0, 0.0007, 3), [0, 0.0005, 0.001]);
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [Math.random() * 10 ** (i % 9), Math.random() * 10 ** (i % 7)].sort((x, y) => x - y);
    const found = ticks(a, b);
    assert.ok(found[0] <= a && found.at(-1) >= b - 1e-9 * b && found.length >= 2 && found.length <= 9, `${a} to ${b}: ${found}`);
  }
});

test('ticks of a logarithm', () => {
  assert.deepEqual(logTicks(0.4, 30), [0.5, 1, 2, 5, 10, 20]);
  assert.deepEqual(logTicks(0.001, 3_600_000, 12), [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000, 100000, 1000000]);
  assert.deepEqual(logTicks(3, 4), []);
});

test('scales map ends to ends', () => {
  const linear = scale([0, 10], [100, 200]);
  assert.deepEqual([0, 5, 10].map(linear), [100, 150, 200]);
  const log = scale([1, 100], [0, 10], true);
  assert.deepEqual([1, 10, 100].map((v) => Math.round(log(v))), [0, 5, 10]);
  assert.equal(scale([3, 3], [0, 10])(3), 0);
});
