import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { join, quote, ShellwordsError, split } from '../public/shellwords.js';

const cases = [
  ['-negate', ['-negate']],
  ['  -blur\t0x2\n-negate ', ['-blur', '0x2', '-negate']],
  ["-fill 'rgb(1, 2, 3)'", ['-fill', 'rgb(1, 2, 3)']],
  ['"a \\"b\\" \\n"', ['a "b" \\n']],
  ["'it'\\''s'", ["it's"]],
  ["'' \"\"", ['', '']],
  ['\\( +clone \\)', ['(', '+clone', ')']],
  ['-fill #fff', ['-fill', '#fff']],
  ['-resize 512x512^ \\\n -strip', ['-resize', '512x512^', '-strip']],
  ['a"b"\'c\'', ['abc']],
  ['', []],
];
for (const [text, want] of cases) {
  test(`split ${JSON.stringify(text)}`, () => assert.deepEqual(split(text), want));
}

for (const text of ["'open", '"open', '"open\\"', 'end\\']) {
  test(`split refuses ${text}`, () => assert.throws(() => split(text), ShellwordsError));
}

const awkward = ['', ' ', "'", '"', '\\', "it's", '$HOME', '`id`', '512x512^', '!', '>', '512x512>', '(', '#fff', 'a\nb', '*?[]', '~',
  'é 🌹', '-10x20', '%[fx:w]', "'\\''", '{}', ';&|', 'a=b', '-'];

test('split reads back what join wrote', () => {
  assert.deepEqual(split(join(awkward)), awkward);
  for (const word of awkward) assert.deepEqual(split(quote(word)), [word]);
});

test('a shell reads back what join wrote', () => {
  const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${join(awkward)}`], { encoding: 'utf8' });
  assert.deepEqual(printed.split('\0').slice(0, -1), awkward);
});

test('random words make the round trip', () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const letters = [...'ab \'"\\\n$`^()#-'];
  for (let i = 0; i < 5000; i++) {
    const words = Array.from({ length: random(4) }, () => Array.from({ length: random(6) }, () => letters[random(letters.length)]).join(''));
    assert.deepEqual(split(join(words)), words);
  }
});
