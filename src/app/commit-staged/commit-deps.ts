import type { ColumnReader } from '#ports/column-reader.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { TableReader } from '#ports/table-reader.ts';
import type { CommitDeps } from '../commit-table.ts';
import type { InstanceMemory } from '../stage/instance-memory.ts';
import type { CommitLimits } from './open-parts.ts';

export interface CommitStagedDeps extends CommitDeps {
  readonly reader: TableReader;
  /** Reads whole files, which rows are left out of. */
  readonly columns: ColumnReader;
  readonly stagingLog: StagingLog;
  /** Of this instance; starts empty. */
  readonly memory: InstanceMemory;
}

export interface CommitStagedConfig {
  readonly domain: string;
  /** Table of the events that are not taken in. */
  readonly rejectedTable: TableIdent;
  /** Identities of committed rows that memory has room for, by `database.table`. */
  readonly maxCommittedIds: ReadonlyMap<string, number>;
  /** @default DEFAULT_COMMIT_LIMITS */
  readonly limits?: Partial<CommitLimits> | undefined;
}
