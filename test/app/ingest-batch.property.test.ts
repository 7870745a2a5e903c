import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import { expectBooks, readBooks } from './ingest-books.ts';
import { IngestWorld, REJECTED, recordOf, SOURCE, trade, tradeRecords } from './ingest-world.ts';

/** Payloads per run; each is a valid event with some bytes changed, cut off or added. */
const EVENTS_PER_RUN = 40;
const RUNS = 60;

const damage = fc.record({
  at: fc.nat({ max: 120 }),
  bytes: fc.uint8Array({ maxLength: 6 }),
  kind: fc.constantFrom('none', 'overwrite', 'insert', 'cut'),
});

function damaged(
  data: Uint8Array,
  { at, bytes, kind }: { at: number; bytes: Uint8Array; kind: string },
): Uint8Array {
  const place = at % (data.length + 1);
  const after = { none: 0, overwrite: bytes.length, insert: 0, cut: data.length }[kind] ?? 0;
  if (kind === 'none') return data;
  return Buffer.concat(
    [data.subarray(0, place), kind === 'cut' ? [] : bytes, data.subarray(place + after)].map(
      (part) => Buffer.from(part),
    ),
  );
}

describe('ingestBatch', () => {
  it('takes any bytes, puts every event in one place, and keeps the good ones', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: EVENTS_PER_RUN, maxLength: EVENTS_PER_RUN }),
        async (damages) => {
          const world = await IngestWorld.create();
          const events = damages.map((each, index) => ({
            partitionKey: 'k',
            data: damaged(world.encode(trade(`t-${index}`, { price: 1 + index })).data, each),
          }));
          const records = [recordOf(world, 0, events)];
          await ingestBatch(world.deps, world.config, { source: SOURCE, records });
          await expectBooks(world, EVENTS_PER_RUN);
          const untouched = damages.flatMap(({ kind }, index) =>
            kind === 'none' ? [`NYSE:t-${index}`] : [],
          );
          const committed = new Set((await world.rows()).map((row) => row['_event_id']));
          expect(untouched.filter((id) => !committed.has(id))).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('gives the same tables however batches are cut and repeated, in one instance or in several', async () => {
    const source = await IngestWorld.create();
    // Five events a record: of equal events some stand in one record and some in two.
    const records = tradeRecords(source, 16, 5);
    const reference = await takeIn(records, { sizes: [16], overlaps: [0], instances: 1 });
    expect(reference.books.deduplicated).toBeGreaterThan(5);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 3 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 3 }),
        async (sizes, overlaps, instances) => {
          expect(await takeIn(records, { sizes, overlaps, instances })).toEqual(reference);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Delivers records in batches of the sizes given, each beginning `overlap` records before where the last one ended. */
async function takeIn(
  records: readonly SourceRecord[],
  options: {
    readonly sizes: readonly number[];
    readonly overlaps: readonly number[];
    readonly instances: number;
  },
) {
  const { sizes, overlaps } = options;
  const world = await IngestWorld.create();
  const instances = Array.from({ length: options.instances }, () => world.instance());
  for (let end = 0, batch = 0; end < records.length; batch++) {
    const start = Math.max(0, end - overlaps[batch % overlaps.length]!);
    end = Math.min(records.length, end + sizes[batch % sizes.length]!);
    await ingestBatch(instances[batch % instances.length]!, world.config, {
      source: SOURCE,
      records: records.slice(start, end),
    });
  }
  const rows = await world.rows();
  const positions = rows.map(
    (row) => `${row['_sequence']}/${row['_sub_sequence']} ${row['_event_id']} ${row['_late']}`,
  );
  const reasons = (await world.rows(REJECTED)).map(
    (row) => `${row['_sequence']}/${row['_sub_sequence']} ${row['reason']}`,
  );
  return {
    books: await readBooks(world),
    positions: positions.toSorted(),
    reasons: reasons.toSorted(),
    watermark: (await world.state())?.maxEventTimeMicros,
  };
}
