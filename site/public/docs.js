// Shows the API's definition, openapi.json beside this page: routes by tag, each with its parameters, body, answers and a
// form that calls it; and the schemas that they name.
import { byId, element, say } from './dom.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const accessNames = { apiKey: 'API key', iam: 'AWS signature', oauth: 'OAuth token', authorizer: 'authorizer' };

/** What a $ref names; anything else is itself. */
const resolve = (doc, node) => (node?.$ref ? node.$ref.split('/').slice(1).reduce((at, key) => at[key], doc) : node);

/** A description's text; what stands between backticks in it is code. */
const prose = (text = '') => text.split('`').map((part, i) => (i % 2 ? element('code', {}, part) : part));

/** A schema in a few words, with a link to the one that it names. */
function typeOf(schema = {}) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return [element('a', { href: `#schema-${name}` }, name)];
  }
  const many = schema.oneOf ?? schema.anyOf;
  if (many) return many.flatMap((one, i) => (i ? [' or ', ...typeOf(one)] : typeOf(one)));
  if (schema.type === 'array') return ['list of ', ...typeOf(schema.items)];
  const words = [schema.type ?? 'any'];
  if (schema.format) words.push(`(${schema.format})`);
  if (schema.enum) words.push(schema.enum.map((value) => JSON.stringify(value)).join(', '));
  if (schema.minimum !== undefined) words.push(`from ${schema.minimum}`);
  if (schema.maximum !== undefined) words.push(`to ${schema.maximum}`);
  if (schema.default !== undefined) words.push(`default ${JSON.stringify(schema.default)}`);
  return [words.join(' ')];
}

function table(heads, rows) {
  return element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, ...[cell].flat()))))));
}

const fields = (schema) => table(['Field', 'Type', 'Meaning'], Object.entries(schema.properties ?? {}).map(([name, field]) =>
  [element('code', {}, name + (schema.required?.includes(name) ? ' *' : '')), typeOf(field), prose(field.description)]));

const accessOf = (operation) => (operation.security ?? []).flatMap(Object.keys).map((name) => accessNames[name] ?? name).join(', ') || 'public';

/** The examples of a media type, by name. */
const examplesOf = (media) => Object.entries(media?.examples ?? (media?.example === undefined ? {} : { example: { value: media.example } }));

function answers(doc, operation) {
  return table(['Status', 'Type', 'Meaning'], Object.entries(operation.responses).map(([status, ref]) => {
    const response = resolve(doc, ref);
    const types = Object.entries(response.content ?? {}).flatMap(([name, media], i) =>
      [i ? '; ' : '', `${name}: `, ...typeOf(media.schema)]);
    const examples = examplesOf(response.content?.['application/json']).map(([name, example]) => `${name}: ${JSON.stringify(example.value)}`);
    const meaning = prose(response.description);
    if (examples.length) meaning.push(element('details', {}, element('summary', {}, 'Examples'), element('div', {}, element('pre', { tabIndex: 0 }, examples.join('\n')))));
    return [status, types, meaning];
  }));
}

