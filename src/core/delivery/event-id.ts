import type { Row, Value } from '../schema/field.ts';

/**
 * Readable text that is equal exactly when all identity values are equal: the values joined by `:`,
 * with `%` and `:` inside a value percent-encoded, and null as `%00` (which no encoded value can be).
 */
export function eventId(identity: readonly string[], row: Row): string {
  return identity.map((field) => encodePart(row[field] ?? null)).join(':');
}

function encodePart(value: Value): string {
  if (value === null) return '%00';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  const text = String(value);
  return /[%:]/.test(text) ? text.replaceAll('%', '%25').replaceAll(':', '%3A') : text;
}
