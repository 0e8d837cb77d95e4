// A chain is what the arguments mean in filters: a list of steps, each either {id, values} of a filter in the table, or
// {raw: words} for arguments that the table does not hold. Nothing is lost either way: words(parse(w)) gives w.

import { FILTERS } from './filters.js';

const numeral = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)';
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function parameterPattern(parameter) {
  switch (parameter.kind) {
    case 'choice': return parameter.choices.map(([value]) => value).sort((a, b) => b.length - a.length).map(literal).join('|');
    case 'colour': return '#[0-9a-fA-F]{6}';
    default: return parameter.optional ? '\\d*' : numeral;
  }
}

// The template words of a filter as expressions with a named group for each parameter.
function patterns(filter) {
  const byName = new Map(filter.parameters.map((p) => [p.name, p]));
  return filter.args.map((word) => new RegExp(`^${word.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name ? `(?<${name}>${parameterPattern(byName.get(name))})` : literal(part);
  }).join('')}$`));
}

// The longest templates first: what two filters could claim belongs to the one that explains more of it.
const matchers = FILTERS.map((filter) => ({ filter, patterns: patterns(filter) }))
  .sort((a, b) => b.patterns.length - a.patterns.length);

/**
 * The filter of the table with this id.
 * @param {string} id
 */
export const filterOf = (id) => FILTERS.find((filter) => filter.id === id);

/**
 * A step with the filter's default values.
 * @param {string} id of a filter in the table
 * @returns {{id: string, values: Object<string, string>}}
 */
export function newStep(id) {
  return { id, values: Object.fromEntries(filterOf(id).parameters.map((p) => [p.name, p.value])) };
}

/**
 * The arguments of one step.
 * @returns {string[]}
 */
export function wordsOf(step) {
  if (step.raw) return step.raw;
  return filterOf(step.id).args.map((word) => word.replace(/\{(\w+)\}/g, (_, name) => step.values[name]));
}

/**
 * The arguments of a whole chain.
 * @returns {string[]}
 */
export const words = (steps) => steps.flatMap(wordsOf);

// "-10x20" and "+0+0" are values; "-blur", "+repage" and a parenthesis begin something new.
const begins = (word) => /^[-+][A-Za-z]/.test(word) || word === '(' || word === ')';

function match(args, at) {
  for (const { filter, patterns } of matchers) {
    const found = patterns.map((pattern, i) => pattern.exec(args[at + i] ?? '\0'));
    if (found.every(Boolean)) {
      return { step: { id: filter.id, values: Object.assign({}, ...found.map((m) => m.groups)) }, length: patterns.length };
    }
  }
  return null;
}

/**
 * Finds the filters in arguments; what is none becomes raw steps, an option with its values in each.
 * @param {string[]} args
 */
export function parse(args) {
  const steps = [];
  for (let at = 0; at < args.length;) {
    const found = match(args, at);
    if (found) {
      steps.push(found.step);
      at += found.length;
      continue;
    }
    let end = at + 1;
    while (end < args.length && !begins(args[end])) end++;
    steps.push({ raw: args.slice(at, end) });
    at = end;
  }
  return steps;
}
