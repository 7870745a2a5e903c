import { SluiceError } from '../errors.ts';
import type { TableMetadata } from '../iceberg/spec/table-metadata.ts';
import { evolveSchema } from '../iceberg/transaction/evolve-schema.ts';
import { setProperties } from '../iceberg/transaction/set-properties.ts';
import type { TableMigration } from './table-migration.ts';
import { MIGRATIONS_APPLIED_PROPERTY } from './table-shape.ts';

/**
 * Applies the migrations a table has not had yet, in order, and remembers how many it has had. Returns
 * the same object when there is nothing to do; a table that is ahead of this list (a newer writer was
 * here) is left alone. Throws TABLE_INVALID when the count cannot be read, SCHEMA_INCOMPATIBLE when a
 * change does not fit the table.
 */
export function migrateTable(
  metadata: TableMetadata,
  migrations: readonly TableMigration[],
): TableMetadata {
  const applied = migrationsApplied(metadata);
  const pending = migrations.slice(applied);
  if (pending.length === 0) return metadata;
  const evolved = pending.reduce(
    (table, migration) => evolveSchema(table, migration.changes),
    metadata,
  );
  return setProperties(evolved, { [MIGRATIONS_APPLIED_PROPERTY]: String(migrations.length) });
}

function migrationsApplied(metadata: TableMetadata): number {
  const text = metadata.properties[MIGRATIONS_APPLIED_PROPERTY] ?? '0';
  if (!/^\d{1,9}$/.test(text)) {
    throw new SluiceError(
      'TABLE_INVALID',
      `table property ${MIGRATIONS_APPLIED_PROPERTY}: expected a whole number, got "${text}"; restore it`,
    );
  }
  return Number(text);
}
