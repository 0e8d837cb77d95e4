// Where values lie on an axis, and which of them are written beside it.

const NICE = [1, 2, 5, 10];

/**
 * Round values that cover a range, from 0 on where the range does not begin far above it.
 * @param {number} low
 * @param {number} high
 * @param {number} [about] how many are wanted
 * @returns {number[]} ascending; the first at most low, the last at least high
 */
export function ticks(low, high, about = 5) {
  const from = low > 0 && low < high / 2 ? 0 : low;
  const top = high > from ? high : from + (Math.abs(high) || 1);
  const span = top - from;
  const power = 10 ** Math.floor(Math.log10(span / about));
  const step = power * NICE.find((n) => n * power >= span / about - 1e-12 * span);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(top / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * The values 1, 2 and 5 of each power of ten within a range; powers of ten alone where those would be too many.
 * @param {number} low above 0
 * @param {number} high
 * @param {number} [most]
 * @returns {number[]}
 */
export function logTicks(low, high, most = 8) {
  for (const steps of [[1, 2, 5], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
      for (const n of steps) {
        const value = Number((n * 10 ** power).toPrecision(12));
        if (value >= low && value <= high) found.push(value);
      }
    }
    if (found.length <= most) return found;
  }
  return [];
}

/**
 * Maps a domain onto a range, evenly or by logarithm.
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @param {boolean} [log]
 * @returns {(value: number) => number}
 */
export function scale(domain, range, log = false) {
  const [a, b] = log ? domain.map(Math.log) : domain;
  return (value) => range[0] + (((log ? Math.log(value) : value) - a) / (b - a || 1)) * (range[1] - range[0]);
}
