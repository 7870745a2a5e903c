import type {
  MaintainedTable,
  MaintenanceFunctionConfig,
} from '#core/config/maintenance-function-config.ts';
import { SluiceError } from '#core/errors.ts';
import { setProperties } from '#core/iceberg/transaction/set-properties.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import { loadTable } from '../load-table.ts';
import { updateTable } from '../update-table.ts';
import { type CompactionDeps, type CompactionRun, compactTable } from './compact-table.ts';
import { type ExpiryRun, expireTable } from './expire-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { type OrphanDeps, type OrphanRun, removeOrphans } from './remove-orphans.ts';
import { type RetentionRun, retainTable } from './retain-table.ts';

export interface MaintainDeps extends CompactionDeps, OrphanDeps {
  /** Sends OPTIMIZE and VACUUM; null where no table is left to Athena. */
  readonly queries: QueryEngine | null;
}

/** What became of one table. */
export interface TableMaintenanceRun {
  readonly table: string;
  readonly engine: MaintainedTable['engine'];
  readonly retention: RetentionRun | null;
  readonly compaction: CompactionRun | null;
  readonly expiry: ExpiryRun | null;
  readonly orphans: OrphanRun | null;
  /** Of the table as it is left. */
  readonly snapshots: number;
  readonly metadataBytes: number;
  /** Why it could not be maintained; the others were. */
  readonly problem: string | null;
}

export interface MaintenanceRun {
  readonly domain: string;
  readonly tables: readonly TableMaintenanceRun[];
  /** Tables that time did not suffice for; the next run begins with another one. */
  readonly skipped: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * Keeps the tables of a domain in order: rows that have had their time, small files, old snapshots and, once a day, files that nothing names.
 * Everything is safe to stop at any moment and to run twice, also at once; a run begins with another table each time, so that one
 * that takes all the time keeps no other waiting for ever. A table that fails does not keep the others from being
 * maintained.
 */
export async function maintainDomain(
  deps: MaintainDeps,
  config: MaintenanceFunctionConfig,
  options: { readonly deadlineMs: number },
): Promise<MaintenanceRun> {
  const startMs = deps.clock.nowMs();
  const runs: TableMaintenanceRun[] = [];
  const skipped: string[] = [];
  for (const table of rotated(config, startMs)) {
    if (deps.clock.nowMs() >= options.deadlineMs) skipped.push(table.table);
    else runs.push(await maintainTable(deps, config, { table, startMs, ...options }));
  }
  return { domain: config.domain, tables: runs, skipped };
}

function rotated(config: MaintenanceFunctionConfig, nowMs: number): readonly MaintainedTable[] {
  const { tables, everyMinutes } = config;
  const first = Math.floor(nowMs / (everyMinutes * 60_000)) % tables.length;
  return [...tables.slice(first), ...tables.slice(0, first)];
}

interface TableWork {
  readonly table: MaintainedTable;
  readonly startMs: number;
  readonly deadlineMs: number;
}

async function maintainTable(
  deps: MaintainDeps,
  config: MaintenanceFunctionConfig,
  work: TableWork,
): Promise<TableMaintenanceRun> {
  const { table, engine } = work.table;
  const run: { -readonly [K in keyof TableMaintenanceRun]: TableMaintenanceRun[K] } = {
    table,
    engine,
    retention: null,
    compaction: null,
    expiry: null,
    orphans: null,
    snapshots: 0,
    metadataBytes: 0,
    problem: null,
  };
  try {
    run.retention = await retain(deps, work);
    if (engine === 'own') {
      run.compaction = await compact(deps, config, work);
      run.expiry = await expireTable(deps, work.table, { dryRun: false, ...work });
      run.orphans = await clearOrphans(deps, config, work);
    }
    if (engine === 'athena') await optimize(deps, config, work.table);
    const { pointer, metadata } = await loadTable(deps, work.table);
    run.snapshots = metadata.snapshots.length;
    run.metadataBytes = (await deps.store.head(pointer.metadataLocation))?.sizeBytes ?? 0;
  } catch (error) {
    run.problem = error instanceof Error ? error.message : String(error);
  }
  return run;
}

/** Whole files whose rows all arrived before the horizon; whatever the engine, since none of the others does it. */
async function retain(deps: MaintainDeps, work: TableWork): Promise<RetentionRun> {
  const horizonMs = work.startMs - work.table.retentionDays * DAY_MS;
  return await retainTable(deps, work.table, { horizonMs, deadlineMs: work.deadlineMs });
}

async function compact(
  deps: MaintainDeps,
  config: MaintenanceFunctionConfig,
  { table, deadlineMs }: TableWork,
): Promise<CompactionRun> {
  return await compactTable(deps, table, {
    targetFileBytes: table.targetFileBytes,
    minInputFiles: table.minFiles,
    maxRewriteBytes: config.maxRewriteBytes,
    maxFileRows: config.maxFileRows,
    sortBy: table.sortBy,
    eventTime: table.eventTime,
    deadlineMs,
  });
}

/** Table property: the last day, counted from 1970-01-01 (UTC), on which orphan removal came to its end. */
export const ORPHANS_REMOVED_PROPERTY = 'sluice.orphans-removed-day';

/**
 * Once a day (UTC), as it lists the whole table: in the first run, and in a later one as long as none has come to its end. The
 * table remembers it, by a commit of metadata alone.
 */
async function clearOrphans(
  deps: MaintainDeps,
  config: MaintenanceFunctionConfig,
  { table, startMs, deadlineMs }: TableWork,
): Promise<OrphanRun | null> {
  const day = String(Math.floor(startMs / DAY_MS));
  const { metadata } = await loadTable(deps, table);
  if (metadata.properties[ORPHANS_REMOVED_PROPERTY] === day) return null;
  const run = await removeOrphans(deps, table, {
    domain: config.domain,
    minAgeMs: config.orphanAgeMs,
    neighbours: config.tables,
    dryRun: false,
    deadlineMs,
  });
  if (run.isComplete) {
    await updateTable(deps, table, (base) =>
      base.properties[ORPHANS_REMOVED_PROPERTY] === day
        ? null
        : setProperties(base, { [ORPHANS_REMOVED_PROPERTY]: day }),
    );
  }
  return run;
}

async function optimize(
  deps: MaintainDeps,
  config: MaintenanceFunctionConfig,
  table: MaintainedTable,
): Promise<void> {
  if (deps.queries === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `${table.table}: engine athena needs a query engine, got none; deploy the function again`,
    );
  }
  await optimizeTable(deps.queries, table, { snapshotAgeMs: config.orphanAgeMs });
}
