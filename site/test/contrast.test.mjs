import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const css = ['style.css', 'console/console.css'].map((name) => readFileSync(new URL(`../public/${name}`, import.meta.url), 'utf8')).join('');
const colours = Object.fromEntries([...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, ...pair]) => [name, pair]));

// WCAG 2.2, relative luminance and contrast ratio.
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

// Text needs 4.5, the edges of controls, the focus ring and the lines of charts 3 (WCAG AA, 1.4.3 and 1.4.11).
const pairs = [
  ...['page', 'card', 'sunk', 'glow'].flatMap((ground) => [['text', ground, 4.5], ['soft', ground, 4.5], ['accent', ground, 4.5],
    ['rose', ground, 3], ['edge', ground, 3]]),
  ['on-accent', 'accent', 4.5], ['text', 'rose-sunk', 4.5], ['soft', 'rose-sunk', 4.5], ['rose', 'card', 4.5], ['rose', 'rose-sunk', 3],
  ...['series-1', 'series-2', 'series-3'].map((series) => [series, 'card', 3]),
];
['light', 'dark'].forEach((scheme, i) => {
  for (const [front, ground, least] of pairs) {
    test(`${scheme}: ${front} on ${ground}`, () => {
      const ratio = contrast(colours[front][i], colours[ground][i]);
      assert.ok(ratio >= least, `${colours[front][i]} on ${colours[ground][i]} is ${ratio.toFixed(2)}, ${least} is needed`);
    });
  }
});
