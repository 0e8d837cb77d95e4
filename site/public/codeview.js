// The tabs that show the call on the page in several languages.

import { byId, element } from './dom.js';
import { SNIPPETS } from './snippets.js';

/**
 * Fills the tabs.
 * @param {(message: string) => void} announce gets what happened to the clipboard
 * @returns {(call: object) => void} shows another call (see snippets.js)
 */
export function createCodeView(announce) {
  const tabs = byId('tabs');
  const panel = byId('snippet');
  let call = null;
  let chosen = SNIPPETS[0];

  const buttons = SNIPPETS.map((snippet) => element('button', {
    type: 'button', role: 'tab', id: `tab-${snippet.id}`, 'aria-controls': 'snippet', onclick: () => choose(snippet),
  }, snippet.label));
  tabs.append(...buttons);

  function render() {
    if (call) panel.firstElementChild.textContent = chosen.text(call);
  }
  function choose(snippet) {
    chosen = snippet;
    buttons.forEach((button, i) => {
      const selected = SNIPPETS[i] === chosen;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', `tab-${chosen.id}`);
    render();
  }
  tabs.addEventListener('keydown', (event) => {
    const at = SNIPPETS.indexOf(chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: SNIPPETS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = (to + SNIPPETS.length) % SNIPPETS.length;
    choose(SNIPPETS[index]);
    buttons[index].focus();
  });
  byId('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(panel.textContent);
      announce(`Copied as ${chosen.label}.`);
    } catch {
      getSelection().selectAllChildren(panel);
      announce('The browser keeps the clipboard closed; the text is selected, press Ctrl+C (or ⌘C).');
    }
  });
  choose(chosen);

  return (next) => {
    call = next;
    render();
  };
}
