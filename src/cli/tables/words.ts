import { SluiceError } from '#core/errors.ts';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `30d`, `12h`, `90m` in milliseconds. Throws USAGE. */
export function parseAge(option: string, text: string): number {
  const [, digits, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ageMs = Number(digits) * (UNITS_MS[unit as keyof typeof UNITS_MS] ?? Number.NaN);
  if (Number.isSafeInteger(ageMs) && ageMs > 0) return ageMs;
  throw new SluiceError(
    'USAGE',
    `--${option}: expected a time such as 30d, 12h or 90m, got "${text}"`,
  );
}

/** Inverse of parseAge in the largest unit that fits. */
export function durationText(ageMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (ageMs % UNITS_MS[unit] === 0) return `${ageMs / UNITS_MS[unit]}${unit}`;
  }
  return `${ageMs} ms`;
}

/** `2026-11-20 18:05:00.123`, UTC. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '');
}
