import assert from 'node:assert/strict';
import test from 'node:test';
import { exported, MOST } from '../../public/console/exporting.js';
import { base64, picturesIn } from '../../public/console/pictures.js';
import { parseRoute, routeTo } from '../../public/console/route.js';
import { samplesOf, withPicture } from '../../public/console/samples.js';
import { whyInsecure } from '../../public/console/session.js';
import { whyNot } from '../../public/console/startview.js';

test('addresses lead back to what they were made of', () => {
  const hash = routeTo(['tests', 'a/b?c #1%'], { of: 500, with: '', x: null });
  assert.equal(hash, '#/tests/a%2Fb%3Fc%20%231%25?of=500');
  const { path, query } = parseRoute(hash);
  assert.deepEqual([path, query.get('of'), query.get('with')], [['tests', 'a/b?c #1%'], '500', null]);
  assert.deepEqual(parseRoute('').path, []);
  assert.deepEqual(parseRoute('#/tests/%zz').path, ['tests', '%zz']);
});

test('pictures are found in answers, and only pictures', () => {
  const png = base64(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...new Array(60).fill(7)]));
  assert.deepEqual(picturesIn(png).map(({ format, bytes }) => [format, bytes.length]), [['png', 68]]);
  assert.equal(picturesIn({ result: { a: [png, png], b: 'text' } }).length, 2);
  assert.equal(picturesIn(Array(20).fill(png)).length, 8);
  for (const none of ['pong', null, 7, 'a'.repeat(200), `${png}!`, { errorMessage: 'no' }]) assert.deepEqual(picturesIn(none), []);
});

test('base64 of many bytes', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  assert.equal(base64(bytes), Buffer.from(bytes).toString('base64'));
});

test('a picture goes into the innermost event', () => {
  assert.deepEqual(withPicture({ operation: 'convert' }, 'x'), { operation: 'convert', base64Image: 'x' });
  assert.deepEqual(withPicture({ operation: 'load', event: { operation: 'unit', event: { operation: 'ping' } } }, 'x'),
    { operation: 'load', event: { operation: 'unit', event: { operation: 'ping', base64Image: 'x' } } });
  assert.deepEqual(withPicture([], 'x'), { base64Image: 'x' });
});

test('there are samples of all seven operations, and for any function', () => {
  const operations = new Set(samplesOf('image').map(({ event }) => event.operation));
  assert.deepEqual([...operations].sort(), ['convert', 'getDimensions', 'getSample', 'identify', 'ping', 'resize', 'thumbnail']);
  assert.deepEqual(samplesOf('unknown'), [{ name: 'empty', event: {} }]);
});

test('a plain-HTTP page of another machine says what to do', () => {
  assert.equal(whyInsecure({ secure: true, host: 'box', port: '8080' }), '');
  assert.match(whyInsecure({ secure: false, host: 'box', port: '8080' }), /ssh -L 8080:127\.0\.0\.1:8080 box, and open http:\/\/127\.0\.0\.1:8080\/console\//);
});

test('a load is looked at before it is sent', () => {
  const load = { testId: 't', event: '{}', iterations: 10, rate: 0 };
  assert.equal(whyNot(load, 900), '');
  for (const [change, says] of [
    [{ event: '{' }, /no JSON/], [{ event: '7' }, /JSON object/], [{ event: `{"a":"${'x'.repeat(1_000_001)}"}` }, /too large/],
    [{ testId: ' ' }, /name/], [{ testId: 'ü'.repeat(129) }, /256 bytes/], [{ iterations: 0 }, /Iterations/], [{ iterations: 1.5 }, /Iterations/],
    [{ iterations: 1e9 }, /Iterations/], [{ rate: NaN }, /rate/], [{ iterations: 10_000, rate: 5 }, /take 2,000 s/],
  ]) assert.match(whyNot({ ...load, ...change }, 900), says);
});

test('an export has a bound, and says so', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => ({ testId: 't', iteration: i, passed: true, result: { a: 1 } }));
  const seen = [];
  const { blob, written, more } = await exported(async ({ after }) => ({ items, next: (after ?? 0) + 1 }), 'json', (n) => seen.push(n));
  assert.deepEqual([written, more, seen.length, JSON.parse(await blob.text()).length], [MOST, true, MOST / 1000, MOST]);
  const small = await exported(async () => ({ items: items.slice(0, 1), next: null }), 'csv', () => {});
  assert.equal(await small.blob.text(), 'testId,iteration,passed,errorKind,reason,started,durationMs,billedMs,memoryMb,coldStart,function,version,region,result\r\n'
    + 't,0,true,,,,,,,,,,,"{""a"":1}"\r\n');
});
