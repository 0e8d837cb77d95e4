import assert from 'node:assert/strict';
import test from 'node:test';
import { filterOf, newStep, parse, words, wordsOf } from '../public/chain.js';
import { FILTERS, GROUPS, IDEAS } from '../public/filters.js';

test('every filter stands in a group, once, and uses each of its parameters once', () => {
  assert.equal(new Set(FILTERS.map((f) => f.id)).size, FILTERS.length);
  for (const filter of FILTERS) {
    assert.ok(GROUPS.includes(filter.group), filter.id);
    const used = filter.args.flatMap((word) => [...word.matchAll(/\{(\w+)\}/g)].map((m) => m[1]));
    assert.deepEqual(used.toSorted(), filter.parameters.map((p) => p.name).toSorted(), filter.id);
    for (const p of filter.parameters.filter((q) => q.kind === 'number')) {
      assert.ok(p.min <= Number(p.value) && Number(p.value) <= p.max && p.step > 0, `${filter.id} ${p.name}`);
    }
  }
});

for (const filter of FILTERS) {
  test(`${filter.id} is found again in its own arguments`, () => {
    const step = newStep(filter.id);
    assert.deepEqual(parse(wordsOf(step)), [step]);
    assert.doesNotMatch(wordsOf(step).join(' '), /[{}]|undefined/);
  });
}

test('all filters in one chain are found again', () => {
  const steps = FILTERS.map((f) => newStep(f.id));
  assert.deepEqual(parse(words(steps)), steps);
});

test('values are kept as they were typed', () => {
  assert.deepEqual(parse(['-blur', '0x2.50']), [{ id: 'blur', values: { sigma: '2.50' } }]);
  assert.deepEqual(parse(['-brightness-contrast', '-10x+20']),
    [{ id: 'brightness-contrast', values: { brightness: '-10', contrast: '+20' } }]);
  assert.deepEqual(parse(['-resize', '512x>']), [{ id: 'resize', values: { width: '512', height: '', fit: '>' } }]);
});

test('the longest template wins, and what none explains is raw', () => {
  assert.deepEqual(parse(['-gravity', 'Center', '-crop', '8x8+0+0', '+repage']).map((s) => s.id), ['crop']);
  assert.deepEqual(parse(['-gravity', 'Center', '-negate', '-resize', '50%', '(', '+clone', '-flip', ')', '-fill', 'rgb(1, 2, 3)']), [
    { raw: ['-gravity', 'Center'] }, { id: 'negate', values: {} }, { raw: ['-resize', '50%'] }, { raw: ['('] }, { raw: ['+clone'] },
    { id: 'flip', values: {} }, { raw: [')'] }, { raw: ['-fill', 'rgb(1, 2, 3)'] },
  ]);
  assert.deepEqual(parse(['-blur']), [{ raw: ['-blur'] }]);
});

test('no word is lost or changed on the way', () => {
  const pool = [...FILTERS.flatMap((f) => wordsOf(newStep(f.id))), '-10x20', '(', ')', '', 'rose:', '+0+0', '-gravity', '-', '50%', '-bordercolor'];
  let seed = 11;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 3000; i++) {
    const args = Array.from({ length: random(9) }, () => pool[random(pool.length)]);
    assert.deepEqual(words(parse(args)), args);
  }
});

test('ideas are made of filters of the table', () => {
  for (const idea of IDEAS) assert.ok(parse(idea.args).every((step) => filterOf(step.id)), idea.label);
});
