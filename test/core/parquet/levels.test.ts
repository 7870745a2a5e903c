import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { rowOfValue } from '#core/parquet/leaf-entries.ts';
import type { Value } from '#core/schema/field.ts';
import { readValue } from '#test/core/columns/read-vector.ts';
import { placesOf, shredVector } from './shred-values.ts';

const optional = (id: number, type: IcebergType): NestedField => ({
  id,
  name: `f${id}`,
  required: false,
  type,
});
const required = (id: number, type: IcebergType): NestedField => ({
  ...optional(id, type),
  required: true,
});
const list = (id: number, element: IcebergType, elementRequired = false): IcebergType => ({
  type: 'list',
  'element-id': id,
  element,
  'element-required': elementRequired,
});
const map = (value: IcebergType): IcebergType => ({
  type: 'map',
  'key-id': 2,
  key: 'string',
  'value-id': 3,
  value,
  'value-required': false,
});
const struct = (...fields: NestedField[]): IcebergType => ({ type: 'struct', fields });

function shred(
  field: NestedField,
  values: ArrayLike<Value>,
  range: { from: number; to: number; rows?: Int32Array | null } = { from: 0, to: values.length },
) {
  const vector = buildVector(field, values);
  return shredVector(field, vector, { rows: null, ...range }).map(({ leaf, entries }) => {
    const { definitionLevels, repetitionLevels, entryCount } = entries;
    return {
      values: placesOf(entries).map((place) => readValue(leaf.type, entries.vector, place)),
      definition:
        typeof definitionLevels === 'number'
          ? Array(entryCount).fill(definitionLevels)
          : definitionLevels && Array.from(definitionLevels.subarray(0, entryCount)),
      repetition: repetitionLevels && Array.from(repetitionLevels),
      entryCount,
    };
  });
}

