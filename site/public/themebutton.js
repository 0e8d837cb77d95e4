// The button that goes through the themes. theme.js reads what is kept here before the page is painted.

import { element } from './dom.js';

const THEMES = ['system', 'light', 'dark'];

/** Lets a button choose the theme, for this page and those to come. */
export function wireTheme(button) {
  const root = document.documentElement;
  const label = () => button.replaceChildren('Theme', element('span', { className: 'wide' }, `: ${root.dataset.theme ?? 'system'}`));
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'system') + 1) % THEMES.length];
    if (next === 'system') delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem('theme', next);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
    label();
  });
  label();
}
