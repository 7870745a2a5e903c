import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueReader } from '#core/columns/read-value.ts';
import { addCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { createHashedIdBuckets } from '#core/delivery/hashed-id-buckets.ts';
import { hashTexts } from '#core/delivery/id-hash.ts';
import { rowsAt } from '#core/delivery/judged-block.ts';
import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { arrivedHashes, type ProcessedBlock, processBlock } from '#core/delivery/process-block.ts';
import { blockOfRows } from '#core/delivery/rows-block.ts';
import type { SourceState } from '#core/delivery/source-state.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import { judged, READINGS, READINGS_PLAN, type Reading, reading } from './readings.ts';

const readings = fc.array(reading, { minLength: 1, maxLength: 60 });
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

/** Texts of a column, for the rows that stay. */
function column(processed: ProcessedBlock, name: string): readonly unknown[] {
  const read = valueReader(processed.columns.get(name)!, { kind: 'string' });
  return Array.from(processed.rows, (row) => read(row));
}

/** Processes events in batches against an index that holds what the batches before brought. */
function processInBatches(events: readonly JudgedEvent[], sizes: readonly number[]) {
  const buckets = createHashedIdBuckets(READINGS.dedupe.horizonMs);
  const ids: unknown[] = [];
  let before: SourceState | null = null;
  let counts = NO_COUNTS;
  for (let start = 0, batch = 0; start < events.length; batch++) {
    const end = start + sizes[batch % sizes.length]!;
    const part = events.slice(start, end);
    const block = blockOfRows(READINGS_PLAN, part);
    const last = part.at(-1)!.position;
    const options = { source: 's', before, last, isCommitted: buckets.has };
    const processed: ProcessedBlock = processBlock(block, options);
    for (const bucket of buckets.numbersIn(0, 100)) {
      buckets.add(bucket, `batch-${batch}`, arrivedHashes(block, processed.hashes, processed.rows));
    }
    ids.push(...column(processed, '_event_id'));
    counts = addCounts(counts, processed.counts);
    before = processed.state;
    start = end;
  }
  return { ids, counts, state: before };
}

describe('processBlock', () => {
  it('gives the same rows, counts and state however the events are cut into batches', () => {
    fc.assert(
      fc.property(readings, cuts, (all, sizes) => {
        const events = judged(all);
        expect(processInBatches(events, sizes)).toEqual(processInBatches(events, [1_000]));
      }),
    );
  });

  it('leaves out rows that are filed elsewhere, as if they were not accepted', () => {
    const all: readonly Reading[] = [1, 2, 1].map((id) => ({ id, at: 1, value: 1n }));
    const events = judged(all);
    const block = blockOfRows(READINGS_PLAN, events);
    const leftOut = rowsAt(block, new Set([`${events[0]!.position.sequence}/0`]));
    const processed = processBlock(block, {
      source: 's',
      before: null,
      last: events.at(-1)!.position,
      isCommitted: () => false,
      leftOut,
    });
    expect([...leftOut]).toEqual([1, 0, 0]);
    expect([...processed.rows]).toEqual([1, 2]);
    expect(processed.counts.received).toBe(2);
  });

  it('hashes identities with the seed it is given', () => {
    const events = judged([{ id: 1, at: 1, value: 1n }]);
    const { hashes } = processBlock(blockOfRows(READINGS_PLAN, events), {
      source: 's',
      before: null,
      last: events[0]!.position,
      isCommitted: () => false,
      seed: 5,
    });
    expect(hashes).toEqual(hashTexts(['id-1'], { seed: 5 }));
  });

  it.each([
    [true, ['NYSE', 'test', 'test']],
    [false, ['test', 'test', 'test']],
  ])(
    'names the system of a row, or the domain (the stream has the field: %s)',
    (isThere, expected) => {
      const systems = ['NYSE', null, 'test'];
      const { fields } = READINGS;
      const field = { ...fields[0]!, name: 'source_system', optional: true };
      const stream = isThere ? { ...READINGS, fields: [...fields, field] } : READINGS;
      const plan = compileStreamPlan(stream, { mappingVersion: 1 });
      const events = judged(systems.map((_, id) => ({ id, at: 1, value: 1n }))).map(
        (event, index) =>
          event.kind === 'accepted'
            ? { ...event, row: { ...event.row, source_system: systems[index]! } }
            : event,
      );
      const processed = processBlock(blockOfRows(plan, events), {
        source: 's',
        before: null,
        last: events.at(-1)!.position,
        isCommitted: () => false,
      });
      expect(column(processed, '_source_system')).toEqual(expected);
    },
  );
});
