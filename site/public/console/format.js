// Numbers and times as people read them, the same in every part of the console.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A count, such as "12,345". */
export const count = (n) => grouped.format(n);

/** A number of any size with three digits, such as "0.052" or "12,300". */
export const short = (n) => (Number.isFinite(n) ? fine.format(n) : '–');

/** Milliseconds, such as "0.52 ms", "48 ms" or "3.2 s". */
export function duration(ms) {
  if (!Number.isFinite(ms)) return '–';
  return ms < 1000 ? `${fine.format(ms)} ms` : `${fine.format(ms / 1000)} s`;
}

/** Seconds since a beginning, such as "0.4 s" or "3:20 min". */
export function elapsed(seconds) {
  if (seconds < 120) return `${fine.format(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

/** A date and time in the person's own form; "–" for none. */
export const time = (text) => (text ? new Date(text).toLocaleString() : '–');

/** How much of a whole, such as "0.4 %". */
export const share = (part, whole) => (whole ? `${fine.format((part / whole) * 100)} %` : '–');
