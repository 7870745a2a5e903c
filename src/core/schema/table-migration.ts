import type { Schema } from '#core/iceberg/spec/schema.ts';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { evolveSchema, type SchemaChange } from '#core/iceberg/transaction/evolve-schema.ts';
import type { TableShape } from './table-shape.ts';

/** Changes of a table after its creation, applied together by the first writer that needs them. */
export interface TableMigration {
  /** Versions of the stream that need the changes. */
  readonly schemaVersion: number;
  readonly mappingVersion: number;
  readonly changes: readonly SchemaChange[];
}

/**
 * The schema a table has after its migrations, with the very field ids that the writer's commits give:
 * the same code applies them. Throws SCHEMA_INCOMPATIBLE when a change is not legal.
 */
export function replayMigrations(
  shape: Omit<TableShape, 'schemaVersion' | 'mappingVersion'>,
  migrations: readonly TableMigration[],
): Schema {
  const created = createTableMetadata({
    location: 's3://replay',
    tableUuid: '00000000-0000-0000-0000-000000000000',
    nowMs: 0,
    ...shape,
  });
  return currentSchema(
    migrations.reduce((metadata, { changes }) => evolveSchema(metadata, changes), created),
  );
}
