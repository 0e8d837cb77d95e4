import assert from 'node:assert/strict';
import test from 'node:test';
import { line } from '../../public/console/csv.js';
import { count, duration, elapsed, share, short } from '../../public/console/format.js';
import { fault, faultAt, formatted, readable } from '../../public/console/jsontext.js';
import { report } from '../../public/console/report.js';

test('a fault of JSON has its place', () => {
  for (const [text, at] of [
    ['{"a": 1}', -1], [' [1, "x\\u00e9", {"b": [true, null, -0.5e+3]}]\n', -1], ['""', -1],
    ['', 0], ['{"a": x}', 6], ['{"a": 1,}', 8], ['[1 2]', 3], ['{"a" 1}', 5], ['01', 1], ['"a\nb"', 0], ['{} {}', 3], ['[1', 2], ['{"a": "b', 6],
  ]) assert.equal(faultAt(text), at, text);
  assert.deepEqual(fault('{\n  "a": x\n}'), { at: 9, line: 2, column: 8, message: 'This is no JSON: "x" is not expected here (line 2, column 8).' });
  assert.match(fault('{').message, /ends too early \(line 1, column 2\)/);
  assert.equal(faultAt('['.repeat(100_000)) > 0, true);
});

test('faults are where JSON.parse sees them too', () => {
  const seeds = ['{"a":[1,-2.5e3,"x\\n",true,null],"b":{"c":""}}', '[[],{},"\\u12aF"]'];
  for (let i = 0; i < 5000; i++) {
    const chars = [...seeds[i % 2]];
    const at = Math.floor(Math.random() * chars.length);
    chars.splice(at, i % 3, ...['', '"', '{', ']', ',', '0', '\\', '.', '\t', 'e'][i % 10]);
    const text = chars.join('');
    let good = true;
    try {
      JSON.parse(text);
    } catch {
      good = false;
    }
    assert.equal(faultAt(text) < 0, good, text);
  }
});

test('JSON is formatted, and long texts are cut short', () => {
  assert.equal(formatted('{"a":[1]}'), '{\n  "a": [\n    1\n  ]\n}');
  assert.match(readable({ picture: 'A'.repeat(3000) }), /"A{80}… \(3,000 characters\)"/);
});

test('a line of CSV', () => {
  assert.equal(line([1, true, 'a', 'b "c", d', 'e\nf', null, undefined, { g: [1] }]), '1,true,a,"b ""c"", d","e\nf",,,"{""g"":[1]}"\r\n');
  assert.equal(line(['=1+2', '-3', -3, '@x', '"']), `'=1+2,'-3,-3,'@x,""""\r\n`);
});

test('a REPORT line is read', () => {
  const log = 'START RequestId: r Version: 1\nREPORT nothing of note\n'
    .replace('REPORT nothing of note', 'REPORT RequestId: r\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 1024 MB\tMax Memory Used: 55 MB\tInit Duration: 80.10 ms\t');
  assert.deepEqual(report(log), { duration: 12.34, billed: 13, memory: 1024, used: 55, init: 80.1 });
  assert.deepEqual(report('END RequestId: r'), { duration: null, billed: null, memory: null, used: null, init: null });
});

test('numbers for people', () => {
  assert.deepEqual([count(12345.4), short(0.05234), short(NaN), duration(0.5234), duration(48.04), duration(3210), duration(NaN)],
    ['12,345', '0.0523', '–', '0.523 ms', '48 ms', '3.21 s', '–']);
  assert.deepEqual([elapsed(0.42), elapsed(200.4), share(1, 250), share(0, 0)], ['0.42 s', '3:20 min', '0.4 %', '–']);
});
