/** Random tables: columns of every type and nesting with values that fit them. */
import fc from 'fast-check';
import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { ParquetColumn } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';

export const PRIMITIVE_TYPES: readonly PrimitiveType[] = [
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
  'decimal(18, 6)',
  'decimal(19, 0)',
  'decimal(38, 10)',
];

/** A type before ids are given out. */
type Shape =
  | PrimitiveType
  | { readonly kind: 'list'; readonly element: Shape; readonly required: boolean }
  | { readonly kind: 'map'; readonly value: Shape; readonly required: boolean }
  | { readonly kind: 'struct'; readonly fields: readonly { shape: Shape; required: boolean }[] };

/** Any Unicode, with characters of 1 to 4 bytes, the byte order mark and U+FFFF all likely. */
export const arbitraryText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '€', '😀', '\ufeff', '\uffff', '\u{10ffff}', '\ud7ff'),
    maxLength: 30,
  }),
);

const arbitraryShape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...PRIMITIVE_TYPES),
    fc.record({
      kind: fc.constant('list' as const),
      element: tie('shape'),
      required: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('map' as const), value: tie('shape'), required: fc.boolean() }),
    fc.record({
      kind: fc.constant('struct' as const),
      fields: fc.array(fc.record({ shape: tie('shape'), required: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  ),
})).shape;

/** 1 to 4 columns with the same number of rows, 0 to `maxRows`. */
export function arbitraryTable(maxRows: number): fc.Arbitrary<ParquetColumn[]> {
  const fields = fc
    .array(fc.record({ shape: arbitraryShape, required: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    })
    .map(numberFields);
  return fc
    .tuple(fields, fc.nat({ max: maxRows }))
    .chain(([columns, rows]) =>
      fc.tuple(...columns.map((field) => arbitraryColumn(field, { minRows: rows, maxRows: rows }))),
    );
}

/** One column of a given field. */
export function arbitraryColumn(
  field: NestedField,
  { minRows, maxRows }: { minRows: number; maxRows: number },
): fc.Arbitrary<ParquetColumn> {
  const value = field.required ? arbitraryValue(field.type) : withNulls(field.type);
  return fc
    .array(value, { minLength: minRows, maxLength: maxRows })
    .map((values) => ({ field, values }));
}

/** A value of a type, never null at the top. */
export function arbitraryValue(type: IcebergType): fc.Arbitrary<Value> {
  if (typeof type === 'string') return arbitraryPrimitive(type);
  switch (type.type) {
    case 'struct':
      return fc.record(
        Object.fromEntries(
          type.fields.map((field) => [
            field.name,
            field.required ? arbitraryValue(field.type) : withNulls(field.type),
          ]),
        ),
      );
    case 'list':
      return fc.array(
        type['element-required'] ? arbitraryValue(type.element) : withNulls(type.element),
        { maxLength: 4 },
      );
    case 'map':
      return fc
        .uniqueArray(
          fc.tuple(
            fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
            type['value-required'] ? arbitraryValue(type.value) : withNulls(type.value),
          ),
          { selector: ([key]) => key, maxLength: 4 },
        )
        .map((entries) => new Map(entries));
  }
}

function withNulls(type: IcebergType): fc.Arbitrary<Value> {
  return fc.option(arbitraryValue(type), { freq: 3 });
}

function arbitraryPrimitive(type: PrimitiveType): fc.Arbitrary<Value> {
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'int':
    case 'date':
      return fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }));
    case 'long':
    case 'timestamp':
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -3n, max: 3n }),
      );
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'string':
      return arbitraryText;
    case 'binary':
      return fc.uint8Array({ maxLength: 40 });
    default: {
      const limit = 10n ** BigInt(/\d+/.exec(type)?.[0] ?? '1') - 1n;
      return fc.oneof(
        fc.bigInt({ min: -limit, max: limit }),
        fc.constantFrom(0n, -1n, limit, -limit),
      );
    }
  }
}

function numberFields(shapes: readonly { shape: Shape; required: boolean }[]): NestedField[] {
  let lastId = 0;
  const nextId = () => ++lastId;
  const toType = (shape: Shape): IcebergType => {
    if (typeof shape === 'string') return shape;
    switch (shape.kind) {
      case 'list':
        return {
          type: 'list',
          'element-id': nextId(),
          element: toType(shape.element),
          'element-required': shape.required,
        };
      case 'map':
        return {
          type: 'map',
          'key-id': nextId(),
          key: 'string',
          'value-id': nextId(),
          value: toType(shape.value),
          'value-required': shape.required,
        };
      case 'struct':
        return { type: 'struct', fields: toFields(shape.fields) };
    }
  };
  const toFields = (items: readonly { shape: Shape; required: boolean }[]): NestedField[] =>
    items.map(({ shape, required }) => {
      const id = nextId();
      return { id, name: `f${id}`, required, type: toType(shape) };
    });
  return toFields(shapes);
}
