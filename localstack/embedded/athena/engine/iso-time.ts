const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** A calendar date `2026-01-31`. Week and ordinal dates of ISO 8601 are refused. */
export function parseIsoDate(text: string): string {
  const time = Date.parse(`${text}T00:00:00Z`);
  if (!DATE.test(text) || Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) {
    throw new Error(`INVALID_FUNCTION_ARGUMENT: Invalid format: "${text}"`);
  }
  return text;
}

/**
 * Microseconds since the epoch of `2026-01-31T10:00:00.123Z`, cut to milliseconds. A missing zone is
 * UTC; an offset other than zero is refused, because every value of a column here shares one zone.
 */
export function parseIsoTimestamp(text: string): bigint {
  const match = TIMESTAMP.exec(text);
  const invalid = new Error(`INVALID_FUNCTION_ARGUMENT: Invalid format: "${text}"`);
  if (match === null) throw invalid;
  const [, date = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  if (zone !== 'Z' && !/^[+-]00:?(00)?$/.test(zone)) {
    throw new Error('NOT_SUPPORTED: the local query engine reads ISO timestamps in UTC only');
  }
  const time = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(date)) throw invalid;
  return BigInt(time + Number(fraction.slice(0, 3).padEnd(3, '0'))) * 1000n;
}