/** A form that calls the route, and shows what comes back. */
function tryIt(doc, path, method, operation) {
  const id = operation.operationId;
  const content = resolve(doc, operation.requestBody)?.content ?? {};
  const labelled = (text, control) => element('label', {}, text, control);
  const stage = element('select', {}, ...doc.servers.map(({ url }) => element('option', { value: url }, url)));
  const query = element('input', { value: content['image/*'] ? 'args=-negate&output=png' : '', autocomplete: 'off' });
  const credential = element('input', { autocomplete: 'off', type: 'password' });
  const file = element('input', { type: 'file', accept: 'image/*' });
  const examples = examplesOf(content['application/json']);
  const body = element('textarea', { value: examples.length ? JSON.stringify(examples[0][1].value, null, 2) : '', spellcheck: false });
  const chosen = element('select', { onchange: () => { body.value = JSON.stringify(examples[chosen.selectedIndex][1].value, null, 2); } },
    ...examples.map(([name]) => element('option', {}, name)));
  const result = element('pre', { tabIndex: 0, hidden: true, role: 'status' });
  const picture = element('img', { alt: 'The picture that came back', hidden: true });
  const header = accessOf(operation) === 'API key' ? 'x-api-key' : 'Authorization';
  const parts = [element('h4', {}, 'Try it'), labelled('Stage ', stage)];
  if (operation.parameters) parts.push(labelled('Query', query));
  if (operation.security?.length) parts.push(labelled(header, credential));
  if (examples.length) parts.push(labelled('Example ', chosen), labelled('Body', body));
  if (content['image/*']) parts.push(labelled('Picture', file));
  const send = async (event) => {
    event.preventDefault();
    say(result, 'Asking…');
    picture.hidden = true;
    const headers = credential.value ? { [header]: credential.value } : {};
    if (examples.length) headers['Content-Type'] = 'application/json';
    const address = stage.value + path + (operation.parameters ? `?${query.value}` : '');
    try {
      const response = await fetch(address, { method: method.toUpperCase(), headers, body: method === 'get' ? undefined : file.files[0] ?? body.value });
      const type = response.headers.get('Content-Type') ?? '';
      if (type.startsWith('image/')) {
        const blob = await response.blob();
        URL.revokeObjectURL(picture.src);
        picture.src = URL.createObjectURL(blob);
        picture.hidden = false;
        say(result, `${response.status} ${type}, ${blob.size} bytes`);
        return;
      }
      say(result, `${response.status} ${type}\n${await response.text()}`);
    } catch {
      say(result, 'The service cannot be reached; look whether it runs, and try again.');
    }
  };
  parts.push(element('div', {}, element('button', { className: 'primary', type: 'submit' }, 'Send')), result, picture);
  return element('form', { className: 'try', id: `try-${id}`, onsubmit: send }, ...parts);
}

function route(doc, path, method, operation) {
  const inside = element('div', {});
  if (operation.description) inside.append(element('p', {}, ...prose(operation.description)));
  if (operation.parameters) {
    inside.append(element('h4', {}, 'Parameters'), table(['Name', 'In', 'Type', 'Meaning'], operation.parameters.map((ref) => {
      const parameter = resolve(doc, ref);
      return [element('code', {}, parameter.name + (parameter.required ? ' *' : '')), parameter.in, typeOf(parameter.schema), prose(parameter.description)];
    })));
  }
  const content = resolve(doc, operation.requestBody)?.content;
  if (content) {
    inside.append(element('h4', {}, 'Body'), table(['Content-Type', 'Type'], Object.entries(content).map(([name, media]) => [element('code', {}, name), typeOf(media.schema)])));
  }
  inside.append(element('h4', {}, 'Answers'), answers(doc, operation), tryIt(doc, path, method, operation));
  return element('details', { id: operation.operationId },
    element('summary', {}, element('span', { className: 'method' }, method.toUpperCase()), element('code', {}, path),
      element('span', {}, operation.summary ?? ''), element('span', { className: 'access' }, accessOf(operation))), inside);
}

/** Opens what the address names. */
function openNamed() {
  const named = byId(decodeURIComponent(location.hash.slice(1)));
  if (named?.tagName === 'DETAILS') {
    named.open = true;
    named.scrollIntoView();
  }
}

function show(doc) {
  byId('about').append(...prose(doc.info.description));
  for (const tag of doc.tags) {
    const section = element('section', {}, element('h2', {}, tag.name), element('p', { className: 'hint' }, ...prose(tag.description)));
    for (const [path, item] of Object.entries(doc.paths)) {
      for (const method of methods.filter((name) => item[name]?.tags?.includes(tag.name))) {
        section.append(route(doc, path, method, item[method]));
        byId('contents').append(element('li', {}, element('a', { href: `#${item[method].operationId}` }, `${method.toUpperCase()} ${path}`)));
      }
    }
    byId('routes').append(section);
  }
  for (const [name, schema] of Object.entries(doc.components.schemas)) {
    const inside = element('div', {}, element('p', {}, ...prose(schema.description)));
    inside.append(schema.properties ? fields(schema) : element('p', {}, ...typeOf(schema)));
    byId('schemas').append(element('details', { id: `schema-${name}` }, element('summary', {}, element('code', {}, name)), inside));
  }
  openNamed();
  document.documentElement.dataset.shown = 'true';
}

try {
  const response = await fetch('openapi.json');
  if (!response.ok) throw new Error(String(response.status));
  show(await response.json());
  addEventListener('hashchange', openNamed);
} catch {
  say(byId('error'), 'The definition cannot be read; look whether the service runs, and load the page again.');
}
