// Before and after, side by side or under a slider.

import { byId, say } from './dom.js';

const compare = byId('compare');

// A browser cannot show every format that the service can write.
function load(blob) {
  const url = URL.createObjectURL(blob);
  return new Promise((done) => {
    const probe = new Image();
    probe.onload = () => done({ url, width: probe.naturalWidth, height: probe.naturalHeight });
    probe.onerror = () => {
      URL.revokeObjectURL(url);
      done({ url: '', width: 0, height: 0 });
    };
    probe.src = url;
  });
}

/**
 * Shows a picture in one of the two places.
 * @param {'before'|'after'} place
 * @param {Blob} blob
 * @param {{alt: string, unseen: string}} words for those who cannot see it, and for a format that cannot be shown
 * @returns {Promise<{width: number, height: number}>} in pixels; 0 where the browser cannot show the picture
 */
export async function show(place, blob, { alt, unseen }) {
  const image = byId(place);
  const { url, width, height } = await load(blob);
  if (image.src) URL.revokeObjectURL(image.src);
  image.hidden = !url;
  say(byId(`${place}-figure`).querySelector('.unseen'), url ? '' : unseen);
  if (url) {
    image.src = url;
    await image.decode().catch(() => {});
    image.alt = alt;
    // A small picture is shown larger, so that it can be seen, but not so large that it is only blocks.
    image.style.setProperty('--width', `${Math.min(width * 12, 4096)}px`);
    // Both frames take the shape of the picture before, within what fits a page.
    if (place === 'before') compare.style.setProperty('--ratio', String(Math.min(2.4, Math.max(0.8, width / height))));
  } else {
    image.removeAttribute('src');
  }
  return { width, height };
}

/** Takes the picture after away, when it no longer belongs to the one before. */
export function clearAfter() {
  const image = byId('after');
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute('src');
  image.hidden = true;
  say(byId('after-figure').querySelector('.unseen'), '');
}

/** Says whether a result is on its way. */
export const busy = (yes) => compare.setAttribute('aria-busy', String(yes));

/** Says whether the picture after belongs to an older call than the arguments on the page. */
export const stale = (yes) => compare.toggleAttribute('data-stale', yes);

/** Makes the choice of view and the slider work. */
export function wireCompare() {
  const views = [...document.querySelectorAll('input[name="view"]')];
  const choose = () => { compare.dataset.view = views.find((view) => view.checked).value; };
  // Two pictures beside each other are too small to see on a phone.
  if (matchMedia('(max-width: 40rem)').matches) views.find((view) => view.value === 'slider').checked = true;
  views.forEach((view) => view.addEventListener('change', choose));
  choose();
  const wipe = byId('wipe');
  const move = () => compare.style.setProperty('--wipe', `${wipe.value}%`);
  wipe.addEventListener('input', move);
  move();
  const drag = (event) => {
    if (compare.dataset.view !== 'slider' || event.buttons !== 1) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    wipe.value = String(((event.clientX - left) / width) * 100);
    move();
  };
  document.querySelectorAll('.frame').forEach((frame) => {
    frame.addEventListener('pointerdown', drag);
    frame.addEventListener('pointermove', drag);
    frame.addEventListener('dragstart', (event) => event.preventDefault());
  });
}
