import { describe, expect, it } from 'vitest';
import { ingestBatch } from '#app/ingest-batch.ts';
import { sliceEvents } from '#app/slice-events.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { sealMessage } from '../core/kinesis/seal-message.ts';
import { expectBooks } from './ingest-books.ts';
import { IngestWorld, plainRecord, recordOf, SOURCE, trade } from './ingest-world.ts';

const MIB = 1024 * 1024;
const world = await IngestWorld.create();
const CONFIG = { ...world.config, maxSliceBytes: 16 * MIB };

/** A record of a few kilobytes whose events inflate to this many MiB, at most 8. */
function inflating(sequence: number, mib: number) {
  const { data } = world.encode(trade('large', { symbol: 'A'.repeat(MIB - 200) }));
  const zlib = encodeSchemaRegistryHeader(world.schemaVersionId, data.subarray(18), {
    compression: 'zlib',
  });
  const events = Array.from({ length: mib }, () => ({ partitionKey: 'k', data: zlib }));
  return plainRecord(sequence, encodeAggregatedRecord(events));
}

/** Sequence numbers of the records of each slice. */
async function slicesOf(
  records: Parameters<typeof sliceEvents>[1],
): Promise<readonly (readonly number[])[]> {
  const slices: number[][] = [];
  for await (const slice of sliceEvents(CONFIG, records)) {
    slices.push([...new Set(slice.map(({ position }) => Number(position.sequence) - 1))]);
  }
  return slices;
}

describe('sliceEvents', () => {
  it('keeps the largest batch that Lambda delivers uncompressed in one slice', async () => {
    const event = world.encode(trade('1'));
    const data = encodeAggregatedRecord(Array.from({ length: 3_500 }, () => event));
    const count = Math.floor(4_500_000 / data.byteLength);
    const batch = Array.from({ length: count }, (_, sequence) => plainRecord(sequence, data));
    expect(await slicesOf(batch)).toHaveLength(1);
  });

  it('cuts a batch that inflates far into whole records, in order', async () => {
    const batch = [5, 5, 5, 5, 8, 8, 1].map((mib, sequence) => inflating(sequence, mib));
    expect(await slicesOf(batch)).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('opens one record beyond the slice it gives out', async () => {
    const opened = new Set<number>();
    const batch = Array.from({ length: 6 }, (_, sequence) => {
      const { data, ...record } = inflating(sequence, 7);
      const read = () => {
        opened.add(sequence);
        return data;
      };
      return Object.defineProperty({ ...record, data }, 'data', { get: read });
    });
    await sliceEvents(CONFIG, batch).next();
    expect([...opened]).toEqual([0, 1, 2]);
  });

  it('holds nothing of what a bomb inflated to', async () => {
    const bomb = encodeSchemaRegistryHeader(world.schemaVersionId, new Uint8Array(MIB - 1), {
      compression: 'zlib',
    });
    const events = Array.from({ length: 8 }, () => ({ partitionKey: 'k', data: bomb }));
    const data = encodeAggregatedRecord(events);
    const batch = Array.from({ length: 12 }, (_, sequence) => plainRecord(sequence, data));
    expect(await slicesOf(batch)).toHaveLength(1);
  });

  it('counts events besides their bytes', async () => {
    const data = sealMessage(`0a 01 61 ${'1a 04 08 00 1a 00 '.repeat(50_000)}`);
    const batch = [0, 1, 2].map((sequence) => plainRecord(sequence, data));
    expect(3 * data.byteLength).toBeLessThan(MIB);
    expect(await slicesOf(batch)).toEqual([[0, 1], [2]]);
  });

  it('leaves out slices without events', async () => {
    expect(await slicesOf([plainRecord(0, sealMessage('0a 01 61'))])).toEqual([]);
    expect(await slicesOf([])).toEqual([]);
  });
});

describe('a batch in slices', () => {
  it('is committed slice by slice, and goes on where it was interrupted', async () => {
    const sliced = await IngestWorld.create();
    const config = { ...sliced.config, maxSliceBytes: 2_000 };
    const records = Array.from({ length: 8 }, (_, sequence) =>
      recordOf(sliced, sequence, [
        trade(`${sequence}`),
        trade('same'),
        trade(`bad-${sequence}`, { price: 0 }),
        { partitionKey: 'x', data: new Uint8Array([sequence]) },
      ]),
    );
    let swaps = 0;
    sliced.catalog.swapFault = () => (++swaps > 5 ? 'lost-request' : null);
    await expect(
      ingestBatch(sliced.deps, config, { source: SOURCE, records }),
    ).rejects.toMatchObject({ code: 'COMMIT_STATE_UNKNOWN' });
    expect(sliced.catalog.commits).toBe(5);
    sliced.catalog.swapFault = () => null;
    const results = await ingestBatch(sliced.instance(), config, { source: SOURCE, records });
    expect(results.map(({ table }) => table)).toEqual(['trade', 'rejected']);
    const books = await expectBooks(sliced, 32);
    expect(books).toMatchObject({ deduplicated: 7 });
    expect(books.committed).toHaveLength(9);
    expect((await sliced.metadata()).snapshots.length).toBeGreaterThan(2);
  });
});
