import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { parseAvroType } from '#core/avro/avro-type.ts';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { tradeOf } from '#test/core/config/project-fixture.ts';

function schemaOf(fields: readonly Field[]) {
  return toAvroSchema({ domain: 'market', name: 'trade', description: '', fields });
}

function field(name: string, type: FieldType, more: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...more };
}

describe('toAvroSchema', () => {
  it('gives the schema of the market domain', () => {
    expect(toAvroSchema({ ...tradeOf(), description: 'One trade' })).toEqual({
      type: 'record',
      name: 'trade',
      namespace: 'sluice.market',
      doc: 'One trade',
      fields: [
        { name: 'source_system', type: 'string' },
        { name: 'trade_id', type: 'string' },
        { name: 'symbol', type: 'string' },
        { name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } },
        { name: 'price', type: 'double' },
        { name: 'size', type: 'double' },
        { name: 'fee_cents', type: ['null', { type: 'long', currency: 'USD' }], default: null },
      ],
    });
  });

  it('stores doc, and aliases under the stored name', () => {
    const money: FieldType = { kind: 'money', currency: 'EUR' };
    const [tax] = schemaOf([field('tax', money, { aliases: ['vat'], doc: 'Tax' })]).fields;
    expect(tax).toEqual({
      name: 'tax_cents',
      aliases: ['vat_cents'],
      doc: 'Tax',
      type: { type: 'long', currency: 'EUR' },
    });
  });

  it('gives equal names inside different fields different full names', () => {
    const side: FieldType = { kind: 'enum', symbols: ['bid', 'ask'] };
    const record: FieldType = { kind: 'record', fields: [field('side', side)] };
    const schema = schemaOf([
      field('side', side),
      field('a', record),
      field('b', { kind: 'list', element: record }),
    ]);
    expect(() => parseAvroType(schema)).not.toThrow();
    expect(() => avsc.Type.forSchema(schema as avsc.Schema)).not.toThrow();
    expect(JSON.stringify(schema)).toContain('"namespace":"sluice.market.trade.a"');
  });

  /** Avro 1.12 §Complex Types, Records: form of defaults. */
  it.each<[FieldType, Field['default'], unknown]>([
    [{ kind: 'string' }, 'x', 'x'],
    [{ kind: 'boolean' }, false, false],
    [{ kind: 'int' }, 7, 7],
    [{ kind: 'long' }, 7n, 7],
    [{ kind: 'double' }, 1.5, 1.5],
    [{ kind: 'date' }, 20_484, 20_484],
    [{ kind: 'money', currency: 'USD' }, 150n, 150],
    [{ kind: 'timestamp_micros' }, 1_500_000n, 1_500_000],
    [{ kind: 'timestamp_millis' }, 1_500_000n, 1_500],
    [{ kind: 'decimal', precision: 9, scale: 2 }, 300n, '\u0001\u002c'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, -1n, '\u00ff'],
    [{ kind: 'enum', symbols: ['bid', 'ask'] }, 'ask', 'ask'],
  ])('writes a default of type $kind', (type, value, json) => {
    const [written] = schemaOf([field('x', type, { default: value })]).fields;
    expect(written?.default).toEqual(json);
  });

  it('gives defaults that a foreign reader fills in', () => {
    const writer = avsc.Type.forSchema(schemaOf([field('a', { kind: 'int' })]) as avsc.Schema);
    const reader = avsc.Type.forSchema(
      schemaOf([
        field('a', { kind: 'int' }),
        field('b', { kind: 'long' }, { default: 7n }),
        field('c', { kind: 'string' }, { optional: true }),
      ]) as avsc.Schema,
    );
    const read = reader.fromBuffer(writer.toBuffer({ a: 1 }), reader.createResolver(writer));
    expect({ ...read }).toEqual({ a: 1, b: 7, c: null });
  });
});
