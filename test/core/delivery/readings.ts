import fc from 'fast-check';
import type { Stream } from '#core/config/project.ts';
import { judgeRow } from '#core/delivery/judge-row.ts';
import type { AcceptedEvent, JudgedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import { compileStreamPlan, type StreamPlan } from '#core/delivery/stream-plan.ts';
import type { Row } from '#core/schema/field.ts';

const plain = { optional: false, aliases: [], examples: [], allowNan: false } as const;

/** A stream with a rule of each kind, a mapping that can overflow, and short times. */
export const READINGS: Stream = {
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
  rate: { expectedPerSecond: 1, peakPerSecond: 1, bytes: 1 },
  retention: { bronzeDays: 2_555 },
  compatibility: 'BACKWARD_TRANSITIVE',
  dedupe: { horizonMs: 60_000 },
  sinks: ['bronze'],
  generate: {},
};
export const READINGS_PLAN = compileStreamPlan(READINGS, { mappingVersion: 1 });

export interface Reading {
  readonly id: number;
  readonly at: number;
  readonly value: bigint;
}

export const reading: fc.Arbitrary<Reading> = fc.record({
  id: fc.integer({ min: 0, max: 30 }),
  at: fc.integer({ min: 0, max: 100 }),
  value: fc.oneof(fc.bigInt({ min: -5n, max: 200n }), fc.constant(2n ** 62n)),
});

export const ARRIVAL_MICROS = 40_000n;

/** Judges readings that stand three to a record, arrived at one time unless `arrivalMicros` says otherwise. */
export function judged(
  readings: readonly Reading[],
  plan: StreamPlan = READINGS_PLAN,
  arrivalMicros: (index: number) => bigint = () => ARRIVAL_MICROS,
): readonly JudgedEvent[] {
  return readings.map(({ id, at, value }, index) => {
    const row: Row = { id: `id-${id}`, at: BigInt(at) * 1000n, value };
    const event = {
      stream: 'reading',
      position: { sequence: padSequence(String(Math.floor(index / 3))), subSequence: index % 3 },
      arrivalMicros: arrivalMicros(index),
      partitionKey: 'k',
      payload: new Uint8Array(),
    };
    return { ...event, row, schemaVersion: 1, ...judgeRow(plan, row, event.arrivalMicros) };
  });
}

export function accepted(events: readonly JudgedEvent[]): readonly AcceptedEvent[] {
  return events.filter((event) => event.kind === 'accepted');
}
