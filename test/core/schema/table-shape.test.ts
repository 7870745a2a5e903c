import { describe, expect, it } from 'vitest';
import { replayMigrations } from '#core/schema/table-migration.ts';
import { createTableShape, MIGRATIONS_APPLIED_PROPERTY } from '#core/schema/table-shape.ts';
import { field, historyOf, streamWith } from './evolution/evolution-fixture.ts';

const VERSIONS = { schemaVersion: 1, mappingVersion: 1 };

describe('createTableShape', () => {
  const tags = field('tags', { kind: 'list', element: { kind: 'string' } });
  const { shape, changes } = createTableShape(streamWith([tags]), VERSIONS);

  it('numbers primitive columns from 1 and leaves nested ones to the first migration', () => {
    expect(shape.schema.fields.map(({ id, name }) => [id, name])).toEqual([
      [1, 'source_system'],
      [2, 'trade_id'],
      [3, 'symbol'],
      [4, 'timestamp'],
      [5, 'price'],
      [6, 'size'],
      [7, 'fee_cents'],
      [8, '_flags'],
      [9, '_event_id'],
      [10, '_ingested_at'],
      [11, '_source_system'],
      [12, '_schema_version'],
      [13, '_mapping_version'],
      [14, '_source'],
      [15, '_sequence'],
      [16, '_sub_sequence'],
      [17, '_late'],
      [18, '_extra'],
    ]);
    expect(changes.map((change) => change.path)).toEqual([['tags']]);
  });

  it('partitions, sorts and sets properties', () => {
    expect(shape.partitionSpec.fields).toEqual([
      { 'source-id': 10, 'field-id': 1000, name: '_ingested_at_hour', transform: 'hour' },
    ]);
    expect(shape.sortOrder).toEqual({ 'order-id': 0, fields: [] });
    expect(shape.properties).toMatchObject({
      'write.format.default': 'parquet',
      'write.parquet.compression-codec': 'zstd',
      [MIGRATIONS_APPLIED_PROPERTY]: '0',
    });
  });
});

describe('replayMigrations', () => {
  it('continues the field ids of the creation and gives each schema an id', () => {
    const pair = field('pair', { kind: 'map', value: { kind: 'int' } });
    const note = field('note', { kind: 'string' }, { optional: true });
    const { table, migrations } = historyOf(streamWith([pair]), streamWith([pair, note]));
    const schema = replayMigrations(table, migrations);
    expect(schema['schema-id']).toBe(2);
    expect(schema.fields.slice(-2)).toEqual([
      {
        id: 19,
        name: 'pair',
        required: false,
        type: {
          type: 'map',
          'key-id': 20,
          key: 'string',
          'value-id': 21,
          value: 'int',
          'value-required': true,
        },
      },
      { id: 22, name: 'note', required: false, type: 'string' },
    ]);
  });

  it('refuses a change that does not fit the table', () => {
    const { table } = historyOf(streamWith([]));
    const migration = {
      ...VERSIONS,
      changes: [{ kind: 'widen-column', path: ['symbol'], type: 'long' } as const],
    };
    expect(() => replayMigrations(table, [migration])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});
