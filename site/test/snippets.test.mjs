import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { curl, goProgram, javascript, SNIPPETS } from '../public/snippets.js';
import { split } from '../public/shellwords.js';

const call = {
  base: 'http://127.0.0.1:8080', args: ['-fill', "it's \"red\" \\", '-resize', '512x>'], output: 'webp', name: "my rose's.png",
  type: 'image/png', result: 'my rose-bluerose.webp',
};
const query = "-fill 'it'\\''s \"red\" \\' -resize '512x>'";

test('curl survives a shell', () => {
  const words = split(curl(call));
  assert.equal(words[0], 'curl');
  assert.equal(new URL(words[2]).searchParams.get('args'), query);
  assert.ok(words.includes("@my rose's.png") && words.includes('Content-Type: image/png') && words.includes(call.result));
  const seen = execFileSync('/bin/sh', ['-c', curl(call).replace(/^curl/, "printf '%s\\0'")], { encoding: 'utf8' });
  assert.deepEqual(seen.split('\0').slice(0, -1), words.slice(1));
});

// Runs the JavaScript of the tab with its imports and globals replaced.
async function runJavaScript(text, response) {
  const seen = {};
  const body = text.replace(/^import.*$/m, '');
  const run = new Function('readFile', 'writeFile', 'fetch', `return (async () => {${body}})()`);
  await run(async (name) => { seen.read = name; return 'bytes'; }, async (name, data) => { seen.wrote = [name, String(data)]; },
    async (url, init) => { Object.assign(seen, { url: new URL(url), init }); return response; });
  return seen;
}

test('the JavaScript makes the call', async () => {
  const seen = await runJavaScript(javascript(call), new Response('result'));
  assert.equal(seen.url.searchParams.get('args'), query);
  assert.equal(seen.url.searchParams.get('output'), 'webp');
  assert.deepEqual([seen.init.method, seen.init.headers['Content-Type'], seen.read], ['POST', 'image/png', "my rose's.png"]);
  assert.deepEqual(seen.wrote, [call.result, 'result']);
});

test('the JavaScript says what went wrong', async () => {
  await assert.rejects(runJavaScript(javascript(call), Response.json({ errorMessage: 'No.' }, { status: 422 })), /No\./);
});

test('what is not asked for is not in the text', () => {
  for (const { text } of SNIPPETS) assert.doesNotMatch(text({ ...call, args: [], output: '' }), /args=|"args"|args:|output=|"output"|output:/);
});

test('the Go text names the call', () => {
  assert.ok(goProgram(call).includes(JSON.stringify(query)));
});
