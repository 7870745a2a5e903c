import type { Position } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { quoteText } from './trino-type.ts';

/** `UTC`, `+02:00` or the name of a region in its canonical spelling. Throws for anything else. */
export function resolveZone(name: string, position: Position): string {
  if (/^(utc|z|gmt|zulu)$/i.test(name)) return 'UTC';
  if (/^[+-]\d{2}:\d{2}$/.test(name)) return name === '+00:00' || name === '-00:00' ? 'UTC' : name;
  try {
    // A region only: abbreviations mean different zones to different libraries.
    if (name.includes('/'))
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // Not a zone: reported below with the statement's position.
  }
  throw failAt('INVALID_FUNCTION_ARGUMENT', position, `'${name}' is not a valid time zone`);
}

/** Wall-clock time in a zone, as TIMESTAMP, of an instant held as TIMESTAMP in UTC. */
export function toLocalSql(instantSql: string, zone: string): string {
  if (zone === 'UTC') return instantSql;
  const offset = offsetMinutes(zone);
  if (offset !== null) return `(${instantSql} + to_minutes(${offset}))`;
  return `timezone(${quoteText(zone)}, timezone('UTC', ${instantSql}))`;
}

/** Inverse of toLocalSql. A local time that occurs twice or never is resolved as ICU does. */
export function fromLocalSql(localSql: string, zone: string): string {
  if (zone === 'UTC') return localSql;
  const offset = offsetMinutes(zone);
  if (offset !== null) return `(${localSql} - to_minutes(${offset}))`;
  return `timezone('UTC', timezone(${quoteText(zone)}, ${localSql}))`;
}

function offsetMinutes(zone: string): number | null {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

/** What a zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function zoneOffsetMs(instantMs: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const minutes = offsetMinutes(zone);
  if (minutes !== null) return minutes * 60_000;
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instantMs);
  const part = (type: string): number => Number(parts.find((item) => item.type === type)?.value);
  const wallClockMs = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wallClockMs - Math.floor(instantMs / 1000) * 1000;
}
