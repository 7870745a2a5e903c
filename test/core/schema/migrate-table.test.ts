import { describe, expect, it } from 'vitest';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { migrateTable } from '#core/schema/migrate-table.ts';
import type { StreamSchemas } from '#core/schema/registry.ts';
import { replayMigrations } from '#core/schema/table-migration.ts';
import { MIGRATIONS_APPLIED_PROPERTY } from '#core/schema/table-shape.ts';
import { field, historyOf, streamWith } from './evolution/evolution-fixture.ts';

const NOTE = field('note', { kind: 'string' }, { optional: true });
const TAGS = field('tags', { kind: 'list', element: { kind: 'string' } }, { optional: true });
const HISTORY = historyOf(streamWith([]), streamWith([NOTE]), streamWith([NOTE, TAGS]));

function created({ table }: StreamSchemas) {
  return createTableMetadata({
    location: 's3://lake/trade',
    tableUuid: '00000000-0000-0000-0000-000000000001',
    nowMs: 0,
    ...table,
  });
}

describe('migrateTable', () => {
  it('applies all migrations to a new table, with the ids of the replay', () => {
    const migrated = migrateTable(created(HISTORY), HISTORY.migrations);
    expect(currentSchema(migrated)).toEqual(replayMigrations(HISTORY.table, HISTORY.migrations));
    expect(migrated.properties[MIGRATIONS_APPLIED_PROPERTY]).toBe('2');
  });

  it('applies the rest to a table that has had some', () => {
    const once = migrateTable(created(HISTORY), HISTORY.migrations.slice(0, 1));
    expect(migrateTable(once, HISTORY.migrations)).toEqual(
      migrateTable(created(HISTORY), HISTORY.migrations),
    );
  });

  it('gives the same object back when there is nothing to do', () => {
    const migrated = migrateTable(created(HISTORY), HISTORY.migrations);
    expect(migrateTable(migrated, HISTORY.migrations)).toBe(migrated);
    expect(migrateTable(migrated, HISTORY.migrations.slice(0, 1))).toBe(migrated);
  });

  it('refuses a count that is no number', () => {
    const metadata = created(HISTORY);
    const broken = { ...metadata, properties: { [MIGRATIONS_APPLIED_PROPERTY]: 'two' } };
    expect(() => migrateTable(broken, HISTORY.migrations)).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });
});
