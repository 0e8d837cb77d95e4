// Reads a summary's histogram: HdrHistogram's V2 compressed encoding, in base64. It holds every result of a test, however
// many they are, which is why the histogram on the page is made of it and not of the results.

const COMPRESSED = 0x1c849314; // 0x10 stands for counts in LEB128
const PLAIN = 0x1c849313;
const HEADER = 40; // bytes of the plain form before its counts
const MAX_PLAIN = 1 << 20; // bytes; a histogram of an hour in microseconds, every count taken, has some 300 kB

async function inflate(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((size += value.length) > MAX_PLAIN) throw new RangeError('The histogram is too large.');
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// A count is a ZigZag LEB128 number of nine bytes at most; a negative one says how many counts are zero.
function* numbers(bytes) {
  for (let at = 0; at < bytes.length;) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length) throw new RangeError('The histogram is cut off.');
      const byte = BigInt(bytes[at++]);
      if (shift === 56n) {
        value |= byte << shift;
        break;
      }
      value |= (byte & 127n) << shift;
      if (byte < 128n) break;
    }
    yield Number((value >> 1n) ^ -(value & 1n));
  }
}

/**
 * Decodes a histogram.
 * @param {string} text base64; empty for an empty histogram
 * @returns {Promise<{from: number, to: number, count: number}[]>} the buckets that hold something, in the units that were
 * recorded, both ends within, from the lowest on
 * @throws {RangeError} for what is no such histogram
 */
export async function decode(text) {
  if (!text) return [];
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const outer = new DataView(packed.buffer);
  if (packed.length < 8 || outer.getUint32(0) !== COMPRESSED) throw new RangeError('This is no histogram.');
  const plain = await inflate(packed.subarray(8, 8 + outer.getUint32(4)));
  const view = new DataView(plain.buffer);
  if (plain.length < HEADER || view.getUint32(0) !== PLAIN) throw new RangeError('This is no histogram.');
  const digits = view.getUint32(12);
  const lowest = Number(view.getBigInt64(16));
  const subBits = Math.ceil(Math.log2(2 * 10 ** digits));
  const unit = Math.floor(Math.log2(lowest));
  const half = 2 ** (subBits - 1);
  const buckets = [];
  let index = 0;
  for (const count of numbers(plain.subarray(HEADER, HEADER + view.getUint32(4)))) {
    if (count < 0) {
      index -= count;
      continue;
    }
    if (count > 0) {
      const bucket = Math.max(0, Math.floor(index / half) - 1);
      const sub = index < half ? index : (index % half) + half;
      const width = 2 ** (bucket + unit);
      buckets.push({ from: sub * width, to: sub * width + width - 1, count });
    }
    index++;
  }
  return buckets;
}
