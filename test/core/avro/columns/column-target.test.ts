import { describe, expect, it } from 'vitest';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import type { BytesVector, DictionaryVector, ListVector, Vector } from '#core/columns/vector.ts';
import type { FieldType } from '#core/schema/field.ts';
import { incompatible, record } from '../one-field.ts';
import { field } from '../trade-schema.ts';
import { columnOf } from './one-column.ts';
import { layOut, valueAt } from './vector-rows.ts';

const LONGS: FieldType = { kind: 'list', element: { kind: 'long' } };
const ENUM = (...symbols: string[]) => ({ type: 'enum', name: 'e', symbols });

describe('a target', () => {
  it('leaves out validity when nothing is missing', () => {
    const { decoder, target } = columnOf(['null', 'int'], {
      type: { kind: 'int' },
      optional: true,
    });
    for (const [datums, expected] of [
      [['0202', '0204'], null],
      [
        ['0202', '00'],
        [1, 0],
      ],
      [['0202', '0204'], null],
    ] as const) {
      target.begin(2);
      decoder.decode(target, layOut(datums.map((hex) => Buffer.from(hex, 'hex'))), 0, 2);
      const { validity } = target.finish(2)[0] as Vector;
      expect(validity === null ? null : [...validity.subarray(0, 2)]).toEqual(expected);
    }
  });

  it('has missing values for rows that nobody decodes', () => {
    const { target } = columnOf({ type: 'array', items: 'long' }, { type: LONGS });
    target.begin(3);
    const vector = target.finish(3)[0] as ListVector;
    expect([...(vector.validity ?? []).slice(0, 3)]).toEqual([0, 0, 0]);
    expect([...vector.offsets.slice(0, 4)]).toEqual([0, 0, 0, 0]);
  });

  it('takes back what a row pushed before it failed', () => {
    const { decoder, target } = columnOf({ type: 'array', items: 'long' }, { type: LONGS });
    const datums = ['0402 0400', '0a02 0406 08', '0206 00'].map((hex) =>
      Buffer.from(hex.replaceAll(' ', ''), 'hex'),
    );
    const rows = layOut(datums);
    target.begin(3);
    expect(decoder.decode(target, rows, 0, 3)).toBe(1);
    const vector = target.finish(3)[0] as ListVector;
    expect([...rows.ok]).toEqual([1, 0, 1]);
    expect([...vector.offsets.slice(0, 4)]).toEqual([0, 2, 2, 3]);
    expect(vector.element.length).toBe(3);
    expect([0, 1, 2].map((row) => valueAt(vector, LONGS, row))).toEqual([[1n, 2n], null, [3n]]);
  });

  it('gives back the memory of one giant batch', () => {
    const { decoder, target } = columnOf({ type: 'array', items: 'long' }, { type: LONGS });
    const giant = layOut([
      Buffer.concat([Buffer.from('80897a', 'hex'), Buffer.alloc(1_000_000), Buffer.of(0)]),
    ]);
    const run = (rows: ReturnType<typeof layOut>, capacity: number): ListVector => {
      target.begin(capacity);
      expect(decoder.decode(target, rows, 0, 1)).toBe(0);
      return target.finish(1)[0] as ListVector;
    };
    const large = run(giant, 500_000);
    expect(large.element.length).toBe(1_000_000);
    expect(large.offsets.length).toBeGreaterThan(500_000);
    const small = layOut([Buffer.of(2, 2, 0)]);
    let after = large;
    for (let batch = 0; batch < 16; batch++) after = run(small, 10);
    expect(after.offsets.length).toBeLessThan(5_000);
    expect((after.element as Extract<Vector, { kind: 'int64' }>).values.length).toBeLessThan(5_000);
    expect(valueAt(after, LONGS, 0)).toEqual([1n]);
  });

  it('knows symbols that only an older schema has', () => {
    const type: FieldType = { kind: 'enum', symbols: ['B', 'C'] };
    const target = createColumnTarget([field('x', type)]);
    const older = createColumnDecoder({
      writerSchema: record({ name: 'x', type: ENUM('A', 'B') }),
      readerSchema: record({ name: 'x', type: ENUM('B', 'C', 'A') }),
      fields: [field('x', { kind: 'enum', symbols: ['B', 'C', 'A'] })],
    });
    const rows = layOut([Buffer.of(0), Buffer.of(2)]);
    target.begin(2);
    older.decode(target, rows, 0, 2);
    const vector = target.finish(2)[0] as DictionaryVector;
    expect([0, 1].map((row) => valueAt(vector, type, row))).toEqual(['A', 'B']);
    expect(vector.dictionary.length).toBe(3);
  });

  it('refuses a decoder of other fields', () => {
    const { decoder } = columnOf('int', { type: { kind: 'int' } });
    const target = createColumnTarget([field('x', { kind: 'long' })]);
    target.begin(1);
    expect(() => decoder.decode(target, layOut([Buffer.of(0)]), 0, 1)).toThrowError(incompatible);
  });

  it('refuses rows out of order, beyond its capacity, and other data in one batch', () => {
    const { decoder, target } = columnOf('int', { type: { kind: 'int' } });
    const rows = layOut(Array.from({ length: 4 }, () => Buffer.of(0)));
    target.begin(3);
    decoder.decode(target, rows, 1, 2);
    expect(() => decoder.decode(target, rows, 1, 2)).toThrowError(RangeError);
    expect(() => decoder.decode(target, rows, 2, 4)).toThrowError(RangeError);
    expect(() => decoder.decode(target, layOut([Buffer.of(0)]), 2, 3)).toThrowError(RangeError);
    expect(() => target.finish(4)).toThrowError(RangeError);
    expect(() => decoder.decode(target, rows, 2, 5)).toThrowError(RangeError);
  });
});