describe('shredColumn', () => {
  it('gives a required primitive no levels', () => {
    expect(shred(required(1, 'int'), [1, 2])).toEqual([
      { values: [1, 2], definition: null, repetition: null, entryCount: 2 },
    ]);
  });

  it('takes no value beyond the rows asked for', () => {
    expect(shred(required(1, 'int'), [1, 2, 3], { from: 0, to: 2 })).toEqual([
      { values: [1, 2], definition: null, repetition: null, entryCount: 2 },
    ]);
  });

  it('marks nulls of an optional primitive and takes them out', () => {
    expect(shred(optional(1, 'int'), [1, null, 3])).toEqual([
      { values: [1, 3], definition: [1, 0, 1], repetition: null, entryCount: 3 },
    ]);
  });

  it('uses typed 64-bit values as they are', () => {
    expect(shred(optional(1, 'long'), BigInt64Array.of(5n, 6n, 7n), { from: 1, to: 3 })).toEqual([
      { values: [6n, 7n], definition: [1, 1], repetition: null, entryCount: 2 },
    ]);
  });

  it('tells null list, empty list, null element and element apart', () => {
    expect(shred(optional(1, list(2, 'int')), [null, [], [null], [7, 8]])).toEqual([
      { values: [7, 8], definition: [0, 1, 2, 3, 3], repetition: [0, 0, 0, 0, 1], entryCount: 5 },
    ]);
  });

  it('counts repetition per level in nested lists', () => {
    // A new row starts at 0, a new inner list at 1, a further element of it at 2.
    const values = [
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
      [[]],
      [],
      [['f'], ['g']],
    ];
    expect(shred(required(1, list(2, list(3, 'string', true), true)), values)).toEqual([
      {
        values: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
        definition: [2, 2, 2, 2, 2, 1, 0, 2, 2],
        repetition: [0, 2, 2, 1, 2, 0, 0, 0, 1],
        entryCount: 9,
      },
    ]);
  });

  it('tells null struct and null field apart, for every leaf of the struct', () => {
    const type = struct(optional(2, 'int'), required(3, 'string'));
    const values = [null, { f2: null, f3: 'x' }, { f2: 1, f3: 'y' }];
    expect(shred(optional(1, type), values)).toEqual([
      { values: [1], definition: [0, 1, 2], repetition: null, entryCount: 3 },
      { values: ['x', 'y'], definition: [0, 1, 1], repetition: null, entryCount: 3 },
    ]);
  });

  it('gives leaves of required structs no levels', () => {
    expect(shred(required(1, struct(required(2, 'int'))), [{ f2: 1 }])).toEqual([
      { values: [1], definition: null, repetition: null, entryCount: 1 },
    ]);
  });

  it('shreds maps into keys and values with the same repetition', () => {
    const values = [
      new Map([
        ['a', 1],
        ['b', null],
      ]),
      new Map(),
      null,
    ];
    expect(shred(optional(1, map('int')), values)).toEqual([
      { values: ['a', 'b'], definition: [2, 2, 1, 0], repetition: [0, 1, 0, 0], entryCount: 4 },
      { values: [1], definition: [3, 2, 1, 0], repetition: [0, 1, 0, 0], entryCount: 4 },
    ]);
  });

  it('repeats struct fields and a list inside a list of structs', () => {
    const type = list(2, struct(optional(3, list(4, 'int')), required(5, 'int')), true);
    const values = [
      [
        { f3: [1, 2], f5: 9 },
        { f3: null, f5: 8 },
      ],
    ];
    expect(shred(required(1, type), values)).toEqual([
      { values: [1, 2], definition: [4, 4, 1], repetition: [0, 2, 1], entryCount: 3 },
      { values: [9, 8], definition: [1, 1], repetition: [0, 1], entryCount: 2 },
    ]);
  });

  it('shreds only the rows asked for', () => {
    expect(shred(optional(1, list(2, 'int')), [[1], [2, 3], [4]], { from: 1, to: 2 })).toEqual([
      { values: [2, 3], definition: [3, 3], repetition: [0, 1], entryCount: 2 },
    ]);
  });

  it('takes selected rows in the order given', () => {
    const values = [['a'], null, ['b', 'c'], []];
    const selection = { rows: Int32Array.of(0, 2, 0, 3, 1), from: 1, to: 5 };
    expect(shred(optional(1, list(2, 'string')), values, selection)).toEqual([
      {
        values: ['b', 'c', 'a'],
        definition: [3, 3, 3, 1, 0],
        repetition: [0, 1, 0, 0, 0],
        entryCount: 5,
      },
    ]);
    expect(
      shred(optional(1, 'int'), [1, null, 3], { ...selection, rows: Int32Array.of(9, 2, 1, 0, 1) }),
    ).toEqual([{ values: [3, 1], definition: [1, 0, 1, 0], repetition: null, entryCount: 4 }]);
  });

  it('knows without looking twice that all values are there, or none', () => {
    const levels = (values: Value[]) =>
      shredVector(optional(1, 'int'), buildVector(optional(1, 'int'), values))[0]?.entries
        .definitionLevels;
    expect(levels([1, 2])).toBe(1);
    expect(levels([null, null])).toBe(0);
    expect(
      shredVector(required(1, 'int'), buildVector(required(1, 'int'), [1]))[0]?.entries
        .definitionLevels,
    ).toBeNull();
  });

  it.each<[string, NestedField, Value[], RegExp]>([
    ['a value', required(1, 'int'), [1, null], /missing f1 row 1/],
    ['a list', required(1, list(2, 'int')), [[1], null], /missing f1 row 1/],
    [
      'an element',
      optional(1, list(2, 'int', true)),
      [null, [1], [1, null]],
      /missing f1.element row 2/,
    ],
    [
      'a field of a struct',
      optional(1, struct(required(2, 'int'))),
      [null, { f2: null }],
      /missing f1.f2 row 1/,
    ],
  ])('reports %s that is missing and required', (_, field, values, message) => {
    const lenient = { ...field, required: false, type: makeOptional(field.type) };
    expect(() => shredVector(field, buildVector(lenient, values))).toThrow(message);
  });

  it('names the row of the input, not of the selection', () => {
    const vector = buildVector(optional(1, 'int'), [1, 2, null, 4]);
    expect(() =>
      shredVector(required(1, 'int'), vector, { rows: Int32Array.of(3, 0, 2), from: 1, to: 3 }),
    ).toThrow(/missing f1 row 2/);
  });

  it.each([
    ['before the first item', [0, -1, 1]],
    ['beyond the last item', [0, 1, 3]],
    ['backwards', [0, 2, 1]],
  ])('refuses offsets %s', (_, offsets) => {
    const vector = buildVector(optional(1, list(2, 'int')), [[1], [2]]);
    if (vector.kind !== 'list') throw new Error('no list');
    const wrong = { ...vector, offsets: Int32Array.from(offsets) };
    expect(() => shredVector(optional(1, list(2, 'int')), wrong)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT')),
    );
  });
});

function makeOptional(type: IcebergType): IcebergType {
  if (typeof type === 'string') return type;
  if (type.type === 'list') return { ...type, 'element-required': false };
  if (type.type === 'map') return { ...type, 'value-required': false };
  return { type: 'struct', fields: type.fields.map((field) => ({ ...field, required: false })) };
}

describe('rowOfValue', () => {
  const locate = (field: NestedField, values: Value[], valueIndex: number) => {
    const [shredded] = shredVector(field, buildVector(field, values));
    if (shredded === undefined) throw new Error('no leaf');
    const { leaf, entries, selection } = shredded;
    return rowOfValue(leaf, entries, { selection, valueIndex });
  };

  it('skips nulls', () => {
    expect(locate(optional(1, 'int'), [null, 1, null, 2], 1)).toBe(3);
  });

  it('counts rows, not elements', () => {
    expect(locate(optional(1, list(2, 'int')), [[1, null, 2], [], null, [3]], 1)).toBe(0);
    expect(locate(optional(1, list(2, 'int')), [[1, null, 2], [], null, [3]], 2)).toBe(3);
  });
});
