// Addresses within the console, such as #/tests/nightly?with=last-week.

/**
 * Reads an address.
 * @param {string} hash
 * @returns {{path: string[], query: URLSearchParams}} path without empty parts
 */
export function parseRoute(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const decoded = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/**
 * Writes an address.
 * @param {string[]} path
 * @param {Object<string, string|number>} [query] empty values are left out
 */
export function routeTo(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== undefined && value !== null);
  const text = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}
