import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';

describe('the rejected table', () => {
  it('is created the same for ever: a changed creation would replace the table; add a migration instead', () => {
    expect(REJECTED_TABLE).toBe('rejected');
    const bytes = JSON.stringify(REJECTED_TABLE_SHAPE);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'ea2a71f8cd66f26b6e8b8a290032d818774bd78bbc180d3af8cfa4032ae8d543',
    );
  });

  it('has these columns', () => {
    const columns = REJECTED_TABLE_SHAPE.schema.fields.map(
      ({ id, name, type, required }) => `${id} ${name} ${String(type)}${required ? '' : ' null'}`,
    );
    expect(columns).toEqual([
      '1 stream string',
      '2 kind string',
      '3 reason string',
      '4 row string null',
      '5 payload binary null',
      '6 payload_uri string null',
      '7 partition_key string',
      '8 _schema_version int null',
      '9 _ingested_at timestamp',
      '10 _source string',
      '11 _sequence string',
      '12 _sub_sequence int',
    ]);
  });

  it('is partitioned by day of arrival', () => {
    expect(REJECTED_TABLE_SHAPE.partitionSpec.fields).toEqual([
      { 'source-id': 9, 'field-id': 1000, name: '_ingested_at_day', transform: 'day' },
    ]);
  });
});
