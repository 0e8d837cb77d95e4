import assert from 'node:assert/strict';
import test from 'node:test';
import { poll } from '../../public/console/poll.js';
import { createReader, MOST } from '../../public/console/reader.js';
import { createTables, plain } from '../../public/console/tables.js';

const PAGE = 1000;

/** A table of one test's iterations that counts what it is asked. */
function fakeTable() {
  const stored = new Map();
  const asked = [];
  return {
    asked,
    put: (...iterations) => iterations.forEach((iteration) => stored.set(iteration, { iteration })),
    drop: (iteration) => stored.delete(iteration),
    async page({ after = null, limit = PAGE, descending = false }) {
      asked.push(after);
      const order = [...stored.keys()].sort((a, b) => (descending ? b - a : a - b)).filter((i) => after === null || (descending ? i < after : i > after));
      const found = order.slice(0, limit);
      return { items: found.map((i) => stored.get(i)), next: found.length === limit ? found.at(-1) : null };
    },
  };
}
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const read = async (update, results, sequence) => (await update({ results, sequence })).samples.map((s) => s.iteration).sort((a, b) => a - b);

test('only what is new is read again, and what comes late is not missed', async () => {
  const table = fakeTable();
  const update = createReader(table.page);
  table.put(...range(0, 5000));
  table.drop(4900);
  assert.equal((await read(update, 4999, '1')).length, 4999);
  table.asked.length = 0;
  assert.equal((await read(update, 4999, '1')).length, 4999);
  assert.deepEqual(table.asked, []); // nothing has changed
  table.put(4900, ...range(5000, 5100));
  assert.deepEqual(await read(update, 5100, '2'), range(0, 5100));
  assert.deepEqual(table.asked, [4899]);
});

test('results that are put anew or deleted are read anew', async () => {
  const table = fakeTable();
  const update = createReader(table.page);
  table.put(...range(0, 100));
  await read(update, 100, '1');
  table.drop(3);
  assert.deepEqual(await read(update, 99, '2'), range(0, 100).filter((i) => i !== 3));
  assert.deepEqual(table.asked, [null, null]);
});

test('one that is very late is found when the test is at rest', async () => {
  const table = fakeTable();
  const update = createReader(table.page);
  table.put(...range(0, 9000));
  table.drop(0);
  table.drop(5);
  await read(update, 8998, '1');
  table.put(0, 5);
  await read(update, 9000, '2');
  assert.deepEqual(await read(update, 9000, '2'), range(0, 9000));
});

test('of too many results a sample is read, evenly', async () => {
  const table = fakeTable();
  const update = createReader(table.page);
  const many = 2 * MOST;
  table.put(...range(1, many + 1));
  const { samples, weight } = await update({ results: many, sequence: '1' });
  assert.equal(samples.length, 10_000);
  assert.equal(weight, 10);
  const half = samples.filter((s) => s.iteration <= MOST).length;
  assert.equal(half, 5000);
  assert.equal(table.asked.length, 202);
});

test('polling slows down, and ends without a change', async () => {
  const waits = [];
  const changes = [true, false, false, true];
  await poll(async () => changes.shift() ?? false, {
    signal: new AbortController().signal, hidden: () => false, wait: async (ms) => { waits.push(Math.round(ms)); }, patience: 60_000,
  });
  assert.deepEqual(waits.slice(0, 6), [500, 800, 1280, 500, 800, 1280]);
  assert.equal(Math.max(...waits), 10_000);
  assert.ok(waits.length < 20);
});

test('polling stops at once when it is called off, and rests while hidden', async () => {
  const controller = new AbortController();
  let looks = 0;
  let waits = 0;
  await poll(async () => { looks++; return true; }, {
    signal: controller.signal, hidden: () => waits < 3, wait: async () => { if (++waits === 5) controller.abort(); },
  });
  assert.deepEqual([looks, waits], [2, 5]);
});

test('DynamoDB’s JSON becomes plain JSON', async () => {
  assert.deepEqual(plain({ M: { a: { L: [{ N: '1.5' }, { S: 'x' }, { NULL: true }, { BOOL: false }] } } }), { a: [1.5, 'x', null, false] });
  const calls = [];
  const tables = createTables({
    dynamo: async (operation, input) => {
      calls.push([operation, input]);
      return { Items: [{ iteration: { N: '7' }, passed: { BOOL: false } }], LastEvaluatedKey: { testId: { S: 't' }, iteration: { N: '7' } } };
    },
  });
  assert.deepEqual(await tables.page('t', { after: 3, failed: true }), { items: [{ iteration: 7, passed: false }], next: 7 });
  assert.equal(calls[0][1].FilterExpression, '#passed = :passed');
  assert.deepEqual(calls[0][1].ExclusiveStartKey, { testId: { S: 't' }, iteration: { N: '3' } });
});

test('a test is deleted in batches, and what was not taken is sent again', async () => {
  const sent = [];
  let pages = 0;
  const tables = createTables({
    dynamo: async (operation, input) => {
      if (operation === 'Query') return { Items: pages++ ? [] : range(0, 30).map((i) => ({ iteration: { N: String(i) } })), LastEvaluatedKey: pages === 1 ? { iteration: { N: '29' } } : undefined };
      sent.push(input.RequestItems.results.length);
      return { UnprocessedItems: sent.length === 1 ? { results: input.RequestItems.results.slice(0, 2) } : {} };
    },
  });
  const progress = [];
  await tables.remove('t', (n) => progress.push(n));
  assert.deepEqual([sent, progress], [[25, 2, 5], [25, 30]]);
});
