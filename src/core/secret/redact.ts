/** Stands where a secret was. */
const MASK = '***';
/** The base64 of shorter values is found in any text. */
const MIN_BASE64_LENGTH = 6;

/**
 * The text without any occurrence of the values, for errors and logs: also in the forms in which libraries quote what
 * they were given (percent-encoded, in JSON, as base64). An empty value hides nothing.
 */
export function redact(text: string, values: Iterable<string>): string {
  const needles = [...new Set([...values].flatMap(formsOf))].filter((needle) => needle !== '');
  if (needles.length === 0) return text;
  const masked = replaceOccurrences(text, needles, MASK);
  // A mask can make an occurrence together with its neighbours ("*" is a value as well): then nothing stands for them.
  let clean = masked;
  while (needles.some((needle) => clean.includes(needle))) {
    clean = replaceOccurrences(clean, needles, '');
  }
  return clean;
}

function formsOf(value: string): readonly string[] {
  const written = [value, percentEncoded(value), JSON.stringify(value).slice(1, -1)];
  if (value.length < MIN_BASE64_LENGTH) return written;
  const bytes = Buffer.from(value, 'utf8');
  return [...written, bytes.toString('base64'), bytes.toString('base64url')];
}

/** Half a surrogate pair has no percent-encoding. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** Occurrences that overlap or touch become one. */
function replaceOccurrences(text: string, needles: readonly string[], mask: string): string {
  const ends = new Map<number, number>();
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
      ends.set(at, Math.max(ends.get(at) ?? 0, at + needle.length));
    }
  }
  let result = '';
  let offset = 0;
  for (const [start, end] of [...ends].sort(([a], [b]) => a - b)) {
    if (start > offset || result === '') result += text.slice(offset, start) + mask;
    offset = Math.max(offset, end);
  }
  return result + text.slice(offset);
}
