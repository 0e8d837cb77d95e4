// What Lambda's log tail says of an invocation, in its REPORT line.

const number = (text, pattern) => {
  const found = pattern.exec(text);
  return found ? Number(found[1]) : null;
};

/**
 * Reads the REPORT line of a log.
 * @param {string} log
 * @returns {{duration: number|null, billed: number|null, memory: number|null, used: number|null, init: number|null}}
 * milliseconds and megabytes; init is null unless the invocation was its instance's first; all are null without the line
 */
export function report(log) {
  const line = /^REPORT .*$/m.exec(log)?.[0] ?? '';
  return {
    duration: number(line, /\tDuration: ([\d.]+) ms/),
    billed: number(line, /Billed Duration: ([\d.]+) ms/),
    memory: number(line, /Memory Size: (\d+) MB/),
    used: number(line, /Max Memory Used: (\d+) MB/),
    init: number(line, /Init Duration: ([\d.]+) ms/),
  };
}
