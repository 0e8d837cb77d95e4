// Tables as CSV (RFC 4180), for spreadsheets.

/**
 * One line of CSV. A text that a spreadsheet would take for a formula gets an apostrophe in front, so that it stays text.
 * @param {any[]} cells objects become JSON; null and undefined stay empty
 * @returns {string} with its line end
 */
export function line(cells) {
  return `${cells.map((cell) => {
    if (cell === null || cell === undefined) return '';
    if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
    const text = (typeof cell === 'string' ? cell : JSON.stringify(cell)).replace(/^[=+\-@\t\r]/, "'$&");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(',')}\r\n`;
}
