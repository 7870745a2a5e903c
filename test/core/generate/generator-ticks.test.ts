import { describe, expect, it } from 'vitest';
import type { GeneratorConnector } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import { NO_FAULTS } from '#core/generate/generate-events.ts';
import { createProducerTicks, type GeneratorTick } from '#core/generate/generator-ticks.ts';
import { tradeOf } from '../config/project-fixture.ts';

const MINUTE_MS = Date.UTC(2026, 0, 31, 12, 34);
const STREAM = tradeOf();

function ticksOf(
  options: {
    readonly seed?: string;
    readonly index?: number;
    readonly everyMs?: number;
    readonly faults?: GeneratorConnector['faults'];
  } = {},
) {
  const { seed = 's', index = 0, everyMs = 500, faults = NO_FAULTS } = options;
  const producer = { everyMs, minRecords: 1, maxRecords: 10, index };
  return createProducerTicks({ seed, faults }, producer, [STREAM]);
}

function rows(ticks: Iterable<GeneratorTick>) {
  return [...ticks].flatMap((tick) => tick.rows().get('trade') ?? []);
}

const minute = (options?: Parameters<typeof ticksOf>[0], at = MINUTE_MS) =>
  rows(ticksOf(options).between(at, at + 60_000));
const idsOf = (given: ReturnType<typeof rows>) => given.map((row) => row['trade_id']);

describe('the ticks of a producer', () => {
  it('come at their interval, from the minute on', () => {
    const times = [...ticksOf({ everyMs: 15_000 }).between(MINUTE_MS, MINUTE_MS + 60_000)];
    expect(times.map(({ atMs }) => atMs - MINUTE_MS)).toEqual([0, 15_000, 30_000, 45_000]);
  });

  it('have as many records as the range allows, all counts among them', () => {
    const ticks = [...ticksOf().between(MINUTE_MS, MINUTE_MS + 10 * 60_000)];
    const counts = new Set(ticks.map((tick) => tick.rows().get('trade')?.length));
    expect([...counts].toSorted((a = 0, b = 0) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are the same for the same seed and minute, whoever asks', () => {
    expect(minute()).toEqual(minute());
  });

  it('are parts of one sequence: a shorter window has a part of the longer one', () => {
    const whole = minute();
    const part = rows(ticksOf().between(MINUTE_MS + 20_250, MINUTE_MS + 40_250));
    const first = idsOf(whole).indexOf(part[0]?.['trade_id'] ?? null);
    expect(part.length).toBeGreaterThan(40);
    expect(whole.slice(first, first + part.length)).toEqual(part);
  });

  it('share no identity with another seed, producer or minute', () => {
    const ids = [
      minute(),
      minute({ seed: 't' }),
      minute({ index: 1 }),
      minute({}, MINUTE_MS + 60_000),
    ].flatMap(idsOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('differ from seed to seed in more than the identity', () => {
    const prices = (given: ReturnType<typeof rows>) => given.map((row) => row['price']).join();
    expect(prices(minute())).not.toBe(prices(minute({ seed: 't' })));
  });

  it('have event times that are over when they are sent, by less than delay and interval', () => {
    for (const tick of ticksOf().between(MINUTE_MS, MINUTE_MS + 60_000)) {
      for (const row of tick.rows().get('trade') ?? []) {
        const ageMs = tick.atMs - Number(row['timestamp']) / 1_000;
        expect(ageMs).toBeGreaterThanOrEqual(0);
        expect(ageMs).toBeLessThanOrEqual(500 + STREAM.watermark.delayMs / 2);
      }
    }
  });

  it('have the faults that are planted', () => {
    const broken = minute({ faults: { ...NO_FAULTS, brokenEvery: 4 } });
    const share = broken.filter((row) => Number(row['price']) <= 0).length / broken.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
  });

  it('begin in 2020', () => {
    expect(() => [...ticksOf().between(0, 60_000)]).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'USAGE')),
    );
  });
});
