// The calls to the HTTPS API, as any other origin would make them. Nothing else on the page reaches the network.

import { join } from './shellwords.js';

// Longer than any stage of the service waits, so that the service's own word comes first.
const TIMEOUT_MS = 60_000;

/** A call that failed, with a sentence for the person and what the service said about it. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {{type?: string, status?: number, requestId?: string}} [details]
   */
  constructor(message, details = {}) {
    super(message);
    Object.assign(this, { type: '', status: 0, requestId: '', ...details });
  }
}

/**
 * Where the API is: `?api=`, else the page's own setting, else the page's own origin.
 * @param {{search: string, origin: string}} location
 * @param {string} setting content of <meta name="bluerose-api">, empty for none
 * @returns {string} a base URL without a slash at its end
 * @throws {ServiceError} when the address is no http or https URL
 */
export function baseURL(location, setting) {
  const chosen = new URLSearchParams(location.search).get('api') || setting || location.origin;
  const url = URL.canParse(chosen) ? new URL(chosen) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ServiceError(`The API address "${chosen}" is no web address; begin it with https://`);
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/**
 * The address that turns picture bytes into picture bytes.
 * @param {string} base
 * @param {string[]} args ImageMagick arguments
 * @param {string} output format, or '' to keep the picture's own
 * @param {string} [outputs] 'first' for one picture where there are several; '' for what the service thinks best
 */
export function imagesURL(base, args, output, outputs = '') {
  const query = new URLSearchParams();
  if (args.length) query.set('args', join(args));
  if (output) query.set('output', output);
  if (outputs) query.set('outputs', outputs);
  const text = query.toString();
  return `${base}/prod/images${text && `?${text}`}`;
}

/**
 * A client of the API at base.
 * @param {string} base
 * @param {{fetch?: typeof fetch, online?: () => boolean, now?: () => number}} [means] for tests
 */
export function createClient(base, means = {}) {
  const { fetch: send = globalThis.fetch.bind(globalThis), online = () => navigator.onLine,
    now = () => performance.now() } = means;

  async function call(url, init) {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
      const response = await send(url, { method: 'POST', credentials: 'omit', ...init, signal });
      const requestId = response.headers.get('x-amzn-requestid') ?? '';
      const body = await response.blob();
      if (!response.ok) throw await failure(body, response.status, requestId);
      return { body, requestId, type: response.headers.get('content-type') ?? '' };
    } catch (error) {
      if (error instanceof ServiceError || init.signal?.aborted) throw error;
      if (timeout.aborted) throw new ServiceError('The service took too long to answer; try again, or ask for less.');
      throw new ServiceError(online()
        ? `The service at ${new URL(base).host} cannot be reached; check that it runs, then try again.`
        : 'You are offline; connect to the network, then try again.');
    }
  }

  return {
    base,

    /**
     * Runs ImageMagick arguments on a picture.
     * @param {{blob: Blob, args: string[], output: string, signal?: AbortSignal}} job
     * @returns {Promise<{blob: Blob, requestId: string, milliseconds: number}>}
     */
    async convert({ blob, args, output, signal }) {
      const start = now();
      const { body, requestId, type } = await call(imagesURL(base, args, output, 'first'), // the page shows one picture
        { body: blob, headers: { 'Content-Type': blob.type }, signal });
      return { blob: new Blob([body], { type }), requestId, milliseconds: now() - start };
    },

    /**
     * The sample rose as PNG.
     * @param {AbortSignal} [signal]
     * @returns {Promise<Blob>}
     */
    async sample(signal) {
      const { body, requestId } = await call(`${base}/prod/ImageProcessingService`, {
        body: JSON.stringify({ operation: 'getSample', outputExtension: 'png' }),
        headers: { 'Content-Type': 'application/json' }, signal,
      });
      const answer = await parsed(body);
      if (typeof answer !== 'string') throw sentence(answer, 200, requestId);
      return new Blob([Uint8Array.from(atob(answer), (c) => c.charCodeAt(0))], { type: 'image/png' });
    },
  };
}

async function parsed(body) {
  try {
    return JSON.parse(await body.text());
  } catch {
    return null;
  }
}

const failure = async (body, status, requestId) => sentence(await parsed(body), status, requestId);

// The service says what to do; where it could not, the status must.
const byStatus = {
  403: 'The service does not allow this call.',
  404: 'There is no image service at this address; check the API address.',
  413: 'The picture is too large for the service; choose a smaller one.',
  429: 'Too many requests at once; wait a moment, then try again.',
  502: 'The service is not there right now; try again in a moment.',
  503: 'The service is not there right now; try again in a moment.',
  504: 'The service took too long to answer; try again, or ask for less.',
};

function sentence(answer, status, requestId) {
  const message = answer?.errorMessage || answer?.message || byStatus[status]
    || 'The service gave an answer that makes no sense; try again, or check the API address.';
  return new ServiceError(message, { type: answer?.errorType ?? '', status, requestId });
}
