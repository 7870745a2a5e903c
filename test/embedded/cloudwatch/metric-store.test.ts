import { describe, expect, it } from 'vitest';
import { createMetricStore } from '#embedded/cloudwatch/metric-store.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const MINUTE = 60_000;
const METRIC = { namespace: 'Sluice', name: 'Rows', dimensions: { service: 'writer' } };
const LAST_MINUTE = { startMs: NOON, endMs: NOON + MINUTE };

function startStore() {
  const clock = { nowMs: NOON };
  const store = createMetricStore({ nowMs: () => clock.nowMs });
  const put = (value: number, atMs = clock.nowMs): void => store.put({ ...METRIC, value, atMs });
  const read = (statistic: string, range = LAST_MINUTE) =>
    store.statistic(METRIC, statistic, range);
  return { clock, store, put, read };
}

describe('metric store', () => {
  it('has the statistics of CloudWatch', () => {
    const { put, read } = startStore();
    for (const value of [4, 1, 3, 2]) put(value);
    const names = [
      'Sum',
      'Average',
      'Minimum',
      'Maximum',
      'SampleCount',
      'p50',
      'p99',
      'p0',
      'p100',
    ];
    expect(names.map((name) => read(name))).toEqual([10, 2.5, 1, 4, 4, 2, 4, 1, 4]);
  });

  it('keeps percentiles of many values within two digits', () => {
    const { put, read } = startStore();
    for (let value = 1; value <= 20_000; value++) put(value);
    expect(read('p50')).toBeGreaterThan(9_500);
    expect(read('p50')).toBeLessThan(10_500);
  });

  it('counts a value in its own minute', () => {
    const { put, read } = startStore();
    put(1, NOON - 1);
    put(2, NOON);
    put(4, NOON + MINUTE - 1);
    put(8, NOON + MINUTE);
    expect(read('Sum')).toBe(6);
    expect(read('Sum', { startMs: NOON - MINUTE, endMs: NOON + 2 * MINUTE })).toBe(15);
  });

  it('has no statistic of nothing', () => {
    const { put, read } = startStore();
    expect(read('Sum')).toBeNull();
    put(1, NOON - MINUTE);
    expect(read('Sum')).toBeNull();
  });

  it('keeps metrics apart by namespace, name and every dimension, in any order of them', () => {
    const { store, read } = startStore();
    const at = { value: 1, atMs: NOON };
    store.put({ ...METRIC, ...at });
    store.put({ ...METRIC, ...at, namespace: 'Other' });
    store.put({ ...METRIC, ...at, name: 'Other' });
    store.put({ ...METRIC, ...at, dimensions: { service: 'other' } });
    store.put({ ...METRIC, ...at, dimensions: {} });
    store.put({ ...METRIC, ...at, dimensions: { service: 'writer', domain: 'market' } });
    store.put({ ...METRIC, ...at, dimensions: { domain: 'market', service: 'writer' } });
    expect(read('Sum')).toBe(1);
    expect(store.list()).toHaveLength(6);
  });

  it('forgets after a day', () => {
    const { clock, store, put, read } = startStore();
    put(1);
    clock.nowMs = NOON + 24 * 60 * MINUTE + 1;
    expect(store.list()).toEqual([]);
    expect(store.latest(METRIC)).toBeNull();
    for (let minute = 0; minute < 1600; minute++) {
      put(1);
      clock.nowMs += MINUTE;
    }
    expect(read('Sum')).toBeNull();
  });

  it.each([
    ['no number', Number.NaN, NOON],
    ['infinite', Number.POSITIVE_INFINITY, NOON],
    ['older than a day', 1, NOON - 25 * 60 * MINUTE],
    ['of the far future', 1, NOON + 3 * 60 * MINUTE],
  ])('drops a value that is %s', (_what, value, atMs) => {
    const { store, put } = startStore();
    put(value, atMs);
    expect(store.list()).toEqual([]);
  });

  it('knows the latest value by its time, not by its arrival', () => {
    const { store, put } = startStore();
    put(2, NOON);
    put(1, NOON - MINUTE);
    expect(store.latest(METRIC)).toEqual({ value: 2, atMs: NOON });
  });

  it('stays bounded when somebody measures by random ids', () => {
    const { store, put } = startStore();
    for (let id = 0; id < 6000; id++) {
      store.put({ ...METRIC, dimensions: { id: String(id) }, value: 1, atMs: NOON });
      if (id % 100 === 0) put(1);
    }
    expect(store.list()).toHaveLength(5000);
    expect(store.latest(METRIC)).not.toBeNull();
  });
});
