import type { Position } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import type { Compiled } from './compiled.ts';
import { fromLocalSql, resolveZone } from './time-zone.ts';
import { MAX_TIMESTAMP_PRECISION } from './trino-type.ts';

const TIME = '(\\d{1,2}):(\\d{1,2})(?::(\\d{1,2})(?:\\.(\\d{1,12}))?)?';
const ZONE = '(?: ([A-Za-z][A-Za-z0-9_/+-]*)| ?([+-]\\d{2}:\\d{2}))';
const TIMESTAMP = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?: ${TIME})?${ZONE}?$`);

/**
 * `TIMESTAMP '2026-01-31 10:00:00.123 Europe/Berlin'`: the number of fractional digits is the
 * precision, a zone makes it a `timestamp with time zone`. Source: Trino documentation, Date and time types.
 */
export function parseTimestampLiteral(text: string, position: Position): Compiled {
  const match = TIMESTAMP.exec(text);
  const invalid = failAt('INVALID_LITERAL', position, `'${text}' is not a valid timestamp literal`);
  if (match === null) throw invalid;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const zone = match[8] ?? match[9];
  if (fraction.length > MAX_TIMESTAMP_PRECISION) {
    throw notSupported(position, 'timestamps finer than microseconds');
  }
  const date = [year, month, day].map((part) => part?.padStart(2, '0')).join('-');
  const time = [hour, minute, second].map((part) => part.padStart(2, '0')).join(':');
  const checked = new Date(`${date}T${time}Z`);
  if (Number.isNaN(checked.getTime()) || checked.toISOString().slice(0, 19) !== `${date}T${time}`) {
    throw invalid;
  }
  const local = `TIMESTAMP '${date} ${time}${fraction === '' ? '' : `.${fraction}`}'`;
  const precision = fraction.length;
  if (zone === undefined) return { sql: local, type: { kind: 'timestamp', precision } };
  const resolved = resolveZone(zone, position);
  return {
    sql: fromLocalSql(local, resolved),
    type: { kind: 'timestamp-tz', precision, zone: resolved },
  };
}
