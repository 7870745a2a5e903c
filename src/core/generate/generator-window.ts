import { SluiceError } from '../errors.ts';

const MINUTE_MS = 60_000;
/** A minute that is over for longer is not made up for: after an outage the present counts. */
const MAX_AGE_MS = 5 * MINUTE_MS;
/** As much as a run has time for. */
export const MAX_SECONDS = 60;

/**
 * Time whose events a run makes: the minute from the time of its schedule on, some seconds from now, or the minute
 * before now. Null for a minute that is over for too long. Throws USAGE for a time or a number that is none.
 */
export function generatorWindow(
  event: { readonly scheduledTime?: string; readonly seconds?: number },
  nowMs: number,
): { readonly fromMs: number; readonly untilMs: number } | null {
  const { seconds, scheduledTime } = event;
  if (seconds !== undefined) {
    if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= MAX_SECONDS)) {
      throw new SluiceError(
        'USAGE',
        `expected seconds from 1 to ${MAX_SECONDS}, got ${JSON.stringify(seconds)}`,
      );
    }
    return { fromMs: nowMs, untilMs: nowMs + seconds * 1_000 };
  }
  if (scheduledTime === undefined) return { fromMs: nowMs - MINUTE_MS, untilMs: nowMs };
  const fromMs = Date.parse(scheduledTime);
  if (Number.isNaN(fromMs)) {
    throw new SluiceError(
      'USAGE',
      `expected scheduledTime as ISO 8601, got ${JSON.stringify(scheduledTime)}`,
    );
  }
  const untilMs = fromMs + MINUTE_MS;
  return nowMs - untilMs > MAX_AGE_MS ? null : { fromMs, untilMs };
}
