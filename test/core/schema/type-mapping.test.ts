import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { toAthenaType } from '#core/schema/athena-type.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { countingIds, toIcebergType } from '#core/schema/iceberg-type.ts';
import {
  athenaScalar,
  avroScalar,
  icebergScalar,
  isScalar,
  type ScalarType,
} from '#core/schema/type-mapping.ts';

function field(name: string, type: FieldType, optional = false): Field {
  return { name, type, optional, aliases: [], examples: [], allowNan: false };
}

/** Avro 1.12 §Logical Types; Iceberg v2 §Primitive Types; Athena User Guide, data types. */
const TABLE: readonly (readonly [ScalarType, unknown, string, string])[] = [
  [{ kind: 'string' }, 'string', 'string', 'string'],
  [{ kind: 'boolean' }, 'boolean', 'boolean', 'boolean'],
  [{ kind: 'int' }, 'int', 'int', 'int'],
  [{ kind: 'long' }, 'long', 'long', 'bigint'],
  [{ kind: 'float' }, 'float', 'float', 'float'],
  [{ kind: 'double' }, 'double', 'double', 'double'],
  [{ kind: 'bytes' }, 'bytes', 'binary', 'binary'],
  [{ kind: 'date' }, { type: 'int', logicalType: 'date' }, 'date', 'date'],
  [
    { kind: 'timestamp_millis' },
    { type: 'long', logicalType: 'timestamp-millis' },
    'timestamp',
    'timestamp',
  ],
  [
    { kind: 'timestamp_micros' },
    { type: 'long', logicalType: 'timestamp-micros' },
    'timestamp',
    'timestamp',
  ],
  [
    { kind: 'decimal', precision: 18, scale: 4 },
    { type: 'bytes', logicalType: 'decimal', precision: 18, scale: 4 },
    'decimal(18, 4)',
    'decimal(18,4)',
  ],
  [{ kind: 'money', currency: 'USD' }, { type: 'long', currency: 'USD' }, 'long', 'bigint'],
  [{ kind: 'enum', symbols: ['a'] }, null, 'string', 'string'],
];

describe('type mapping', () => {
  it.each(TABLE)('maps $kind', (type, avro, iceberg, athena) => {
    expect(avroScalar(type)).toEqual(avro);
    expect(icebergScalar(type)).toBe(iceberg);
    expect(athenaScalar(type)).toBe(athena);
    expect(isScalar(type)).toBe(true);
  });

  it('gives Avro types that a foreign reader takes', () => {
    for (const [, avro] of TABLE) {
      if (avro !== null) expect(() => avsc.Type.forSchema(avro as avsc.Schema)).not.toThrow();
    }
  });

  it('numbers nested Iceberg types parents first', () => {
    const type: FieldType = {
      kind: 'list',
      element: {
        kind: 'record',
        fields: [
          field('tags', { kind: 'map', value: { kind: 'int' } }),
          field('fee', { kind: 'money', currency: 'USD' }, true),
        ],
      },
    };
    expect(toIcebergType(type, countingIds())).toEqual({
      type: 'list',
      'element-id': 1,
      'element-required': true,
      element: {
        type: 'struct',
        fields: [
          {
            id: 2,
            name: 'tags',
            required: true,
            type: {
              type: 'map',
              'key-id': 3,
              key: 'string',
              'value-id': 4,
              value: 'int',
              'value-required': true,
            },
          },
          { id: 5, name: 'fee_cents', required: false, type: 'long' },
        ],
      },
    });
    expect(toAthenaType(type)).toBe('array<struct<tags:map<string,int>,fee_cents:bigint>>');
  });
});
