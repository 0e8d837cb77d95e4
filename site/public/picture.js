// What the page knows of a picture's bytes before it sends them: which format they are, and whether they are too many.

/** The service takes no more than this many bytes. */
export const MAX_BYTES = 32 * 1024 * 1024;

/** The formats that the service reads, by the name that it goes by, with media type, extension and label. */
export const FORMATS = {
  jpeg: { type: 'image/jpeg', extension: 'jpg', label: 'JPEG' },
  png: { type: 'image/png', extension: 'png', label: 'PNG' },
  webp: { type: 'image/webp', extension: 'webp', label: 'WebP' },
  avif: { type: 'image/avif', extension: 'avif', label: 'AVIF' },
  gif: { type: 'image/gif', extension: 'gif', label: 'GIF' },
  tiff: { type: 'image/tiff', extension: 'tiff', label: 'TIFF' },
  svg: { type: 'image/svg+xml', extension: 'svg', label: 'SVG' },
  bmp: { type: 'image/bmp', extension: 'bmp', label: 'BMP' },
  ico: { type: 'image/x-icon', extension: 'ico', label: 'ICO' },
  pnm: { type: 'image/x-portable-anymap', extension: 'ppm', label: 'PPM' },
};

// What the first bytes of each format look like, as Latin-1 text.
const signatures = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['avif', /^[^]{4}ftyp(?:avif|avis|mif1|msf1)/],
  ['gif', /^GIF8[79]a/],
  ['tiff', /^(?:II[\x2a\x2b]\0|MM\0[\x2a\x2b])/],
  ['bmp', /^BM/],
  ['ico', /^\0\0[\x01\x02]\0/],
  ['pnm', /^P[1-7]\s/],
  ['svg', /^(?:\xef\xbb\xbf)?\s*<(?:[^]*<)?(?:\w+:)?svg[\s>/]/],
];

// An SVG may begin with comments; this is as far as the service looks for its root element.
const HEAD_BYTES = 4096;

/**
 * Finds the format from the first bytes of a file; HEAD_BYTES are enough.
 * @param {Uint8Array} head
 * @returns {string|null} a key of FORMATS, or null for what is no picture that the service reads
 */
export function sniff(head) {
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  return signatures.find(([, signature]) => signature.test(text))?.[0] ?? null;
}

/**
 * The format that a media type stands for.
 * @param {string} type such as "image/png; charset=binary"
 * @returns {string|null} a key of FORMATS
 */
export function formatOfType(type) {
  const bare = type.split(';')[0].trim().toLowerCase();
  if (/^image\/x-portable-(?:any|arbitrary|bit|gray|pix)map$/.test(bare)) return 'pnm';
  if (bare === 'image/vnd.microsoft.icon') return 'ico';
  return Object.keys(FORMATS).find((format) => FORMATS[format].type === bare) ?? null;
}

/** A file that the page will not send, with the reason as a sentence. */
export class PictureError extends Error {}

/**
 * Looks at a file before it is sent.
 * @param {Blob} blob
 * @param {string} name
 * @returns {Promise<{blob: Blob, name: string, format: string}>} with the blob's type set from its bytes
 * @throws {PictureError}
 */
export async function inspect(blob, name) {
  if (blob.size === 0) throw new PictureError(`${name} is empty; choose another picture.`);
  if (blob.size > MAX_BYTES) {
    throw new PictureError(`${name} is too large: ${bytes(blob.size)}, and the service takes ${bytes(MAX_BYTES)} at most. Choose a smaller one.`);
  }
  const format = sniff(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
  if (!format) {
    const labels = Object.values(FORMATS).map((f) => f.label);
    throw new PictureError(`${name} is not a picture that the service reads. It reads ${labels.slice(0, -1).join(', ')} and ${labels.at(-1)}.`);
  }
  return { blob: new Blob([blob], { type: FORMATS[format].type }), name, format };
}

/**
 * A number of bytes for people.
 * @param {number} count
 * @returns {string} such as "812 B", "14.2 kB" or "3.05 MB" (binary units, as the limits are)
 */
export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const [value, unit] = count < 1024 * 1024 ? [count / 1024, 'kB'] : [count / (1024 * 1024), 'MB'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/**
 * The name to save a result under.
 * @param {string} name of the picture it was made from
 * @param {string|null} format of the result, a key of FORMATS
 */
export function resultName(name, format) {
  const stem = name.replace(/\.[^.]*$/, '') || 'picture';
  return `${stem}-bluerose.${FORMATS[format]?.extension ?? 'bin'}`;
}
