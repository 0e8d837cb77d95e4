// Signs calls to AWS' APIs with Signature Version 4, by the browser's own WebCrypto. The secret goes nowhere: only what it
// makes of a request does.

const ALGORITHM = 'AWS4-HMAC-SHA256';
const encoder = new TextEncoder();
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const digest = async (text) => hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)));

async function hmac(key, text) {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)));
}

/** Percent-encodes all but RFC 3986's unreserved characters, as AWS does in paths and queries. */
export const encode = (text) => encodeURIComponent(text)
  .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(url) {
  return [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort((a, b) => (a < b ? -1 : 1)).join('&');
}

/**
 * Signs a request.
 * @param {{method: string, url: URL, headers?: Object<string, string>, body?: string}} request headers are those to send
 * besides; all of them are signed
 * @param {{id: string, secret: string}} key
 * @param {{region: string, service: string, date: Date}} scope
 * @returns {Promise<Object<string, string>>} the headers to send: those of the request, X-Amz-Date and Authorization
 */
export async function sign({ method, url, headers = {}, body = '' }, key, { region, service, date }) {
  const stamp = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const sent = { ...headers, 'X-Amz-Date': stamp };
  const lines = Object.entries({ ...sent, Host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = lines.map(([name]) => name).join(';');
  const canonical = [
    method,
    url.pathname.split('/').map(encode).join('/'), // once more than the URL has it, as for every service but S3
    canonicalQuery(url),
    ...lines.map(([name, value]) => `${name}:${value}`), '',
    names,
    await digest(body),
  ].join('\n');
  const credential = `${day}/${region}/${service}/aws4_request`;
  const text = [ALGORITHM, stamp, credential, await digest(canonical)].join('\n');
  let derived = encoder.encode(`AWS4${key.secret}`);
  for (const part of [day, region, service, 'aws4_request', text]) derived = await hmac(derived, part);
  sent.Authorization = `${ALGORITHM} Credential=${key.id}/${credential}, SignedHeaders=${names}, Signature=${hex(derived)}`;
  return sent;
}
