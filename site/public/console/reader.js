// Keeps up with the results of a test that may still run. Results are read in the order of their iterations, and most of
// them are stored in that order, but not all: a slow one comes late.

/** Up to so many results are read one by one. Of more, the charts are made of a sample. */
export const MOST = 50_000;

const BEHIND = 2000; // iterations behind the newest in which late ones are looked for
const BLOCKS = 200; // of a sample, evenly over the iterations
const BLOCK = 50; // results of each
const AT_ONCE = 4; // blocks that are read at the same time

/**
 * A reader of one test.
 * @param {(what: {after?: number|null, limit?: number, descending?: boolean}, signal?: AbortSignal) =>
 *   Promise<{items: {iteration: number}[], next: number|null}>} page reads a page of samples
 */
export function createReader(page) {
  let samples = new Map(); // by iteration
  let contiguous = null; // all iterations from the first up to here have been read
  let highest = -Infinity;
  let known = { results: 0, sequence: '' };

  function forget() {
    samples = new Map();
    contiguous = null;
    highest = -Infinity;
  }

  async function readOn(signal, progress) {
    let after = contiguous === null ? null : Math.max(contiguous, highest - BEHIND);
    do {
      const { items, next } = await page({ after }, signal);
      for (const sample of items) {
        samples.set(sample.iteration, sample);
        highest = Math.max(highest, sample.iteration);
        contiguous ??= sample.iteration;
      }
      after = next;
      progress(samples.size);
    } while (after !== null && samples.size <= MOST);
    while (samples.has(contiguous + 1)) contiguous++;
  }

  async function readSample(signal, progress) {
    const end = async (descending) => (await page({ limit: 1, descending }, signal)).items[0]?.iteration;
    const [low, high] = [await end(false), await end(true)];
    forget();
    if (low === undefined || high === undefined) return;
    const stride = (high - low + 1) / BLOCKS;
    const starts = Array.from({ length: BLOCKS }, (_, i) => low + Math.floor(i * stride) - 1);
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let after = starts.shift(); after !== undefined; after = starts.shift()) {
        const { items } = await page({ after, limit: BLOCK }, signal);
        for (const sample of items) samples.set(sample.iteration, sample);
        progress(samples.size);
      }
    }));
  }

  /**
   * Reads what is new.
   * @param {{results: number, sequence: string}} summary of the test, as it is now
   * @param {AbortSignal} [signal]
   * @param {(read: number) => void} [progress]
   * @returns {Promise<{samples: object[], weight: number}>} weight is how many results one sample stands for
   */
  return async function update(summary, signal, progress = () => {}) {
    if (summary.sequence !== known.sequence) {
      if (summary.results > MOST) {
        await readSample(signal, progress);
      } else {
        // Fewer new results than changes: some were put anew or deleted, or are late by more than is looked for.
        if (summary.results <= known.results || samples.size < known.results || known.results > MOST) forget();
        await readOn(signal, progress);
      }
      known = summary;
    } else if (samples.size < summary.results && summary.results <= MOST) {
      forget();
      await readOn(signal, progress);
    }
    return { samples: [...samples.values()], weight: summary.results > MOST ? summary.results / Math.max(1, samples.size) : 1 };
  };
}
