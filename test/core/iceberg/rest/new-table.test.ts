import { describe, expect, it } from 'vitest';
import { newTableMetadata, parseNewTable } from '#core/iceberg/rest/new-table.ts';
import { START_MS } from '#test/core/iceberg/fixed-world.ts';
import { TABLE_UUID } from '#test/core/iceberg/trades-table.ts';

const SCHEMA = {
  type: 'struct',
  'schema-id': 3,
  'identifier-field-ids': [40],
  fields: [
    { id: 40, name: 'id', required: true, type: 'long' },
    {
      id: 7,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 9, element: 'string', 'element-required': false },
    },
    { id: 0, name: 'at', required: false, type: 'timestamp' },
  ],
};
const TABLE = { location: 's3://lake/market/new', tableUuid: TABLE_UUID, nowMs: START_MS };

describe('newTableMetadata', () => {
  it('gives every id afresh, and keeps what refers to what', () => {
    const request = parseNewTable({
      name: 'new',
      schema: SCHEMA,
      'partition-spec': {
        'spec-id': 8,
        fields: [{ 'source-id': 0, 'field-id': 2000, name: 'at_day', transform: 'day' }],
      },
      'write-order': {
        'order-id': 6,
        fields: [
          { 'source-id': 40, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' },
        ],
      },
      properties: { 'format-version': '2', owner: 'me' },
    });
    const metadata = newTableMetadata(request, TABLE);
    expect(metadata.schemas[0]).toEqual({
      type: 'struct',
      'schema-id': 0,
      'identifier-field-ids': [1],
      fields: [
        { id: 1, name: 'id', required: true, type: 'long' },
        {
          id: 2,
          name: 'tags',
          required: false,
          type: { type: 'list', 'element-id': 4, element: 'string', 'element-required': false },
        },
        { id: 3, name: 'at', required: false, type: 'timestamp' },
      ],
    });
    expect(metadata).toMatchObject({
      'last-column-id': 4,
      'partition-specs': [{ 'spec-id': 0, fields: [{ 'source-id': 3, 'field-id': 1000 }] }],
      'sort-orders': [{ 'order-id': 1, fields: [{ 'source-id': 1 }] }],
      properties: { owner: 'me' },
    });
    expect(metadata.properties).not.toHaveProperty('format-version');
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no name', { schema: SCHEMA }],
    ['no schema', { name: 'new' }],
    ['version 3', { name: 'new', schema: SCHEMA, properties: { 'format-version': '3' } }],
    [
      'a partition of no column',
      {
        name: 'new',
        schema: SCHEMA,
        'partition-spec': { fields: [{ 'source-id': 5, name: 'x', transform: 'day' }] },
      },
    ],
    [
      'an id twice',
      {
        name: 'new',
        schema: { ...SCHEMA, fields: SCHEMA.fields.map((field) => ({ ...field, id: 40 })) },
      },
    ],
    ['no columns', { name: 'new', schema: { type: 'struct', fields: [] } }],
    ['a spec that is text', { name: 'new', schema: SCHEMA, 'partition-spec': 'day' }],
    ['an order that is text', { name: 'new', schema: SCHEMA, 'write-order': 'id' }],
    ['a stage-create that is text', { name: 'new', schema: SCHEMA, 'stage-create': 'yes' }],
  ])('refuses %s', (_, body) => {
    expect(() => newTableMetadata(parseNewTable(body), TABLE)).toThrow(
      expect.objectContaining({ name: 'SluiceError' }),
    );
  });
});
