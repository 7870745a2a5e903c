/** A row of an error file: the uploader sees which line, which column, why, and what stood there. */
export interface ErrorLine {
  readonly rowNumber: number;
  /** Field of the stream; null when it is the row as a whole. */
  readonly column: string | null;
  readonly reason: string;
  readonly raw: string;
}

export const ERROR_CSV_HEADER = 'row,column,reason,raw\r\n';

/** One line, RFC 4180. */
export function errorCsvLine({ rowNumber, column, reason, raw }: ErrorLine): string {
  return `${rowNumber},${cell(column ?? '')},${cell(reason)},${cell(raw)}\r\n`;
}

/**
 * Spreadsheets run a cell that begins with one of these as a formula, also after blanks: an apostrophe makes it text.
 * Source: OWASP, "CSV Injection".
 */
const FORMULA = /^[\s\u00a0]*[=+\-@\t\r|%＝＋－＠]/u;

function cell(text: string): string {
  const shown = text.toWellFormed().replaceAll('\0', '\uFFFD');
  const safe = FORMULA.test(shown) ? `'${shown}` : shown;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** What is filed as the reason of an invalid row: the field first, so that it can be told again. */
export function rowReason(field: string | null, reason: string): string {
  return field === null ? reason : `field ${field}: ${reason}`;
}

/** The inverse of rowReason, for reasons of any origin. */
export function splitReason(text: string): {
  readonly column: string | null;
  readonly reason: string;
} {
  const match = /^field ([^\s:]+): (.*)$/s.exec(text) ?? /^([a-z_][a-z0-9_]*): (.*)$/s.exec(text);
  return match === null
    ? { column: null, reason: text }
    : { column: match[1] ?? null, reason: match[2] ?? '' };
}
