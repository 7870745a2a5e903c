import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { generatorWindow } from '#core/generate/generator-window.ts';

const NOW = Date.UTC(2026, 0, 31, 12, 34, 20);

describe('the window of a generator run', () => {
  it('is the minute from the time of its schedule on, however late it starts', () => {
    const scheduledTime = '2026-01-31T12:32:59Z';
    const fromMs = NOW - 81_000;
    expect(generatorWindow({ scheduledTime }, NOW)).toEqual({ fromMs, untilMs: fromMs + 60_000 });
  });

  it('is the minute before now without a schedule', () => {
    expect(generatorWindow({}, NOW)).toEqual({ fromMs: NOW - 60_000, untilMs: NOW });
  });

  it('is some seconds from now by hand', () => {
    expect(generatorWindow({ seconds: 5 }, NOW)).toEqual({ fromMs: NOW, untilMs: NOW + 5_000 });
  });

  it('is none for a minute that is long over', () => {
    expect(generatorWindow({ scheduledTime: '2026-01-31T12:28:00Z' }, NOW)).toBeNull();
    expect(generatorWindow({ scheduledTime: '2026-01-31T12:28:20Z' }, NOW)).not.toBeNull();
  });

  it.each([
    [{ seconds: 0 }],
    [{ seconds: 61 }],
    [{ seconds: Number.NaN }],
    [{ seconds: '5' as unknown as number }],
    [{ scheduledTime: 'soon' }],
    [{ scheduledTime: '<aws.scheduler.scheduled-time>' }],
  ])('refuses %j', (event) => {
    expect(() => generatorWindow(event, NOW)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'USAGE')),
    );
  });
});
