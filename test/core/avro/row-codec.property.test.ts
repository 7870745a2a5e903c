import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import { SluiceError } from '#core/errors.ts';
import type { Field, FieldType, Row, Value } from '#core/schema/field.ts';
import { storedName } from '#core/schema/field.ts';
import { field, TRADE_FIELDS, TRADE_ROW, TRADE_SCHEMA } from './trade-schema.ts';

/** A field type with its Avro form and the values it takes. */
interface TypeCase {
  readonly type: FieldType;
  readonly avro: unknown;
  readonly values: fc.Arbitrary<Value>;
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: 'binary', maxLength: 12 });

const SCALARS: readonly TypeCase[] = [
  { type: { kind: 'string' }, avro: 'string', values: text },
  { type: { kind: 'boolean' }, avro: 'boolean', values: fc.boolean() },
  { type: { kind: 'int' }, avro: 'int', values: fc.integer() },
  { type: { kind: 'long' }, avro: 'long', values: int64 },
  { type: { kind: 'float' }, avro: 'float', values: fc.float() },
  { type: { kind: 'double' }, avro: 'double', values: fc.double() },
  { type: { kind: 'money', currency: 'EUR' }, avro: 'long', values: int64 },
  {
    type: { kind: 'decimal', precision: 20, scale: 4 },
    avro: { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 4 },
    values: fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }),
  },
  { type: { kind: 'date' }, avro: { type: 'int', logicalType: 'date' }, values: fc.integer() },
  {
    type: { kind: 'timestamp_micros' },
    avro: { type: 'long', logicalType: 'timestamp-micros' },
    values: int64,
  },
  {
    type: { kind: 'timestamp_millis' },
    avro: { type: 'long', logicalType: 'timestamp-millis' },
    values: fc.integer().map((millis) => BigInt(millis) * 1_000n),
  },
  { type: { kind: 'bytes' }, avro: 'bytes', values: fc.uint8Array({ maxLength: 20 }) },
];

function nested(inner: TypeCase, name: string): readonly TypeCase[] {
  return [
    {
      type: { kind: 'list', element: inner.type },
      avro: { type: 'array', items: inner.avro },
      values: fc.array(inner.values, { maxLength: 4 }),
    },
    {
      type: { kind: 'map', value: inner.type },
      avro: { type: 'map', values: inner.avro },
      // avsc holds maps as objects, which would reorder integer-like keys and lose __proto__.
      values: fc
        .array(
          fc.tuple(
            text.map((key) => `k${key}`),
            inner.values,
          ),
          { maxLength: 4 },
        )
        .map((pairs) => new Map(pairs)),
    },
    {
      type: { kind: 'record', fields: [field('inner', inner.type)] },
      avro: {
        type: 'record',
        name,
        fields: [{ name: storedName(field('inner', inner.type)), type: inner.avro }],
      },
      values: inner.values.map((value) => ({ [storedName(field('inner', inner.type))]: value })),
    },
  ];
}

const CASES = [...SCALARS, ...SCALARS.flatMap((scalar, index) => nested(scalar, `n${index}`))];

const table = fc
  .array(fc.record({ index: fc.nat({ max: CASES.length - 1 }), optional: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((columns) => [...new Map(columns.map((column) => [column.index, column])).values()])
  .chain((columns) => {
    const fields: Field[] = [];
    const avroFields: unknown[] = [];
    const values: Record<string, fc.Arbitrary<Value>> = {};
    for (const { index, optional } of columns) {
      const column = CASES[index] as TypeCase;
      const declared = field(`f${index}`, column.type, { optional });
      fields.push(declared);
      avroFields.push({
        name: storedName(declared),
        type: optional ? ['null', column.avro] : column.avro,
      });
      values[storedName(declared)] = optional ? fc.option(column.values) : column.values;
    }
    const schema = { type: 'record', name: 'row', fields: avroFields };
    return fc.record({
      schema: fc.constant(schema),
      fields: fc.constant(fields),
      row: fc.record(values),
    });
  });

/** avsc with exact longs, as the foreign implementation; logical types stay their underlying type. */
const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});
function foreignType(schema: unknown): avsc.Type {
  // avsc looks up its registry for names only, so annotated longs are given by name.
  const plain = JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.type === 'long' && 'logicalType' in value ? 'long' : value,
  );
  return avsc.Type.forSchema(plain as Parameters<typeof avsc.Type.forSchema>[0], {
    registry: { long: exactLong },
    wrapUnions: false,
  });
}

describe('row codec', () => {
  it('decodes what it encoded, for every type, nested and optional', () => {
    fc.assert(
      fc.property(table, ({ schema, fields, row }) => {
        const bytes = createRowEncoder(schema, fields)(row as Row);
        const decode = createRowDecoder({ writerSchema: schema, readerSchema: schema, fields });
        expect(decode(bytes).row).toEqual(row);
      }),
      { seed: 21, numRuns: 400 },
    );
  });

  it('writes bytes that a foreign reader decodes and encodes back to the same bytes', () => {
    fc.assert(
      fc.property(table, ({ schema, fields, row }) => {
        const bytes = Buffer.from(createRowEncoder(schema, fields)(row as Row));
        const foreign = foreignType(schema);
        expect(foreign.toBuffer(foreign.fromBuffer(bytes)).toString('hex')).toBe(
          bytes.toString('hex'),
        );
      }),
      { seed: 22, numRuns: 400 },
    );
  });

  it('answers 30,000 damaged rows with a row or FORMAT_CORRUPT, nothing else', () => {
    const tags: Field = field('tags', {
      kind: 'map',
      value: { kind: 'list', element: { kind: 'string' } },
    });
    const schema = {
      ...TRADE_SCHEMA,
      fields: [
        ...TRADE_SCHEMA.fields,
        { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'string' } } },
      ],
    };
    const fields = [...TRADE_FIELDS, tags];
    const whole = createRowEncoder(
      schema,
      fields,
    )({
      ...TRADE_ROW,
      tags: new Map([
        ['a', ['x', 'y']],
        ['b', []],
      ]),
    });
    const decode = createRowDecoder({ writerSchema: schema, readerSchema: schema, fields });
    let state = 99;
    const next = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    let refused = 0;
    for (let run = 0; run < 30_000; run++) {
      const damaged = Uint8Array.from(whole.subarray(0, whole.length - (next() % 3)));
      for (let change = next() % 3; change >= 0; change--) {
        damaged[next() % damaged.length] = next() & 0xff;
      }
      try {
        decode(damaged);
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'FORMAT_CORRUPT') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});
