// Wires the console: who is signed in, and which view the address names.

import { byId, element, say } from '../dom.js';
import { wireTheme } from '../themebutton.js';
import { createAws } from './aws.js';
import { showFunctions } from './functionsview.js';
import { parseRoute } from './route.js';
import { forget, keep, restore, whyInsecure } from './session.js';
import { showStart } from './startview.js';
import { createTables } from './tables.js';
import { showTest } from './testview.js';
import { showTests } from './testsview.js';
import { attempt, errorBox, sentenceOf } from './ui.js';
import { showWindow } from './windowview.js';

const view = byId('view');
const signIn = byId('sign-in');
let context = null; // of who is signed in
let current = null; // what ends when another view is shown

/** Which view a route names: [tab, title, view]. */
function viewOf({ path: [room, name] }) {
  if (room === 'tests') return name ? ['tests', name, showTest] : ['tests', 'Tests', showTests];
  if (room === 'start') return ['start', 'Start a test', showStart];
  return name ? ['functions', name, showWindow] : ['functions', 'Functions', showFunctions];
}

async function show(moveFocus) {
  current?.abort();
  const mine = new AbortController();
  current = mine;
  const route = parseRoute(location.hash);
  const [tab, title, render] = viewOf(route);
  document.title = `${title} – Bluerose console`;
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.hash === `#/${tab}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const place = element('div', { className: 'view' });
  const box = errorBox();
  view.replaceChildren(box, place);
  if (moveFocus) view.focus();
  await attempt(box, mine.signal, () => render(place, { ...context, route, signal: mine.signal }));
  if (!mine.signal.aborted) view.dataset.shown = location.hash;
}

function enter(key) {
  const aws = createAws({ key, base: location.origin });
  context = { aws, tables: createTables(aws), drafts: new Map(), go: (hash) => { location.hash = hash; } };
  byId('nav').hidden = byId('sign-out').hidden = false;
  show(false);
}

function leave() {
  current?.abort();
  forget();
  context = null;
  byId('nav').hidden = byId('sign-out').hidden = true;
  document.title = 'Console – Bluerose';
  delete view.dataset.shown;
  signIn.reset();
  signIn.hidden = false;
  view.replaceChildren(signIn);
  const insecure = whyInsecure({ secure: Boolean(globalThis.crypto?.subtle), host: location.hostname, port: location.port });
  say(byId('insecure'), insecure);
  byId('sign-in-button').disabled = Boolean(insecure);
  if (!insecure) byId('key-id').focus();
}

signIn.addEventListener('submit', async (event) => {
  event.preventDefault();
  const key = { id: byId('key-id').value.trim(), secret: byId('secret').value.trim() };
  const button = byId('sign-in-button');
  say(byId('sign-in-error'), '');
  button.disabled = true;
  try {
    await createAws({ key, base: location.origin }).functions();
    keep(key);
    enter(key);
  } catch (error) {
    say(byId('sign-in-error'), sentenceOf(error));
  }
  button.disabled = false;
});
byId('sign-out').addEventListener('click', leave);
byId('skip').addEventListener('click', (event) => {
  event.preventDefault(); // the address names the view
  view.focus();
});
addEventListener('hashchange', () => { if (context) show(true); });
wireTheme(byId('theme'));
const kept = restore();
if (kept && globalThis.crypto?.subtle) enter(kept);
else leave();
