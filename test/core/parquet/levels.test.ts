import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { rowOfValue, shredColumn } from '#core/parquet/levels.ts';
import { buildSchemaNodes } from '#core/parquet/schema-node.ts';
import type { Value } from '#core/schema/field.ts';

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
  range = { from: 0, to: values.length },
) {
  const [node] = buildSchemaNodes([field]);
  if (node === undefined) throw new Error('no node');
  return shredColumn(node, values, range).map((entries) => ({
    values: Array.from(entries.values),
    definition: entries.definitionLevels && Array.from(entries.definitionLevels),
    repetition: entries.repetitionLevels && Array.from(entries.repetitionLevels),
    entryCount: entries.entryCount,
  }));
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

  it.each<[string, NestedField, Value[], RegExp]>([
    [
      'null in a required list',
      required(1, list(2, 'int')),
      [[1], null],
      /"f1" row 1: got null, expected an array/,
    ],
    [
      'undefined for a list',
      optional(1, list(2, 'int')),
      [undefined as unknown as Value],
      /row 0: got undefined/,
    ],
    [
      'a map for a struct',
      optional(1, struct(optional(2, 'int'))),
      [new Map()],
      /got a map, expected an object/,
    ],
    [
      'an array for a struct',
      optional(1, struct(optional(2, 'int'))),
      [[1]],
      /got an array, expected an object/,
    ],
    [
      'bytes for a struct',
      optional(1, struct(optional(2, 'int'))),
      [Uint8Array.of(1)],
      /got bytes/,
    ],
    ['an object for a map', optional(1, map('int')), [{ a: 1 }], /got an object, expected a map/],
    [
      'a string for a list',
      optional(1, list(2, list(3, 'int'))),
      [['x']],
      /"f1.element" row 0: got a string/,
    ],
    [
      'a field the struct does not have',
      optional(1, struct(optional(2, 'int'))),
      [{ f2: 1, f3: 2 }],
      /no other fields than f2/,
    ],
  ])('refuses %s', (_, field, values, message) => {
    expect(() => shred(field, values)).toThrow(
      expect.toSatisfy(
        (error) => hasCode(error, 'SCHEMA_INCOMPATIBLE') && message.test(error.message),
      ),
    );
  });
});

describe('rowOfValue', () => {
  const locate = (field: NestedField, values: Value[], valueIndex: number) => {
    const [node] = buildSchemaNodes([field]);
    const [entries] = node ? shredColumn(node, values, { from: 0, to: values.length }) : [];
    if (entries === undefined) throw new Error('no entries');
    return rowOfValue(entries, node?.kind === 'leaf' ? 1 : 3, valueIndex);
  };

  it('skips nulls', () => {
    expect(locate(optional(1, 'int'), [null, 1, null, 2], 1)).toBe(3);
  });

  it('counts rows, not elements', () => {
    expect(locate(optional(1, list(2, 'int')), [[1, null, 2], [], null, [3]], 1)).toBe(0);
    expect(locate(optional(1, list(2, 'int')), [[1, null, 2], [], null, [3]], 2)).toBe(3);
  });
});
