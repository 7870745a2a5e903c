import { SluiceError } from '#core/errors.ts';
import { encodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { withLoggedBase } from '#core/iceberg/transaction/metadata-log.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { formatUuid, nextMetadataLocation } from './commit-locations.ts';
import { type LoadedTable, loadTable } from './load-table.ts';
import { putImmutable } from './put-immutable.ts';
import { backOff, swapTable } from './swap-table.ts';

/** Attempts before an update gives up; one of the rivals wins each. */
const MAX_ATTEMPTS = 30;

export interface UpdateDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly clock: Clock;
  readonly random: Random;
}

export type UpdateOutcome =
  | { readonly kind: 'updated'; readonly metadata: TableMetadata; readonly attempts: number }
  | { readonly kind: 'nothing-to-do'; readonly metadata: TableMetadata };

/**
 * Changes a table's metadata and nothing else, by compare-and-swap. `change` runs on the newest metadata in every
 * attempt; null, or the object it was given, means that nothing is left to change.
 *
 * Whether an attempt that was reported as lost has won after all is told by its metadata file: it is the current one
 * or in the metadata log. Once that log has forgotten it (`write.metadata.previous-versions-max` commits later), and always with a
 * catalog that writes the file itself under a name of its own, `change` runs once more on a table that has its change
 * already: it must then find nothing to do, or do what does no harm.
 * Throws COMMIT_CONFLICT when every attempt lost, COMMIT_STATE_UNKNOWN when the outcome could not be learned,
 * TABLE_INVALID when the table was replaced by another meanwhile, and what `change` throws.
 */
export async function updateTable(
  deps: UpdateDeps,
  ident: TableIdent,
  change: (metadata: TableMetadata) => TableMetadata | null,
): Promise<UpdateOutcome> {
  const written = new Set<string>();
  let base = await loadTable(deps, ident);
  const tableUuid = base.metadata['table-uuid'];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const changed = change(base.metadata);
    if (changed === null || changed === base.metadata) {
      return { kind: 'nothing-to-do', metadata: base.metadata };
    }
    const next = await writeMetadata(deps, base, changed);
    written.add(next.metadataLocation);
    if ((await swapTable(deps, ident, { base: base.pointer, next })) === 'committed') {
      return { kind: 'updated', metadata: next.metadata, attempts: attempt };
    }
    await backOff(deps, attempt);
    base = await reload(deps, ident, { tableUuid, written });
    if (holdsUpdate(base, written)) {
      return { kind: 'updated', metadata: base.metadata, attempts: attempt };
    }
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `${ident.database}.${ident.table}: other writers won ${MAX_ATTEMPTS} attempts; try again, with fewer writers at a time`,
    { context: { attempts: MAX_ATTEMPTS } },
  );
}

async function writeMetadata(
  deps: UpdateDeps,
  base: LoadedTable,
  changed: TableMetadata,
): Promise<{ readonly metadataLocation: string; readonly metadata: TableMetadata }> {
  const metadata = withLoggedBase(base.metadata, changed, {
    baseLocation: base.pointer.metadataLocation,
    nowMs: deps.clock.nowMs(),
  });
  const metadataLocation = nextMetadataLocation(
    metadata,
    base.pointer.metadataLocation,
    formatUuid(deps.random.bytes(16)),
  );
  if (deps.catalog.writesMetadata !== true) {
    await putImmutable(deps.store, metadataLocation, encodeTableMetadata(metadata));
  }
  return { metadataLocation, metadata };
}

async function reload(
  deps: UpdateDeps,
  ident: TableIdent,
  update: { readonly tableUuid: string; readonly written: ReadonlySet<string> },
): Promise<LoadedTable> {
  const table = await loadTable(deps, ident).catch((cause: unknown) => {
    if (cause instanceof SluiceError && !cause.retryable) throw cause;
    throw new SluiceError(
      'COMMIT_STATE_UNKNOWN',
      `${ident.database}.${ident.table}: cannot be read after a lost swap; look for ${[...update.written].at(-1)} before trying again`,
      { cause },
    );
  });
  const uuid = table.metadata['table-uuid'];
  if (uuid === update.tableUuid) return table;
  throw new SluiceError(
    'TABLE_INVALID',
    `${ident.database}.${ident.table}: expected table-uuid ${update.tableUuid}, got ${uuid}; the table was replaced during the update`,
  );
}

function holdsUpdate(table: LoadedTable, written: ReadonlySet<string>): boolean {
  return (
    written.has(table.pointer.metadataLocation) ||
    table.metadata['metadata-log'].some((entry) => written.has(entry['metadata-file']))
  );
}
