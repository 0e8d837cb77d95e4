import assert from 'node:assert/strict';
import test from 'node:test';
import { baseURL, createClient, imagesURL, ServiceError } from '../public/api.js';

const page = { search: '', origin: 'https://page.example' };

test('the base URL is the address, the setting or the origin', () => {
  assert.equal(baseURL(page, ''), 'https://page.example');
  assert.equal(baseURL(page, 'https://set.example/'), 'https://set.example');
  assert.equal(baseURL({ ...page, search: '?api=https://chosen.example:8443/x/' }, 'https://set.example'), 'https://chosen.example:8443/x');
  for (const bad of ['nonsense', 'javascript:alert(1)', 'ftp://x.example']) {
    assert.throws(() => baseURL({ ...page, search: `?api=${encodeURIComponent(bad)}` }, ''), ServiceError);
  }
});

test('arguments travel quoted and encoded', () => {
  assert.equal(imagesURL('https://a.example', ['-resize', '512x', '-negate'], 'webp'),
    'https://a.example/prod/images?args=-resize+512x+-negate&output=webp');
  assert.equal(imagesURL('https://a.example', [], ''), 'https://a.example/prod/images');
  const url = new URL(imagesURL('https://a.example', ['+repage', 'rgb(1, 2)', '50%'], ''));
  assert.equal(url.searchParams.get('args'), "+repage 'rgb(1, 2)' 50%");
});

function clientOf(answer, means = {}) {
  const calls = [];
  const client = createClient('https://a.example', {
    fetch: async (url, init) => {
      calls.push({ url, init });
      return typeof answer === 'function' ? answer(init) : answer;
    },
    online: () => true, now: () => 5, ...means,
  });
  return { client, calls };
}
const blob = new Blob(['x'], { type: 'image/png' });
const job = { blob, args: ['-negate'], output: '' };

test('convert sends bytes and gives bytes', async () => {
  let time = 0;
  const { client, calls } = clientOf(new Response('yy', { headers: { 'content-type': 'image/webp', 'x-amzn-requestid': 'r-1' } }),
    { now: () => (time += 12) });
  const result = await client.convert(job);
  assert.equal(await result.blob.text(), 'yy');
  assert.deepEqual([result.blob.type, result.requestId, result.milliseconds], ['image/webp', 'r-1', 12]);
  assert.equal(calls[0].url, 'https://a.example/prod/images?args=-negate&outputs=first');
  assert.equal(calls[0].init.headers['Content-Type'], 'image/png');
  assert.equal(calls[0].init.credentials, 'omit');
});

test('the sample comes as base64 in JSON', async () => {
  const { client, calls } = clientOf(Response.json(btoa('\x89PNG')));
  const rose = await client.sample();
  assert.deepEqual([...new Uint8Array(await rose.arrayBuffer())], [0x89, 0x50, 0x4e, 0x47]);
  assert.deepEqual(JSON.parse(calls[0].init.body), { operation: 'getSample', outputExtension: 'png' });
});

const failures = [
  [422, '{"errorMessage":"The picture is broken; send another.","errorType":"InvalidImage"}', /^The picture is broken; send another\.$/, 'InvalidImage'],
  [403, '{"message":"Forbidden"}', /^Forbidden$/, ''],
  [502, '<html>Bad Gateway</html>', /try again in a moment/, ''],
  [418, '', /makes no sense/, ''],
];
for (const [status, body, message, type] of failures) {
  test(`status ${status} is said in words`, async () => {
    const { client } = clientOf(new Response(body, { status, headers: { 'x-amzn-requestid': 'r-2' } }));
    await assert.rejects(client.convert(job), (e) => {
      assert.ok(e instanceof ServiceError);
      assert.match(e.message, message);
      assert.deepEqual([e.type, e.status, e.requestId], [type, status, 'r-2']);
      return true;
    });
  });
}

test('no answer at all is said in words', async () => {
  const down = () => { throw new TypeError('Failed to fetch'); };
  await assert.rejects(clientOf(down).client.convert(job), /a\.example cannot be reached/);
  await assert.rejects(clientOf(down, { online: () => false }).client.convert(job), /You are offline/);
});

test('a cancelled call stays a cancellation', async () => {
  const { client } = clientOf((init) => new Promise((_, reject) => {
    init.signal.addEventListener('abort', () => reject(init.signal.reason));
  }));
  const controller = new AbortController();
  const call = client.convert({ ...job, signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
});
