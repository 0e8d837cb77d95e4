import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, formatOfType, FORMATS, inspect, MAX_BYTES, PictureError, resultName, sniff } from '../public/picture.js';

const latin = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const heads = {
  jpeg: '\xff\xd8\xff\xe0', png: '\x89PNG\r\n\x1a\n', webp: 'RIFF\x10\0\0\0WEBPVP8 ', avif: '\0\0\0\x1cftypavif', gif: 'GIF89a',
  tiff: 'II*\0', svg: '<?xml version="1.0"?>\n<svg xmlns="x">', bmp: 'BM6', ico: '\0\0\x01\0\x01', pnm: 'P6\n1 1\n255\n',
};

test('every format is known by its first bytes', () => {
  assert.deepEqual(Object.keys(heads).toSorted(), Object.keys(FORMATS).toSorted());
  for (const [format, head] of Object.entries(heads)) assert.equal(sniff(latin(head)), format);
});

test('an SVG is found behind what XML allows before it', () => {
  for (const head of ['<svg>', '\xef\xbb\xbf <svg width="1">', '<!-- a\nb --><!DOCTYPE svg><s:svg xmlns:s="x">', `<!--${' '.repeat(4000)}--><svg/>`]) {
    assert.equal(sniff(latin(head)), 'svg', head);
  }
});

test('what is no picture is none', () => {
  for (const head of ['', 'hello', '<html><p>', 'svg <svg>', '<svgx>', '<?xml version="1.0"?><rss>', '%PDF-1.7', 'RIFF\0\0\0\0WAVE', 'P9 ', '\0\0\0\x1cftypmp42']) {
    assert.equal(sniff(latin(head)), null, head);
  }
});

test('media types name formats', () => {
  for (const format of Object.keys(FORMATS)) assert.equal(formatOfType(FORMATS[format].type), format);
  assert.equal(formatOfType('IMAGE/PNG; charset=binary'), 'png');
  assert.equal(formatOfType('image/x-portable-pixmap'), 'pnm');
  assert.equal(formatOfType('application/json'), null);
});

test('a file is looked at before it is sent', async () => {
  const good = await inspect(new Blob([latin(heads.gif)], { type: 'image/png' }), 'a.png');
  assert.deepEqual([good.format, good.blob.type, good.name], ['gif', 'image/gif', 'a.png']);
  await assert.rejects(inspect(new Blob([]), 'none.png'), (e) => e instanceof PictureError && /none\.png is empty/.test(e.message));
  await assert.rejects(inspect(new Blob(['hello']), 'a.txt'), /a\.txt is not a picture that the service reads.*JPEG, PNG/);
  await assert.rejects(inspect({ size: MAX_BYTES + 1 }, 'big.png'), /big\.png is too large: 32 MB/);
});

test('sizes and names are for people', () => {
  assert.deepEqual([0, 1023, 1024, 14541, 3198157].map(bytes), ['0 B', '1023 B', '1 kB', '14.2 kB', '3.05 MB']);
  assert.equal(resultName('my.rose.png', 'jpeg'), 'my.rose-bluerose.jpg');
  assert.equal(resultName('.png', 'png'), 'picture-bluerose.png');
});
