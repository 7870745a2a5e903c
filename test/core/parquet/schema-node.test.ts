import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { buildSchemaNodes, leavesOf } from '#core/parquet/schema-node.ts';

const field = (id: number, type: IcebergType, changes: Partial<NestedField> = {}): NestedField => ({
  id,
  name: `f${id}`,
  required: false,
  type,
  ...changes,
});

const list = (id: number, element: IcebergType, required = false): IcebergType => ({
  type: 'list',
  'element-id': id,
  element,
  'element-required': required,
});

const describeLeaves = (fields: readonly NestedField[]) =>
  leavesOf(buildSchemaNodes(fields)).map((leaf) => [
    leaf.pathInSchema.join('.'),
    leaf.fieldId,
    leaf.maxDefinitionLevel,
    leaf.maxRepetitionLevel,
  ]);

describe('buildSchemaNodes', () => {
  it('gives an optional leaf one definition level and a required leaf none', () => {
    const fields = [field(1, 'int'), field(2, 'int', { required: true })];
    expect(describeLeaves(fields)).toEqual([
      ['f1', 1, 1, 0],
      ['f2', 2, 0, 0],
    ]);
  });

  it('puts the repeated group "list" between a list and its element', () => {
    expect(describeLeaves([field(1, list(2, 'int'))])).toEqual([['f1.list.element', 2, 3, 1]]);
    expect(describeLeaves([field(1, list(2, 'int', true), { required: true })])).toEqual([
      ['f1.list.element', 2, 1, 1],
    ]);
  });

  it('puts the repeated group "key_value" above key and value, and the key is required', () => {
    const type: IcebergType = {
      type: 'map',
      'key-id': 2,
      key: 'string',
      'value-id': 3,
      value: 'long',
      'value-required': false,
    };
    expect(describeLeaves([field(1, type)])).toEqual([
      ['f1.key_value.key', 2, 2, 1],
      ['f1.key_value.value', 3, 3, 1],
    ]);
  });

  it('adds levels up along nested lists and structs', () => {
    const struct: IcebergType = {
      type: 'struct',
      fields: [field(4, list(5, list(6, 'int'))), field(7, 'int', { required: true })],
    };
    expect(describeLeaves([field(1, list(2, struct)), field(9, 'int')])).toEqual([
      ['f1.list.element.f4.list.element.list.element', 6, 8, 3],
      ['f1.list.element.f7', 7, 3, 1],
      ['f9', 9, 1, 0],
    ]);
  });

  it('numbers the leaves below each node', () => {
    const struct: IcebergType = { type: 'struct', fields: [field(2, 'int'), field(3, 'int')] };
    const nodes = buildSchemaNodes([
      field(1, struct),
      field(4, list(5, struct3())),
      field(9, 'int'),
    ]);
    expect(nodes.map((node) => [node.leafFrom, node.leafTo])).toEqual([
      [0, 2],
      [2, 5],
      [5, 6],
    ]);
  });

  it.each<[string, NestedField[]]>([
    ['an unknown primitive', [field(1, 'uuid' as IcebergType)]],
    ['an unknown nested type', [field(1, { type: 'variant' } as unknown as IcebergType)]],
    ['a struct without fields', [field(1, { type: 'struct', fields: [] })]],
    ['nesting that bytes cannot count', [field(1, nestedLists(130))]],
  ])('refuses %s', (_, fields) => {
    expect(() => buildSchemaNodes(fields)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FEATURE_UNSUPPORTED')),
    );
  });

  it.each<[string, NestedField[], RegExp]>([
    [
      'a field id used twice',
      [field(1, 'int'), field(2, list(1, 'int'))],
      /"f2.element".*field id 1.*"f1"/,
    ],
    ['a field id that is no 32-bit integer', [field(2 ** 31, 'int')], /2147483648.*32-bit/],
    [
      'a name used twice',
      [field(1, 'int', { name: 'a' }), field(2, 'int', { name: 'a' })],
      /"a".*unique/,
    ],
  ])('refuses %s', (_, fields, message) => {
    expect(() => buildSchemaNodes(fields)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID') && message.test(error.message)),
    );
  });
});

function struct3(): IcebergType {
  return { type: 'struct', fields: [field(6, 'int'), field(7, 'int'), field(8, 'int')] };
}

function nestedLists(depth: number): IcebergType {
  let type: IcebergType = 'int';
  for (let level = 0; level < depth; level += 1) type = list(1000 + level, type);
  return type;
}
