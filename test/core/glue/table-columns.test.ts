import { expect, it } from 'vitest';
import { glueColumns, glueTypeName } from '#core/glue/table-columns.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';

it.each<[IcebergType, string]>([
  ['long', 'bigint'],
  ['int', 'int'],
  ['string', 'string'],
  ['timestamp', 'timestamp'],
  ['decimal(12, 2)', 'decimal(12,2)'],
  [{ type: 'list', 'element-id': 2, element: 'long', 'element-required': true }, 'array<bigint>'],
  [
    {
      type: 'map',
      'key-id': 2,
      key: 'string',
      'value-id': 3,
      value: {
        type: 'struct',
        fields: [
          { id: 4, name: 'a', required: true, type: 'long' },
          { id: 5, name: 'b', required: false, type: 'decimal(9, 2)' },
        ],
      },
      'value-required': false,
    },
    'map<string,struct<a:bigint,b:decimal(9,2)>>',
  ],
])('names the type %j %s', (type, name) => {
  expect(glueTypeName(type)).toBe(name);
});

it('describes columns as Iceberg libraries do', () => {
  const columns = glueColumns({
    type: 'struct',
    'schema-id': 0,
    fields: [
      { id: 7, name: 'Price', required: true, type: 'double', doc: 'In USD' },
      { id: 8, name: 'note', required: false, type: 'string' },
    ],
  });
  expect(columns).toEqual([
    {
      Name: 'price',
      Type: 'double',
      Comment: 'In USD',
      Parameters: {
        'iceberg.field.current': 'true',
        'iceberg.field.id': '7',
        'iceberg.field.optional': 'false',
      },
    },
    {
      Name: 'note',
      Type: 'string',
      Parameters: {
        'iceberg.field.current': 'true',
        'iceberg.field.id': '8',
        'iceberg.field.optional': 'true',
      },
    },
  ]);
});

it('cuts a doc to what Glue takes as a comment', () => {
  const comment = (doc: string) =>
    glueColumns({
      type: 'struct',
      'schema-id': 0,
      fields: [{ id: 1, name: 'a', required: false, type: 'long', doc }],
    })[0]?.Comment;
  expect(comment('two\r\nlines\tand a tab')).toBe('two lines and a tab');
  expect(comment('x'.repeat(300))).toBe('x'.repeat(255));
  // Four bytes each, never half a one.
  expect(comment('😀'.repeat(100))).toBe('😀'.repeat(63));
});
