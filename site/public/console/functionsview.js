// The functions, with their versions and aliases.

import { element } from '../dom.js';
import { count, time } from './format.js';
import { routeTo } from './route.js';
import { facts, table } from './ui.js';

const MOST = 50; // functions whose versions and aliases are looked up

function aliasText({ Name, FunctionVersion, RoutingConfig }) {
  const others = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {}).map(([version, weight]) => `, ${Math.round(weight * 100)} % ${version}`);
  return `${Name} → ${FunctionVersion}${others.join('')}`;
}

const link = (name, qualifier, text) => element('a', { href: routeTo(['functions', name], { qualifier }) }, text);

function card(info, versions, aliases) {
  const name = info.FunctionName;
  const published = versions.filter((v) => v.Version !== '$LATEST');
  const node = element('article', { className: 'card function', dataset: { function: name } },
    element('div', { className: 'row between' }, element('h2', {}, link(name, '', name)),
      element('a', { className: 'button', href: routeTo(['functions', name]), ariaLabel: `Test ${name}` }, 'Test')),
    element('p', { className: 'hint' }, info.Description || 'No description'),
    facts([['Version', published.length ? published.at(-1).Version : '$LATEST'], ['Memory', `${count(info.MemorySize)} MB`], ['Timeout', `${count(info.Timeout)} s`]]));
  if (aliases.length) {
    node.append(element('p', { className: 'row tags' }, element('span', { className: 'hint' }, 'Aliases'),
      ...aliases.map((alias) => link(name, alias.Name, aliasText(alias)))));
  }
  if (published.length) {
    node.append(element('details', {}, element('summary', {}, `${count(published.length)} published`),
      table(`Versions of ${name}`, ['Version', 'Published', 'Description'],
        published.reverse().map((v) => [link(name, v.Version, v.Version), time(v.LastModified.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')), v.Description]))));
  }
  return node;
}

/** Shows the functions in a place. */
export async function showFunctions(place, { aws, signal }) {
  place.append(element('h1', {}, 'Functions'), element('p', { className: 'hint', role: 'status' }, 'Asking …'));
  const functions = await aws.functions(signal);
  const cards = await Promise.all(functions.slice(0, MOST).map(async (info) =>
    card(info, await aws.versions(info.FunctionName, signal), await aws.aliases(info.FunctionName, signal))));
  place.replaceChildren(element('h1', {}, 'Functions'), element('div', { className: 'cards' }, ...cards));
  if (functions.length > MOST) place.append(element('p', { className: 'hint' }, `${count(functions.length - MOST)} more are not shown.`));
}
