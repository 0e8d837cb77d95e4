import assert from 'node:assert/strict';
import test from 'node:test';
import { decode } from '../../public/console/hdr.js';

// Made by hdrhistogram-go of these microseconds: 0 1 500 1000 1000 2047 2048 12345 12345 12346 250000, and twice an hour,
// which is the most.
const recorded = 'HISTFAAAADt42pJpmSzMwMAgxgABzFCaEURcm7yEwf4DRICJ6TE701N2ltUCTEzdGmwb3ZgW32FkAQQAAP//+NMKcg==';

test('a histogram of Go is read', async () => {
  assert.deepEqual((await decode(recorded)).map(({ from, to, count }) => [from, to, count]), [
    [0, 0, 1], [1, 1, 1], [500, 500, 1], [1000, 1000, 2], [2047, 2047, 1], [2048, 2049, 1], [12344, 12351, 3], [249984, 250111, 1],
    [3598712832, 3600809983, 2],
  ]);
});

test('an empty histogram is empty', async () => {
  assert.deepEqual(await decode('HISTFAAAACN42pJpmSzMwMDAyAABzFAazL82eQmD/QeoCCAAAP//VYMEiA=='), []);
  assert.deepEqual(await decode(''), []);
});

test('what is no histogram is refused', async () => {
  for (const text of ['?', 'AAAA', btoa('nothing of the kind'), recorded.slice(0, 40)]) await assert.rejects(decode(text));
});
