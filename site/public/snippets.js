// The call on the page as text to copy: curl, Go and JavaScript.

import { imagesURL } from './api.js';
import { quote } from './shellwords.js';

/**
 * @typedef {{base: string, args: string[], output: string, name: string, type: string, result: string}} Call
 * name and result are the file names to read and to write; type is the picture's media type.
 */

const go = (text) => JSON.stringify(text);
const js = (text) => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** @param {Call} call */
export function curl(call) {
  return `curl --fail-with-body ${quote(imagesURL(call.base, call.args, call.output))} \\
  --header ${quote(`Content-Type: ${call.type}`)} \\
  --data-binary ${quote(`@${call.name}`)} \\
  --output ${quote(call.result)}
`;
}

/** @param {Call} call */
export function goProgram(call) {
  const query = [
    ...(call.args.length ? [`\t\t"args":   {${go(new URL(imagesURL(call.base, call.args, '')).searchParams.get('args'))}},`] : []),
    ...(call.output ? [`\t\t"output": {${go(call.output)}},`] : []),
  ];
  if (query.length === 1) query[0] = query[0].replace(/:\s+\{/, ': {');
  const values = query.length ? `url.Values{\n${query.join('\n')}\n\t}` : 'url.Values{}';
  return `package main

import (
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
)

func main() {
	picture, err := os.Open(${go(call.name)})
	if err != nil {
		log.Fatal(err)
	}
	defer picture.Close()

	query := ${values}
	response, err := http.Post(${go(`${call.base}/prod/images?`)}+query.Encode(), ${go(call.type)}, picture)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s", response.Status, body)
	}
	if err := os.WriteFile(${go(call.result)}, body, 0o644); err != nil {
		log.Fatal(err)
	}
}
`;
}

/** @param {Call} call */
export function javascript(call) {
  const query = [];
  if (call.args.length) query.push(`  args: ${js(new URL(imagesURL(call.base, call.args, '')).searchParams.get('args'))},`);
  if (call.output) query.push(`  output: ${js(call.output)},`);
  const values = query.length ? `{\n${query.join('\n')}\n}` : '';
  return `import { readFile, writeFile } from 'node:fs/promises';

const query = new URLSearchParams(${values});
const response = await fetch(${js(`${call.base}/prod/images?`)} + query, {
  method: 'POST',
  headers: { 'Content-Type': ${js(call.type)} },
  body: await readFile(${js(call.name)}),
});
if (!response.ok) {
  const { errorMessage, message } = await response.json();
  throw new Error(errorMessage ?? message);
}
await writeFile(${js(call.result)}, Buffer.from(await response.arrayBuffer()));
`;
}

/** The tabs of the page, in order. */
export const SNIPPETS = [
  { id: 'curl', label: 'curl', text: curl },
  { id: 'go', label: 'Go', text: goProgram },
  { id: 'javascript', label: 'JavaScript', text: javascript },
];
