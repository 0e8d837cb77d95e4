// The ways by which a picture comes in: the file chooser, drag and drop, and the clipboard.

import { byId } from './dom.js';

const imageOf = (files) => [...files].find((file) => file.type.startsWith('image/')) ?? files[0];

/**
 * Wires the ways in.
 * @param {(file: File) => void} take gets each picture
 * @param {(message: string) => void} fail gets a sentence when the clipboard cannot be read
 */
export function wireSources(take, fail) {
  const input = byId('file');
  input.addEventListener('change', () => {
    if (input.files.length) take(input.files[0]);
    input.value = ''; // so that the same file can be chosen again
  });
  wireDrop(take);
  document.addEventListener('paste', (event) => {
    const file = imageOf(event.clipboardData?.files ?? []);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  byId('paste').addEventListener('click', async () => {
    try {
      const file = await fromClipboard();
      if (file) take(file);
      else fail('There is no picture in the clipboard; copy one, then paste again.');
    } catch {
      fail('The browser does not let this page read the clipboard; press Ctrl+V (or ⌘V) instead.');
    }
  });
}

async function fromClipboard() {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((t) => t.startsWith('image/'));
    if (type) return new File([await item.getType(type)], 'pasted.png', { type });
  }
  return null;
}

function wireDrop(take) {
  const zone = byId('dropzone');
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0; // dragenter and dragleave come for every element on the way
  const show = (by) => {
    depth = Math.max(0, depth + by);
    zone.hidden = depth === 0;
  };
  addEventListener('dragenter', (event) => carriesFiles(event) && show(1));
  addEventListener('dragleave', (event) => carriesFiles(event) && show(-1));
  addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(0);
    const file = imageOf(event.dataTransfer.files);
    if (file) take(file);
  });
}
