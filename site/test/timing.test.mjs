import assert from 'node:assert/strict';
import test from 'node:test';
import { debounce, latest } from '../public/timing.js';

test('a newer run cancels the one in flight', async () => {
  const signals = [];
  const ends = [];
  const work = latest((signal, name) => {
    signals.push(signal);
    return new Promise((resolve, reject) => ends.push({ resolve: () => resolve(name), reject }));
  });
  const [first, second, third] = [work.run('a'), work.run('b'), work.run('c')];
  assert.deepEqual(signals.map((s) => s.aborted), [true, true, false]);
  ends[2].resolve();
  ends[0].resolve();
  ends[1].reject(new Error('aborted'));
  assert.deepEqual(await Promise.all([first, second, third]), [undefined, undefined, 'c']);
});

test('an error of the newest run comes out, and cancel hushes it', async () => {
  let reject;
  const work = latest(() => new Promise((_, r) => { reject = r; }));
  const failing = work.run();
  reject(new Error('no'));
  await assert.rejects(failing, /no/);
  const hushed = work.run();
  work.cancel();
  reject(new Error('late'));
  assert.equal(await hushed, undefined);
});

test('debounce runs once after the last call, or now', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  const work = debounce(() => runs++, 250);
  work.later();
  t.mock.timers.tick(249);
  work.later();
  t.mock.timers.tick(249);
  assert.equal(runs, 0);
  t.mock.timers.tick(1);
  assert.equal(runs, 1);
  work.later();
  work.now();
  assert.equal(runs, 2);
  work.later();
  work.cancel();
  t.mock.timers.tick(1000);
  assert.equal(runs, 2);
});
