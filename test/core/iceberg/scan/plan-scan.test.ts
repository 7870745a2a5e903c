import { describe, expect, it } from 'vitest';
import { planScan, type ScanOptions } from '#core/iceberg/scan/plan-scan.ts';
import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import { addedEntry, type ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { encodeSingleValue } from '#core/iceberg/spec/single-value.ts';
import type { Row } from '#core/schema/field.ts';
import { type HandMadeTable, handMadeTable } from '../hand-made-table.ts';
import {
  dataFileOf,
  LOCATION,
  SCHEMA,
  START_MICROS,
  trade,
  tradesMetadata,
} from '../trades-table.ts';

const HOUR = 3_600_000_000n;
const entryOf = (name: string, rows: readonly Row[]): ManifestEntry =>
  addedEntry(dataFileOf(rows, { name }), { snapshotId: 1n, sortOrderId: 0 });
const at = (hours: number, values: Row = {}): Row =>
  trade(1, { ts: START_MICROS + BigInt(hours) * HOUR, ...values });

async function namesOf(table: HandMadeTable, options: ScanOptions = {}): Promise<string[]> {
  const plan = await planScan(table, table.metadata, options);
  return plan.files.map((file) => file.filePath.split('/').at(-1)?.replace('.parquet', '') ?? '');
}

describe('planScan', () => {
  it('has nothing to read in a table without snapshots', async () => {
    const table = handMadeTable([]);
    const plan = await planScan(table, tradesMetadata());
    expect(plan).toEqual({
      snapshot: null,
      schema: SCHEMA,
      files: [],
      skippedFiles: 0,
      skippedManifests: 0,
    });
  });

  it('lists live files with what a reader needs', async () => {
    const deleted: ManifestEntry = {
      ...entryOf('gone', [trade(3)]),
      status: 'deleted',
      sequenceNumber: 1n,
      fileSequenceNumber: 1n,
    };
    const existing: ManifestEntry = {
      ...entryOf('old', [trade(2)]),
      status: 'existing',
      sequenceNumber: 2n,
      fileSequenceNumber: 2n,
    };
    const table = handMadeTable([
      { entries: [entryOf('new', [trade(1)]), existing, deleted], sequenceNumber: 7n },
    ]);
    const plan = await planScan(table, table.metadata);
    expect(plan.files).toEqual([
      {
        filePath: `${LOCATION}/data/new.parquet`,
        recordCount: 1n,
        fileSizeBytes: 1001n,
        partition: [498666, 1],
        specId: 0,
        dataSequenceNumber: 7n,
        deletes: [],
      },
      expect.objectContaining({ filePath: `${LOCATION}/data/old.parquet`, dataSequenceNumber: 2n }),
    ]);
  });

  it('skips whole manifests by their partition summaries, without reading them', async () => {
    const table = handMadeTable([
      { entries: [entryOf('today', [at(0)])], sequenceNumber: 1n },
      { entries: [entryOf('later', [at(48)]), entryOf('latest', [at(49)])], sequenceNumber: 2n },
    ]);
    const filter: ScanPredicate = { column: 'ts', op: '<', value: START_MICROS + HOUR };
    const plan = await planScan(table, table.metadata, { filter });
    expect(plan.files).toHaveLength(1);
    expect(plan).toMatchObject({ skippedManifests: 1, skippedFiles: 2 });
    expect(table.reads).toEqual(['s3://list', 's3://m/0.avro']);
  });

  it('skips files by partition value and by bounds', async () => {
    const table = handMadeTable([
      {
        entries: [
          entryOf('acme', [trade(1), trade(9)]),
          entryOf('high', [trade(100), trade(200)]),
          entryOf('zeta', [trade(5, { symbol: 'ZETA' })]),
        ],
        sequenceNumber: 1n,
      },
    ]);
    expect(await namesOf(table, { filter: { column: 'symbol', op: '=', value: 'ACME' } })).toEqual([
      'acme',
      'high',
    ]);
    const filter: ScanPredicate = {
      op: 'and',
      operands: [
        { column: 'symbol', op: '=', value: 'ACME' },
        { column: 'id', op: '>', value: 50n },
      ],
    };
    expect(await namesOf(table, { filter })).toEqual(['high']);
  });

  it('takes either side of an or', async () => {
    const table = handMadeTable([
      {
        entries: [entryOf('a', [trade(1)]), entryOf('b', [trade(50)]), entryOf('c', [trade(100)])],
        sequenceNumber: 1n,
      },
    ]);
    const filter: ScanPredicate = {
      op: 'or',
      operands: [
        { column: 'id', op: '<', value: 10n },
        { column: 'size', op: 'in', values: [99, 100] },
      ],
    };
    expect(await namesOf(table, { filter })).toEqual(['a', 'c']);
  });

  it('finds nulls', async () => {
    const table = handMadeTable([
      {
        entries: [entryOf('full', [trade(1)]), entryOf('holes', [trade(2, { price: null })])],
        sequenceNumber: 1n,
      },
    ]);
    expect(await namesOf(table, { filter: { column: 'price', op: 'is-null' } })).toEqual(['holes']);
    expect(await namesOf(table, { filter: { column: 'price', op: 'is-not-null' } })).toEqual([
      'full',
    ]);
    expect(await namesOf(table, { filter: { column: 'price', op: '>=', value: 0 } })).toEqual([
      'full',
    ]);
  });

  it('reads everything where a predicate says nothing it understands', async () => {
    const table = handMadeTable([{ entries: [entryOf('a', [trade(1)])], sequenceNumber: 1n }]);
    const predicates: ScanPredicate[] = [
      { column: 'nobody', op: '=', value: 1 },
      { column: 'id', op: '=', value: 'text' },
      { column: 'size', op: '=', value: 2 ** 40 },
      { op: 'and', operands: [] },
      { op: 'or', operands: [] },
      { column: 'symbol', op: '!=', value: 'ACME' },
      { column: 'ts', op: '<', value: 2n ** 63n - 1n },
    ];
    for (const filter of predicates) expect(await namesOf(table, { filter })).toEqual(['a']);
  });

  it('folds letter case of column names and widens literals', async () => {
    const table = handMadeTable([{ entries: [entryOf('a', [trade(1)])], sequenceNumber: 1n }]);
    expect(await namesOf(table, { filter: { column: 'ID', op: '>', value: 1 } })).toEqual([]);
    expect(await namesOf(table, { filter: { column: 'size', op: '>', value: 1n } })).toEqual([]);
  });

  it('plans with the partition spec each manifest was written with', async () => {
    const daily: PartitionSpec = {
      'spec-id': 1,
      fields: [{ 'source-id': 2, 'field-id': 1002, name: 'ts_day', transform: 'day' }],
    };
    const [hourly] = tradesMetadata()['partition-specs'];
    const dayEntry = addedEntry(dataFileOf([at(72)], { name: 'day', spec: daily }), {
      snapshotId: 1n,
      sortOrderId: 0,
    });
    const table = handMadeTable(
      [
        { entries: [entryOf('hour', [at(0)])], sequenceNumber: 1n },
        { entries: [dayEntry], sequenceNumber: 2n, spec: daily },
      ],
      { specs: [hourly!, daily] },
    );
    const after: ScanPredicate = { column: 'ts', op: '>=', value: START_MICROS + 70n * HOUR };
    expect(await namesOf(table, { filter: after })).toEqual(['day']);
    expect(await namesOf(table)).toEqual(['hour', 'day']);
  });

  it('prunes old files of a widened column', async () => {
    const widened: Schema = {
      ...SCHEMA,
      fields: SCHEMA.fields.map((field) => (field.id === 6 ? { ...field, type: 'long' } : field)),
    };
    const table = handMadeTable(
      [{ entries: [entryOf('a', [trade(1)]), entryOf('b', [trade(50)])], sequenceNumber: 1n }],
      { schema: widened },
    );
    expect(await namesOf(table, { filter: { column: 'size', op: '>', value: 20n } })).toEqual([
      'b',
    ]);
  });

  it('ignores a bound that does not decode', async () => {
    const entry = entryOf('a', [trade(1)]);
    const broken = {
      ...entry,
      file: { ...entry.file, lowerBounds: new Map([[1, Uint8Array.of(1)]]) },
    };
    const table = handMadeTable([{ entries: [broken], sequenceNumber: 1n }]);
    expect(await namesOf(table, { filter: { column: 'id', op: '<', value: 0n } })).toEqual(['a']);
  });
});

describe('time travel', () => {
  const table = handMadeTable([{ entries: [entryOf('a', [trade(1)])], sequenceNumber: 1n }]);
  const timeMs = table.metadata['last-updated-ms'];

  it('reads a snapshot by id or by time', async () => {
    expect(await namesOf(table, { snapshotId: 1n })).toEqual(['a']);
    expect(await namesOf(table, { asOfMs: timeMs })).toEqual(['a']);
  });

  it('uses the schema of the snapshot', async () => {
    const metadata = {
      ...table.metadata,
      schemas: [SCHEMA, { ...SCHEMA, 'schema-id': 1, fields: SCHEMA.fields.slice(1) }],
      'current-schema-id': 1,
    };
    const now = await planScan(table, metadata);
    const then = await planScan(table, metadata, { snapshotId: 1n });
    expect(now.schema['schema-id']).toBe(1);
    expect(then.schema['schema-id']).toBe(0);
  });

  it.each([
    ['an id', { snapshotId: 404n }],
    ['a time', { asOfMs: 5 }],
  ])('fails for %s without a snapshot', async (_name, options) => {
    await expect(namesOf(table, options)).rejects.toMatchObject({ code: 'QUERY_FAILED' });
  });
});

describe('delete files', () => {
  const PATH_ID = 2147483546;
  const NO_METRICS = new Map<number, never>();
  const deleteOf = (name: string, values: Partial<ManifestEntry> = {}): ManifestEntry => {
    const entry = entryOf(name, [trade(1)]);
    return {
      ...entry,
      content: 'position-deletes',
      sortOrderId: null,
      file: { ...entry.file, lowerBounds: NO_METRICS, upperBounds: NO_METRICS },
      ...values,
    };
  };
  const data = (sequenceNumber: bigint) => ({
    entries: [entryOf(`data${sequenceNumber}`, [trade(1)])],
    sequenceNumber,
  });
  const deletes = (sequenceNumber: bigint, ...entries: ManifestEntry[]) => ({
    entries,
    sequenceNumber,
    content: 'deletes' as const,
  });

  async function deletesPerFile(table: HandMadeTable): Promise<Record<string, string[]>> {
    const { files } = await planScan(table, table.metadata);
    const short = (path: string) => path.replace(`${LOCATION}/data/`, '').replace('.parquet', '');
    return Object.fromEntries(
      files.map((file) => [short(file.filePath), file.deletes.map((item) => short(item.filePath))]),
    );
  }

  it('apply to data files that are not younger', async () => {
    const table = handMadeTable([data(1n), data(5n), data(6n), deletes(5n, deleteOf('d'))]);
    expect(await deletesPerFile(table)).toEqual({ data1: ['d'], data5: ['d'], data6: [] });
  });

  it('apply inside their partition only', async () => {
    const other = deleteOf('d');
    const elsewhere = { ...other, file: { ...other.file, partition: [1, 1] } };
    const table = handMadeTable([data(1n), deletes(5n, elsewhere)]);
    expect(await deletesPerFile(table)).toEqual({ data1: [] });
  });

  it('apply to the file they name, by reference or bounds', async () => {
    const bound = (text: string) => new Map([[PATH_ID, encodeSingleValue('string', text)]]);
    const base = deleteOf('bounded');
    const path = `${LOCATION}/data/data1.parquet`;
    const bounded = {
      ...base,
      file: { ...base.file, lowerBounds: bound(path), upperBounds: bound(path) },
    };
    const table = handMadeTable([data(1n), data(2n), deletes(5n, bounded)]);
    expect(await deletesPerFile(table)).toEqual({ data1: ['bounded'], data2: [] });
  });

  it('are not applied once removed', async () => {
    const removed = deleteOf('d', {
      status: 'deleted',
      sequenceNumber: 5n,
      fileSequenceNumber: 5n,
    });
    const table = handMadeTable([data(1n), deletes(5n, removed)]);
    expect(await deletesPerFile(table)).toEqual({ data1: [] });
  });

  it('by equality are refused, even when the filter rules their partition out', async () => {
    const equality = deleteOf('d', { content: 'equality-deletes', equalityIds: [1] });
    const table = handMadeTable([data(1n), deletes(5n, equality)]);
    const filter: ScanPredicate = { column: 'ts', op: '<', value: 0n };
    await expect(planScan(table, table.metadata, { filter })).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
    });
  });

  it('as deletion vectors are refused', async () => {
    const table = handMadeTable([data(1n), deletes(5n, deleteOf('d', { fileFormat: 'PUFFIN' }))]);
    await expect(planScan(table, table.metadata)).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
    });
  });
});

