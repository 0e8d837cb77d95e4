// When things run: only the newest, and not before the person has paused.

/**
 * Wraps a task so that a newer run cancels the one in flight: its AbortSignal fires, and its result is not waited for.
 * @template R
 * @param {(signal: AbortSignal, ...rest: any[]) => Promise<R>} task
 * @returns {{run: (...rest: any[]) => Promise<R|undefined>, cancel: () => void}} run hands its arguments on, and gives
 * undefined when a newer one took over
 */
export function latest(task) {
  let current = null;
  return {
    async run(...rest) {
      current?.abort();
      const mine = new AbortController();
      current = mine;
      try {
        const result = await task(mine.signal, ...rest);
        return mine.signal.aborted ? undefined : result;
      } catch (error) {
        if (mine.signal.aborted) return undefined;
        throw error;
      } finally {
        if (current === mine) current = null;
      }
    },
    cancel() {
      current?.abort();
      current = null;
    },
  };
}

/**
 * Wraps a function so that it runs once, `milliseconds` after the last of several calls.
 * @param {() => void} run
 * @param {number} milliseconds
 * @returns {{later: () => void, now: () => void, cancel: () => void}} now runs at once instead of what was waiting
 */
export function debounce(run, milliseconds) {
  let timer;
  const cancel = () => clearTimeout(timer);
  return {
    later() {
      cancel();
      timer = setTimeout(run, milliseconds);
    },
    now() {
      cancel();
      run();
    },
    cancel,
  };
}
