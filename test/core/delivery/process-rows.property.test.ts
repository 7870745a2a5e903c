import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Stream } from '#core/config/project.ts';
import { padSequence } from '#core/delivery/position.ts';
import { type ArrivedEvent, processRows } from '#core/delivery/process-rows.ts';
import { addCounts, NO_COUNTS, type SourceState } from '#core/delivery/source-state.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';

const plain = { optional: false, aliases: [], examples: [], allowNan: false } as const;
const STREAM: Stream = {
  domain: 'test',
  name: 'reading',
  category: 'sensor.reading',
  description: '',
  key: 'id',
  eventTime: 'at',
  fields: [
    { ...plain, name: 'id', type: { kind: 'string' } },
    { ...plain, name: 'at', type: { kind: 'timestamp_micros' } },
    { ...plain, name: 'value', type: { kind: 'long' } },
  ],
  identity: ['id'],
  watermark: { delayMs: 10, idleMs: 1000, maxFutureSkewMs: 50 },
  quality: [
    { name: 'positive', rule: 'value > 0', onFail: 'reject' },
    { name: 'small', rule: 'value < 100', onFail: 'flag' },
  ],
  mapping: [{ column: 'squared', expression: 'value * value', type: { kind: 'long' } }],
  partition: { bronze: [] },
  rate: { expectedPerSecond: 1, bytes: 1 },
  generate: {},
};
const PLAN = compileStreamPlan(STREAM, { mappingVersion: 1 });

const event = fc.record({
  id: fc.integer({ min: 0, max: 30 }),
  at: fc.integer({ min: 0, max: 100 }),
  value: fc.oneof(fc.bigInt({ min: -5n, max: 200n }), fc.constant(2n ** 62n)),
  undecodable: fc.boolean(),
});

function arrived(
  events: readonly { id: number; at: number; value: bigint; undecodable: boolean }[],
): ArrivedEvent[] {
  return events.map(({ id, at, value, undecodable }, index) => ({
    position: { sequence: padSequence(String(Math.floor(index / 3))), subSequence: index % 3 },
    arrivalMicros: 40_000n,
    decoded:
      undecodable && value < 0n
        ? { kind: 'undecodable', reason: 'planted' }
        : { kind: 'row', row: { id: `id-${id}`, at: BigInt(at) * 1000n, value }, schemaVersion: 1 },
  }));
}

describe('processRows', () => {
  it('puts every event in exactly one place', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const { rows, discarded, counts } = processRows(PLAN, arrived(events), {
          source: 's',
          before: null,
        });
        expect(counts.received).toBe(events.length);
        expect(counts.committed + counts.rejected + counts.deduplicated + counts.deadLettered).toBe(
          events.length,
        );
        expect(rows).toHaveLength(counts.committed);
        expect(discarded).toHaveLength(counts.rejected + counts.deadLettered);
        expect(new Set(rows.map((row) => row['_event_id'])).size).toBe(rows.length);
        expect(rows.filter((row) => row['_late'] === true)).toHaveLength(counts.late);
      }),
    );
  });

  it('judges lateness the same however the events are cut into batches', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 2, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (events, cuts) => {
          // Duplicates are found within a batch only, so they are left out of this comparison.
          const unique = events.map((each, index) => ({ ...each, id: index }));
          const all = arrived(unique);
          const whole = processRows(PLAN, all, { source: 's', before: null });
          let before: SourceState | null = null;
          let counts = NO_COUNTS;
          const rows = [];
          for (let start = 0, cut = 0; start < all.length; cut++) {
            const end = start + cuts[cut % cuts.length]!;
            const part = processRows(PLAN, all.slice(start, end), { source: 's', before });
            rows.push(...part.rows);
            counts = addCounts(counts, part.counts);
            before = part.state;
            start = end;
          }
          expect(rows).toEqual(whole.rows);
          expect(counts).toEqual(whole.counts);
          expect(before).toEqual(whole.state);
        },
      ),
    );
  });

  it('rejects a row whose mapping overflows, with the reason', () => {
    const { discarded } = processRows(
      PLAN,
      arrived([{ id: 1, at: 1, value: 2n ** 62n, undecodable: false }]),
      { source: 's', before: null },
    );
    expect(discarded).toMatchObject([
      { kind: 'rejected', reason: expect.stringMatching(/value \* value|64/) },
    ]);
  });

  it('rejects a mapping that gives an infinity', () => {
    const plan = compileStreamPlan(
      {
        ...STREAM,
        mapping: [
          { column: 'huge', expression: 'cast(value as double) * 1e308', type: { kind: 'double' } },
        ],
      },
      { mappingVersion: 1 },
    );
    const { discarded } = processRows(
      plan,
      arrived([{ id: 1, at: 1, value: 50n, undecodable: false }]),
      { source: 's', before: null },
    );
    expect(discarded).toMatchObject([{ reason: 'huge: expected a finite number, got Infinity' }]);
  });

  it.each([-(2n ** 63n), 2n ** 63n - 1n, -62_135_596_800_000_001n])(
    'rejects a time no engine reads: %d',
    (at) => {
      const event: ArrivedEvent = {
        position: { sequence: padSequence('1'), subSequence: 0 },
        arrivalMicros: 40_000n,
        decoded: { kind: 'row', row: { id: 'a', at, value: 1n }, schemaVersion: 1 },
      };
      const { discarded } = processRows(PLAN, [event], { source: 's', before: null });
      expect(discarded).toMatchObject([
        { kind: 'rejected', reason: expect.stringContaining('years 1 to 9999') },
      ]);
    },
  );

  it('uses arrival as event time where a stream has none', () => {
    const plan = compileStreamPlan({ ...STREAM, eventTime: null }, { mappingVersion: 1 });
    const { state, counts } = processRows(
      plan,
      arrived([{ id: 1, at: 99, value: 1n, undecodable: false }]),
      { source: 's', before: null },
    );
    expect(state.maxEventTimeMicros).toBe(40_000n);
    expect(counts.committed).toBe(1);
  });
});
