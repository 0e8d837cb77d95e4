// The chain as cards with sliders and fields, and the palette that adds to it.

import { byId, element } from './dom.js';
import { filterOf, newStep, wordsOf } from './chain.js';
import { join } from './shellwords.js';
import { FILTERS, GROUPS, IDEAS } from './filters.js';

let made = 0;
const newId = () => `field-${++made}`;

// A slider and a field for one number; both say the same, and the field takes values beyond the slider's range.
function numberField(parameter, value, change) {
  const id = newId();
  const set = (from, to) => () => {
    const valid = from.value !== '' ? Number.isFinite(from.valueAsNumber) : parameter.optional;
    if (!valid) return;
    to.value = from.value;
    change(from.value);
  };
  const shared = { min: parameter.min, max: parameter.max, step: parameter.step };
  const range = element('input', { type: 'range', ...shared, 'aria-label': parameter.label });
  const field = element('input', { type: 'number', id, step: 'any', inputMode: 'decimal' });
  range.value = value;
  field.value = value;
  range.addEventListener('input', set(range, field));
  field.addEventListener('input', set(field, range));
  return element('div', { className: 'parameter' },
    element('label', { htmlFor: id }, parameter.label), range,
    element('span', { className: 'number' }, field, element('span', { className: 'unit' }, parameter.unit ?? '')));
}

function choiceField(parameter, value, change) {
  const id = newId();
  const select = element('select', { id, onchange: () => change(select.value) },
    ...parameter.choices.map(([v, label]) => element('option', { value: v }, label)));
  select.value = value;
  return element('div', { className: 'parameter' }, element('label', { htmlFor: id }, parameter.label), select);
}

function colourField(parameter, value, change) {
  const id = newId();
  const input = element('input', { type: 'color', id, oninput: () => change(input.value) });
  input.value = value;
  return element('div', { className: 'parameter' }, element('label', { htmlFor: id }, parameter.label), input);
}

const fields = { number: numberField, choice: choiceField, colour: colourField };

/**
 * The view of the chain. It never changes the steps it is given: it calls change with new ones.
 * @param {(steps: object[], settled: boolean) => void} change settled is false while a value is still being moved
 */
export function createChainView(change) {
  const list = byId('chain');
  let steps = [];

  const replace = (next, focus) => {
    change(next, true);
    focus?.();
  };
  const focusOn = (index, action) => () => {
    const button = list.children[index]?.querySelector(`[data-action="${action}"]:not(:disabled)`)
      ?? list.children[index]?.querySelector('[data-action="remove"]') ?? byId('args');
    button.focus();
  };
  const move = (index, by) => {
    const next = steps.slice();
    [next[index], next[index + by]] = [next[index + by], next[index]];
    replace(next, focusOn(index + by, by < 0 ? 'up' : 'down'));
  };
  const remove = (index) => replace(steps.toSpliced(index, 1), focusOn(Math.min(index, steps.length - 2), 'remove'));
  const setValue = (index, name, value) => {
    steps = steps.with(index, { ...steps[index], values: { ...steps[index].values, [name]: value } });
    change(steps, false);
  };

  function card(step, index) {
    const filter = step.raw ? null : filterOf(step.id);
    const label = filter ? filter.label : join(wordsOf(step));
    const action = (name, text, symbol, run, disabled = false) => element('button', {
      type: 'button', className: 'icon', title: text, 'aria-label': `${text}: ${label}`, dataset: { action: name }, disabled,
      onclick: run,
    }, symbol);
    return element('li', { className: filter ? 'step' : 'step raw', dataset: { step: step.id ?? 'raw' } },
      element('div', { className: 'row between' },
        element(filter ? 'strong' : 'code', {}, label),
        element('span', { className: 'actions' },
          action('up', 'Move up', '↑', () => move(index, -1), index === 0),
          action('down', 'Move down', '↓', () => move(index, 1), index === steps.length - 1),
          action('remove', 'Remove', '×', () => remove(index)))),
      ...(filter?.parameters ?? []).map((p) => fields[p.kind](p, step.values[p.name], (v) => setValue(index, p.name, v))));
  }

  return {
    /** Shows steps. */
    render(next) {
      steps = next;
      list.replaceChildren(...steps.map(card));
      byId('chain-empty').hidden = steps.length > 0;
      byId('clear').hidden = steps.length === 0;
    },
    /** Adds a filter to the end of the chain. */
    add(id) {
      replace([...steps, newStep(id)]);
    },
  };
}

/**
 * Fills the palette and the ideas with their buttons.
 * @param {(id: string) => void} add takes a filter's id
 * @param {(args: string[]) => void} begin takes the arguments of an idea
 */
export function fillPalette(add, begin) {
  byId('palette').append(...GROUPS.map((group) => element('div', { className: 'group', role: 'group', 'aria-label': group },
    element('h4', {}, group),
    element('div', { className: 'chips' },
      ...FILTERS.filter((filter) => filter.group === group).map((filter) => element('button', {
        type: 'button', className: 'chip', dataset: { filter: filter.id }, title: join(wordsOf(newStep(filter.id))),
        onclick: () => add(filter.id),
      }, filter.label))))));
  byId('ideas').append(...IDEAS.map((idea) => element('button', {
    type: 'button', className: 'chip idea', title: join(idea.args), onclick: () => begin(idea.args),
  }, idea.label)));
}
