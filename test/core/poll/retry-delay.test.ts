import { describe, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '#core/poll/retry-delay.ts';

const POLICY = { attempts: 10, retryBaseMs: 500, retryMaxMs: 4_000 };

describe('the pause after an attempt', () => {
  it('is anywhere up to a limit that doubles and ends', () => {
    const limits = [1, 2, 3, 4, 5, 9].map((attempt) => backoffMs(POLICY, attempt, 0.999_999));
    expect(limits).toEqual([499, 999, 1_999, 3_999, 3_999, 3_999]);
    expect(backoffMs(POLICY, 3, 0)).toBe(0);
    expect(backoffMs(POLICY, 2, 0.5)).toBe(500);
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 31, 12);
  const at = (header: string | undefined, date?: string) => retryAfterMs(header, { date, nowMs });

  it('counts seconds', () => {
    expect([at('0'), at(' 120 ')]).toEqual([0, 120_000]);
  });

  it('names a date by the clock of the server, else by ours', () => {
    expect(at('Sat, 31 Jan 2026 12:00:05 GMT')).toBe(5_000);
    const serverIsAhead = 'Sat, 31 Jan 2026 13:00:00 GMT';
    expect(at('Sat, 31 Jan 2026 13:00:05 GMT', serverIsAhead)).toBe(5_000);
  });

  it('is now for a date that is over', () => {
    expect(at('Sat, 31 Jan 2026 11:00:00 GMT')).toBe(0);
  });

  it('is a day at most', () => {
    expect([at('9999999999'), at('Sat, 31 Jan 2099 12:00:05 GMT')]).toEqual([
      86_400_000, 86_400_000,
    ]);
  });

  it.each([
    [undefined],
    [''],
    ['soon'],
    ['-5'],
    ['1.5'],
    ['12345678901'],
    ['2026-01-31T12:00:00Z'],
    ['Sat, 99 Foo 2026 12:00:00 GMT'],
  ])('that is %s is none', (header) => {
    expect(at(header)).toBeNull();
  });
});
