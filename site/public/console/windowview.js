// The test window: one event for one version of a function, and what comes back.

import { element, say } from '../dom.js';
import { bytes, inspect, PictureError } from '../picture.js';
import { debounce } from '../timing.js';
import { fault, formatted } from './jsontext.js';
import { base64 } from './pictures.js';
import { showResult } from './resultview.js';
import { routeTo } from './route.js';
import { samplesOf, withPicture } from './samples.js';
import { attempt, errorBox, sentenceOf } from './ui.js';

const PAUSE_MS = 250; // between the last key and the look at the event
const MAX_EVENT = 6 * 1024 * 1024; // bytes that Lambda takes
const MAX_PICTURE = 4_500_000; // bytes that fit into such an event as base64

/** The choices of a version: $LATEST, the aliases and the published ones. */
function qualifiers(versions, aliases, chosen) {
  const published = versions.map((v) => v.Version).filter((v) => v !== '$LATEST').reverse();
  const names = [['', '$LATEST'], ...aliases.map((a) => [a.Name, `${a.Name} (alias)`]), ...published.map((v) => [v, `Version ${v}`])];
  return names.map(([value, label]) => element('option', { value, selected: value === chosen }, label));
}

/** Shows the test window of a function in a place. */
export async function showWindow(place, { aws, drafts, route, signal }) {
  let name = route.path[1];
  let flight = null; // ends the call that is under way

  const functionChoice = element('select', { id: 'function', onchange: () => choose(functionChoice.value, '') });
  const qualifierChoice = element('select', { id: 'qualifier', onchange: () => remember() });
  const samples = element('div', { id: 'samples', className: 'chips', role: 'group', ariaLabel: 'Begin with a sample' });
  const editor = element('textarea', {
    id: 'event', rows: 12, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', 'aria-describedby': 'event-error event-help',
    oninput: () => look.later(),
  });
  const editorError = element('p', { id: 'event-error', className: 'field-error', role: 'alert', hidden: true });
  const file = element('input', { type: 'file', id: 'picture', accept: 'image/*', hidden: true, onchange: () => insert() });
  const later = element('input', { type: 'checkbox', id: 'later' });
  const send = element('button', { type: 'submit', id: 'send', className: 'primary' }, 'Send');
  const cancel = element('button', { type: 'button', id: 'cancel', hidden: true, onclick: () => flight?.abort() }, 'Cancel');
  const box = errorBox();
  const status = element('p', { id: 'status', role: 'status' }, 'Nothing has been sent yet.');
  const result = element('div', { id: 'result', className: 'view' });
  const look = debounce(check, PAUSE_MS);

  function check() {
    drafts.set(name, editor.value);
    const wrong = fault(editor.value);
    const size = new Blob([editor.value]).size;
    const tooLarge = size > MAX_EVENT ? `The event has ${bytes(size)}, and a function takes ${bytes(MAX_EVENT)} at most.` : '';
    say(editorError, wrong?.message ?? tooLarge);
    editor.setAttribute('aria-invalid', String(Boolean(wrong || tooLarge)));
    return wrong || tooLarge;
  }
  function write(event) {
    editor.value = JSON.stringify(event, null, 2);
    look.now();
  }
  function format() {
    const wrong = check();
    if (!wrong) {
      editor.value = formatted(editor.value);
    } else if (wrong.at !== undefined) {
      editor.focus();
      editor.setSelectionRange(wrong.at, wrong.at + 1);
    }
  }

  /** Puts the chosen file into the event. */
  const insert = () => attempt(box, signal, async () => {
    const [chosen] = file.files;
    file.value = '';
    if (!chosen || check()) return;
    try {
      const { blob } = await inspect(chosen, chosen.name);
      if (blob.size > MAX_PICTURE) {
        throw new PictureError(`${chosen.name} is too large: ${bytes(blob.size)}, and ${bytes(MAX_PICTURE)} fit into an event. Choose a smaller one.`);
      }
      write(withPicture(JSON.parse(editor.value), base64(new Uint8Array(await blob.arrayBuffer()))));
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      say(box, error.message);
    }
  });

  /** Writes a sample; the service itself has the picture that some need. */
  const begin = (sample) => attempt(box, signal, async () => {
    if (!sample.picture) {
      write(sample.event);
      return;
    }
    const { text } = await aws.invoke({ name: 'image', event: '{"operation":"getSample"}', signal });
    write(withPicture(sample.event, JSON.parse(text)));
  });

  async function run(event) {
    event.preventDefault();
    if (flight || check()) {
      if (!flight) editor.focus();
      return;
    }
    const mine = new AbortController();
    flight = mine;
    signal.addEventListener('abort', () => mine.abort(), { once: true });
    cancel.hidden = false;
    send.disabled = true;
    place.dataset.busy = 'true';
    say(box, '');
    result.replaceChildren();
    say(status, 'Waiting for the answer … Esc cancels.');
    const began = performance.now();
    try {
      const wait = !later.checked;
      const answer = await aws.invoke({ name, qualifier: qualifierChoice.value, event: editor.value, wait, signal: mine.signal });
      say(status, wait ? '' : `Accepted: the event waits in the queue, and its function runs it. Request ${answer.requestId}`);
      if (wait) await showResult(result, answer, { round: performance.now() - began, name, signal });
      const section = result.parentElement;
      if (section.getBoundingClientRect().top > innerHeight / 2) section.scrollIntoView(); // on a phone it is below
    } catch (error) {
      say(status, mine.signal.aborted ? 'Cancelled.' : '');
      if (!mine.signal.aborted) say(box, sentenceOf(error));
    }
    flight = null;
    cancel.hidden = true;
    send.disabled = false;
    delete place.dataset.busy;
  }

  const remember = () => history.replaceState(null, '', routeTo(['functions', name], { qualifier: qualifierChoice.value }));

  const choose = (chosen, qualifier) => attempt(box, signal, async () => {
    if (chosen !== name) drafts.set(name, editor.value);
    name = chosen;
    const [versions, aliases] = await Promise.all([aws.versions(name, signal), aws.aliases(name, signal)]);
    qualifierChoice.replaceChildren(...qualifiers(versions, aliases, qualifier));
    remember();
    const offered = samplesOf(name);
    samples.replaceChildren(...offered.map((sample) =>
      element('button', { type: 'button', className: 'chip', onclick: () => begin(sample) }, sample.name)));
    if (drafts.has(name)) {
      editor.value = drafts.get(name);
      look.now();
    } else {
      write(offered[0].event);
    }
  });

  const form = element('form', { className: 'card window', onsubmit: run },
    element('div', { className: 'pair' },
      element('div', { className: 'field' }, element('label', { htmlFor: 'function' }, 'Function'), functionChoice),
      element('div', { className: 'field' }, element('label', { htmlFor: 'qualifier' }, 'Version or alias'), qualifierChoice)),
    samples,
    element('div', { className: 'field' }, element('label', { htmlFor: 'event' }, 'Event'), editor, editorError,
      element('p', { id: 'event-help', className: 'hint' }, 'JSON. Ctrl+Enter sends it, Esc cancels a call.')),
    element('div', { className: 'row' },
      element('button', { type: 'button', id: 'format', onclick: format }, 'Format'),
      element('button', { type: 'button', id: 'insert', onclick: () => file.click() }, 'Insert a picture'), file),
    element('label', { className: 'check' }, later, ' As an event: it waits in the queue, and no answer comes back'),
    element('div', { className: 'row' }, send, cancel));
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(event);
  });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') flight?.abort();
  }, { signal });

  const functions = (await aws.functions(signal)).map((f) => f.FunctionName);
  functionChoice.append(...functions.map((value) => element('option', { value, selected: value === name }, value)));
  place.append(element('h1', {}, 'Test window'), element('div', { className: 'split' }, form,
    element('section', { className: 'card window', ariaLabel: 'Result' }, element('h2', {}, 'Result'), status, box, result)));
  await choose(name, route.query.get('qualifier') ?? '');
}
