// Asks again and again, less often while nothing changes, and not at all while nobody looks.

const FIRST_MS = 500;
const MOST_MS = 10_000;
const SLOWER = 1.6;

/**
 * Runs a task until nothing has changed for long enough.
 * @param {() => Promise<boolean>} look tells whether something has changed; what it throws ends the polling
 * @param {{signal: AbortSignal, patience?: number, hidden?: () => boolean, wait?: (ms: number, signal: AbortSignal) => Promise<void>}} settings
 * patience: how many milliseconds of waiting without a change end it, default two minutes; wait and hidden are for tests
 * @returns {Promise<void>} when it ended, or the signal fired
 */
export async function poll(look, { signal, patience = 120_000, hidden = () => document.hidden, wait = pause }) {
  let milliseconds = FIRST_MS;
  let idle = 0;
  while (!signal.aborted && idle < patience) {
    if (!hidden()) {
      if (await look()) {
        milliseconds = FIRST_MS;
        idle = 0;
      }
      if (signal.aborted) return;
    }
    await wait(milliseconds, signal);
    if (!hidden()) idle += milliseconds;
    milliseconds = Math.min(MOST_MS, milliseconds * SLOWER);
  }
}

function pause(milliseconds, signal) {
  return new Promise((done) => {
    const timer = setTimeout(end, milliseconds);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      document.removeEventListener('visibilitychange', end);
      done();
    }
    signal.addEventListener('abort', end);
    document.addEventListener('visibilitychange', end); // who comes back sees what is new at once
  });
}
