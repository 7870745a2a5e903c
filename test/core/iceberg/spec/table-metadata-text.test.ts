import { describe, expect, it } from 'vitest';
import { parseBigintJson, stringifyBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import {
  decodeTableMetadata,
  encodeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import { seededRandom } from '../fixed-world.ts';
import { LOCATION, tradesMetadata } from '../trades-table.ts';

/** A table that keeps the last `kept` of `count` snapshots, and every tenth by a tag. */
function tableOf(count: number, kept: number): TableMetadata {
  const base = tradesMetadata();
  const all = Array.from({ length: count }, (_, index) => {
    const id = BigInt(index + 1);
    return {
      'snapshot-id': 6_000_000_000_000_000_000n + id,
      ...(index === 0 ? {} : { 'parent-snapshot-id': 6_000_000_000_000_000_000n + id - 1n }),
      'sequence-number': id,
      'timestamp-ms': base['last-updated-ms'] + index,
      summary: {
        operation: 'append',
        note: `größer "${index}"\n`,
        'sluice.batch': 'x'.repeat(200),
      },
      'manifest-list': `${LOCATION}/metadata/snap-${id}.avro`,
      'schema-id': 0,
      'key-of-others': { deep: [9007199254740993n, 1.5, null] },
    };
  });
  const isTagged = (index: number) => index % 10 === 0;
  const snapshots = all.filter((_, index) => index >= count - kept || isTagged(index));
  const current = all.at(-1);
  const metadata: object = {
    ...base,
    'last-sequence-number': BigInt(count),
    'last-updated-ms': base['last-updated-ms'] + count,
    'current-snapshot-id': current?.['snapshot-id'] ?? null,
    snapshots,
    'snapshot-log': all.slice(-kept).map((snapshot) => ({
      'snapshot-id': snapshot['snapshot-id'],
      'timestamp-ms': snapshot['timestamp-ms'],
    })),
    'metadata-log': Array.from({ length: Math.min(count, 100) }, (_, index) => ({
      'metadata-file': `${LOCATION}/metadata/${count - index}.metadata.json`,
      'timestamp-ms': base['last-updated-ms'] - index,
    })),
    refs:
      current === undefined
        ? {}
        : { main: { 'snapshot-id': current['snapshot-id'], type: 'branch' as const } },
    'next-generation': { deep: [1n << 60n] },
  };
  return all
    .filter((_, index) => isTagged(index))
    .reduce<TableMetadata>(
      (result, snapshot) =>
        setSnapshotRef(result, `run-${snapshot['sequence-number']}`, {
          type: 'tag',
          snapshotId: snapshot['snapshot-id'],
        }),
      metadata as TableMetadata,
    );
}

/** What parsing the file as one JSON text gives: the same keys and values, in another layout. */
function parsedWhole(bytes: Uint8Array): TableMetadata {
  const json = parseBigintJson(Buffer.from(bytes).toString('utf8'));
  return decodeTableMetadata(Buffer.from(stringifyBigintJson(json)));
}

describe('a metadata file by lines', () => {
  it('has every snapshot, reference and log entry on a line of its own', () => {
    const table = tableOf(30, 10);
    const lines = Buffer.from(encodeTableMetadata(table)).toString('utf8').split('\n');
    const begins = (text: string) => lines.filter((line) => line.startsWith(text)).length;
    expect(begins('{"snapshot-id":6')).toBe(table.snapshots.length + table['snapshot-log'].length);
    expect(begins('"run-')).toBe(3);
    expect(begins('"main":')).toBe(1);
  });

  it('is plain JSON with every key, and is read as JSON would be', () => {
    for (const table of [tableOf(0, 10), tableOf(1, 10), tableOf(300, 100)]) {
      const bytes = encodeTableMetadata(table);
      expect(JSON.parse(Buffer.from(bytes).toString('utf8'))).toHaveProperty('format-version', 2);
      expect(decodeTableMetadata(bytes)).toEqual(parsedWhole(bytes));
    }
  });

  it('gives back the same bytes, however often and whatever was read before', () => {
    const bytes = encodeTableMetadata(tableOf(400, 100));
    let again = bytes;
    for (let round = 0; round < 4; round++) again = encodeTableMetadata(decodeTableMetadata(again));
    expect(Buffer.from(again).equals(Buffer.from(bytes))).toBe(true);
  });

  it('follows a table over its commits', () => {
    for (let count = 150; count < 400; count += 7) {
      const bytes = encodeTableMetadata(tableOf(count, 100));
      const metadata = decodeTableMetadata(bytes);
      expect(metadata).toEqual(parsedWhole(bytes));
      expect(Buffer.from(encodeTableMetadata(metadata)).equals(Buffer.from(bytes))).toBe(true);
    }
  });

  it('shares what did not change', () => {
    const before = decodeTableMetadata(encodeTableMetadata(tableOf(200, 100)));
    const after = decodeTableMetadata(encodeTableMetadata(tableOf(201, 100)));
    expect(after.snapshots[0]).toBe(before.snapshots[0]);
    expect(Object.isFrozen(after.snapshots[0])).toBe(true);
    expect(after.refs['run-1']).toBe(before.refs['run-1']);
  });

  it('writes a changed snapshot as it is now', () => {
    const table = decodeTableMetadata(encodeTableMetadata(tableOf(200, 200)));
    for (let round = 0; round < 3; round++) decodeTableMetadata(encodeTableMetadata(table));
    const changed = {
      ...table,
      snapshots: table.snapshots.map((snapshot, index) =>
        index === 70 ? { ...snapshot, summary: { operation: 'delete' } } : snapshot,
      ),
    };
    const read = decodeTableMetadata(encodeTableMetadata(changed));
    expect(read.snapshots[70]?.summary).toEqual({ operation: 'delete' });
    expect(read).toEqual(parsedWhole(encodeTableMetadata(changed)));
  });

  it('differs from JSON in nothing when a byte is damaged', () => {
    const bytes = Buffer.from(encodeTableMetadata(tableOf(40, 20)));
    const random = seededRandom(5);
    decodeTableMetadata(bytes);
    for (let round = 0; round < 250; round++) {
      const damaged = Buffer.from(bytes);
      const at = Math.floor(random.next() * damaged.length);
      damaged[at] = Math.floor(random.next() * 256);
      expect(outcomeOf(() => decodeTableMetadata(damaged))).toEqual(
        outcomeOf(() => parsedWhole(requireUtf8(damaged))),
      );
    }
  });

  it.each(['\n', ',\n', '}', '\n}}', '{"a":1}\n', ' '])(
    'takes %j behind its end as JSON does',
    (tail) => {
      const bytes = Buffer.from(encodeTableMetadata(tableOf(5, 5)));
      const damaged = Buffer.concat([bytes, Buffer.from(tail)]);
      expect(outcomeOf(() => decodeTableMetadata(damaged))).toEqual(
        outcomeOf(() => parsedWhole(damaged)),
      );
    },
  );
});

function requireUtf8(bytes: Buffer): Buffer {
  new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return bytes;
}

/** The value, or that there is none. */
function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return 'an error';
  }
}
