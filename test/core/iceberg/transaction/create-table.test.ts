import { describe, expect, it } from 'vitest';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { parseTableMetadata, serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { START_MS } from '../fixed-world.ts';
import {
  LOCATION,
  SCHEMA,
  SPEC,
  TABLE_UUID,
  tradesMetadata,
  UNPARTITIONED,
} from '../trades-table.ts';

const partitionedBy = (fields: PartitionSpec['fields']): PartitionSpec => ({
  'spec-id': 0,
  fields,
});
const withFields = (fields: Schema['fields']): Schema => ({ ...SCHEMA, fields });

describe('createTableMetadata', () => {
  it('gives a version 2 table without snapshots', () => {
    expect(tradesMetadata()).toEqual({
      'format-version': 2,
      'table-uuid': TABLE_UUID,
      location: LOCATION,
      'last-sequence-number': 0n,
      'last-updated-ms': START_MS,
      'last-column-id': 6,
      schemas: [SCHEMA],
      'current-schema-id': 0,
      'partition-specs': [SPEC],
      'default-spec-id': 0,
      'last-partition-id': 1001,
      properties: {},
      'current-snapshot-id': null,
      snapshots: [],
      'snapshot-log': [],
      'metadata-log': [],
      'sort-orders': [{ 'order-id': 0, fields: [] }],
      'default-sort-order-id': 0,
      refs: {},
    });
  });

  it('survives its own JSON', () => {
    const metadata = tradesMetadata({ properties: { a: 'b' } });
    expect(parseTableMetadata(serializeTableMetadata(metadata))).toEqual(metadata);
  });

  it('starts partition ids below 1000 when there is no partition field', () => {
    expect(tradesMetadata({ spec: UNPARTITIONED })['last-partition-id']).toBe(999);
  });

  it('counts the ids inside nested columns', () => {
    const schema = withFields([
      {
        id: 1,
        name: 'tags',
        required: false,
        type: { type: 'list', 'element-id': 9, element: 'string', 'element-required': true },
      },
    ]);
    expect(tradesMetadata({ schema, spec: UNPARTITIONED })['last-column-id']).toBe(9);
  });

  it('takes a sort order and drops a trailing slash of the location', () => {
    const order = {
      'order-id': 1,
      fields: [
        { transform: 'identity', 'source-id': 2, direction: 'asc', 'null-order': 'nulls-first' },
      ],
    } as const;
    const metadata = createTableMetadata({
      location: `${LOCATION}/`,
      tableUuid: TABLE_UUID,
      schema: SCHEMA,
      partitionSpec: SPEC,
      sortOrder: order,
      properties: {},
      nowMs: 1,
    });
    expect(metadata.location).toBe(LOCATION);
    expect(metadata['sort-orders']).toEqual([order]);
    expect(metadata['default-sort-order-id']).toBe(1);
  });

  it.each<[string, Schema]>([
    ['no column', withFields([])],
    ['ids that repeat', withFields([SCHEMA.fields[0]!, { ...SCHEMA.fields[1]!, id: 1 }])],
    [
      'names that differ in case alone',
      withFields([SCHEMA.fields[0]!, { ...SCHEMA.fields[1]!, name: 'ID' }]),
    ],
  ])('refuses a schema with %s', (_name, schema) => {
    expect(() => tradesMetadata({ schema, spec: UNPARTITIONED })).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });

  it.each<[string, PartitionSpec, string]>([
    ['an id below 1000', partitionedBy([{ ...SPEC.fields[0]!, 'field-id': 999 }]), 'TABLE_INVALID'],
    [
      'ids that repeat',
      partitionedBy([SPEC.fields[0]!, { ...SPEC.fields[1]!, 'field-id': 1000 }]),
      'TABLE_INVALID',
    ],
    [
      'names that repeat',
      partitionedBy([SPEC.fields[0]!, { ...SPEC.fields[1]!, name: 'ts_hour' }]),
      'TABLE_INVALID',
    ],
    [
      'the name of a column',
      partitionedBy([{ ...SPEC.fields[0]!, name: 'Price' }]),
      'TABLE_INVALID',
    ],
    [
      'a missing column',
      partitionedBy([{ ...SPEC.fields[0]!, 'source-id': 77 }]),
      'SCHEMA_INCOMPATIBLE',
    ],
    [
      'an unfit transform',
      partitionedBy([{ ...SPEC.fields[0]!, transform: 'truncate[4]' }]),
      'SCHEMA_INCOMPATIBLE',
    ],
    [
      'an unknown transform',
      partitionedBy([{ ...SPEC.fields[0]!, transform: 'days' }]),
      'SCHEMA_INCOMPATIBLE',
    ],
  ])('refuses a partition spec with %s', (_name, spec, code) => {
    expect(() => tradesMetadata({ spec })).toThrow(expect.objectContaining({ code }));
  });

  it('lets an identity field carry the name of its column', () => {
    const spec = partitionedBy([
      { 'source-id': 3, 'field-id': 1000, name: 'symbol', transform: 'identity' },
    ]);
    expect(() => tradesMetadata({ spec })).not.toThrow();
  });
});
