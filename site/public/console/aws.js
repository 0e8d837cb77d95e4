// The calls to the service's AWS APIs, signed. Nothing else in the console reaches the network.

import { encode, sign } from './sigv4.js';

const REGION = 'us-east-1'; // that the service says it is in
const CALL_MS = 30_000;
const INVOKE_MS = 905_000; // a function has 15 minutes at most
const MAX_PAGES = 20; // of a list of functions, versions or aliases

/** A call that was refused or failed, with a sentence for the person and what the service said about it. */
export class AwsError extends Error {
  /**
   * @param {string} message
   * @param {{type?: string, status?: number, requestId?: string}} [details]
   */
  constructor(message, details = {}) {
    super(message);
    Object.assign(this, { type: '', status: 0, requestId: '', ...details });
  }
}

// What the service says of a signature is for programmers; this is for the person who has just typed a key.
function refusal(type, message) {
  if (type === 'UnrecognizedClientException') return 'There is no such access key here; copy the one that `bluerose up` has printed.';
  if (!/^(InvalidSignature|IncompleteSignature)/.test(type)) return '';
  return /expired|not yet current/.test(message)
    ? 'The clock of this device is not the service’s; set it right, then try again.'
    : 'The secret does not belong to this access key; copy both as `bluerose up` has printed them.';
}

async function failure(response) {
  let said = {};
  try {
    said = await response.json();
  } catch {
    // The status must say it.
  }
  const type = response.headers.get('x-amzn-errortype') || String(said.__type ?? '').split('#').pop();
  const message = said.message || said.Message || `The service answered with status ${response.status}; try again.`;
  return new AwsError(refusal(type, message) || message, { type, status: response.status, requestId: response.headers.get('x-amzn-requestid') ?? '' });
}

/**
 * A client of the service at base.
 * @param {{key: {id: string, secret: string}, base: string, fetch?: typeof fetch, now?: () => Date}} settings
 */
export function createAws({ key, base, fetch: send = globalThis.fetch.bind(globalThis), now = () => new Date() }) {
  async function call({ service, method = 'POST', path, headers, body, signal, milliseconds = CALL_MS }) {
    const url = new URL(path, base);
    const timeout = AbortSignal.timeout(milliseconds);
    const signed = await sign({ method, url, headers, body }, key, { region: REGION, service, date: now() });
    let response;
    try {
      response = await send(url, {
        method, headers: signed, body, credentials: 'omit', signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (response.ok) return { headers: response.headers, text: await response.text() };
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new AwsError(timeout.aborted ? 'The service took too long to answer; try again.'
        : `The service at ${url.host} cannot be reached; look whether it runs, then try again.`);
    }
    throw await failure(response);
  }

  const path = (name) => `/2015-03-31/functions${name ? `/${encode(name)}` : ''}`;
  async function list(where, field, signal) {
    const found = [];
    let marker = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const { text } = await call({ service: 'lambda', method: 'GET', path: where + (marker && `?Marker=${encode(marker)}`), signal });
      const answer = JSON.parse(text);
      found.push(...answer[field]);
      marker = answer.NextMarker ?? '';
      if (!marker) break;
    }
    return found;
  }

  return {
    /** The functions, as ListFunctions describes them. */
    functions: (signal) => list(path(), 'Functions', signal),
    /** The versions of a function, $LATEST first. */
    versions: (name, signal) => list(`${path(name)}/versions`, 'Versions', signal),
    /** The aliases of a function. */
    aliases: (name, signal) => list(`${path(name)}/aliases`, 'Aliases', signal),

    /**
     * Invokes a function.
     * @param {{name: string, qualifier?: string, event: string, wait?: boolean, signal?: AbortSignal}} invocation event is
     * JSON; wait false leaves it to the service's queue
     * @returns {Promise<{text: string, requestId: string, version: string, error: string, log: string}>} the answer, and
     * what the service says of the invocation; error is empty when the function did not fail
     */
    async invoke({ name, qualifier = '', event, wait = true, signal }) {
      const headers = { 'Content-Type': 'application/json', 'X-Amz-Invocation-Type': wait ? 'RequestResponse' : 'Event' };
      if (wait) headers['X-Amz-Log-Type'] = 'Tail';
      const answer = await call({
        service: 'lambda', path: `${path(name)}/invocations${qualifier && `?Qualifier=${encode(qualifier)}`}`,
        headers, body: event, signal, milliseconds: INVOKE_MS,
      });
      const said = (header) => answer.headers.get(header) ?? '';
      const log = Uint8Array.from(atob(said('x-amz-log-result')), (c) => c.charCodeAt(0));
      return {
        text: answer.text, requestId: said('x-amzn-requestid'), version: said('x-amz-executed-version'),
        error: said('x-amz-function-error'), log: new TextDecoder().decode(log),
      };
    },

    /**
     * Calls an operation of DynamoDB.
     * @param {string} operation such as "Query"
     * @param {object} input
     * @param {AbortSignal} [signal]
     */
    async dynamo(operation, input, signal) {
      const { text } = await call({
        service: 'dynamodb', path: '/', body: JSON.stringify(input), signal,
        headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': `DynamoDB_20120810.${operation}` },
      });
      return JSON.parse(text);
    },
  };
}
