import { isDeepStrictEqual } from 'node:util';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { parseAvroType } from '#core/avro/avro-type.ts';
import { decodeTwosComplement } from '#core/avro/decimal-bytes.ts';
import { type Field, type FieldType, storedName, type Value } from '#core/schema/field.ts';
import { drawOf } from '#test/fuzz/mutate.ts';
import { randomDatum } from './random-datum.ts';
import { type Json, samePair } from './random-schemas.ts';
import { decodeColumns } from './vector-rows.ts';

/** avsc with exact longs; logical types stay their underlying type. */
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

function foreignType(schema: Json): avsc.Type {
  // avsc looks up its registry for names only, so annotated longs are given by name; defaults do not matter here.
  const plain = JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === 'default') return undefined;
    return value?.type === 'long' && !('name' in value) ? 'long' : value;
  });
  return avsc.Type.forSchema(plain as Parameters<typeof avsc.Type.forSchema>[0], {
    registry: { long: exactLong },
    wrapUnions: false,
  });
}

/** A value of avsc in row representation. */
function fromForeign(value: unknown, type: FieldType): Value {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal':
      return decodeTwosComplement(value as Uint8Array);
    case 'timestamp_millis':
      return (value as bigint) * 1_000n;
    case 'bytes':
      return new Uint8Array(value as Uint8Array);
    case 'list':
      return (value as unknown[]).map((item) => fromForeign(item, type.element));
    case 'map':
      return new Map(
        Object.entries(value as object).map(([key, item]) => [key, fromForeign(item, type.value)]),
      );
    case 'record':
      return fromForeignRecord(value as Json, type.fields);
    default:
      return value as Value;
  }
}

function fromForeignRecord(value: Json, fields: readonly Field[]): { [name: string]: Value } {
  return Object.fromEntries(
    fields.map((field): [string, Value] => {
      const name = storedName(field);
      return [name, fromForeign(value[name], field.type)];
    }),
  );
}

const ROWS = 20;

describe('the column decoder beside avsc', () => {
  it('has the values of avsc for what avsc encoded', () => {
    let compared = 0;
    for (let index = 0; index < 200; index++) {
      const draw = drawOf(51, index);
      const { readerSchema: schema, fields } = samePair(draw);
      const foreign = foreignType(schema);
      const type = parseAvroType(schema);
      const values: unknown[] = [];
      const encoded: Buffer[] = [];
      for (let left = ROWS; left > 0; left--) {
        const value = foreign.fromBuffer(Buffer.from(randomDatum(draw, type)), undefined, true);
        // A key __proto__ becomes the prototype of avsc's map, which avsc then does not take back.
        if (!foreign.isValid(value)) continue;
        values.push(value);
        encoded.push(foreign.toBuffer(value));
      }
      const columns = decodeColumns(
        { writerSchema: schema, readerSchema: schema, fields },
        encoded,
      );
      columns.forEach((row, at) => {
        if (row === null) return;
        const expected = fromForeignRecord(values[at] as Json, fields);
        if (!isDeepStrictEqual(row, expected))
          expect({ schema, row }).toEqual({ schema, row: expected });
        compared++;
      });
    }
    expect(compared).toBeGreaterThan(3_600);
  });
});
