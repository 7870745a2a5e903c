import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import type { Vector } from '#core/columns/vector.ts';
import { hasCode } from '#core/errors.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { checkVector } from '#core/parquet/check-vectors.ts';
import { buildSchemaNodes } from '#core/parquet/schema-node.ts';
import type { Value } from '#core/schema/field.ts';

const LIST: IcebergType = {
  type: 'list',
  'element-id': 2,
  element: 'int',
  'element-required': false,
};
const MAP: IcebergType = {
  type: 'map',
  'key-id': 2,
  key: 'string',
  'value-id': 3,
  value: 'int',
  'value-required': false,
};
const STRUCT: IcebergType = {
  type: 'struct',
  fields: [{ id: 2, name: 'a', required: false, type: 'int' }],
};

const build = (type: IcebergType, values: Value[]) =>
  buildVector({ id: 1, name: 'c', required: false, type }, values);

function check(type: IcebergType, vector: Vector): void {
  const [node] = buildSchemaNodes([{ id: 1, name: 'c', required: false, type }]);
  if (node !== undefined) checkVector(node, vector);
}

const TEXTS = build('string', ['x', 'y']);
if (TEXTS.kind !== 'bytes') throw new Error('no bytes');
const CODES: Vector = {
  kind: 'dictionary',
  length: 2,
  validity: null,
  codes: Int32Array.of(0, 1),
  dictionary: TEXTS,
};

describe('checkVector', () => {
  it.each<[string, IcebergType, Vector]>([
    ['codes for a string', 'string', CODES],
    ['codes for binary', 'binary', CODES],
    ['longer arrays than the vector', 'int', { ...build('int', [1, 2, 3]), length: 1 } as Vector],
    ['nested vectors', LIST, build(LIST, [[1], null])],
  ])('takes %s', (_, type, vector) => {
    expect(() => check(type, vector)).not.toThrow();
  });

  it.each<[string, IcebergType, Vector, RegExp]>([
    ['ints for a long', 'long', build('int', [1]), /"c": got kind int32, expected int64/],
    ['bytes for an int', 'int', TEXTS, /got kind bytes, expected int32/],
    ['ints for a string', 'string', build('int', [1]), /expected bytes or dictionary/],
    ['64 bits for a wide decimal', 'decimal(19, 0)', build('long', [1n]), /expected decimal128/],
    ['a list for a map', MAP, build(LIST, [[1]]), /got kind list, expected map/],
    [
      'longs in a list of ints',
      LIST,
      {
        ...build(LIST, [[1]]),
        element: build('long', [1n]),
      } as Vector,
      /"c.element": got kind int64/,
    ],
    [
      'too few values',
      'int',
      { ...build('int', [1]), length: 2 } as Vector,
      /got 1 values, expected at least 2/,
    ],
    [
      'too few validity bytes',
      'int',
      { ...build('int', [1, 2]), validity: Uint8Array.of(1) } as Vector,
      /got 1 validity bytes/,
    ],
    ['too few starts', 'string', { ...TEXTS, length: 3 }, /got 2 starts, expected at least 3/],
    ['too few codes', 'string', { ...CODES, length: 3 } as Vector, /got 2 codes/],
    [
      'too few offsets',
      LIST,
      { ...build(LIST, [[1]]), length: 2 } as Vector,
      /got 2 offsets, expected at least 3/,
    ],
    [
      'fewer values than keys',
      MAP,
      {
        ...build(MAP, [new Map([['a', 1]])]),
        values: build('int', []),
      } as Vector,
      /got 0 values, expected at least 1/,
    ],
    [
      'too few children',
      STRUCT,
      { ...build(STRUCT, [{ a: 1 }]), children: [] } as Vector,
      /got 0 children, expected 1: a/,
    ],
    [
      'a shorter child',
      STRUCT,
      { ...build(STRUCT, [{ a: 1 }]), length: 2 } as Vector,
      /"c.a": got 1 rows, expected at least 2/,
    ],
    [
      'a dictionary entry outside its data',
      'string',
      {
        ...CODES,
        dictionary: { ...TEXTS, ends: Int32Array.of(1, 9) },
      } as Vector,
      /dictionary entry 1 at 1 to 9, expected 0 to 2/,
    ],
    [
      'wide decimals cut off',
      'decimal(30, 0)',
      { ...build('decimal(30, 0)', [1n]), length: 2 } as Vector,
      /got 16 bytes, expected at least 32/,
    ],
  ])('refuses %s', (_, type, vector, message) => {
    expect(() => check(type, vector)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT') && message.test(error.message)),
    );
  });
});
