import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDeadLetters } from '#app/count-dead-letters.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import { NO_COUNTS } from '#core/delivery/source-state.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { IngestWorld, SOURCE, START_MS, tradeRecords } from './ingest-world.ts';

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
    const clean = await IngestWorld.create();
    const { encode } = clean;
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: EVENTS_PER_RUN, maxLength: EVENTS_PER_RUN }),
        async (damages) => {
          const world = await IngestWorld.create();
          const events = damages.map((each, index) => {
            const row = {
              source_system: 'NYSE',
              trade_id: `t-${index}`,
              symbol: 'AAPL',
              timestamp: BigInt(START_MS) * 1000n,
              price: 1 + index,
              size: 1,
              fee_cents: null,
            };
            return { partitionKey: 'k', data: damaged(encode(row).data, each) };
          });
          const records = [
            {
              sequenceNumber: '1',
              partitionKey: 'k',
              arrivalMs: START_MS,
              data: encodeAggregatedRecord(events),
            },
          ];
          await ingestBatch(world.deps, world.config, { source: SOURCE, records });
          const counts = (await world.state())?.counts ?? NO_COUNTS;
          const where = { bucketUri: 's3://dead-letters', domain: 'market' };
          const unknown = await countDeadLetters(world.store, { ...where, stream: '_unknown' });
          const known = await countDeadLetters(world.store, { ...where, stream: 'trade' });
          expect(counts.received + unknown.undecodable).toBe(EVENTS_PER_RUN);
          expect(
            counts.committed + counts.rejected + counts.deduplicated + counts.deadLettered,
          ).toBe(counts.received);
          expect(known).toEqual({ rejected: counts.rejected, undecodable: counts.deadLettered });
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

  it('gives the same table however batches are cut and repeated', async () => {
    const source = await IngestWorld.create();
    // Seven events a record: a planted duplicate stands in the record of its original, as the producer sends it.
    const records = tradeRecords(source, 12, 7);
    const reference = await takeIn(records, [12]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 3 }), { minLength: 1 }),
        async (sizes, overlaps) => {
          expect(await takeIn(records, sizes, overlaps)).toEqual(reference);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Delivers records in batches of the sizes given, each beginning `overlap` records before where the last one ended. */
async function takeIn(
  records: readonly SourceRecord[],
  sizes: readonly number[],
  overlaps: readonly number[] = [0],
) {
  const world = await IngestWorld.create();
  for (let end = 0, batch = 0; end < records.length; batch++) {
    const start = Math.max(0, end - overlaps[batch % overlaps.length]!);
    end = Math.min(records.length, end + sizes[batch % sizes.length]!);
    await ingestBatch(world.deps, world.config, {
      source: SOURCE,
      records: records.slice(start, end),
    });
  }
  const rows = await world.rows();
  const positions = rows.map(
    (row) => `${row['_sequence']}/${row['_sub_sequence']} ${row['_event_id']} ${row['_late']}`,
  );
  return { positions: positions.toSorted(), counts: (await world.state())?.counts };
}
