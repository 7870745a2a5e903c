import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { AcceptedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import type { SourceState } from '#core/delivery/source-state.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import type { Row } from '#core/schema/field.ts';
import { accepted, judged, READINGS, READINGS_PLAN, type Reading, reading } from '../readings.ts';
import { type IsCommitted, type ProcessedRows, processRows } from './process-rows.ts';

const readings = fc.array(reading, { minLength: 1, maxLength: 60 });
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
const START = { sequence: padSequence('0'), subSequence: 0 };

function process(
  events: readonly AcceptedEvent[],
  options: {
    readonly before?: SourceState | null;
    readonly isCommitted?: IsCommitted;
    readonly plan?: typeof READINGS_PLAN;
  } = {},
): ProcessedRows {
  return processRows(options.plan ?? READINGS_PLAN, events, {
    source: 's',
    before: options.before ?? null,
    last: events.at(-1)?.position ?? START,
    isCommitted: options.isCommitted ?? (() => false),
  });
}

/** Processes events in batches against a table that holds what the batches before brought. */
function processInBatches(events: readonly AcceptedEvent[], sizes: readonly number[]) {
  const rows: Row[] = [];
  let before: SourceState | null = null;
  let counts = NO_COUNTS;
  for (let start = 0, batch = 0; start < events.length; batch++) {
    const end = start + sizes[batch % sizes.length]!;
    const part = process(events.slice(start, end), { before, isCommitted: tableOf(rows) });
    rows.push(...part.rows);
    counts = addCounts(counts, part.counts);
    before = part.state;
    start = end;
  }
  return { rows, counts, state: before };
}

function tableOf(rows: readonly Row[]): IsCommitted {
  const held = [...rows];
  return (eventId, arrivalMs) =>
    held.some(
      (row) =>
        row['_event_id'] === eventId &&
        Math.abs(Number(row['_ingested_at'] as bigint) / 1000 - arrivalMs) <=
          READINGS.dedupe.horizonMs,
    );
}

describe('judging and processing', () => {
  it('puts every event in exactly one place', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const events = judged(all);
        const { rows, counts } = process(accepted(events));
        const rejected = events.filter(({ kind }) => kind === 'rejected').length;
        expect(counts.received + rejected).toBe(events.length);
        expect(counts.committed + counts.deduplicated).toBe(counts.received);
        expect([counts.rejected, counts.deadLettered]).toEqual([0, 0]);
        expect(rows).toHaveLength(counts.committed);
        expect(new Set(rows.map((row) => row['_event_id'])).size).toBe(rows.length);
        expect(rows.filter((row) => row['_late'] === true)).toHaveLength(counts.late);
      }),
    );
  });
});

describe('processRows', () => {
  it('gives the same rows, counts and state however the events are cut into batches', () => {
    fc.assert(
      fc.property(readings, cuts, (all, sizes) => {
        const events = accepted(judged(all));
        const { rows, counts, state } = process(events);
        fc.pre(events.length > 0);
        expect(processInBatches(events, sizes)).toEqual({ rows, counts, state });
      }),
    );
  });

  it('does so too where equal identities arrive more than a horizon apart', () => {
    const gaps = fc.array(fc.constantFrom(0, 1, 20_000, 60_000, 60_001), { minLength: 60 });
    fc.assert(
      fc.property(readings, gaps, cuts, (all, between, sizes) => {
        const arrivals = between.map((_, index) =>
          between.slice(0, index).reduce((sum, gap) => sum + gap, 40),
        );
        const events = accepted(
          judged(all, READINGS_PLAN, (index) => BigInt(arrivals[index] ?? 0) * 1000n),
        );
        fc.pre(events.length > 0);
        const { rows, counts, state } = process(events);
        expect(processInBatches(events, sizes)).toEqual({ rows, counts, state });
      }),
    );
  });

  it('counts by arrival hour what it counts in all', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const hourMicros = 3_600_000_000n;
        const events = accepted(judged(all, READINGS_PLAN, (index) => BigInt(index) * hourMicros));
        const { hours, counts } = process(events);
        expect([...hours.values()].reduce(addCounts, NO_COUNTS)).toEqual(counts);
        for (const [hour, { received }] of hours) {
          const arrived = events.filter(({ arrivalMicros }) =>
            new Date(Number(arrivalMicros / 1000n)).toISOString().startsWith(hour),
          );
          expect(arrived).toHaveLength(received);
        }
      }),
    );
  });

  const two = (gapMs: number): readonly Reading[] & { gapMs?: number } =>
    Object.assign(
      [0, 0].map(() => ({ id: 1, at: 1, value: 5n })),
      { gapMs },
    );

  it.each([
    ['within the horizon', 60_000, 60_000, 1],
    ['beyond it', 60_001, 60_000, 2],
    ['any time apart where it is turned off', 86_400_000, 0, 1],
  ])('keeps one of two equal events of a batch %s', (_, gapMs, horizonMs, kept) => {
    const plan = compileStreamPlan({ ...READINGS, dedupe: { horizonMs } }, { mappingVersion: 1 });
    const events = accepted(
      judged(two(gapMs), plan, (index) => BigInt(40 + index * gapMs) * 1000n),
    );
    expect(process(events, { plan }).rows).toHaveLength(kept);
  });

  it('asks no table where de-duplication is turned off', () => {
    const plan = compileStreamPlan(
      { ...READINGS, dedupe: { horizonMs: 0 } },
      { mappingVersion: 1 },
    );
    const events = accepted(judged([{ id: 1, at: 1, value: 5n }], plan));
    expect(process(events, { plan, isCommitted: () => true }).counts.committed).toBe(1);
  });

  it('lets a duplicate move the watermark: whether it is one may be known only when it is committed', () => {
    const events = accepted(
      judged([
        { id: 1, at: 5, value: 1n },
        { id: 1, at: 80, value: 1n },
        { id: 2, at: 6, value: 1n },
      ]),
    );
    const { state, counts, duplicates } = process(events);
    expect(state.maxEventTimeMicros).toBe(80_000n);
    expect(counts).toMatchObject({ committed: 2, deduplicated: 1, late: 1 });
    expect(duplicates).toEqual([
      { position: events[1]?.position, arrivalMicros: events[1]?.arrivalMicros },
    ]);
  });

  it('moves the position although no event was accepted', () => {
    const { state, rows } = process([]);
    expect({ state, rows }).toEqual({
      state: { position: START, maxEventTimeMicros: null, counts: NO_COUNTS },
      rows: [],
    });
  });

  it('uses arrival as event time where a stream has none', () => {
    const plan = compileStreamPlan({ ...READINGS, eventTime: null }, { mappingVersion: 1 });
    const events = accepted(judged([{ id: 1, at: 99, value: 1n }], plan));
    const { state, counts } = process(events, { plan });
    expect(state.maxEventTimeMicros).toBe(40_000n);
    expect(counts.committed).toBe(1);
  });
});