describe('tables that cannot be read right', () => {
  const oneEntry = (values: Partial<ManifestEntry>) =>
    handMadeTable([{ entries: [{ ...entryOf('a', [trade(1)]), ...values }], sequenceNumber: 1n }]);

  it.each<[string, () => HandMadeTable, string]>([
    ['an ORC file', () => oneEntry({ fileFormat: 'ORC' }), 'FEATURE_UNSUPPORTED'],
    ['an encrypted file', () => oneEntry({ keyMetadata: Uint8Array.of(1) }), 'FEATURE_UNSUPPORTED'],
    ['deletes among data', () => oneEntry({ content: 'position-deletes' }), 'TABLE_INVALID'],
    [
      'a file listed twice',
      () =>
        handMadeTable([
          { entries: [entryOf('a', [trade(1)])], sequenceNumber: 1n },
          { entries: [entryOf('a', [trade(1)])], sequenceNumber: 2n },
        ]),
      'TABLE_INVALID',
    ],
    [
      'an encrypted manifest',
      () =>
        handMadeTable([
          {
            entries: [entryOf('a', [trade(1)])],
            sequenceNumber: 1n,
            listed: { keyMetadata: Uint8Array.of(1) },
          },
        ]),
      'FEATURE_UNSUPPORTED',
    ],
    [
      'an unknown partition spec',
      () =>
        handMadeTable([
          {
            entries: [entryOf('a', [trade(1)])],
            sequenceNumber: 1n,
            listed: { partitionSpecId: 8 },
          },
        ]),
      'TABLE_INVALID',
    ],
  ])('are refused: %s', async (_name, makeTable, code) => {
    const table = makeTable();
    await expect(planScan(table, table.metadata)).rejects.toMatchObject({ code });
  });

  it('are refused with the name of the damaged file', async () => {
    const table = oneEntry({});
    table.objects.set('s3://m/0.avro', Uint8Array.of(1, 2, 3, 4));
    await expect(planScan(table, table.metadata)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      message: expect.stringContaining('s3://m/0.avro'),
    });
  });

  it('are refused when a manifest is missing', async () => {
    const table = oneEntry({});
    table.objects.delete('s3://m/0.avro');
    await expect(planScan(table, table.metadata)).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
  });
});
