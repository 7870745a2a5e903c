import { describe, expect, it } from 'vitest';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import {
  JOURNAL_COLUMNS,
  journalLine,
  LEDGER_SHAPE,
  ledgerRow,
} from '#core/ledger/ledger-table.ts';
import { HOUR_10, SHARD } from './table-history.ts';

describe('LEDGER_SHAPE', () => {
  // A change of it would make CloudFormation touch a table that holds years of books.
  it('never changes', () => {
    const { schema, partitionSpec, sortOrder, properties } = LEDGER_SHAPE;
    expect(
      schema.fields.map(({ id, name, type, required }) => `${id} ${name} ${type} ${required}`),
    ).toEqual([
      '1 domain string true',
      '2 stream string true',
      '3 source string true',
      '4 hour timestamp true',
      '5 entry string true',
      '6 received long true',
      '7 acknowledged long true',
      '8 committed long true',
      '9 rejected long true',
      '10 deduplicated long true',
      '11 dead_lettered long true',
      '12 late long true',
      '13 evidence string true',
      '14 recorded_at timestamp true',
    ]);
    expect({ id: schema['schema-id'], partitionSpec, sortOrder, properties }).toEqual({
      id: 0,
      partitionSpec: {
        'spec-id': 0,
        fields: [{ 'source-id': 4, 'field-id': 1000, name: 'hour_day', transform: 'day' }],
      },
      sortOrder: { 'order-id': 0, fields: [] },
      properties: {
        'write.format.default': 'parquet',
        'write.parquet.compression-codec': 'zstd',
        'write.metadata.previous-versions-max': '100',
      },
    });
    expect(schema.fields.map(({ doc }) => doc)).toMatchInlineSnapshot(`
      [
        "domain of the stream",
        "stream, or _unknown for events that name none",
        "shard, or producer of a receipt",
        "hour of arrival, UTC; of a receipt the hour of its booking",
        "read, commit, rejected, hole or receipt",
        "events read off the shards",
        "events that producers hold receipts for",
        "rows in the bronze table",
        "events that a rule or a check refused",
        "events whose identity was in already",
        "events that cannot be decoded, or that the writer never got in",
        "part of committed: behind the watermark on arrival",
        "where the counts come from",
        "when the entry was booked, UTC",
      ]
    `);
  });

  it('makes a valid Iceberg table', () => {
    const metadata = createTableMetadata({
      ...LEDGER_SHAPE,
      location: 's3://lake/ops/ledger',
      tableUuid: '00000000-0000-4000-8000-000000000001',
      nowMs: 0,
    });
    expect(metadata['last-column-id']).toBe(14);
  });
});

describe('ledgerRow', () => {
  it('fills every column, and is read back', () => {
    const counts = {
      received: 1,
      acknowledged: 2,
      committed: 3,
      rejected: 4,
      deduplicated: 5,
      deadLettered: 6,
      late: 7,
    };
    const entry = {
      stream: 'trade',
      source: SHARD,
      hour: HOUR_10,
      kind: 'hole',
      counts,
      evidence: { kind: 'words', text: 'because' },
    } as const;
    const row = ledgerRow(entry, { domain: 'market', recordedMs: 1_795_170_600_123 });
    expect(Object.keys(row)).toEqual(LEDGER_SHAPE.schema.fields.map(({ name }) => name));
    expect(row).toMatchObject({
      domain: 'market',
      hour: BigInt(Date.parse('2026-11-20T10:00:00Z')) * 1000n,
      dead_lettered: 6n,
      recorded_at: 1_795_170_600_123_000n,
    });
    expect(JOURNAL_COLUMNS.every((name) => Object.hasOwn(row, name))).toBe(true);
    expect(journalLine(row)).toEqual({ ...entry, evidence: 'because' });
  });
});
