import { describe, expect, it } from 'vitest';
import { nullVector } from '#core/columns/null-vector.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';

const TYPES: readonly IcebergType[] = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'timestamp',
  'string',
  'binary',
  'decimal(9, 2)',
  'decimal(18, 2)',
  'decimal(38, 2)',
  { type: 'list', 'element-id': 10, element: 'string', 'element-required': true },
  {
    type: 'map',
    'key-id': 10,
    key: 'string',
    'value-id': 11,
    value: 'long',
    'value-required': false,
  },
  { type: 'struct', fields: [{ id: 10, name: 'a', required: true, type: 'int' }] },
];

describe('nullVector', () => {
  it.each(TYPES)('is written like missing values: %j', (type) => {
    const field = { id: 1, name: 'c', required: false, type };
    const options = { icebergSchemaJson: '{}' };
    const { bytes } = writeParquet([{ field, vector: nullVector(type, 3) }], options);
    expect(bytes).toEqual(writeParquet([{ field, values: [null, null, null] }], options).bytes);
  });
});
