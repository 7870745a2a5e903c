export const HOUR_MS = 3_600_000;

/** Start of an arrival hour such as `2026-11-20T21`, milliseconds since the epoch. */
export function hourStartMs(hour: string): number {
  return Date.parse(`${hour}:00:00Z`);
}

/** The arrival hour of a time in milliseconds. */
export function hourOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 13);
}