describe('defaults of fields that the writer does not know', () => {
  const writerSchema = record({ name: 'id', type: 'string' });
  const readerSchema = record(
    { name: 'id', type: 'string' },
    { name: 'raw', type: 'bytes', default: '' },
    { name: 'text', type: 'string', default: '' },
  );
  const fields = [
    field('id', { kind: 'string' }),
    field('raw', { kind: 'bytes' }, { default: Uint8Array.of(1, 2, 3) }),
    field('text', { kind: 'string' }, { default: 'new' }),
  ];
  const complete = createColumnDecoder({ writerSchema: readerSchema, readerSchema, fields });
  const older = createColumnDecoder({ writerSchema, readerSchema, fields });
  const word = (text: string) => Buffer.concat([Buffer.of(text.length * 2), Buffer.from(text)]);

  it('stand beside values of the data, in a column of distinct values as well', () => {
    const target = createColumnTarget(fields);
    const count = 3_000;
    const datums = Array.from({ length: count }, (_, row) => {
      const text = `text ${row}`;
      return row % 500 === 499 ? word('id') : Buffer.concat([word('id'), word('raw'), word(text)]);
    });
    const rows = layOut(datums);
    for (let batch = 0; batch < 2; batch++) {
      target.begin(count);
      for (let row = 0; row < count; row++) {
        (row % 500 === 499 ? older : complete).decode(target, rows, row, row + 1);
      }
      const [, raw, text] = target.finish(count) as [Vector, BytesVector, BytesVector];
      expect(text.kind).toBe('bytes');
      for (const row of [0, 498, 499, 500, 2_998, 2_999]) {
        const known = row % 500 !== 499;
        expect(valueAt(text, { kind: 'string' }, row)).toBe(known ? `text ${row}` : 'new');
        const bytes = valueAt(raw, { kind: 'bytes' }, row) as Uint8Array;
        expect([...bytes]).toEqual(known ? [...Buffer.from('raw')] : [1, 2, 3]);
      }
    }
  });

  it('are code of the dictionary in a column of few values', () => {
    const target = createColumnTarget(fields);
    const datums = Array.from({ length: 30 }, () => word('id'));
    target.begin(30);
    older.decode(target, layOut(datums), 0, 30);
    const text = target.finish(30)[2] as DictionaryVector;
    expect(text.kind).toBe('dictionary');
    expect(text.dictionary.length).toBe(1);
    expect(valueAt(text, { kind: 'string' }, 29)).toBe('new');
  });

  it('of lists, maps and records are values of each row', () => {
    const type: FieldType = {
      kind: 'record',
      fields: [
        field('tags', { kind: 'list', element: { kind: 'string' } }),
        field('levels', { kind: 'map', value: { kind: 'int' } }),
      ],
    };
    const value = { tags: ['a', 'b'], levels: new Map([['x', 1]]) };
    const nested = [field('id', { kind: 'string' }), field('more', type, { default: value })];
    const reader = record(
      { name: 'id', type: 'string' },
      {
        name: 'more',
        type: {
          type: 'record',
          name: 'm',
          fields: [
            { name: 'tags', type: { type: 'array', items: 'string' } },
            { name: 'levels', type: { type: 'map', values: 'int' } },
          ],
        },
      },
    );
    const target = createColumnTarget(nested);
    const decoder = createColumnDecoder({ writerSchema, readerSchema: reader, fields: nested });
    target.begin(3);
    decoder.decode(target, layOut([word('1'), Buffer.of(9), word('3')]), 0, 3);
    const more = target.finish(3)[1] as Vector;
    expect([0, 1, 2].map((row) => valueAt(more, type, row))).toEqual([value, null, value]);
  });
});
