import { describe, expect, it } from 'vitest';
import {
  durationMs,
  durationText,
  parseDaySpan,
  parseDurationMs,
  parseFactor,
  parseRatePerSecond,
  parseSizeBytes,
  sizeText,
} from '#core/config/model/quantity.ts';

describe('parseDurationMs', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0.001s', 1],
  ])('reads %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '10', 's', '-1s', '1 s', '1S', '1w', '1e3s', '0.5ms', '1.0001s', ' 1s', '1h30m'])(
    'refuses %j',
    (text) => {
      expect(parseDurationMs(text)).toBeNull();
    },
  );
});

describe('parseSizeBytes', () => {
  it.each([
    ['120B', 120],
    ['1.5KB', 1_500],
    ['10GB', 10_000_000_000],
    ['1TB', 1_000_000_000_000],
    ['1KiB', 1_024],
    ['6MiB', 6_291_456],
    ['2GiB', 2_147_483_648],
    ['1TiB', 1_099_511_627_776],
  ])('reads %s', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
  });

  it.each(['', '10', '10gb', '1.0005KB', '999999999TB', '0.5B'])('refuses %j', (text) => {
    expect(parseSizeBytes(text)).toBeNull();
  });
});

describe('parseRatePerSecond', () => {
  it.each([
    ['200/s', 200],
    ['0.5/s', 0.5],
    ['30/m', 0.5],
    ['3600/h', 1],
    ['86400/d', 1],
  ])('reads %s', (text, rate) => {
    expect(parseRatePerSecond(text)).toBe(rate);
  });

  it.each(['200', '200/ms', '/s', '200 /s', '-1/s', 'constructor/s'])('refuses %j', (text) => {
    expect(parseRatePerSecond(text)).toBeNull();
  });
});

describe('durationMs', () => {
  it('keeps its bounds, both included', () => {
    const model = durationMs({ min: '1s', max: '1m' });
    expect(model.safeParse('1s').data).toBe(1_000);
    expect(model.safeParse('60s').data).toBe(60_000);
    expect(model.safeParse('999ms').success).toBe(false);
    expect(model.safeParse('61s').success).toBe(false);
  });
});

describe('factors and spans', () => {
  it.each([
    ['1x', 1],
    ['2.5x', 2.5],
    ['1000x', 1_000],
  ])('reads the factor %s', (text, value) => {
    expect(parseFactor(text)).toBe(value);
  });

  it.each([
    ['90d', 90],
    ['7y', 2_555],
  ])('reads the span %s in days, a year as 365', (text, days) => {
    expect(parseDaySpan(text)).toBe(days);
  });

  it.each(['', 'x', '5', '-1x', '1.0005x', '5 x'])('refuses the factor %j', (text) => {
    expect(parseFactor(text)).toBeNull();
  });

  it.each(['', '7', '1.5y', '12m', '7 y'])('refuses the span %j', (text) => {
    expect(parseDaySpan(text)).toBeNull();
  });
});

describe('the text of a quantity', () => {
  it.each([500, 1_000, 90_000, 3_600_000, 86_400_000])('reads back as %d ms', (ms) => {
    expect(parseDurationMs(durationText(ms))).toBe(ms);
  });

  it.each([120, 1_000_000, 10_000_000])('reads back as %d bytes', (bytes) => {
    expect(parseSizeBytes(sizeText(bytes))).toBe(bytes);
  });

  it('is the shortest', () => {
    expect([durationText(3_600_000), durationText(10_000), sizeText(1_000_000)]).toEqual([
      '1h',
      '10s',
      '1MB',
    ]);
  });
});
