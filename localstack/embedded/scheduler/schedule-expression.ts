import { type CronExpression, nextWallTime, parseCron } from './cron-expression.ts';
import { createTimeZone } from './time-zone.ts';

type Expression =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly cron: CronExpression };

/** When a schedule runs. */
export interface Timetable {
  /** The first run after an instant, or null when there is none; a rate counts from its anchor, where it runs first. */
  nextRun(afterMs: number, anchorMs: number): number | null;
}

const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const CRON = /^cron\((.+)\)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * Throws an Error that says what it expected. `at(…)` is refused.
 * Source: EventBridge Scheduler User Guide, "Schedule types".
 */
export function parseTimetable(expression: string, timeZone: string): Timetable {
  const parsed = parseExpression(expression);
  const zone = createTimeZone(timeZone);
  if (parsed.kind === 'rate') {
    return { nextRun: (afterMs, anchorMs) => nextOfRate(parsed.everyMs, afterMs, anchorMs) };
  }
  return {
    nextRun: (afterMs) => {
      let wallMs: number | null = zone.wallTimeOf(afterMs);
      for (;;) {
        wallMs = nextWallTime(parsed.cron, wallMs);
        if (wallMs === null) return null;
        const instant = zone.instantOf(wallMs);
        // A time that spring skips has no run; one that autumn repeats runs the first time only.
        if (instant !== null && instant > afterMs) return instant;
      }
    },
  };
}

function nextOfRate(everyMs: number, afterMs: number, anchorMs: number): number {
  const done = Math.floor((afterMs - anchorMs) / everyMs);
  return anchorMs + Math.max(0, done + 1) * everyMs;
}

function parseExpression(expression: string): Expression {
  const [, value, unit] = RATE.exec(expression) ?? [];
  if (value !== undefined && unit !== undefined && Number(value) > 0) {
    return { kind: 'rate', everyMs: Number(value) * (UNIT_MS[unit] ?? 0) };
  }
  const [, fields] = CRON.exec(expression) ?? [];
  if (fields !== undefined) return { kind: 'cron', cron: parseCron(fields) };
  throw new Error(
    `schedule expression: expected rate(5 minutes) or cron(0 3 * * ? *), got "${expression}"`,
  );
}
