import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import {
  countKinds,
  createEventGenerator,
  type GeneratorRequest,
  NO_FAULTS,
  possibleFaults,
} from '#core/generate/generate-events.ts';
import type { Row } from '#core/schema/field.ts';
import { field, tradeStream } from './trade-stream.ts';

const START_MS = Date.UTC(2026, 10, 20, 12);
const FAULTS = { brokenEvery: 11, duplicateEvery: 7, lateEvery: 13 };

function request(parts: Partial<GeneratorRequest> = {}): GeneratorRequest {
  return {
    stream: tradeStream(),
    seed: '42',
    run: 1,
    startMs: START_MS,
    eventsPerSecond: 100,
    faults: NO_FAULTS,
    ...parts,
  };
}
const rowsOf = (parts: Partial<GeneratorRequest>, count: number): Row[] => {
  const eventAt = createEventGenerator(request(parts));
  return Array.from({ length: count }, (_, index) => eventAt(index).row);
};

describe('createEventGenerator', () => {
  it('gives the same event for the same index in any order and in a new process', () => {
    const forward = createEventGenerator(request({ faults: FAULTS }));
    const resumed = createEventGenerator(request({ faults: FAULTS }));
    const events = Array.from({ length: 500 }, (_, index) => forward(index));
    for (const index of [499, 0, 77, 78, 250, 76]) expect(resumed(index)).toEqual(events[index]);
  });

  it('reaches a far index without the ones before it', () => {
    const start = performance.now();
    const { row } = createEventGenerator(request())(3_000_000_000);
    expect(row['trade_id']).toBe('42-1-3000000000');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('gives other events for another seed and another run', () => {
    const [first] = rowsOf({}, 1);
    expect(rowsOf({ seed: '43' }, 1)[0]).not.toEqual(first);
    expect(rowsOf({ run: 2 }, 1)[0]).not.toEqual(first);
  });

  it('keeps prices of a symbol close from event to event and apart between symbols', () => {
    const bySymbol = Map.groupBy(rowsOf({}, 20_000), (row) => row['symbol']);
    const apple = bySymbol.get('AAPL') ?? [];
    expect(apple.length).toBeGreaterThan(1_000);
    const prices = apple.map((row) => Number(row['price']));
    const steps = prices.slice(1).map((price, index) => Math.abs(price / (prices[index] ?? 1) - 1));
    expect(Math.max(...steps)).toBeLessThan(0.05);
    expect(Math.min(...prices)).toBeGreaterThan(0);
    const other = Number(bySymbol.get('CLZ26')?.[0]?.['price']);
    expect(Math.abs(other / (prices[0] ?? 1) - 1)).toBeGreaterThan(0.01);
  });

  it('leaves an optional field out now and then', () => {
    const missing = rowsOf({}, 2_000).filter((row) => row['fee_cents'] === null).length;
    expect(missing).toBeGreaterThan(100);
    expect(missing).toBeLessThan(300);
  });
});

describe('event times', () => {
  const delayMicros = 10_000_000n;

  /** Whether each event is behind the watermark that the accepted events before it have made. */
  function latenessOf(parts: Partial<GeneratorRequest>, count: number) {
    const eventAt = createEventGenerator(request(parts));
    let highest: bigint | null = null;
    return Array.from({ length: count }, (_, index) => {
      const { row, kind } = eventAt(index);
      const time = row['timestamp'] as bigint;
      const isLate: boolean = highest !== null && time < highest - delayMicros;
      if (highest === null || time > highest) highest = time;
      return { kind, isLate };
    });
  }

  it('rise at the rate of the request', () => {
    const rows = rowsOf({ eventsPerSecond: 50 }, 5_001);
    const elapsed = Number(
      (rows[5_000]?.['timestamp'] as bigint) - (rows[0]?.['timestamp'] as bigint),
    );
    expect(elapsed / 1e6).toBeGreaterThan(95);
    expect(elapsed / 1e6).toBeLessThan(105);
  });

  it.each([0.01, 1, 100, 20_000])(
    'are late only where planted, at %d events per second',
    (eventsPerSecond) => {
      for (const { kind, isLate } of latenessOf({ eventsPerSecond, faults: FAULTS }, 3_000)) {
        expect(isLate).toBe(kind === 'late');
      }
    },
  );

  it('are whole milliseconds for timestamp_millis', () => {
    const fields = tradeStream().fields.map((column) =>
      column.name === 'timestamp' ? field('timestamp', { kind: 'timestamp_millis' }) : column,
    );
    for (const row of rowsOf({ stream: tradeStream({ fields }) }, 100)) {
      expect((row['timestamp'] as bigint) % 1_000n).toBe(0n);
    }
  });
});

describe('identity', () => {
  const countDistinct = (rows: readonly Row[], names: readonly string[]) =>
    new Set(rows.map((row) => names.map((name) => String(row[name])).join('|'))).size;

  it('is unique over a run and a function of seed, run and index', () => {
    const rows = rowsOf({}, 20_000);
    expect(countDistinct(rows, ['trade_id'])).toBe(20_000);
    expect(rows[7]?.['trade_id']).toBe('42-1-7');
  });

  it.each([
    ['long', { kind: 'long' } as const, 'trade_id'],
    ['int', { kind: 'int' } as const, 'trade_id'],
    ['money', { kind: 'money', currency: 'USD' } as const, 'trade_id_cents'],
    ['decimal', { kind: 'decimal', precision: 20, scale: 2 } as const, 'trade_id'],
    ['double', { kind: 'double' } as const, 'trade_id'],
    ['bytes', { kind: 'bytes' } as const, 'trade_id'],
  ])('can be a %s', (_name, type, stored) => {
    const fields = [field('trade_id', type), field('timestamp', { kind: 'timestamp_micros' })];
    const stream = tradeStream({
      fields,
      identity: ['trade_id'],
      key: 'trade_id',
      generate: {},
      quality: [],
    });
    expect(countDistinct(rowsOf({ stream }, 5_000), [stored])).toBe(5_000);
  });

  it('differs between runs where it is a long', () => {
    const fields = [
      field('trade_id', { kind: 'long' }),
      field('timestamp', { kind: 'timestamp_micros' }),
    ];
    const stream = tradeStream({
      fields,
      identity: ['trade_id'],
      key: 'trade_id',
      generate: {},
      quality: [],
    });
    const ids = [1, 2].flatMap((run) => rowsOf({ stream, run }, 1_000));
    expect(countDistinct(ids, ['trade_id'])).toBe(2_000);
  });

  it('can be key and event time, which then rises strictly', () => {
    const stream = tradeStream({ identity: ['timestamp'] });
    const times = rowsOf({ stream, eventsPerSecond: 100_000 }, 5_000).map(
      (row) => row['timestamp'] as bigint,
    );
    expect(times.slice(1).every((time, index) => time > (times[index] ?? 0n))).toBe(true);
  });

  it('refuses a rate at which event times alone would repeat', () => {
    const stream = tradeStream({ identity: ['timestamp'] });
    expect(() =>
      createEventGenerator(request({ stream, eventsPerSecond: 2_000_000 })),
    ).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('refuses an identity that cannot tell events apart', () => {
    const fields = [...tradeStream().fields, field('open', { kind: 'boolean' })];
    const stream = tradeStream({ fields, identity: ['open'] });
    expect(() => createEventGenerator(request({ stream }))).toThrowError(
      /name a generator for one of them/,
    );
  });

  it('is left to the domain file where it names generators', () => {
    const stream = tradeStream({
      identity: ['trade_id'],
      generate: { trade_id: 'sequence(100)' },
    });
    expect(rowsOf({ stream }, 2).map((row) => row['trade_id'])).toEqual(['100', '101']);
  });
});

describe('planted faults', () => {
  it('are as many as countKinds says', () => {
    const eventAt = createEventGenerator(request({ faults: FAULTS }));
    const counts = { ok: 0, broken: 0, duplicate: 0, late: 0 };
    for (let index = 0; index < 10_000; index++) counts[eventAt(index).kind]++;
    expect(countKinds({ faults: FAULTS }, 10_000)).toEqual(counts);
    expect(counts.broken).toBe(909);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(500);
  });

  it('break a rejecting rule, and only those', () => {
    const eventAt = createEventGenerator(request({ faults: FAULTS }));
    for (let index = 0; index < 1_000; index++) {
      const { row, kind } = eventAt(index);
      expect(Number(row['price']) > 0).toBe(kind !== 'broken');
    }
  });

  it('repeat the ordinary event just before', () => {
    const eventAt = createEventGenerator(request({ faults: FAULTS }));
    for (let index = 1; index < 1_000; index++) {
      const { row, kind } = eventAt(index);
      const before = eventAt(index - 1);
      if (kind !== 'duplicate') continue;
      expect(row).toEqual(before.row);
      expect(before.kind).toBe('ok');
    }
  });

  it('spare the first event', () => {
    const every = { brokenEvery: 1, duplicateEvery: null, lateEvery: null };
    const eventAt = createEventGenerator(request({ faults: every }));
    expect([0, 1, 2].map((index) => eventAt(index).kind)).toEqual(['ok', 'broken', 'broken']);
  });

  it.each([
    [
      'a missing value',
      [{ name: 'rule', rule: 'fee is not null', onFail: 'reject' as const }],
      { fee_cents: null },
    ],
    [
      'an empty text',
      [{ name: 'rule', rule: 'length(symbol) > 0', onFail: 'reject' as const }],
      { symbol: '' },
    ],
    [
      'a rule that fails',
      [{ name: 'rule', rule: '1 / (price + 1) > 0', onFail: 'reject' as const }],
      { price: -1 },
    ],
  ])('can be %s', (_name, quality, broken) => {
    const stream = tradeStream({
      quality,
      generate: { symbol: 'zipf(5)', fee: 'constant(1.25)', price: 'constant(100)' },
    });
    const faults = { ...NO_FAULTS, brokenEvery: 2 };
    expect(createEventGenerator(request({ stream, faults }))(1).row).toMatchObject(broken);
  });

  it('are refused where they cannot be made', () => {
    const noRules = tradeStream({ quality: [{ name: 'rule', rule: 'price > 0', onFail: 'flag' }] });
    const noTime = tradeStream({ eventTime: null });
    const invalid = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return hasCode(error, 'CONFIG_INVALID');
      }
      return false;
    };
    expect(invalid(() => createEventGenerator(request({ stream: noRules, faults: FAULTS })))).toBe(
      true,
    );
    expect(
      invalid(() =>
        createEventGenerator(request({ stream: noTime, faults: { ...FAULTS, brokenEvery: null } })),
      ),
    ).toBe(true);
  });
});

describe('possibleFaults', () => {
  it('are all that are asked for where rules and an event time allow them', () => {
    expect(possibleFaults(request({ faults: FAULTS }))).toEqual(FAULTS);
  });

  it('leave out what a stream without breakable rule, or without event time, cannot have', () => {
    const plain = { ...tradeStream(), quality: [], eventTime: null };
    expect(possibleFaults(request({ stream: plain, faults: FAULTS }))).toEqual({
      ...FAULTS,
      brokenEvery: null,
      lateEvery: null,
    });
    expect(possibleFaults(request({ stream: plain }))).toEqual(NO_FAULTS);
  });
});
