// What came back from an invocation: how it went, the answer, the pictures in it and the log.

import { element } from '../dom.js';
import { bytes, FORMATS } from '../picture.js';
import { count, duration } from './format.js';
import { readable } from './jsontext.js';
import { picturesIn } from './pictures.js';
import { report } from './report.js';
import { facts, save } from './ui.js';

const MAX_SHOWN = 100_000; // characters of an answer

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function figure({ bytes: data, format }, name, signal) {
  const blob = new Blob([data], { type: FORMATS[format].type });
  const url = URL.createObjectURL(blob);
  signal.addEventListener('abort', () => URL.revokeObjectURL(url), { once: true });
  const image = element('img', { alt: `The picture that ${name} answered`, src: url });
  const said = [FORMATS[format].label, bytes(blob.size)];
  let shown = image;
  try {
    await image.decode();
    said.unshift(`${image.naturalWidth} × ${image.naturalHeight}`);
    image.style.setProperty('--width', `${Math.min(4096, image.naturalWidth * 8)}px`); // small ones can be seen
  } catch {
    shown = element('p', { className: 'unseen' }, `A browser cannot show ${FORMATS[format].label}; save the picture to see it.`);
  }
  return element('figure', { className: 'picture' }, element('div', { className: 'frame' }, shown),
    element('figcaption', {}, element('span', { className: 'facts' }, said.join(' · ')),
      element('button', { type: 'button', className: 'quiet', onclick: () => save(blob, `${name}.${FORMATS[format].extension}`) }, 'Save the picture')));
}

/**
 * Shows the result of an invocation.
 * @param {HTMLElement} place
 * @param {object} answer of aws.invoke
 * @param {{round: number, name: string, signal: AbortSignal}} about round is how long the call took here, in milliseconds
 */
export async function showResult(place, answer, { round, name, signal }) {
  const value = parsed(answer.text);
  const said = report(answer.log);
  const summary = facts([
    ['Status', answer.error ? 'Failed' : 'Succeeded'],
    ['Duration', duration(said.duration ?? NaN)], ['Billed', duration(said.billed ?? NaN)], ['Here', duration(round)],
    ['Memory', said.used === null ? '–' : `${count(said.used)} of ${count(said.memory)} MB`],
    ['Cold start', said.init === null ? 'No' : duration(said.init)], ['Version', answer.version || '–'],
  ]);
  summary.dataset.failed = String(Boolean(answer.error));
  const text = readable(value) ?? '';
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… ${count(text.length - MAX_SHOWN)} more characters` : text;
  const saveAnswer = () => save(new Blob([answer.text], { type: 'application/json' }), `${name}.json`);
  const parts = [summary];
  if (answer.error) {
    parts.push(element('div', { className: 'error', role: 'alert', id: 'failure' },
      element('strong', {}, value?.errorType ?? answer.error), element('span', {}, value?.errorMessage ?? 'The function failed; look at its log.')));
  }
  parts.push(...await Promise.all(picturesIn(value).map((picture) => figure(picture, name, signal))));
  parts.push(
    element('div', { className: 'row between' }, element('h3', {}, 'Answer'),
      element('button', { type: 'button', className: 'quiet', onclick: saveAnswer }, 'Save as JSON')),
    element('pre', { id: 'answer', tabIndex: 0, ariaLabel: 'Answer' }, shown),
    element('h3', {}, 'Log'),
    element('pre', { id: 'log', tabIndex: 0, ariaLabel: 'Log' }, answer.log.trim() || 'The log is empty.'),
    element('p', { className: 'fine' }, 'Request ', element('code', { id: 'request-id' }, answer.requestId)));
  if (!signal.aborted) place.replaceChildren(...parts);
}
