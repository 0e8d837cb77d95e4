// Starts a test: a load of unit tests of one function, which the function harness sends.

import { element, say } from '../dom.js';
import { count } from './format.js';
import { fault } from './jsontext.js';
import { routeTo } from './route.js';
import { samplesOf } from './samples.js';
import { attempt, errorBox } from './ui.js';

const HARNESS = 'harness';
const MAX_EVENT = 1_000_000; // bytes of an asynchronous event, about
const MAX_ID = 256; // bytes

const proposedId = (name, now) => `${name}-${now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;

/**
 * What is wrong with a load before it is sent; empty when it is good.
 * @param {{testId: string, event: string, iterations: number, rate: number}} load rate 0 is as fast as possible
 * @param {number} timeout of the function harness in seconds
 */
export function whyNot({ testId, event, iterations, rate }, timeout) {
  const wrong = fault(event);
  const bytes = (text) => new TextEncoder().encode(text).length;
  if (wrong) return wrong.message;
  if (!event.trim().startsWith('{')) return 'The event must be a JSON object.';
  if (bytes(event) > MAX_EVENT) return `The event is too large: an asynchronous one takes ${count(MAX_EVENT)} bytes.`;
  if (!testId.trim() || bytes(testId) > MAX_ID) return `The name of the test must have 1 to ${MAX_ID} bytes.`;
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > 1_000_000) return 'Iterations must be a whole number from 1 to 1,000,000.';
  if (!(rate >= 0) || rate > 100_000) return 'The rate must be a number up to 100,000, or empty.';
  const takes = rate > 0 ? iterations / rate : 0;
  if (takes <= timeout) return '';
  return `At ${count(rate)} a second ${count(iterations)} iterations take ${count(takes)} s, and the function harness has ${count(timeout)} s; `
    + 'ask for less, or use `bluerose load`.';
}

/** Shows the form in a place. */
export async function showStart(place, { aws, signal, go }) {
  const functions = await aws.functions(signal);
  const harness = functions.find((f) => f.FunctionName === HARNESS);
  const tested = functions.map((f) => f.FunctionName).filter((name) => name !== HARNESS);
  const box = errorBox();
  const field = (id, label, control, hint) => {
    control.id = id;
    return element('div', { className: 'field' }, element('label', { htmlFor: id }, label), control, ...(hint ? [element('p', { className: 'hint' }, hint)] : []));
  };
  const choice = element('select', { onchange: () => propose() }, ...tested.map((value) => element('option', { value }, value)));
  const event = element('textarea', { rows: 6, spellcheck: false, autocomplete: 'off', autocapitalize: 'off' });
  const testId = element('input', { type: 'text', required: true, autocomplete: 'off', spellcheck: false });
  const iterations = element('input', { type: 'number', min: 1, max: 1_000_000, value: 500, required: true });
  const rate = element('input', { type: 'number', min: 0, max: 100_000, step: 'any', placeholder: 'as fast as possible' });
  function propose() {
    event.value = JSON.stringify(samplesOf(choice.value)[0].event, null, 2);
    testId.value = proposedId(choice.value, new Date());
  }

  async function start(submitted) {
    submitted.preventDefault();
    const load = { testId: testId.value.trim(), event: event.value, iterations: Number(iterations.value), rate: Number(rate.value) };
    const wrong = harness ? whyNot(load, harness.Timeout) : 'This service has no function harness; start a test with `bluerose load`.';
    if (wrong) {
      say(box, wrong);
      return;
    }
    await attempt(box, signal, async () => {
      await aws.invoke({
        name: HARNESS, wait: false, signal,
        event: JSON.stringify({
          operation: 'load', function: HARNESS, iterations: load.iterations, ...(load.rate && { rate: load.rate }),
          event: { operation: 'unit', function: choice.value, testId: load.testId, event: JSON.parse(load.event) },
        }),
      });
      go(routeTo(['tests', load.testId], { of: load.iterations }));
    });
  }

  place.append(element('h1', {}, 'Start a test'), element('form', { className: 'card window start', onsubmit: start, noValidate: true },
    element('p', { className: 'hint' }, 'The function harness invokes a function again and again, and keeps each result in the table results.'),
    field('function', 'Function', choice),
    field('event', 'Event', event, 'JSON, the same for every iteration.'),
    element('div', { className: 'pair' }, field('iterations', 'Iterations', iterations), field('rate', 'Per second', rate)),
    field('test-id', 'Name of the test', testId, 'Results of an earlier test of the same name are overwritten.'),
    box, element('div', { className: 'row' }, element('button', { type: 'submit', id: 'start', className: 'primary' }, 'Start'))));
  choice.value = tested.includes('image') ? 'image' : tested[0];
  propose();
}
